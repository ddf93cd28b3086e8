"""`python -m baselines.grpo.study`: the runs of the study, and the tables and figures of them.

What is run stands in `show/matrix.py` as data, an arm a row. Every run is a process of
`python -m baselines.grpo.train`; what is done is not made again, what was interrupted goes on.
"""

import signal
import sys
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from baselines.grpo.show import figures, matrix, runs, summaries, tables
from webenvs.bench.report import put
from webenvs.cli.noise_docs import refreshed
from webenvs.cli.options import settings_of
from webenvs.errors import WebenvsError

ROOT = Path(__file__).parents[2]
DOCUMENTS = ("baselines/README.md", "docs/training.md")
DATA = "docs/data/grpo-study.json"
FIGURES = "docs/figures"


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--list", "listed", is_flag=True, help="Tell the arms and comparisons and leave.")
@click.option("--only", multiple=True, metavar="ARM,...", help="Arms to run; all by default.")
@click.option("--seeds", default="0,1,2", show_default=True, help="Seeds of every arm.")
@click.option("--out", type=click.Path(path_type=Path), default="runs/study", show_default=True)
@click.option("--jobs", default=2, show_default=True, type=click.IntRange(min=1))
@click.option("--minutes-each", type=float, help="Minutes of a run at most, and of a cold start.")
@click.option("--set", "-s", "extra", multiple=True, metavar="NAME=VALUE", help="For every arm.")
@click.option("--dry", is_flag=True, help="Print the commands that are left to run, and leave.")
@click.option("--tables", "of", type=click.Path(path_type=Path), help="Write those of this study.")
@click.option("--rebuild", is_flag=True, help=f"Write the tables anew from {DATA}.")
@click.option("--root", type=click.Path(path_type=Path), default=ROOT, hidden=True)
def main(
    listed: bool, of: Path | None, rebuild: bool, root: Path, jobs: int, dry: bool, **asked: Any
) -> None:
    """Run the study, or write its tables and figures into the documents.

    \b
      python -m baselines.grpo.study --list
      python -m baselines.grpo.study --only solo,matpo --seeds 0,1,2 --out runs/study --jobs 2
      python -m baselines.grpo.study --tables runs/study
    """  # noqa: D301 - click's mark
    try:
        if listed:
            _list()
        elif of is not None or rebuild:
            _tables(of, root)
        else:
            _run(_planned(**asked), jobs, dry=dry)
    except WebenvsError as error:
        raise click.ClickException(str(error)) from error


def _planned(
    only: tuple[str, ...], seeds: str, out: Path, minutes_each: float | None, extra: tuple[str, ...]
) -> list[runs.Planned]:
    return runs.planned(_names(only), _seeds(seeds), out, minutes_each, settings_of(extra))


def _run(planned: list[runs.Planned], jobs: int, *, dry: bool) -> None:
    """Make the runs, and tell which failed."""
    left = [run for run in planned if not run.done()]
    click.echo(f"{len(planned)} runs, {len(planned) - len(left)} of them done.")
    if dry:
        first = {run.after.folder: run.after for run in left if run.after and not run.after.done()}
        for run in [*first.values(), *left]:
            click.echo(runs.spelled(run))
        return
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        failed = runs.play(left, jobs, lambda said: click.echo(said))
    except KeyboardInterrupt:
        click.echo("Stopped; the same command goes on.", err=True)
        sys.exit(130)
    if failed:
        names = "; ".join(run.label for run in failed)
        raise click.ClickException(f"{len(failed)} runs failed: {names}")


def _tables(of: Path | None, root: Path) -> None:
    """Write the data, the figures and the tables of a study."""
    if of is not None:
        summaries.save(summaries.gathered(of), root / DATA)
    study = summaries.load(root / DATA)
    drawn = figures.write(study, root / FIGURES)
    click.echo(f"{len(study.runs)} runs of {len(study.arms)} arms, {root / DATA}")
    for path in [root / name for name in DOCUMENTS]:
        put(path, told(path.read_text(encoding="utf-8"), study))
        click.echo(f"written: {path}")
    for path in drawn:
        click.echo(f"written: {path}")


def told(document: str, study: summaries.Study) -> str:
    """A document with what the study found between its marks."""
    return refreshed(document, tables.blocks(study) | figures.blocks(study))


def _list() -> None:
    """Print the arms and what is compared."""
    console = Console()
    shown = Table("arm", "preset", "changes", "what it is", title="Arms")
    for arm in matrix.ARMS.values():
        shown.add_row(arm.name, arm.preset, _said(arm.changes), arm.meaning)
    console.print(shown)
    pairs = Table("question", "arms", title="Comparisons")
    for one in matrix.COMPARISONS:
        pairs.add_row(one.question, f"{one.ours} - {one.theirs}")
    console.print(pairs)


def _said(changes: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in changes.items())


def _names(only: tuple[str, ...]) -> list[str]:
    """The arms that are asked for, in the order asked."""
    names = [name.strip() for given in only for name in given.split(",") if name.strip()]
    return [matrix.arm(name).name for name in dict.fromkeys(names)] or list(matrix.ARMS)


def _seeds(text: str) -> list[int]:
    try:
        found = [int(part) for part in text.split(",") if part.strip()]
    except ValueError:
        found = []
    if not found or min(found) < 0 or len(set(found)) < len(found):
        raise click.BadParameter(
            f"{text!r} is not allowed: give whole numbers from 0 on with commas between them, "
            "none twice.",
            param_hint="--seeds",
        )
    return found


if __name__ == "__main__":
    main()
