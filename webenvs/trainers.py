"""What an adapter asks before its trainer runs: is it here, and can it read the environment."""

import importlib
import importlib.metadata
import re
from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.spaces import Box, Dict, Discrete, Space
from pettingzoo import AECEnv, ParallelEnv
from pettingzoo.utils.wrappers import BaseParallelWrapper, BaseWrapper

from webenvs.errors import MissingPackageError, SettingError, bad_setting

MASK = "action_mask"
"""The key of the mask of allowed slots, in infos and in observations of PettingZoo's form."""


def trainer(package: str, tested: tuple[str, str], install: str, module: str = "") -> ModuleType:
    """The module of an outside trainer, imported now.

    `package` is its name for pip, `tested` the first version that was tried and the first that was
    not, `install` what brings it, such as "webenvs[trl]". Raises MissingPackageError, an
    ImportError, where it is not installed, cannot be imported, or has another version.
    """
    name = module or package.replace("-", "_")
    wanted = f"pip install '{install}'"
    try:
        imported = importlib.import_module(name)
    except ImportError as error:
        missing = isinstance(error, ModuleNotFoundError) and error.name in (name, None)
        why = "is not installed" if missing else f"cannot be imported ({error})"
        raise MissingPackageError(f"{package} {why}: {wanted}.") from error
    found = importlib.metadata.version(package)
    if not _release(tested[0]) <= _release(found) < _release(tested[1]):
        raise MissingPackageError(
            f"{package} {found} is installed; the adapter was tested with versions from "
            f"{tested[0]} to below {tested[1]}: {wanted}."
        )
    return imported


def numeric_settings(settings: Mapping[str, Any], trainer_name: str) -> dict[str, Any]:
    """`settings` with the features view; raises SettingError for another view."""
    if settings.get("view", "features") != "features":
        raise bad_setting(
            "view",
            settings["view"],
            f"'features' for {trainer_name}, which reads numbers, not text",
        )
    return {**settings, "view": "features"}


def check_numeric(env: Any, trainer_name: str) -> None:
    """Raise SettingError for an environment of text, which a trainer of numbers cannot read.

    `env` is a Gymnasium environment or a PettingZoo one; all agents of that must have equal spaces.
    """
    pairs = _spaces(env)
    for observation, action in pairs:
        inner = observation.get("observation") if isinstance(observation, Dict) else observation
        if not isinstance(inner, Box) or not isinstance(action, Discrete):
            raise SettingError(
                f"{trainer_name} reads numbers, and {env} has observations in {observation} and "
                f"actions in {action}: make it with view='features'."
            )
    if any(pair != pairs[0] for pair in pairs):
        raise SettingError(
            f"{trainer_name} shares parameters between agents, and the agents of {env} have "
            f"different spaces: {'; '.join(f'{one}, {other}' for one, other in pairs)}."
        )


def lean(env: Any, *keys: str) -> Any:
    """`env` (Gymnasium, AEC or Parallel) with only these `keys` in its infos; the mask if none.

    Trainers of numbers copy, stack or ship infos at every step; ours hold whole transcripts.
    """
    kept = keys or (MASK,)
    if isinstance(env, AECEnv):
        return _LeanAEC(env, kept)
    return _LeanParallel(env, kept) if isinstance(env, ParallelEnv) else _Lean(env, kept)


def with_mask(env: gym.Env[Any, Any]) -> gym.Env[Any, Any]:
    """`env` (Gymnasium, features) with the mask in its observation, in PettingZoo's classic form.

    Observation: Dict(observation: what it was, action_mask: int8 [K]).
    """
    return _WithMask(env)


class _WithMask(gym.Wrapper[Any, Any, Any, Any]):
    def __init__(self, env: gym.Env[Any, Any]) -> None:
        super().__init__(env)
        slots = int(env.action_space.n)  # type: ignore[attr-defined]  # the features view's
        mask = Box(0, 1, (slots,), np.int8)
        self.observation_space = Dict({"observation": env.observation_space, MASK: mask})

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        observation, info = self.env.reset(seed=seed, options=options)
        return {"observation": observation, MASK: info[MASK]}, info

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        observation, reward, terminated, truncated, info = self.env.step(action)
        masked = {"observation": observation, MASK: info[MASK]}
        return masked, reward, terminated, truncated, info


class _Lean(gym.Wrapper[Any, Any, Any, Any]):
    def __init__(self, env: gym.Env[Any, Any], keys: tuple[str, ...]) -> None:
        super().__init__(env)
        self.keys = keys

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        observation, info = self.env.reset(seed=seed, options=options)
        return observation, _kept(info, self.keys)

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        *seen, info = self.env.step(action)
        return (*seen, _kept(info, self.keys))


class _LeanAEC(BaseWrapper):  # type: ignore[misc]  # PettingZoo ships no types
    def __init__(self, env: Any, keys: tuple[str, ...]) -> None:
        super().__init__(env)
        self.keys = keys

    @property
    def infos(self) -> dict[str, dict[str, Any]]:
        return {agent: _kept(info, self.keys) for agent, info in self.env.infos.items()}


class _LeanParallel(BaseParallelWrapper):  # type: ignore[misc]  # PettingZoo ships no types
    def __init__(self, env: Any, keys: tuple[str, ...]) -> None:
        super().__init__(env)
        self.keys = keys

    def reset(self, seed: int | None = None, options: Any = None) -> tuple[Any, Any]:
        seen, infos = self.env.reset(seed=seed, options=options)
        return seen, {agent: _kept(info, self.keys) for agent, info in infos.items()}

    def step(self, actions: Any) -> tuple[Any, ...]:
        *seen, infos = self.env.step(actions)
        return (*seen, {agent: _kept(info, self.keys) for agent, info in infos.items()})


def _kept(info: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: info[key] for key in keys if key in info}


def _spaces(env: Any) -> list[tuple[Space[Any], Space[Any]]]:
    agents: Iterable[str] | None = getattr(env, "possible_agents", None)
    if agents is None:
        return [(env.observation_space, env.action_space)]
    return [(env.observation_space(agent), env.action_space(agent)) for agent in agents]


def _release(version: str) -> tuple[int, ...]:
    """The numbers that a version begins with: (2, 9, 2) of "2.9.2.dev1"."""
    numbers = re.match(r"\d+(\.\d+)*", version)
    return tuple(int(part) for part in numbers.group().split(".")) if numbers else ()
