"""SuperSuit's vector of PettingZoo games on the features view, for Stable-Baselines3.

    from sb3_contrib import MaskablePPO
    from wrappers.to_supersuit import vec_env

    model = MaskablePPO("MlpPolicy", vec_env("MultiHop-v0", 4, workers=2), seed=1).learn(20_000)

Every player is an environment of the vector, for one shared policy. `wrappers.to_sb3` does the same
without SuperSuit, and tells in info how an episode ended, which SuperSuit overwrites: through it
SB3 takes limits and real faults for ends like any other, with nothing behind them.
"""

from typing import Any

import numpy as np

from webenvs import catalog
from webenvs.errors import check_whole
from webenvs.trainers import MASK, check_numeric, lean, numeric_settings, trainer

try:
    from supersuit.vector.sb3_vector_wrapper import SB3VecEnvWrapper
except ImportError:
    SB3VecEnvWrapper = object  # `trainer` says what is missing

_SUPERSUIT = ("supersuit", ("3.11", "3.12"), "webenvs[supersuit]")


def vec_env(name: str, games: int = 4, *, seed: int = 0, **settings: Any) -> Any:
    """`games` team games as one SB3 `VecEnv` of all their players, monitored, in this process.

    SuperSuit's processes are not used: they return the infos of a reset, masks included, packed.
    Raises SettingError for fewer games than one or a view of text, ImportError without SuperSuit.
    """
    supersuit = trainer(*_SUPERSUIT)
    check_whole("games", games, 1)
    from stable_baselines3.common.vec_env import VecMonitor

    wanted = numeric_settings(settings, "SuperSuit", games=games)
    game = lean(catalog.parallel(name, mask="info", **wanted))
    check_numeric(game, "SuperSuit")
    one = supersuit.pettingzoo_env_to_vec_env_v1(game)
    many = supersuit.concat_vec_envs_v1(one, games, num_cpus=1)
    return VecMonitor(_Seeded(many, seed))


class _Seeded(SB3VecEnvWrapper):
    """SuperSuit's wrapper, with what SB3 asks of it: seeds and, for sb3-contrib, masks."""

    def __init__(self, games: Any, seed: int) -> None:
        super().__init__(games)
        self._seed: int | None = seed
        self._infos: list[dict[str, Any]] = []

    def seed(self, seed: int | None = None) -> list[int | None]:
        """Have the next reset begin the games with seeds from `seed` on."""
        self._seed = seed
        return [seed] * self.num_envs

    def reset(self) -> Any:
        """Begin every game anew; with a seed only once, after that the games go on by theirs."""
        seen, self._infos = self.venv.reset(seed=self._seed)
        self._seed, self.reset_infos = None, self._infos
        return seen

    def step_wait(self) -> Any:
        """Play a round of every game."""
        seen, rewards, dones, self._infos = super().step_wait()
        return seen, rewards, dones, self._infos

    def has_attr(self, attr_name: str) -> bool:
        """Whether there are masks, which there are."""
        return attr_name == MASK + "s"

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> Any:
        """The masks of all players, or of those of `indices`."""
        if method_name != MASK + "s":
            raise AttributeError(f"SuperSuit reaches no method of the games: not {method_name}.")
        masks = np.array([info[MASK] for info in self._infos], dtype=bool)
        return list(masks[list(self._get_indices(indices))])

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """The render mode, which SB3 asks for, is that of the games."""
        return [getattr(self.venv, attr_name)] * len(list(self._get_indices(indices)))
