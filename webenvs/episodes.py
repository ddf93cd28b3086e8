"""Episodes played, written to JSONL, read back and replayed byte for byte.

A file holds episodes one after another, each as canonical JSON lines: a header (env, settings,
corpus, task, seed), a line a turn, and an end line with the outcome and the fingerprint. A turn's
line also holds its rolling hash: the first 16 hexadecimal digits of h_i = SHA-256(h_(i-1) || the
canonical line without its hash), where h_0 is the SHA-256 of the header's line.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import zip_longest
from pathlib import Path
from typing import Any

import msgspec

from webenvs.envs.face import task_for
from webenvs.envs.scenario import Scenario
from webenvs.envs.seated import shown
from webenvs.envs.session import Session, message_of
from webenvs.errors import AbsentError, EpisodeFileError, PlayerError, UnknownNameError
from webenvs.players.asking import asked
from webenvs.players.lineup import Lineup
from webenvs.players.player import Player
from webenvs.records import Episode, Record, Turn
from webenvs.seeding import canonical_json
from webenvs.seeding import digest as digest_of
from webenvs.writing import written_aside

_HEADER = ("env", "settings", "corpus", "task", "seed", "number")
_END = ("frames", "answer", "end", "valid", "terms", "rewards", "fingerprint")
_AROUND = 40
_HASH = 16


class Difference(Record, frozen=True, kw_only=True):
    """The first place at which a replay left the recording.

    `line` counts from 1 in the episode, `turn` is the index of the turn (None in the header and at
    the end), `field` the way to the value, such as "results[1].content". `byte` counts in the value
    alone: in a text as UTF-8, in anything else as JSON, nothing standing for what is missing.
    """

    line: int
    turn: int | None = None
    field: str
    byte: int
    recorded: str
    replayed: str

    def __str__(self) -> str:
        turn = "" if self.turn is None else f" (turn {self.turn})"
        return (
            f"line {self.line}{turn}, {self.field}, byte {self.byte}: "
            f"recorded {self.recorded!r}, replayed {self.replayed!r}"
        )


def play(
    scenario: Scenario,
    lineup: Lineup,
    seed: int,
    task_id: str | None = None,
    on_turn: Callable[[Turn, Session], None] | None = None,
    number: int = 0,
) -> Episode:
    """An episode played to its end by a lineup; `on_turn` is called after every message.

    `number` counts the episodes of a training run before it, for schedules of noise.

    Raises PlayerError, naming seat, task and seed, `from` whatever a player raises (an exit
    included), and for what is no message.
    """
    session = Session(scenario, task_for(scenario, seed, {"task_id": task_id}), seed, number)
    return finish(session, lineup.sit(scenario.players, session.task, seed), on_turn)


def finish(
    session: Session,
    players: Mapping[str, Player],
    on_turn: Callable[[Turn, Session], None] | None = None,
) -> Episode:
    """A session played on to its end, or to where a player is absent; raises as `play` does."""
    while session.to_act:
        player = session.to_act[0]
        failure = (
            f"The player of {player} failed on task {session.task.id}, seed {session.state.seed}"
        )
        try:
            message = asked(failure, players[player], *shown(session, players[player]))
        except PlayerError as error:
            if not isinstance(error.__cause__, AbsentError):
                raise
            session.abort(error.__cause__)
            break
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
    """The first place at which two episodes differ, in the order of their files' lines, or None."""
    one, other = msgspec.to_builtins(recorded), msgspec.to_builtins(replayed)
    turns, again = one.get("turns", ()), other.get("turns", ())
    found = _first(_part(one, _HEADER), _part(other, _HEADER))
    if found is not None:
        return _told(1, None, found)
    for turn, (row, same) in enumerate(zip_longest(turns, again)):
        found = _first(row, same)
        if found is not None:
            return _told(turn + 2, turn, found)
    found = _first(_part(one, _END), _part(other, _END))
    return None if found is None else _told(len(turns) + 2, None, found)


def _first(one: Any, other: Any, way: str = "") -> tuple[str, Any, Any] | None:
    """The way to the first value that differs, and both values; None stands for a missing one."""
    if isinstance(one, dict) and isinstance(other, dict):
        names = [*one, *(name for name in other if name not in one)]
        pairs = [
            (f"{way}.{name}" if way else name, one.get(name), other.get(name)) for name in names
        ]
    elif isinstance(one, list | tuple) and isinstance(other, list | tuple):
        both = enumerate(zip_longest(one, other))
        pairs = [(f"{way}[{place}]", left, right) for place, (left, right) in both]
    else:
        same = canonical_json(one) == canonical_json(other)
        return None if same else (way or "the turn", one, other)
    return next((found for where, a, b in pairs if (found := _first(a, b, where))), None)


def _told(line: int, turn: int | None, found: tuple[str, Any, Any]) -> Difference:
    field, one, other = found[0], _spelled(found[1]), _spelled(found[2])
    length = min(len(one), len(other))
    byte = next((at for at in range(length) if one[at] != other[at]), length)
    start = max(0, byte - _AROUND)
    return Difference(
        line=line,
        turn=turn,
        field=field,
        byte=byte,
        recorded=one[start : byte + _AROUND].decode(errors="replace"),
        replayed=other[start : byte + _AROUND].decode(errors="replace"),
    )


def _spelled(value: Any) -> bytes:
    if value is None:
        return b""
    return value.encode(errors="replace") if isinstance(value, str) else canonical_json(value)


def lines(episode: Episode) -> Iterator[bytes]:
    """The lines of an episode in a file, without line ends."""
    data: dict[str, Any] = msgspec.to_builtins(episode)
    header = canonical_json({"kind": "episode", **_part(data, _HEADER)})
    yield header
    rolling = _Rolling(header)
    for turn in data.get("turns", ()):
        row = {"kind": "turn", **turn}
        yield canonical_json({**row, "hash": rolling.next(canonical_json(row))})
    yield canonical_json({"kind": "end", **_part(data, _END)})


class _Rolling:
    """The hash of a header and of all turns so far."""

    def __init__(self, header: bytes) -> None:
        self._digest = hashlib.sha256(header).digest()

    def next(self, turn: bytes) -> str:
        """What stands in the line of the next turn."""
        self._digest = hashlib.sha256(self._digest + turn).digest()
        return self._digest.hex()[:_HASH]


def write_episodes(path: Path, episodes: Iterable[Episode]) -> int:
    """Write episodes to `path`, aside first and then renamed; returns how many.

    Raises SettingError for what is there and no file.
    """
    count = 0
    with written_aside(path) as aside, aside.open("wb") as file:
        for episode in episodes:
            file.writelines(line + b"\n" for line in lines(episode))
            count += 1
    return count


def read_episodes(path: Path) -> list[Episode]:
    """The episodes of a file.

    Raises EpisodeFileError, naming file and line, for what is no episode or was cut off, and naming
    the turn where a line does not fit its hash. Turns without a hash are those of older files.
    """
    path = Path(path)
    numbered = list(_numbered(path))
    if not numbered:
        raise EpisodeFileError(f"{path} holds no episode.")
    return episodes_of(path, numbered)


def raw_episodes(path: Path) -> Iterator[list[tuple[int, bytes]]]:
    """The numbered lines of a file, an episode at a time, not yet read: `episodes_of` reads them.

    Raises EpisodeFileError for a file that cannot be read.
    """
    part: list[tuple[int, bytes]] = []
    for number, line in _numbered(Path(path)):
        if part and _kind_of(line) == "episode":
            yield part
            part = []
        part.append((number, line))
    if part:
        yield part


def episodes_of(
    path: Path, numbered: Iterable[tuple[int, bytes]], broken: list[str] | None = None
) -> list[Episode]:
    """The episodes that numbered lines of a file hold; raises as `read_episodes` does.

    With a list, hashes that do not fit are told there instead, the first of every episode.
    """
    episodes: list[Episode] = []
    pending: dict[str, Any] | None = None
    for number, line in numbered:
        kind, data = _parsed(path, number, line)
        if (kind == "episode") != (pending is None):
            wanted = "an 'episode' line" if pending is None else "a 'turn' or 'end' line"
            raise EpisodeFileError(
                f"{path}, line {number}: {wanted} must stand here, not {kind!r}."
            )
        if kind == "episode":
            pending = {**data, "turns": []}
            rolling: _Rolling | None = _Rolling(canonical_json({"kind": kind, **data}))
        elif pending is not None and kind == "turn":
            if rolling is not None and not _fits(rolling, data):
                _break(_misfit(path, number, data), broken)
                rolling = None
            pending["turns"].append(data)
        elif pending is not None:
            episodes.append(_episode(path, number, {**pending, **data}))
            pending = None
    if pending is not None:
        raise EpisodeFileError(f"{path}: the last episode has no 'end' line; the file was cut off.")
    return episodes


def _fits(rolling: _Rolling, turn: dict[str, Any]) -> bool:
    """Whether a turn fits the hash it has, which is taken out of it; one without any fits."""
    told = turn.pop("hash", None)
    found = rolling.next(canonical_json({"kind": "turn", **turn}))
    return told is None or told == found


def _misfit(path: Path, number: int, turn: dict[str, Any]) -> str:
    return (
        f"{path}, line {number}: turn {turn.get('index')} does not fit its hash: it was changed, "
        f"or a line of the episode before it was changed, taken out or put in."
    )


def _break(misfit: str, broken: list[str] | None) -> None:
    if broken is None:
        raise EpisodeFileError(misfit)
    broken.append(misfit)


def _numbered(path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines of a file that are not blank, counted from 1."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise EpisodeFileError(f"Cannot read {path}: {error.strerror}.") from error
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            yield number, line


_NO_JSON = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What reading JSON raises for what is none, or is nested beyond all reading."""


class _Kind(msgspec.Struct):
    kind: str = ""


def _kind_of(line: bytes) -> str:
    """The kind of a line, empty where it has none."""
    try:
        return msgspec.json.decode(line, type=_Kind).kind
    except _NO_JSON:
        return ""


def _parsed(path: Path, number: int, line: bytes) -> tuple[str, dict[str, Any]]:
    try:
        data = msgspec.json.decode(line, type=dict[str, Any])
    except _NO_JSON as error:
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
