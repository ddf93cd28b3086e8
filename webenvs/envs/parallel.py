"""The PettingZoo Parallel face: all live players act at once, the others wait."""

from collections.abc import Mapping
from typing import Any, Self

from pettingzoo import ParallelEnv

from webenvs.envs.face import Opened, Saved, ending
from webenvs.envs.render import RENDER_MODES
from webenvs.envs.scenario import Scenario
from webenvs.envs.team import AllSeats
from webenvs.errors import SettingError, bad_setting, unknown_name

WAIT = ""
"""The action of a player whose observation says live = 0; whatever it sends is not played."""


class ParallelTeamEnv(AllSeats, ParallelEnv):  # type: ignore[misc]  # PettingZoo ships no types
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
        self._seat_all(scenario, render_mode)

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Start an episode, a pure function of (seed, options) as in `SeatEnv.reset`."""
        self._start(seed, options)
        return self._observations(), self._infos()

    def step(
        self, actions: Mapping[str, str | Mapping[str, Any]]
    ) -> tuple[dict[str, Any], dict[str, float], dict[str, bool], dict[str, bool], dict[str, Any]]:
        """Play one round; raises SettingError if a live player sends nothing."""
        session = self.session
        if not isinstance(actions, Mapping):
            raise bad_setting("actions", actions, "a mapping agent -> message")
        for name in actions:
            if name not in self.possible_agents:
                raise unknown_name("agent", name, self.possible_agents)
        missing = [player for player in session.to_act if player not in actions]
        if missing:
            raise SettingError(f"These players are live and must send a message: {missing}.")
        self._forget()
        for player in session.to_act:
            if not session.over:
                self._act(actions[player])
        terminated, truncated = ending(session)
        observations, infos = self._observations(), self._infos()
        rewards = {agent: self._due[agent] for agent in self.agents}
        terminations = dict.fromkeys(self.agents, terminated)
        truncations = dict.fromkeys(self.agents, truncated)
        if session.over:
            self.agents = []
        if self.render_mode == "human":
            self.render()
        return observations, rewards, terminations, truncations, infos

    def fork(self) -> Self:
        """An independent copy that goes on from here and meets the same noise."""
        twin = super().fork()
        twin.agents = self.agents[:]
        return twin

    def _saved(self) -> Saved:
        saved = super()._saved()
        saved.agents = self.agents
        return saved

    def _take(self, opened: Opened) -> None:
        super()._take(opened)
        self.agents = opened.saved.agents

    def _observations(self) -> dict[str, Any]:
        return {agent: self.session.observe(agent) for agent in self.agents}
