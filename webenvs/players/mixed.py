"""Players made of others by keyed chance or a limit: the rungs between random and oracle.

They have no skill of their own. They fill a ladder of fixed players, on which environments can be
compared with each other: the same message of the same episode falls to the same part everywhere.
"""

import copy
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import msgspec

from webenvs import seeding
from webenvs.players.clicker import Clicker
from webenvs.players.first_hit import FirstHit, FirstHitPlanner, FirstHitWalker
from webenvs.players.oracle import OraclePlanner, OracleResearcher, OracleWalker
from webenvs.players.player import Player, Remembering, Seated
from webenvs.players.random import RandomPlayer, RandomWalker
from webenvs.players.scripted import ScriptedPlanner, ScriptedResearcher
from webenvs.records import Info, Observation, Seat

Parts = Mapping[str, Callable[[], Player]]

RANDOM: Parts = {"*": RandomPlayer, "walker": RandomWalker}
FIRST_HIT: Parts = {"*": FirstHit, "planner": FirstHitPlanner, "walker": FirstHitWalker}
SCRIPTED: Parts = {"*": ScriptedResearcher, "planner": ScriptedPlanner, "walker": Clicker}
ORACLE: Parts = {"*": OracleResearcher, "planner": OraclePlanner, "walker": OracleWalker}


class _Memory(msgspec.Struct, forbid_unknown_fields=True):
    messages: int
    usual: Any = None
    other: Any = None


class Mixed:
    """Plays as `usual`, and at the rate `rate` as `other`.

    The draw falls anew at every message of a seat, or with `whole` once an episode for all seats.
    After `most` messages of a frame it closes with what its part has by then; None is never.
    """

    usual: ClassVar[Parts] = SCRIPTED
    other: ClassVar[Parts] = RANDOM
    rate: ClassVar[float] = 0.0
    whole: ClassVar[bool] = False
    most: ClassVar[int | None] = None

    def __init__(self) -> None:
        self._key: tuple[object, ...] = ()
        self._messages = 0
        self._usual: Player | None = None
        self._other: Player | None = None

    def reset(self, seat: Seat) -> None:
        """Seat both parts for the episode."""
        self._usual, self._other = _seated(self.usual, seat), _seated(self.other, seat)
        self._key = (seat.seed, "mixed") if self.whole else (seat.seed, seat.player, "mixed")
        self._messages = 0

    def __call__(self, observation: Observation, info: Info) -> str | Mapping[str, Any]:
        """The message of the part whose turn it is."""
        if self._usual is None or self._other is None:
            raise RuntimeError("A mixed player has to be reset before it plays.")
        draw = seeding.uniform(*self._key, 0 if self.whole else self._messages)
        self._messages += 1
        part = self._other if draw < self.rate else self._usual
        if self.most is not None and observation["turn"] >= self.most:
            info = {**info, "closing": True}
        return part(observation, info)

    def snapshot(self) -> dict[str, Any]:
        """How many messages it has sent, and what its parts remember."""
        parts: dict[str, Any] = {"usual": self._usual, "other": self._other}
        told: dict[str, Any] = {"messages": self._messages}
        return told | {
            name: part.snapshot() for name, part in parts.items() if isinstance(part, Remembering)
        }

    def restore(self, data: Any) -> None:
        """Go on from there, in the episode it was seated for; raises ValueError for other data."""
        memory = msgspec.convert(data, _Memory)
        pairs: Any = (self._usual, memory.usual), (self._other, memory.other)
        for part, remembered in pairs:
            if isinstance(part, Remembering):
                part.restore(remembered)
        self._messages = memory.messages

    def __copy__(self) -> "Mixed":
        """A copy that goes on by itself, its parts too."""
        twin = object.__new__(type(self))
        twin.__dict__.update(self.__dict__)
        twin._usual, twin._other = copy.copy(self._usual), copy.copy(self._other)
        return twin


class Wavering(Mixed):
    """Scripted; one message in ten is random."""

    rate = 0.1


class Erratic(Mixed):
    """Scripted; two messages in five are random."""

    rate = 0.4


class Early(Mixed):
    """Scripted; closes with what it has after four messages of a frame."""

    most = 4


class Brief(Mixed):
    """Scripted; closes with what it has after seven messages of a frame."""

    most = 7


class Fickle(Mixed):
    """Scripted in half of its episodes, in the others it looks at the first hit."""

    other = FIRST_HIT
    rate = 0.5
    whole = True


class Lucky(Mixed):
    """Knows the answer in a third of its episodes, in the others it looks at the first hit."""

    reads_gold = True
    usual = FIRST_HIT
    other = ORACLE
    rate = 1 / 3
    whole = True


class Helped(Mixed):
    """Scripted; knows the answer in half of its episodes."""

    reads_gold = True
    other = ORACLE
    rate = 0.5
    whole = True


def _seated(parts: Parts, seat: Seat) -> Player:
    """The part that plays the role of a seat, told of the episode."""
    player = parts.get(seat.role, parts["*"])()
    if isinstance(player, Seated):
        player.reset(seat)
    return player
