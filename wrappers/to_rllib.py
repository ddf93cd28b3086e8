"""RLlib (new API stack) on the features view: one player, or a team by PettingZoo, with masks.

    from wrappers.to_rllib import ppo

    algo = ppo("MultiHop-v0", game="parallel", workers=2).training(lr=1e-3).build_algo()
    for _ in range(10):
        print(algo.train()["env_runners"]["episode_return_mean"])

RLlib pins gymnasium 1.2.2, which webenvs runs on too. What a real fault ends is truncated, where
PPO takes its own estimate for the rest of the return: it is neither success nor failure.
"""

from collections.abc import Mapping
from typing import Any

import gymnasium as gym

from webenvs import catalog, records
from webenvs.errors import unknown_name
from webenvs.trainers import MASK, lean, numeric_settings, trainer, with_mask

try:
    from ray.rllib.algorithms.ppo.torch.default_ppo_torch_rl_module import DefaultPPOTorchRLModule
except ImportError:
    DefaultPPOTorchRLModule = object  # `trainer` says what is missing

_RLLIB = ("ray", ("2.60", "2.61"), "webenvs[rllib]", "ray.rllib")
GAMES = ("solo", "aec", "parallel")
"""One seat; every player, message by message; every player, a round a step."""


def environment(name: str, *, game: str = "solo", **settings: Any) -> Any:
    """What RLlib steps: a Gymnasium environment, or a PettingZoo game in RLlib's own wrapper.

    Observations are Dict(observation: float32 [F], action_mask: int8 [K]), actions Discrete(K).
    With `game="solo"` settings are those of the id, `seat` and `players` included. Raises
    SettingError for a view of text, UnknownNameError for another game, ImportError without RLlib.
    """
    trainer(*_RLLIB)
    wanted = numeric_settings(settings, "RLlib")
    if game == "solo":
        return lean(with_mask(gym.make(catalog.gym_id(name), **wanted)), "end")
    if game not in GAMES:
        raise unknown_name("game", game, GAMES)
    from ray.rllib.env.wrappers.pettingzoo_env import ParallelPettingZooEnv, PettingZooEnv

    make, wrapper = catalog.aec, PettingZooEnv
    if game == "parallel":
        make, wrapper = catalog.parallel, ParallelPettingZooEnv
    return wrapper(lean(make(name, mask="observation", **wanted), "end"))


def ppo(name: str, *, game: str = "solo", **settings: Any) -> Any:
    """A `PPOConfig` with environment, masks and, in a team, a policy for each role.

    Everything else is RLlib's: go on with `.training(...)`, `.env_runners(...)`, `.build_algo()`.
    Raises as `environment` does.
    """
    made = environment(name, game=game, **settings)
    from ray.rllib.algorithms.ppo import PPOConfig
    from ray.rllib.core.rl_module.multi_rl_module import MultiRLModuleSpec
    from ray.rllib.core.rl_module.rl_module import RLModuleSpec
    from ray.tune.registry import register_env

    register_env("webenvs", _made)
    config = PPOConfig().environment("webenvs", env_config={"name": name, "game": game, **settings})
    if game == "solo":
        return config.rl_module(rl_module_spec=RLModuleSpec(module_class=MaskedPPO))
    roles = sorted({role_of(agent) for agent in made.possible_agents})
    specs = {role: RLModuleSpec(module_class=MaskedPPO) for role in roles}
    return config.multi_agent(policies=set(roles), policy_mapping_fn=role_of).rl_module(
        rl_module_spec=MultiRLModuleSpec(rl_module_specs=specs)
    )


def role_of(agent: str, *_: Any, **__: Any) -> str:
    """The policy of an agent: "worker" of "worker_1"."""
    return records.role_of(agent)


class MaskedPPO(DefaultPPOTorchRLModule):
    """RLlib's own PPO module, which sees the features and never draws a masked slot."""

    def __init__(self, *args: Any, observation_space: gym.spaces.Dict, **others: Any) -> None:
        """Networks are those of the features alone."""
        super().__init__(*args, observation_space=observation_space["observation"], **others)
        self.observation_space = observation_space

    def _forward(self, batch: Mapping[str, Any], **others: Any) -> dict[str, Any]:
        return _masked(super()._forward(_seen(batch), **others), batch)

    def _forward_train(self, batch: Mapping[str, Any], **others: Any) -> dict[str, Any]:
        return _masked(super()._forward_train(_seen(batch), **others), batch)

    def compute_values(self, batch: Mapping[str, Any], embeddings: Any = None) -> Any:
        """The values of a batch of observations, with or without masks."""
        return super().compute_values(_seen(batch), embeddings)


def _seen(batch: Mapping[str, Any]) -> dict[str, Any]:
    return {**batch, "obs": batch["obs"]["observation"]}


def _masked(out: dict[str, Any], batch: Mapping[str, Any]) -> dict[str, Any]:
    """`out` with the logits of masked slots far below all others; not infinite, for the entropy."""
    logits = out["action_dist_inputs"]
    out["action_dist_inputs"] = logits.masked_fill(batch["obs"][MASK] == 0, -1e9)
    return out


def _made(config: Mapping[str, Any]) -> Any:
    return environment(**config)
