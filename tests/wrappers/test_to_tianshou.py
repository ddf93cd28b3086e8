"""Tianshou trains masked DQN on one seat and on a team."""

import sys

import pytest

from webenvs.errors import SettingError

SETTINGS = {"level": "easy", "turns": 4}


def test_without_tianshou_the_extra_is_named(monkeypatch):
    from wrappers import to_tianshou

    monkeypatch.setitem(sys.modules, "tianshou", None)
    for make in (to_tianshou.solo, to_tianshou.team):
        with pytest.raises(ImportError, match=r"is not installed: pip install 'webenvs\[tianshou"):
            make("MultiHop-v0")


@pytest.mark.trainer("tianshou")
@pytest.mark.parametrize("make", ["solo", "team"])
def test_text_is_refused_with_the_view_to_use(make):
    from wrappers import to_tianshou

    with pytest.raises(SettingError, match="view must be 'features' for Tianshou"):
        getattr(to_tianshou, make)("MultiHop-v0", view="text")


def _dqn(seen, slots):
    from tianshou.algorithm import DQN
    from tianshou.algorithm.modelfree.dqn import DiscreteQLearningPolicy
    from tianshou.algorithm.optim import AdamOptimizerFactory
    from tianshou.utils.net.common import Net

    policy = DiscreteQLearningPolicy(
        model=Net(state_shape=seen.shape, action_shape=slots.n, hidden_sizes=[32]),
        action_space=slots,
        observation_space=seen,
        eps_training=0.5,
    )
    return DQN(policy=policy, optim=AdamOptimizerFactory(lr=1e-3), target_update_freq=20)


def _trained(algorithm, make, **others):
    """The buffer after a short training on two environments; every slot in it was legal."""
    from tianshou.data import Collector, CollectStats, VectorReplayBuffer
    from tianshou.env import DummyVectorEnv
    from tianshou.trainer import OffPolicyTrainerParams

    train, test = (DummyVectorEnv([make] * 2) for _ in range(2))
    train.seed(1)
    test.seed(2)
    buffer = VectorReplayBuffer(500, 2)
    done = algorithm.run_training(
        OffPolicyTrainerParams(
            training_collector=Collector[CollectStats](
                algorithm, train, buffer, exploration_noise=True
            ),
            test_collector=Collector[CollectStats](algorithm, test),
            max_epochs=1,
            epoch_num_steps=120,
            collection_step_num_env_steps=40,
            update_step_num_gradient_steps_per_sample=0.1,
            batch_size=16,
            test_step_num_episodes=2,
            show_progress=False,
            **others,
        )
    )
    assert done.timing.update_speed > 0
    batch, _ = buffer.sample(0)
    assert len(batch) == 120
    assert all(mask[slot] for mask, slot in zip(batch.obs.mask, batch.act, strict=True))
    return batch


@pytest.mark.trainer("tianshou")
def test_masked_dqn_trains_on_one_seat():
    from wrappers.to_tianshou import solo

    env = solo("MultiHop-v0", **SETTINGS)
    algorithm = _dqn(env.observation_space["obs"], env.action_space)
    _trained(algorithm, lambda: solo("MultiHop-v0", **SETTINGS))


@pytest.mark.trainer("tianshou")
def test_masked_dqn_trains_on_a_team():
    from tianshou.algorithm import MultiAgentOffPolicyAlgorithm

    from wrappers.to_tianshou import team

    game = team("MultiHop-v0", workers=1, **SETTINGS)
    seen, slots = game.observation_space["observation"], game.action_space
    algorithm = MultiAgentOffPolicyAlgorithm(
        algorithms=[_dqn(seen, slots) for _ in game.agents], env=game
    )
    batch = _trained(
        algorithm,
        lambda: team("MultiHop-v0", workers=1, **SETTINGS),
        multi_agent_return_reduction=lambda rewards: rewards.sum(axis=-1),
    )
    assert batch.rew.shape == (120, 2)
    assert set(batch.obs.agent_id) == {"planner_0", "worker_0"}
