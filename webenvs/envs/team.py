"""The PettingZoo AEC face: players act one after another, as the open frames demand."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from gymnasium.spaces import Dict
from gymnasium.utils import seeding as gym_seeding
from pettingzoo import AECEnv

from webenvs.envs import spaces
from webenvs.envs.render import RENDER_MODES, show_session
from webenvs.envs.scenario import Scenario
from webenvs.envs.seat import MESSAGE_CHARACTERS, checked_seed, ending, task_for
from webenvs.envs.session import Session
from webenvs.errors import SettingError, bad_setting
from webenvs.records import Episode


class TeamEnv(AECEnv):  # type: ignore[misc]  # PettingZoo ships no types
    """Every player of a game as an AEC agent.

    `agent_selection` follows the live frames round by round, in the order of `possible_agents`;
    idle agents are never asked. Observations, actions and infos are those of `SeatEnv`. All agents
    end together: terminated when the root answers or gives up, truncated at a limit or a fault.
    Terms of the reward are in `infos[agent]["reward_terms"]`.
    """

    metadata = {  # noqa: RUF012 - PettingZoo's form
        "render_modes": RENDER_MODES,
        "render_fps": 4,
        "name": "webenvs_team_v0",
        "is_parallelizable": False,
    }

    def __init__(self, scenario: Scenario, render_mode: str | None = None) -> None:
        if render_mode is not None and render_mode not in RENDER_MODES:
            raise bad_setting("render_mode", render_mode, "None, " + " or ".join(RENDER_MODES))
        super().__init__()
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

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> None:
        """Start an episode, a pure function of (seed, options) as in `SeatEnv.reset`."""
        self._np_random, seed = next_seed(self._np_random, seed)
        self._session = Session(self.scenario, task_for(self.scenario, seed, options), seed)
        self.agents = self.possible_agents[:]
        self.rewards = dict.fromkeys(self.agents, 0.0)
        self._cumulative_rewards = dict.fromkeys(self.agents, 0.0)
        self.terminations = dict.fromkeys(self.agents, False)
        self.truncations = dict.fromkeys(self.agents, False)
        self.infos = {agent: self._session.info(agent) for agent in self.agents}
        self.agent_selection = self._session.to_act[0]

    def observe(self, agent: str) -> dict[str, Any]:
        """What `agent` sees now."""
        return self.session.observe(agent)

    def step(self, action: str | Mapping[str, Any] | None) -> None:
        """Play the message of `agent_selection`; None once the agent is done."""
        agent = self.agent_selection
        if self.terminations[agent] or self.truncations[agent]:
            self._was_dead_step(action)
            return
        if action is None:
            raise SettingError(f"{agent} is live and must send a message, not None.")
        session = self.session
        session.act(action)
        self._cumulative_rewards[agent] = 0.0
        self.rewards = session.gained()
        self._accumulate_rewards()
        terminated, truncated = ending(session)
        self.terminations = dict.fromkeys(self.agents, terminated)
        self.truncations = dict.fromkeys(self.agents, truncated)
        self.infos = {name: session.info(name) for name in self.agents}
        if session.to_act:
            self.agent_selection = session.to_act[0]
        else:
            self._deads_step_first()
        if self.render_mode == "human":
            self.render()

    def render(self) -> str | None:
        """The episode so far as text ("ansi"), or printed ("human")."""
        return show_session(self.session, self.render_mode)

    def close(self) -> None:
        """Release nothing: corpora are shared by all environments of the process."""

    def episode(self) -> Episode:
        """The episode so far as a record."""
        return self.session.episode()


def player_spaces(
    scenario: Scenario,
) -> tuple[dict[str, Dict], dict[str, spaces.UnicodeText]]:
    """The observation and action space of every player; equal for all, so that they batch."""
    turns = max(kit.role.budget.turns for kit in scenario.kits.values())
    characters = scenario.observation_characters
    return (
        {player: spaces.observation_space(characters, turns) for player in scenario.players},
        {player: spaces.action_space(MESSAGE_CHARACTERS) for player in scenario.players},
    )


def next_seed(
    generator: np.random.Generator | None, seed: int | None
) -> tuple[np.random.Generator, int]:
    """The generator and the seed of the next episode: `seed`, or a draw where it is None."""
    if seed is not None:
        checked_seed(seed)
    if seed is not None or generator is None:
        generator = gym_seeding.np_random(seed)[0]
    return generator, int(generator.integers(2**32)) if seed is None else seed
