"""Tianshou 2 on the features view: one player, or a team by PettingZoo, masks in observations.

    from tianshou.env import DummyVectorEnv
    from wrappers.to_tianshou import solo, team

    train = DummyVectorEnv([lambda: solo("MultiHop-v0")] * 8)  # DQN takes obs and mask from it
    game = team("MultiHop-v0", workers=1)  # tianshou.env.PettingZooEnv, for MultiAgent...Algorithm

Of a team every algorithm learns from what its own player did and saw next, others' turns between.
"""

from typing import Any

import gymnasium as gym

from webenvs import catalog
from webenvs.trainers import MASK, check_numeric, lean, numeric_settings, trainer, with_mask

_TIANSHOU = ("tianshou", ("2.0", "2.1"), "webenvs[tianshou]")


def solo(name: str, **settings: Any) -> gym.Env[Any, Any]:
    """One seat, with observations Dict(obs: float32 [F], mask: int8 [K]).

    Networks see the features alone: build them for the space `observation_space["obs"]`. Settings
    are those of the id, `seat` and `players` included. Raises SettingError for a view of text,
    ImportError without Tianshou.
    """
    trainer(*_TIANSHOU)
    env = gym.make(catalog.gym_id(name), **numeric_settings(settings, "Tianshou"))
    return _Named(lean(with_mask(env)))


def team(name: str, **settings: Any) -> Any:
    """Every player of a team game, message by message, as Tianshou's own `PettingZooEnv`.

    Observations are {"agent_id", "obs", "mask"}. Raises as `solo` does.
    """
    trainer(*_TIANSHOU)
    from tianshou.env import PettingZooEnv

    game = catalog.aec(name, mask="observation", **numeric_settings(settings, "Tianshou"))
    check_numeric(game, "Tianshou")
    return PettingZooEnv(lean(game))


class _Named(gym.ObservationWrapper[Any, Any, Any]):
    """The mask in the observation under the names that Tianshou's policies ask for."""

    def __init__(self, env: gym.Env[Any, Any]) -> None:
        super().__init__(env)
        space: Any = env.observation_space
        self.observation_space = gym.spaces.Dict(obs=space["observation"], mask=space[MASK])

    def observation(self, observation: Any) -> dict[str, Any]:
        return {"obs": observation["observation"], "mask": observation[MASK]}
