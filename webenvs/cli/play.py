"""`webenvs play` shows an episode as it happens."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from webenvs import catalog
from webenvs.cli.options import environment_options, settings_of
from webenvs.cli.targets import FILE, check_writable
from webenvs.cli.transcript import seen_lines
from webenvs.text import clip, one_line, printable

if TYPE_CHECKING:
    from rich.console import Console

    from webenvs.envs.session import Session
    from webenvs.records import Episode, FrameRecord, Task, Turn

_COLOURS = {"planner": "cyan", "researcher": "cyan"}
_WORKER_COLOURS = ("green", "magenta", "yellow", "blue")
SHOWN = 420
"""Characters of a long text that are shown."""


@click.command(short_help="Play one episode and show it.")
@click.argument("env", metavar="ID")
@click.option("--player", default="scripted", show_default=True, help="Who plays; see bench.")
@click.option(
    "--seed", default=0, show_default=True, type=click.IntRange(min=0), help="Seed of the episode."
)
@click.option("--task", "task_id", help="Id of the task; drawn by the seed if left out.")
@click.option("--record", type=FILE, help="Write it here.")
@click.option("--full", is_flag=True, help="Show long results whole.")
@environment_options
def play(
    env: str,
    player: str,
    seed: int,
    task_id: str | None,
    record: Path | None,
    full: bool,
    extra: tuple[str, ...],
    **named: str | None,
) -> None:
    """Play one episode of ID and show it as a transcript; a human is prompted instead.

    \b
      webenvs play MultiHop-v0 --player oracle --seed 7
      webenvs play MultiHop-v0 --game team --player planner=scripted,worker=first-hit
      webenvs play MultiHop-v0 --player human
    """
    from rich.console import Console

    from webenvs.episodes import play as play_episode
    from webenvs.episodes import write_episodes

    scenario = catalog.scenario(env, **settings_of(extra, **named))
    lineup = catalog.lineup(player, scenario.game)
    check_writable(record)
    console = Console(highlight=False, soft_wrap=True)

    def watch(turn: "Turn", _: "Session") -> None:
        """Show a turn, unless its player has seen at the prompt what this would repeat."""
        if not lineup.at_terminal(turn.player):
            show_turn(console, turn, 10**9 if full else SHOWN)

    episode = play_episode(scenario, lineup, seed, task_id, on_turn=watch)
    show_outcome(console, episode, scenario.tasks.get(episode.task))
    if record is not None:
        write_episodes(record, [episode])
        console.print(f"Recorded in {record}; check it: webenvs replay {record} --check")


def show_turn(console: "Console", turn: "Turn", shown: int) -> None:
    """Print a turn: what the player saw, thought and called."""
    colour = colour_of(turn.player)
    indent = "    " if turn.player.startswith("worker") else ""
    console.print(f"\n{indent}[bold {colour}]{turn.player}[/] sees", end="")
    console.print(" (its closing message)" if turn.closing else "", style="dim")
    for line in seen_lines(turn.observation, shown):
        console.print(f"{indent}  {line}", markup=False, style="dim")
    if turn.thought:
        thought = clip(one_line(printable(turn.thought)), shown)
        console.print(f"{indent}  thinks: {thought}", markup=False, style=f"italic {colour}")
    if not turn.calls:
        message = clip(printable(turn.message), shown)
        console.print(f"{indent}  says: {message}", markup=False, style="red")
    for call in turn.calls:
        arguments = ", ".join(f"{name}={value!r}" for name, value in call.arguments.items())
        text = f"{indent}> {printable(call.tool)}({clip(printable(arguments), shown)})"
        console.print(text, markup=False, style=f"bold {colour}")


def show_outcome(console: "Console", episode: "Episode", task: "Task | None") -> None:
    """Print how an episode ended: answer, gold, evidence, rewards, cost."""
    console.print(f"\n[bold]{episode.end}[/]")
    console.print(f"  answer    {episode.answer!r}", markup=False)
    if task is not None:
        console.print(f"  gold      {printable(', '.join(task.answers))}", markup=False)
    for player, reward in episode.rewards.items():
        terms = ", ".join(f"{name} {value:g}" for name, value in episode.terms[player].items())
        console.print(f"  reward    {player} {reward:g}  ({terms})", markup=False)
    calls = sum(result.executed for turn in episode.turns for result in turn.results)
    console.print(
        f"  cost      {len(episode.turns)} messages, {calls} web calls, "
        f"{len(episode.frames) - 1} delegations"
    )
    console.print(f"  fingerprint {episode.fingerprint[:16]}")


def show_episode(console: "Console", episode: "Episode", shown: int) -> None:
    """Print a recorded episode."""
    for turn in episode.turns:
        show_turn(console, turn, shown)
    for frame in episode.frames[1:]:
        console.print(_report(frame, shown), markup=False, style=colour_of(frame.player))
    show_outcome(console, episode, None)


def colour_of(player: str) -> str:
    """The colour of a player: roots cyan, each worker its own."""
    role, _, number = player.rpartition("_")
    return _COLOURS.get(role) or _WORKER_COLOURS[int(number) % len(_WORKER_COLOURS)]


def _report(frame: "FrameRecord", shown: int) -> str:
    report = clip(one_line(printable(frame.report or "(nothing)")), shown)
    return f"    {frame.player} reported on {clip(one_line(frame.request), 80)!r}: {report}"
