"""Episodes played, written to JSONL, read back and replayed byte for byte.

A file holds episodes one after another, each as canonical JSON lines: a header (env, settings,
corpus, task, seed), a line a turn, and an end line with the outcome and the fingerprint.
"""

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

import msgspec

from webenvs.envs.face import task_for
from webenvs.envs.scenario import Scenario
from webenvs.envs.session import Session, message_of
from webenvs.errors import EpisodeFileError, PlayerError, UnknownNameError
from webenvs.players.asking import asked
from webenvs.players.lineup import Lineup
from webenvs.records import Episode, Record, Turn
from webenvs.seeding import canonical_json
from webenvs.seeding import digest as digest_of

_HEADER = ("env", "settings", "corpus", "task", "seed", "number")
_END = ("frames", "answer", "end", "valid", "terms", "rewards", "fingerprint")
_AROUND = 40


class Difference(Record, frozen=True, kw_only=True):
    """The first byte at which a replay left the recording; line counts from 1 in the episode."""

    line: int
    byte: int
    recorded: str
    replayed: str

    def __str__(self) -> str:
        return (
            f"line {self.line}, byte {self.byte}: "
            f"recorded {self.recorded!r}, replayed {self.replayed!r}"
        )


def play(
    scenario: Scenario,
    lineup: Lineup,
    seed: int,
    task_id: str | None = None,
    on_turn: Callable[[Turn, Session], None] | None = None,
) -> Episode:
    """An episode played to its end by a lineup; `on_turn` is called after every message.

    Raises PlayerError, naming seat, task and seed, `from` whatever a player raises (an exit
    included), and for what is no message.
    """
    session = Session(scenario, task_for(scenario, seed, {"task_id": task_id}), seed)
    players = lineup.sit(scenario.players, session.task, seed)
    while session.to_act:
        player = session.to_act[0]
        failure = f"The player of {player} failed on task {session.task.id}, seed {seed}"
        message = asked(failure, players[player], session.observe(player), session.info(player))
        try:
            turn = session.act(message)
        except PlayerError as error:
            raise PlayerError(f"{failure}: {error}") from error
        if on_turn is not None:
            on_turn(turn, session)
    return session.episode()


def replay(episode: Episode, scenario: Scenario) -> Difference | None:
    """Step an episode's messages again, without players; the first difference, or None.

    Env and settings are taken as recorded; the fingerprint covers them. Raises EpisodeFileError if
    the scenario has another corpus or no such task.
    """
    digest = scenario.web.corpus.digest
    if episode.corpus != digest:
        raise EpisodeFileError(
            f"The episode was recorded on corpus {episode.corpus[:16]}..., not {digest[:16]}...; "
            f"pass the corpus it was recorded on."
        )
    try:
        task = scenario.tasks.get(episode.task)
    except UnknownNameError as error:
        raise EpisodeFileError(f"The episode cannot be replayed. {error}") from error
    session = Session(scenario, task, episode.seed, episode.number)
    for turn in episode.turns:
        if session.over:
            break
        session.act(message_of(turn))
    again = msgspec.structs.replace(
        session.episode(), env=episode.env, settings=episode.settings, fingerprint=""
    )
    if session.over:
        again = msgspec.structs.replace(again, fingerprint=digest_of(again))
    return difference(episode, again)


def difference(recorded: Episode, replayed: Episode) -> Difference | None:
    """The first byte at which two episodes' files differ, or None."""
    pairs = zip_longest(lines(recorded), lines(replayed), fillvalue=b"")
    for number, (one, other) in enumerate(pairs, start=1):
        if one != other:
            length = min(len(one), len(other))
            byte = next((at for at in range(length) if one[at] != other[at]), length)
            start = max(0, byte - _AROUND)
            return Difference(
                line=number,
                byte=byte,
                recorded=one[start : byte + _AROUND].decode(errors="replace"),
                replayed=other[start : byte + _AROUND].decode(errors="replace"),
            )
    return None


def lines(episode: Episode) -> Iterator[bytes]:
    """The lines of an episode in a file, without line ends."""
    data: dict[str, Any] = msgspec.to_builtins(episode)
    yield canonical_json({"kind": "episode", **_part(data, _HEADER)})
    for turn in data.get("turns", ()):
        yield canonical_json({"kind": "turn", **turn})
    yield canonical_json({"kind": "end", **_part(data, _END)})


def write_episodes(path: Path, episodes: Iterable[Episode]) -> int:
    """Write episodes to `path`, aside first and then renamed; returns how many."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    count = 0
    try:
        with os.fdopen(handle, "wb") as file:
            for episode in episodes:
                file.writelines(line + b"\n" for line in lines(episode))
                count += 1
        Path(aside).chmod(0o644)
        Path(aside).replace(path)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise
    return count


def read_episodes(path: Path) -> list[Episode]:
    """The episodes of a file; raises EpisodeFileError naming file, line and field."""
    path = Path(path)
    try:
        text = path.read_bytes()
    except OSError as error:
        raise EpisodeFileError(f"Cannot read {path}: {error.strerror}.") from error
    episodes: list[Episode] = []
    pending: dict[str, Any] | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        kind, data = _parsed(path, number, line)
        if (kind == "episode") != (pending is None):
            wanted = "an 'episode' line" if pending is None else "a 'turn' or 'end' line"
            raise EpisodeFileError(
                f"{path}, line {number}: {wanted} must stand here, not {kind!r}."
            )
        if kind == "episode":
            pending = {**data, "turns": []}
        elif pending is not None and kind == "turn":
            pending["turns"].append(data)
        elif pending is not None:
            episodes.append(_episode(path, number, {**pending, **data}))
            pending = None
    if pending is not None:
        raise EpisodeFileError(f"{path}: the last episode has no 'end' line; the file was cut off.")
    if not episodes:
        raise EpisodeFileError(f"{path} holds no episode.")
    return episodes


def _parsed(path: Path, number: int, line: bytes) -> tuple[str, dict[str, Any]]:
    try:
        data = msgspec.json.decode(line, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise EpisodeFileError(f"{path}, line {number}: not a JSON object ({error}).") from error
    kind = data.pop("kind", None)
    if kind not in ("episode", "turn", "end"):
        raise EpisodeFileError(
            f"{path}, line {number}: kind = {kind!r} must be 'episode', 'turn' or 'end'."
        )
    return kind, data


def _episode(path: Path, number: int, data: dict[str, Any]) -> Episode:
    try:
        return msgspec.convert(data, Episode)
    except msgspec.ValidationError as error:
        raise EpisodeFileError(f"{path}, episode ending at line {number}: {error}.") from error


def _part(data: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: data[name] for name in names if name in data}
