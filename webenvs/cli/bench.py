"""`webenvs bench`: players measured on the same episodes, with intervals."""

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from webenvs import catalog
from webenvs.cli.options import environment_options, settings_of
from webenvs.errors import unknown_name

if TYPE_CHECKING:
    from webenvs.bench.summary import Section


@click.command()
@click.argument("players", nargs=-1, required=True, metavar="PLAYER...")
@click.option("--env", default="MultiHop-v0", show_default=True, help="Environment id.")
@click.option("--episodes", default=100, show_default=True, help="Episodes of every player.")
@click.option(
    "--seed",
    default=0,
    show_default=True,
    type=click.IntRange(min=0),
    help="Seed that tasks and draws hang on.",
)
@click.option("--workers", default=os.cpu_count() or 1, help="Processes; all cores by default.")
@click.option("--baseline", help="Player the others are compared with; the first by default.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Report folder.")
@click.option("--record", type=click.Path(dir_okay=False, path_type=Path), help="Episodes (JSONL).")
@environment_options
def bench(
    players: tuple[str, ...],
    env: str,
    episodes: int,
    seed: int,
    workers: int,
    baseline: str | None,
    out: Path | None,
    record: Path | None,
    extra: tuple[str, ...],
    **named: str | None,
) -> None:
    """Play every PLAYER on the same episodes and print a table with 95 % intervals.

    A PLAYER is a built-in name (random, first-hit, scripted, oracle), package.module:Name, or
    planner=NAME,worker=NAME. --out writes report.json, report.md and report.html.

    \b
      webenvs bench random first-hit scripted oracle --env MultiHop-v0 --episodes 200
      webenvs bench my_agent:Policy scripted --game team --baseline scripted --out runs/mine
    """
    from rich.console import Console

    from webenvs.bench.run import run
    from webenvs.bench.summary import section
    from webenvs.bench.table import show
    from webenvs.cli.progress import bar
    from webenvs.episodes import write_episodes

    if baseline is not None and baseline not in players:
        raise unknown_name("player in the run (baseline)", baseline, players)
    scenario = catalog.scenario(env, **settings_of(extra, **named))
    errors = Console(stderr=True)
    with bar(errors, "playing", episodes * len(players)) as done:
        result, played = run(
            scenario,
            players,
            episodes=episodes,
            seed=seed,
            workers=workers,
            command=shlex.join(["webenvs", *sys.argv[1:]]),
            progress=done,
        )
    measured = section(result, baseline)
    show(measured.summary, Console())
    if record is not None:
        click.echo(f"\n{write_episodes(record, played)} episodes recorded in {record}")
    _report(measured, out, title=f"{scenario.env}, {scenario.game.name}")


def _report(measured: "Section", out: Path | None, title: str) -> None:
    """Write the report, if `out` says where."""
    from webenvs.bench.report import write_report

    if out is not None:
        click.echo(f"\nReport: {write_report([measured], out, title=title).html}")
