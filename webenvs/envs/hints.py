"""What a trainer may make of an episode: how it ended, and whether to learn from it.

The rule of the loss mask. A player's part of an episode should not be learned from once the episode
is over and one of these holds:
(a) it was aborted by a real fault;
(b) it, or a frame of the player, ended at a limit, and so without an answer or a report;
(c) the environment stopped it: something that it asked failed by the environment's fault
    (`Result.error` is "env_error"; a delegation fails if its report is lost on its way), and no
    message of the player after that brought an answer, be it that there is no such page. What was
    refused without asking, over a budget, is no answer.
A player that met failures and went on to get answers is not masked: bearing failures is what it is
to learn. Who wants a stricter rule has `env_errors`.

A running episode and a recorded one are told alike: all is read from turns, frames and end.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, Protocol

from webenvs.records import End, Episode, Fault, FrameRecord, Record, Result, Turn

Termination = Literal[
    "answer",
    "gave_up",
    "turn_limit",
    "context_limit",
    "invalid_limit",
    "time_limit",
    "aborted",
]
LIMITS: frozenset[str] = frozenset({"turn_limit", "context_limit", "invalid_limit", "time_limit"})
"""Ends without an answer or report, for want of a budget."""


class Sat(Protocol):
    """A frame, live or recorded."""

    @property
    def player(self) -> str:
        """Who sat in it."""
        ...

    @property
    def end(self) -> End | None:
        """How it ended."""
        ...

    @property
    def call(self) -> str | None:
        """The id of the call that opened it, "turn.number"; None for the root's."""
        ...

    @property
    def parent(self) -> int | None:
        """The index of its caller's frame."""
        ...

    @property
    def error(self) -> Fault:
        """Whose fault it is that its caller has no report."""
        ...


class Played(Protocol):
    """An episode, live or recorded."""

    @property
    def turns(self) -> Sequence[Turn]:
        """Its turns so far."""
        ...

    @property
    def frames(self) -> Sequence[Sat]:
        """Its frames, the root's first."""
        ...

    @property
    def end(self) -> End | None:
        """How it ended."""
        ...


class Hint(Record, frozen=True, kw_only=True):
    """What is told of one player: the same as `info` holds under these names."""

    termination: Termination | None = None
    env_errors: int = 0
    loss_mask_hint: bool = False


def hints(episode: Episode) -> dict[str, Hint]:
    """The hints for every player that took part, the root first; for those who train from files."""
    root = episode.frames[0].player if episode.frames else ""
    return {
        player: Hint(
            termination=termination(episode.end),
            env_errors=env_errors(episode, None if player == root else player),
            loss_mask_hint=loss_mask(episode, player),
        )
        for player in _players(episode.frames)
    }


def termination(end: End | None) -> Termination | None:
    """The end of an episode as trainers name it: one that was answered ends by "answer"."""
    return "answer" if end == "answered" else end


def env_errors(episode: Played, player: str | None) -> int:
    """The results that failed by the environment's fault: a player's, or everyone's if None."""
    lost = sum(frame.error == "env_error" for frame in _delegated(episode.frames, player))
    return lost + sum(
        _failed(result)
        for turn in episode.turns
        if player in (None, turn.player)
        for result in turn.results
    )


def loss_mask(episode: Played, player: str) -> bool:
    """Whether a player's part should not be learned from; the rule stands above."""
    if episode.end is None:
        return False
    if episode.end == "aborted" or episode.end in LIMITS:
        return True
    if any(frame.player == player and frame.end in LIMITS for frame in episode.frames):
        return True
    return bool(unhealed(episode, player))


def unhealed(episode: Played, player: str) -> tuple[str, ...]:
    """The ids of a player's calls that failed by the environment's fault, with no answer since.

    A message of several calls brings an answer if one of them does.
    """
    reports: dict[str, list[Sat]] = {}
    for frame in _delegated(episode.frames, player):
        reports.setdefault(str(frame.call).partition(".")[0], []).append(frame)
    failed: list[str] = []
    for turn in episode.turns:
        if turn.player != player:
            continue
        came = reports.get(str(turn.index), ())
        if any(map(_answered, turn.results)) or any(not frame.error for frame in came):
            failed.clear()
            continue
        failed += [result.call for result in turn.results if _failed(result)]
        failed += [str(frame.call) for frame in came]
    return tuple(failed)


def count(counts: dict[str, int], player: str, result: Result) -> None:
    """Add a result to the failures that met a player, if it is one."""
    if _failed(result):
        counts[player] = counts.get(player, 0) + 1


def _delegated(frames: Sequence[Sat], player: str | None) -> Iterator[Sat]:
    """The frames that a player's frames have opened; all that were opened if it is None."""
    for frame in frames:
        if frame.parent is not None and player in (None, frames[frame.parent].player):
            yield frame


def _failed(result: Result) -> bool:
    return result.status != "ok" and result.error == "env_error"


def _answered(result: Result) -> bool:
    if result.status == "duplicate":
        return False
    return not _failed(result) and (result.executed or not result.error)


def _players(frames: Sequence[FrameRecord]) -> Mapping[str, None]:
    return dict.fromkeys(frame.player for frame in frames if frame.player)
