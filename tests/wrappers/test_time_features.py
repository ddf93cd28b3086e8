"""TimeAndBudget: what is left of every budget stands behind the observation, as declared shares."""

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from webenvs.players.message import say
from webenvs.testing import check_environment
from wrappers.embedding import HashedText
from wrappers.time_features import NAMES, TimeAndBudget

SETTINGS = {"turns": 4, "calls": {"search": 2}, "invalid": 2}


def make(**settings):
    text = gym.make("webenvs:webenvs/MultiHop-v0", **(SETTINGS | settings))
    return TimeAndBudget(HashedText(text, 16))


def shares(observation):
    assert len(observation) == 16 + len(NAMES)
    return dict(zip(NAMES, observation[16:].tolist(), strict=True))


def test_at_the_start_everything_is_left():
    told = shares(make().reset(seed=2)[0])
    assert told == dict.fromkeys(NAMES, 1.0) | {"closing": 0.0, "delegations": 1.0}


def test_a_search_takes_a_turn_and_a_call():
    env = make()
    env.reset(seed=2)
    told = shares(env.step(say("search", query="river"))[0])
    assert (told["turns"], told["calls"], told["invalid"]) == (0.75, 0.5, 1.0)


def test_a_message_that_cannot_be_read_takes_from_invalid():
    env = make()
    env.reset(seed=2)
    assert shares(env.step("nonsense")[0])["invalid"] == 0.5


def test_characters_are_a_share_of_their_limit():
    env = make(characters=100_000)
    observation, info = env.reset(seed=2)
    left = shares(observation)["characters"]
    assert left == pytest.approx(info["budget"]["characters"] / 100_000)
    assert left < 1


def test_the_closing_message_is_told():
    env = make(turns=1)
    env.reset(seed=2)
    told = shares(env.step(say("search", query="river"))[0])
    assert (told["turns"], told["closing"]) == (0.0, 1.0)


def test_delegations_of_a_planner_are_counted():
    text = gym.make("webenvs:webenvs/MultiHop-v0", seat="planner", players="random", delegations=2)
    env = TimeAndBudget(HashedText(text, 16))
    env.reset(seed=2)
    assert shares(env.step(say("delegate", task="find it"))[0])["delegations"] == 0.5


def test_the_bounds_are_declared_and_those_of_the_observation_are_kept():
    space = make().observation_space
    assert space.dtype == np.float32
    assert (space.low[0], space.high[0]) == (-1.0, 1.0)
    assert space.low[16:].tolist() == [0.0] * len(NAMES)
    assert space.high[16:].tolist() == [1.0] * len(NAMES)


@pytest.mark.filterwarnings("ignore:.*different from the unwrapped version")
def test_it_passes_gymnasiums_check():
    check_env(make(), skip_render_check=True)


def test_it_keeps_the_contract_of_an_environment():
    check_environment(make)


def test_the_text_view_is_refused_and_the_ways_out_named():
    with pytest.raises(TypeError, match="view='features', or put HashedText"):
        TimeAndBudget(gym.make("webenvs:webenvs/MultiHop-v0"))


def test_other_environments_are_refused():
    with pytest.raises(TypeError, match="budgets of webenvs environments"):
        TimeAndBudget(gym.make("CartPole-v1"))


def test_the_features_view_is_lengthened_and_its_masks_stay():
    plain = gym.make("webenvs:webenvs/MultiHop-v0", view="features")
    env = TimeAndBudget(gym.make("webenvs:webenvs/MultiHop-v0", view="features"))
    observation, info = env.reset(seed=2)
    assert np.array_equal(observation[: -len(NAMES)], plain.reset(seed=2)[0])
    assert env.observation_space.contains(observation)
    assert np.array_equal(env.unwrapped.action_masks(), info["action_mask"].astype(bool))
