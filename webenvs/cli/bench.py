"""`webenvs bench`: players measured on the same episodes, with intervals."""

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from webenvs import catalog
from webenvs.cli.options import environment_options, settings_of
from webenvs.cli.sweeping import names, numbers, run_sweep
from webenvs.cli.targets import FILE, FOLDER, check_writable
from webenvs.errors import unknown_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from webenvs.bench.rows import Run
    from webenvs.envs.scenario import Scenario
    from webenvs.records import Episode


@click.command(short_help="Measure players, with intervals.")
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
@click.option(
    "--workers",
    default=os.cpu_count() or 1,
    help="Processes; all cores by default. (The workers of a team: -s workers=N.)",
)
@click.option("--baseline", help="Player the others are compared with; the first by default.")
@click.option("--out", type=FOLDER, help="Report folder.")
@click.option("--record", type=FILE, help="Episodes (JSONL).")
@click.option("--noise-sweep", is_flag=True, help="Every kind of noise at every strength.")
@click.option("--kinds", help="Kinds or groups of noise to sweep over; all by default.")
@click.option("--strengths", help="Strengths of the sweep; 0,0.1,0.3,0.5,1 by default.")
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
    noise_sweep: bool,
    kinds: str | None,
    strengths: str | None,
    extra: tuple[str, ...],
    **named: str | None,
) -> None:
    """Play every PLAYER on the same episodes and print a table with 95 % intervals.

    A PLAYER is a built-in name (random, first-hit, scripted, oracle), package.module:Name, or
    planner=NAME,worker=NAME. --out writes report.json, report.md and report.html.

    --noise-sweep plays the same episodes without noise and under every kind of it at every
    strength, and prints what each changes, paired, and the area under success against strength.
    --out then writes sweep.json, sweep.md and figures; a sweep that lies there is gone on with.

    \b
      webenvs bench random first-hit scripted oracle --env MultiHop-v0 --episodes 200
      webenvs bench my_agent:Policy scripted --game team --baseline scripted --out runs/mine
      webenvs bench hasty scripted --noise-sweep --kinds failures,drop --strengths 0.1,0.5
    """
    settings = settings_of(extra, **named)
    if noise_sweep:
        if baseline is not None or record is not None:
            raise click.UsageError("--noise-sweep has no --baseline and writes no --record.")
        asked = {"episodes": episodes, "seed": seed, "kinds": names(kinds)}
        if strengths is not None:
            asked["strengths"] = numbers(strengths)
        run_sweep(players, env, settings, {**asked, "command": _command()}, out, workers)
        return
    if kinds is not None or strengths is not None:
        raise click.UsageError("--kinds and --strengths belong to --noise-sweep.")
    if baseline is not None and baseline not in players:
        raise unknown_name("player", baseline, players, "in the run (baseline)")
    scenario = catalog.scenario(env, **settings)
    check_writable(out, record)
    result, played = _played(scenario, players, episodes, seed, workers)
    _report(result, baseline, out, title=f"{scenario.env}, {scenario.game.name}")
    _record(played, record)


def _played(
    scenario: "Scenario", players: tuple[str, ...], episodes: int, seed: int, workers: int
) -> "tuple[Run, list[Episode]]":
    """Play the episodes, with a bar unless a human plays."""
    from rich.console import Console

    from webenvs.bench.run import processes, run
    from webenvs.cli.progress import bar

    alone = processes(scenario, players, workers) < workers
    if alone:
        click.echo("A human plays: all is played in one process, at this terminal.", err=True)
    errors = Console(stderr=True, quiet=alone)
    with bar(errors, "playing", episodes * len(players)) as done:
        return run(
            scenario,
            players,
            episodes=episodes,
            seed=seed,
            workers=workers,
            command=_command(),
            progress=done,
        )


def _command() -> str:
    return shlex.join(["webenvs", *sys.argv[1:]])


def _report(result: "Run", baseline: str | None, out: Path | None, title: str) -> None:
    """Print the table, and write the report if `out` says where."""
    from rich.console import Console

    from webenvs.bench.report import write_report
    from webenvs.bench.summary import section
    from webenvs.bench.table import show

    measured = section(result, baseline)
    show(measured.summary, Console())
    if out is not None:
        click.echo(f"\nReport: {write_report([measured], out, title=title).html}")


def _record(played: "Sequence[Episode]", record: Path | None) -> None:
    """Write the episodes, if `record` says where."""
    from webenvs.episodes import write_episodes

    if record is not None:
        click.echo(f"\n{write_episodes(record, played)} episodes recorded in {record}")
