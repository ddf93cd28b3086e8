"""A Gymnasium wrapper that leaves only the text of an observation, for readers of strings."""

from typing import Any

import gymnasium as gym


class TextOnly(gym.ObservationWrapper[str, str, dict[str, Any]]):
    """Observation: the `text` of the wrapped environment's Dict; everything else as it was."""

    def __init__(self, env: gym.Env[dict[str, Any], str]) -> None:
        """Raises TypeError for an environment whose observations have no `text`."""
        super().__init__(env)
        space = env.observation_space
        if not isinstance(space, gym.spaces.Dict) or "text" not in space.spaces:
            raise TypeError(f"TextOnly needs observations with a 'text'; {env} has {space}.")
        self.observation_space = space["text"]

    def observation(self, observation: dict[str, Any]) -> str:
        """The text alone."""
        return str(observation["text"])
