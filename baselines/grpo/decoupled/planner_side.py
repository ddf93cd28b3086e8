"""The planner's trainer: plays the episodes, tells how they ended, and learns its own part.

A batch that was played is on disk before anything of it is told. Killed anywhere, it begins again
at its last checkpoint with the very batch that it had told of, so that nobody hears two stories.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

import msgspec

from baselines.grpo import credit
from baselines.grpo.config import Config
from baselines.grpo.decoupled.publishing import committed
from baselines.grpo.decoupled.store import Store, StoreError
from baselines.grpo.decoupled.worker_side import Checkpoints, Student, WorkerSide
from baselines.grpo.policy import Policy, PolicyError, Prompt, Sampled, Sampling
from baselines.grpo.records import PLANNER, WORKER, Group, Query, Rollout
from baselines.grpo.refilling import filled
from webenvs.records import Record

Found = TypeVar("Found")
Key = tuple[str | int, ...]

PENDING = "batch.msgpack"
"""The batch that was played last, with its tokens; it stays at the planner's side."""


class Engine(Protocol):
    """What plays questions."""

    def groups(self, queries: Sequence[Query], key: Key) -> list[Group]:
        """A group of rollouts of every question."""
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

    def state_dict(self) -> dict[str, Any]:
        """All that an exact continuation needs."""
        ...

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from there."""
        ...


class WorkersPolicy(Policy, Protocol):
    """The workers' policy, wherever it is."""

    keep: bool

    def begin(self, batch: int) -> int:
        """Wait until the weights that play the batch are there; their version."""
        ...

    def finish(self, batches: int) -> int:
        """Wait until all batches have been used up; the version then."""
        ...


class Played(Record, frozen=True, kw_only=True):
    """A batch as it was played and scored."""

    batch: int
    groups: tuple[Group, ...]


class PlannerSide:
    """The planner's side of a decoupled run; `update` is one batch from play to checkpoint."""

    def __init__(
        self,
        config: Config,
        student: Student,
        engine: Engine,
        workers: WorkersPolicy,
        store: Store,
        game: tuple[Curriculum, Callable[[Rollout], Rollout]],
        kept: tuple[Checkpoints, Path],
    ) -> None:
        """Go on from the last checkpoint, or begin.

        `game` is who chooses the questions, and who scores a rollout; `kept` is where the state
        lies, and the folder for the batch that is being told.
        """
        self.config, self._student, self._engine, self._store = config, student, engine, store
        self.workers = workers
        self._curriculum, self._score = game
        self._checkpoints, folder = kept
        self._file = folder / PENDING
        self.updates = 0
        state = self._checkpoints.load()
        if state is not None:
            self.updates = int(state["updates"])
            self._student.load_state_dict(state["student"])
            self._curriculum.load_state_dict(state["curriculum"])

    def update(self, progress: float | None = None) -> dict[str, float]:
        """Play a batch (or take up the one that was told already), tell, learn, save; metrics.

        `progress` of the run (0 to 1) is by default that of its updates.
        """
        batch = self.updates
        groups = self._told(batch) or self._played(batch, progress)
        new = self._store.commit(committed(groups, batch))
        key = (self.config.seed, "credit", batch)
        rows, metrics = credit.rows(groups, self.config, key)
        learned = self._student.learn([row for row in rows if row.trajectory.policy == PLANNER])
        self._curriculum.seen(groups)
        self.updates += 1
        self._save()
        versions = {
            "version/planner": float(self._student.policy.version),
            "version/worker": float(self.workers.version),
            "store/committed": float(new),
        }
        return metrics | learned | versions

    def finish(self) -> int:
        """Wait until the workers' side has used up all batches; the version of its weights."""
        return self.workers.finish(self.updates)

    def evaluated(self, evaluate: Callable[[], Found]) -> Found:
        """What an evaluation says of the weights that play the next batch; none of it is kept."""
        self.workers.begin(self.updates)
        self.workers.keep = False
        try:
            return evaluate()
        finally:
            self.workers.keep = True

    def _played(self, batch: int, progress: float | None) -> Sequence[Group]:
        def ask(after: Sequence[Group]) -> Sequence[Query]:
            return self._curriculum.queries(batch, progress, after)

        def play(queries: Sequence[Query], part: int) -> list[Group]:
            key: Key = ("update", batch, part) if part else ("update", batch)
            return [self._scored(group) for group in self._engine.groups(queries, key)]

        self.workers.begin(batch)
        groups = tuple(filled(ask, play, self.config)[0])
        rollouts = [one for group in groups for one in group.rollouts]
        if rollouts and all(one.status != "ok" for one in rollouts):
            raise PolicyError(
                f"All {len(rollouts)} rollouts of batch {batch} were broken by the infrastructure; "
                f"nothing of them was told. See the log for why, then start this side again."
            )
        self._put(msgspec.msgpack.encode(Played(batch=batch, groups=groups)))
        return groups

    def _put(self, body: bytes) -> None:
        aside = self._file.with_name(f".{PENDING}")
        try:
            aside.parent.mkdir(parents=True, exist_ok=True)
            aside.write_bytes(body)
            aside.replace(self._file)
        except OSError as error:
            aside.unlink(missing_ok=True)
            raise StoreError(
                f"The batch that was played could not be written to {self._file} ({error}); "
                f"nothing of it was told. Make room, then start this side again."
            ) from error

    def _scored(self, group: Group) -> Group:
        rollouts = tuple(self._score(one) for one in group.rollouts)
        return msgspec.structs.replace(group, rollouts=rollouts)

    def _told(self, batch: int) -> Sequence[Group]:
        """The groups of the batch if it was played before this side ended, else ()."""
        if not self._file.exists():
            return ()
        try:
            played = msgspec.msgpack.decode(self._file.read_bytes(), type=Played)
        except msgspec.DecodeError as error:
            raise StoreError(
                f"{self._file} holds no batch that was played: {error}. The workers' side may have "
                "been told of it already, so begin a new run in another folder."
            ) from error
        return played.groups if played.batch == batch else ()

    def _save(self) -> None:
        self._checkpoints.save(
            {
                "updates": self.updates,
                "student": self._student.state_dict(),
                "curriculum": self._curriculum.state_dict(),
            }
        )


class InProcess:
    """The workers' policy when both sides run in one process and are stepped in turn."""

    def __init__(self, side: WorkerSide) -> None:
        """`side` answers, and trains whenever the planner's side begins a batch."""
        self.name, self.keep, self._side, self._batch = WORKER, True, side, -1

    @property
    def version(self) -> int:
        """The version of the weights that answer."""
        return self._side.begin(-1)

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Sampled]:
        """A message for every prompt."""
        batch = self._batch if self.keep else -1
        return list(self._side.generate(prompts, sampling, keep=batch).sampled)

    def release(self, contexts: Sequence[str]) -> None:
        """Forget what is computed of these contexts."""
        self._side.release(contexts)

    def begin(self, batch: int) -> int:
        """Let the workers' side train on what it has, then begin the batch."""
        self._side.step()
        version = self._side.begin(batch)
        while version < 0 and self._side.step():
            version = self._side.begin(batch)
        if version < 0:
            raise PolicyError(f"Batch {batch} waits for one that was never told of.")
        self._batch = batch
        return version

    def finish(self, batches: int) -> int:
        """Let the workers' side train on all there is."""
        version = self._side.finish(batches)
        while version < 0 and self._side.step():
            version = self._side.finish(batches)
        return version
