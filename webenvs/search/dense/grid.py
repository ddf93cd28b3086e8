"""Vectors on a grid of whole numbers, so coarse that float32 arithmetic on them is exact.

The components of a vector become whole numbers of at most `levels(d)` in size. Every partial sum of
an inner product of two such vectors of d dimensions is then a whole number below 2**24, which
float32 holds exactly. The result is therefore the same whatever the order of the additions: on
every processor, at every vector width, with any library, for one query or many, with any number of
threads. Up to 1,040 dimensions the grid is that of int8; beyond that it is coarser.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from webenvs.errors import bad_setting

LARGEST_DIMS = 4_096
"""More dimensions would leave fewer than 63 levels."""

_EXACT = 2**24 - 1
_BYTE = 127
_CLIPPED = 10_000
"""One component of so many may lie outside the grid and is drawn to its edge."""

Whole = NDArray[np.int8]


def levels(dims: int) -> int:
    """The greatest whole number L of at most 127 with dims * L * L < 2**24; raises SettingError."""
    if not 1 <= dims <= LARGEST_DIMS:
        raise bad_setting("dims", dims, f"a whole number from 1 to {LARGEST_DIMS}")
    return min(_BYTE, math.isqrt(_EXACT // dims))


def scale_for(vectors: NDArray[np.floating[Any]]) -> float:
    """The factor that brings vectors like these, of shape [n, d], onto the grid; exact in binary.

    It is rounded down to four binary digits, so that the last digits of floating point numbers,
    in which machines differ, do not show in it. 1.0 if all components are zero.
    """
    sizes = np.abs(vectors).reshape(-1)
    if not sizes.size:
        return 1.0
    place = sizes.size - 1 - sizes.size // _CLIPPED
    reach = float(np.partition(sizes, place)[place]) or float(sizes.max())
    if not reach:
        return 1.0
    mantissa, exponent = math.frexp(levels(vectors.shape[1]) / reach)
    return math.ldexp(math.floor(mantissa * 16), exponent - 4)


def on_grid(vectors: NDArray[np.floating[Any]], scale: float) -> Whole:
    """`vectors` of shape [n, d] times `scale` as whole numbers, drawn to the edge of the grid."""
    edge = levels(vectors.shape[1])
    scaled: NDArray[np.float64] = np.multiply(vectors, scale, dtype=np.float64)
    return np.clip(np.rint(scaled), -edge, edge).astype(np.int8)
