"""A Gymnasium wrapper that keeps masked actions from the environment, for trainers without masks.

env = gym.make("webenvs:webenvs/MultiHop-v0", view="features")
env = LegalActions(env)                      # a masked slot becomes a legal one
model = stable_baselines3.DQN("MlpPolicy", env)
"""

from typing import Any, Literal, SupportsFloat, get_args

import gymnasium as gym
import numpy as np
from gymnasium.utils import RecordConstructorArgs

from webenvs.envs.features.side_by_side import redrawn
from webenvs.errors import bad_setting

Fallback = Literal["redraw", "next", "first"]
"""How a masked action is replaced: by a legal one drawn anew, the next legal one, the first."""


class LegalActions(gym.Wrapper[Any, np.int64, Any, np.int64], RecordConstructorArgs):
    """Plays a legal action where a masked one was asked for; observations stay as they are.

    Reward: the environment's less `penalty` where an action was replaced. `info` tells the "asked"
    and the "played" action. Redraws are keyed by the seed of the last seeded reset, the resets
    since, the turn and the action, so that an episode is a function of seed and actions.
    """

    def __init__(
        self, env: gym.Env[Any, np.int64], fallback: Fallback = "redraw", penalty: float = 0.0
    ) -> None:
        """Raises TypeError for an environment without masks, SettingError for a wrong fallback."""
        if fallback not in get_args(Fallback):
            raise bad_setting("fallback", fallback, ", ".join(get_args(Fallback)))
        if penalty < 0:
            raise bad_setting("penalty", penalty, "0 or more")
        RecordConstructorArgs.__init__(self, fallback=fallback, penalty=penalty)
        gym.Wrapper.__init__(self, env)
        discrete = isinstance(env.action_space, gym.spaces.Discrete)
        if not discrete or not env.has_wrapper_attr("action_masks"):
            raise TypeError(
                "LegalActions needs Discrete actions with action_masks(), as view='features' has; "
                f"{env} has actions {env.action_space}."
            )
        self.fallback, self.penalty = fallback, penalty
        self._seed, self._resets, self._turn = 0, 0, 0

    def action_masks(self) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """What is legal now, [K]."""
        return np.asarray(self.env.get_wrapper_attr("action_masks")(), dtype=np.bool_)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """As the environment's."""
        self._seed, self._resets = (self._seed, self._resets + 1) if seed is None else (seed, 0)
        self._turn = 0
        return self.env.reset(seed=seed, options=options)

    def step(self, action: np.int64) -> tuple[Any, SupportsFloat, bool, bool, dict[str, Any]]:
        """Play `action`, or a legal one; raises SettingError for no action at all."""
        mask = self.action_masks()
        played = self._played(int(action), mask)
        self._turn += 1
        observation, reward, terminated, truncated, info = self.env.step(np.int64(played))
        cost = self.penalty if played != int(action) else 0.0
        told = {**info, "asked": int(action), "played": played}
        return observation, float(reward) - cost, terminated, truncated, told

    def _played(self, action: int, mask: np.ndarray[Any, np.dtype[np.bool_]]) -> int:
        if not 0 <= action < len(mask):
            raise bad_setting("action", action, f"0 to {len(mask) - 1}")
        key = (self._seed, "legal-actions", self._resets, self._turn, action)
        # After the end nothing is legal, and a step does nothing.
        if self.fallback == "redraw" or mask[action] or not mask.any():
            return redrawn(action, mask, *key)
        legal = np.flatnonzero(mask)
        if self.fallback == "first":
            return int(legal[0])
        return int(legal[np.searchsorted(legal, action) % len(legal)])
