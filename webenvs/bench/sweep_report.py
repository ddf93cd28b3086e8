"""A noise sweep on disk: its episodes as JSON that can be gone on with, its tables and figures."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from webenvs.bench import markdown, sweep_figures, sweep_grids
from webenvs.bench.report import put
from webenvs.bench.robustness import Robustness, robustness
from webenvs.bench.sweep import Sweep
from webenvs.errors import SettingError
from webenvs.records import Record
from webenvs.seeding import canonical_json

FILE = "sweep.json"


class Written(Record, frozen=True, kw_only=True):
    """Where the files of a sweep lie."""

    json: str
    markdown: str
    figures: tuple[str, ...]


def save(sweep: Sweep, folder: Path) -> Path:
    """Write the episodes of a sweep, a cell a line; returns the path."""
    folder.mkdir(parents=True, exist_ok=True)
    data = msgspec.to_builtins(sweep)
    cells = [canonical_json(cell).decode() for cell in data.pop("cells", ())]
    head = canonical_json(data).decode()[:-1]
    path = folder / FILE
    put(path, head + ',"cells":[\n' + ",\n".join(cells) + "\n]}\n")
    return path


def load(folder: Path) -> Sweep | None:
    """The sweep whose episodes lie in a folder, if there is one; raises SettingError if broken."""
    path = folder / FILE
    if not path.exists():
        return None
    try:
        return msgspec.json.decode(path.read_bytes(), type=Sweep)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise SettingError(f"{path} holds no sweep: {error}.") from error


def write(sweep: Sweep, folder: Path, robust: Sequence[Robustness] | None = None) -> Written:
    """Write sweep.json, sweep.md and the figures into `folder`, made if need be.

    `robust` is `robustness(sweep)`, if it has been made.

    The same sweep gives the same bytes; each file is written aside and then renamed.
    """
    path = save(sweep, folder)
    robust = robustness(sweep) if robust is None else robust
    drawn = {
        "curves.svg": sweep_figures.curves(sweep, robust),
        "heat.svg": sweep_figures.heat(sweep, robust),
    }
    for name, text in drawn.items():
        put(folder / name, text)
    put(folder / "sweep.md", page(sweep, robust))
    return Written(
        json=str(path),
        markdown=str(folder / "sweep.md"),
        figures=tuple(str(folder / name) for name in drawn),
    )


def page(sweep: Sweep, robust: Sequence[Robustness]) -> str:
    """The sweep as Markdown: what was played, the tables, the figures beside it."""
    facts = [
        ("Environment", f"{sweep.env}, {sweep.game}"),
        ("Settings", canonical_json(sweep.settings).decode()),
        ("Corpus digest", sweep.corpus),
        ("webenvs", sweep.version),
        ("Seed", str(sweep.seed)),
        ("Episodes", f"{sweep.episodes:,} for each player, kind and strength"),
    ]
    parts = ["# Noise sweep"]
    parts.append("\n".join(f"- {fact}: {markdown.escape(value)}" for fact, value in facts))
    if sweep.command:
        parts.append(f"Reproduce:\n\n{markdown.code(sweep.command)}")
    parts.append("![Success against strength, a panel for each kind](curves.svg)")
    parts.append("![Change of success for each kind and strength](heat.svg)")
    for grid in (
        sweep_grids.players(sweep, robust),
        sweep_grids.curves(sweep, robust),
        sweep_grids.changes(robust),
    ):
        note = markdown.escape(grid.note)
        parts.append(f"## {grid.title}\n\n{note}\n\n{markdown.table(grid)}")
    parts += [
        f"Not played: {markdown.escape(label)}. {markdown.escape(reason)}"
        for label, reason in sweep.left_out.items()
    ]
    return "\n\n".join(parts) + "\n"
