"""Ranks and distances: Spearman's correlation, and how far apart two distributions of calls are."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_DECIMALS = 9


def ranks(values: Floats) -> Floats:
    """Ranks from 1 along the last axis; equal values share the mean of their ranks.

    Values are equal if they are so to nine decimals, so that no rank hangs on the last bit.
    """
    rounded = np.round(values, _DECIMALS)
    below = (rounded[..., None, :] < rounded[..., :, None]).sum(axis=-1)
    alike = (rounded[..., None, :] == rounded[..., :, None]).sum(axis=-1)
    shared: Floats = below + (alike + 1) / 2
    return shared


def ranks_of(values: Sequence[float]) -> list[float]:
    """The ranks of a list of values."""
    return [float(rank) for rank in ranks(np.array(values, np.float64))]


def spearman(one: Floats, other: Floats) -> Floats:
    """Spearman's rank correlation along the last axis: Pearson's of the ranks (Spearman 1904).

    NaN where one side ranks nothing, since all its values are equal.
    """
    first, second = ranks(one), ranks(other)
    first = first - first.mean(axis=-1, keepdims=True)
    second = second - second.mean(axis=-1, keepdims=True)
    size = np.sqrt((first**2).sum(axis=-1) * (second**2).sum(axis=-1))
    product = (first * second).sum(axis=-1)
    known = size > 10**-_DECIMALS
    with_one = np.where(known, size, 1.0)
    return np.where(known, np.round(product / with_one, _DECIMALS), np.nan)


def total_variation(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """Half the sum of the differences in share, in [0, 1]: what share of the calls must change.

    Both are counts by name. Two empty ones are alike; an empty one and another are 1 apart.
    """
    if not _total(one) or not _total(other):
        return float(bool(_total(one)) != bool(_total(other)))
    return round(math.fsum(abs(a - b) for a, b in _shares(one, other)) / 2, _DECIMALS)


def jensen_shannon(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """The Jensen-Shannon divergence of two counts by name, in bits, in [0, 1] (Lin 1991).

    The mean of both relative entropies to the mixture of both; as above for empty ones.
    """
    if not _total(one) or not _total(other):
        return float(bool(_total(one)) != bool(_total(other)))
    parts = [
        share * math.log2(share / ((a + b) / 2))
        for a, b in _shares(one, other)
        for share in (a, b)
        if share
    ]
    return round(max(0.0, math.fsum(parts) / 2), _DECIMALS)


def _total(counts: Mapping[str, float]) -> float:
    return math.fsum(counts.values())


def _shares(one: Mapping[str, float], other: Mapping[str, float]) -> list[tuple[float, float]]:
    """The shares of every name in both."""
    totals = _total(one), _total(other)
    return [
        (one.get(name, 0.0) / totals[0], other.get(name, 0.0) / totals[1])
        for name in sorted({*one, *other})
    ]
