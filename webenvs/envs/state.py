"""The state of an episode: plain mutable structs that read from and write to JSON as they are.

`saving` saves and copies every field of them: a new field needs nothing but a default.
"""

from typing import Any

import msgspec

from webenvs.chat import ChatMessage
from webenvs.noise.model import Toolset
from webenvs.records import End, Fault, Result, Turn
from webenvs.web.view import View


class Seen(msgspec.Struct):
    """An executed call of a frame: its result, and what was open after it."""

    result: Result
    view: View | None


class Start(msgspec.Struct):
    """The page on which the frames of a site begin: what is open, and what is shown of it.

    `noise` and `details` say what was done to it.
    """

    view: View
    text: str
    noise: list[str] = []
    details: dict[str, dict[str, Any]] = {}


class Letter(msgspec.Struct):
    """A report on its way: of which frame, at which message of its caller it arrives, and what."""

    frame: int
    due: int
    result: Result


class FrameState(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One invocation of a role while it lives.

    `player` is empty while the frame waits for a seat. `slots` are the results of the last message
    in call order, None where a delegation is still out. `closing` is the limit that was reached,
    once the closing message has been asked for. `echoes` are further calls that asked for the same.
    `toolset` is how the web tools look to the player, None as usual. `noise` and `details` say what
    was done to the tools and to the report. `sent` is the report as the caller has it; `mail` holds
    reports that have yet to reach this frame, `late` those that came with the last observation, and
    `came` tells at which message of this frame those did that were late, by call, in order.
    `since` is when it began and `clock` what time it is for its player, in virtual seconds.
    `instead` is the report that stands for the player's own (counterfactuals; empty: silence).
    """

    index: int
    role: str
    request: str
    player: str = ""
    parent: int | None = None
    call: str | None = None
    echoes: list[str] = []
    since: float = 0
    clock: float = 0
    turns: int = 0
    invalid: int = 0
    characters: int = 0
    counts: dict[str, int] = {}
    seen: dict[str, Seen] = {}
    delegated: dict[str, int] = {}
    view: View | None = None
    closing: End | None = None
    messages: list[ChatMessage] = []
    observation: str = ""
    slots: list[Result | None] = []
    trouble: str = ""
    report: str | None = None
    instead: str | None = None
    end: End | None = None
    toolset: Toolset | None = None
    noise: list[str] = []
    details: dict[str, dict[str, Any]] = {}
    sent: Result | None = None
    mail: list[Letter] = []
    late: list[Result] = []
    came: dict[str, int] = {}

    @property
    def error(self) -> Fault:
        """Whose fault it is that the caller has no report."""
        return "" if self.sent is None else self.sent.error

    @property
    def waiting(self) -> bool:
        """Whether a delegation is still out."""
        return None in self.slots


class State(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A whole episode so far.

    `number` counts the episodes of a training run before this one. `essential` are the urls without
    which no alternative of the task's evidence is whole. `executed` counts the web calls so far.
    `buckets` holds when the rate limits of a sandbox are full again, by tool; `env_errors` counts
    the results that failed by no fault of their player, by player.
    `start` is where the frames of a site begin, if the game has such roles. `round` holds the
    players that still act in this round, `queue` the frames without a seat.
    `terms` and `rewards` are scored so far, `gained` and `paid` their change by the last message.
    """

    task: str
    question: str
    seed: int
    number: int = 0
    essential: tuple[str, ...] = ()
    executed: int = 0
    start: Start | None = None
    frames: list[FrameState] = []
    turns: list[Turn] = []
    round: list[str] = []
    queue: list[int] = []
    occurrences: dict[str, int] = {}
    buckets: dict[str, float] = {}
    env_errors: dict[str, int] = {}
    terms: dict[str, dict[str, float]] = {}
    rewards: dict[str, float] = {}
    gained: dict[str, dict[str, float]] = {}
    paid: dict[str, float] = {}
    answer: str | None = None
    end: End | None = None
    fault: str | None = None
