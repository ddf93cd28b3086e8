"""The BM25 formulas, and how their values become whole numbers.

The weight of a term in a page is idf * part, with f the term's count in the page, length the number
of terms of the page, average the mean length over the corpus of n pages, df of which hold the term:

    part = f / (f + k1 * (1 - b + b * length / average))

- idf "lucene": ln(1 + (n - df + 0.5) / (df + 0.5)), as in Lucene since release 8, which also leaves
  out the constant factor k1 + 1 (Kamphuis, de Vries, Boytsov, Lin: Which BM25 do you mean?, 2020,
  table 1, "Lucene (accurate)").
- idf "okapi": ln(n - df + 0.5) - ln(df + 0.5); where that is negative, a quarter of its mean over
  all terms (before flooring) stands instead, and part carries the factor k1 + 1: what
  rank_bm25.BM25Okapi computes. Where even that mean is negative the floor is 0 here, because a
  match must not count against a page.

A weight becomes an impact: the nearest whole number of weight * scale, at least 1. The scale is the
largest power of two (at most 2**20) with which every impact fits 16 bits, so a page's score is a
sum of whole numbers and score / scale is exact. Logarithms are rounded to 32 binary places first,
because mathematical libraries differ in the last one; the rest is exact IEEE arithmetic.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from webenvs.search.lexical.settings import Bm25Settings

LARGEST_IMPACT = 65_535
_LARGEST_SCALE = 2**20
_EPSILON = 0.25


def idf_of(
    frequencies: NDArray[np.uint32], pages: int, settings: Bm25Settings
) -> NDArray[np.float64]:
    """The idf of terms that lie in so many of `pages` pages."""
    distinct, places = np.unique(frequencies, return_inverse=True)
    counts: list[int] = distinct.tolist()
    if settings.idf == "lucene":
        values = [log(1 + (pages - count + 0.5) / (count + 0.5)) for count in counts]
    else:
        values = _floored(
            [log(pages - count + 0.5) - log(count + 0.5) for count in counts],
            np.bincount(places, minlength=len(counts)).tolist(),
        )
    return np.array(values, dtype=np.float64)[places]


def log(value: float) -> float:
    """The natural logarithm, rounded to 32 binary places."""
    return round(math.log(value) * 2**32) / 2**32


def factor(settings: Bm25Settings) -> float:
    """The constant that every weight carries."""
    return settings.k1 + 1 if settings.idf == "okapi" else 1.0


def scale_for(idf: NDArray[np.float64], settings: Bm25Settings) -> int:
    """The power of two that turns weights into impacts."""
    bound = float(idf.max(initial=0.0)) * factor(settings)
    scale = _LARGEST_SCALE
    while scale > 1 and bound * scale > LARGEST_IMPACT:
        scale //= 2
    return scale


def norms_of(lengths: NDArray[np.int64], settings: Bm25Settings) -> NDArray[np.float64]:
    """What is added to f in the denominator, for each page."""
    average = max(1, int(lengths.sum())) / max(1, len(lengths))
    relative = lengths.astype(np.float64) / average
    return settings.k1 * (1 - settings.b + settings.b * relative)


def impacts_of(
    counts: NDArray[np.uint32], norms: NDArray[np.float64], tops: NDArray[np.float64]
) -> NDArray[np.uint16]:
    """The impacts of postings: counts f, the norms of their pages, and idf * factor * scale."""
    weights = counts / (counts + norms) * tops
    return np.clip(np.rint(weights), 1, LARGEST_IMPACT).astype(np.uint16)


def _floored(values: Sequence[float], times: Sequence[int]) -> list[float]:
    """`values`, each held by so many terms, with the negative ones raised to the floor."""
    total = math.fsum(value * count for value, count in zip(values, times, strict=True))
    floor = max(0.0, _EPSILON * total / max(1, sum(times)))
    return [value if value >= 0 else floor for value in values]
