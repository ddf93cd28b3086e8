"""TorchRL's own check passes on numbers and on text, and random rollouts stay legal."""

import sys
from functools import partial

import pytest

from webenvs.errors import AbsentError, SettingError


def test_without_torchrl_the_extra_is_named(monkeypatch):
    from wrappers import to_torchrl

    monkeypatch.setitem(sys.modules, "torchrl", None)
    for make in (to_torchrl.solo, to_torchrl.team, to_torchrl.text):
        with pytest.raises(ImportError, match=r"is not installed: pip install 'webenvs\[torchrl"):
            make("MultiHop-v0")


@pytest.mark.trainer("torchrl")
@pytest.mark.parametrize("make", ["solo", "team"])
def test_text_is_refused_with_the_view_to_use(make):
    from wrappers import to_torchrl

    with pytest.raises(SettingError, match="view must be 'features' for TorchRL"):
        getattr(to_torchrl, make)("MultiHop-v0", view="text")


@pytest.mark.trainer("torchrl")
@pytest.mark.parametrize(
    "settings",
    [{}, {"seat": "planner"}, {"seat": "worker_1", "workers": 2}, {"noise": "moderate"}],
    ids=["solo", "planner", "worker", "noise"],
)
def test_one_seat_passes_the_check_and_draws_legal_slots(settings):
    from torchrl.envs import check_env_specs

    from wrappers.to_torchrl import solo

    env = solo("MultiHop-v0", **settings)
    check_env_specs(env)
    data = env.rollout(60, break_when_any_done=False)
    assert data["action_mask"].gather(1, data["action"].unsqueeze(1)).all()
    assert data["next", "done"].any()


@pytest.mark.trainer("torchrl")
@pytest.mark.parametrize("parallel", [False, True], ids=["aec", "parallel"])
def test_a_team_passes_the_check_and_draws_legal_slots(parallel):
    from torchrl.envs import check_env_specs

    from wrappers.to_torchrl import team

    env = team("MultiHop-v0", parallel=parallel, seed=1, workers=2)
    check_env_specs(env)
    data = env.rollout(60, break_when_any_done=False)
    assert data["planner", "observation"].shape[1] == 1
    assert data["worker", "observation"].shape[1] == 2
    for role in ("planner", "worker"):
        legal = data[role, "action_mask"].gather(2, data[role, "action"].unsqueeze(2))
        assert legal.all()
    if not parallel:  # one acts at a time
        acting = data["planner", "mask"].sum(1) + data["worker", "mask"].sum(1)
        assert (acting == 1).all()


@pytest.mark.trainer("torchrl")
def test_text_comes_as_data_that_is_no_tensor():
    from tensordict import NonTensorData
    from torchrl.envs import check_env_specs

    from wrappers.to_torchrl import text

    env = text("MultiHop-v0")
    check_env_specs(env)
    data = env.reset()
    assert data["text"].startswith("Question: ")
    answer = '<tool_call>{"name": "answer", "arguments": {"text": "x"}}</tool_call>'
    data = env.step(data.set("action", NonTensorData(answer)))
    assert data["next", "text"] == "(The episode is over: answered.)"
    assert data["next", "terminated"].all()


@pytest.mark.trainer("torchrl")
def test_several_environments_make_one_batch():
    from torchrl.envs import SerialEnv

    from wrappers.to_torchrl import solo

    env = SerialEnv(2, partial(solo, "MultiHop-v0"))
    data = env.rollout(5, break_when_any_done=False)
    assert data["observation"].shape[:2] == (2, 5)


@pytest.mark.trainer("torchrl")
def test_a_real_fault_is_truncated():
    from wrappers.to_torchrl import solo

    env = solo("MultiHop-v0")
    data = env.rand_action(env.reset())
    env.base_env._env.unwrapped.session.abort(AbsentError("nobody there"))
    after = env.step(data)["next"]
    assert after["done"].all()
    assert after["truncated"].all()
    assert not after["terminated"].any()
