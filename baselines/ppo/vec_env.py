"""Seats as a vector environment of Stable-Baselines3, with masks for those who ask for them."""

from collections.abc import Iterable, Sequence
from typing import Any

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecEnv

from webenvs.envs.features.side_by_side import Bools, Floats, SideBySide

Indices = int | Iterable[int] | None


class SeatVecEnv(VecEnv):
    """A row of `SideBySide` is an environment of Stable-Baselines3: one model plays all seats.

    `action_masks` is answered for MaskablePPO. For algorithms without masks `redraw` plays a legal
    action, drawn by a key, in the place of a masked one. As in `ppo.advantages` a limit is an end
    like any other, and only what a real fault ended is told as truncated.
    """

    def __init__(self, seats: SideBySide, *, redraw: bool = False) -> None:
        super().__init__(seats.rows, seats.observation_space, seats.action_space)
        self.seats, self.redraw = seats, redraw
        self._actions: NDArray[np.int64] = np.zeros(seats.rows, dtype=np.int64)

    def reset(self) -> Floats:
        """The observations of new episodes, [n, F]."""
        return self.seats.reset()[0]

    def step_async(self, actions: NDArray[np.int64]) -> None:
        """Note one action a row."""
        self._actions = self.seats.legal(actions) if self.redraw else actions

    def step_wait(self) -> tuple[Floats, Floats, Bools, list[dict[str, Any]]]:
        """Play what was noted; ended rows hold their last observation in their info."""
        step = self.seats.step(self._actions)
        infos: list[dict[str, Any]] = [{} for _ in step.dones]
        for row in np.flatnonzero(step.dones):
            infos[row]["terminal_observation"] = step.last[row]
            infos[row]["TimeLimit.truncated"] = bool(step.broken[row])
        return step.observations, step.rewards, step.dones, infos

    def close(self) -> None:
        """Nothing is to be closed."""

    def has_attr(self, attr_name: str) -> bool:
        """Whether rows have an attribute: `action_masks` alone."""
        return attr_name == "action_masks"

    def get_attr(self, attr_name: str, indices: Indices = None) -> list[Any]:
        """The attribute of rows; raises AttributeError for any but `render_mode`."""
        if attr_name == "render_mode":
            return [None for _ in self._get_indices(indices)]
        raise AttributeError(attr_name)

    def set_attr(self, attr_name: str, value: Any, indices: Indices = None) -> None:
        """Raises AttributeError: rows have nothing to set."""
        raise AttributeError(attr_name)

    def env_method(
        self, method_name: str, *method_args: Any, indices: Indices = None, **method_kwargs: Any
    ) -> list[Any]:
        """`action_masks` of rows; raises AttributeError for other methods."""
        if method_name != "action_masks":
            raise AttributeError(method_name)
        return [self.seats.masks[row] for row in self._get_indices(indices)]

    def env_is_wrapped(
        self, wrapper_class: type[gym.Wrapper[Any, Any, Any, Any]], indices: Indices = None
    ) -> list[bool]:
        """No row is."""
        return [False for _ in self._get_indices(indices)]

    def seed(self, seed: int | None = None) -> Sequence[int | None]:
        """Rows are seeded where they are made; a model's seed does not change them."""
        return [None] * self.num_envs
