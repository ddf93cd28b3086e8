"""Saved, copied and vectorised: the features view goes on as it would have."""

import copy
import json
import pickle

import gymnasium as gym
import numpy as np
import pytest

from webenvs.catalog import ROWS
from webenvs.errors import SettingError

every_id = pytest.mark.parametrize("name", ROWS)
SETTINGS = {"plain": {}, "noisy": {"noise": "severe"}, "struct": {"codec": "struct"}}
every_setting = pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)


def half(env, masked):
    """Play four steps; returns the row that is seen then."""
    for _ in masked(env, 6, steps=4):
        pass
    return env._seen()


def on(env, seed=0):
    """Everything seen from here to the end of the episode."""
    chance = np.random.default_rng(seed)
    seen = []
    while not env.session.over:
        action = int(chance.choice(np.flatnonzero(env.action_masks())))
        row, reward, *_ = env.step(action)
        seen.append((row.tolist(), reward, env.candidates()))
    return seen


@every_id
@every_setting
def test_a_snapshot_restores_what_was_seen(name, settings, make, masked):
    env = make(name, **settings)
    row = half(env, masked)
    saved = json.loads(json.dumps(env.snapshot()))
    went = on(env)
    twin = make(name, **settings)
    twin.restore(saved)
    assert twin._seen().tolist() == row.tolist()
    assert on(twin) == went


@every_id
@pytest.mark.parametrize(
    "copied",
    [
        pytest.param(lambda env: env.fork(), id="fork"),
        pytest.param(lambda env: pickle.loads(pickle.dumps(env)), id="pickle"),
        pytest.param(copy.deepcopy, id="deepcopy"),
    ],
)
def test_a_copy_goes_on_alike(name, copied, make, masked):
    env = make(name, noise="moderate")
    half(env, masked)
    twin = copied(env)
    assert on(twin) == on(env)


def test_a_fork_leaves_the_first_as_it_was(make, masked):
    env = make("MultiHop-v0")
    row = half(env, masked)
    on(env.fork())
    assert env._seen().tolist() == row.tolist()


def test_a_snapshot_of_one_view_is_taken_by_the_other(make):
    env = make("MultiHop-v0")
    env.reset(seed=0)
    text = gym.make("webenvs:webenvs/MultiHop-v0").unwrapped
    text.restore(env.snapshot())
    assert text.session.task == env.session.task


@pytest.mark.parametrize("face", ["aec", "parallel"])
def test_games_are_saved_and_restored(face, games):
    game = games(face, workers=2)
    game.reset(seed=0)
    for agent in game.session.to_act:
        action = int(np.flatnonzero(game.action_masks(agent))[0])
        game.step(action if face == "aec" else dict.fromkeys(game.agents, action))
    twin = games(face, workers=2)
    twin.restore(json.loads(json.dumps(game.snapshot())))
    for agent in game.possible_agents:
        assert twin.candidates(agent) == game.candidates(agent)
        assert twin.action_masks(agent).tolist() == game.action_masks(agent).tolist()


def test_a_snapshot_of_another_face_is_refused(games):
    game = games("aec")
    game.reset(seed=0)
    with pytest.raises(SettingError, match="another environment"):
        games("parallel").restore(game.snapshot())


@pytest.mark.parametrize("mode", ["NextStep", "SameStep"])
def test_a_vector_has_masks_in_its_infos_and_no_nans(mode):
    many = gym.make_vec(
        "webenvs:webenvs/MultiHop-v0",
        num_envs=3,
        view="features",
        turns=3,
        autoreset_mode=mode,
    )
    rows, infos = many.reset(seed=0)
    chance = np.random.default_rng(0)
    assert rows in many.observation_space
    for _ in range(20):
        masks = infos["action_mask"]
        assert masks.dtype == np.int8
        assert masks.any(axis=1).all()
        actions = np.array([chance.choice(np.flatnonzero(mask)) for mask in masks])
        rows, rewards, _, _, infos = many.step(actions)
        assert np.isfinite(rows).all()
        assert np.isfinite(rewards).all()


def test_a_vector_does_as_its_parts_do_alone(make):
    many = gym.make_vec("webenvs:webenvs/Lookup-v0", num_envs=2, view="features")
    rows, infos = many.reset(seed=4)
    for place in range(2):
        row, info = make("Lookup-v0").reset(seed=4 + place)
        assert rows[place].tolist() == row.tolist()
        assert infos["action_mask"][place].tolist() == info["action_mask"].tolist()


def test_a_vector_is_saved_and_restored():
    many = gym.make_vec("webenvs:webenvs/MultiHop-v0", num_envs=2, view="features")
    many.reset(seed=0)
    many.step(np.zeros(2, dtype=np.int64))
    saved = json.loads(json.dumps(many.snapshot()))
    ahead = many.step(np.array([8, 8]))[0].tolist()
    many.restore(saved)
    assert many.step(np.array([8, 8]))[0].tolist() == ahead
