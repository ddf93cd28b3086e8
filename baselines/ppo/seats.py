"""Games side by side as rows, a row a seat: the PettingZoo vector path of every algorithm here."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import webenvs
from webenvs import seeding
from webenvs.envs.features.numbers import PLAYER, SLOT
from webenvs.envs.features.slots import K
from webenvs.errors import WebenvsError, bad_setting

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]


class Layout(NamedTuple):
    """How an observation is laid out: `player` numbers, then `width` numbers of each of `slots`."""

    player: int
    slots: int
    width: int


LAYOUT = Layout(len(PLAYER), K, len(SLOT))
"""The layout of the features view."""


class BrokenEpisodeError(WebenvsError):
    """An episode ended by a real fault, so its reward means nothing; training on it would lie."""


class Step(NamedTuple):
    """What a step brought: rows [n]. Where `dones`, the rest is that of the next episode.

    `last` are the observations that rows ended with, where they ended.
    """

    observations: Floats
    masks: Bools
    rewards: Floats
    dones: Bools
    last: Floats


class Seats:
    """`games` games of an id on the features view, a row for every seat of each.

    All seats have the same spaces, so one policy can play all of them. A step is one action of
    every row; rows whose player waits have one legal action. A game that ends begins anew at once,
    with a task and a seed keyed by (seed, game, how many it has played). `outcomes` are the scores
    of the finished episodes in order, each with the number of rows' steps made until then.
    """

    def __init__(self, make: Callable[[], Any], games: int, *, seed: int = 0) -> None:
        """`make` makes a PettingZoo Parallel environment with view="features" and masks in infos.

        Raises SettingError for fewer games than one.
        """
        if games < 1:
            raise bad_setting("games", games, "at least 1")
        self.games = [make() for _ in range(games)]
        self.players: tuple[str, ...] = tuple(self.games[0].possible_agents)
        self.rows = games * len(self.players)
        self.observation_space = self.games[0].observation_space(self.players[0])
        self.action_space = self.games[0].action_space(self.players[0])
        self.seed, self.steps = seed, 0
        self.outcomes: list[tuple[int, float]] = []
        self._played = [0] * games
        self._returns = [0.0] * games
        self._masks: Bools = np.zeros((self.rows, self.action_space.n), dtype=np.bool_)

    @property
    def masks(self) -> Bools:
        """What is legal now, [n, K]."""
        return self._masks

    def reset(self) -> tuple[Floats, Bools]:
        """Begin an episode in every game: observations [n, F] and masks [n, K]."""
        begun = [self._begin(place) for place in range(len(self.games))]
        self._masks = np.concatenate([masks for _, masks in begun])
        return np.concatenate([seen for seen, _ in begun]), self._masks

    def step(self, actions: Sequence[int] | NDArray[np.int64]) -> Step:
        """Play one action a row, [n]."""
        size = len(self.players)
        self.steps += self.rows
        rewards = np.zeros(self.rows, dtype=np.float32)
        dones = np.zeros(self.rows, dtype=np.bool_)
        seen, masks, last = [], [], []
        for place, game in enumerate(self.games):
            own = slice(place * size, (place + 1) * size)
            sent = dict(zip(self.players, map(int, actions[own]), strict=True))
            observations, paid, terminated, truncated, infos = game.step(sent)
            over = any(terminated.values()) or any(truncated.values())
            rewards[own] = [paid[player] for player in self.players]
            dones[own] = over
            self._returns[place] += float(paid[self.players[0]])
            rows, legal = self._rows(observations, infos)
            last.append(rows)
            if over:
                self._finish(place, infos)
                rows, legal = self._begin(place)
            seen.append(rows)
            masks.append(legal)
        self._masks = np.concatenate(masks)
        return Step(np.concatenate(seen), self._masks, rewards, dones, np.concatenate(last))

    def _begin(self, place: int) -> tuple[Floats, Bools]:
        seed = seeding.integer(2**31, self.seed, "ppo", place, self._played[place])
        self._played[place] += 1
        self._returns[place] = 0.0
        observations, infos = self.games[place].reset(seed=seed)
        return self._rows(observations, infos)

    def _rows(
        self, observations: Mapping[str, Any], infos: Mapping[str, Any]
    ) -> tuple[Floats, Bools]:
        seen = np.stack([observations[player] for player in self.players])
        masks = np.stack([infos[player]["action_mask"] for player in self.players])
        return seen.astype(np.float32), masks.astype(np.bool_)

    def _finish(self, place: int, infos: Mapping[str, Any]) -> None:
        info = infos[self.players[0]]
        if not info["valid"]:
            raise BrokenEpisodeError(
                f"An episode broke and cannot be learned from: {info['fault']}"
            )
        self.outcomes.append((self.steps, self._returns[place]))


def seats(env: str, *, games: int, seed: int = 0, **settings: Any) -> Seats:
    """`games` games of an id with these settings; `game` says which (team unless it does).

    Raises UnknownNameError or SettingError for what is wrong with the id or the settings.
    """
    for name, own in (("view", "features"), ("mask", "info")):
        if settings.get(name, own) != own:
            raise bad_setting(name, settings[name], f"{own!r}, which is what these policies read")
        settings.pop(name, None)

    def make() -> Any:
        return webenvs.parallel(env, view="features", mask="info", **settings)

    return Seats(make, games, seed=seed)
