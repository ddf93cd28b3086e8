"""The embedder contract: texts to vectors of one length, whose inner products tell likeness."""

from collections.abc import Sequence
from typing import Literal, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from webenvs.errors import CorpusError

Use = Literal["query", "passage"]

Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """What turns texts into vectors; it never changes, and may be asked from many threads."""

    @property
    def fingerprint(self) -> str:
        """What tells its vectors from any other's: a digest of model and weights."""
        ...

    @property
    def dims(self) -> int:
        """The length of every vector."""
        ...

    def encode(self, texts: Sequence[str], use: Use) -> Vectors:
        """One row of unit length for each text, [n, dims]; zeros where nothing is known of it.

        The vector of a query depends on its text alone, not on what it is asked together with.
        """
        ...


def unit_rows(values: ArrayLike, count: int, dims: int | None, who: str) -> Vectors:
    """`values` as `count` rows of unit length; rows of zeros stay.

    Raises CorpusError in the name of `who` unless they are finite numbers of that shape (any
    number of columns if `dims` is None).
    """
    try:
        rows = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise CorpusError(f"{who} returned vectors of unequal length, or no numbers.") from None
    if rows.ndim != 2 or len(rows) != count or not rows.shape[1]:
        raise CorpusError(f"{who} returned an array of shape {rows.shape} for {count} texts.")
    if dims is not None and rows.shape[1] != dims:
        raise CorpusError(f"{who} returned vectors of {rows.shape[1]} dimensions, not {dims}.")
    if not np.isfinite(rows).all():
        raise CorpusError(f"{who} returned a vector with NaN or infinity in it.")
    rows = rows / np.maximum(np.abs(rows).max(axis=1, keepdims=True), np.finfo(np.float64).tiny)
    lengths = np.sqrt((rows * rows).sum(axis=1, keepdims=True))
    units: Vectors = (rows / np.maximum(lengths, 1.0)).astype(np.float32)
    return units
