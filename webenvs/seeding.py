"""Chance: every draw is a pure function of a key, through SHA-256; there is no stream to advance.

A key is any JSON-able list, by convention (seed, name, name, ...). The same key gives the same draw
in every process, under any PYTHONHASHSEED, on any machine, whatever was drawn before.
"""

import hashlib
from collections.abc import Sequence
from typing import TypeVar

import msgspec
import numpy as np

Item = TypeVar("Item")

_encode = msgspec.json.Encoder(order="sorted").encode


def canonical_json(value: object) -> bytes:
    """UTF-8 JSON with sorted keys and no blanks: the one spelling that digests are taken of."""
    return _encode(value)


def digest(value: object) -> str:
    """SHA-256 of the canonical JSON of `value`, as 64 hexadecimal digits."""
    return hashlib.sha256(_encode(value)).hexdigest()


def uniform(*key: object) -> float:
    """A number in [0, 1): the first 8 bytes of SHA-256 of the key, big endian, over 2**64."""
    return int.from_bytes(hashlib.sha256(_encode(key)).digest()[:8], "big") / 2**64


def integer(bound: int, *key: object) -> int:
    """A whole number in [0, bound)."""
    if bound < 1:
        raise ValueError(f"bound = {bound} is not allowed: bound must be at least 1.")
    return int.from_bytes(hashlib.sha256(_encode(key)).digest()[:16], "big") % bound


def choice(items: Sequence[Item], *key: object) -> Item:
    """One of `items`."""
    return items[integer(len(items), *key)]


def shuffled(items: Sequence[Item], *key: object) -> tuple[Item, ...]:
    """`items` in an order that depends on the key and on nothing else."""
    draws = [hashlib.sha256(_encode((*key, place))).digest() for place in range(len(items))]
    return tuple(items[place] for place in sorted(range(len(items)), key=draws.__getitem__))


def generator(*key: object) -> np.random.Generator:
    """A NumPy generator of its own for bulk draws (thousands of numbers under one key)."""
    return np.random.Generator(np.random.Philox(key=integer(2**128, *key)))
