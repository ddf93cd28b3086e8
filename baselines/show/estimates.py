"""Means over questions and seeds with 95 % intervals, and paired differences of such means.

Two things are left to chance in a study: which questions were held out, and what a seed made of a
run. Both are resampled, 2,000 times with keyed draws: seeds with replacement, and within each the
questions with replacement, the same ones in every seed that was asked the same (a paired bootstrap;
differences are resampled as differences). What seeds deviate from their common mean is stretched by
sqrt(S / (S - 1)), since S seeds resampled show too little of their spread. An interval is never
narrower than that over questions alone, which is all that one seed can give.
"""

import math
from collections.abc import Mapping

import numpy as np

from baselines.show.evaluation import Evaluation
from webenvs.bench.statistics import (
    DIFFERENCE,
    RESAMPLES,
    SHARE,
    Bounds,
    Interval,
    gather,
    mean_interval,
    resampled_means,
)
from webenvs.records import Record
from webenvs.seeding import digest, generator

LEVEL = 0.95

Values = Mapping[str, float]
"""A number for each question."""


class Estimate(Record, frozen=True, kw_only=True):
    """A mean over seeds, each counting once, with its interval and the mean of every seed.

    `mean` and `interval` are None where there is nothing to take a mean of.
    """

    mean: float | None
    interval: Interval | None
    seeds: dict[int, float]
    questions: int

    @property
    def sure(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.interval is not None and (self.interval.low > 0 or self.interval.high < 0)


def success(evaluations: Mapping[int, Evaluation], hops: int | None = None) -> Estimate:
    """The success of one policy a seed; with `hops` on questions of so many hops alone."""
    return estimate({seed: values(one, hops) for seed, one in evaluations.items()}, SHARE)


def difference(
    ours: Mapping[int, Evaluation], theirs: Mapping[int, Evaluation], hops: int | None = None
) -> Estimate:
    """What we succeed more often than they, on the questions and seeds that both have."""
    pairs = {
        seed: (values(ours[seed], hops), values(theirs[seed], hops))
        for seed in ours
        if seed in theirs
    }
    return estimate({seed: _minus(one, other) for seed, (one, other) in pairs.items()}, DIFFERENCE)


def change(
    gained: Mapping[int, tuple[Evaluation, Evaluation]],
    other: Mapping[int, tuple[Evaluation, Evaluation]],
) -> Estimate:
    """How much more one arm gained from before to after than another did.

    A difference of differences lies in [-2, 2]; it is resampled at half its size.
    """
    halves = {}
    for seed in [seed for seed in gained if seed in other]:
        one, two = (_gain(*arm[seed]) for arm in (gained, other))
        halves[seed] = {name: value / 2 for name, value in _minus(one, two).items()}
    half = estimate(halves, DIFFERENCE)
    if half.mean is None or half.interval is None:
        return half
    wide = half.interval
    return Estimate(
        mean=2 * half.mean,
        interval=Interval(low=2 * wide.low, high=2 * wide.high, level=wide.level, kind=wide.kind),
        seeds={seed: 2 * value for seed, value in half.seeds.items()},
        questions=half.questions,
    )


def values(evaluation: Evaluation, hops: int | None = None) -> Values:
    """The mean success on each question, of so many hops if `hops` is given."""
    played: dict[str, list[float]] = {}
    numbers = evaluation.hops or (0,) * len(evaluation.tasks)
    for task, right, number in zip(evaluation.tasks, evaluation.success, numbers, strict=True):
        if hops is None or number == hops:
            played.setdefault(task, []).append(right)
    return {task: math.fsum(right) / len(right) for task, right in played.items()}


def estimate(by_seed: Mapping[int, Values], bounds: Bounds) -> Estimate:
    """The mean of numbers within `bounds` over questions and seeds; seeds without any are left out.

    Every seed counts once, whatever the number of its questions.
    """
    known = {seed: by_seed[seed] for seed in sorted(by_seed) if by_seed[seed]}
    means = {seed: math.fsum(one.values()) / len(one) for seed, one in known.items()}
    if not known:
        return Estimate(mean=None, interval=None, seeds={}, questions=0)
    names = [name for one in known.values() for name in sorted(one)]
    flat = [known[seed][name] for seed in known for name in sorted(known[seed])]
    interval = mean_interval(flat, names, ("study", "questions"), LEVEL, bounds)
    if len(known) > 1:
        interval = _wider(interval, _resampled(known, means, bounds))
    mean = math.fsum(means.values()) / len(means)
    return Estimate(mean=round(mean, 9), interval=interval, seeds=means, questions=len(set(names)))


def _resampled(known: Mapping[int, Values], means: Mapping[int, float], bounds: Bounds) -> Interval:
    """The interval over seeds and questions; see the head of this file."""
    draws = []
    for one in known.values():
        names = sorted(one)
        gathered = gather([one[name] for name in names], names, bounds)
        draws.append(resampled_means(gathered, ("study", digest(names))))
    by_seed = np.array(draws)  # (seeds, resamples)
    count = len(known)
    centres = np.array([means[seed] for seed in known])
    stretched = centres.mean() + (centres - centres.mean()) * math.sqrt(count / (count - 1))
    shifted = by_seed - centres[:, None] + stretched[:, None]
    raw = generator("study", "seeds", count).bit_generator.random_raw(RESAMPLES * count)
    places = (np.asarray(raw, np.uint64) % np.uint64(count)).astype(np.intp)
    picked = shifted[places.reshape(count, RESAMPLES), np.arange(RESAMPLES)]
    low, high = np.quantile(picked.mean(axis=0), [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(
        low=max(bounds[0], round(float(low), 9)),
        high=min(bounds[1], round(float(high), 9)),
        level=LEVEL,
        kind="bootstrap",
    )


def _wider(one: Interval, other: Interval) -> Interval:
    """The interval that holds both."""
    low, high = min(one.low, other.low), max(one.high, other.high)
    return Interval(low=low, high=high, level=one.level, kind="bootstrap")


def _minus(one: Values, other: Values) -> Values:
    return {name: one[name] - other[name] for name in one if name in other}


def _gain(before: Evaluation, after: Evaluation) -> Values:
    return _minus(values(after), values(before))
