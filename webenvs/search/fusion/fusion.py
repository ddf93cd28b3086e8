"""Fusing ranked lists: reciprocal ranks and weighted scores, as exact sums of whole numbers.

A sum of floats depends on its order; a sum of whole numbers does not. Every contribution is
therefore a whole number over one common denominator, and only the total becomes a float, correctly
rounded. So lists can be fused in any order, on any machine, with the same result.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import lru_cache

Ranked = Sequence[tuple[str, float]]
"""Pairs (url, score), the best first; a url stands there once."""

GRID = 2**20
"""A normalised score is rounded to a multiple of one over this."""


def reciprocal_ranks(
    lists: Mapping[str, Ranked], weights: Mapping[str, float], rank_constant: int
) -> dict[str, float]:
    """The fused score of every url: the sum over the lists of weight / (rank_constant + rank).

    Ranks count from 1; a list without the url adds nothing, and so do the scores. Reciprocal rank
    fusion: Cormack, Clarke and Buettcher, SIGIR 2009, with rank_constant = 60 and weights of 1.
    """
    shares, unit = _shares(lists, weights)
    depth = max((len(ranked) for ranked in lists.values()), default=0)
    whole, steps = _reciprocals(rank_constant, depth)
    points: Counter[str] = Counter()
    for name, ranked in lists.items():
        for (url, _), step in zip(ranked, steps, strict=False):
            points[url] += shares[name] * step
    return {url: total / (whole * unit) for url, total in points.items()}


def weighted_scores(lists: Mapping[str, Ranked], weights: Mapping[str, float]) -> dict[str, float]:
    """The fused score of every url: the sum over the lists of weight times normalised score.

    The scores of a list are brought to 0 (its lowest) to 1 (its highest), rounded to the grid; all
    are 1 where they are equal. A list without the url adds nothing. CombSUM with min-max
    normalisation: Fox and Shaw, TREC-2, 1994; Lee, SIGIR 1997.
    """
    shares, unit = _shares(lists, weights)
    points: Counter[str] = Counter()
    for name, ranked in lists.items():
        for (url, _), level in zip(ranked, levels([score for _, score in ranked]), strict=True):
            points[url] += shares[name] * level
    return {url: total / (GRID * unit) for url, total in points.items()}


def _shares(
    lists: Mapping[str, Ranked], weights: Mapping[str, float]
) -> tuple[dict[str, int], int]:
    """The weight of every list (1 where none is given) as a whole number of one over `unit`."""
    exact = {name: Fraction(weights.get(name, 1)) for name in lists}
    unit = math.lcm(*(share.denominator for share in exact.values()))
    return {name: int(share * unit) for name, share in exact.items()}, unit


@lru_cache(maxsize=64)
def _reciprocals(constant: int, depth: int) -> tuple[int, list[int]]:
    """A whole number that every constant + rank divides, and the quotients for ranks from 1."""
    whole = math.lcm(*range(constant + 1, constant + depth + 1))
    return whole, [whole // (constant + rank) for rank in range(1, depth + 1)]


def levels(scores: Sequence[float]) -> list[int]:
    """The scores between the lowest and the highest, as whole numbers of the grid."""
    halves = [score / 2 for score in scores]  # so that no difference of two overflows
    low, high = min(halves, default=0.0), max(halves, default=0.0)
    span = high - low
    if not span:
        return [GRID] * len(scores)
    return [round((half - low) / span * GRID) for half in halves]
