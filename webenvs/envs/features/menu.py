"""A player's menu: the features, the mask and the calls of its turn, from what it has seen."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from webenvs.envs.features.candidate import Tools
from webenvs.envs.features.candidates import Slots, candidates
from webenvs.envs.features.knowledge import Knowledge
from webenvs.envs.features.numbers import Numbers, nothing, numbers
from webenvs.envs.features.slots import WAIT, K
from webenvs.envs.features.solving import Solver
from webenvs.envs.kits import RoleKit
from webenvs.envs.session import Session
from webenvs.envs.state import FrameState
from webenvs.envs.toolsets import kit_of
from webenvs.errors import bad_setting
from webenvs.players.message import request as request_of
from webenvs.records import Call, Turn

Shown = tuple[str, dict[str, Any]]
"""A call as its player would write it: tool and arguments."""
Mask = NDArray[np.int8]

NO_CALL = ""
"""What a masked slot sends: a message without a call."""


class Sight(NamedTuple):
    """What a player has before it: the features, which slots are legal, the calls in them.

    The slots hold calls in true names; `kit` and `delegate` say how the player knows them.
    """

    numbers: Numbers
    mask: Mask
    slots: Slots
    kit: RoleKit | None = None
    delegate: str = ""

    def call(self, slot: int) -> Shown | None:
        """The call of a slot as its player would write it."""
        one, kit = self.slots[slot], self.kit
        if one is None or kit is None:
            return None
        if one.tool == "close":
            return kit.role.closing.name, one.arguments
        if one.tool == "delegate":
            return self.delegate, one.arguments
        return kit.called(one.tool, one.arguments)

    def calls(self) -> tuple[Shown | None, ...]:
        """The calls of all slots."""
        return tuple([self.call(slot) for slot in range(K)])


def _idle() -> Sight:
    mask = np.zeros(K, dtype=np.int8)
    mask[WAIT] = 1
    return Sight(nothing(), mask, [None] * K)


_IDLE = _idle()


class Menu:
    """The menu of one player, kept up with its transcript.

    It is a function of the player's observation and `info` alone, and of the names of its tools.
    """

    def __init__(self, player: str) -> None:
        """The menu of a player before it has anything to do."""
        self.player = player
        self._solver: Solver | None = None
        self._frame = -1
        self._read = 0
        self._pending: tuple[str, str] = ("", "")
        self._key: tuple[Any, ...] = ()
        self._sight = _IDLE

    def look(self, session: Session, info: Mapping[str, Any] | None = None) -> Sight:
        """What the player has before it now; `info` is `session.info` of it, if it is at hand."""
        frame = session._frame(self.player)
        if frame is None or frame.waiting or session.state.end is not None:
            return _IDLE
        key = (frame.index, len(frame.messages))
        if key != self._key:
            self._sight = self._looked(session, frame, info or session.info(self.player))
            self._key = key
        return self._sight

    def message(self, session: Session, action: Any) -> str | Mapping[str, Any]:
        """The message of a slot; raises SettingError for what is no number of a slot."""
        sight, slot = self.look(session), checked_slot(action)
        call = sight.call(slot)
        if call is None:
            return NO_CALL
        return {"thought": "", "calls": [{"name": call[0], "arguments": dict(call[1])}]}

    def __reduce__(self) -> tuple[type["Menu"], tuple[str]]:
        """A pickled or copied menu forgets: it reads the transcript anew."""
        return Menu, (self.player,)

    def _looked(self, session: Session, frame: FrameState, info: Mapping[str, Any]) -> Sight:
        kit = kit_of(session.scenario, frame)
        if self._solver is None or frame.index != self._frame:
            self._solver = Solver(Knowledge(request_of(info)))
            self._frame, self._read = frame.index, 0
        solver = self._solver
        self._catch_up(session, kit, solver.known, info["messages"])
        tools = _tools(kit, info)
        slots = candidates(solver, tools)
        turns = kit.role.budget.turns
        left = info["budget"].get("turns", 0)
        facts = {
            "is_root": float(frame.parent is None),
            "can_search": float(tools.can("search")),
            "can_fetch": float(tools.can("fetch")),
            "can_click": float(tools.can("click")),
            "can_delegate": float(tools.can("delegate")),
            "turns_used": min(1.0, frame.turns / max(1, turns)),
            "turns_left": 1.0 / (1.0 + left),
        }
        mask = np.array([slot is not None for slot in slots], dtype=np.int8)
        row = numbers(solver, slots, info, facts)
        return Sight(row, mask, slots, kit, tools.delegate)

    def _catch_up(
        self,
        session: Session,
        kit: RoleKit,
        known: Knowledge,
        messages: Sequence[Mapping[str, str]],
    ) -> None:
        """Take in what was said since the last look."""
        turns: list[Turn] = []
        for place, entry in enumerate(messages[self._read :], start=self._read):
            if entry["role"] != "assistant":
                self._heard(known, entry["content"])
                continue
            turns = turns or [turn for turn in session.state.turns if turn.frame == self._frame]
            said = sum([one["role"] == "assistant" for one in messages[:place]])
            self._pending = _made(kit, known, turns[said].calls)
        self._read = len(messages)

    def _heard(self, known: Knowledge, content: str) -> None:
        start = content.find("\n\n[start] ")
        if not known.revision and start >= 0:
            known.learn("start", "", content[start + len("\n\n[start] ") :])
        elif content.startswith("[") and self._pending[0]:
            known.learn(*self._pending, content.partition("] ")[2])


def checked_slot(action: Any) -> int:
    """The number of a slot; raises SettingError for anything else."""
    if isinstance(action, np.ndarray) and action.size == 1:
        action = action.item()
    if isinstance(action, bool) or not isinstance(action, int | np.integer) or not 0 <= action < K:
        allowed = f"the number of a slot, 0 to {K - 1} (view='text' takes messages)"
        raise bad_setting("action", action, allowed)
    return int(action)


def _made(kit: RoleKit, known: Knowledge, calls: Sequence[Call]) -> tuple[str, str]:
    """What the last of the calls is known by: its tool and its first argument.

    A click is known by where its link leads.
    """
    if not calls:
        return "", ""
    true = kit.translated(calls[-1])
    value = next(iter(true.arguments.values()), "")
    if true.tool in kit.role.delegates:
        return "delegate", str(value)
    return true.tool, known.link(value) if true.tool == "click" else str(value)


def _tools(kit: RoleKit, info: Mapping[str, Any]) -> Tools:
    shown = {schema["function"]["name"] for schema in info["tools"]}
    true = frozenset(kit.true(name) for name in shown)
    delegate = next((name for name in kit.role.delegates if name in shown), "")
    left = {kit.true(name): value for name, value in info["budget"].items()}
    return Tools(true, delegate, kit.role.closing.name, left, bool(info["closing"]))
