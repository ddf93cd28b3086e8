"""Masked play on the features view, for the tests beside."""

import gymnasium as gym
import numpy as np
import pytest

import webenvs
from tests import choices as small
from webenvs.envs.features.side_by_side import SideBySide


@pytest.fixture
def make():
    """Make a seat of an id on the features view."""

    def made(name, **settings):
        return gym.make(
            f"webenvs:webenvs/{name}", view="features", disable_env_checker=True, **settings
        ).unwrapped

    return made


@pytest.fixture
def masked():
    """Play an episode with legal slots drawn from `seed`; yields (observation, info, action)."""

    def play(env, seed, *, options=None, steps=200):
        chance = np.random.default_rng(seed)
        observation, info = env.reset(seed=seed, options=options)
        for _ in range(steps):
            action = int(chance.choice(np.flatnonzero(info["action_mask"])))
            yield observation, info, action
            observation, _, terminated, truncated, info = env.step(action)
            if terminated or truncated:
                return

    return play


@pytest.fixture
def masked_game():
    """Play an AEC game with legal slots drawn from `seed`; returns what every agent was paid."""

    def play(game, seed, seen=None):
        chance = np.random.default_rng(seed)
        game.reset(seed=seed)
        paid = dict.fromkeys(game.possible_agents, 0.0)
        for agent in game.agent_iter():
            observation, reward, terminated, truncated, info = game.last()
            paid[agent] += reward
            action = None
            if not terminated and not truncated:
                action = int(chance.choice(np.flatnonzero(info["action_mask"])))
            if seen is not None:
                seen.append((agent, observation, info, action))
            game.step(action)
        return paid

    return play


@pytest.fixture
def games():
    """Make either PettingZoo face of an id on the features view."""

    def made(face, name="MultiHop-v0", **settings):
        return {"aec": webenvs.aec, "parallel": webenvs.parallel}[face](
            name, view="features", **settings
        )

    return made


@pytest.fixture
def choices():
    """Rows of the small game."""

    def make(games=4, seed=0, **settings):
        return SideBySide(lambda: small.Choice(**settings), games, seed=seed)

    return make


@pytest.fixture
def right():
    """The slots that pay, from observations."""
    return small.right
