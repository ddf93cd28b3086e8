"""Preferences for DPO: which of two messages at one place of a task earned more, from episodes.

Recorded episodes of a task are laid over each other. Where players had read and said the same and
then said different things, the messages are compared by the mean reward of the episodes that went
on from them, which estimates what saying them is worth there (Rafailov et al., arXiv:2305.18290,
take the pairs; the comparison at one step is that of step-wise preference optimisation). With
`whole` all that followed is compared in place of the message alone.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from webenvs import catalog
from webenvs.chat import function_schemas
from webenvs.envs.native import transcript
from webenvs.envs.scenario import Scenario
from webenvs.envs.seated import players_at
from webenvs.envs.session import Session, message_of
from webenvs.envs.tooling.rows import write_rows
from webenvs.envs.toolsets import kit_of
from webenvs.episodes import replay
from webenvs.errors import EpisodeFileError, bad_setting
from webenvs.records import Episode, Record
from webenvs.seeding import canonical_json, digest

Chat = list[dict[str, Any]]
_SAME = 1e-12
"""Rewards nearer than this are equal: what differs is rounding."""


class Pair(Record, frozen=True, kw_only=True):
    """A prompt with a better and a worse continuation, all chat messages.

    `margin` is by how much the mean reward was higher. `tools` are function schemas, of native
    messages alone: the others say in their system message how tools are called.
    """

    task: str
    prompt: Chat
    chosen: Chat
    rejected: Chat
    margin: float
    tools: tuple[dict[str, Any], ...] = ()


class Preferences(Record, frozen=True, kw_only=True):
    """Pairs, and how they came about.

    `episodes` were read and `left_out` of them for being unfinished or not valid; `transcripts` of
    the seat were compared at `places` where messages differ. Of the comparisons there, `ties` had
    equal rewards and `close` ones too near each other for the margin; `cut` were too many.
    """

    pairs: tuple[Pair, ...]
    episodes: int
    left_out: int
    transcripts: int
    places: int
    ties: int
    close: int
    cut: int


class _Line(NamedTuple):
    """One frame of an episode as its player lived it, and what came of it."""

    task: str
    messages: Chat
    tools: tuple[dict[str, Any], ...]
    reward: float


class _Branch(NamedTuple):
    """A message (or all from it on) at a place, and the rewards of what went on from it."""

    said: Chat
    rewards: list[float]

    @property
    def worth(self) -> float:
        return math.fsum(self.rewards) / len(self.rewards)


class _Fork(NamedTuple):
    """A place: what all had read and said there, and what was said next, by its digest."""

    line: _Line
    prompt: Chat
    branches: dict[str, _Branch]


def preferences(
    episodes: Iterable[Episode],
    *,
    seat: str | None = None,
    margin: float = 0.0,
    most: int | None = None,
    native: bool = False,
    whole: bool = False,
    scenario: Scenario | None = None,
) -> Preferences:
    """The pairs in recorded episodes; the same episodes, in whatever order, give the same pairs.

    `seat` is a player or a role, the root if None; its episodes are ranked by the root's reward.
    Only episodes of one id, one corpus, one task and equal settings are compared. A pair needs a
    difference of at least `margin` and above 0; `most` is of one place, the widest first. With
    `native` calls are `tool_calls` whose arguments are objects, as chat templates read them; else
    they are text in the codec. With `whole`, chosen and rejected are all that the player read and
    said from there on, up to its last message: trainers that do not mask what tools returned (TRL's
    DPO does not) then train on that too. `scenario` is for episodes of objects that have no path.
    Raises SettingError for a wrong setting or seat, EpisodeFileError for an episode that does not
    replay.
    """
    _check(margin, most)
    found = _Counted()
    lines = partial(_lines, seat=seat, native=native)
    groups = _grouped(episodes, scenario, lines, found)
    forks = [fork for group in groups for fork in _forks(group, whole=whole)]
    pairs = [pair for fork in forks for pair in _pairs(fork, margin, most, found)]
    return Preferences(
        pairs=tuple(pairs),
        episodes=found.read,
        left_out=found.left,
        transcripts=sum(map(len, groups)),
        places=len(forks),
        ties=found.ties,
        close=found.close,
        cut=found.cut,
    )


def write_pairs(path: str | Path, pairs: Iterable[Pair]) -> int:
    """Write pairs as the rows of a data set (JSON lines or Parquet); returns how many.

    Raises as `webenvs.envs.tooling.rows.write_rows` does: there must be at least one.
    """
    return write_rows(path, map(msgspec.to_builtins, pairs))


class _Counted:
    """Episodes that were read, those left out, and comparisons that made no pair."""

    read = left = ties = close = cut = 0


def _check(margin: float, most: int | None) -> None:
    if isinstance(margin, bool) or not 0 <= margin < float("inf"):
        raise bad_setting("margin", margin, "a finite number of at least 0")
    if most is not None and (isinstance(most, bool) or most < 1):
        raise bad_setting("most", most, "at least 1, or None for all")


def _grouped(
    episodes: Iterable[Episode],
    scenario: Scenario | None,
    lines: Callable[[Episode, Scenario], Iterable[_Line]],
    counted: _Counted,
) -> list[list[_Line]]:
    """The lines of finished episodes, a group for each task under equal settings."""
    groups: dict[str, list[_Line]] = {}
    made: dict[str, Scenario] = {}
    for episode in episodes:
        counted.read += 1
        if episode.end is None or not episode.valid:
            counted.left += 1
            continue
        key = digest((episode.env, episode.settings, episode.corpus))
        if key not in made:
            made[key] = scenario or catalog.recorded(episode)
        groups.setdefault(digest((key, episode.task)), []).extend(lines(episode, made[key]))
    return [groups[key] for key in sorted(groups)]


def _lines(
    episode: Episode, scenario: Scenario, seat: str | None, *, native: bool
) -> Iterator[_Line]:
    """The seat's frames in which something was said, stepped from the recording."""
    wanted = players_at(scenario, seat)
    if episode.corpus != scenario.web.corpus.digest:
        raise EpisodeFileError(str(_left(episode, scenario)))
    session = Session(scenario, scenario.tasks.get(episode.task), episode.seed, episode.number)
    for turn in episode.turns:
        if session.over or canonical_json(session.act(message_of(turn))) != canonical_json(turn):
            raise EpisodeFileError(f"An episode does not replay: {_left(episode, scenario)}.")
    reward = episode.rewards.get(scenario.players[0], 0.0)
    for frame in session.state.frames:
        if frame.player in wanted and frame.turns:
            tools = function_schemas(kit_of(scenario, frame).stage(0).tools) if native else ()
            messages = [{**entry} for entry in frame.messages]
            if native:
                messages = [_parsed(entry) for entry in transcript(scenario, session.state, frame)]
            yield _Line(episode.task, messages, tools, reward)


def _parsed(message: dict[str, Any]) -> dict[str, Any]:
    """A native message with the arguments of its calls as objects."""
    if "tool_calls" not in message:
        return message
    calls = [
        {**call, "function": {**call["function"], "arguments": _json(call["function"])}}
        for call in message["tool_calls"]
    ]
    return {**message, "tool_calls": calls}


def _json(function: dict[str, Any]) -> Any:
    return msgspec.json.decode(function["arguments"])


def _left(episode: Episode, scenario: Scenario) -> Any:
    """Where the recording and the scenario part; raises EpisodeFileError for another corpus."""
    return replay(episode, scenario) or "it has turns after its end"


def _forks(lines: Sequence[_Line], *, whole: bool) -> list[_Fork]:
    """The places at which lines part, the nearest to the opening first."""
    places: dict[str, _Fork] = {}
    for line in lines:
        here = digest(line.tools)
        for at, entry in enumerate(line.messages):
            said = digest(entry)
            if entry["role"] == "assistant":
                fork = places.setdefault(here, _Fork(line, line.messages[:at], {}))
                rest = _rest(line.messages[at:]) if whole else [entry]
                branch = fork.branches.setdefault(digest(rest), _Branch(rest, []))
                branch.rewards.append(line.reward)
            here = digest((here, said))
    found = [(len(fork.prompt), key, fork) for key, fork in places.items()]
    return [fork for _, _, fork in sorted(found, key=lambda one: one[:2]) if _parts(fork)]


def _parts(fork: _Fork) -> bool:
    """Whether different messages were said at a place."""
    return len({digest(branch.said[0]) for branch in fork.branches.values()}) > 1


def _rest(messages: Chat) -> Chat:
    """Messages up to the player's last one."""
    last = max(at for at, entry in enumerate(messages) if entry["role"] == "assistant")
    return messages[: last + 1]


def _pairs(fork: _Fork, margin: float, most: int | None, counted: _Counted) -> list[Pair]:
    """The pairs of a place, the widest apart first."""
    ranked = sorted(fork.branches.items(), key=lambda one: (-one[1].worth, one[0]))
    found = []
    for at, (_, better) in enumerate(ranked):
        for _, worse in ranked[at + 1 :]:
            gap = better.worth - worse.worth
            if better.said[0] == worse.said[0]:
                continue  # they part further on
            if gap <= _SAME:
                counted.ties += 1
            elif gap < margin - _SAME:
                counted.close += 1
            else:
                found.append(_pair(fork, better, worse, gap))
    found.sort(key=lambda pair: -pair.margin)
    kept = found[:most]
    counted.cut += len(found) - len(kept)
    return kept


def _pair(fork: _Fork, better: _Branch, worse: _Branch, gap: float) -> Pair:
    return Pair(
        task=fork.line.task,
        prompt=fork.prompt,
        chosen=better.said,
        rejected=worse.said,
        margin=gap,
        tools=fork.line.tools,
    )
