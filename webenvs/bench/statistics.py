"""Error bars: Wilson intervals, cluster bootstraps over tasks, sign-flip tests, and power.

Episodes of one task are not independent, so tasks are the clusters. Three kinds of interval:

* `wilson`: right-or-wrong values, every task once (Wilson 1927). 64 of 64 gives [0.943, 1].
* `bootstrap`: anything else. Whole tasks are resampled 2,000 times with keyed draws; percentiles,
  widened for few tasks (Hesterberg 2015, "What teachers should know about the bootstrap", 4.3).
* `bound`: nearly every task gave one value, so that more than half of (1 - level) of all resamples
  would show no spread and a bootstrap would collapse. It is the conservative limit on the mean
  when the share of tasks with another value is as large as its Wilson limit allows and each of
  them lies at the far end of the scale. All right: the Wilson interval on the number of tasks.

Results are rounded to nine decimals, so that the last bits of a machine's arithmetic never show.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from statistics import NormalDist
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from webenvs.errors import bad_setting
from webenvs.records import Record
from webenvs.seeding import generator

Kind = Literal["wilson", "bootstrap", "bound"]
Key = tuple[object, ...]
Bounds = tuple[float, float]
Floats = npt.NDArray[np.float64]

RESAMPLES = 2000
SHARE: Bounds = (0.0, 1.0)
"""The range of an answer score."""
DIFFERENCE: Bounds = (-1.0, 1.0)
"""The range of a difference of two answer scores."""

_DECIMALS = 9
_BLOCK = 1 << 20
_EXACT_FLIPS = 12


class Interval(Record, frozen=True, kw_only=True):
    """An interval for a mean, and how it was made."""

    low: float
    high: float
    level: float
    kind: Kind


class Clusters(NamedTuple):
    """Values gathered by cluster, in the order of the clusters' sorted names."""

    sums: Floats
    sizes: Floats

    @property
    def mean(self) -> float:
        """The mean of all values."""
        return math.fsum(self.sums) / math.fsum(self.sizes)

    @property
    def effective(self) -> float:
        """How many clusters of equal size carry as much (Kish 1965): at most their number."""
        return math.fsum(self.sizes) ** 2 / math.fsum(self.sizes**2)


class _Commonest(NamedTuple):
    """The value that most clusters have, and the share of the weight that has another."""

    value: float
    odd: float
    effective: float
    rare: bool


def mean(values: Sequence[float]) -> float | None:
    """The mean, rounded to nine decimals and independent of order; None if there is no value."""
    return round(math.fsum(values) / len(values), _DECIMALS) if values else None


def wilson(successes: float, trials: float, level: float = 0.95) -> Interval:
    """The Wilson score interval of a proportion; without trials it is [0, 1].

    Both counts may be fractional (effective numbers). Source: Wilson 1927, JASA 22.
    """
    if not 0 <= successes <= trials:
        raise bad_setting("successes", successes, f"between 0 and the trials, {trials}")
    z = _quantile(level)
    if trials == 0:
        return _interval(0.0, 1.0, level, "wilson")
    share = successes / trials
    centre = share + z * z / (2 * trials)
    half = z * math.sqrt(share * (1 - share) / trials + (z / (2 * trials)) ** 2)
    scale = 1 + z * z / trials
    low = 0.0 if successes == 0 else max(0.0, (centre - half) / scale)
    high = 1.0 if successes == trials else min(1.0, (centre + half) / scale)
    return _interval(low, high, level, "wilson")


def mean_interval(
    values: Sequence[float],
    clusters: Sequence[str],
    key: Key,
    level: float = 0.95,
    bounds: Bounds = SHARE,
) -> Interval:
    """The interval of the mean of `values` within `bounds`, of the kind the data ask for.

    `clusters` names the task of each value. `key` keys the resampling. Without values the interval
    is the whole of `bounds`.
    """
    _quantile(level)
    if not values:
        return _interval(*bounds, level, "bound")
    gathered = gather(values, clusters, bounds)
    once = len(gathered.sums) == len(values)
    if once and bounds == SHARE and all(value in (0.0, 1.0) for value in values):
        return wilson(math.fsum(values), len(values), level)
    commonest = _commonest(gathered, level)
    if commonest.rare:
        return _bound(gathered, commonest, level, bounds)
    means = resampled_means(gathered, key)
    cut = _tail(level, len(gathered.sums))
    low, high = np.quantile(means, [cut, 1 - cut])
    return _interval(float(low), float(high), level, "bootstrap")


def sign_flip(values: Sequence[float], clusters: Sequence[str], key: Key) -> float:
    """The two-sided p-value of "the mean of these paired differences is 0".

    Whole clusters change sign. All sign patterns are tried where at most 12 clusters differ from
    0, else 2,000 keyed ones, the observed one counted in (Fisher's randomisation test).
    """
    if not values:
        return 1.0
    sums = gather(values, clusters, DIFFERENCE).sums
    sums = sums[np.abs(sums) > 10**-_DECIMALS]
    count = len(sums)
    observed = abs(math.fsum(sums)) - 10**-_DECIMALS
    if count <= _EXACT_FLIPS:
        patterns = np.arange(2**count)[:, None] >> np.arange(count) & 1
        return round(float(np.mean(_flipped(patterns, sums) >= observed)), _DECIMALS)
    beyond = sum(
        int(np.count_nonzero(_flipped((raw & np.uint64(1)).astype(np.int64), sums) >= observed))
        for raw in _raw_blocks(key, count)
    )
    return round((beyond + 1) / (RESAMPLES + 1), _DECIMALS)


def episodes_needed(
    values: Sequence[float],
    clusters: Sequence[str],
    gap: float = 0.03,
    level: float = 0.95,
    power: float = 0.8,
    bounds: Bounds = SHARE,
) -> int | None:
    """How many episodes such as these show a gap of `gap` with probability `power`.

    For paired differences (bounds [-1, 1]) that many pairs; for the scores of one player, that many
    of each of two players who play different tasks. None without values. Where hardly any task
    differs, the variance is the largest that the Wilson limit allows.
    """
    if not values:
        return None
    if gap <= 0:
        raise bad_setting("gap", gap, "above 0")
    variance = len(values) * _variance_of_mean(gather(values, clusters, bounds), level, bounds)
    players = 2 if bounds == SHARE else 1
    reach = _quantile(level) + NormalDist().inv_cdf(power)
    return math.ceil(round(players * variance * (reach / gap) ** 2, 6))


def gather(values: Sequence[float], clusters: Sequence[str], bounds: Bounds = SHARE) -> Clusters:
    """`values` summed by cluster; raises SettingError if one lies outside of `bounds`."""
    members: dict[str, list[float]] = {}
    for value, cluster in zip(values, clusters, strict=True):
        if not bounds[0] <= value <= bounds[1]:
            raise bad_setting("value", value, f"between {bounds[0]} and {bounds[1]}")
        members.setdefault(cluster, []).append(value)
    groups = [members[name] for name in sorted(members)]
    return Clusters(
        np.array([math.fsum(group) for group in groups]),
        np.array([float(len(group)) for group in groups]),
    )


def resampled_means(gathered: Clusters, key: Key) -> Floats:
    """The means of RESAMPLES draws of whole clusters with replacement.

    Under one key as many clusters are always drawn in the same places, so that several quantities
    can be resampled together.
    """
    count = len(gathered.sums)
    means = [
        gathered.sums[places].sum(axis=1) / gathered.sizes[places].sum(axis=1)
        for places in _places(key, count)
    ]
    return np.concatenate(means)


def _commonest(gathered: Clusters, level: float) -> _Commonest:
    """The commonest cluster mean, and whether the others are too rare for a bootstrap."""
    means = [round(float(value), _DECIMALS) for value in gathered.sums / gathered.sizes]
    counts = Counter(means)
    value = max(counts, key=lambda each: (counts[each], each))
    odd_weight = math.fsum(
        size for size, each in zip(gathered.sizes, means, strict=True) if each != value
    )
    alike = counts[value] / len(means)
    rare = alike ** len(means) > (1 - level) / 2
    return _Commonest(value, odd_weight / math.fsum(gathered.sizes), gathered.effective, rare)


def _bound(gathered: Clusters, commonest: _Commonest, level: float, bounds: Bounds) -> Interval:
    """The conservative interval where hardly any cluster differs from the commonest value."""
    lowest, highest = bounds
    if commonest.odd >= 0.5:
        share = min(1.0, max(0.0, (gathered.mean - lowest) / (highest - lowest)))
        scaled = wilson(share * commonest.effective, commonest.effective, level)
        width = highest - lowest
        return _interval(lowest + scaled.low * width, lowest + scaled.high * width, level, "bound")
    odd = _odd_limit(commonest, level)
    value = commonest.value
    low, high = value - odd * (value - lowest), value + odd * (highest - value)
    return _interval(low, high, level, "bound")


def _odd_limit(commonest: _Commonest, level: float) -> float:
    """The Wilson limit on the share of clusters that differ from the commonest value."""
    return wilson(commonest.odd * commonest.effective, commonest.effective, level).high


def _variance_of_mean(gathered: Clusters, level: float, bounds: Bounds) -> float:
    """The variance of the mean by linearisation over clusters, or its bound where they agree."""
    commonest = _commonest(gathered, level)
    if commonest.rare:
        odd = min(_odd_limit(commonest, level), 0.5)
        reach = max(commonest.value - bounds[0], bounds[1] - commonest.value)
        return odd * (1 - odd) * reach**2 / commonest.effective
    count = len(gathered.sums)
    residuals = gathered.sums - gathered.mean * gathered.sizes
    return math.fsum(residuals**2) / math.fsum(gathered.sizes) ** 2 * count / (count - 1)


def _places(key: Key, count: int) -> Iterable[npt.NDArray[np.intp]]:
    """The clusters of RESAMPLES draws, a row each; small ones are kept for the next mean."""
    if RESAMPLES * count <= _BLOCK:
        return _drawn_once(key, count)
    return _drawn(key, count)


@lru_cache(maxsize=4)
def _drawn_once(key: Key, count: int) -> tuple[npt.NDArray[np.intp], ...]:
    return tuple(_drawn(key, count))


def _drawn(key: Key, count: int) -> Iterator[npt.NDArray[np.intp]]:
    for raw in _raw_blocks(key, count):
        yield (raw % np.uint64(count)).astype(np.intp)


def _raw_blocks(key: Key, columns: int) -> Iterator[npt.NDArray[np.uint64]]:
    """RESAMPLES rows of raw 64-bit draws, a block at a time to bound the memory.

    Raw draws, because NumPy promises them to stay the same from version to version.
    """
    source = generator(*key).bit_generator
    step = max(1, _BLOCK // columns)
    for start in range(0, RESAMPLES, step):
        rows = min(step, RESAMPLES - start)
        yield np.asarray(source.random_raw(rows * columns), np.uint64).reshape(rows, columns)


def _flipped(patterns: npt.NDArray[np.int64], sums: Floats) -> Floats:
    """The absolute sums with the signs of each 0/1 pattern (a row each)."""
    totals: Floats = np.abs(((2 * patterns - 1) * sums).sum(axis=1))
    return totals


def _tail(level: float, count: int) -> float:
    """The share of resamples left out on each side, widened for few clusters (Hesterberg 2015)."""
    widened = math.sqrt(count / (count - 1)) * _student(_quantile(level), count - 1)
    return NormalDist().cdf(-widened)


def _student(z: float, freedom: int) -> float:
    """Student's quantile from the normal one; within 0.2 % for 3 or more degrees of freedom.

    Source: Abramowitz and Stegun 1964, 26.7.5.
    """
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + math.fsum(term / freedom ** (place + 1) for place, term in enumerate(terms))


def _quantile(level: float) -> float:
    """The normal quantile of a two-sided level; raises SettingError outside (0, 1)."""
    if not 0 < level < 1:
        raise bad_setting("level", level, "above 0 and below 1")
    return NormalDist().inv_cdf((1 + level) / 2)


def _interval(low: float, high: float, level: float, kind: Kind) -> Interval:
    return Interval(
        low=round(low, _DECIMALS) + 0.0, high=round(high, _DECIMALS) + 0.0, level=level, kind=kind
    )
