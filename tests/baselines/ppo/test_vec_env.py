"""SeatVecEnv: what Stable-Baselines3 and sb3-contrib ask of a vector environment."""

import numpy as np
import pytest
from sb3_contrib.common.maskable.utils import get_action_masks, is_masking_supported

from baselines.ppo.vec_env import SeatVecEnv


def test_masks_are_found_by_sb3_contrib(choices):
    env = SeatVecEnv(choices(games=3, seats=2))
    env.reset()
    assert is_masking_supported(env)
    assert np.array_equal(get_action_masks(env), env.seats.masks)


def test_a_step_has_the_forms_of_sb3(choices, right):
    env = SeatVecEnv(choices(games=2, turns=2))
    seen, rewards, dones, infos = env.step(right(env.reset()))
    assert seen.shape == (2, *env.observation_space.shape)
    assert (rewards.dtype, dones.dtype, infos) == (np.float32, np.bool_, [{}, {}])


def test_ended_rows_hold_their_last_observation(choices, right):
    env = SeatVecEnv(choices(games=1))
    seen, _, dones, infos = env.step(right(env.reset()))
    assert dones[0]
    assert not np.array_equal(infos[0]["terminal_observation"], seen[0])


@pytest.mark.parametrize("valid", [True, False], ids=["over", "fault"])
def test_only_what_a_fault_ended_is_told_as_truncated(choices, right, valid):
    env = SeatVecEnv(choices(games=1, valid=valid))
    _, _, _, infos = env.step(right(env.reset()))
    assert infos[0]["TimeLimit.truncated"] is not valid


def test_rows_can_be_asked_by_their_indices(choices):
    env = SeatVecEnv(choices(games=4))
    env.reset()
    (asked,) = env.env_method("action_masks", indices=[2])
    np.testing.assert_array_equal(asked, env.seats.masks[2])
    assert env.env_is_wrapped(object, indices=[1, 3]) == [False, False]


def test_redrawn_actions_are_legal_and_have_a_seed(choices):
    """The game itself refuses masked slots."""
    sent = []
    for _ in range(2):
        env = SeatVecEnv(choices(games=4), redraw=True)
        env.reset()
        for action in range(20):
            env.step(np.full(4, action))
        sent.append([game.sent for game in env.seats.games])
    assert sent[0] == sent[1]


def test_legal_actions_are_not_redrawn(choices, right):
    env = SeatVecEnv(choices(games=4), redraw=True)
    seen = env.reset()
    for _ in range(5):
        seen, rewards, _, _ = env.step(right(seen))
        assert rewards.tolist() == [1.0] * 4


def test_without_redraw_the_masked_action_goes_through(choices):
    env = SeatVecEnv(choices(games=1))
    env.reset()
    masked = int(np.flatnonzero(~env.seats.masks[0])[0])
    with pytest.raises(AssertionError, match="a masked slot reached the game"):
        env.step(np.array([masked]))


def test_rows_have_no_other_attributes_or_methods(choices):
    env = SeatVecEnv(choices())
    for ask in (
        lambda: env.get_attr("spec"),
        lambda: env.set_attr("spec", 1),
        lambda: env.env_method("fork"),
    ):
        with pytest.raises(AttributeError):
            ask()
    assert env.env_is_wrapped(object) == [False] * 4
