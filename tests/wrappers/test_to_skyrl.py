"""SkyRL-Gym plays our episodes: the same text, the same rewards, nothing of the gold."""

import importlib.metadata
import sys

import pytest

from tests.wrappers import recorded
from webenvs.errors import SettingError, UnknownNameError
from wrappers import to_skyrl

REAL = pytest.mark.trainer("skyrl_gym")


def made(**settings):
    """An environment that SkyRL-Gym made, for the row of an episode of the same settings."""
    import skyrl_gym

    extras = settings.pop("extras")
    name = to_skyrl.register(f"test-{len(skyrl_gym.registry)}", "MultiHop-v0", **settings)
    return skyrl_gym.make(name, env_config=None, extras=extras)


def test_without_skyrl_gym_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "skyrl_gym", None)
    with pytest.raises(ImportError, match=r"pip install 'webenvs\[skyrl\]'"):
        to_skyrl.register("x", "MultiHop-v0")


def test_an_untried_version_is_named_with_those_that_were_tried(monkeypatch):
    monkeypatch.setitem(sys.modules, "skyrl_gym", type(sys)("skyrl_gym"))
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "0.3.2")
    with pytest.raises(ImportError, match=r"0\.3\.2 .* from 0\.4\.0 to below 0\.5"):
        to_skyrl.ResearchEnv(env="MultiHop-v0")


@REAL
@pytest.mark.parametrize("settings", [{}, recorded.TEAM, {"dense": True, "reward": "evidence"}])
def test_a_recorded_episode_plays_again_with_the_same_rewards(settings):
    episode = recorded.episode("oracle", **settings)
    env = made(extras=recorded.row(episode), **settings)
    messages, info = env.init([])
    steps = [env.step(text) for text in recorded.said(episode)]
    assert info["task_id"] == episode.task
    assert [entry["role"] for entry in messages] == ["system", "user"]
    assert [step["done"] for step in steps] == [False] * (len(steps) - 1) + [True]
    assert sum(step["reward"] for step in steps) == pytest.approx(recorded.reward(episode)) != 0


@REAL
def test_a_chat_made_of_its_observations_is_our_transcript():
    episode = recorded.episode()
    env = made(extras=recorded.row(episode))
    chat, _ = env.init([])
    for text in recorded.said(episode):
        chat += [{"role": "assistant", "content": text}, *env.step(text)["observations"]]
    assert chat == env._tools.messages()


@REAL
@pytest.mark.parametrize("text", recorded.GARBAGE)
def test_what_is_no_call_is_told_and_not_raised(text):
    env = made(extras={"seed": 3})
    env.init([])
    step = env.step(text)
    assert not step["done"] and "could not be read" in step["observations"][-1]["content"]


@REAL
def test_an_episode_with_a_real_fault_ends_and_says_that_it_does_not_count():
    env = made(extras={"seed": 3}, **recorded.ABSENT)
    env.init([])
    step = env.step(recorded.DELEGATION)
    assert step["done"] and not step["metadata"]["valid"]
    assert to_skyrl.ResearchEnv.aggregate_metrics([env.get_metrics()]) == {"valid": 0.0}


@REAL
def test_a_message_after_the_end_does_nothing():
    episode = recorded.episode("oracle")
    env = made(extras=recorded.row(episode))
    env.init([])
    for text in recorded.said(episode):
        env.step(text)
    step = env.step("<tool_call>{}</tool_call>")
    assert (step["done"], step["reward"], step["observations"]) == (True, 0.0, [])


@REAL
def test_an_episode_that_is_cut_is_paid_what_it_is_worth():
    settings = {"reward": "evidence"}
    episode = recorded.episode("oracle", **settings)
    env = made(extras={**recorded.row(episode), "max_turns": 2}, **settings)
    env.init([])
    steps = [env.step(text) for text in recorded.said(episode)[:2]]
    assert [step["done"] for step in steps] == [False, True]
    assert sum(step["reward"] for step in steps) == env.get_metrics()["score/reward"] > 0


@REAL
def test_rows_go_into_environments_and_hold_nothing_of_the_gold():
    import skyrl_gym

    name = to_skyrl.register("test-rows", "MultiHop-v0")
    rows = list(to_skyrl.rows(name, "train", 3))
    env = skyrl_gym.make(name, extras=rows[2])
    assert env.init(rows[2]["prompt"])[0] == rows[2]["prompt"]
    assert set(rows[0]) == {"prompt", "env_class", "task_id", "split", "index", "seed"}
    assert [row["index"] for row in rows] == [0, 1, 2]
    assert not any(map(recorded.tells_gold, rows))


@REAL
def test_the_prompt_of_a_workers_row_is_what_the_worker_is_asked():
    name = to_skyrl.register("test-worker", "MultiHop-v0", seat="worker")
    row = next(to_skyrl.rows(name, "train", 1))
    assert row["prompt"][1]["content"].startswith("Task: ")


@REAL
def test_an_id_is_registered_once_and_never_for_two_things():
    to_skyrl.register("test-twice", "MultiHop-v0", turns=5)
    assert to_skyrl.register("test-twice", "MultiHop-v0", turns=5) == "test-twice"
    with pytest.raises(SettingError, match="it stands for"):
        to_skyrl.register("test-twice", "MultiHop-v0", turns=6)


@REAL
def test_a_registered_id_is_written_as_json_and_read_back():
    import skyrl_gym
    from skyrl_gym.envs.registration import EnvSpec

    spec = skyrl_gym.spec(to_skyrl.register("test-json", "MultiHop-v0", **recorded.TEAM))
    assert skyrl_gym.make(EnvSpec.from_json(spec.to_json())).init([])[0]


@REAL
def test_metrics_are_means_over_the_episodes_that_count():
    from skyrl_gym.metrics import aggregate_for_environment

    name = to_skyrl.register("test-metrics", "MultiHop-v0")
    good, bad = {"score/reward": 1.0, "valid": True}, {"score/reward": 0.0, "valid": False}
    assert aggregate_for_environment(name, [good, bad]) == {"score/reward": 1.0, "valid": 0.5}


@REAL
def test_metrics_where_no_episode_counts_are_no_means():
    bad = {"score/reward": 0.0, "valid": False}
    assert to_skyrl.ResearchEnv.aggregate_metrics([bad]) == {"valid": 0.0}
    assert to_skyrl.ResearchEnv.aggregate_metrics([]) == {}


@REAL
def test_several_seats_are_refused():
    with pytest.raises(SettingError, match="name a `seat`"):
        to_skyrl.register("test-team", "MultiHop-v0", game="team")
    with pytest.raises(SettingError, match="name a `seat`"):
        to_skyrl.ResearchEnv(env="MultiHop-v0", env_config={"game": "team"})


@REAL
def test_rows_begin_where_and_with_the_seed_that_is_asked_for():
    name = to_skyrl.register("test-start", "MultiHop-v0")
    (row,) = to_skyrl.rows(name, "train", 1, start=2, seed=7)
    assert (row["index"], row["seed"]) == (2, 7)


@REAL
def test_rows_of_an_id_that_is_not_registered_name_the_nearest():
    to_skyrl.register("test-known", "MultiHop-v0")
    with pytest.raises(UnknownNameError, match=r"'test-knwn' .*Did you mean 'test-known'\?"):
        next(to_skyrl.rows("test-knwn"))
