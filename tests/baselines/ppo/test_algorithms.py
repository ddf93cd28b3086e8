"""Every algorithm learns the small game, repeats itself, and plays as before when loaded."""

import sys

import numpy as np
import pytest

import baselines.ppo
from baselines.ppo.algorithms import ALGORITHMS, RandomSlots, load, train
from webenvs.errors import SettingError, UnknownNameError

STEPS = {"torch-ppo": 2_000, "maskable-ppo": 2_000, "ppo": 4_000, "dqn": 1_200}
every = pytest.mark.parametrize("name", ALGORITHMS)


def share(policy, rows, right, steps=60):
    """How often a policy finds the slot that pays."""
    seen, masks = rows.reset()
    found = []
    for _ in range(steps):
        actions = policy(seen, masks)
        found += (actions == right(seen)).tolist()
        step = rows.step(actions)
        seen, masks = step.observations, step.masks
    return np.mean(found)


@pytest.mark.slow
@every
def test_it_finds_the_slot_that_pays(name, choices, right):
    policy = train(name, choices(games=8), steps=STEPS[name], seed=1)
    assert share(policy, choices(games=8, seed=99), right) > 0.8
    assert share(RandomSlots(), choices(games=8, seed=99), right) < 0.4


@every
def test_the_same_seed_plays_the_same(name, choices):
    one, same = (train(name, choices(), steps=300, seed=2) for _ in range(2))
    seen, masks = choices(games=32, seed=5).reset()
    assert np.array_equal(one(seen, masks), same(seen, masks))


@every
def test_a_loaded_policy_plays_as_before(name, choices, tmp_path):
    policy = train(name, choices(), steps=300, seed=2)
    policy.save(tmp_path / "policy")
    seen, masks = choices(games=32, seed=5).reset()
    assert np.array_equal(load(name, tmp_path / "policy")(seen, masks), policy(seen, masks))
    assert [path.name for path in tmp_path.iterdir()] == ["policy"]


@every
def test_a_file_that_is_no_policy_is_named(name, tmp_path):
    (tmp_path / "policy").write_bytes(b"something else")
    with pytest.raises(SettingError, match="policy"):
        load(name, tmp_path / "policy")


def test_the_steps_are_told_as_they_are_made(choices):
    told = []
    train("maskable-ppo", choices(), steps=256, seed=0, tell=told.append)
    assert told == list(range(4, 257, 4))


def test_an_algorithm_that_does_not_exist_is_named(choices):
    with pytest.raises(UnknownNameError, match="Did you mean 'maskable-ppo'"):
        train("maskable_ppo", choices(), steps=10, seed=0)


def test_random_slots_are_legal_and_have_a_seed(choices):
    seen, masks = choices(games=64).reset()
    one, same, other = (RandomSlots(seed)(seen, masks) for seed in (0, 0, 1))
    assert masks[np.arange(64), one].all()
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_without_stable_baselines3_the_extra_is_named(choices, monkeypatch):
    monkeypatch.delattr(baselines.ppo, "sb3", raising=False)
    monkeypatch.delitem(sys.modules, "baselines.ppo.sb3", raising=False)
    monkeypatch.setitem(sys.modules, "stable_baselines3", None)
    with pytest.raises(SettingError, match=r"pip install 'webenvs\[sb3\]'"):
        train("dqn", choices(), steps=10, seed=0)
