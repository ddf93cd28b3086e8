"""A store of each kind on a clock that tests move, and records to put into it."""

from types import SimpleNamespace

import pytest

from baselines.grpo.decoupled.sqlite_store import SqliteStore
from baselines.grpo.decoupled.store import GroupDone, Outcome, WorkerOutcome

LEASE = 60.0


class Clock:
    """Seconds that pass only when a test says so."""

    def __init__(self):
        self.now = 1_000_000.0

    def __call__(self):
        return self.now


class Opener:
    """Opens the store of a run again and again, as a process that comes back would."""

    def __init__(self, kind, folder, clock):
        self.kind, self.folder, self.clock, self.opened = kind, folder, clock, []

    def __call__(self, run="run"):
        if self.kind == "ray":
            from baselines.grpo.decoupled.ray_store import RayStore

            name = f"{self.folder.name}-{run}"
            store = RayStore(name, lease_seconds=LEASE, clock=self.clock)
        else:
            path = self.folder / "store.db"
            store = SqliteStore(path, run, lease_seconds=LEASE, clock=self.clock)
        self.opened.append(store)
        return store

    def close(self):
        for store in self.opened:
            if self.kind == "ray":
                store.remove()
            store.close()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(params=["sqlite", pytest.param("ray", marks=pytest.mark.slow)])
def opener(request, tmp_path, clock):
    """Opens the store of a kind; what is opened again holds what was committed before."""
    if request.param == "ray":
        request.getfixturevalue("ray_cluster")
    opener = Opener(request.param, tmp_path, clock)
    yield opener
    opener.close()


@pytest.fixture
def store(opener):
    return opener()


@pytest.fixture(scope="session")
def ray_cluster():
    """A local cluster; it warns of sockets and of its own future, which is not ours to cure."""
    import logging
    import warnings

    ray = pytest.importorskip("ray")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ray.init(
            num_cpus=1,
            include_dashboard=False,
            logging_level=logging.ERROR,
            object_store_memory=80_000_000,
        )
    yield ray
    ray.shutdown()


def outcome(query="q", rollout=0, workers=0, **fields):
    return Outcome(query=query, rollout=rollout, invocations=tuple(range(workers)), **fields)


def worker(query="q", rollout=0, invocation=0, **fields):
    fields.setdefault("trajectory", f"{query}/{rollout}/{invocation}")
    fields.setdefault("fingerprint", "0" * 16)
    return WorkerOutcome(query=query, rollout=rollout, invocation=invocation, **fields)


def done(query="q", valid=(0,), batch=0, place=0, of_groups=1, rollouts=None):
    began = rollouts if rollouts is not None else max(valid, default=0) + 1
    return GroupDone(
        query=query, batch=batch, place=place, of_groups=of_groups, rollouts=began, valid=valid
    )


def group(query="q", workers=(1, 2), **fields):
    """All records of a group whose rollouts have so many workers."""
    records = [done(query, tuple(range(len(workers))), **fields)]
    for rollout, number in enumerate(workers):
        records.append(outcome(query, rollout, number))
        records += [worker(query, rollout, invocation) for invocation in range(number)]
    return records


@pytest.fixture(scope="session")
def make():
    """The builders of records, by name."""
    return SimpleNamespace(outcome=outcome, worker=worker, done=done, group=group)
