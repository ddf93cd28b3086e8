"""The virtual clock of an episode: when frames begin, and when their time is used up.

Time passes only while calls are under way. A frame begins at its caller's time, or when its seat
gets free; workers run side by side, and a caller waits for the slowest of its reports. A call that
has begun is finished, however little time was left. Without a sandbox no time passes.
"""

from webenvs.envs.state import FrameState, State
from webenvs.records import Budget, Result


def opened(state: State, frame: FrameState) -> None:
    """A frame begins at its caller's time; the root's at 0."""
    if frame.parent is not None:
        frame.since = frame.clock = state.frames[frame.parent].clock


def seated(state: State, frame: FrameState, player: str) -> None:
    """A frame that has waited for its seat begins when the frame before it left that seat."""
    for earlier in state.frames:
        if earlier.player == player and earlier.clock > frame.clock:
            frame.since = frame.clock = earlier.clock


def passed(frame: FrameState, result: Result) -> None:
    """The frame's call took its time."""
    frame.clock = round(frame.clock + result.seconds, 6)


def joined(caller: FrameState, frame: FrameState) -> None:
    """A report arrives: its caller has waited for it."""
    if frame.clock > caller.clock:
        caller.clock = frame.clock


def spent(frame: FrameState, budget: Budget) -> bool:
    """Whether the frame's time is used up."""
    return budget.seconds is not None and frame.clock - frame.since >= budget.seconds


def left(frame: FrameState, seconds: float) -> float:
    """What is left of a budget of seconds."""
    return max(0.0, round(seconds - (frame.clock - frame.since), 6))
