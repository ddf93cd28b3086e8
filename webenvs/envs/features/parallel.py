"""The PettingZoo Parallel face of the features view."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from webenvs.envs.features.seats import AllMenus
from webenvs.envs.parallel import ParallelTeamEnv


class FeatureParallelEnv(AllMenus, ParallelTeamEnv):
    """The same episodes as `FeatureTeamEnv`, a round a step: the two agree turn for turn.

    Every agent sends an action at every step; the only legal slot of one that waits is `WAIT`, and
    whatever it sends is not played.
    """

    def step(  # type: ignore[override]  # slots, not messages
        self, actions: Mapping[str, int | np.integer[Any]]
    ) -> tuple[dict[str, Any], dict[str, float], dict[str, bool], dict[str, bool], dict[str, Any]]:
        """Play one round; raises SettingError if a live player sends nothing."""
        given: Any = actions
        if not isinstance(given, Mapping):
            return super().step(given)
        live = self.session.to_act
        messages: dict[str, Any] = {
            agent: self._menus[agent].message(self.session, action) if agent in live else ""
            for agent, action in actions.items()
        }
        return super().step(messages)

    def _observations(self) -> dict[str, Any]:
        return {agent: self._numbers(agent) for agent in self.agents}
