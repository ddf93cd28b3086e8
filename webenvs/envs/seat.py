"""The Gymnasium face: one live seat of a game, the other seats played by named players."""

from collections.abc import Mapping
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.spaces import Dict
from gymnasium.utils import seeding as gym_seeding

from webenvs.envs import spaces
from webenvs.envs.face import MESSAGE_CHARACTERS, Opened, Saved, checked_seed, ending
from webenvs.envs.render import RENDER_MODES
from webenvs.envs.saving import chance_of
from webenvs.envs.scenario import Scenario
from webenvs.envs.seated import Seated, seat_of
from webenvs.players.lineup import Lineup


class SeatEnv(Seated, gym.Env[dict[str, Any], str]):
    """One seat of a game as a Gymnasium environment.

    Observation: Dict(text: the newest text the player sees, turn: its messages so far in this
    frame, turns_left: messages before the closing one, live: whether it has something to do).
    Action: a message in the scenario's codec, or a mapping {"thought", "calls"}.
    Reward: what the seat gained since its last message, other players' turns included; what it
    gained before its first message is paid with that.
    End: terminated when the root answers or gives up, truncated at a limit or a real fault; `info`
    says which in "end", and "valid" is False after a fault.

    `reset(seed=, options={"task_id": ..., "split": ...})` is a pure function of its arguments;
    without a seed the next one is drawn from `np_random`. Unknown options are ignored.
    """

    metadata = {"render_modes": RENDER_MODES, "render_fps": 4}  # noqa: RUF012 - Gymnasium's form

    def __init__(
        self,
        scenario: Scenario,
        seat: str | None = None,
        others: Lineup | None = None,
        render_mode: str | None = None,
    ) -> None:
        """Sit at `seat` (a role or a player; the root if None); `others` play the rest.

        Raises SettingError for a seat the game does not have, or seats that nobody plays.
        """
        self._sit(scenario, render_mode)
        self.seat = seat_of(scenario, seat)
        self._seat_others([self.seat], others)
        budget = scenario.kits[scenario.role_of(self.seat)].role.budget
        self.observation_space: Dict = spaces.observation_space(
            scenario.observation_characters, budget.turns
        )
        self.action_space = spaces.action_space(MESSAGE_CHARACTERS)

    @property
    def _np_random(self) -> np.random.Generator:
        """Gymnasium's generator, made when it is first asked for.

        Making it at every reset, as Gymnasium does, would cost more than the rest of a reset, and
        only a reset without a seed draws from it.
        """
        if self._generator is None:
            seed = self._np_random_seed
            self._generator, self._np_random_seed = gym_seeding.np_random(seed)
        return self._generator

    @_np_random.setter
    def _np_random(self, generator: np.random.Generator | None) -> None:
        self._generator = generator

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Start an episode; raises UnknownNameError or SettingError for a wrong task or split."""
        if seed is not None:
            self._np_random_seed, self._generator = checked_seed(seed), None
        episode_seed = int(self.np_random.integers(2**32)) if seed is None else seed
        self._begin(episode_seed, options, drawn=seed is None)
        info = self._info(self.seat)
        return self._seen(), info

    def step(
        self, action: str | Mapping[str, Any]
    ) -> tuple[dict[str, Any], float, bool, bool, dict[str, Any]]:
        """Send a message; returns when the seat has something to do again, or at the end."""
        session = self.session
        if not session.over:
            self._act(action)
            self._play_others()
        terminated, truncated = ending(session)
        info = self._info(self.seat)
        if self.render_mode == "human":
            self.render()
        return self._seen(), self._pay(self.seat), terminated, truncated, info

    def _seen(self) -> Any:
        """The observation of the seat."""
        return self.session.observe(self.seat)

    def _kind(self) -> str:
        return f"the seat {self.seat}"

    def _saved(self) -> Saved:
        saved = super()._saved()
        saved.chance = chance_of(self._generator, self._np_random_seed)
        return saved

    def _take(self, opened: Opened) -> None:
        super()._take(opened)
        seed_told = opened.saved.chance.seed
        self._np_random_seed = None if seed_told is None else int(seed_told)
