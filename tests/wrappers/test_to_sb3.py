"""Stable-Baselines3 checks, steps and trains on one seat and on a whole team."""

import sys

import gymnasium as gym
import numpy as np
import pytest

import webenvs
from webenvs.envs.features.side_by_side import seed_of
from webenvs.errors import AbsentError, SettingError

SETTINGS = {"level": "easy", "turns": 4}


def test_without_sb3_the_extra_is_named(monkeypatch):
    from wrappers import to_sb3

    monkeypatch.setitem(sys.modules, "stable_baselines3", None)
    for make in (to_sb3.vec_env, to_sb3.shared_vec_env):
        with pytest.raises(ImportError, match=r"is not installed: pip install 'webenvs\[sb3\]'"):
            make("MultiHop-v0")


@pytest.mark.trainer("sb3")
def test_no_environments_and_no_games_are_refused_by_name():
    from wrappers.to_sb3 import shared_vec_env, vec_env

    with pytest.raises(SettingError, match="count = 0 is not allowed"):
        vec_env("MultiHop-v0", 0)
    with pytest.raises(SettingError, match="games = 0 is not allowed"):
        shared_vec_env("MultiHop-v0", 0)


@pytest.mark.trainer("sb3")
@pytest.mark.parametrize(
    "settings", [{}, {"seat": "planner"}, {"seat": "worker"}], ids=["solo", "planner", "worker"]
)
def test_sb3s_own_checker_passes_without_a_warning(settings, recwarn):
    from wrappers.to_sb3 import check

    check(gym.make("webenvs/MultiHop-v0", view="features", **settings))
    assert [str(each.message) for each in recwarn] == []


@pytest.mark.trainer("sb3")
def test_text_is_refused_with_the_view_to_use():
    from wrappers.to_sb3 import check, vec_env

    with pytest.raises(SettingError, match="make it with view='features'"):
        check(gym.make("webenvs/MultiHop-v0"))
    with pytest.raises(SettingError, match="view must be 'features' for Stable-Baselines3"):
        vec_env("MultiHop-v0", view="text")


@pytest.mark.trainer("sb3")
@pytest.mark.parametrize("algorithm", ["PPO", "DQN", "MaskablePPO"])
@pytest.mark.parametrize("players", ["one", "team"])
def test_algorithms_train_on_one_seat_and_on_a_team(algorithm, players):
    import sb3_contrib
    import stable_baselines3

    from wrappers.to_sb3 import shared_vec_env, vec_env

    make = vec_env if players == "one" else shared_vec_env
    kind = getattr(stable_baselines3, algorithm, None) or getattr(sb3_contrib, algorithm)
    size = {"learning_starts": 32} if algorithm == "DQN" else {"n_steps": 16}
    model = kind("MlpPolicy", make("MultiHop-v0", 2, seed=1, **SETTINGS), seed=1, **size)
    before = [each.detach().clone() for each in model.policy.parameters()]
    model.learn(192)
    after = list(model.policy.parameters())
    assert any((one != other).any() for one, other in zip(before, after, strict=True))
    assert model.ep_info_buffer


@pytest.mark.trainer("sb3")
def test_masked_ppo_sends_legal_slots_only():
    from sb3_contrib import MaskablePPO
    from sb3_contrib.common.maskable.utils import get_action_masks, is_masking_supported

    from wrappers.to_sb3 import shared_vec_env

    vec = shared_vec_env("MultiHop-v0", 2, seed=1, workers=2, **SETTINGS)
    assert is_masking_supported(vec)
    model = MaskablePPO("MlpPolicy", vec, n_steps=16, seed=1)
    seen = vec.reset()
    for _ in range(20):
        masks = get_action_masks(vec)
        slots, _ = model.predict(seen, action_masks=masks)
        assert masks[np.arange(len(slots)), slots].all()
        seen, *_ = vec.step(slots)


def _round_trip(vec, steps=30):
    """What a vector of games shows, pays and ends when its first legal slots are played."""
    rows = [vec.reset().copy()]
    for _ in range(steps):
        slots = np.array(vec.env_method("action_masks")).argmax(axis=1)
        seen, rewards, dones, infos = vec.step(slots)
        rows.append((seen.copy(), rewards.copy(), dones.copy(), [i["task_id"] for i in infos]))
    return rows


@pytest.mark.trainer("sb3")
def test_a_seed_fixes_all_games():
    from wrappers.to_sb3 import shared_vec_env

    one, other = (
        _round_trip(shared_vec_env("MultiHop-v0", 2, seed=5, **SETTINGS)) for _ in range(2)
    )
    assert repr(one) == repr(other)
    assert repr(one) != repr(_round_trip(shared_vec_env("MultiHop-v0", 2, seed=6, **SETTINGS)))


@pytest.mark.trainer("sb3")
def test_the_shared_vector_plays_the_parallel_game():
    from wrappers.to_sb3 import shared_vec_env

    vec = shared_vec_env("MultiHop-v0", 1, seed=5, workers=2, **SETTINGS)
    game = webenvs.parallel("MultiHop-v0", view="features", mask="info", workers=2, **SETTINGS)
    shown, (seen, infos) = vec.reset(), game.reset(seed=seed_of(5, 0, 0))
    for _ in range(40):
        np.testing.assert_array_equal(shown, list(seen.values()))
        slots = [info["action_mask"].argmax() for info in infos.values()]
        shown, paid, dones, told = vec.step(np.array(slots))
        seen, rewards, ended, cut, infos = game.step(
            dict(zip(game.possible_agents, slots, strict=True))
        )
        assert list(paid) == [np.float32(reward) for reward in rewards.values()]
        assert set(dones) == {any(ended.values()) or any(cut.values())}
        if dones.all():
            for row, agent in zip(told, seen, strict=True):
                np.testing.assert_array_equal(row["terminal_observation"], seen[agent])
                assert row["TimeLimit.truncated"] == cut[agent]
                assert row["end"] == infos[agent]["end"]
            return
    pytest.fail("the game should have ended")


@pytest.mark.trainer("sb3")
@pytest.mark.parametrize("make", ["vec_env", "shared_vec_env"])
@pytest.mark.parametrize("count", [0, -1, True, 1.5])
def test_a_wrong_size_is_refused(make, count):
    from wrappers import to_sb3

    with pytest.raises(SettingError, match="must be a whole number of at least 1"):
        getattr(to_sb3, make)("MultiHop-v0", count)


@pytest.mark.trainer("sb3")
def test_a_real_fault_is_truncated_for_one_seat():
    from wrappers.to_sb3 import vec_env

    vec = vec_env("MultiHop-v0", 2, seed=1, **SETTINGS)
    vec.reset()
    vec.get_attr("unwrapped")[1].session.abort(AbsentError("nobody there"))
    slots = np.array(vec.env_method("action_masks")[0]).argmax()
    _, rewards, dones, infos = vec.step(np.array([slots, 0]))
    assert dones.tolist() == [False, True]
    assert rewards[1] == 0
    assert infos[1]["TimeLimit.truncated"] is True
    assert (infos[1]["end"], infos[1]["valid"]) == ("aborted", False)


@pytest.mark.trainer("sb3")
def test_a_real_fault_is_truncated_for_every_player_of_its_game():
    from wrappers.to_sb3 import shared_vec_env

    vec = shared_vec_env("MultiHop-v0", 2, seed=1, workers=1, **SETTINGS)
    vec.reset()
    vec.get_attr("session", indices=[2])[0].abort(AbsentError("nobody there"))
    slots = np.array(vec.env_method("action_masks")).argmax(axis=1)
    _, _, dones, infos = vec.step(slots)
    assert dones.tolist() == [False, False, True, True]
    assert [info["TimeLimit.truncated"] for info in infos[2:]] == [True, True]
    assert [info["valid"] for info in infos[2:]] == [False, False]


@pytest.mark.trainer("sb3")
def test_an_answer_is_an_end_without_truncation():
    from wrappers.to_sb3 import shared_vec_env

    vec = shared_vec_env("Lookup-v0", 1, seed=1, workers=1, **SETTINGS)
    vec.reset()
    vec.get_attr("session")[0].state.end = "answered"
    _, _, dones, infos = vec.step(np.zeros(2, dtype=int))
    assert dones.all()
    assert [info["TimeLimit.truncated"] for info in infos] == [False, False]
