"""The PettingZoo Parallel face: all live players act at once, the others wait."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from gymnasium.spaces import Dict
from pettingzoo import ParallelEnv

from webenvs.envs import spaces
from webenvs.envs.render import RENDER_MODES, show_session
from webenvs.envs.scenario import Scenario
from webenvs.envs.seat import ending, task_for
from webenvs.envs.session import Session
from webenvs.envs.team import next_seed, player_spaces
from webenvs.errors import SettingError, bad_setting
from webenvs.records import Episode

WAIT = ""
"""The action of a player whose observation says live = 0; whatever it sends is not played."""


class ParallelTeamEnv(ParallelEnv):  # type: ignore[misc]  # PettingZoo ships no types
    """The same episodes as `TeamEnv`, a round a step: the two agree turn for turn.

    Every agent sends an action at every step; those whose observation says live = 0 send `WAIT`
    (or nothing). Rewards are the sums over the round's messages.
    """

    metadata = {  # noqa: RUF012 - PettingZoo's form
        "render_modes": RENDER_MODES,
        "render_fps": 4,
        "name": "webenvs_team_v0",
    }

    def __init__(self, scenario: Scenario, render_mode: str | None = None) -> None:
        if render_mode is not None and render_mode not in RENDER_MODES:
            raise bad_setting("render_mode", render_mode, "None, " + " or ".join(RENDER_MODES))
        self.scenario = scenario
        self.render_mode = render_mode
        self.possible_agents = list(scenario.players)
        self.agents: list[str] = []
        self.observation_spaces, self.action_spaces = player_spaces(scenario)
        self._session: Session | None = None
        self._np_random: np.random.Generator | None = None

    def observation_space(self, agent: str) -> Dict:
        """The observation space of `agent`; always the same object."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> spaces.UnicodeText:
        """The action space of `agent`; always the same object."""
        return self.action_spaces[agent]

    @property
    def session(self) -> Session:
        """The running episode; raises SettingError before reset."""
        if self._session is None:
            raise SettingError("There is no episode yet: call reset first.")
        return self._session

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Start an episode, a pure function of (seed, options) as in `SeatEnv.reset`."""
        self._np_random, seed = next_seed(self._np_random, seed)
        self._session = Session(self.scenario, task_for(self.scenario, seed, options), seed)
        self.agents = self.possible_agents[:]
        return self._observations(), self._infos()

    def step(
        self, actions: Mapping[str, str | Mapping[str, Any]]
    ) -> tuple[dict[str, Any], dict[str, float], dict[str, bool], dict[str, bool], dict[str, Any]]:
        """Play one round; raises SettingError if a live player sends nothing."""
        session = self.session
        rewards = dict.fromkeys(self.agents, 0.0)
        missing = [player for player in session.to_act if player not in actions]
        if missing:
            raise SettingError(f"These players are live and must send a message: {missing}.")
        for player in session.to_act:
            if session.over:
                break
            session.act(actions[player])
            for name, gained in session.gained().items():
                rewards[name] += gained
        terminated, truncated = ending(session)
        observations, infos = self._observations(), self._infos()
        terminations = dict.fromkeys(self.agents, terminated)
        truncations = dict.fromkeys(self.agents, truncated)
        if session.over:
            self.agents = []
        if self.render_mode == "human":
            self.render()
        return observations, rewards, terminations, truncations, infos

    def render(self) -> str | None:
        """The episode so far as text ("ansi"), or printed ("human")."""
        return show_session(self.session, self.render_mode)

    def close(self) -> None:
        """Release nothing: corpora are shared by all environments of the process."""

    def episode(self) -> Episode:
        """The episode so far as a record."""
        return self.session.episode()

    def _observations(self) -> dict[str, Any]:
        return {agent: self.session.observe(agent) for agent in self.agents}

    def _infos(self) -> dict[str, Any]:
        return {agent: self.session.info(agent) for agent in self.agents}
