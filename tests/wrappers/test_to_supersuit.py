"""SuperSuit makes one vector of all players of several games, on which SB3 trains."""

import sys

import numpy as np
import pytest

from webenvs.envs.features.side_by_side import seed_of
from webenvs.errors import AbsentError, SettingError

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
    """Their order of players is the same, and so is every episode of one seed."""
    from wrappers.to_sb3 import shared_vec_env
    from wrappers.to_supersuit import vec_env

    theirs = vec_env("MultiHop-v0", 1, **SETTINGS)
    ours = shared_vec_env("MultiHop-v0", 1, seed=5, **SETTINGS)
    shown = ours.reset()
    for episode in range(3):
        theirs.seed(seed_of(5, 0, episode))
        np.testing.assert_array_equal(theirs.reset(), shown)
        over = False
        while not over:
            masks = np.array(ours.env_method("action_masks"))
            np.testing.assert_array_equal(masks, np.array(theirs.env_method("action_masks")))
            slots = masks.argmax(axis=1)
            (seen, *left, _), (shown, *right, _) = theirs.step(slots), ours.step(slots)
            np.testing.assert_array_equal(left, right)
            over = bool(left[1].all())
            if not over:
                np.testing.assert_array_equal(seen, shown)


@pytest.mark.trainer("supersuit")
def test_infos_do_not_tell_that_a_real_fault_truncated():
    """As the limits of the adapter say: SuperSuit overwrites the infos of what ended."""
    from wrappers.to_supersuit import vec_env

    games = vec_env("MultiHop-v0", 1, seed=1, **SETTINGS)
    games.reset()
    _game(games).session.abort(AbsentError("nobody there"))
    _, rewards, dones, infos = games.step(np.zeros(3, dtype=int))
    assert dones.all()
    assert not rewards.any()
    assert not any(info.get("TimeLimit.truncated") for info in infos)


def _game(games):
    """The one PettingZoo game inside of SuperSuit's vectors."""
    return games.venv.venv.vec_envs[0].par_env.unwrapped


@pytest.mark.trainer("supersuit")
def test_no_games_are_refused():
    from wrappers.to_supersuit import vec_env

    with pytest.raises(SettingError, match="games = 0"):
        vec_env("MultiHop-v0", 0)
