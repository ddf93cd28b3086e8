"""Many small draws from one key: a digest is split into as many decisions as it holds."""

from collections.abc import Sequence
from typing import TypeVar

from webenvs import seeding

Item = TypeVar("Item")

_SPARE_BITS = 20
"""Bits beyond those of the bound, so that no outcome is favoured by more than one in a million."""


class Dice:
    """Draws that depend on the key and on how many were made before; a fresh digest when used up.

    Made for one page or one fact at a time, so that what is drawn there moves no other page.
    """

    __slots__ = ("_bits", "_key", "_pool", "_turn")

    def __init__(self, *key: object) -> None:
        """Hold the key; its first digest is taken at once."""
        self._key = key
        self._turn = self._pool = self._bits = 0
        self._refill()

    def below(self, bound: int) -> int:
        """A whole number in [0, bound)."""
        need = bound.bit_length() + _SPARE_BITS
        if self._bits < need:
            self._refill()
        self._bits -= need
        self._pool, drawn = divmod(self._pool, 1 << need)
        return drawn * bound >> need

    def chance(self, share: float) -> bool:
        """True in about `share` of all cases, in steps of 1/65,536."""
        return self.below(65_536) < share * 65_536

    def pick(self, items: Sequence[Item]) -> Item:
        """One of the items."""
        return items[self.below(len(items))]

    def some(self, items: Sequence[Item], count: int) -> list[Item]:
        """`count` of the items, or all if there are fewer, no place twice, in drawn order."""
        pool = list(items)
        for place in range(min(count, len(pool))):
            other = place + self.below(len(pool) - place)
            pool[place], pool[other] = pool[other], pool[place]
        return pool[:count]

    def _refill(self) -> None:
        self._pool = int(seeding.digest((*self._key, self._turn)), 16)
        self._bits = 256
        self._turn += 1
