"""The workers' trainer: answers with its model, and learns from its own tokens and others' numbers.

It holds the trajectories that it sampled, takes from the store how their rollouts ended, computes
its own rewards and advantages, updates, saves, and only then acks. Killed anywhere, it begins again
at its last checkpoint: what was acked is not trained on again, what was not acked is.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any, Protocol

import msgspec

from baselines.grpo import credit
from baselines.grpo.config import Config
from baselines.grpo.decoupled.answering import Answering
from baselines.grpo.decoupled.cache import Cache
from baselines.grpo.decoupled.publishing import Rebuilt, rebuilt
from baselines.grpo.decoupled.store import Ack, Ready, Store, StoreError
from baselines.grpo.decoupled.wire import Messages
from baselines.grpo.policy import Prompt, Sampling
from baselines.grpo.records import WORKER, Row
from webenvs.errors import bad_setting
from webenvs.records import Record

OWNER = "worker"
IMPORTANCE_CAP = 2.0
"""C of the truncated importance weights, min(pi_old / pi_rollout, C), where trainers run freely."""


class Versioned(Protocol):
    """A policy as far as its learner cares."""

    @property
    def version(self) -> int:
        """How many updates its weights have had."""
        ...


class Student(Protocol):
    """A model that learns, and plays."""

    @property
    def policy(self) -> Versioned:
        """What plays it."""
        ...

    def learn(self, rows: Sequence[Row]) -> dict[str, float]:
        """One update on these rows; without any nothing changes."""
        ...

    def state_dict(self) -> dict[str, Any]:
        """All that an exact continuation needs."""
        ...

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from there."""
        ...


class Checkpoints(Protocol):
    """Where a side keeps its state: the last one whole, whatever happens."""

    def save(self, state: Mapping[str, Any]) -> None:
        """Keep the state in the place of the one before; all or nothing."""
        ...

    def load(self) -> dict[str, Any] | None:
        """The last state, or None."""
        ...


class Lag(Record, frozen=True, kw_only=True):
    """How many versions a worker's trajectory was behind the weights that it was to train."""

    step: int
    batch: int
    query: str
    rollout: int
    invocation: int
    version: int
    lag: int


class WorkerSide:
    """The workers' side of a decoupled run; it answers as a `Desk` and trains by `step`.

    `generate`, `begin` and `finish` may be called by another thread than `step`.
    """

    def __init__(
        self,
        config: Config,
        student: Student,
        answering: Answering,
        store: Store,
        cache: Cache,
        checkpoints: Checkpoints,
        *,
        log: Callable[[int, Mapping[str, float], Sequence[Lag]], None] = lambda *_: None,
    ) -> None:
        """Go on from the last checkpoint, or begin; `log` gets every step's metrics and lags.

        Raises SettingError for a mode that needs weights apart, StoreError for a checkpoint that
        the store is ahead of.
        """
        if config.sync != "sync" and not answering.apart:
            raise bad_setting("sync", config.sync, "sync where the weights that answer are trained")
        self.config = trained_config(config)
        self._student, self._answering, self._store = student, answering, store
        self._cache, self._checkpoints, self._log = cache, checkpoints, log
        self._lock = threading.RLock()
        self._steps = 0
        self._playing = -1
        self._batches: int | None = None
        self._resume()

    @property
    def steps(self) -> int:
        """How many batches have been used up."""
        return self._steps

    @property
    def over(self) -> bool:
        """Whether the planner's side has finished and all its batches have been used up."""
        return self._batches is not None and self._steps >= self._batches

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling, *, keep: int) -> Messages:
        """Messages of the weights that play batch `keep`; they are kept before they are sent.

        A negative batch (an evaluation) keeps nothing.
        """
        with self._lock:
            if keep > self._playing:
                self._open(keep)
            sampled = self._answering.generate(prompts, sampling)
            version = self._answering.version
            if keep >= 0:
                self._cache.keep(keep, prompts, sampled, version)
            return Messages(sampled=tuple(sampled), version=version)

    def release(self, contexts: Sequence[str]) -> None:
        """Forget what is computed of these contexts; their tokens stay."""
        with self._lock:
            self._answering.release(contexts)

    def begin(self, batch: int) -> int:
        """The version that plays the batch, -1 while batches before it must still be used up.

        sync waits for all of them, delay-1 for all but the last one, async for none. Raises
        SettingError for a batch that has been used up: the planner's side went back too far.
        """
        with self._lock:
            if batch < 0:
                return self._answering.version
            if batch < self._steps:
                raise bad_setting(
                    "batch",
                    batch,
                    f"at least {self._steps}: the earlier ones are trained on, so that the "
                    f"planner's side is at an older checkpoint than its store; begin a new run",
                )
            self._playing = max(batch - 1, self._playing)  # all before it have been played
            waits = {"sync": batch, "delay-1": batch - 1, "async": 0}[self.config.sync]
            if self._steps < waits:
                return -1
            self._open(batch)
            return self._answering.version

    def finish(self, batches: int) -> int:
        """The version in the end, -1 while some of the batches are not used up yet."""
        with self._lock:
            self._batches = batches
            return self._answering.version if self.over else -1

    def step(self) -> bool:
        """Use up the next batch that may be; False if there is none now."""
        batch = self._next()
        if batch is not None and not self._may(batch):
            return False
        ready = self._store.lease(OWNER, batch)
        if not ready:
            return False
        with self._turn():
            self._trained(ready)
        return True

    def _next(self) -> int | None:
        """The batch that must come next; None where any may."""
        return None if self.config.sync == "async" else self._steps

    def _may(self, batch: int) -> bool:
        """With a delay, a batch is trained on only while the next one is played, or at the end."""
        with self._lock:
            finished = self._batches is not None
            return self.config.sync == "sync" or finished or batch < self._playing

    def _turn(self) -> AbstractContextManager[Any]:
        """Nothing is answered while the weights that answer are trained."""
        return nullcontext() if self._answering.apart else self._lock

    def _open(self, batch: int) -> None:
        """Let the newest weights play a batch."""
        if batch > self._playing and self.config.sync == "delay-1":
            self._answering.publish()
        self._playing = max(batch, self._playing)

    def _trained(self, ready: Sequence[Ready]) -> None:
        """One step: drop what is too old, learn from the rest, save, ack."""
        batch, before = ready[0].done.batch, self._student.policy.version
        fresh, stale = divided(ready, before, self.config)
        held = self._cache.trajectories(batch)
        groups = [rebuilt(group, held, self.config) for group in fresh]
        key = (self.config.seed, "credit", batch)
        rows, watched = credit.rows([each.group for each in groups], self.config, key)
        own = [row for row in rows if row.trajectory.policy == WORKER]
        learned = self._student.learn(own)
        lags = lags_of(fresh, self._steps, before)
        ack = Ack(
            step=self._steps,
            batch=batch,
            consumed=tuple(group.done.query for group in fresh),
            dropped=tuple(group.done.query for group in stale),
            version=self._student.policy.version,
        )
        with self._lock:
            self._steps += 1
            if self.config.sync != "delay-1" or self._batches is not None:
                self._answering.publish()
            self._save(ack)
        self._close(ack)
        self._log(ack.step, measured(groups, stale, lags) | _of_workers(watched) | learned, lags)

    def _save(self, ack: Ack) -> None:
        self._checkpoints.save(
            {
                "ack": msgspec.to_builtins(ack),
                "playing": self._playing,
                "student": self._student.state_dict(),
                "answering": self._answering.state_dict(),
            }
        )

    def _close(self, ack: Ack) -> None:
        """What may be repeated after a crash: the ack, and forgetting what it closed."""
        self._store.ack(OWNER, ack)
        self._cache.forget(ack.batch)

    def _resume(self) -> None:
        state = self._checkpoints.load()
        self._store.release(OWNER)
        if state is not None:
            ack = msgspec.convert(state["ack"], Ack)
            self._steps, self._playing = ack.step + 1, state["playing"]
            self._student.load_state_dict(state["student"])
            self._answering.load_state_dict(state["answering"])
            self._close(ack)
        last = self._store.last_ack()
        if last is not None and last.step >= self._steps:
            raise StoreError(
                f"The store knows of {last.step + 1} steps of the workers' trainer, its checkpoint "
                f"of {self._steps}: the checkpoint is lost or of another run. Begin a new run in "
                f"another folder."
            )


def trained_config(config: Config) -> Config:
    """The config that the workers train by: running freely needs truncated importance weights."""
    if config.sync != "async" or config.importance_cap is not None:
        return config
    return replace(config, importance_cap=IMPORTANCE_CAP)


def divided(
    ready: Sequence[Ready], version: int, config: Config
) -> tuple[list[Ready], list[Ready]]:
    """Groups to train on and groups to drop: in the async mode those behind by more than allowed.

    The order stays. In the other modes the lag is at most one by construction.
    """
    bound = config.max_staleness if config.sync == "async" else None
    fresh = [group for group in ready if bound is None or group.lag(version) <= bound]
    return fresh, [group for group in ready if group not in fresh]


def lags_of(ready: Sequence[Ready], step: int, version: int) -> list[Lag]:
    """The lag of every worker's record that is trained on."""
    return [
        Lag(
            step=step,
            batch=group.done.batch,
            query=group.done.query,
            rollout=part.rollout,
            invocation=part.invocation,
            version=part.policy_version,
            lag=version - part.policy_version,
        )
        for group in ready
        for part in group.workers
    ]


def measured(
    groups: Sequence[Rebuilt], stale: Sequence[Ready], lags: Sequence[Lag]
) -> dict[str, float]:
    """What a step used: groups, records, lost ones, and their lags."""
    found = [entry.lag for entry in lags]
    return {
        "store/groups": float(len(groups)),
        "store/dropped": float(len(stale)),
        "store/records": float(len(lags)),
        "store/lost": float(sum(each.lost for each in groups)),
        "store/rollouts": float(sum(len(each.group.rollouts) for each in groups)),
        "store/aborted": float(sum(each.aborted for each in groups)),
        "store/lag": sum(found) / len(found) if found else 0.0,
        "store/lag_max": float(max(found, default=0)),
    }


def _of_workers(metrics: Mapping[str, float]) -> dict[str, float]:
    """What of a batch's metrics is true at this side, where planners have no tokens."""
    kept = ("acc", "zero_variance", "groups/used", "groups/too_small")
    return {
        name: value
        for name, value in metrics.items()
        if name.startswith(f"{WORKER}/") or name in kept
    }
