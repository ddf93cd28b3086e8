"""Shares: how much a token of each trajectory counts in the loss, by every aggregation.

The loss is minus the sum over trajectories and sampled tokens of a coefficient times the clipped
objective. A trajectory without sampled tokens has the coefficient 0 and is no row to divide by.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple, get_args

from baselines.grpo.config import Aggregation
from webenvs.errors import bad_setting, unknown_name

Lengths = Sequence[int]
"""Sampled tokens of a rollout's trajectories: the planner's, then the workers'."""
Counted = tuple[int, float]
"""Sampled tokens of a trajectory, and how often it counts (its multiplicity)."""


def coefficients(
    groups: Sequence[Sequence[Lengths]], aggregation: Aggregation, length: int = 0
) -> tuple[tuple[tuple[float, ...], ...], ...]:
    """What a token counts where planner and workers share one loss (MATPO), as `groups` is nested.

    With B groups of E rollouts, n tokens in a trajectory, w trajectories of R tokens in its
    rollout, and in the whole batch G rollouts, N trajectories and T tokens:

    - rollout-token-mean: 1/(B E R): every rollout one unit, workers included (MATPO's paper);
    - session-equal: 1/(B E w n): every rollout one unit, its trajectories equal parts of it;
    - token-mean: 1/T (DAPO);
    - trajectory-mean: 1/(N n) (DeepSeekMath);
    - planner-count: 1/(G n), so that workers add to the loss (released MATPO, seq-mean);
    - constant: 1/(N `length`) (Dr. GRPO).

    Raises UnknownNameError for an aggregation, SettingError where "constant" has no length.
    """
    _check(aggregation, length)
    batch = _Batch.of(groups, length)
    return tuple(
        tuple(
            tuple(
                1 / _divisor(aggregation, tokens, rollout, len(group), batch) if tokens else 0.0
                for tokens in rollout
            )
            for rollout in group
        )
        for group in groups
    )


def alone(
    groups: Sequence[Sequence[Counted]], aggregation: Aggregation, length: int = 0
) -> tuple[tuple[float, ...], ...]:
    """What a token counts where a role has a loss of its own (M-GRPO), as `groups` is nested.

    A trajectory of multiplicity m and n tokens counts m/(B M n) a token, where M is the sum of its
    group's multiplicities (K for planners, D K' for aligned workers) and B the number of groups
    that have any. Two aggregations differ: token-mean counts m over the sum of m n in the batch,
    constant m/(B M `length`). How rollouts weigh against each other is the alignment's alone.

    Raises as `coefficients` does.
    """
    _check(aggregation, length)
    whole = [math.fsum(times for tokens, times in group if tokens) for group in groups]
    used = sum(total > 0 for total in whole)
    batch = math.fsum(tokens * times for group in groups for tokens, times in group)

    def coefficient(tokens: int, times: float, total: float) -> float:
        if not tokens or not times:
            return 0.0
        if aggregation == "token-mean":
            return times / batch
        return times / (used * total * (length if aggregation == "constant" else tokens))

    return tuple(
        tuple(coefficient(tokens, times, total) for tokens, times in group)
        for group, total in zip(groups, whole, strict=True)
    )


class _Batch(NamedTuple):
    """What a batch holds in all; rows are trajectories with tokens."""

    groups: int
    rollouts: int
    rows: int
    tokens: int
    length: int

    @classmethod
    def of(cls, groups: Sequence[Sequence[Lengths]], length: int) -> "_Batch":
        rollouts = [rollout for group in groups for rollout in group]
        tokens = [count for rollout in rollouts for count in rollout if count]
        return cls(len(groups), len(rollouts), len(tokens), sum(tokens), length)


def _divisor(
    aggregation: Aggregation, tokens: int, rollout: Lengths, size: int, batch: _Batch
) -> int:
    """One over the coefficient of a trajectory of `tokens` in a rollout of a group of `size`."""
    match aggregation:
        case "rollout-token-mean":
            return batch.groups * size * sum(rollout)
        case "session-equal":
            return batch.groups * size * sum(map(bool, rollout)) * tokens
        case "token-mean":
            return batch.tokens
        case "trajectory-mean":
            return batch.rows * tokens
        case "planner-count":
            return batch.rollouts * tokens
        case "constant":
            return batch.rows * batch.length


def _check(aggregation: str, length: int) -> None:
    if aggregation not in get_args(Aggregation):
        raise unknown_name("aggregation", aggregation, get_args(Aggregation))
    if aggregation == "constant" and length < 1:
        raise bad_setting("length", length, "at least 1 where the aggregation is constant")
