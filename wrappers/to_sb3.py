"""Stable-Baselines3 and sb3-contrib on the features view: one player, or all players of a team.

    from sb3_contrib import MaskablePPO
    from wrappers.to_sb3 import shared_vec_env, vec_env

    model = MaskablePPO("MlpPolicy", vec_env("MultiHop-v0", 8, seed=1), seed=1).learn(20_000)
    team = MaskablePPO("MlpPolicy", shared_vec_env("MultiHop-v0", 4, workers=2)).learn(20_000)

PPO and DQN take the same environments but do not see masks. What a limit or a real fault ends is
truncated, where SB3 takes its own estimate for the rest: a fault is neither success nor failure.
"""

from typing import Any

import gymnasium as gym
import numpy as np

from webenvs import catalog
from webenvs.envs.features.side_by_side import SideBySide
from webenvs.trainers import MASK, check_numeric, lean, numeric_settings, trainer

try:
    from stable_baselines3.common.vec_env import VecEnv
except ImportError:
    VecEnv = object  # type: ignore[assignment, misc]  # `trainer` says what is missing

_SB3 = ("stable-baselines3", ("2.9", "3"), "webenvs[sb3]")
_NAME = "Stable-Baselines3"


def vec_env(name: str, count: int = 8, *, seed: int = 0, **settings: Any) -> VecEnv:
    """`count` environments of an id in this process, each monitored, with seeds from `seed` on.

    Settings are those of the id, `seat` and `players` included. Raises SettingError for a count
    below 1 or a view that is not of numbers, ImportError without SB3.
    """
    trainer(*_SB3)
    from stable_baselines3.common.monitor import Monitor
    from stable_baselines3.common.vec_env import DummyVecEnv

    wanted, kept = numeric_settings(settings, _NAME, count=count), (MASK, "task_id", "end", "valid")
    entry = catalog.gym_id(name)
    vec = DummyVecEnv([lambda: Monitor(lean(gym.make(entry, **wanted), *kept))] * count)
    vec.seed(seed)
    return vec


def shared_vec_env(name: str, games: int = 4, *, seed: int = 0, **settings: Any) -> VecEnv:
    """Every player of `games` team games as an environment of its own, for one shared policy.

    Place `game * players + player` of the vector is that player. A game is played a round a step; a
    player that has nothing to do may only wait, so train with masks. All players of a game end
    together, and it begins anew at once. Raises as `vec_env` does.
    """
    trainer(*_SB3)
    from stable_baselines3.common.vec_env import VecMonitor

    wanted = {"mask": "info", **numeric_settings(settings, _NAME, games=games)}
    rows = SideBySide(lambda: catalog.parallel(name, **wanted), games, seed=seed)
    return VecMonitor(SharedVecEnv(rows))


def check(env: gym.Env[Any, Any]) -> None:
    """Run SB3's own checker; raises SettingError for an environment of text."""
    trainer(*_SB3)
    from stable_baselines3.common.env_checker import check_env

    check_numeric(env, _NAME)
    check_env(env)


class SharedVecEnv(VecEnv):  # type: ignore[misc, unused-ignore]  # object where SB3 is missing
    """The players of games side by side, as places of one VecEnv.

    Observations: float32 [games x players, features]; actions: int [games x players]. Masks (bool
    [games x players, slots]) are asked for by `env_method("action_masks")`, as sb3-contrib does.
    """

    def __init__(self, rows: SideBySide) -> None:
        """Raises SettingError for players with different spaces."""
        check_numeric(rows.games[0], _NAME)
        self.rows, self._actions = rows, np.zeros(rows.rows, dtype=np.int64)
        super().__init__(rows.rows, rows.observation_space, rows.action_space)

    def seed(self, seed: int | None = None) -> list[int | None]:
        """Have the next `reset` begin the episodes of this seed."""
        if seed is not None:
            self.rows.reseed(seed)
        return [seed] * self.num_envs

    def reset(self) -> Any:
        """Begin every game anew, with its next episode."""
        return self.rows.reset()[0]

    def step_async(self, actions: Any) -> None:
        """Take the slots of all players; `step_wait` plays them."""
        self._actions = np.asarray(actions).reshape(-1)

    def step_wait(self) -> Any:
        """Play a round of every game; those that are over begin anew, the last view in info."""
        step = self.rows.step(self._actions)
        for row in np.flatnonzero(step.dones):
            step.infos[row]["terminal_observation"] = step.last[row]
            step.infos[row]["TimeLimit.truncated"] = bool(step.truncated[row])
        return step.observations, step.rewards, step.dones, step.infos

    def close(self) -> None:
        """Close every game."""
        for game in self.rows.games:
            game.close()

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kw: Any) -> list[Any]:
        """The masks of players; any other method is called once for each place, on its game."""
        if method_name == "action_masks":
            return list(self.rows.masks[list(self._get_indices(indices))])
        return [getattr(game, method_name)(*args, **kw) for game in self._of(indices)]

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """An attribute of the game of every place, or its masks."""
        if attr_name == "action_masks":
            return self.env_method(attr_name, indices=indices)
        return [getattr(game, attr_name) for game in self._of(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Set an attribute of the game of every place."""
        for game in self._of(indices):
            setattr(game, attr_name, value)

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:
        """Games have no wrappers of SB3."""
        return [False] * len(self._of(indices))

    def _of(self, indices: Any) -> list[Any]:
        size = len(self.rows.players)
        return [self.rows.games[place // size] for place in self._get_indices(indices)]
