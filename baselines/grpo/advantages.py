"""Advantages: how much better a reward is than those it is compared with, one number each."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple, get_args

from baselines.grpo.config import Advantage, Deviation
from webenvs.errors import bad_setting, unknown_name

_SAME = 1e-12
"""Rewards closer than this share of the largest are one: what differs is rounding."""


def group_advantages(
    rewards: Sequence[float | None],
    kind: Advantage = "grpo",
    deviation: Deviation = "population",
    eps: float = 1e-6,
    weights: Sequence[float] | None = None,
) -> tuple[float, ...]:
    """The advantage of every reward over its group, in order.

    grpo: (r - mean) / (deviation + eps) (DeepSeekMath, eq. 3); "none" divides by nothing. rloo: r
    minus the mean of the others. dr-grpo: r - mean. A reward counts as often as its weight says
    (once by default), one of weight 0 is compared but not counted. The sample deviation of weighted
    rewards is that of reliability weights, which does not depend on the weights' scale.

    A reward of None or NaN is no reward: it is left out of the group and its advantage is NaN,
    never 0. Where fewer than two rewards count, or all that count are equal, advantages are 0.

    Raises SettingError for an infinite reward, a negative eps, and weights that are not finite, not
    negative and one a reward; UnknownNameError for a kind or deviation that does not exist.
    """
    _check(kind, deviation, eps)
    values = [_value(reward) for reward in rewards]
    counts = _weights(weights, len(values))
    group = [
        _Counted(value, weight)
        for value, weight in zip(values, counts, strict=True)
        if weight > 0 and not math.isnan(value)
    ]
    if not group or _equal([one.value for one in group]):
        return tuple(math.nan if math.isnan(value) else 0.0 for value in values)
    judge = _judge(group, kind, deviation, eps)
    return tuple(
        math.nan if math.isnan(value) else judge(value, weight)
        for value, weight in zip(values, counts, strict=True)
    )


class _Counted(NamedTuple):
    """A reward that counts, as often as its weight says."""

    value: float
    weight: float


def _judge(
    group: Sequence[_Counted], kind: Advantage, deviation: Deviation, eps: float
) -> Callable[[float, float], float]:
    """What makes an advantage of a reward and its weight."""
    total = math.fsum(one.weight for one in group)
    mean = math.fsum(one.weight * one.value for one in group) / total
    if kind == "rloo":
        # r - (total * mean - w r) / (total - w), without taking the difference of sums
        return lambda value, weight: (value - mean) * total / (total - weight)
    if kind == "dr-grpo" or deviation == "none":
        return lambda value, weight: value - mean
    scale = _deviation(group, mean, total, deviation) + eps
    return lambda value, weight: (value - mean) / scale


def _deviation(group: Sequence[_Counted], mean: float, total: float, deviation: Deviation) -> float:
    squares = math.fsum(one.weight * (one.value - mean) ** 2 for one in group)
    if deviation == "population":
        return math.sqrt(squares / total)
    lost = math.fsum(one.weight**2 for one in group) / total
    return math.sqrt(squares / (total - lost))


def _equal(values: Sequence[float]) -> bool:
    return max(values) - min(values) <= _SAME * max(abs(value) for value in values)


def _value(reward: float | None) -> float:
    value = math.nan if reward is None else float(reward)
    if math.isinf(value):
        raise bad_setting("reward", reward, "a finite number, or None where there is none")
    return value


def _weights(weights: Sequence[float] | None, length: int) -> tuple[float, ...]:
    if weights is None:
        return (1.0,) * length
    if len(weights) != length:
        raise bad_setting("weights", tuple(weights), f"one for each of the {length} rewards")
    for weight in weights:
        if not 0 <= weight < math.inf:
            raise bad_setting("weight", weight, "a finite number of at least 0")
    return tuple(float(weight) for weight in weights)


def _check(kind: str, deviation: str, eps: float) -> None:
    if kind not in get_args(Advantage):
        raise unknown_name("advantage", kind, get_args(Advantage))
    if deviation not in get_args(Deviation):
        raise unknown_name("deviation", deviation, get_args(Deviation))
    if not 0 <= eps < math.inf:
        raise bad_setting("eps", eps, "a finite number of at least 0")
