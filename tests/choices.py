"""A game of one step with the layout of the features view, small enough to learn in seconds."""

import gymnasium as gym
import numpy as np

from baselines.ppo.seats import LAYOUT

FIT = 3
"""The number of a slot that says whether it pays."""


class Choice:
    """A PettingZoo Parallel game: every seat has five legal slots, one of which fits and pays.

    An episode lasts `turns` steps; a real fault ends it unless it is `valid`. What every
    seat sent is kept in `sent`.
    """

    def __init__(self, seats=1, turns=1, valid=True):
        self.possible_agents = [f"seat_{number}" for number in range(seats)]
        self.turns, self.valid, self.sent, self.seeds = turns, valid, [], []

    def observation_space(self, agent):
        size = LAYOUT.player + LAYOUT.slots * LAYOUT.width
        return gym.spaces.Box(0.0, 1.0, (size,), np.float32)

    def action_space(self, agent):
        return gym.spaces.Discrete(LAYOUT.slots)

    def reset(self, seed=None, options=None):
        self.chance, self.turn = np.random.default_rng(seed), 0
        self.agents = list(self.possible_agents)
        self.seeds.append(seed)
        return self._show()

    def step(self, actions):
        self.turn += 1
        for agent, action in actions.items():
            assert self.masks[agent][action] == 1, "a masked slot reached the game"
        self.sent.append(dict(actions))
        paid = {agent: float(actions[agent] == self.right[agent]) for agent in self.agents}
        ended, cut = (
            dict.fromkeys(self.agents, self.turn >= self.turns and self.valid is valid)
            for valid in (True, False)
        )
        observations, infos = self._show()
        return observations, paid, ended, cut, infos

    def _show(self):
        self.right, self.masks, seen = {}, {}, {}
        for agent in self.agents:
            legal = self.chance.choice(LAYOUT.slots, size=5, replace=False)
            held = np.zeros((LAYOUT.slots, LAYOUT.width), dtype=np.float32)
            held[legal, 0] = 1.0
            held[legal[0], FIT] = 1.0
            self.right[agent] = int(legal[0])
            self.masks[agent] = np.isin(np.arange(LAYOUT.slots), legal).astype(np.int8)
            seen[agent] = np.concatenate([np.ones(LAYOUT.player, np.float32), held.ravel()])
        infos = {
            agent: {"action_mask": self.masks[agent], "valid": self.valid, "fault": "a lost disk"}
            for agent in self.agents
        }
        return seen, infos


def right(observations):
    """The slots that pay, from observations."""
    held = observations[:, LAYOUT.player :].reshape(-1, LAYOUT.slots, LAYOUT.width)
    return held[..., FIT].argmax(axis=1)
