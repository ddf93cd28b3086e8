"""TextOnly gives strings, and refuses environments without text."""

import gymnasium as gym
import pytest

import webenvs  # noqa: F401 - registers the ids
from wrappers.text_only import TextOnly


def test_observations_are_strings_of_the_declared_space():
    env = TextOnly(gym.make("webenvs/MultiHop-v0"))
    text, _ = env.reset(seed=3)
    assert text.startswith("Question: ")
    assert env.observation_space.contains(text)
    text, *_ = env.step("nonsense")
    assert "could not be read" in text


def test_an_environment_without_text_is_refused():
    with pytest.raises(TypeError, match="needs observations with a 'text'"):
        TextOnly(gym.make("CartPole-v1"))
