"""A store of each kind on a clock that tests move, and records to put into it."""

import copy
import math
from types import SimpleNamespace

import msgspec
import pytest

from baselines.grpo.config import Config
from baselines.grpo.decoupled.answering import Apart, InTurn
from baselines.grpo.decoupled.cache import Cache
from baselines.grpo.decoupled.planner_side import InProcess, PlannerSide
from baselines.grpo.decoupled.sqlite_store import SqliteStore
from baselines.grpo.decoupled.store import GroupDone, Outcome, WorkerOutcome
from baselines.grpo.decoupled.worker_side import WorkerSide
from baselines.grpo.policy import Prompt, Sampled, Sampling
from baselines.grpo.records import Group, Query, Rollout, Trajectory
from baselines.grpo.rewards import mgrpo_worker

LEASE = 60.0
NAN = float("nan")


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


class Model:
    """Weights: one number."""

    def __init__(self):
        self.weight = 0.0

    def state_dict(self):
        return {"weight": self.weight}

    def load_state_dict(self, state):
        self.weight = state["weight"]


class Player:
    """A policy whose messages hang on its weight and on what was read, and on nothing else."""

    def __init__(self, name):
        self.name, self.version, self.model = name, 0, Model()

    def generate(self, prompts, sampling):
        return [self._said(prompt) for prompt in prompts]

    def release(self, contexts):
        pass

    def _said(self, prompt):
        token = 100 + (sum(prompt.token_ids) + round(1000 * self.model.weight)) % 50
        return Sampled(token_ids=(token, 9), logprobs=(-0.5, -0.25), finish="stop")


class Pupil:
    """A student that notes what it was taught; its weight is a sum over all rows."""

    def __init__(self, name):
        self.policy, self.taught = Player(name), []

    def learn(self, rows):
        self.taught.append(tuple(rows))
        if not rows:
            return {}
        moved = [
            row.coef * row.trajectory.advantage * sum(row.trajectory.token_ids) for row in rows
        ]
        self.policy.model.weight += math.fsum(moved)
        self.policy.version += 1
        return {f"{self.policy.name}/moved": math.fsum(moved)}

    def state_dict(self):
        return {"version": self.policy.version, "weight": self.policy.model.weight}

    def load_state_dict(self, state):
        self.policy.version, self.policy.model.weight = state["version"], state["weight"]


class Shelf:
    """Checkpoints in memory; `crash` makes the next one fail before or after it is kept."""

    def __init__(self):
        self.state, self.crash = None, None

    def save(self, state):
        if self.crash == "before":
            raise KilledError
        self.state = copy.deepcopy(dict(state))
        if self.crash == "after":
            raise KilledError

    def load(self):
        return copy.deepcopy(self.state)


class KilledError(Exception):
    """Stands for the end of a process."""


class Course:
    """A curriculum that asks the same two questions every time."""

    def __init__(self):
        self.batches = 0

    def queries(self, update, progress=None, after=()):
        return tuple(Query(world="w", task=f"t{place}", seed=5) for place in range(2))

    def seen(self, groups):
        self.batches += 1

    def state_dict(self):
        return {"batches": self.batches}

    def load_state_dict(self, state):
        self.batches = state["batches"]


class Game:
    """An engine whose rollouts have as many workers as `workers` says, each with two messages."""

    def __init__(self, workers_policy, workers=(2, 0, 1, 3), broken=()):
        self.policy, self.workers, self.broken = workers_policy, workers, broken
        self.crash = False

    def groups(self, queries, key):
        return [
            Group(
                query=query,
                rollouts=tuple(self._rollout(query, i, key) for i in range(len(self.workers))),
            )
            for query in queries
        ]

    def _rollout(self, query, index, key):
        name = f"{query.id}/{index}"
        workers = [self._worker(name, number, key) for number in range(self.workers[index])]
        planner = Trajectory(
            id=f"{name}/0",
            role="planner",
            token_ids=(1, 2, 50 + index, 9),
            prompt_len=2,
            loss_mask=(0, 0, 1, 1),
            logprobs=(NAN, NAN, -0.5, -0.5),
            policy="planner",
        )
        if self.crash:
            raise KilledError
        status = "infra_error" if index in self.broken else "ok"
        return Rollout(
            query=query, index=index, planner=planner, workers=tuple(workers), status=status
        )

    def _worker(self, name, number, key):
        ids = [1, 10 + number, *(ord(letter) for letter in name)]
        mask, logprobs, opening, version = [0] * len(ids), [NAN] * len(ids), len(ids), None
        for turn in range(2):
            prompt = Prompt(
                context=f"{name}/{number}",
                token_ids=tuple(ids),
                key=(*key, name, number, turn),
                limit=4,
                stops=(9,),
            )
            (said,) = self.policy.generate([prompt], Sampling())
            version = self.policy.version if version is None else version
            ids += [*said.token_ids, 7]
            mask += [1, 1, 0]
            logprobs += [*said.logprobs, NAN]
        return Trajectory(
            id=f"{name}/{number + 1}",
            role="worker",
            token_ids=tuple(ids[:-1]),
            prompt_len=opening,
            loss_mask=tuple(mask[:-1]),
            logprobs=tuple(logprobs[:-1]),
            parent=f"{name}/0",
            invocation=number,
            policy="worker",
            policy_version=version,
        )


def judged(rollout):
    """The rollout scored: every other one is right; a worker's work is as good as its number."""
    acc = float(rollout.index % 2)
    planner = msgspec.structs.replace(
        rollout.planner, components={"answer": acc, "format": 1.0}, reward=0.1 + 0.9 * acc
    )
    workers = [
        msgspec.structs.replace(
            one,
            components={"answer": acc, "expert": one.invocation / 4},
            reward=mgrpo_worker(True, acc, one.invocation / 4),
        )
        for one in rollout.workers
    ]
    return msgspec.structs.replace(rollout, acc=acc, planner=planner, workers=tuple(workers))


class Pair:
    """Both sides of a run on one store in one process, either of which can die and come back."""

    def __init__(self, folder, config, store, broken=()):
        self.folder, self.config, self.store, self.broken = folder, config, store, broken
        self.shelves = {"planner": Shelf(), "worker": Shelf()}
        self.metrics, self.lags, self.opened = [], [], []
        self.start_worker()
        self.start_planner()

    def start_worker(self):
        self.worker_student = Pupil("worker")
        trained = self.worker_student.policy
        answering = (
            InTurn(trained) if self.config.sync == "sync" else Apart(trained, Player("worker"))
        )
        self.cache = Cache(self.folder / "cache.db")
        self.opened.append(self.cache)
        self.worker = WorkerSide(
            self.config,
            self.worker_student,
            answering,
            self.store,
            self.cache,
            self.shelves["worker"],
            log=self._log,
        )
        if hasattr(self, "policy"):
            self.policy._side = self.worker

    def start_planner(self):
        self.policy = InProcess(self.worker)
        self.planner_student = Pupil("planner")
        self.engine = Game(self.policy, broken=self.broken)
        self.planner = PlannerSide(
            self.config,
            self.planner_student,
            self.engine,
            self.policy,
            self.store,
            (Course(), judged),
            (self.shelves["planner"], self.folder),
        )

    def run(self, updates):
        while self.planner.updates < updates:
            self.planner.update()
        self.planner.finish()
        return self

    @property
    def weights(self):
        students = (self.planner_student, self.worker_student)
        return tuple(student.policy.model.weight for student in students)

    def close(self):
        for cache in self.opened:
            cache.close()

    def _log(self, step, metrics, lags):
        self.metrics.append(metrics)
        self.lags += lags


@pytest.fixture(scope="session")
def killed():
    """What is raised in the place of a process's end."""
    return KilledError


@pytest.fixture
def pair(tmp_path):
    """Makes a pair of sides for a configuration."""
    made = []

    def make(store=None, name="pair", broken=(), **settings):
        fields = {"reward": "mgrpo", "credit": "own", "aggregation": "trajectory-mean"}
        config = Config(**{**fields, "worker_model": "tiny", **settings})
        store = store or SqliteStore(tmp_path / f"{name}.db", "run")
        folder = tmp_path / name
        made.append(Pair(folder, config, store, broken))
        return made[-1]

    yield make
    for each in made:
        each.close()
        each.store.close()
