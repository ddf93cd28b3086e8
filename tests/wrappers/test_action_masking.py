"""LegalActions: no masked action reaches the environment, and what replaces it has a seed."""

from typing import ClassVar

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from webenvs.errors import SettingError
from wrappers.action_masking import LegalActions


class Heard(gym.Env):
    """Six actions, those in `legal` allowed; remembers what reached it."""

    metadata: ClassVar = {"render_modes": []}
    observation_space = gym.spaces.Box(0.0, 1.0, (2,), np.float32)
    action_space = gym.spaces.Discrete(6)

    def __init__(self, legal=(1, 4)):
        self.legal, self.heard = legal, []

    def action_masks(self):
        return np.isin(np.arange(6), self.legal)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return np.zeros(2, np.float32), {"action_mask": self.action_masks().astype(np.int8)}

    def step(self, action):
        self.heard.append(int(action))
        return np.zeros(2, np.float32), 1.0, len(self.heard) % 9 == 0, False, {}


def played(env, actions=range(6), seed=5):
    env.reset(seed=seed)
    return [env.step(action)[4]["played"] for action in actions]


@pytest.mark.parametrize("fallback", ["redraw", "next", "first"])
def test_no_masked_action_reaches_the_environment(fallback):
    heard = Heard()
    played(LegalActions(heard, fallback), [0, 1, 2, 3, 4, 5] * 5)
    assert set(heard.heard) == {1, 4}


def test_a_legal_action_is_played_as_it_is():
    assert played(LegalActions(Heard()), [1, 4, 4, 1]) == [1, 4, 4, 1]


def test_next_takes_the_next_legal_action_and_begins_anew_behind_the_last():
    assert played(LegalActions(Heard(), "next")) == [1, 1, 4, 4, 4, 1]


def test_first_takes_the_first_legal_action():
    assert played(LegalActions(Heard(), "first")) == [1, 1, 1, 1, 4, 1]


def test_redraws_are_a_function_of_seed_and_actions():
    actions = [0, 5, 3] * 6
    assert played(LegalActions(Heard()), actions) == played(LegalActions(Heard()), actions)


def test_redraws_differ_between_seeds_and_between_unseeded_episodes():
    actions = [0] * 20
    env = LegalActions(Heard())
    one = played(env, actions)
    other = played(env, actions, seed=6)
    unseeded = played(env, actions, seed=None)
    assert one != other
    assert unseeded != other


def test_every_legal_action_is_redrawn_now_and_then():
    assert set(played(LegalActions(Heard((0, 2, 3))), [5] * 40)) == {0, 2, 3}


def test_the_penalty_is_paid_for_replaced_actions_alone():
    env = LegalActions(Heard(), "first", penalty=0.25)
    env.reset(seed=0)
    assert [env.step(action)[1] for action in (1, 0)] == [1.0, 0.75]


def test_info_tells_what_was_asked_and_what_was_played():
    env = LegalActions(Heard(), "first")
    env.reset(seed=0)
    info = env.step(5)[4]
    assert (info["asked"], info["played"]) == (5, 1)


def test_where_nothing_is_legal_the_action_goes_through():
    heard = Heard(())
    assert played(LegalActions(heard), [3]) == [3]


def test_the_masks_are_those_of_the_environment():
    assert LegalActions(Heard()).action_masks().tolist() == [0, 1, 0, 0, 1, 0]


@pytest.mark.filterwarnings("ignore:.*different from the unwrapped version")
def test_it_passes_gymnasiums_check():
    check_env(LegalActions(Heard()), skip_render_check=True)


def test_the_text_view_is_refused_and_the_right_view_named():
    with pytest.raises(TypeError, match="view='features'"):
        LegalActions(gym.make("webenvs:webenvs/MultiHop-v0"))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"fallback": "random"}, "fallback = 'random' is not allowed"),
        ({"penalty": -1}, "penalty = -1 is not allowed"),
    ],
    ids=["fallback", "penalty"],
)
def test_wrong_settings_are_named(settings, message):
    with pytest.raises(SettingError, match=message):
        LegalActions(Heard(), **settings)


def test_an_action_that_does_not_exist_is_named():
    env = LegalActions(Heard())
    env.reset(seed=0)
    with pytest.raises(SettingError, match="action = 6 is not allowed: action must be 0 to 5"):
        env.step(6)


def test_on_the_features_view_masked_slots_are_never_sent():
    env = LegalActions(gym.make("webenvs:webenvs/MultiHop-v0", view="features"))
    _, info = env.reset(seed=3)
    for action in range(0, 54, 5):
        mask = info["action_mask"]
        _, _, terminated, truncated, info = env.step(action)
        assert mask[info["played"]] == 1
        if terminated or truncated:
            break
    assert all(turn.valid for turn in env.unwrapped.episode().turns)
