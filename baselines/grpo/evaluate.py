"""A policy on held-out questions: how often it succeeds, with an interval, and how it proceeds.

Every policy meets the same questions with the same seeds and the same draws of tokens, so that
differences between policies, and between before and after, can be paired by question.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from baselines.grpo import batch_metrics
from baselines.grpo.config import Config
from baselines.grpo.policy import Sampling
from baselines.grpo.records import Group, Query, Rollout
from baselines.grpo.rewards import scored
from baselines.show import estimates
from baselines.show.estimates import Estimate
from baselines.show.evaluation import Evaluation
from webenvs.records import Episode, Task
from webenvs.seeding import shuffled

KEY = "evaluation"
"""What keys the draws of all evaluations: the same for every policy."""


class Worlds(Protocol):
    """Where the answers of questions stand."""

    def task(self, query: Query) -> Task:
        """The task of a question."""
        ...


class Plays(Protocol):
    """The engine as an evaluation needs it."""

    def rollouts(
        self, plays: Sequence[tuple[Query, int]], sampling: Sampling, key: str
    ) -> list[Rollout]:
        """A rollout of every (question, index), in their order."""
        ...


@dataclass(frozen=True, kw_only=True)
class Evaluated:
    """An evaluation and the rollouts that it was made of, the broken ones left out."""

    evaluation: Evaluation
    rollouts: tuple[Rollout, ...]

    @property
    def estimate(self) -> Estimate:
        """The mean success with its 95 % interval: Wilson's where answers are right or wrong."""
        return estimates.success({0: self.evaluation})

    @property
    def metrics(self) -> dict[str, float]:
        """The metrics with the success, and low and high of its interval."""
        interval = self.estimate.interval
        if interval is None:
            return dict(self.evaluation.metrics)
        bounds = {"success/low": interval.low, "success/high": interval.high}
        return {"success": self.evaluation.mean} | bounds | self.evaluation.metrics

    @property
    def episodes(self) -> tuple[Episode, ...]:
        """The episodes, in the order of the questions."""
        found = [rollout.episode for rollout in self.rollouts]
        return tuple(episode for episode in found if episode is not None)


def chosen(queries: Sequence[Query], count: int) -> tuple[Query, ...]:
    """At most `count` of the questions, drawn in one way for all runs, in their order."""
    places = shuffled(range(len(queries)), KEY)[:count]
    return tuple(queries[place] for place in sorted(places))


def evaluate(
    engine: Plays,
    worlds: Worlds,
    queries: Sequence[Query],
    config: Config,
    *,
    greedy: bool = False,
) -> Evaluated:
    """Play every question once, at `config.eval_temperature` or `greedy`, and count.

    Episodes that the infrastructure broke are left out. The metrics are those of `tallies`, and
    no_search (share of episodes without any search), hops/N and world/NAME (mean success there).
    """
    temperature = 0.0 if greedy else config.eval_temperature
    plays = [(query, 0) for query in queries]
    played = engine.rollouts(plays, Sampling(temperature=temperature), KEY)
    rated = [scored(rollout, worlds.task(rollout.query), config) for rollout in played]
    rollouts = tuple(rollout for rollout in rated if rollout.status == "ok")
    asked = [rollout.query for rollout in rollouts]
    success = [rollout.acc for rollout in rollouts]
    evaluation = Evaluation(
        tasks=tuple(query.id for query in asked),
        success=tuple(success),
        hops=tuple(query.hops for query in asked),
        noise=queries[0].noise if queries else "none",
        context=config.context,
        metrics=batch_metrics.of_groups(single(rated))
        | {"no_search": no_search(rollouts)}
        | _means("hops", [query.hops for query in asked], success)
        | _means("world", [query.world for query in asked], success),
    )
    return Evaluated(evaluation=evaluation, rollouts=rollouts)


def single(rollouts: Sequence[Rollout]) -> list[Group]:
    """Every rollout as a group of its own."""
    return [Group(query=rollout.query, rollouts=(rollout,)) for rollout in rollouts]


def no_search(rollouts: Iterable[Rollout]) -> float:
    """The share of episodes in which nobody searched; 0.0 without episodes."""
    found = [_searched(rollout.episode) for rollout in rollouts if rollout.episode is not None]
    return batch_metrics.mean([float(not searched) for searched in found])


def _searched(episode: Episode) -> bool:
    return any(result.tool == "search" for turn in episode.turns for result in turn.results)


def _means(prefix: str, labels: Sequence[object], values: Sequence[float]) -> dict[str, float]:
    """The mean of the values under every label, as "prefix/label"."""
    under: dict[str, list[float]] = {}
    for label, value in zip(labels, values, strict=True):
        under.setdefault(f"{prefix}/{label}", []).append(value)
    return {name: math.fsum(under[name]) / len(under[name]) for name in sorted(under)}
