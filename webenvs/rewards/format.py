"""The format terms: valid calls over all calls.

A call is invalid if its result says that it was malformed, or if its message was not valid. A
message without any readable call counts as one invalid call. A call without a result in its turn is
a delegation and valid. Where nothing was called the rate is 1.0.
"""

from collections.abc import Iterable

from webenvs.records import MALFORMED, Episode, Task, Turn
from webenvs.rewards import turns


def format_rate(task: Task, episode: Episode, player: str) -> float:
    """The rate of valid calls over the turns that `player` wrote."""
    return _rate(turns.own(episode, player))


def planner_format(task: Task, episode: Episode, player: str) -> float:
    """The rate of valid calls of the root frame, the same for every player."""
    root = episode.frames[0].index if episode.frames else 0
    return _rate(turns.of_frame(episode, root))


def worker_format(task: Task, episode: Episode, player: str) -> float:
    """The mean over worker frames of each frame's rate, the same for every player; 1.0 if none.

    The released MATPO code gives 0 where no worker was called, which fines an answer found without
    help; this term does not.
    """
    workers = [frame.index for frame in episode.frames if frame.parent is not None]
    rates = [_rate(turns.of_frame(episode, index)) for index in workers]
    return sum(rates) / len(rates) if rates else 1.0


def _rate(written: Iterable[Turn]) -> float:
    valid = total = 0
    for turn in written:
        valid += _valid_calls(turn)
        total += len(turn.calls) + len(turn.errors)
    return valid / total if total else 1.0


def _valid_calls(turn: Turn) -> int:
    malformed = {result.call for result in turn.results if result.status in MALFORMED}
    return sum(call.id not in malformed for call in turn.calls)
