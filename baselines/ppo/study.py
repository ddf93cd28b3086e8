"""`python -m baselines.ppo.study`: the runs of the study, and the tables and figures of them.

What is run stands in `arms.py` as data. Every run is a process of its own; what is done is not made
again, what was cut off is made anew.
"""

import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click

from baselines.ppo import arms, gathered, results, show
from baselines.ppo.gathered import REFERENCE_FILE
from webenvs.bench.report import put
from webenvs.cli.noise_docs import refreshed
from webenvs.errors import WebenvsError
from webenvs.records import Record
from webenvs.seeding import canonical_json

ROOT = Path(__file__).parents[2]
DOCUMENT = "baselines/README.md"
DATA = "docs/data/ppo-study.json"
FIGURES = "docs/figures"
LOG = "log.txt"

Start = Callable[[Sequence[str], Path], int]
"""Runs a program of Python with arguments, its output in a file; returns the exit status."""


class Planned(Record, frozen=True, kw_only=True):
    """A run to be made: its folder, the file that says it is done, its program with arguments."""

    label: str
    folder: str
    file: str
    arguments: tuple[str, ...]

    def done(self) -> bool:
        """Whether it has come to its end."""
        return (Path(self.folder) / self.file).exists()


def planned(names: Sequence[str], seeds: Sequence[int], out: Path) -> list[Planned]:
    """The runs of some arms, seed by seed, after the references of their stages.

    Raises UnknownNameError for an arm that does not exist.
    """
    chosen = [arms.arm(name) for name in names]
    stages = dict.fromkeys(arm.stage for arm in chosen)
    first = [_reference(stage, out / "references" / stage) for stage in stages]
    return first + [_trained(arm, seed, out) for seed in seeds for arm in chosen]


def play(
    runs: Sequence[Planned], jobs: int, tell: Callable[[str], None], start: Start | None = None
) -> list[str]:
    """Make all runs that are not done, `jobs` at a time; returns the labels of failed ones."""
    begin = start or _process

    def made(run: Planned) -> bool:
        if run.done():
            return True
        folder = Path(run.folder)
        folder.mkdir(parents=True, exist_ok=True)
        status = begin(run.arguments, folder / LOG)
        ok = status == 0 and run.done()
        tell(f"{run.label}: {'done' if ok else f'FAILED, see {folder / LOG}'}")
        return ok

    with ThreadPoolExecutor(jobs) as pool:
        outcomes = list(pool.map(made, runs))
    return [run.label for run, ok in zip(runs, outcomes, strict=True) if not ok]


def _reference(stage: str, folder: Path) -> Planned:
    return Planned(
        label=f"references of {stage}",
        folder=str(folder),
        file=REFERENCE_FILE,
        arguments=("baselines.ppo.references", "--stage", stage, "--out", str(folder)),
    )


def _trained(arm: arms.Arm, seed: int, out: Path) -> Planned:
    stage = arms.STAGES[arm.stage]
    folder = out / arm.name / f"seed-{seed}"
    given = {
        "--algorithm": arm.algorithm,
        "--env": stage.env,
        "--game": stage.game,
        "--steps": str(arm.steps),
        "--seed": str(seed),
        "--episodes": str(arms.EPISODES),
        "--out": str(folder),
    }
    pairs = [part for pair in given.items() for part in pair]
    for name, value in stage.settings.items():
        text = value if isinstance(value, str) else canonical_json(value).decode()
        pairs += ["--set", f"{name}={text}"]
    return Planned(
        label=f"{arm.name}, seed {seed}",
        folder=str(folder),
        file=results.FILE,
        arguments=("baselines.ppo.train", *pairs),
    )


def _process(arguments: Sequence[str], log: Path) -> int:
    environment = os.environ | {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    with log.open("ab") as output:
        done = subprocess.run(
            [sys.executable, "-m", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            check=False,
        )
    return done.returncode


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--only", help="Arms to run, with commas; all by default.")
@click.option("--seeds", default=",".join(map(str, arms.SEEDS)), show_default=True)
@click.option("--out", type=click.Path(path_type=Path), default="runs/ppo-study", show_default=True)
@click.option("--jobs", default=2, show_default=True, type=click.IntRange(min=1))
@click.option("--list", "listed", is_flag=True, help="Tell the arms and leave.")
@click.option("--dry", is_flag=True, help="Print the commands that are left to run, and leave.")
@click.option("--tables", "of", type=click.Path(path_type=Path), help="Write those of this study.")
@click.option("--rebuild", is_flag=True, help=f"Write the tables anew from {DATA}.")
@click.option("--root", type=click.Path(path_type=Path), default=ROOT, hidden=True)
def main(  # noqa: PLR0913 - click's form: an argument for every option
    only: str | None,
    seeds: str,
    out: Path,
    jobs: int,
    listed: bool,
    dry: bool,
    of: Path | None,
    rebuild: bool,
    root: Path,
) -> None:
    """Run the study, or write its tables and figures into the documents.

    \b
      python -m baselines.ppo.study --list
      python -m baselines.ppo.study --only lookup-dqn,lookup-ppo --seeds 0,1 --jobs 2
      python -m baselines.ppo.study --tables runs/ppo-study
    """  # noqa: D301 - click's mark
    try:
        if listed:
            for arm in arms.ARMS.values():
                click.echo(f"{arm.name:<22}{arm.steps:>8,} steps of {arm.algorithm}")
        elif of is not None or rebuild:
            _tables(of, root)
        else:
            names = list(arms.ARMS) if only is None else [one.strip() for one in only.split(",")]
            _run(planned(names, _numbers(seeds), out), jobs, dry=dry)
    except WebenvsError as error:
        raise click.ClickException(str(error)) from error


def _run(runs: Sequence[Planned], jobs: int, *, dry: bool) -> None:
    left = [run for run in runs if not run.done()]
    click.echo(f"{len(runs)} runs, {len(runs) - len(left)} of them done.")
    if dry:
        for run in left:
            click.echo(f"python -m {shlex.join(run.arguments)}")
        return
    failed = play(left, jobs, click.echo)
    if failed:
        raise click.ClickException(f"{len(failed)} runs failed: {'; '.join(failed)}")


def _tables(of: Path | None, root: Path) -> None:
    """Write the data, the figures and the tables of a study."""
    if of is not None:
        gathered.save(gathered.gathered(of), root / DATA)
        click.echo(f"written: {root / DATA}")
    study = gathered.load(root / DATA)
    document = root / DOCUMENT
    put(document, refreshed(document.read_text(encoding="utf-8"), show.blocks(study)))
    for path in (document, *show.write_figures(study, root / FIGURES)):
        click.echo(f"written: {path}")


def _numbers(text: str) -> list[int]:
    try:
        found = [int(part) for part in text.split(",")]
    except ValueError:
        found = []
    if not found or min(found) < 0:
        raise click.BadParameter(
            f"{text!r} is not allowed: give whole numbers from 0 on with commas between them.",
            param_hint="--seeds",
        )
    return found


if __name__ == "__main__":
    main()
