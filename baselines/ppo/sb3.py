"""PPO, MaskablePPO and DQN of Stable-Baselines3 with the slot policy of `ppo.py` inside."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import torch
from numpy.typing import NDArray
from sb3_contrib import MaskablePPO
from sb3_contrib.common.maskable.policies import MaskableActorCriticPolicy
from stable_baselines3 import DQN, PPO
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from stable_baselines3.dqn.policies import DQNPolicy, QNetwork
from torch import Tensor, nn

from baselines.ppo.ppo import SlotPolicy
from baselines.ppo.seats import LAYOUT
from baselines.ppo.vec_env import SeatVecEnv
from webenvs.envs.features.side_by_side import Bools, Floats, SideBySide
from webenvs.errors import SettingError

WIDTH = 48
"""Units of each layer, as in `ppo.Config`."""


class SlotScores(BaseFeaturesExtractor):
    """The slot policy as an extractor: features [n, K + 1] are the scores and the value."""

    def __init__(self, observation_space: gym.Space[Any], width: int = WIDTH) -> None:
        super().__init__(observation_space, LAYOUT.slots + 1)
        self.slots = SlotPolicy(LAYOUT, width)

    def forward(self, observations: Tensor) -> Tensor:
        """Scores and value of observations [n, F]."""
        scores, values = self.slots(observations)
        return torch.cat([scores, values[:, None]], dim=-1)


class Take(nn.Module):
    """The features from `first` up to `last`, as they are: the head of a finished network."""

    def __init__(self, first: int, last: int) -> None:
        super().__init__()
        self.first, self.last = first, last

    def forward(self, features: Tensor) -> Tensor:
        """[n, last - first] of [n, K + 1]."""
        return features[:, self.first : self.last]


class SlotActorCritic(ActorCriticPolicy):
    """Scores and value straight from the extractor."""

    def _build(self, lr_schedule: Callable[[float], float]) -> None:
        super()._build(lr_schedule)
        _take_heads(self, lr_schedule)


class MaskableSlotActorCritic(MaskableActorCriticPolicy):
    """The same, with masks."""

    def _build(self, lr_schedule: Callable[[float], float]) -> None:
        super()._build(lr_schedule)
        _take_heads(self, lr_schedule)


class SlotDQNPolicy(DQNPolicy):
    """The scores of the extractor are the values of the actions."""

    def make_q_net(self) -> QNetwork:
        """A network whose head is the extractor's scores."""
        network = super().make_q_net()
        network.q_net = nn.Sequential(Take(0, LAYOUT.slots))
        return network.to(self.device)


def _take_heads(policy: Any, lr_schedule: Callable[[float], float]) -> None:
    policy.action_net = Take(0, LAYOUT.slots)
    policy.value_net = Take(LAYOUT.slots, LAYOUT.slots + 1)
    optimiser = policy.optimizer_class
    policy.optimizer = optimiser(
        policy.parameters(), lr=lr_schedule(1.0), **policy.optimizer_kwargs
    )


_EXTRACTOR: dict[str, Any] = {"features_extractor_class": SlotScores}
_ACTOR_CRITIC: dict[str, Any] = {
    **_EXTRACTOR,
    "net_arch": {"pi": [], "vf": []},
    "ortho_init": False,
}
_PPO: dict[str, Any] = {
    "n_steps": 32,
    "batch_size": 256,
    "n_epochs": 4,
    "gamma": 0.99,
    "gae_lambda": 0.95,
    "ent_coef": 0.01,
    "policy_kwargs": _ACTOR_CRITIC,
}
_DQN: dict[str, Any] = {
    "learning_rate": 5e-4,
    "buffer_size": 50_000,
    "batch_size": 128,
    "train_freq": 1,
    "gradient_steps": 2,
    "target_update_interval": 1_000,
    "exploration_fraction": 0.3,
    "exploration_final_eps": 0.05,
    "gamma": 0.99,
    "policy_kwargs": {**_EXTRACTOR, "net_arch": []},
}


def _falling(progress: float) -> float:
    """The learning rate of the PPOs: 1e-3, in a straight line to zero."""
    return 1e-3 * progress


def make(name: str, seats: SideBySide, seed: int, steps: int) -> BaseAlgorithm:
    """The untrained model of "ppo", "maskable-ppo" or "dqn" on these seats, for so many steps."""
    ppo = {**_PPO, "batch_size": min(_PPO["batch_size"], _PPO["n_steps"] * seats.rows)}
    if name == "maskable-ppo":
        masked: BaseAlgorithm = MaskablePPO(
            MaskableSlotActorCritic,
            SeatVecEnv(seats),
            learning_rate=_falling,
            seed=seed,
            device="cpu",
            **ppo,
        )
        return masked
    env = SeatVecEnv(seats, redraw=True)
    if name == "ppo":
        return PPO(SlotActorCritic, env, learning_rate=_falling, seed=seed, device="cpu", **ppo)
    return DQN(
        SlotDQNPolicy, env, seed=seed, device="cpu", learning_starts=min(2_000, steps // 10), **_DQN
    )


class _Told(BaseCallback):
    """Tells the steps made so far after every step of the environments."""

    def __init__(self, tell: Callable[[int], None]) -> None:
        super().__init__()
        self.tell = tell

    def _on_step(self) -> bool:
        self.tell(self.num_timesteps)
        return True


def learn(model: BaseAlgorithm, steps: int, tell: Callable[[int], None] | None = None) -> None:
    """Train a model for about `steps` steps of rows."""
    model.learn(steps, callback=None if tell is None else _Told(tell))


def load(name: str, path: Path) -> BaseAlgorithm:
    """The model of a file; raises SettingError for what is none."""
    kinds: dict[str, Any] = {"ppo": PPO, "maskable-ppo": MaskablePPO, "dqn": DQN}
    try:
        model: BaseAlgorithm = kinds[name].load(path, device="cpu")
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise SettingError(f"{path} holds no model of {name} ({error}).") from error
    return model


def scores(model: BaseAlgorithm, observations: Floats, masks: Bools) -> NDArray[np.float32]:
    """What the model thinks of every slot, [n, K]; masks are left to the caller."""
    observed = torch.from_numpy(observations)
    with torch.no_grad():
        if isinstance(model, DQN):
            found: Tensor = model.q_net(observed)
        else:
            policy: Any = model.policy
            found = policy.extract_features(observed, policy.pi_features_extractor)
    return found[:, : masks.shape[1]].numpy()
