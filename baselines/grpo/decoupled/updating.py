"""The updates of a decoupled run, as its planner's side counts them: until a bound is reached."""

import math
from collections.abc import Callable, Mapping
from typing import Protocol

from baselines.grpo.budget import Budget
from baselines.grpo.config import Config
from baselines.grpo.evaluate import Evaluated

LINES = 20
"""Updates that a run tells of, about."""


class Side(Protocol):
    """The planner's side of a run."""

    config: Config
    updates: int

    def update(self, progress: float | None = None) -> dict[str, float]:
        """One batch from play to checkpoint, at this progress of the run; its metrics."""
        ...


class Engine(Protocol):
    """What plays."""

    def measured(self) -> dict[str, float]:
        """Seconds and counts since the last time."""
        ...


class Recorder(Protocol):
    """What writes metrics down."""

    def log(self, update: int, metrics: Mapping[str, float]) -> None:
        """Those of an update."""
        ...

    def evaluation(self, update: int, metrics: Mapping[str, float]) -> None:
        """Those of an evaluation."""
        ...


def all_updates(
    side: Side,
    engine: Engine,
    recorder: Recorder,
    budget: Budget,
    evaluated: Callable[[], Evaluated],
    say: Callable[[str], None],
    sampled: int = 0,
) -> str:
    """All updates, with evaluations on the way; why they ended early, or "".

    `sampled` tokens were sampled before. The curriculum hears how far the run has come, by updates,
    tokens or minutes, whichever end first.
    """
    config, begun = side.config, budget.used
    bound = config.sampled_tokens or math.inf
    told = max(1, config.updates // LINES)
    while side.updates < config.updates and sampled < bound:
        if not budget.room_for("update", "evaluation"):
            return "its minutes were used up"
        if config.eval_every and side.updates and side.updates % config.eval_every == 0:
            with budget.timed("evaluation"):
                found = evaluated()
            recorder.evaluation(side.updates, found.metrics)
            say(f"held-out success after {side.updates}: {found.evaluation.mean:.3f}")
        come = max(side.updates / config.updates, sampled / bound, budget.progress(begun))
        with budget.timed("update"):
            numbers = side.update(min(1.0, come)) | engine.measured()
        sampled += int(numbers["tokens/sampled"])
        recorder.log(side.updates, numbers)
        if side.updates % told == 0:
            say(
                f"update {side.updates}: acc {numbers['acc']:.3f}, versions "
                f"{numbers['version/planner']:.0f} and {numbers['version/worker']:.0f}"
            )
    return ""
