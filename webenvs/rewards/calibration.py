"""Calibration errors: three published formulas, which give three different numbers.

Confidences are percentages in [0, 100], one per answer, in the order of `correct`. The references
sort without saying what becomes of equal confidences at the edge of a bin; here the right ones come
first, so that the order of the answers does not matter.
"""

import math
from collections.abc import Sequence

from webenvs.errors import bad_setting

BIN = 100
"""Pairs per bin in the formula of Humanity's Last Exam."""
_EDGES = (20.0, 40.0, 60.0, 80.0)

Pair = tuple[float, bool]


def hle(confidence: Sequence[float], correct: Sequence[bool]) -> float:
    """Root mean square calibration error over sorted bins of 100, as a fraction in [0, 1].

    The last bin takes the rest (up to 199 pairs); fewer than 100 pairs are one bin.
    """
    bins = _sorted_bins(confidence, correct)
    return _root_mean_square(bins, len(correct))


def browsecomp_plus(confidence: Sequence[float], correct: Sequence[bool]) -> float:
    """The published BrowseComp-Plus number, in percent: the formula of `hle` less its last bin.

    The left-out bin is a slip of the reference, kept so that numbers compare; the weights still
    divide by all pairs.
    """
    bins = _sorted_bins(confidence, correct)
    return 100.0 * _root_mean_square(bins[:-1], len(correct))


def browsecomp_zh(confidence: Sequence[float | None], correct: Sequence[bool]) -> float:
    """Expected calibration error over five bins of 20 points, in percent.

    None stands for a confidence that could not be read and counts as 0.
    """
    pairs = _pairs([0.0 if value is None else value for value in confidence], correct)
    bins: list[list[Pair]] = [[] for _ in range(len(_EDGES) + 1)]
    for value, right in pairs:
        bins[sum(value >= edge for edge in _EDGES)].append((value, right))
    return 100.0 * math.fsum(len(held) / len(pairs) * _gap(held) for held in bins if held)


def _sorted_bins(confidence: Sequence[float], correct: Sequence[bool]) -> list[list[Pair]]:
    pairs = sorted(_pairs(confidence, correct), key=lambda pair: (pair[0], not pair[1]))
    starts = [place * BIN for place in range(max(1, len(pairs) // BIN))]
    ends = [*starts[1:], len(pairs)]
    return [pairs[start:end] for start, end in zip(starts, ends, strict=True)]


def _root_mean_square(bins: Sequence[Sequence[Pair]], total: int) -> float:
    return math.sqrt(math.fsum(len(held) / total * _gap(held) ** 2 for held in bins))


def _gap(pairs: Sequence[Pair]) -> float:
    """The distance between mean confidence and accuracy of a bin, as a fraction."""
    said = math.fsum(value for value, _ in pairs) / 100.0
    return abs(said - sum(right for _, right in pairs)) / len(pairs)


def _pairs(confidence: Sequence[float], correct: Sequence[bool]) -> list[Pair]:
    """The checked pairs; raises SettingError naming what is wrong."""
    if not correct or len(confidence) != len(correct):
        raise bad_setting(
            "confidence",
            f"{len(confidence)} values",
            f"as long as correct ({len(correct)} values) and not empty",
        )
    for value in confidence:
        if not 0 <= value <= 100:
            raise bad_setting("confidence", value, "percentages from 0 to 100")
    return list(zip(confidence, correct, strict=True))
