"""The models of a run: which policies there are, what plays and trains each, what is kept of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from baselines.grpo.config import Config
from baselines.grpo.learner import Learner
from baselines.grpo.local import LocalPolicy
from baselines.grpo.published import PublishedPolicy
from baselines.grpo.records import PLANNER, SHARED, WORKER, Row
from baselines.grpo.scale import load, trained


def policy_names(config: Config) -> tuple[str, ...]:
    """One model in all roles, or one of each role."""
    return (SHARED,) if config.worker_model is None else (PLANNER, WORKER)


def model_of(name: str, config: Config) -> str:
    """What the model of a policy is made of or loaded from."""
    if name == WORKER and config.worker_model is not None:
        return config.worker_model
    return config.model


def roles_of(name: str) -> tuple[str, ...]:
    """The roles that a policy plays."""
    return (PLANNER, WORKER) if name == SHARED else (name,)


@dataclass(frozen=True, kw_only=True)
class Student:
    """A model with what plays it and, unless it is frozen, what trains it."""

    policy: LocalPolicy | PublishedPolicy
    learner: Learner | None

    def learn(self, rows: Sequence[Row]) -> dict[str, float]:
        """One update on the rows of this policy; without any nothing changes."""
        if self.learner is None or not rows:
            return {}
        metrics = self.learner.update(rows)
        self.policy.version += 1
        return metrics

    def state_dict(self) -> dict[str, Any]:
        """All that an exact continuation needs: version, trained weights, state of the learner.

        A frozen model stays in its folder.
        """
        kept: dict[str, Any] = {"version": self.policy.version}
        if self.learner is None:
            return kept
        return kept | {"weights": trained(self.policy.model), "learner": self.learner.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from there."""
        if self.learner is not None:
            load(self.policy.model, state["weights"])
            self.learner.load_state_dict(state["learner"])
        self.policy.version = int(state["version"])


def make_students(
    models: Mapping[str, Any],
    pad: int,
    config: Config,
    played: Mapping[str, PublishedPolicy] | None = None,
) -> dict[str, Student]:
    """A student for every model, those of `config.freeze` without a learner.

    Policies in `played` are played by servers, the others in this process.
    """
    elsewhere = played or {}
    return {
        name: Student(
            policy=elsewhere.get(name) or LocalPolicy(model, pad, name=name),
            learner=None if name in config.freeze else Learner(model, config, name),
        )
        for name, model in models.items()
    }


def by_role(students: Mapping[str, Student]) -> dict[str, LocalPolicy | PublishedPolicy]:
    """The policy of every role."""
    return {role: each.policy for name, each in students.items() for role in roles_of(name)}


def learn(students: Mapping[str, Student], rows: Sequence[Row]) -> dict[str, float]:
    """One update of every student on the rows of its own; where there are two, names say whose."""
    metrics: dict[str, float] = {}
    for name, student in students.items():
        metrics |= student.learn([row for row in rows if row.trajectory.policy == name])
    return metrics
