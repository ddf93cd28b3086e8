"""The Gymnasium face: one live seat of a game, the other seats played by named players."""

from collections.abc import Mapping
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.spaces import Dict
from gymnasium.utils import seeding as gym_seeding

from webenvs.envs import spaces
from webenvs.envs.render import RENDER_MODES, show_session
from webenvs.envs.scenario import Scenario
from webenvs.envs.session import Session
from webenvs.errors import SettingError, bad_setting
from webenvs.players.lineup import Lineup
from webenvs.players.player import Player
from webenvs.records import Episode, Task

MESSAGE_CHARACTERS = 65_536
"""The longest message the action space declares; longer ones are read as malformed."""


class SeatEnv(gym.Env[dict[str, Any], str]):
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
        if render_mode is not None and render_mode not in RENDER_MODES:
            raise bad_setting("render_mode", render_mode, "None, " + " or ".join(RENDER_MODES))
        self.scenario = scenario
        self.seat = _seat_of(scenario, seat)
        self.render_mode = render_mode
        self._others = others
        self._rest = [player for player in scenario.players if player != self.seat]
        if self._rest and others is None:
            raise SettingError(f"Somebody must play {', '.join(self._rest)}: pass `players`.")
        budget = scenario.kits[scenario.role_of(self.seat)].role.budget
        self.observation_space: Dict = spaces.observation_space(
            scenario.observation_characters, budget.turns
        )
        self.action_space = spaces.action_space(MESSAGE_CHARACTERS)
        self._players: Mapping[str, Player] = {}
        self._owed = 0.0
        self._session: Session | None = None
        self._generator: np.random.Generator | None = None

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

    @property
    def session(self) -> Session:
        """The running episode: its snapshot, fork and record; raises SettingError before reset."""
        if self._session is None:
            raise SettingError("There is no episode yet: call reset first.")
        return self._session

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Start an episode; raises UnknownNameError or SettingError for a wrong task or split."""
        if seed is not None:
            self._np_random_seed, self._generator = checked_seed(seed), None
        episode_seed = int(self.np_random.integers(2**32)) if seed is None else seed
        self._session = Session(
            self.scenario, task_for(self.scenario, episode_seed, options), episode_seed
        )
        if self._others is not None:
            self._players = self._others.sit(self._rest, self._session.task, episode_seed)
        self._owed = self._play_others()
        return self._session.observe(self.seat), self._session.info(self.seat)

    def step(
        self, action: str | Mapping[str, Any]
    ) -> tuple[dict[str, Any], float, bool, bool, dict[str, Any]]:
        """Send a message; returns when the seat has something to do again, or at the end."""
        session = self.session
        reward, self._owed = self._owed, 0.0
        if not session.over:
            session.act(action)
            reward += session.gained()[self.seat]
            reward += self._play_others()
        terminated, truncated = ending(session)
        info = session.info(self.seat)
        if self.render_mode == "human":
            self.render()
        return session.observe(self.seat), reward, terminated, truncated, info

    def render(self) -> str | None:
        """The episode so far as text ("ansi"), or printed ("human")."""
        return show_session(self.session, self.render_mode)

    def episode(self) -> Episode:
        """The episode so far as a record."""
        return self.session.episode()

    def _play_others(self) -> float:
        """Let the other players act until the seat is to act; returns what the seat gained."""
        session, gained = self.session, 0.0
        while session.to_act and session.to_act[0] != self.seat:
            player = session.to_act[0]
            message = self._players[player](session.observe(player), session.info(player))
            session.act(message)
            gained += session.gained()[self.seat]
        return gained


def checked_seed(seed: Any) -> int:
    """`seed` if it is a whole number of at least 0, else SettingError."""
    if not isinstance(seed, int) or seed < 0:
        raise bad_setting("seed", seed, "a whole number of at least 0")
    return seed


def task_for(scenario: Scenario, seed: int, options: Mapping[str, Any] | None) -> Task:
    """The task of an episode: the one named in `options`, or a draw keyed by seed and split."""
    options = options or {}
    if options.get("task_id") is not None:
        return scenario.tasks.get(options["task_id"])
    return scenario.tasks.draw(seed, options.get("split") or scenario.split)


def ending(session: Session) -> tuple[bool, bool]:
    """(terminated, truncated): answered and gave_up terminate, limits and faults truncate."""
    end = session.state.end
    terminated = end in ("answered", "gave_up")
    return terminated, end is not None and not terminated


def _seat_of(scenario: Scenario, seat: str | None) -> str:
    if seat is None:
        return scenario.players[0]
    for player in scenario.players:
        if seat in (player, scenario.role_of(player)):
            return player
    roles = [role.name for role in scenario.game.roles]
    raise bad_setting("seat", seat, "one of " + ", ".join([*roles, *scenario.players]))
