"""A player's menu: the features, the mask and the calls of its turn, from what it has seen."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from webenvs.envs.features.candidates import Slots, Tools, candidates
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

Call = tuple[str, dict[str, Any]]
Mask = NDArray[np.int8]

NO_CALL = ""
"""What a masked slot sends: a message without a call."""


class Sight(NamedTuple):
    """What a player has before it: the features, which slots are legal, the calls in them."""

    numbers: Numbers
    mask: Mask
    calls: tuple[Call | None, ...]


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
        self._sight = _idle()

    def look(self, session: Session, info: Mapping[str, Any] | None = None) -> Sight:
        """What the player has before it now; `info` is `session.info` of it, if it is at hand."""
        frame = session._frame(self.player)
        if frame is None or frame.waiting or session.state.end is not None:
            return _idle()
        key = (frame.index, len(frame.messages))
        if key != self._key:
            self._sight = self._looked(session, frame, info or session.info(self.player))
            self._key = key
        return self._sight

    def message(self, session: Session, action: Any) -> str | Mapping[str, Any]:
        """The message of a slot; raises SettingError for what is no number of a slot."""
        slot = checked_slot(action)
        call = self.look(session).calls[slot]
        if call is None:
            return NO_CALL
        return {"thought": "", "calls": [{"name": call[0], "arguments": call[1]}]}

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
        return Sight(numbers(solver, slots, info, facts), mask, _shown(kit, slots, tools))

    def _catch_up(
        self,
        session: Session,
        kit: RoleKit,
        known: Knowledge,
        messages: Sequence[Mapping[str, str]],
    ) -> None:
        """Take in what was said since the last look."""
        for entry in messages[self._read :]:
            if entry["role"] == "assistant":
                self._said(session, kit, known, entry["content"])
            else:
                self._heard(known, entry["content"])
        self._read = len(messages)

    def _said(self, session: Session, kit: RoleKit, known: Knowledge, text: str) -> None:
        self._pending = ("", "")
        for call in session.scenario.codec.parse(text, kit.tools).calls:
            true = kit.translated(call)
            tool = "delegate" if true.tool in kit.role.delegates else true.tool
            value = next((one for one in true.arguments.values()), "")
            self._pending = (tool, known.link(value) if tool == "click" else str(value))

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


def _idle() -> Sight:
    mask = np.zeros(K, dtype=np.int8)
    mask[WAIT] = 1
    return Sight(nothing(), mask, (None,) * K)


def _tools(kit: RoleKit, info: Mapping[str, Any]) -> Tools:
    shown = {schema["function"]["name"] for schema in info["tools"]}
    true = frozenset(kit.true(name) for name in shown)
    delegate = next((name for name in kit.role.delegates if name in shown), "")
    left = {kit.true(name): value for name, value in info["budget"].items()}
    return Tools(true, delegate, kit.role.closing.name, left, bool(info["closing"]))


def _shown(kit: RoleKit, slots: Slots, tools: Tools) -> tuple[Call | None, ...]:
    calls: list[Call | None] = []
    for slot in slots:
        if slot is None:
            calls.append(None)
        elif slot.tool == "close":
            calls.append((tools.closing, slot.arguments))
        elif slot.tool == "delegate":
            calls.append((tools.delegate, slot.arguments))
        else:
            calls.append(kit.called(slot.tool, slot.arguments))
    return tuple(calls)
