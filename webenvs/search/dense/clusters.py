"""Clusters of whole-number vectors: k-means in exact arithmetic, the same on every machine.

Lloyd's algorithm (Least squares quantization in PCM, 1982). All products and sums are whole numbers
that float32 or int64 hold exactly (see `grid`), so that no order of additions can be told from
another; the means are rounded to whole numbers again. Ties fall to the lower number. The first
centres are points spread evenly over the given order; chance has no part in it.
"""

import numpy as np
from numpy.typing import NDArray

from webenvs.search.dense.grid import Whole

ROUNDS = 8

_LENGTH = 4_000
_BLOCK = 2**24
"""Products held at a time."""

Centres = NDArray[np.int16]
Labels = NDArray[np.int64]


def directions(points: Whole, count: int) -> Centres:
    """`count` centres of `points` [n, d] by inner product, all of one length.

    That is spherical k-means (Dhillon and Modha, 2001). Points on the grid are shorter than 4,096,
    and centres too, so that no inner product reaches 2**24 (by Cauchy and Schwarz).
    """
    centres = _drawn_out(_first(points, count).astype(np.int64))
    for _ in range(ROUNDS):
        sums, sizes = _sums(points, nearest(points, centres), count)
        centres = _kept(centres, _drawn_out(sums), sizes)
    return centres


def centroids(points: Whole, count: int) -> Centres:
    """`count` centres of `points` [n, d] by squared distance; at most 256 dimensions."""
    centres = _first(points, count).astype(np.int16)
    for _ in range(ROUNDS):
        sums, sizes = _sums(points, nearest_by_distance(points, centres), count)
        means = np.rint(sums / np.maximum(sizes, 1)[:, None]).astype(np.int16)
        centres = _kept(centres, means, sizes)
    return centres


def nearest(points: Whole, centres: Centres) -> Labels:
    """The number of the centre with the greatest inner product, for each point."""
    return _nearest(points, centres, np.zeros(len(centres), dtype=np.float32))


def nearest_by_distance(points: Whole, centres: Centres) -> Labels:
    """The number of the centre at the least distance, for each point."""
    wide = centres.astype(np.int64)
    return _nearest(points, centres, ((wide * wide).sum(axis=1) / 2).astype(np.float32))


def _first(points: Whole, count: int) -> Whole:
    """`count` of the points, evenly spread over those that differ; repeated if they are too few."""
    distinct = np.unique(points, axis=0) if len(points) < 2 * count else points
    return distinct[np.arange(count) * len(distinct) // count]


def _nearest(points: Whole, centres: Centres, less: NDArray[np.float32]) -> Labels:
    """The number of the centre with the greatest inner product, less what is its own."""
    turned = np.ascontiguousarray(centres.T, dtype=np.float32)
    labels = np.empty(len(points), dtype=np.int64)
    step = max(1, _BLOCK // len(centres))
    for start in range(0, len(points), step):
        likeness = points[start : start + step].astype(np.float32) @ turned
        likeness -= less
        labels[start : start + step] = likeness.argmax(axis=1)
    return labels


def _sums(points: Whole, labels: Labels, count: int) -> tuple[NDArray[np.int64], Labels]:
    """The sum of the points of each centre, and how many there are."""
    order = np.argsort(labels, kind="stable")
    sizes = np.bincount(labels, minlength=count)
    sums = np.zeros((count, points.shape[1]), dtype=np.int64)
    held = np.flatnonzero(sizes)
    if len(held):
        starts = (np.cumsum(sizes) - sizes)[held]
        for column in range(points.shape[1]):  # one at a time, to keep the wide copies small
            sums[held, column] = np.add.reduceat(points[order, column].astype(np.int64), starts)
    return sums, sizes


def _drawn_out(sums: NDArray[np.int64]) -> Centres:
    """The directions of `sums`, all of one length; zeros stay."""
    lengths = np.sqrt((sums * sums).sum(axis=1, keepdims=True).astype(np.float64))
    drawn: Centres = np.rint(sums / np.maximum(lengths, 1.0) * _LENGTH).astype(np.int16)
    return drawn


def _kept(before: Centres, after: Centres, sizes: Labels) -> Centres:
    """The new centres; one that drew no point stays where it was."""
    moved: Centres = np.where((sizes > 0)[:, None], after, before)
    return moved
