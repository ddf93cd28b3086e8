"""A Gymnasium wrapper that shapes rewards by a potential: no policy gains return by it.

env = gym.make("webenvs:webenvs/MultiHop-v0")
env = PotentialShaping(env, question_covered, gamma=0.99)
observation, reward, *_, info = env.step(message)
print(reward, info["shaping"])               # what was added: gamma * phi(s') - phi(s)
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, SupportsFloat

import gymnasium as gym
from gymnasium.utils import RecordConstructorArgs

from webenvs.errors import SettingError, bad_setting

Potential = Callable[[Any, Mapping[str, Any]], float]
"""What a state is worth by itself, from an observation and its info."""

_WORD = re.compile(r"[^\W_]{3,}")
_ASKS = ("system", "assistant")


def question_covered(observation: Any, info: Mapping[str, Any]) -> float:
    """The share of the words of its request that the web has shown a player, in [0, 1].

    Words of three or more letters, case aside. It reads the chat transcript alone, so no gold.
    """
    heard = [entry["content"] for entry in info["messages"] if entry["role"] not in _ASKS]
    wanted = set(_WORD.findall(heard[0].casefold())) if heard else set()
    if not wanted:
        return 0.0
    shown = {word for text in heard[1:] for word in _WORD.findall(text.casefold())}
    return len(wanted & shown) / len(wanted)


class PotentialShaping(gym.Wrapper[Any, Any, Any, Any], RecordConstructorArgs):
    """Adds F = gamma * phi(s') - phi(s) to every reward; observations stay as they are.

    Ng, Harada and Russell 1999, "Policy invariance under reward transformations", theorem 1. The
    potential of an end, terminated or truncated, is 0 (Grzes 2017, "Reward shaping in episodic
    reinforcement learning"), so the shaped return of an episode is its own less phi of its start,
    which no policy can change. `info` has "shaping" and "unshaped".

    That holds of the returns that are paid, so for trainers to whom every end is one. A trainer
    that goes on by its own estimate where an episode was truncated (SB3, RLlib and Tianshou do) has
    the potential of 0 in that step, but not in its estimate; between policies whose episodes are
    cut in different states the order may then change. Of episodes that terminate nothing changes.
    """

    def __init__(
        self,
        env: gym.Env[Any, Any],
        potential: Potential = question_covered,
        gamma: float = 0.99,
    ) -> None:
        """Raises SettingError for a discount outside of [0, 1] or a potential that is no function.

        `gamma` must be the discount of the trainer, or the order of policies may change.
        """
        if not callable(potential):
            raise bad_setting("potential", potential, "a function of observation and info")
        if not 0 <= gamma <= 1:
            raise bad_setting("gamma", gamma, "between 0 and 1")
        RecordConstructorArgs.__init__(self, potential=potential, gamma=gamma)
        gym.Wrapper.__init__(self, env)
        self.potential, self.gamma = potential, gamma
        self._before: float | None = None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """As the environment's."""
        observation, info = self.env.reset(seed=seed, options=options)
        self._before = float(self.potential(observation, info))
        return observation, info

    def step(self, action: Any) -> tuple[Any, SupportsFloat, bool, bool, dict[str, Any]]:
        """As the environment's, with F added to the reward; raises SettingError before reset."""
        if self._before is None:
            raise SettingError("There is no episode yet: call reset first.")
        observation, reward, terminated, truncated, info = self.env.step(action)
        over = terminated or truncated
        after = 0.0 if over else float(self.potential(observation, info))
        shaping = self.gamma * after - self._before
        self._before = after
        told = {**info, "shaping": shaping, "unshaped": float(reward)}
        return observation, float(reward) + shaping, terminated, truncated, told
