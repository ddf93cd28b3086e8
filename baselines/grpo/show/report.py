"""The report of a run: one HTML file that needs nothing else, with its curves and its episodes."""

import html
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import msgspec

from baselines.grpo.config import Config
from baselines.grpo.presets import as_data, config_from
from baselines.grpo.show import metrics, panels, results, samples
from baselines.grpo.show.metrics import Metrics
from baselines.grpo.show.results import Result
from baselines.show import charts, estimates
from webenvs.bench import page, spelling
from webenvs.bench.grids import Grid
from webenvs.bench.report import put
from webenvs.errors import WebenvsError, bad_setting
from webenvs.seeding import canonical_json

FILE = "report.html"
_CONFIG = "config.json"
_SAMPLES = 6
_ORDER = [field.name for field in fields(Config)]


def write(out: str | Path) -> Path:
    """Write `report.html` of the run in the folder `out` from what lies there; returns its path.

    It needs `metrics.jsonl`; `result.json`, `config.json` and the sampled episodes are shown where
    they are, so that a run that was stopped has a report too. Raises SettingError if `out` holds no
    run.
    """
    folder = Path(out)
    result, measured = results.load(folder), metrics.read(folder)
    if result is None and not (measured.train or measured.evaluations):
        raise bad_setting("out", str(out), f"the folder of a run, with {metrics.FILE} in it")
    config = _config(folder, result)
    style = f"{charts.STYLE}\n{samples.STYLE}"
    parts = [page.head(_title(config), style), _header(config, result), "<main>"]
    parts += _chapters(folder, config, result, measured)
    parts += ["</main>", "<footer>Written by webenvs, baselines/grpo.</footer>", "</body></html>"]
    path = folder / FILE
    put(path, "\n".join(parts) + "\n")
    return path


def _chapters(
    folder: Path, config: dict[str, Any], result: Result | None, measured: Metrics
) -> Iterator[str]:
    told = [*measured.told, *_stopped(result)]
    yield _section("Learning", *(_note(said) for said in told), *_figures(measured, result))
    if result is not None:
        yield _section("Held-out questions", *_held_out(result))
    yield _section("Metrics", page.table(panels.table(measured), {}))
    pairs = samples.pairs(folder)[:_SAMPLES]
    if pairs:
        intro = "The same held-out questions, with the same draws, before and after the training."
        yield _section("Episodes", _note(intro), *map(samples.beside, pairs))
    yield _section("The run", *_facts(folder, config, result))


def headline(result: Result) -> str:
    """Success before and after on the held-out questions, and the paired gain, with intervals."""
    seed = int(result.config.get("seed", 0))
    before = estimates.success({seed: result.before})
    after = estimates.success({seed: result.after})
    gain = estimates.difference({seed: result.after}, {seed: result.before})
    if before.interval is None or after.interval is None or gain.interval is None:
        return "No held-out question was played both before and after the training."
    return (
        f"Held-out success went from {spelling.percent(before.mean)} % "
        f"{spelling.share_interval(before.interval)} to {spelling.percent(after.mean)} % "
        f"{spelling.share_interval(after.interval)}: {spelling.points(gain.mean)} points "
        f"{spelling.points_interval(gain.interval)} on the same {gain.questions:,} questions "
        f"({spelling.level(estimates.LEVEL)} intervals)."
    )


def _title(config: dict[str, Any]) -> str:
    preset, seed = config.get("preset", "a run"), config.get("seed")
    return f"{preset}" + ("" if seed is None else f", seed {seed}")


def _header(config: dict[str, Any], result: Result | None) -> str:
    said = "This run has not come to its end." if result is None else headline(result)
    return (
        '<header>\n<p class="eyebrow">webenvs, baselines/grpo</p>\n'
        f"<h1>{html.escape(_title(config))}</h1>\n"
        f'<p class="lead" style="margin-top:1rem">{html.escape(said)}</p>\n</header>'
    )


def _section(title: str, *parts: str) -> str:
    return f"<section>\n<h2>{html.escape(title)}</h2>\n" + "\n".join(parts) + "\n</section>"


def _note(text: str) -> str:
    return f'<p class="note">{html.escape(text)}</p>'


def _stopped(result: Result | None) -> Sequence[str]:
    return [] if result is None or not result.stopped else [f"It was stopped: {result.stopped}"]


def _figures(measured: Metrics, result: Result | None) -> Iterator[str]:
    """The learning curves two and two, under a caption each."""
    shown = [
        f"<figure><figcaption><h3>{html.escape(drawn.title)}</h3>"
        f"<p>{html.escape(drawn.note)}</p></figcaption>\n{drawn.drawing}</figure>"
        for drawn in panels.panels(measured, result)
    ]
    if not shown:
        yield _note("No update was made.")
    else:
        yield f'<div class="pair">{"".join(shown)}</div>'


def _held_out(result: Result) -> Iterator[str]:
    yield page.table(panels.held_out(result), {})


def _config(folder: Path, result: Result | None) -> dict[str, Any]:
    """The config of the result, or of the file a run begins with; empty if neither is there."""
    if result is not None:
        return result.config
    path = folder / _CONFIG
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except (OSError, msgspec.MsgspecError):
        return {}


def _facts(folder: Path, config: dict[str, Any], result: Result | None) -> Iterator[str]:
    if result is not None:
        facts = [
            ("Hardware", result.hardware or "unknown"),
            ("Minutes", spelling.amount(result.minutes)),
            ("Updates", f"{result.updates:,}"),
            ("Tokens sampled in training", f"{result.tokens:,}"),
            ("Commit", result.commit or "unknown"),
        ]
        items = "".join(f"<dt>{name}</dt><dd>{html.escape(said)}</dd>" for name, said in facts)
        yield f"<dl>{items}</dl>"
    if config:
        yield page.table(config_table(config), {})
    command = (result.command if result else "") or shlex.join(
        ["python", "-m", "baselines.grpo.train", "--resume", str(folder)]
    )
    heading = "Rerun" if result else "Go on"
    code = html.escape(command)
    yield f'<div class="table"><h3>{heading}</h3>\n<pre><code>{code}</code></pre></div>'


def config_table(config: dict[str, Any]) -> Grid:
    """Every field of a config with its value, and the preset's where it is another one."""
    usual = _preset(config)
    rows = []
    for name in [name for name in _ORDER if name in config] + sorted(config.keys() - set(_ORDER)):
        value = config[name]
        differs = name in usual and usual[name] != value
        rows.append((name, _said(value), _said(usual[name]) if differs else ""))
    changed = [row for row in rows if row[2]]
    rows = changed + [row for row in rows if not row[2]]
    return Grid(
        title="Configuration",
        note=f"{len(changed)} fields differ from the preset and stand first.",
        header=("field", "value", "the preset's"),
        rows=tuple(rows),
        words=(0, 1, 2),
    )


def _preset(config: dict[str, Any]) -> dict[str, Any]:
    """The config of the preset itself as JSON has it; empty if it is none of today's."""
    try:
        return dict(msgspec.to_builtins(as_data(config_from(str(config.get("preset", ""))))))
    except WebenvsError:
        return {}


def _said(value: Any) -> str:
    return value if isinstance(value, str) and value else canonical_json(value).decode()
