"""A Gymnasium wrapper that records episodes as files that `webenvs replay` reads.

with Recorder(gym.make("webenvs:webenvs/MultiHop-v0"), "runs/episodes") as env:
    train(env)                               # any trainer, any view
# webenvs replay runs/episodes --check
"""

import re
from pathlib import Path
from typing import Any, SupportsFloat

import gymnasium as gym
from gymnasium.utils import RecordConstructorArgs

from webenvs.envs.face import Face
from webenvs.episodes import write_episodes
from webenvs.errors import bad_setting
from webenvs.records import Episode

_NAME = re.compile(r"[\w-]+")


class Recorder(gym.Wrapper[Any, Any, Any, Any], RecordConstructorArgs):
    """Writes every finished episode into files of `every` episodes each in a folder.

    Files are NAME-00000.jsonl, NAME-00001.jsonl, ..., written aside and then renamed, so that each
    is whole; those of an earlier run are kept and counted on. What is not yet written is written by
    `close()`, which leaving a `with` calls. Episodes that a reset cuts off are left out, those that
    a real fault broke are kept with `valid` False. Observations, rewards and `info` stay as they
    are. Recorders of several environments need a `name` each.
    """

    def __init__(
        self, env: gym.Env[Any, Any], folder: str | Path, every: int = 100, name: str = "episodes"
    ) -> None:
        """Raises TypeError for another than a webenvs environment, SettingError for wrong settings.

        A folder that is a file, or cannot be made, raises OSError here and not after hours.
        """
        if isinstance(every, bool) or not isinstance(every, int) or every < 1:
            raise bad_setting("every", every, "a whole number of at least 1")
        if not _NAME.fullmatch(name):
            raise bad_setting("name", name, "letters, digits, _ and - alone")
        RecordConstructorArgs.__init__(self, folder=str(folder), every=every, name=name)
        gym.Wrapper.__init__(self, env)
        face: Any = env.unwrapped
        if not isinstance(face, Face):
            raise TypeError(f"Recorder records episodes of webenvs environments, not {env}.")
        self._face = face
        self.folder, self.every, self.name = Path(folder), every, name
        self.folder.mkdir(parents=True, exist_ok=True)
        self._kept: list[Episode] = []
        self._running = False

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """As the environment's."""
        self._running = True
        return self.env.reset(seed=seed, options=options)

    def step(self, action: Any) -> tuple[Any, SupportsFloat, bool, bool, dict[str, Any]]:
        """As the environment's; at the end the episode is kept, and written when it is time."""
        step = self.env.step(action)
        if self._running and self._face.session.over:
            self._running = False
            self._kept.append(self._face.episode())
            if len(self._kept) >= self.every:
                self.write()
        return step

    def write(self) -> Path | None:
        """Write what was kept as the next file, and return its path; None if there is nothing."""
        if not self._kept:
            return None
        path = self.folder / f"{self.name}-{self._next():05d}.jsonl"
        write_episodes(path, self._kept)
        self._kept = []
        return path

    def close(self) -> None:
        """Write the rest, and close the environment."""
        self.write()
        self.env.close()

    def _next(self) -> int:
        """The number behind the last file of this name."""
        found = [path.stem.rpartition("-") for path in self.folder.glob(f"{self.name}-*.jsonl")]
        numbers = [int(last) for name, _, last in found if name == self.name and last.isdecimal()]
        return max(numbers, default=-1) + 1
