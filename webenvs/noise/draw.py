"""The chance of one call: every draw of a noise model hangs on the call's key alone."""

from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from typing import TypeVar

from webenvs.seeding import canonical_json

Item = TypeVar("Item")


class Draw:
    """Draws under one key, by convention (seed, tool, canonical arguments, occurrence).

    `uniform(*names)` is `seeding.uniform(*key, *names)`: the first 8 bytes of the SHA-256 of the
    canonical JSON of key and names, big endian, over 2**64. The key is spelled once, however many
    models draw.
    """

    __slots__ = ("_begun",)

    def __init__(self, *key: object) -> None:
        """`key` has at least one part."""
        self._begun = sha256(canonical_json(key)[:-1])

    def uniform(self, *names: object) -> float:
        """A number in [0, 1)."""
        return int.from_bytes(self._hash(names)[:8], "big") / 2**64

    def below(self, spelled: bytes, bound: bytes) -> bool:
        """Whether `uniform(*names)` is less than a rate: see `spelling` and `bound_of`."""
        begun = self._begun.copy()
        begun.update(spelled)
        return begun.digest() < bound

    def integer(self, bound: int, *names: object) -> int:
        """A whole number in [0, bound)."""
        return int.from_bytes(self._hash(names)[:16], "big") % bound

    def choice(self, items: Sequence[Item], *names: object) -> Item:
        """One of `items`, which must not be empty."""
        return items[self.integer(len(items), *names)]

    def shuffled(self, items: Sequence[Item], *names: object) -> tuple[Item, ...]:
        """`items` in an order that depends on the key and the names alone."""
        draws = [self._hash((*names, place)) for place in range(len(items))]
        return tuple(items[place] for place in sorted(range(len(items)), key=draws.__getitem__))

    def _hash(self, names: tuple[object, ...]) -> bytes:
        begun = self._begun.copy()  # in a third of the time that a new hash takes
        begun.update(spelling(*names))
        return begun.digest()


def spelling(*names: object) -> bytes:
    """How names stand behind a key: for those who draw under the same names again and again."""
    return b"," + canonical_json(names)[1:] if names else b"]"


@lru_cache(maxsize=1024)
def bound_of(rate: float) -> bytes:
    """What hashes are compared with: the least 8 bytes whose `uniform` is not less than `rate`.

    For a rate of 1 it is above all hashes.
    """
    if rate >= 1:
        return b"\xff" * 33
    low, high = max(0, int(rate * 2**64) - 4096), min(2**64, int(rate * 2**64) + 1)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if middle / 2**64 >= rate else (middle + 1, high)
    return low.to_bytes(8, "big")
