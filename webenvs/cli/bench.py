"""`webenvs bench`: players measured on the same episodes, with intervals."""

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from webenvs import catalog
from webenvs.cli import models
from webenvs.cli.options import environment_options, settings_of
from webenvs.cli.sweeping import names, numbers, run_sweep
from webenvs.cli.targets import FILE, FOLDER, check_writable
from webenvs.errors import unknown_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from webenvs.bench.rows import Run
    from webenvs.bench.served import Served
    from webenvs.envs.scenario import Scenario
    from webenvs.records import Episode


@click.command(short_help="Measure players, with intervals.")
@click.argument("players", nargs=-1, metavar="PLAYER...")
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
@models.model_options
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
    **named: Any,
) -> None:
    """Play every PLAYER on the same episodes and print a table with 95 % intervals.

    A PLAYER is a built-in name (random, first-hit, scripted, oracle), package.module:Name, or
    planner=NAME,worker=NAME. --out writes report.json, report.md and report.html.

    --noise-sweep plays the same episodes without noise and under every kind of it at every
    strength, and prints what each changes, paired, and the area under success against strength.
    --out then writes sweep.json, sweep.md and figures; a sweep that lies there is gone on with.

    --openai URL --model NAME adds a model behind any OpenAI-compatible server (vLLM, SGLang,
    llama.cpp, Ollama, ...) as a player, or puts it at the seats called openai, as in
    planner=openai,worker=scripted. It is asked with native tool calls, or with --text in the codec
    (-s codec=NAME). Episodes that the server fails do not count; where it is gone, the run stops.
    With --requests FILE the same command goes on from there and asks nothing twice.

    \b
      webenvs bench random first-hit scripted oracle --env MultiHop-v0 --episodes 200
      webenvs bench my_agent:Policy scripted --game team --baseline scripted --out runs/mine
      webenvs bench scripted --openai http://localhost:8000/v1 --model qwen --requests asked.jsonl
      webenvs bench hasty scripted --noise-sweep --kinds failures,drop --strengths 0.1,0.5
    """
    asked_how = {name: named.pop(name) for name in models.NAMES}
    settings = settings_of(extra, **named)
    players = _players(players, asked_how["openai"])
    if noise_sweep:
        if asked_how["openai"] is not None:
            raise click.UsageError("--noise-sweep plays no model of --openai.")
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
    with models.served(asked_how) as served:
        if served is None:
            result, played = _played(scenario, players, episodes, seed, workers)
        else:
            result, played = _served(scenario, players, served, (episodes, seed, workers))
            baseline = None if baseline is None else served.label(baseline)
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


def _players(players: tuple[str, ...], openai: str | None) -> tuple[str, ...]:
    """The players with the model among them: last, where none of them names it."""
    from webenvs.players.lineup import SERVED, plays_served

    named = any(plays_served(player) for player in players)
    if openai is None and named:
        raise click.UsageError(f"The player {SERVED} needs --openai URL --model NAME.")
    if openai is None and not players:
        raise click.UsageError("Missing argument 'PLAYER...'.")
    return players if named or openai is None else (*players, SERVED)


def _served(
    scenario: "Scenario", players: tuple[str, ...], served: "Served", counts: tuple[int, int, int]
) -> "tuple[Run, list[Episode]]":
    """Play the episodes with a model among the players, with a bar."""
    from msgspec.structs import replace
    from rich.console import Console

    from webenvs.bench.served import run_served
    from webenvs.cli.progress import bar

    episodes, seed, workers = counts
    with bar(Console(stderr=True), "playing", episodes * len(players)) as done:
        found = run_served(
            scenario,
            players,
            served,
            episodes=episodes,
            seed=seed,
            workers=workers,
            progress=done,
        )
    models.tell(found, served.text)
    return replace(found.run, command=_command()), found.episodes


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
