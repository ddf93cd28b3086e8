"""AgileRL trains PPO on one seat and IPPO on a team, in its own vectors and loops."""

import sys

import pytest

from webenvs.errors import SettingError

SETTINGS = {"level": "easy", "turns": 4}
SIZE = {"batch_size": 16, "learn_step": 32, "update_epochs": 1}
LOOP = {"max_steps": 64, "evo_steps": 32, "eval_steps": 8, "verbose": False}


def test_without_agilerl_what_to_install_is_named(monkeypatch):
    from wrappers import to_agilerl

    monkeypatch.setitem(sys.modules, "agilerl", None)
    for make in (to_agilerl.solo, to_agilerl.team):
        with pytest.raises(ImportError, match=r"agilerl is not installed: pip install 'agilerl=="):
            make("MultiHop-v0")


@pytest.mark.trainer("agilerl")
@pytest.mark.parametrize("make", ["solo", "team"])
def test_text_is_refused_with_the_view_to_use(make):
    from wrappers import to_agilerl

    with pytest.raises(SettingError, match="view must be 'features' for AgileRL"):
        getattr(to_agilerl, make)("MultiHop-v0", view="text")


@pytest.mark.trainer("agilerl")
def test_masked_ppo_trains_on_one_seat():
    from agilerl.algorithms import PPO
    from agilerl.training.train_on_policy import train_on_policy

    from wrappers.to_agilerl import solo

    envs = solo("MultiHop-v0", 2, **SETTINGS)
    agent = PPO(envs.single_observation_space, envs.single_action_space, num_envs=2, **SIZE)
    before = [each.detach().clone() for each in agent.actor.parameters()]
    (agent,), fitness = train_on_policy(envs, "webenvs", "PPO", [agent], **LOOP)
    after = list(agent.actor.parameters())
    assert any((one != other).any() for one, other in zip(before, after, strict=True))
    assert len(fitness) == 1
    seen, info = envs.reset(seed=1)
    for _ in range(10):
        slots, *_ = agent.get_action(seen, action_mask=info["action_mask"])
        assert info["action_mask"][range(2), slots.astype(int)].all()
        seen, *_, info = envs.step(slots.astype(int))


@pytest.mark.trainer("agilerl")
def test_ippo_trains_a_policy_a_role_on_a_team():
    from agilerl.algorithms import IPPO
    from agilerl.training.train_multi_agent_on_policy import train_multi_agent_on_policy

    from wrappers.to_agilerl import spaces_of, team

    games = team("MultiHop-v0", 2, workers=2, **SETTINGS)
    try:
        agent = IPPO(**spaces_of(games), **SIZE)
        before = {role: _weights(actor) for role, actor in agent.actors.items()}
        (agent,), fitness = train_multi_agent_on_policy(games, "webenvs", "IPPO", [agent], **LOOP)
        after = {role: _weights(actor) for role, actor in agent.actors.items()}
        assert set(before) == set(after) == {"planner", "worker"}
        assert all((before[role] != after[role]).any() for role in before)
        assert len(fitness) == 1
    finally:
        games.close()


def _weights(actor):
    """All weights of a network as one vector of its own."""
    import torch

    return torch.nn.utils.parameters_to_vector(actor.parameters()).detach().clone()


@pytest.mark.trainer("agilerl")
@pytest.mark.parametrize("make", ["solo", "team"])
def test_no_environments_are_refused(make):
    from wrappers import to_agilerl

    with pytest.raises(SettingError, match="count = 0"):
        getattr(to_agilerl, make)("MultiHop-v0", 0)
