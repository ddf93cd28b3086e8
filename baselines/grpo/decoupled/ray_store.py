"""The store in a named Ray actor: both trainers find it by the run's name; extra `ray`."""

import logging
import time
from collections.abc import Callable, Sequence
from typing import Any

from baselines.grpo.decoupled.sqlite_store import MEMORY, SqliteStore
from baselines.grpo.decoupled.store import Ack, Committed, Ready, StoreError, StoreLostError
from webenvs.errors import SettingError

NAMESPACE = "webenvs-grpo"


class RayStore:
    """The store of a run behind an actor that outlives its drivers; `Store` says what calls do.

    The actor keeps SQLite in memory, or in `path` if a file is given: then even the actor's own
    death loses nothing. Ray must be connected (`ray.init`) before.
    """

    def __init__(
        self,
        run: str,
        *,
        path: str = MEMORY,
        lease_seconds: float = 600.0,
        wait_seconds: float = 60.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Find the run's actor or make it; raises StoreLostError if Ray is not connected."""
        self.run, self._clock, self._wait_seconds = run, clock, wait_seconds
        self._ray = _ray()
        if not self._ray.is_initialized():
            raise StoreLostError(
                "Ray is not connected: call ray.init(address=...) before the store."
            )
        self._actor = (
            self._ray.remote(_Keeper)
            .options(
                name=f"store/{run}",
                namespace=NAMESPACE,
                get_if_exists=True,
                lifetime="detached",
                max_restarts=-1,
                num_cpus=0,
            )
            .remote(path, run, lease_seconds)
        )

    def commit(self, records: Sequence[Committed]) -> int:
        """Keep all records or none; returns how many were new."""
        return int(self._asked("commit", list(records)))

    def lease(self, owner: str, batch: int | None = None) -> tuple[Ready, ...]:
        """The groups of a complete batch, by place; () if there is none for this owner."""
        return tuple(self._asked("lease", owner, batch))

    def release(self, owner: str) -> int:
        """End all leases of an owner; returns of how many groups."""
        return int(self._asked("release", owner))

    def ack(self, owner: str, record: Ack) -> bool:
        """Close groups for good; False if this step was acked before."""
        return bool(self._asked("ack", owner, record))

    def last_ack(self) -> Ack | None:
        """The ack of the highest step, or None."""
        found: Ack | None = self._asked("last_ack")
        return found

    def counts(self) -> dict[str, int]:
        """How much there is of everything; see `Store`."""
        return dict(self._asked("counts"))

    def close(self) -> None:
        """Let go of the actor, which stays."""

    def remove(self) -> None:
        """End the actor; what it kept in memory is gone."""
        self._ray.kill(self._actor)

    def _asked(self, call: str, *values: object) -> Any:
        errors = self._ray.exceptions
        try:
            answer = self._actor.ask.remote(call, values, self._clock())
            return _opened(self._ray.get(answer, timeout=self._wait_seconds))
        except (errors.RayActorError, errors.GetTimeoutError) as error:
            raise StoreLostError(
                f"The store of run {self.run!r} does not answer: {type(error).__name__}. Repeat "
                f"the call; if it was kept in memory and died, restart the run."
            ) from error


def connected(address: str | None) -> str:
    """Connect to Ray, or start one of our own for None; its address, for other processes.

    Raises StoreLostError where there is none.
    """
    ray = _ray()
    try:
        if not ray.is_initialized():
            dashboard = {} if address else {"include_dashboard": False}
            ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR, **dashboard)
    except (ConnectionError, ValueError) as error:
        raise StoreLostError(f"There is no Ray at {address!r}: {error}.") from error
    return str(ray.get_runtime_context().gcs_address)


class _Keeper:
    """What runs in the actor: SQLite, and the time as the caller told it."""

    def __init__(self, path: str, run: str, lease_seconds: float) -> None:
        self._now = 0.0
        self._store = SqliteStore(path, run, lease_seconds=lease_seconds, clock=self._told)

    def ask(self, call: str, values: tuple[Any, ...], now: float) -> tuple[str, Any]:
        """("ok", answer), or ("error", the exception): an actor's errors would lose their type."""
        self._now = now
        try:
            return ("ok", getattr(self._store, call)(*values))
        except (StoreError, SettingError) as error:
            return ("error", error)

    def _told(self) -> float:
        return self._now


def _opened(answer: tuple[str, Any]) -> Any:
    kind, value = answer
    if kind == "error":
        raise value
    return value


def _ray() -> Any:
    try:
        import ray
    except ImportError as error:
        raise StoreLostError("The Ray store needs Ray: pip install 'webenvs[ray]'.") from error
    return ray
