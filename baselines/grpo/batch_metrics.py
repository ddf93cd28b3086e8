"""A batch of rollouts and rows in numbers, by role, as a flat table of metrics."""

import math
from collections import Counter
from collections.abc import Sequence

from baselines.grpo.records import PLANNER, TRUNCATED, WORKER, Group, Row, Trajectory


def mean(values: Sequence[float]) -> float:
    """The mean; 0.0 of nothing."""
    return math.fsum(values) / len(values) if values else 0.0


def deviation(values: Sequence[float]) -> float:
    """The population standard deviation; 0.0 of nothing."""
    middle = mean(values)
    return math.sqrt(mean([(value - middle) ** 2 for value in values]))


def of_groups(groups: Sequence[Group]) -> dict[str, float]:
    """What was played, without what the infrastructure broke.

    acc, infra (the share of broken rollouts), reward_std (mean deviation within groups), worker/d
    and worker/d_0, worker/d_1, ... (mean number of workers, and the share of rollouts with so
    many), tokens/sampled, and by role reward, turns, calls, valid (of all calls together),
    truncated, and every component.
    """
    rollouts = [one for group in groups for one in group.rollouts]
    played = [one for one in rollouts if one.status == "ok"]
    delegated = [len(one.workers) for one in played]
    return {
        "acc": mean([one.acc for one in played]),
        "infra": mean([float(one.status != "ok") for one in rollouts]),
        "reward_std": mean([deviation(_rewards(group)) for group in groups]),
        "tokens/sampled": float(sum(one.sampled for run in played for one in run.trajectories)),
        "worker/d": mean([float(count) for count in delegated]),
        **_histogram(delegated),
        **_of_role(PLANNER, [one.planner for one in played]),
        **_of_role(WORKER, [worker for one in played for worker in one.workers]),
    }


def of_rows(rows: Sequence[Row]) -> dict[str, float]:
    """What is trained: tokens/trained, and by role rows, advantage_std and share of the loss.

    loss_share is the role's part of all coefficients times tokens.
    """
    weights = {id(row): row.coef * row.trajectory.sampled for row in rows}
    whole = math.fsum(weights.values())
    found = {"tokens/trained": float(sum(row.trajectory.sampled for row in rows))}
    for role in (PLANNER, WORKER):
        of_role = [row for row in rows if _is(role, row.trajectory)]
        found[f"{role}/rows"] = float(len(of_role))
        found[f"{role}/advantage_std"] = deviation(
            [row.trajectory.advantage or 0.0 for row in of_role]
        )
        found[f"{role}/loss_share"] = (
            math.fsum(weights[id(row)] for row in of_role) / whole if whole else 0.0
        )
    return found


def _rewards(group: Group) -> list[float]:
    return [
        one.planner.reward
        for one in group.rollouts
        if one.status == "ok" and one.planner.reward is not None
    ]


def _histogram(counts: Sequence[int]) -> dict[str, float]:
    found = Counter(counts)
    return {
        f"{WORKER}/d_{count}": found[count] / len(counts)
        for count in range(max(counts, default=-1) + 1)
    }


def _of_role(role: str, played: Sequence[Trajectory]) -> dict[str, float]:
    """The metrics of a role; none where nobody played it."""
    if not played:
        return {}
    calls = sum(one.calls_total for one in played)
    names = sorted({name for one in played for name in one.components})
    return {
        f"{role}/reward": mean([one.reward for one in played if one.reward is not None]),
        f"{role}/turns": mean([float(one.turns) for one in played]),
        f"{role}/calls": calls / len(played),
        f"{role}/valid": sum(one.calls_valid for one in played) / calls if calls else 1.0,
        f"{role}/truncated": mean([float(one.finish in TRUNCATED) for one in played]),
        f"{role}/tokens": mean([float(one.sampled) for one in played]),
    } | {
        f"{role}/{name}": mean([one.components[name] for one in played if name in one.components])
        for name in names
    }


def _is(role: str, one: Trajectory) -> bool:
    return (role == PLANNER) == (one.role == PLANNER)
