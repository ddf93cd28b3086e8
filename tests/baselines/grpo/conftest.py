"""Runs small enough for tests: a few questions, a few steps, one cold start for all of a game."""

import pytest

SMALL = {
    "demonstrations": 60,
    "sft_steps": 60,
    "sft_batch_tokens": 1536,
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
