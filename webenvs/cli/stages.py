"""`webenvs stages`: what the stages of realism are, and whether one stands for another."""

import os
import re
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from webenvs import catalog
from webenvs.cli.options import Group, environment_options, settings_of
from webenvs.cli.targets import FOLDER, check_writable

if TYPE_CHECKING:
    from webenvs.bench.stages import Comparison
    from webenvs.envs.scenario import Scenario

_NEXT = re.compile(r",(?=\s*\w+=)")


@click.group(cls=Group, short_help="Stages of realism, and the gate between two.")
def stages() -> None:
    """Look at the stages of realism, or compare two of them."""


@stages.command("list", short_help="List the stages.")
def list_command() -> None:
    """List the stages: what answers, what each sets by default, and what it needs."""
    from rich.console import Console
    from rich.table import Table

    from webenvs.envs.stages import STAGES

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("stage", "name", "what it is", "sets", "needs"):
        table.add_column(heading, overflow="fold")
    for stage in STAGES.values():
        sets = ", ".join(f"{name}={value}" for name, value in {**stage.sets, **stage.fixed}.items())
        table.add_row(stage.name, stage.title, stage.meaning, sets, ", ".join(stage.needs))
    Console(highlight=False).print(table)


@stages.command(short_help="Score fixed players on two stages.")
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@click.option("--env", default="MultiHop-v0", show_default=True, help="Environment id.")
@click.option("--episodes", default=200, show_default=True, help="Episodes of every player.")
@click.option(
    "--seed",
    default=0,
    show_default=True,
    type=click.IntRange(min=0),
    help="Seed that tasks and draws hang on.",
)
@click.option("-j", "--jobs", default=os.cpu_count() or 1, help="Processes; all cores by default.")
@click.option(
    "-p",
    "--player",
    "players",
    multiple=True,
    help=f"A player of the fixed set; by default {', '.join(catalog.LADDER)}.",
)
@click.option(
    "--threshold", default=0.8, show_default=True, help="Rank correlation that promotes a stage."
)
@click.option("--out", type=FOLDER, help="Folder for stages.json, stages.md and stages.svg.")
@environment_options
def compare(
    first: str,
    second: str,
    env: str,
    episodes: int,
    seed: int,
    jobs: int,
    players: tuple[str, ...],
    threshold: float,
    out: Path | None,
    extra: tuple[str, ...],
    **named: str | None,
) -> None:
    """Play the fixed players on the stages A and B and say how alike the two are.

    A stage may bring settings of its own, with commas between them; the options are for both. What
    is compared are mean rewards: their ranks (Spearman), their differences, and the tools called.

    \b
      webenvs stages compare S2 S3 --env MultiHop-v0 --episodes 200
      webenvs stages compare S1 S2:corpus=small --game team
      webenvs stages compare S2 "S3:noise=severe,top_k=3" --out runs/severe
    """
    from rich.console import Console

    from webenvs.bench.stage_report import show, write
    from webenvs.bench.stages import check

    common = settings_of(extra, **named)
    if "stage" in common:
        raise click.UsageError("A and B name the stages: leave the setting 'stage' out.")
    sides = [(text, catalog.scenario(env, **common | side_of(text))) for text in (first, second)]
    chosen = players or catalog.LADDER
    check_writable(out)
    check(sides, chosen, episodes, threshold)
    asked = {"episodes": episodes, "seed": seed, "workers": jobs, "threshold": threshold}
    compared = _compared(sides, chosen, **asked)
    show(compared, Console(highlight=False))
    if out is not None:
        click.echo(f"\nReport: {write(compared, out)[1]}")


def _compared(
    sides: "Sequence[tuple[str, Scenario]]", players: Sequence[str], **asked: Any
) -> "Comparison":
    """Play both sides with a bar; what `asked` names is what `bench.stages.compare` takes."""
    from rich.console import Console

    from webenvs.bench.run import processes
    from webenvs.bench.stages import compare as compare_stages
    from webenvs.cli.progress import bar

    asked["workers"] = processes(sides[0][1], players, asked["workers"])
    total = 2 * asked["episodes"] * len(players)
    with bar(Console(stderr=True), "playing", total) as done:
        compared = compare_stages(sides, players, **asked, progress=done)
    command = shlex.join(["webenvs", *sys.argv[1:]])
    return msgspec.structs.replace(compared, command=command)


def side_of(text: str) -> dict[str, Any]:
    """The settings of a side, STAGE or STAGE:NAME=VALUE,NAME=VALUE.

    A comma parts settings only where NAME= follows it, so that noise may be written with commas.
    """
    from webenvs.envs.stages import stage_of

    stage, colon, rest = text.partition(":")
    settings = settings_of(tuple(_pieces(rest)) if colon else ())
    if "stage" in settings:
        raise click.UsageError(f"{text!r} names its stage twice.")
    return {"stage": stage_of(stage).name, **settings}


def _pieces(text: str) -> list[str]:
    """The settings of a side, parted at commas outside of brackets that a NAME= follows."""
    pieces, start = [], 0
    for found in _NEXT.finditer(text):
        before = text[: found.start()]
        if before.count("(") == before.count(")") and before.count("{") == before.count("}"):
            pieces.append(text[start : found.start()])
            start = found.end()
    return [*pieces, text[start:]]
