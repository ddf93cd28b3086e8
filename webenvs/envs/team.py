"""The PettingZoo AEC face: players act one after another, as the open frames demand."""

import copy
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from gymnasium.spaces import Dict, Space
from gymnasium.utils import seeding as gym_seeding
from pettingzoo import AECEnv

from webenvs.envs import spaces
from webenvs.envs.face import MESSAGE_CHARACTERS, Face, Opened, Saved, checked_seed, ending
from webenvs.envs.render import RENDER_MODES
from webenvs.envs.scenario import Scenario
from webenvs.errors import SettingError, unknown_name

_LISTED = ("agents", "rewards", "_cumulative_rewards", "terminations", "truncations", "infos")
"""What PettingZoo reads of an environment and changes in place."""


class AllSeats(Face):
    """A face with a seat for everybody: the agents of a PettingZoo game and their spaces."""

    possible_agents: list[str]
    agents: list[str]
    observation_spaces: Mapping[str, Space[Any]]
    action_spaces: Mapping[str, Space[Any]]

    def observation_space(self, agent: str) -> Space[Any]:
        """The observation space of `agent`; always the same object."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> Space[Any]:
        """The action space of `agent`; always the same object."""
        return self.action_spaces[agent]

    def _seat_all(self, scenario: Scenario, render_mode: str | None) -> None:
        self._sit(scenario, render_mode)
        self.possible_agents = list(scenario.players)
        self.agents = []
        self.observation_spaces, self.action_spaces = player_spaces(scenario)

    def _start(self, seed: int | None, options: Mapping[str, Any] | None) -> None:
        """Start an episode; without a seed the next one is drawn."""
        self._generator, episode_seed = next_seed(self._generator, seed)
        self._begin(episode_seed, options, drawn=seed is None)
        self.agents = self.possible_agents[:]

    def _infos(self) -> dict[str, Any]:
        return {agent: self._info(agent) for agent in self.agents}


class TeamEnv(AllSeats, AECEnv):  # type: ignore[misc]  # PettingZoo ships no types
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
        super().__init__()
        self._seat_all(scenario, render_mode)
        self.agent_selection = self.possible_agents[0]

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> None:
        """Start an episode, a pure function of (seed, options) as in `SeatEnv.reset`."""
        self._start(seed, options)
        self._show()

    def observe(self, agent: str) -> dict[str, Any]:
        """What `agent` sees now; raises UnknownNameError for a stranger."""
        if agent not in self.possible_agents:
            raise unknown_name("agent", agent, self.possible_agents)
        return self.session.observe(agent)

    def step(self, action: str | Mapping[str, Any] | None) -> None:
        """Play the message of `agent_selection`; None once the agent is done."""
        agent = self.agent_selection
        if self.session.over and not self.agents:
            raise SettingError("The episode is over and every agent is done: call reset.")
        if self.terminations[agent] or self.truncations[agent]:
            self._was_dead_step(action)
            return
        if action is None:
            raise SettingError(f"{agent} is live and must send a message, not None.")
        self._act(action, pay=agent)
        self._show()
        if self.render_mode == "human":
            self.render()

    def fork(self) -> Self:
        """An independent copy that goes on from here and meets the same noise."""
        twin = super().fork()
        for name in _LISTED:
            setattr(twin, name, copy.copy(getattr(self, name)))
        return twin

    def _saved(self) -> Saved:
        saved = super()._saved()
        saved.agents, saved.selection = self.agents, self.agent_selection
        saved.skipped = getattr(self, "_skip_agent_selection", None)
        saved.rewards, saved.paid = self.rewards, self._cumulative_rewards
        return saved

    def _take(self, opened: Opened) -> None:
        super()._take(opened)
        saved = opened.saved
        self.agents = saved.agents
        self._show()
        self.agent_selection, self._skip_agent_selection = saved.selection, saved.skipped
        self.rewards, self._cumulative_rewards = saved.rewards, saved.paid

    def _show(self) -> None:
        """Set what PettingZoo reads: rewards, ends, infos, and whose turn it is."""
        session = self.session
        terminated, truncated = ending(session)
        self.rewards = session.gained()
        self._cumulative_rewards = dict(self._due)
        self.terminations = dict.fromkeys(self.agents, terminated)
        self.truncations = dict.fromkeys(self.agents, truncated)
        self.infos = self._infos()
        if session.to_act:
            self.agent_selection = session.to_act[0]
        elif self.agents:
            self.agent_selection = self.agents[0]
            self._deads_step_first()


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
