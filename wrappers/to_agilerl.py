"""AgileRL on the features view: one player for PPO, or a team in its PettingZoo vector for IPPO.

    from agilerl.algorithms import IPPO
    from wrappers.to_agilerl import spaces_of, team

    games = team("MultiHop-v0", 4, workers=2)
    agent = IPPO(**spaces_of(games))  # one policy a role: planner, worker

AgileRL takes what is truncated for an end: a limit of turns or a real fault has nothing behind it.
PPO finds the masks in info. IPPO 2.58 fails on any mask that is an array, so teams are given none:
a slot without a call is a message without one. AgileRL needs PettingZoo below 1.27, which webenvs
runs on too, and peft, which it imports without declaring it.
"""

from typing import Any

import gymnasium as gym

from webenvs import catalog
from webenvs.trainers import check_numeric, lean, numeric_settings, trainer

_AGILERL = ("agilerl", ("2.58", "2.59"), "agilerl==2.58.0")


def solo(name: str, count: int = 4, **settings: Any) -> gym.vector.VectorEnv[Any, Any, Any]:
    """`count` environments of one seat as a Gymnasium vector, which AgileRL's PPO and DQN take.

    Raises SettingError for a count below 1 or a view of text, ImportError without AgileRL.
    """
    trainer(*_AGILERL)
    entry = catalog.gym_id(name)
    wanted = numeric_settings(settings, "AgileRL", count=count)
    made = [lambda: lean(gym.make(entry, **wanted))] * count
    return gym.vector.SyncVectorEnv(made, autoreset_mode=gym.vector.AutoresetMode.SAME_STEP)


def team(name: str, count: int = 4, **settings: Any) -> Any:
    """`count` team games in a process each, as AgileRL's `AsyncPettingZooVecEnv`; close it.

    Raises as `solo` does.
    """
    trainer(*_AGILERL)
    from agilerl.vector.pz_async_vec_env import AsyncPettingZooVecEnv

    wanted = numeric_settings(settings, "AgileRL", count=count)

    def make() -> Any:
        return lean(catalog.parallel(name, mask="info", **wanted), "valid")

    check_numeric(make(), "AgileRL")
    return AsyncPettingZooVecEnv([make] * count)


def spaces_of(games: Any) -> dict[str, Any]:
    """What a multi-agent algorithm of AgileRL wants to know of its games, by its argument names."""
    agents = list(games.possible_agents)
    return {
        "observation_spaces": [games.single_observation_space(agent) for agent in agents],
        "action_spaces": [games.single_action_space(agent) for agent in agents],
        "agent_ids": agents,
    }
