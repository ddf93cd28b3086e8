"""Many seat environments stepped as one, with text kept as tuples of strings."""

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from webenvs.envs.face import Opened
from webenvs.envs.seat import SeatEnv
from webenvs.errors import SettingError, WebenvsError


class TextVectorEnv(SyncVectorEnv):
    """A vector environment that neither copies text nor sends it through shared memory.

    Observations: {"text": tuple of n strings, "turn", "turns_left", "live": int64 arrays [n]}; of
    the features view float32 [n, F]. `info[key]` is an object array [n] with a boolean mask
    `info["_" + key]` ("action_mask": int8 [n, K]); "final_info" is a mapping of such arrays, as in
    Gymnasium.
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

    def snapshot(self) -> dict[str, Any]:
        """The whole state as JSON-able data: a snapshot a part, and which parts begin anew next.

        Raises SettingError for parts inside of wrappers, whose own state would be lost.
        """
        return {
            "envs": [_bare(env).snapshot() for env in self.envs],
            "autoreset": self.autoreset_mode.value,
            "over": self._autoreset_envs.tolist(),
        }

    def restore(self, data: Mapping[str, Any]) -> None:
        """Return to a snapshot of as many parts; all are taken or, with SettingError, none."""
        if not isinstance(data, Mapping) or set(data) != {"envs", "autoreset", "over"}:
            raise SettingError("This is no snapshot of a vector environment: see `snapshot()`.")
        if data["autoreset"] != self.autoreset_mode.value:
            raise SettingError(
                f"This snapshot was taken in another environment: its autoreset mode is "
                f"{data['autoreset']}, this one's is {self.autoreset_mode.value}."
            )
        saved, over = data["envs"], data["over"]
        if not _listed(saved, self.num_envs) or not _listed(over, self.num_envs, bool):
            raise SettingError(f"A snapshot for this environment holds {self.num_envs} parts.")
        envs = [_bare(env) for env in self.envs]
        opened = [env._opened(part) for env, part in zip(envs, saved, strict=True)]
        _take_all(envs, opened)
        self._autoreset_envs = np.array(over, dtype=np.bool_)
        seen: list[Any] = [env._seen() for env in envs]
        self._env_obs = seen

    def fork(self) -> Self:
        """An independent copy that goes on from here and meets the same noise."""
        twin = copy.copy(self)
        twin.envs = [_bare(env).fork() for env in self.envs]
        twin._env_obs = list(self._env_obs)
        twin._observations = _detached(self._observations)
        for name in ("_rewards", "_terminations", "_truncations", "_autoreset_envs"):
            setattr(twin, name, getattr(self, name).copy())
        return twin

    def _add_info(
        self, vector_infos: dict[str, Any], env_info: dict[str, Any], env_num: int
    ) -> dict[str, Any]:
        for key, value in env_info.items():
            final = key == "final_info"
            if key not in vector_infos:
                vector_infos[key] = {} if final else self._column(value)
                vector_infos[f"_{key}"] = np.zeros(self.num_envs, dtype=np.bool_)
            if final:
                self._add_info(vector_infos[key], value, env_num)
            else:
                vector_infos[key][env_num] = value
            vector_infos[f"_{key}"][env_num] = True
        return vector_infos

    def _column(self, value: Any) -> np.ndarray[Any, Any]:
        """Room for a value of every part: an array of arrays' own type, of objects for others."""
        if isinstance(value, np.ndarray):
            return np.zeros((self.num_envs, *value.shape), dtype=value.dtype)
        return np.full(self.num_envs, None, dtype=object)


def _bare(env: gym.Env[Any, Any]) -> SeatEnv:
    if not isinstance(env, SeatEnv):
        raise SettingError(
            f"The parts of this vector environment cannot be saved: they are {env}, and only "
            f"environments of webenvs without wrappers can (a wrapper's own state would be lost)."
        )
    return env


def _listed(values: Any, count: int, kind: type = object) -> bool:
    is_list = isinstance(values, list | tuple) and len(values) == count
    return is_list and all(isinstance(value, kind) for value in values)


def _take_all(envs: Sequence[SeatEnv], opened: Sequence[Opened]) -> None:
    """Take every part of a snapshot; where a player refuses its memory, go back with the others."""
    kept: list[tuple[SeatEnv, Opened]] = []
    try:
        for env, part in zip(envs, opened, strict=True):
            before = env._opened(env.snapshot()) if env.started and env.has_others else None
            env._take(part)
            if before is not None:
                kept.append((env, before))
    except WebenvsError:
        for env, before in kept:
            env._take(before)
        raise


def _detached(observations: Any) -> Any:
    """The observations with their number arrays copied, since the next step writes into them."""
    if isinstance(observations, np.ndarray):
        return observations.copy()
    return {
        key: value.copy() if isinstance(value, np.ndarray) else value
        for key, value in observations.items()
    }
