"""The loop of the reinforcement learning: play, score, give credit, learn, watch, save."""

import copy
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

import msgspec

from baselines.grpo import checkpoint, credit
from baselines.grpo.budget import Budget
from baselines.grpo.checkpoint import Checkpoint
from baselines.grpo.config import Config
from baselines.grpo.evaluate import Evaluated, Worlds, no_search
from baselines.grpo.interrupts import Interrupts
from baselines.grpo.learner import NanError
from baselines.grpo.monitor import Alarm, alarms
from baselines.grpo.records import Group, Query
from baselines.grpo.rewards import scored
from baselines.grpo.show.console import Console
from baselines.grpo.show.metrics import Recorder
from baselines.grpo.students import Student, learn
from webenvs.errors import WebenvsError

BROKEN = "broken.json"
"""Where the trajectories lie that the loss was no number on."""

Metrics = dict[str, float]


class DivergedError(WebenvsError):
    """The loss or the logits are no numbers any more; says at which update, and what was kept."""


class Interrupted(KeyboardInterrupt):
    """The run was asked to end; its state is saved and the message says how to go on."""


class Engine(Protocol):
    """What plays the questions of an update."""

    def groups(self, queries: Sequence[Query], key: tuple[str | int, ...]) -> list[Group]:
        """A group of rollouts of every question."""
        ...

    def measured(self) -> dict[str, float]:
        """Seconds and counts since the last time."""
        ...


class Curriculum(Protocol):
    """What chooses the questions of an update."""

    def queries(self, update: int) -> Sequence[Query]:
        """The questions of the update with this index."""
        ...

    def seen(self, groups: Sequence[Group]) -> None:
        """Take note of how the questions went."""
        ...

    def state_dict(self) -> dict[str, Any]:
        """All that an exact continuation needs, as JSON has it."""
        ...

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from there."""
        ...


@dataclass(kw_only=True)
class Standing:
    """Where a run stands: updates made, the last one evaluated after, the best success, tokens."""

    update: int = 0
    evaluated: int = 0
    best: float = -1.0
    tokens: int = 0


@dataclass(kw_only=True)
class Loop:
    """A training under way, and all that takes part in it."""

    config: Config
    folder: Path
    worlds: Worlds
    students: Mapping[str, Student]
    engine: Engine
    curriculum: Curriculum
    evaluated: Callable[[], Evaluated]
    budget: Budget
    interrupts: Interrupts
    recorder: Recorder
    console: Console
    history: list[Mapping[str, float]] = field(default_factory=list)
    standing: Standing = field(default_factory=Standing)
    _whole: bool = True
    _told: set[tuple[str, str]] = field(default_factory=set)

    def restore(self, point: Checkpoint) -> None:
        """Go on from a checkpoint."""
        for name, student in self.students.items():
            student.load_state_dict(point.learners[name])
        self.curriculum.load_state_dict(point.curriculum)
        self.standing = Standing(**point.standing)

    def run(self) -> str:
        """Update until the end; returns why it came early, "" if it did not.

        Raises Interrupted and DivergedError, each with the state saved as it was after the last
        whole update.
        """
        try:
            return self._updated()
        except KeyboardInterrupt as error:
            raise Interrupted(self._left_off()) from error
        finally:
            self.recorder.close()

    def save(self, *, best: bool = False) -> None:
        """Write a checkpoint of this moment."""
        point = Checkpoint(
            config=self.config,
            learners={name: each.state_dict() for name, each in self.students.items()},
            standing=asdict(self.standing),
            curriculum=self.curriculum.state_dict(),
            seconds=self.budget.used,
        )
        checkpoint.save(self.folder, point, best=best)

    def _updated(self) -> str:
        config, standing = self.config, self.standing
        while True:
            if self._evaluation_is_due():
                self._evaluate()
            if standing.update >= config.updates:
                self.save()
                return ""
            if not self.budget.room_for("update", "evaluation"):
                self.save()
                return "its minutes were used up"
            metrics = self._update()
            collapse = self._watch(metrics)
            if collapse is not None and config.stop_on_collapse:
                self.save()
                return str(collapse)
            if config.save_every and standing.update % config.save_every == 0:
                self.save()
            if self.interrupts.asked:
                raise KeyboardInterrupt

    def _update(self) -> Metrics:
        """One update: its metrics are logged, and the standing goes on by one."""
        begun, update = time.perf_counter(), self.standing.update
        groups = self._played(update)
        played = time.perf_counter()
        rows, metrics = credit.rows(groups, self.config, (self.config.seed, "credit", update))
        metrics |= self.engine.measured() | self._learned(rows)
        metrics |= {
            "no_search": no_search(one for group in groups for one in group.rollouts),
            "time/rollout": played - begun,
            "time/train": time.perf_counter() - played,
        }
        self.standing.update += 1
        self.standing.tokens += int(metrics["tokens/sampled"])
        self.curriculum.seen(groups)
        self._whole = True
        self.recorder.log(self.standing.update, metrics)
        self.console.update(self.standing.update, metrics)
        self.budget.took("update", time.perf_counter() - begun)
        return metrics

    def _played(self, update: int) -> list[Group]:
        """The scored groups of an update; what is left half way leaves no trace."""
        with self.interrupts.abandonable():
            try:
                groups = self.engine.groups(self.curriculum.queries(update), ("update", update))
            except FloatingPointError as error:
                self.save()
                raise DivergedError(
                    f"Update {update} could not be played: {error}. The weights gave no numbers "
                    f"any more; {self.folder / checkpoint.LAST} is as they are, "
                    f"{checkpoint.BEST} beside it as they were at their best. Take a smaller lr."
                ) from error
            return [
                msgspec.structs.replace(
                    group,
                    rollouts=tuple(
                        scored(one, self.worlds.task(one.query), self.config)
                        for one in group.rollouts
                    ),
                )
                for group in groups
            ]

    def _learned(self, rows: Sequence[Any]) -> Metrics:
        """The metrics of the learners; if a loss is no number, all are as they were before."""
        before = {name: copy.deepcopy(each.state_dict()) for name, each in self.students.items()}
        self._whole = False
        try:
            return learn(self.students, rows)
        except NanError as error:
            for name, student in self.students.items():
                student.load_state_dict(before[name])
            self._whole = True
            self.save()
            place = self._dumped(error)
            raise DivergedError(
                f"Update {self.standing.update} was stopped: {error} What was trained on lies in "
                f"{place}; the state before it is saved."
            ) from error

    def _watch(self, metrics: Mapping[str, float]) -> Alarm | None:
        """Tell what has begun to break down; the first collapse, if there is one."""
        self.history.append(metrics)
        found = alarms(self.history)
        for alarm in found:
            if (alarm.level, alarm.metric) not in self._told:
                self._told.add((alarm.level, alarm.metric))
                self.console.say(str(alarm))
        return next((alarm for alarm in found if alarm.level == "collapse"), None)

    def _evaluation_is_due(self) -> bool:
        every, update = self.config.eval_every, self.standing.update
        return bool(every) and update % every == 0 and update > self.standing.evaluated

    def _evaluate(self) -> None:
        """Evaluate, and keep the weights if they are the best so far."""
        begun = time.perf_counter()
        with self.interrupts.abandonable():
            found = self.evaluated()
        self.budget.took("evaluation", time.perf_counter() - begun)
        standing, success = self.standing, found.evaluation.mean
        self.recorder.evaluation(standing.update, found.metrics)
        self.console.evaluation(standing.update, success)
        standing.evaluated = standing.update
        best = success > standing.best
        standing.best = max(success, standing.best)
        if best:
            self.save(best=True)

    def _left_off(self) -> str:
        """Save, if the last update is whole; says what is saved."""
        if self._whole:
            self.save()
            return f"Stopped after update {self.standing.update}; its state is saved."
        if (self.folder / checkpoint.LAST).exists():
            return "Stopped in the middle of an update; the last checkpoint stands."
        return "Stopped in the middle of the first update; the cold start stands."

    def _dumped(self, error: NanError) -> Path:
        place = self.folder / BROKEN
        return place
