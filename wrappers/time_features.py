"""A Gymnasium wrapper that adds what is left of time and of every budget to numeric observations.

env = gym.make("webenvs:webenvs/MultiHop-v0", calls={"search": 4})
env = TimeAndBudget(HashedText(env))         # the vector of the text, and 7 numbers
observation, info = env.reset(seed=7)
"""

from collections.abc import Mapping
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.utils import RecordConstructorArgs
from numpy.typing import NDArray

from webenvs.envs.face import Face

NAMES = ("turns", "calls", "characters", "seconds", "delegations", "invalid", "closing")
"""What is added, in this order: shares in [0, 1] of what there was; 1 where there is no limit.

`calls` are the limited tools' together. `closing` is 1 at the closing message, else 0.
"""


class TimeAndBudget(
    gym.Wrapper[NDArray[np.float32], Any, NDArray[np.float32], Any], RecordConstructorArgs
):
    """Observation: that of the wrapped environment with the numbers of `NAMES` behind it.

    Reads Box observations of one axis, float32. All else stays as it is.
    """

    def __init__(self, env: gym.Env[NDArray[np.float32], Any]) -> None:
        """Raises TypeError for other observations, or another environment than a webenvs one."""
        RecordConstructorArgs.__init__(self)
        gym.Wrapper.__init__(self, env)
        space = env.observation_space
        if not isinstance(space, gym.spaces.Box) or len(space.shape) != 1:
            raise TypeError(
                f"TimeAndBudget needs observations in a Box of one axis; {env} has {space}. "
                "Make it with view='features', or put HashedText around the text view."
            )
        face: Any = env.unwrapped
        if not isinstance(face, Face):
            raise TypeError(f"TimeAndBudget reads the budgets of webenvs environments, not {env}.")
        self._scenario = face.scenario
        low = np.concatenate([space.low, np.zeros(len(NAMES))]).astype(np.float32)
        high = np.concatenate([space.high, np.ones(len(NAMES))]).astype(np.float32)
        self.observation_space = gym.spaces.Box(low, high, dtype=np.float32)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """As the environment's, with what is left behind the observation."""
        observation, info = self.env.reset(seed=seed, options=options)
        return self._with_shares(observation, info), info

    def step(self, action: Any) -> tuple[NDArray[np.float32], Any, bool, bool, dict[str, Any]]:
        """As the environment's, with what is left behind the observation."""
        observation, reward, terminated, truncated, info = self.env.step(action)
        return self._with_shares(observation, info), reward, terminated, truncated, info

    def _with_shares(
        self, observation: NDArray[np.float32], info: Mapping[str, Any]
    ) -> NDArray[np.float32]:
        budget = self._scenario.kits[info["role"]].role.budget
        left: dict[str, float] = dict(info["budget"])
        left["calls"] = sum(count for name, count in left.items() if name not in NAMES)
        shares = [
            _share(left.get("turns", 0), budget.turns),
            _share(left["calls"], sum(budget.calls.values()) or None),
            _share(left.get("characters", 0), budget.characters),
            _share(left.get("seconds", 0), budget.seconds),
            _share(left.get("delegations", 0), budget.workers),
            _share(left.get("invalid", 0), budget.invalid),
            1.0 if info["closing"] else 0.0,
        ]
        return np.concatenate([observation, np.array(shares, dtype=np.float32)])


def _share(left: float, limit: float | None) -> float:
    """What is left of a limit, in [0, 1]; 1 where there is none."""
    if limit is None:
        return 1.0
    return min(1.0, max(0.0, left / limit)) if limit else 0.0
