"""What a trainer may make of an episode: how it ended, and whether to learn from it.

The rule of the loss mask. A player's part of an episode should not be learned from once the episode
is over and one of these holds:
(a) it was aborted by a real fault;
(b) it, or a frame of the player, ended at a limit, and so without an answer or a report;
(c) a call of the player failed by the environment's fault (`Result.error` is "env_error") and no
    later call of the player for the same thing was answered; a delegation fails if its report is
    lost on its way. Calls ask for the same thing if tool and arguments are equal but for blanks
    (and case, in `find`), and, where the tool acts on the open page, the same page is open. What
    the player was refused without asking (over a budget) is no answer, nor is the repeat of an
    earlier result; whatever the web said is one, be it that there is no such page.

A running episode and a recorded one are told alike: all is read from turns, frames and end.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, Protocol

from webenvs.records import Call, End, Episode, Fault, FrameRecord, Record, Result, Turn
from webenvs.seeding import canonical_json

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

_FREE = frozenset({"search", "fetch"})
"""Tools that do not act on the open page."""


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
    def parent(self) -> int | None:
        """The index of its caller's frame."""
        ...

    @property
    def request(self) -> str:
        """What it was asked."""
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
    return bool(unhealed(episode.turns, player)) or _reports_lost(episode.frames, player)


def unhealed(turns: Sequence[Turn], player: str) -> tuple[str, ...]:
    """The ids of a player's calls that failed by the environment's fault and were never answered.

    Of several tries of one call it is the last.
    """
    if not any(_failed(result) for turn in turns for result in turn.results):
        return ()
    open_pages: dict[int, str] = {}
    failed: dict[bytes, str] = {}
    for turn in turns:
        if turn.player != player:
            continue
        made = {call.id: call for call in turn.calls}
        for result in turn.results:
            key = _key(result.tool, made[result.call], open_pages.get(turn.frame, ""))
            if _failed(result):
                failed[key] = result.call
            elif _answered(result):
                failed.pop(key, None)
            if result.opened and result.urls and result.tool != "find":
                open_pages[turn.frame] = result.urls[0]
    return tuple(failed.values())


def count(counts: dict[str, int], player: str, result: Result) -> None:
    """Add a result to the failures that met a player, if it is one."""
    if _failed(result):
        counts[player] = counts.get(player, 0) + 1


def _delegated(frames: Sequence[Sat], player: str | None) -> Iterator[Sat]:
    """The frames that a player's frames have opened; all that were opened if it is None."""
    for frame in frames:
        if frame.parent is not None and player in (None, frames[frame.parent].player):
            yield frame


def _reports_lost(frames: Sequence[Sat], player: str) -> bool:
    """Whether a delegation of the player failed, and none of the same task succeeded later."""
    if not any(frame.error for frame in frames):
        return False
    failed: dict[str, bool] = {}
    for frame in _delegated(frames, player):
        failed[" ".join(frame.request.split())] = frame.error == "env_error"
    return any(failed.values())


def _failed(result: Result) -> bool:
    return result.status != "ok" and result.error == "env_error"


def _answered(result: Result) -> bool:
    return result.status != "duplicate" and (result.executed or not result.error)


def _key(tool: str, call: Call, page: str) -> bytes:
    """What a call asks for, equal for all ways to write it that differ in blanks.

    `tool` is its true name, whatever the player knows it by.
    """
    arguments = {name: _plain(tool, value) for name, value in call.arguments.items()}
    return canonical_json((tool, arguments, "" if tool in _FREE else page))


def _plain(tool: str, value: object) -> object:
    if not isinstance(value, str):
        return value
    text = " ".join(value.split())
    return text.lower() if tool == "find" else text


def _players(frames: Sequence[FrameRecord]) -> Mapping[str, None]:
    return dict.fromkeys(frame.player for frame in frames if frame.player)
