"""LastTurns: the last k observations, stacked or joined, the newest last."""

from typing import ClassVar

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from webenvs.errors import SettingError
from webenvs.players.message import say
from webenvs.testing import check_environment
from wrappers.embedding import HashedText
from wrappers.last_turns import BETWEEN, LastTurns
from wrappers.text_only import TextOnly

SEARCHES = ("river", "mayor", "town")


def texts(env):
    """What reset and three searches show."""
    seen = [env.reset(seed=4)[0]]
    return seen + [env.step(say("search", query=query))[0] for query in SEARCHES]


def plain():
    return texts(TextOnly(gym.make("webenvs:webenvs/MultiHop-v0")))


def test_strings_are_the_last_texts_the_newest_last():
    one = plain()
    assert texts(LastTurns(TextOnly(gym.make("webenvs:webenvs/MultiHop-v0")), 2)) == [
        one[0],
        *(BETWEEN.join(one[place - 1 : place + 1]) for place in (1, 2, 3)),
    ]


def test_of_a_dict_the_text_is_joined_and_the_rest_is_the_newest():
    seen = texts(LastTurns(gym.make("webenvs:webenvs/MultiHop-v0"), 3))
    assert [observation["turn"] for observation in seen] == [0, 1, 2, 3]
    assert seen[3]["text"] == BETWEEN.join(plain()[1:])


def test_a_box_is_stacked_with_zeros_before_the_first_turn():
    vectors = texts(HashedText(gym.make("webenvs:webenvs/MultiHop-v0"), 8))
    seen = texts(LastTurns(HashedText(gym.make("webenvs:webenvs/MultiHop-v0"), 8), 3))
    assert seen[0].shape == (3, 8)
    assert np.array_equal(seen[0], np.stack([np.zeros(8), np.zeros(8), vectors[0]]))
    assert np.array_equal(seen[3], np.stack(vectors[1:]))
    assert seen[3].dtype == np.float32


class Low(gym.Env):
    """Observations between 1 and 2, where zero is no observation."""

    metadata: ClassVar = {"render_modes": []}
    observation_space = gym.spaces.Box(1.0, 2.0, (2,), np.float32)
    action_space = gym.spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return np.full(2, 1.5, np.float32), {}

    def step(self, action):
        return np.full(2, 1.75, np.float32), 0.0, True, False, {}


def test_turns_before_the_first_lie_within_the_bounds():
    env = LastTurns(Low(), 2)
    observation, _ = env.reset(seed=0)
    assert observation[0].tolist() == [1.0, 1.0]
    assert env.observation_space.contains(observation)


def test_a_reset_forgets_the_last_episode():
    env = LastTurns(gym.make("webenvs:webenvs/MultiHop-v0"), 3)
    assert texts(env) == texts(env)


def test_the_space_holds_the_longest_observations():
    env = LastTurns(gym.make("webenvs:webenvs/MultiHop-v0", observation_characters=1000), 3)
    assert env.observation_space["text"].max_length == 3 * 1000 + 2 * len(BETWEEN)


@pytest.mark.filterwarnings("ignore:.*different from the unwrapped version")
def test_it_passes_gymnasiums_check():
    check_env(
        LastTurns(HashedText(gym.make("webenvs:webenvs/MultiHop-v0"), 16), 3),
        skip_render_check=True,
    )


@pytest.mark.parametrize(
    "inner",
    [lambda env: env, TextOnly, lambda env: HashedText(env, 16)],
    ids=["dict", "string", "box"],
)
def test_every_form_keeps_the_contract_of_an_environment(inner):
    def make():
        return LastTurns(inner(gym.make("webenvs:webenvs/MultiHop-v0")), 3)

    if inner is TextOnly:
        env = make()
        assert env.observation_space.contains(env.reset(seed=0)[0])
    else:
        check_environment(make)


def test_observations_of_another_kind_are_refused():
    with pytest.raises(TypeError, match="view='features'"):
        LastTurns(gym.wrappers.TransformObservation(Low(), lambda _: 0, gym.spaces.Discrete(2)))


@pytest.mark.parametrize("turns", [0, -1, 1.5, True])
def test_wrong_numbers_of_turns_are_named(turns):
    with pytest.raises(SettingError, match="turns = "):
        LastTurns(Low(), turns)


def test_the_features_view_is_stacked():
    env = LastTurns(gym.make("webenvs:webenvs/MultiHop-v0", view="features"), 2)
    first, info = env.reset(seed=4)
    second = env.step(int(np.flatnonzero(info["action_mask"])[0]))[0]
    assert np.array_equal(second[0], first[1])
    assert env.observation_space.contains(second)
