"""A Gymnasium wrapper whose observation holds the last k turns, for policies without memory.

env = LastTurns(gym.make("webenvs:webenvs/MultiHop-v0", view="features"), turns=3)
observation, info = env.reset(seed=7)        # float32 [3, F], the newest last
texts = LastTurns(gym.make("webenvs:webenvs/MultiHop-v0"), turns=3)
"""

from collections import deque
from collections.abc import Callable
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.utils import RecordConstructorArgs

from webenvs.envs.spaces import UnicodeText
from webenvs.errors import bad_setting

BETWEEN = "\n\n"
"""What stands between two texts."""


class LastTurns(gym.ObservationWrapper[Any, Any, Any], RecordConstructorArgs):
    """Observation: those of the last `turns` turns, the newest last; all else stays as it is.

    A Box is stacked along a new first axis, [turns, ...]; turns before the first are zeros, or the
    number of the Box that is nearest to zero. Texts, and the `text` of a Dict, are put one after
    another with an empty line between them, with nothing for turns before the first; the rest of a
    Dict is that of the newest turn.
    """

    def __init__(self, env: gym.Env[Any, Any], turns: int = 3) -> None:
        """Raises TypeError for observations that are neither; SettingError for turns below 1."""
        if isinstance(turns, bool) or not isinstance(turns, int) or turns < 1:
            raise bad_setting("turns", turns, "a whole number of at least 1")
        RecordConstructorArgs.__init__(self, turns=turns)
        gym.ObservationWrapper.__init__(self, env)
        self.turns = turns
        self._seen: deque[Any] = deque(maxlen=turns)
        self.observation_space, self._put = self._form(env.observation_space)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """As the environment's; what was seen before is forgotten."""
        observation, info = self.env.reset(seed=seed, options=options)
        self._seen.clear()
        return self.observation(observation), info

    def observation(self, observation: Any) -> Any:
        """The last turns with `observation` as the newest."""
        return self._put(observation)

    def _form(self, space: gym.Space[Any]) -> tuple[gym.Space[Any], Callable[[Any], Any]]:
        """The space of the last turns, and what puts them together."""
        if isinstance(space, gym.spaces.Box):
            low, high = (
                np.repeat(edge[None], self.turns, axis=0) for edge in (space.low, space.high)
            )
            dtype: Any = space.dtype
            self._zero = np.clip(np.zeros(space.shape, dtype), space.low, space.high)
            return gym.spaces.Box(low, high, dtype=dtype), self._stacked
        if isinstance(space, gym.spaces.Text):
            return self._longer(space), self._joined
        if isinstance(space, gym.spaces.Dict) and isinstance(space.get("text"), gym.spaces.Text):
            return gym.spaces.Dict({**space, "text": self._longer(space["text"])}), self._newest
        raise TypeError(
            "LastTurns needs observations in a Box (view='features'), texts, or a Dict with a "
            f"'text' (view='text'); {self.env} has {space}."
        )

    def _longer(self, space: Any) -> UnicodeText:
        return UnicodeText(self.turns * space.max_length + (self.turns - 1) * len(BETWEEN))

    def _stacked(self, observation: Any) -> Any:
        self._seen.append(np.array(observation))
        missing = [self._zero] * (self.turns - len(self._seen))
        return np.stack([*missing, *self._seen])

    def _joined(self, text: Any) -> str:
        self._seen.append(str(text))
        return BETWEEN.join(self._seen)

    def _newest(self, observation: Any) -> dict[str, Any]:
        return {**observation, "text": self._joined(observation["text"])}
