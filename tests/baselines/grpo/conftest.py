"""Runs small enough for tests: a few questions, a few steps, one cold start for all of a game."""

import logging
import warnings

import pytest

SMALL = {
    "demonstrations": 60,
    "sft_steps": 40,
    "sft_batch_tokens": 1024,
    "train_worlds": 1,
    "heldout_worlds": 1,
    "tasks_per_world": 8,
    "hops": (2, 2),
    "settings": {"turns": 4},
    "system": {"researcher": "", "planner": "", "worker": ""},
    "context": 512,
    "max_new_tokens": 24,
    "queries": 2,
    "group": 2,
    "chunk": 8,
    "eval_tasks": 4,
    "updates": 2,
    "zero_variance": "keep",
    "entropy": 0.01,  # so that rows without an advantage move weights too
    "lr": 1e-3,
    "seed": 3,
}


@pytest.fixture(scope="session")
def small():
    """Fields of a run that takes seconds."""
    return dict(SMALL)


@pytest.fixture(scope="session")
def cold(tmp_path_factory):
    """The folder of a run that made only its cold start, by game."""
    from baselines.grpo.presets import config_from
    from baselines.grpo.train import Wishes, run

    made = {}

    def of(game):
        if game not in made:
            out = tmp_path_factory.mktemp("cold") / game
            preset = {"solo": "grpo-solo", "team": "matpo-paper"}[game]
            run(config_from(preset, {**SMALL, "updates": 0, "out": str(out)}), Wishes(quiet=True))
            made[game] = str(out)
        return made[game]

    return of


@pytest.fixture(scope="session")
def ray_cluster():
    """A Ray on this machine, two processes at most, that nobody else can reach; one for all tests.

    It warns of sockets and of its own future, which is not ours to cure.
    """
    ray = pytest.importorskip("ray")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_AUTH_MODE", "disabled")
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_memory_monitor_refresh_ms", "0")  # others fill this machine's memory
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ray.init(
                num_cpus=2,
                include_dashboard=False,
                object_store_memory=150_000_000,
                logging_level=logging.ERROR,
                log_to_driver=False,
            )
        yield ray
        ray.shutdown()
