"""Two processes with two tiny models train as one process would, even if one of them is killed."""

import json
import os
import signal
import sqlite3
import threading
import time
from pathlib import Path

import pytest
from safetensors.torch import load_file

from baselines.grpo.decoupled.run import Sides, begun, commands, prepared
from baselines.grpo.decoupled.running import Site
from baselines.grpo.decoupled.sqlite_store import SqliteStore
from baselines.grpo.presets import config_from

pytestmark = pytest.mark.slow

POLICIES = ("planner", "worker")
SMALL = {
    "demonstrations": 24,
    "sft_steps": 40,
    "sft_batch_tokens": 1536,
    "train_worlds": 1,
    "heldout_worlds": 1,
    "tasks_per_world": 24,
    "hops": (2, 2),
    "settings": {"turns": 4},
    "system": {"planner": "", "worker": ""},
    "context": 384,
    "max_new_tokens": 24,
    "queries": 2,
    "group": 3,
    "chunk": 6,
    "eval_tasks": 1,
    "eval_every": 0,
    "updates": 2,
    "entropy": 0.01,  # so that rows without an advantage move weights too
    "lr": 1e-3,
    "seed": 3,
}


def config_in(folder, **fields):
    return config_from("mgrpo-paper", {**SMALL, **fields, "out": str(folder)})


def weights(folder, policy):
    return load_file(Path(folder) / "models" / policy / "model.safetensors")


def steps(folder):
    lines = (folder / "worker" / "metrics.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines if json.loads(line)["kind"] == "train"]


@pytest.fixture(scope="module")
def cold(tmp_path_factory):
    """A run that made only its cold start."""
    folder = tmp_path_factory.mktemp("cold") / "run"
    prepared(begun(config_in(folder), resume=False), folder, quiet=True)
    return folder


@pytest.fixture(scope="module")
def alone(cold, tmp_path_factory):
    """The folder of the same training in one process, by the ordinary command."""
    from baselines.grpo.train import Wishes, run

    folder = tmp_path_factory.mktemp("alone") / "run"
    run(config_in(folder, init=str(cold)), Wishes(quiet=True))
    return folder


def apart(cold, folder, kill=None):
    """The same training in two processes; `kill` is called with the sides as they begin."""
    config = begun(config_in(folder, init=str(cold)), resume=False)
    prepared(config, folder, quiet=True)
    sides = Sides(commands(Site(folder=folder), quiet=True), restarts=2)
    if kill is not None:
        killer = threading.Thread(target=kill, args=(sides, folder))
        killer.start()
        sides.run()
        killer.join()
        assert sides.restarted == {"worker": 1, "planner": 0}
    else:
        sides.run()
    return folder


@pytest.fixture(scope="module")
def together(cold, tmp_path_factory):
    return apart(cold, tmp_path_factory.mktemp("apart") / "run")


@pytest.mark.parametrize("policy", POLICIES)
def test_two_processes_leave_the_weights_of_one(alone, together, policy):
    one, two = weights(alone, policy), weights(together, policy)
    assert [name for name in one if not one[name].equal(two[name])] == []


@pytest.mark.parametrize("policy", POLICIES)
def test_both_models_have_moved(cold, together, policy):
    before = load_file(cold / "cold" / policy / "model.safetensors")
    after = weights(together, policy)
    assert [name for name in before if not before[name].equal(after[name])]


def test_no_token_is_in_the_store(together):
    database = sqlite3.connect(together / "store.db")
    columns = [row[1] for row in database.execute("PRAGMA table_info(records)")]
    bodies = [json.loads(row[0]) for row in database.execute("SELECT body FROM records")]
    database.close()
    assert "tokens" not in columns
    assert not [name for body in bodies for name in body if name in ("token_ids", "logprobs")]


def killed_after_the_first_step(sides, folder):
    until = time.monotonic() + 300
    while time.monotonic() < until:
        if (folder / "worker" / "metrics.jsonl").exists() and steps(folder):
            os.kill(sides.running["worker"].pid, signal.SIGKILL)
            return
        time.sleep(0.02)


@pytest.fixture(scope="module")
def hurt(cold, tmp_path_factory):
    folder = tmp_path_factory.mktemp("hurt") / "run"
    return apart(cold, folder, killed_after_the_first_step)


def test_a_killed_workers_side_is_started_again_and_nothing_is_counted_twice(hurt):
    store = SqliteStore(hurt / "store.db", str(hurt.resolve()))
    counts = store.counts()
    store.close()
    assert (counts["groups"], counts["acked"], counts["conflicts"]) == (4, 4, 0)


def test_a_killed_workers_side_loses_no_trajectory(hurt):
    found = steps(hurt)
    assert [line["update"] for line in found] == [1, 2]
    assert [line["metrics"]["store/lost"] for line in found] == [0, 0]


@pytest.mark.parametrize("policy", POLICIES)
def test_a_killed_workers_side_changes_no_weight_by_more_than_rounding(alone, hurt, policy):
    one, two = weights(alone, policy), weights(hurt, policy)
    assert max(float((one[name] - two[name]).abs().max()) for name in one) < 1e-4
