"""The player contract: any callable (observation, info) -> message."""

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from webenvs.records import Info, Observation, Seat


class Player(Protocol):
    """A policy for one seat; a plain function is one.

    observation: {"text": str, "turn": int, ...}; turn is 0 at the first message of a frame.
    info: {"messages": chat messages so far, "tools": OpenAI function schemas, "role": str,
    "player": str, "codec": str, "budget": what is left, ...}; nothing in it tells the answer.
    Returns a message in the environment's codec, or a mapping
    {"thought": str, "calls": [{"name": str, "arguments": {...}}]} which every codec accepts.
    An attribute `reads_native = True` asks for info["native"]: its `chat.native_messages`.
    AbsentError says that it cannot be reached: the episode is aborted and does not count.
    """

    def __call__(self, observation: Observation, info: Info) -> str | Mapping[str, Any]:
        """The player's next message."""
        ...


@runtime_checkable
class Seated(Protocol):
    """A player that wants to know when an episode begins.

    A class attribute `reads_gold = True` asks for the task, answers included, in `seat.task`.
    """

    def reset(self, seat: Seat) -> None:
        """Forget the last episode and take the seat."""
        ...


@runtime_checkable
class Remembering(Protocol):
    """A player whose memory can be saved, so that a snapshot of an environment is exact.

    Restoring an environment seats its other players anew (`Seated.reset` with the episode's seed),
    then gives these their memory; so a player that remembers no more than its reset told it, or
    reads all from its transcript, needs neither method. Any other begins as after its reset.
    """

    def snapshot(self) -> Any:
        """All that it remembers, as JSON-able data that later messages do not change."""
        ...

    def restore(self, data: Any) -> None:
        """Remember exactly that; raises ValueError for what is no such data."""
        ...
