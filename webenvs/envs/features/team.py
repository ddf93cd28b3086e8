"""The PettingZoo AEC face of the features view."""

from typing import Any

import numpy as np

from webenvs.envs.features.seats import AllMenus
from webenvs.envs.team import TeamEnv


class FeatureTeamEnv(AllMenus, TeamEnv):
    """Every player of a game as an AEC agent with numbers and slots.

    With mask="observation" an observation is {"observation": Box, "action_mask": int8 [K]}, with
    mask="info" it is the Box alone. `infos[agent]["action_mask"]` is there in any case. All agents
    have equal spaces. A masked slot sends a message without a call.
    """

    def observe(self, agent: str) -> Any:
        """What `agent` sees now; raises UnknownNameError for a stranger."""
        return self._numbers(agent)

    def step(self, action: int | np.integer[Any] | None) -> None:  # type: ignore[override]  # slots
        """Make the call of a slot of `agent_selection`; None once the agent is done."""
        agent = self.agent_selection
        dead = not self.agents or self.terminations[agent] or self.truncations[agent]
        if dead or action is None:
            super().step(action)  # type: ignore[arg-type]  # refused there
            return
        super().step(self._menus[agent].message(self.session, action))
