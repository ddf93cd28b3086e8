"""`webenvs replay` shows recorded episodes, or steps thousands of them again and compares."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from webenvs import catalog
from webenvs.cli.play import SHOWN, show_episode
from webenvs.cli.targets import ANY
from webenvs.errors import EpisodeFileError, WebenvsError
from webenvs.seeding import canonical_json

if TYPE_CHECKING:
    from rich.console import Console

    from webenvs.envs.scenario import Scenario
    from webenvs.records import Episode

_CHUNK = 8


class Recorded(NamedTuple):
    """An episode of a file, its lines not yet read; number counts from 1 in the file."""

    path: Path
    number: int
    lines: list[tuple[int, bytes]]


class Checked(NamedTuple):
    """What came of an episode: its id and game, and what is wrong with it, empty if nothing is."""

    place: str
    env: str
    wrong: str


@click.command(short_help="Show recorded episodes, or check them.")
@click.argument("path", type=ANY)
@click.option("--check", is_flag=True, help="Step the messages again and compare every byte.")
@click.option(
    "-j",
    "--workers",
    default=1,
    show_default=True,
    type=click.IntRange(min=1),
    help="Processes that check.",
)
@click.option("--corpus", help="The corpus, where the recording names one that has moved.")
@click.option("--tasks", help="The tasks, where the recording names ones that have moved.")
@click.option("--full", is_flag=True, help="Show long results whole.")
def replay(
    path: Path, check: bool, workers: int, corpus: str | None, tasks: str | None, full: bool
) -> None:
    """Show the episodes of PATH, or with --check step them again without a player.

    PATH is a file, or a folder whose *.jsonl files are all taken. Status 1 if an episode does not
    replay: it is named with file, turn, field and the first differing byte.

    \b
      webenvs replay runs/episodes.jsonl
      webenvs replay runs --check -j 2
    """
    from rich.console import Console

    from webenvs.episodes import read_episodes

    console = Console(highlight=False, soft_wrap=True)
    files = _files(path)
    if not check:
        for file in files:
            for episode in read_episodes(file):
                show_episode(console, episode, 10**9 if full else SHOWN)
        return
    given = {"corpus": corpus, "tasks": tasks}
    replaced = {name: value for name, value in given.items() if value is not None}
    found = _check_all(console, files, replaced, workers)
    _summary(console, found)
    raise SystemExit(1 if any(one.wrong for one in found) else 0)


def _files(path: Path) -> list[Path]:
    """The files of episodes that a path names, in order; raises EpisodeFileError for none."""
    if not path.is_dir():
        return [path]
    files = sorted(file for file in path.rglob("*.jsonl") if file.is_file())
    if not files:
        raise EpisodeFileError(f"There is no *.jsonl file in {path}.")
    return files


def _check_all(
    console: "Console", files: Sequence[Path], replaced: dict[str, str], workers: int
) -> list[Checked]:
    """Every episode of the files stepped again, in order; what is wrong is told at once."""
    from rich.console import Console as Terminal

    from webenvs.cli.progress import counter
    from webenvs.processes import spread

    found: list[Checked] = []
    with counter(Terminal(stderr=True), "replaying") as done:
        jobs = _chunks(_recorded(files))
        for chunk in spread((_Desk, (replaced,)), _check_chunk, jobs, workers):
            for one in chunk:
                if one.wrong:
                    text = f"{one.place} does not replay: {one.wrong}"
                    console.print(text, markup=False, style="red")
            found += chunk
            done(len(found))
    return found


def _recorded(files: Iterable[Path]) -> Iterator[Recorded]:
    from webenvs.episodes import raw_episodes

    for path in files:
        number = 0
        for number, lines in enumerate(raw_episodes(path), start=1):
            yield Recorded(path, number, lines)
        if number == 0:
            raise EpisodeFileError(f"{path} holds no episode.")


def _chunks(episodes: Iterable[Recorded]) -> Iterator[list[Recorded]]:
    chunk: list[Recorded] = []
    for episode in episodes:
        chunk.append(episode)
        if len(chunk) == _CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


class _Desk:
    """The scenarios that a process has met, made once each."""

    def __init__(self, replaced: dict[str, str]) -> None:
        self._replaced = replaced
        self._made: dict[bytes, Scenario] = {}

    def scenario(self, episode: "Episode") -> "Scenario":
        """The scenario that an episode was recorded in; raises EpisodeFileError for one by hand."""
        settings = episode.settings | self._replaced
        missing = [name for name in ("corpus", "tasks") if "@" in str(settings.get(name, ""))]
        if missing:
            raise EpisodeFileError(
                f"It was recorded on {', '.join(str(settings[name]) for name in missing)}, "
                f"which has no path: pass {', '.join(f'--{name}' for name in missing)}."
            )
        key = canonical_json((episode.env, settings))
        if key not in self._made:
            self._made[key] = catalog.scenario(episode.env, **settings)
        return self._made[key]


def _check_chunk(desk: _Desk, chunk: Sequence[Recorded]) -> list[Checked]:
    return [_checked(desk, recorded) for recorded in chunk]


def _checked(desk: _Desk, recorded: Recorded) -> Checked:
    """An episode read and stepped again; where a hash does not fit, what differs is looked for."""
    from webenvs.episodes import episodes_of
    from webenvs.episodes import replay as replay_episode

    place = f"{recorded.path}, episode {recorded.number}"
    broken: list[str] = []
    try:
        (episode,) = episodes_of(recorded.path, recorded.lines, broken)
    except EpisodeFileError as error:
        return Checked(place, "(unreadable)", str(error))
    try:
        difference = replay_episode(episode, desk.scenario(episode))
    except EpisodeFileError as error:
        raise EpisodeFileError(f"{place}: {error}") from error
    except WebenvsError as error:  # its settings, or a part of the user's own that it names
        return Checked(place, episode.env, str(error))
    told = [] if difference is None else [str(difference)]
    return Checked(place, episode.env, "; ".join([*told, *broken]))


def _summary(console: "Console", found: Sequence[Checked]) -> None:
    """Print how many episodes of every id replay, and of all."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("environment")
    for heading in ("episodes", "replay", "differ"):
        table.add_column(heading, justify="right")
    for env in dict.fromkeys(one.env for one in found):
        own = [one for one in found if one.env == env]
        good = sum(not one.wrong for one in own)
        table.add_row(env, f"{len(own):,}", f"{good:,}", f"{len(own) - good:,}")
    console.print(table)
    good = sum(not one.wrong for one in found)
    console.print(f"{good} of {len(found)} episodes replay byte for byte.")
