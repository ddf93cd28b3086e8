"""The yes/no metric: which side an answer takes, and whether it is the gold's."""

from collections.abc import Sequence
from typing import Literal

from webenvs.rewards import normal

Side = Literal["yes", "no"]

LONGEST = 200
"""Characters that are read; a side is taken at once."""

_SIDES: dict[str, Side] = {
    "yes": "yes",
    "true": "yes",
    "y": "yes",
    "no": "no",
    "false": "no",
    "n": "no",
}


def yesno(answer: str, golds: Sequence[str]) -> float:
    """1.0 if the answer takes the side of a gold; a gold that takes none is compared as text."""
    return float(any(_right(answer, gold) for gold in golds))


def read(text: str) -> Side | None:
    """The side that the first word takes, or None; "yes and no" takes none."""
    words = normal.extended(text[:LONGEST]).split()
    side = _SIDES.get(words[0]) if words else None
    return None if {"yes", "no"} <= set(words) else side


def _right(answer: str, gold: str) -> bool:
    wanted = read(gold)
    if wanted is None:
        return normal.extended(answer) == normal.extended(gold)
    return read(answer) == wanted
