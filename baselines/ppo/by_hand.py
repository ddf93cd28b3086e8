"""A policy written by hand over the numbers of the features view: what they are worth unlearned."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from webenvs.envs.features.numbers import FEATURES
from webenvs.envs.features.slots import SPANS

_PLACE = {one.name: place for place, one in enumerate(FEATURES)}
_WORTH_OPENING = 0.35
_SEARCHES = ("search_request", "search_joined", "search_entity", "search_part")
_DELEGATIONS = ("delegate_request", "delegate_joined", "delegate_part")


def greedy(row: NDArray[np.float32], mask: NDArray[Any]) -> int:
    """The first of these that is legal: answer once solved, delegate, click, open, search.

    It reads a dozen of the numbers: what is left, and the progress and strength of first slots.
    """
    told = _Told(row, mask)
    ends = told["closing"] or told["turns_used"] > 0.8
    solved = told["close_0.progress"] >= 1.0 and told["pages"] + told["reports"] > 0
    if ends or solved:
        return told.first("close", "give_up")
    if told["can_delegate"]:
        return told.first(*_DELEGATIONS, "close", "give_up")
    if not told["can_search"] and told["can_click"]:
        back = told["back_0.strength"] > told["click_0.strength"]
        order = ("back", "click") if back else ("click", "back")
        return told.first(*order, "read_on", "close", "give_up")
    promising = told["fetch_0.strength"] >= _WORTH_OPENING or told["pages"] == 0
    if promising and told["searches"]:
        return told.first("fetch", *_SEARCHES, "close", "give_up")
    return told.first(*_SEARCHES, "fetch", "click", "close", "give_up")


class GreedySlots:
    """`greedy` for many rows at once, as the policies of this baseline are asked."""

    def __call__(
        self, observations: NDArray[np.float32], masks: NDArray[np.bool_]
    ) -> NDArray[np.int64]:
        """A legal slot of every row, [n]."""
        pairs = zip(observations, masks, strict=True)
        return np.array([greedy(row, mask) for row, mask in pairs], dtype=np.int64)


class _Told:
    """An observation by the names of its numbers."""

    def __init__(self, row: NDArray[np.float32], mask: NDArray[Any]) -> None:
        self.row, self.mask = row, mask

    def __getitem__(self, name: str) -> float:
        return float(self.row[_PLACE[name]])

    def first(self, *kinds: str) -> int:
        """The first legal slot of the first of these kinds that has one; else any legal one."""
        for kind in kinds:
            for slot in SPANS[kind]:
                if self.mask[slot]:
                    return slot
        return int(np.flatnonzero(self.mask)[0])
