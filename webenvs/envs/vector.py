"""Many seat environments stepped as one, with text kept as tuples of strings."""

from collections.abc import Callable, Sequence
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode, SyncVectorEnv


class TextVectorEnv(SyncVectorEnv):
    """A vector environment that neither copies text nor sends it through shared memory.

    Observations: {"text": tuple of n strings, "turn", "turns_left", "live": int64 arrays [n]}.
    `info[key]` is an object array [n] with a boolean mask `info["_" + key]`; "final_info" is a
    mapping of such arrays, as in Gymnasium.
    """

    def __init__(
        self,
        env_fns: Sequence[Callable[[], gym.Env[Any, Any]]],
        autoreset_mode: str | AutoresetMode = AutoresetMode.NEXT_STEP,
    ) -> None:
        super().__init__(env_fns, copy=False, autoreset_mode=autoreset_mode)

    def reset(
        self, *, seed: Any = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Reset every environment; seeds as in Gymnasium (an int counts up)."""
        observations, infos = super().reset(seed=seed, options=options)
        return _detached(observations), infos

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        """Step every environment with its message, in order."""
        observations, rewards, terminations, truncations, infos = super().step(actions)
        return _detached(observations), rewards.copy(), terminations, truncations, infos

    def _add_info(
        self, vector_infos: dict[str, Any], env_info: dict[str, Any], env_num: int
    ) -> dict[str, Any]:
        for key, value in env_info.items():
            final = key == "final_info"
            if key not in vector_infos:
                empty = np.full(self.num_envs, None, dtype=object)
                vector_infos[key] = {} if final else empty
                vector_infos[f"_{key}"] = np.zeros(self.num_envs, dtype=np.bool_)
            if final:
                self._add_info(vector_infos[key], value, env_num)
            else:
                vector_infos[key][env_num] = value
            vector_infos[f"_{key}"][env_num] = True
        return vector_infos


def _detached(observations: dict[str, Any]) -> dict[str, Any]:
    """The observations with their number arrays copied, since the next step writes into them."""
    return {
        key: value.copy() if isinstance(value, np.ndarray) else value
        for key, value in observations.items()
    }
