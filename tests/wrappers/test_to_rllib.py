"""RLlib checks, samples and trains on one seat and on teams, with masks."""

import math
import sys

import pytest

from webenvs.errors import SettingError, UnknownNameError

SETTINGS = {"level": "easy", "turns": 4}


@pytest.fixture(scope="module")
def cluster():
    """A small Ray of this process, without dashboard."""
    import ray

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_AUTH_MODE", "disabled")
        ray.init(
            num_cpus=1,
            include_dashboard=False,
            object_store_memory=150 * 2**20,
            log_to_driver=False,
            logging_level="ERROR",
        )
        yield
        ray.shutdown()


def test_without_rllib_the_extra_is_named(monkeypatch):
    from wrappers import to_rllib

    monkeypatch.setitem(sys.modules, "ray.rllib", None)
    monkeypatch.setitem(sys.modules, "ray", None)
    for make in (to_rllib.environment, to_rllib.ppo):
        with pytest.raises(ImportError, match=r"pip install 'webenvs\[rllib\]'"):
            make("MultiHop-v0")


@pytest.mark.trainer("rllib")
def test_text_and_unknown_games_are_refused():
    from wrappers.to_rllib import environment

    with pytest.raises(SettingError, match="view must be 'features' for RLlib"):
        environment("MultiHop-v0", view="text")
    with pytest.raises(UnknownNameError, match="Did you mean 'parallel'"):
        environment("MultiHop-v0", game="paralel")


@pytest.mark.trainer("rllib")
@pytest.mark.parametrize("game", ["aec", "parallel"])
@pytest.mark.parametrize("workers", [1, 2])
def test_rllibs_own_check_of_multi_agent_environments_passes(game, workers):
    from ray.rllib.utils.pre_checks.env import check_multiagent_environments

    from wrappers.to_rllib import environment

    check_multiagent_environments(environment("MultiHop-v0", game=game, workers=workers))


@pytest.mark.trainer("rllib")
def test_an_env_runner_samples_at_random_and_by_a_masked_policy(cluster):
    from ray.rllib.env.single_agent_env_runner import SingleAgentEnvRunner

    from wrappers.to_rllib import ppo

    runner = SingleAgentEnvRunner(config=ppo("MultiHop-v0", **SETTINGS))
    drawn = runner.sample(num_timesteps=100, random_actions=True)
    assert sum(len(episode) for episode in drawn) >= 100
    for episode in runner.sample(num_timesteps=60, random_actions=False):
        masks = episode.get_observations()["action_mask"]
        slots = episode.get_actions()
        assert all(mask[slot] == 1 for mask, slot in zip(masks, slots, strict=False))


@pytest.mark.trainer("rllib")
@pytest.mark.parametrize("game", ["solo", "aec", "parallel"])
def test_ppo_trains_a_policy_a_role(cluster, game):
    from wrappers.to_rllib import ppo

    settings = SETTINGS if game == "solo" else {"workers": 2, **SETTINGS}
    config = ppo("MultiHop-v0", game=game, **settings)
    config.env_runners(num_env_runners=0, num_envs_per_env_runner=2).learners(num_learners=0)
    config.training(train_batch_size_per_learner=120, minibatch_size=40, num_epochs=1)
    policies = {"default_policy"} if game == "solo" else {"planner", "worker"}
    algorithm = config.build_algo()
    try:
        before = {name: _weights(algorithm, name) for name in policies}
        told = algorithm.train()
        after = {name: _weights(algorithm, name) for name in policies}
    finally:
        algorithm.stop()
    assert told["env_runners"]["num_episodes"] > 0
    assert all(math.isfinite(told["learners"][name]["total_loss"]) for name in policies)
    moved = {name for name in policies if (before[name] != after[name]).any()}
    assert moved == policies


def _weights(algorithm, policy):
    """All weights of a policy as one vector of its own."""
    import torch

    return torch.nn.utils.parameters_to_vector(algorithm.get_module(policy).parameters()).clone()
