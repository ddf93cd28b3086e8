"""Stable-Baselines3 and sb3-contrib on the features view: one player, or all players of a team.

    from sb3_contrib import MaskablePPO
    from wrappers.to_sb3 import shared_vec_env, vec_env

    model = MaskablePPO("MlpPolicy", vec_env("MultiHop-v0", 8, seed=1), seed=1).learn(20_000)
    team = MaskablePPO("MlpPolicy", shared_vec_env("MultiHop-v0", 4, workers=2)).learn(20_000)

PPO and DQN take the same environments but do not see masks. What a real fault ends is truncated,
where SB3 takes its own estimate for the rest of the return: it is neither success nor failure.
"""

from collections.abc import Sequence
from typing import Any

import gymnasium as gym
import numpy as np

from webenvs import catalog
from webenvs.trainers import MASK, check_numeric, lean, numeric_settings, trainer

try:
    from stable_baselines3.common.vec_env import VecEnv
except ImportError:
    VecEnv = object  # type: ignore[assignment, misc]  # `trainer` says what is missing

_SB3 = ("stable-baselines3", ("2.9", "3"), "webenvs[sb3]")
_NAME = "Stable-Baselines3"
_KEPT = (MASK, "task_id", "end", "valid")


def vec_env(name: str, count: int = 8, *, seed: int = 0, **settings: Any) -> VecEnv:
    """`count` environments of an id in this process, each monitored, with seeds from `seed` on.

    Settings are those of the id, `seat` and `players` included. Raises SettingError for a view that
    is not of numbers, ImportError without SB3.
    """
    trainer(*_SB3)
    from stable_baselines3.common.monitor import Monitor
    from stable_baselines3.common.vec_env import DummyVecEnv

    wanted = numeric_settings(settings, _NAME, count=count)
    entry = f"webenvs:webenvs/{catalog.row(name).id}"
    vec = DummyVecEnv([lambda: Monitor(lean(gym.make(entry, **wanted), *_KEPT))] * count)
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
    vec = SharedVecEnv([lean(catalog.parallel(name, **wanted), *_KEPT) for _ in range(games)])
    vec.seed(seed)
    return VecMonitor(vec)


def check(env: gym.Env[Any, Any]) -> None:
    """Run SB3's own checker; raises SettingError for an environment of text."""
    trainer(*_SB3)
    from stable_baselines3.common.env_checker import check_env

    check_numeric(env, _NAME)
    check_env(env)


class SharedVecEnv(VecEnv):  # type: ignore[misc, unused-ignore]  # object where SB3 is missing
    """The players of PettingZoo Parallel games with equal spaces, as places of one VecEnv.

    Observations: float32 [games x players, features]; actions: int [games x players]. Masks (bool
    [games x players, slots]) are asked for by `env_method("action_masks")`, as sb3-contrib does.
    """

    def __init__(self, games: Sequence[Any]) -> None:
        """Raises SettingError for players of text, or with different spaces."""
        self.games = list(games)
        check_numeric(games[0], _NAME)
        self.agents: list[str] = games[0].possible_agents
        spaces = [of(self.agents[0]) for of in (games[0].observation_space, games[0].action_space)]
        self._masks = np.zeros((len(games) * len(self.agents), spaces[1].n), dtype=bool)
        super().__init__(len(self._masks), *spaces)

    def reset(self) -> Any:
        """Begin every game anew, with the seeds given by `seed` if they were not used yet."""
        seeds = self._seeds[:: len(self.agents)]
        begun = [game.reset(seed=seed) for game, seed in zip(self.games, seeds, strict=True)]
        self._reset_seeds()
        self.reset_infos = [infos[agent] for _, infos in begun for agent in self.agents]
        self._masks = np.array([info[MASK] for info in self.reset_infos], dtype=bool)
        return np.array([seen[agent] for seen, _ in begun for agent in self.agents])

    def step_async(self, actions: Any) -> None:
        """Take the slots of all players; `step_wait` plays them."""
        self._acts = np.asarray(actions).reshape(len(self.games), len(self.agents)).tolist()

    def step_wait(self) -> Any:
        """Play a round of every game; those that are over begin anew, the last view in info."""
        pairs = zip(self.games, self._acts, strict=True)
        rows = [row for game, acts in pairs for row in self._played(game, acts)]
        seen, masks, rewards, dones, infos = zip(*rows, strict=True)
        self._masks = np.array(masks, dtype=bool)
        return np.array(seen), np.array(rewards, np.float32), np.array(dones), list(infos)

    def close(self) -> None:
        """Close every game."""
        for game in self.games:
            game.close()

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kw: Any) -> list[Any]:
        """The masks of players; any other method is called once for each place, on its game."""
        if method_name == "action_masks":
            return list(self._masks[list(self._get_indices(indices))])
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
        return [self.games[place // len(self.agents)] for place in self._get_indices(indices)]

    def _played(self, game: Any, acts: list[int]) -> list[tuple[Any, Any, float, bool, Any]]:
        """A round of a game: what each player sees and may do now, got, and whether it ended."""
        seen, rewards, ended, cut, infos = game.step(dict(zip(self.agents, acts, strict=True)))
        done, now = not game.agents, infos
        if done:
            for agent, info in infos.items():
                info["terminal_observation"] = seen[agent]
                info["TimeLimit.truncated"] = cut[agent] and not ended[agent]
            seen, now = game.reset()
        return [(seen[a], now[a][MASK], rewards[a], done, infos[a]) for a in self.agents]
