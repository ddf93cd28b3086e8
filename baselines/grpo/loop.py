"""The loop of the reinforcement learning: play, score, give credit, learn, watch, save."""

import copy
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

import msgspec

from baselines.grpo import checkpoint, credit
from baselines.grpo.checkpoint import Checkpoint
from baselines.grpo.cold_start import Stage
from baselines.grpo.config import Config
from baselines.grpo.evaluate import Evaluated, no_search
from baselines.grpo.learner import NanError
from baselines.grpo.monitor import Alarm, alarms
from baselines.grpo.records import Group, Query, Row
from baselines.grpo.refilling import filled
from baselines.grpo.rewards import scored
from baselines.grpo.show.metrics import Metrics, Recorder
from baselines.grpo.students import Student, learn
from webenvs.bench.report import put
from webenvs.errors import WebenvsError

BROKEN = "broken.json"
"""Where the trajectories lie that the loss was no number on."""

Numbers = dict[str, float]
Key = tuple[str | int, ...]


class DivergedError(WebenvsError):
    """The loss or the logits are no numbers any more; says at which update, and what was kept."""


class Interrupted(KeyboardInterrupt):
    """The run was asked to end; its state is saved and the message says how to go on."""


class Engine(Protocol):
    """What plays the questions of an update."""

    def groups(self, queries: Sequence[Query], key: Key) -> list[Group]:
        """A group of rollouts of every question."""
        ...

    def measured(self) -> dict[str, float]:
        """Seconds and counts since the last time."""
        ...


class Curriculum(Protocol):
    """What chooses the questions of an update."""

    def queries(
        self, update: int, progress: float | None = None, after: Sequence[Group] = ()
    ) -> Sequence[Query]:
        """The questions of the update with this index, at `progress`, `after` these groups."""
        ...

    def seen(self, groups: Sequence[Group]) -> None:
        """Take note of how the questions went."""
        ...

    def metrics(self) -> dict[str, float]:
        """How much of its questions was asked, and with what success."""
        ...

    def state_dict(self) -> dict[str, Any]:
        """All that an exact continuation needs, as JSON has it."""
        ...

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from there."""
        ...


@dataclass(kw_only=True)
class Standing:
    """Where a run stands: updates made, the last one evaluated after, the best success, tokens.

    `begun` are the seconds that were used before the first update.
    """

    update: int = 0
    evaluated: int = 0
    best: float = -1.0
    tokens: int = 0
    begun: float = 0.0


@dataclass(kw_only=True)
class Loop:
    """A training under way, and all that takes part in it; `last` is what comes after its end.

    `latest` is the evaluation of the weights as they are now, None where there was none.
    """

    config: Config
    stage: Stage
    students: Mapping[str, Student]
    engine: Engine
    curriculum: Curriculum
    evaluated: Callable[[], Evaluated]
    recorder: Recorder
    last: Sequence[str] = ("evaluation",)
    standing: Standing = field(default_factory=Standing)
    history: list[Mapping[str, float]] = field(default_factory=list)
    latest: Evaluated | None = None
    _whole: bool = True
    _told: set[tuple[str, str]] = field(default_factory=set)

    @property
    def folder(self) -> Path:
        """The folder of the run."""
        return self.stage.folder

    def restore(self, point: Checkpoint, measured: Metrics) -> None:
        """Go on from a checkpoint, behind what was measured until then."""
        for name, student in self.students.items():
            student.load_state_dict(point.learners[name])
        self.curriculum.load_state_dict(point.curriculum)
        self.standing = msgspec.convert(point.standing, Standing)
        self.history = [line.metrics for line in measured.train]
        self.stage.console.restore(measured)

    def run(self) -> str:
        """Update until the end; returns why it came early, "" if it did not.

        Raises Interrupted and DivergedError, each with the state saved as it was after the last
        whole update.
        """
        if not (self.folder / checkpoint.LAST).exists():
            self.standing.begun = self.stage.budget.used
            self.save()
        self.stage.console.stage("training", self.config.updates, self.standing.update)
        try:
            return self._updated()
        except KeyboardInterrupt as error:
            raise Interrupted(self._left_off()) from error

    def save(self, *, best: bool = False) -> None:
        """Write a checkpoint of this moment."""
        point = Checkpoint(
            config=self.config,
            learners=self._states(),
            standing=asdict(self.standing),
            curriculum=self.curriculum.state_dict(),
            seconds=self.stage.budget.used,
        )
        checkpoint.save(self.folder, point, best=best)

    def _updated(self) -> str:
        config, standing = self.config, self.standing
        while True:
            if self._evaluation_is_due():
                self._evaluate()
            if standing.update >= config.updates or self._sampled_enough():
                self.save()
                return ""
            if not self.stage.budget.room_for("update", *self.last):
                self.save()
                return "its minutes were used up"
            with self.stage.budget.timed("update"):
                metrics = self._update()
            collapse = self._watch(metrics)
            if collapse is not None and config.stop_on_collapse:
                self.save()
                return str(collapse)
            if config.save_every and standing.update % config.save_every == 0:
                self.save()
            if self.stage.interrupts.asked:
                raise KeyboardInterrupt

    def _sampled_enough(self) -> bool:
        bound = self.config.sampled_tokens
        return bound is not None and self.standing.tokens >= bound

    def _update(self) -> Numbers:
        """One update: its metrics are logged, and the standing goes on by one."""
        begun, update = time.perf_counter(), self.standing.update
        groups, batches = self._played(update)
        played = time.perf_counter()
        rows, metrics = credit.rows(groups, self.config, (self.config.seed, "credit", update))
        metrics |= self.engine.measured() | self._learned(rows)
        metrics |= {
            "no_search": no_search(one for group in groups for one in group.rollouts),
            "groups/batches": float(batches),
            "time/rollout": played - begun,
            "time/train": time.perf_counter() - played,
        }
        self.latest = None
        self.standing.update += 1
        self.standing.tokens += int(metrics["tokens/sampled"])
        self.curriculum.seen(groups)
        metrics |= self.curriculum.metrics()
        self._whole = True
        self.recorder.log(self.standing.update, metrics)
        self.stage.console.update(self.standing.update, metrics)
        return metrics

    def _played(self, update: int) -> tuple[list[Group], int]:
        """The scored groups of an update, and in how many batches they were played.

        What is left half way leaves no trace.
        """

        def ask(after: Sequence[Group]) -> Sequence[Query]:
            return self.curriculum.queries(update, self._progress(), after)

        def play(queries: Sequence[Query], batch: int) -> list[Group]:
            key: Key = ("update", update, batch) if batch else ("update", update)
            return [self._scored(group) for group in self.engine.groups(queries, key)]

        def room() -> bool:
            return self.stage.budget.room_for("update", *self.last)

        with self.stage.interrupts.abandonable():
            try:
                return filled(ask, play, self.config, room)
            except FloatingPointError as error:
                raise DivergedError(
                    f"Update {update} could not be played: {error}. "
                    f"{self.folder / checkpoint.LAST} is the checkpoint before it. "
                    f"A smaller lr than {self.config.lr:g} helps."
                ) from error

    def _progress(self) -> float:
        """How far the run has come, 0 to 1: by updates, tokens or minutes, whichever end first."""
        by_updates = self.standing.update / max(1, self.config.updates)
        by_tokens = self.standing.tokens / (self.config.sampled_tokens or math.inf)
        by_minutes = self.stage.budget.progress(self.standing.begun)
        return min(1.0, max(by_updates, by_tokens, by_minutes))

    def _scored(self, group: Group) -> Group:
        task = self.stage.worlds.task
        rollouts = tuple(scored(one, task(one.query), self.config) for one in group.rollouts)
        return msgspec.structs.replace(group, rollouts=rollouts)

    def _learned(self, rows: Sequence[Row]) -> Numbers:
        """The metrics of the learners; if a loss is no number, all are as they were before."""
        before = {} if self._one_step() else copy.deepcopy(self._states())
        self._whole = False
        try:
            return learn(self.students, rows)
        except NanError as error:
            for name, state in before.items():
                self.students[name].load_state_dict(state)
            self._whole = True
            self.save()
            place = _dumped(self.folder / BROKEN, rows, error)
            raise DivergedError(
                f"{error} They lie in {place}; {self.folder / checkpoint.LAST} is the state "
                f"before the update. A smaller lr than {self.config.lr:g} helps."
            ) from error

    def _one_step(self) -> bool:
        """Whether an update is one step of one learner, which a broken loss leaves untouched."""
        learners = [each for each in self.students.values() if each.learner is not None]
        return len(learners) * self.config.epochs * self.config.minibatches == 1

    def _states(self) -> dict[str, dict[str, Any]]:
        return {name: each.state_dict() for name, each in self.students.items()}

    def _watch(self, metrics: Mapping[str, float]) -> Alarm | None:
        """Tell what has begun to break down; the first collapse, if there is one."""
        self.history.append(metrics)
        found = alarms(self.history)
        for alarm in found:
            if (alarm.level, alarm.metric) not in self._told:
                self._told.add((alarm.level, alarm.metric))
                self.stage.console.say(str(alarm))
        return next((alarm for alarm in found if alarm.level == "collapse"), None)

    def _evaluation_is_due(self) -> bool:
        every, update = self.config.eval_every, self.standing.update
        return bool(every) and update % every == 0 and update > self.standing.evaluated

    def _evaluate(self) -> None:
        """Evaluate, and keep the weights if they are the best so far."""
        self.latest = found = self.evaluated()
        standing, success = self.standing, found.evaluation.mean
        self.recorder.evaluation(standing.update, found.metrics)
        self.stage.console.evaluation(standing.update, success)
        standing.evaluated = standing.update
        best = success > standing.best
        standing.best = max(success, standing.best)
        if best:
            self.save(best=True)

    def _left_off(self) -> str:
        """Save, if the last update is whole; says what is saved."""
        if not self._whole:
            return "Stopped in the middle of an update; the last checkpoint stands."
        self.save()
        return f"Stopped after update {self.standing.update}; its state is saved."


def _dumped(place: Path, rows: Sequence[Row], error: NanError) -> Path:
    """Write the trajectories that an error names, with their advantages and coefficients."""
    broken = [row for row in rows if row.trajectory.id in error.trajectories]
    put(place, msgspec.json.format(msgspec.json.encode(broken)).decode())
    return place
