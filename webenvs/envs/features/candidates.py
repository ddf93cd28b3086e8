"""The concrete calls of every slot, best first inside a kind, from what a player knows."""

from collections.abc import Iterable

from webenvs.envs.features.answers import answers
from webenvs.envs.features.candidate import Candidate, Tools
from webenvs.envs.features.delegating import delegations
from webenvs.envs.features.opening import Sought, fetches, on_page
from webenvs.envs.features.searching import searches
from webenvs.envs.features.slots import COUNTS, SPANS, K
from webenvs.envs.features.solving import Solver

Slots = list[Candidate | None]

_GIVE_UP = Candidate("close", {"text": ""}, "")


def candidates(solver: Solver, tools: Tools) -> Slots:
    """The call of every slot; None where there is none that could be made."""
    slots: Slots = [None] * K
    known = solver.known
    solver.update()
    if tools.can("search"):
        for kind, found in searches(solver).items():
            _place(slots, kind, found)
    fetching = bool(known.addresses) and tools.can("fetch")
    if fetching or known.sheet is not None:
        sought = Sought(solver)
        if fetching:
            _place(slots, "fetch", fetches(sought))
        if known.sheet is not None and not tools.only_closing:
            for kind, found in on_page(sought, known.sheet, tools).items():
                _place(slots, kind, found)
    if tools.can("delegate"):
        for kind, found in delegations(solver).items():
            _place(slots, kind, found)
    _place(slots, "close", answers(solver, COUNTS["close"]))
    _place(slots, "give_up", [_GIVE_UP])
    return slots


def _place(slots: Slots, kind: str, found: Iterable[Candidate]) -> None:
    for slot, candidate in zip(SPANS[kind], found, strict=False):
        slots[slot] = candidate
