"""The chance of one call: every draw of a noise model hangs on the call's key alone."""

from collections.abc import Sequence
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

    __slots__ = ("_prefix",)

    def __init__(self, *key: object) -> None:
        """`key` has at least one part."""
        self._prefix = canonical_json(key)[:-1]

    def uniform(self, *names: object) -> float:
        """A number in [0, 1)."""
        return int.from_bytes(self._hash(names)[:8], "big") / 2**64

    def below(self, rate: float, spelled: bytes) -> bool:
        """Whether `uniform(*names)` is less than `rate`; `spelled` is `spelling(*names)`."""
        drawn = int.from_bytes(sha256(self._prefix + spelled).digest()[:8], "big")
        return drawn / 2**64 < rate

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
        return sha256(self._prefix + spelling(*names)).digest()


def spelling(*names: object) -> bytes:
    """How names stand behind a key: for those who draw under the same names again and again."""
    return b"," + canonical_json(names)[1:] if names else b"]"
