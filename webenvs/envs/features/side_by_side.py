"""Games side by side as rows, a row a player: what one shared policy is trained on.

One rule for ends holds for every trainer that stands on it. Where the game itself is over (answered
or given up), nothing counts behind it. Where a limit cuts it, the step says `truncated`, and the
trainer chooses: the turns left stand in the observation, so that it may be an end like any other.
A real fault truncates too and is `broken` besides: it is neither success nor failure, so a trainer
takes its own estimate of `last` for the rest, and the episode has no place in `outcomes`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from webenvs import seeding
from webenvs.errors import WebenvsError, check_whole
from webenvs.trainers import MASK

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]
Actions = Sequence[int] | NDArray[np.int64]

BREAKS = 100
"""Broken episodes without a whole one between them, at which stepping gives up."""


class BrokenEpisodesError(WebenvsError):
    """Episode after episode ended by a real fault: there is nothing to learn from until it ends."""


class Step(NamedTuple):
    """What a step brought: rows [n]. Where `dones`, observations and masks are the next episode's.

    `last` [n, F] are the observations after the step, of an ended row those it ended with;
    `truncated` and `broken` say how it ended (see above). `infos` are those after the step, with
    the mask, task_id, end, valid and fault alone.
    """

    observations: Floats
    masks: Bools
    rewards: Floats
    dones: Bools
    truncated: Bools
    broken: Bools
    last: Floats
    infos: list[dict[str, Any]]


class SideBySide:
    """PettingZoo Parallel games on the features view; row `game * players + player` is a player.

    All players have the same spaces, so one policy can play all of them. A step is one action of
    every row; rows whose player waits have one legal action. A game that ends begins anew at once,
    with a task and a seed keyed by (seed, game, how many it has played). `outcomes` are the returns
    of the first player in the finished episodes, in order, each with the number of rows' steps made
    until then; broken ones are left out.
    """

    def __init__(self, make: Callable[[], Any], games: int, *, seed: int = 0) -> None:
        """`make` makes a PettingZoo Parallel environment with view="features" and masks in infos.

        Raises SettingError for fewer games than one.
        """
        check_whole("games", games, 1)
        self.games = [make() for _ in range(games)]
        self.players: tuple[str, ...] = tuple(self.games[0].possible_agents)
        self.rows = games * len(self.players)
        self.observation_space = self.games[0].observation_space(self.players[0])
        self.action_space = self.games[0].action_space(self.players[0])
        self.steps = 0
        self.outcomes: list[tuple[int, float]] = []
        self._returns = [0.0] * games
        self._breaks = 0
        self._masks: Bools = np.zeros((self.rows, self.action_space.n), dtype=np.bool_)
        self.reseed(seed)

    @property
    def masks(self) -> Bools:
        """What is legal now, [n, K]."""
        return self._masks

    def reseed(self, seed: int) -> None:
        """Let the next `reset` begin the episodes of `seed`, from the first on."""
        self.seed, self._played = seed, [0] * len(self.games)

    def reset(self) -> tuple[Floats, Bools]:
        """Begin an episode in every game: observations [n, F] and masks [n, K]."""
        begun = [self._begin(place) for place in range(len(self.games))]
        self._masks = np.concatenate([masks for _, masks in begun])
        return np.concatenate([seen for seen, _ in begun]), self._masks

    def step(self, actions: Actions) -> Step:
        """Play one action a row, [n]; raises BrokenEpisodesError after `BREAKS` in a row."""
        self.steps += self.rows
        size = len(self.players)
        played = [
            self._step(place, actions[place * size : (place + 1) * size])
            for place in range(len(self.games))
        ]
        step = _joined(played)
        self._masks = step.masks
        return step

    def legal(self, actions: Actions) -> NDArray[np.int64]:
        """`actions` [n] with masked ones replaced by legal ones, for trainers without masks."""
        key = (self.seed, "redraw", self.steps)
        pairs = enumerate(zip(actions, self._masks, strict=True))
        return np.array([redrawn(int(one), mask, *key, row) for row, (one, mask) in pairs])

    def _step(self, place: int, actions: Actions) -> Step:
        """A step of one game."""
        sent = dict(zip(self.players, map(int, actions), strict=True))
        observations, paid, terminated, truncated, infos = self.games[place].step(sent)
        told = [infos[player] for player in self.players]
        self._returns[place] += float(paid[self.players[0]])
        last, masks = self._rows(observations, infos)
        over = any(terminated.values()) or any(truncated.values())
        cut = np.array([truncated[one] and not terminated[one] for one in self.players])
        broken = over and not told[0]["valid"]
        seen = last
        if over:
            self._finish(place, told[0])
            seen, masks = self._begin(place)
        rewards = np.array([paid[player] for player in self.players], dtype=np.float32)
        ends = [np.full(len(self.players), one, dtype=np.bool_) for one in (over, broken)]
        lean = [{key: info[key] for key in _TOLD if key in info} for info in told]
        return Step(seen, masks, rewards, ends[0], cut, ends[1], last, lean)

    def _begin(self, place: int) -> tuple[Floats, Bools]:
        seed = seed_of(self.seed, place, self._played[place])
        self._played[place] += 1
        self._returns[place] = 0.0
        observations, infos = self.games[place].reset(seed=seed)
        return self._rows(observations, infos)

    def _rows(
        self, observations: Mapping[str, Any], infos: Mapping[str, Any]
    ) -> tuple[Floats, Bools]:
        seen = np.stack([observations[player] for player in self.players])
        masks = np.stack([infos[player][MASK] for player in self.players])
        return seen.astype(np.float32), masks.astype(np.bool_)

    def _finish(self, place: int, info: Mapping[str, Any]) -> None:
        """Note the outcome of an episode, or that it broke."""
        if info["valid"]:
            self._breaks = 0
            self.outcomes.append((self.steps, self._returns[place]))
            return
        self._breaks += 1
        if self._breaks >= BREAKS:
            raise BrokenEpisodesError(
                f"{self._breaks} episodes in a row broke, the last one by: {info.get('fault')}"
            )


_TOLD = (MASK, "task_id", "end", "valid", "fault")


def _joined(parts: Sequence[Step]) -> Step:
    """The steps of all games as one."""
    *arrays, _ = zip(*parts, strict=True)
    joined: list[Any] = [np.concatenate(part) for part in arrays]
    joined.append([info for part in parts for info in part.infos])
    return Step(*joined)


def seed_of(seed: int, game: int, episode: int) -> int:
    """What `SideBySide` seeds an episode of a game with; both are counted from 0."""
    return seeding.integer(2**31, seed, "ppo", game, episode)


def redrawn(action: int, mask: Bools, *key: object) -> int:
    """`action` where `mask` [K] allows it or nothing; else an allowed one, drawn by `key`."""
    if mask[action] or not mask.any():
        return action
    legal = np.flatnonzero(mask)
    return int(legal[seeding.integer(len(legal), *key)])
