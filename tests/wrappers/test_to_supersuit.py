"""SuperSuit makes one vector of all players of several games, on which SB3 trains."""

import sys

import numpy as np
import pytest

from webenvs.errors import SettingError

SETTINGS = {"level": "easy", "turns": 4, "workers": 2}


def test_without_supersuit_the_extra_is_named(monkeypatch):
    from wrappers import to_supersuit

    monkeypatch.setitem(sys.modules, "supersuit", None)
    with pytest.raises(ImportError, match=r"is not installed: pip install 'webenvs\[supersuit\]'"):
        to_supersuit.vec_env("MultiHop-v0")


@pytest.mark.trainer("supersuit")
def test_no_games_are_refused_by_name():
    from wrappers.to_supersuit import vec_env

    with pytest.raises(SettingError, match="games = 0 is not allowed"):
        vec_env("MultiHop-v0", 0)


@pytest.mark.trainer("supersuit")
def test_text_is_refused_with_the_view_to_use():
    from wrappers.to_supersuit import vec_env

    with pytest.raises(SettingError, match="view must be 'features' for SuperSuit"):
        vec_env("MultiHop-v0", view="text")


@pytest.mark.trainer("supersuit")
@pytest.mark.parametrize("algorithm", ["PPO", "MaskablePPO"])
def test_algorithms_train_with_a_seed(algorithm):
    import sb3_contrib
    import stable_baselines3

    from wrappers.to_supersuit import vec_env

    kind = getattr(stable_baselines3, algorithm, None) or getattr(sb3_contrib, algorithm)
    weights = []
    for _ in range(2):
        vec = vec_env("MultiHop-v0", 2, seed=1, **SETTINGS)
        assert vec.num_envs == 6
        model = kind("MlpPolicy", vec, n_steps=16, seed=1).learn(192)
        weights.append(float(next(model.policy.parameters()).sum().detach()))
    assert weights[0] == weights[1]
    assert model.ep_info_buffer


@pytest.mark.trainer("supersuit")
def test_games_are_those_of_our_own_vector():
    """Their order of players, seeds and new episodes are the same."""
    from wrappers.to_sb3 import shared_vec_env
    from wrappers.to_supersuit import vec_env

    theirs = vec_env("MultiHop-v0", 1, seed=5, **SETTINGS)
    ours = shared_vec_env("MultiHop-v0", 1, seed=5, **SETTINGS)
    np.testing.assert_array_equal(theirs.reset(), ours.reset())
    ended = 0
    for _ in range(160):
        masks = np.array(ours.env_method("action_masks"))
        np.testing.assert_array_equal(masks, np.array(theirs.env_method("action_masks")))
        slots = masks.argmax(axis=1)
        left, right = theirs.step(slots), ours.step(slots)
        for kind in range(3):
            np.testing.assert_array_equal(left[kind], right[kind])
        ended += bool(left[2].all())
    assert ended > 1
