"""TorchRL environments: features with masks, a whole team by PettingZoo, or text.

    from wrappers.to_torchrl import solo, team, text

    data = solo("MultiHop-v0").rollout(20)  # legal slots only: data["action_mask"]
    data = team("MultiHop-v0", workers=2).rollout(20)  # data["planner", "action"], data["worker"]
    print(text("MultiHop-v0").reset()["text"])  # strings are non-tensor data

Each passes `torchrl.envs.check_env_specs`. `noise`, `reward` and all else are settings as usual.
"""

import warnings
from typing import Any

import gymnasium as gym

from webenvs import catalog
from webenvs.records import role_of
from webenvs.trainers import MASK, lean, numeric_settings, trainer, with_mask

_TORCHRL = ("torchrl", ("0.14", "0.15"), "webenvs[torchrl]")


def solo(name: str, **settings: Any) -> Any:
    """One seat, as a `TransformedEnv` that samples legal slots only.

    Keys: observation (float32 [F]), action_mask (bool [K]), action (int64), reward and ends.
    Settings are those of the id, `seat` and `players` included. Raises SettingError for a view of
    text, ImportError without TorchRL.
    """
    trainer(*_TORCHRL)
    from torch import bool as boolean
    from torchrl.envs import ActionMask, Compose, DTypeCastTransform, GymWrapper, TransformedEnv

    env = with_mask(gym.make(catalog.gym_id(name), **numeric_settings(settings, "TorchRL")))
    wrapped = GymWrapper(env, categorical_action_encoding=True)
    cast = DTypeCastTransform(wrapped.observation_spec[MASK].dtype, boolean, in_keys=[MASK])
    return TransformedEnv(wrapped, Compose(cast, ActionMask()))


def team(name: str, *, parallel: bool = False, seed: int | None = None, **settings: Any) -> Any:
    """Every player, as a `PettingZooWrapper`: a message a step, or with `parallel` a round.

    Players stand in groups by their role ("planner", "worker"), each with observation, action,
    action_mask, reward and, message by message, a mask of who acts. Raises as `solo` does.
    """
    trainer(*_TORCHRL)
    from torchrl.envs import PettingZooWrapper

    wanted = numeric_settings(settings, "TorchRL")
    make = catalog.parallel if parallel else catalog.aec
    game = lean(make(name, mask="info", **wanted))
    roles: dict[str, list[str]] = {}
    for agent in game.possible_agents:
        roles.setdefault(role_of(agent), []).append(agent)
    with warnings.catch_warnings():  # it names the one version of PettingZoo it was tested with
        warnings.filterwarnings("ignore", message="PettingZoo in TorchRL is tested")
        return PettingZooWrapper(game, use_mask=not parallel, group_map=roles, seed=seed)


def text(name: str, **settings: Any) -> Any:
    """One seat in text, as a `GymWrapper`; text observations and messages are non-tensor data.

    Keys: text, turn, turns_left, live, action (a string), reward and ends.
    """
    trainer(*_TORCHRL)
    from torchrl.envs import GymWrapper

    return GymWrapper(gym.make(catalog.gym_id(name), **settings))
