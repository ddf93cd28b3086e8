"""Each side as a process: opened from the folder of a run, run to its end.

In the run's folder, `cold/` holds the models as they begin, `planner/` and `worker/` what each side
keeps for itself (checkpoint, metrics; the worker's tokens and lags), `store.db` what they share.
"""

import copy
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import torch

from baselines import origin
from baselines.grpo.budget import Budget
from baselines.grpo.checkpoint import LAST, read_state, write_state
from baselines.grpo.cold.worlds import Worlds
from baselines.grpo.config import Config
from baselines.grpo.curriculum import Curriculum
from baselines.grpo.decoupled.answering import Answering, Apart, InTurn
from baselines.grpo.decoupled.cache import Cache
from baselines.grpo.decoupled.planner_side import PlannerSide
from baselines.grpo.decoupled.sqlite_store import SqliteStore
from baselines.grpo.decoupled.store import Store, backend
from baselines.grpo.decoupled.updating import all_updates
from baselines.grpo.decoupled.wire import RemotePolicy, Server
from baselines.grpo.decoupled.worker_side import Lag, WorkerSide, trained_config
from baselines.grpo.evaluate import Evaluated, chosen, evaluate
from baselines.grpo.local import LocalPolicy
from baselines.grpo.model import hush, load_model, save_model
from baselines.grpo.places import BEFORE, COLD, MODELS
from baselines.grpo.policy import Policy
from baselines.grpo.presets import as_data
from baselines.grpo.records import PLANNER, WORKER, Rollout
from baselines.grpo.rewards import scored
from baselines.grpo.rollouts import Engine
from baselines.grpo.scale import LocalEngine
from baselines.grpo.show import metrics, report, results
from baselines.grpo.show.metrics import Recorder
from baselines.grpo.show.results import Result
from baselines.grpo.students import Student, make_students
from baselines.grpo.tokens import Tokens
from baselines.show.evaluation import Evaluation
from webenvs.bench.report import put
from webenvs.errors import bad_setting
from webenvs.records import Record

LAGS = "lags.jsonl"
STORE = "store.db"
RUN_ID = "run.id"
_PAUSE = 0.02


class Site(Record, frozen=True, kw_only=True):
    """Where a decoupled run lives: its folder, its store, and how its sides find each other.

    `patience` is how long (s) the planner's side waits for a workers' side that is away.
    """

    folder: Path
    store: str = "sqlite"
    ray_address: str | None = None
    listen: tuple[str, int] = ("127.0.0.1", 0)
    patience: float = 120.0


@dataclass(frozen=True)
class FileCheckpoints:
    """The state of a side in one file, written aside and renamed."""

    file: Path

    def save(self, state: Mapping[str, Any]) -> None:
        """Keep the state in the place of the one before; raises CheckpointError on a full disk."""
        write_state(self.file, state)

    def load(self) -> dict[str, Any] | None:
        """The last state, or None; raises CheckpointError if it is damaged."""
        return read_state(self.file) if self.file.exists() else None


def check_decoupled(config: Config) -> Config:
    """The config itself if it can be trained in two processes; else SettingError."""
    if config.worker_model is None:
        raise bad_setting("worker_model", None, "a model: two trainers train two models")
    if config.served:
        raise bad_setting("served", config.served, "none: each side plays its own model")
    if config.ray:
        raise bad_setting("ray", config.ray, "0: the planner's side plays in one process")
    return config


def run_id(folder: Path) -> str:
    """What a run is called in a store: the place where it began, wherever its folder is now.

    A folder that was copied to another machine, or moved, still belongs to the same run.
    """
    place = folder / RUN_ID
    if not place.exists():
        put(place, str(folder.resolve()))
    return place.read_text(encoding="utf-8")


def opened_store(site: Site) -> Store:
    """The store of the run; raises StoreError where it cannot be had."""
    run = run_id(site.folder)
    if backend(site.store) == "sqlite":
        return SqliteStore(site.folder / STORE, run)
    from baselines.grpo.decoupled.ray_store import RayStore, connected

    connected(site.ray_address)
    return RayStore(run, path=str((site.folder / STORE).resolve()))


def run_worker(config: Config, site: Site) -> int:
    """The workers' side from its last checkpoint to the end; returns how many batches it used."""
    config = trained_config(check_decoupled(config))
    own = site.folder / WORKER
    student, tokens = _student(WORKER, config, site)
    store, cache = opened_store(site), Cache(own / "cache.db")
    recorder: list[Recorder] = []

    def log(step: int, found: Mapping[str, float], lags: Sequence[Lag]) -> None:
        recorder[0].log(step + 1, found)
        with (own / LAGS).open("ab") as file:
            file.writelines(msgspec.json.encode(lag) + b"\n" for lag in lags)

    side = WorkerSide(
        config,
        student,
        _answering(config, student, tokens),
        store,
        cache,
        FileCheckpoints(own / LAST),
        log=log,
    )
    recorder.append(Recorder(own, resumed=side.steps or None))
    server = Server(side, own, site.listen)
    while not (side.over and server.idle):
        if not side.step():
            time.sleep(_PAUSE)
    server.stop()
    save_model(student.policy.model, tokens.tokenizer, site.folder / MODELS / WORKER)
    recorder[0].close()
    cache.close()
    store.close()
    return side.steps


def run_planner(config: Config, site: Site, used: float, say: Callable[[str], None]) -> Result:
    """The planner's side from its last checkpoint to the end; returns what was reached.

    `used` seconds of `config.minutes` are over already; `say` gets a line every few updates.
    """
    check_decoupled(config)
    budget = Budget(config.minutes, used)
    student, tokens = _student(PLANNER, config, site)
    worlds = Worlds(config)
    workers = RemotePolicy(site.folder / WORKER, patience=site.patience)
    policies: dict[str, Policy] = {PLANNER: student.policy, WORKER: workers}
    engine = LocalEngine(Engine(worlds, tokens, policies, config), config)
    store = opened_store(site)

    def score(one: Rollout) -> Rollout:
        return scored(one, worlds.task(one.query), config)

    side = PlannerSide(
        config,
        student,
        engine,
        workers,
        store,
        (Curriculum(config, worlds.queries("train")), score),
        (FileCheckpoints(site.folder / PLANNER / LAST), site.folder / PLANNER),
    )

    def evaluated() -> Evaluated:
        queries = chosen(worlds.queries("heldout"), config.eval_tasks)
        return side.evaluated(lambda: evaluate(engine, worlds, queries, config))

    with Recorder(site.folder, resumed=side.updates or None) as recorder:
        before = _before(site.folder, recorder, evaluated)
        sampled = sum(value for _, value in metrics.read(site.folder).series("tokens/sampled"))
        stopped = all_updates(side, engine, recorder, budget, evaluated, say, int(sampled))
        side.finish()
        after = evaluated()
        recorder.evaluation(side.updates, after.metrics)
    workers.close()
    store.close()
    save_model(student.policy.model, tokens.tokenizer, site.folder / MODELS / PLANNER)
    return _result(config, site.folder, side.updates, (before, after.evaluation), budget, stopped)


def _before(folder: Path, recorder: Recorder, evaluated: Callable[[], Evaluated]) -> Evaluation:
    """The evaluation of the cold start: made once, then kept."""
    place = folder / BEFORE
    if place.exists():
        return results.evaluation(place)
    found = evaluated()
    put(place, msgspec.json.encode(found.evaluation).decode())
    recorder.evaluation(0, found.metrics)
    return found.evaluation


def _result(
    config: Config,
    folder: Path,
    updates: int,
    found: tuple[Evaluation, Evaluation],
    budget: Budget,
    stopped: str,
) -> Result:
    sampled = metrics.read(folder).series("tokens/sampled")
    result = Result(
        config=as_data(config),
        before=found[0],
        after=found[1],
        updates=updates,
        tokens=int(sum(value for _, value in sampled)),
        minutes=budget.used / 60,
        commit=origin.commit(),
        command=f"python -m baselines.grpo.decoupled.run --out {folder}",
        hardware=origin.hardware(config.device),
        stopped=stopped,
    )
    results.save(result, folder)
    report.write(folder)
    return result


def _student(name: str, config: Config, site: Site) -> tuple[Student, Tokens]:
    """The student of a policy as its cold start left it, and the tokens of the run."""
    hush()
    torch.set_num_threads(config.threads)
    place = site.folder / COLD / name
    tokens = Tokens.load(place)
    models = {name: load_model(place, config)}
    return make_students(models, tokens.pad, config)[name], tokens


def _answering(config: Config, student: Student, tokens: Tokens) -> Answering:
    """The weights that answer: those that are trained, or where both go on at once a copy."""
    if config.sync == "sync":
        return InTurn(student.policy)
    copied = copy.deepcopy(student.policy.model)
    return Apart(student.policy, LocalPolicy(copied, tokens.pad, name=WORKER))
