"""A policy on held-out questions: how often it succeeds, with an interval, and how it proceeds.

Every policy meets the same questions with the same seeds and the same draws of tokens, so that
differences between policies, and between before and after, can be paired by question.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from baselines.grpo.config import Config
from baselines.grpo.records import PLANNER, WORKER, Group, Query, Rollout, Trajectory
from baselines.grpo.show.results import Evaluation
from webenvs.bench.statistics import Interval, mean_interval
from webenvs.records import Episode
from webenvs.seeding import shuffled

TRUNCATED = frozenset({"max_turns", "length"})
"""Finishes of a trajectory that a limit cut off."""
LARGEST_TEAM = 8
"""Workers of a rollout that the histogram counts one by one; more count as this many."""


class Plays(Protocol):
    """The engine as an evaluation needs it."""

    def groups(self, queries: Sequence[Query], update: int) -> list[Group]:
        """All questions played, a group each."""
        ...


@dataclass(frozen=True, kw_only=True)
class Evaluated:
    """An evaluation and the rollouts that it was made of, the broken ones left out."""

    evaluation: Evaluation
    rollouts: tuple[Rollout, ...]

    @property
    def interval(self) -> Interval:
        """The 95 % interval of the mean success: Wilson's where every question was asked once."""
        return interval_of(self.evaluation)

    def episodes(self, count: int) -> tuple[Episode, ...]:
        """The episodes of the first questions, the same ones for every policy."""
        found = [rollout.episode for rollout in self.rollouts if rollout.episode is not None]
        return tuple(found[:count])


def evaluation_config(config: Config, *, greedy: bool = False) -> Config:
    """The configuration that evaluations play under: every question once, at their temperature."""
    temperature = 0.0 if greedy else config.eval_temperature
    return replace(config, group=1, temperature=temperature, top_p=1.0, ray=0)


def chosen(queries: Sequence[Query], count: int) -> tuple[Query, ...]:
    """At most `count` of the questions, drawn once for all runs, in their order."""
    places = shuffled(range(len(queries)), "evaluation")[:count]
    return tuple(queries[place] for place in sorted(places))


def evaluate(engine: Plays, queries: Sequence[Query], config: Config, key: int = 0) -> Evaluated:
    """Play every question once and count; `key` decides the draws, the same for every policy.

    `engine` plays under `evaluation_config`. Episodes that the infrastructure broke are left out.
    """
    groups = engine.groups(queries, key)
    rollouts = tuple(
        rollout for group in groups for rollout in group.rollouts if rollout.status == "ok"
    )
    asked = [rollout.query for rollout in rollouts]
    success = [rollout.acc for rollout in rollouts]
    evaluation = Evaluation(
        tasks=tuple(query.id for query in asked),
        success=tuple(success),
        hops=tuple(query.hops for query in asked),
        noise=queries[0].noise if queries else "none",
        context=config.context,
        metrics=measures(rollouts)
        | _means("hops", [query.hops for query in asked], success)
        | _means("world", [query.world for query in asked], success),
    )
    return Evaluated(evaluation=evaluation, rollouts=rollouts)


def interval_of(evaluation: Evaluation) -> Interval:
    """The 95 % interval of a mean success, questions being the clusters."""
    return mean_interval(evaluation.success, evaluation.tasks, ("evaluation",))


def difference(before: Evaluation, after: Evaluation) -> tuple[float, Interval]:
    """The mean gain in success on the questions that both have, and its paired 95 % interval."""
    earlier = dict(zip(before.tasks, before.success, strict=True))
    pairs = [
        (task, value - earlier[task])
        for task, value in zip(after.tasks, after.success, strict=True)
        if task in earlier
    ]
    gains = [gain for _, gain in pairs]
    tasks = [task for task, _ in pairs]
    interval = mean_interval(gains, tasks, ("evaluation", "gain"), bounds=(-1.0, 1.0))
    return (math.fsum(gains) / len(gains) if gains else math.nan), interval


def measures(rollouts: Sequence[Rollout]) -> dict[str, float]:
    """Means over rollouts by role: how long, how valid, how often cut off, how many workers.

    acc and no_search are shares of rollouts; ROLE/valid is the share of valid calls, ROLE/turns,
    calls and tokens are means a trajectory, ROLE/sampled counts the policy's own tokens alone;
    worker/d_N is the share of rollouts with N workers.
    """
    if not rollouts:
        return {}
    found = {"acc": _mean(rollout.acc for rollout in rollouts)}
    searched = [_searches(rollout) for rollout in rollouts]
    if None not in searched:
        found["no_search"] = _mean(float(not count) for count in searched)
    found |= _of_role(PLANNER, [rollout.planner for rollout in rollouts])
    workers = [worker for rollout in rollouts for worker in rollout.workers]
    if workers:
        found |= _of_role(WORKER, workers) | _team(rollouts)
    return found


def _of_role(role: str, trajectories: Sequence[Trajectory]) -> dict[str, float]:
    calls = sum(each.calls_total for each in trajectories)
    found = {
        "turns": _mean(each.turns for each in trajectories),
        "calls": _mean(each.calls_total for each in trajectories),
        "valid": sum(each.calls_valid for each in trajectories) / calls if calls else 1.0,
        "tokens": _mean(len(each.token_ids) for each in trajectories),
        "sampled": _mean(each.sampled for each in trajectories),
        "truncated": _mean(each.finish in TRUNCATED for each in trajectories),
    }
    return {f"{role}/{name}": value for name, value in found.items()}


def _team(rollouts: Sequence[Rollout]) -> dict[str, float]:
    counts = Counter(min(len(rollout.workers), LARGEST_TEAM) for rollout in rollouts)
    return {f"{WORKER}/d_{number}": counts[number] / len(rollouts) for number in sorted(counts)}


def _searches(rollout: Rollout) -> int | None:
    """How many searches an episode made, None where it is not at hand."""
    if rollout.episode is None:
        return None
    results = (result for turn in rollout.episode.turns for result in turn.results)
    return sum(result.tool == "search" for result in results)


def _means(prefix: str, labels: Sequence[object], values: Sequence[float]) -> Mapping[str, float]:
    """The mean of the values under every label, as "prefix/label"."""
    under: dict[str, list[float]] = {}
    for label, value in zip(labels, values, strict=True):
        under.setdefault(f"{prefix}/{label}", []).append(value)
    return {name: _mean(under[name]) for name in sorted(under)}


def _mean(values: Iterable[float]) -> float:
    listed = [float(value) for value in values]
    return math.fsum(listed) / len(listed)
