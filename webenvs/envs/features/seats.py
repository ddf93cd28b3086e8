"""What the PettingZoo faces of the features view share: a menu for everybody, masks, spaces."""

from collections.abc import Mapping
from typing import Any, Literal, Self

from gymnasium.spaces import Box, Dict

from webenvs.envs.face import Opened
from webenvs.envs.features.menu import Menu, Shown
from webenvs.envs.features.numbers import action_space, observation_space
from webenvs.envs.features.slots import K
from webenvs.envs.scenario import Scenario
from webenvs.envs.team import AllSeats
from webenvs.errors import bad_setting, unknown_name

MaskPlace = Literal["observation", "info"]
MASKS: tuple[MaskPlace, ...] = ("observation", "info")
"""Where the mask of the legal slots can stand; in `infos` it stands in any case."""


class AllMenus(AllSeats):
    """Seats for everybody with numbers for observations and slots for actions."""

    _menus: dict[str, Menu]
    _mask_place: MaskPlace

    def __init__(
        self,
        scenario: Scenario,
        render_mode: str | None = None,
        mask: MaskPlace = "observation",
    ) -> None:
        """Raises SettingError for a place of the mask that is none."""
        # The face that stands behind this in the order of classes takes the scenario.
        super().__init__(scenario, render_mode)  # type: ignore[call-arg]
        self._seat_menus(scenario, mask)

    def candidates(self, agent: str) -> tuple[Shown | None, ...]:
        """The call of every slot of `agent`: (tool, arguments), or None."""
        return self._menu(agent).look(self.session).calls()

    def action_masks(self, agent: str) -> Any:
        """Which slots of `agent` hold a call now, bool [K]."""
        return self._menu(agent).look(self.session).mask.astype(bool)

    def fork(self) -> Self:
        """An independent copy that goes on from here and meets the same noise."""
        twin = super().fork()
        twin._fresh()
        return twin

    def _seat_menus(self, scenario: Scenario, mask: Any) -> None:
        """Give everybody a menu and the same spaces; raises SettingError for another `mask`."""
        if mask not in MASKS:
            raise bad_setting("mask", mask, " or ".join(map(repr, MASKS)))
        self._mask_place = mask
        self._fresh()
        numbers = observation_space()
        self.observation_spaces = {
            player: _with_mask(numbers) if mask == "observation" else numbers
            for player in scenario.players
        }
        self.action_spaces = {player: action_space() for player in scenario.players}

    def _fresh(self) -> None:
        self._menus = {player: Menu(player) for player in self.scenario.players}

    def _menu(self, agent: str) -> Menu:
        if agent not in self._menus:
            raise unknown_name("agent", agent, self.possible_agents)
        return self._menus[agent]

    def _numbers(self, agent: str) -> Any:
        sight = self._menu(agent).look(self.session)
        if self._mask_place == "info":
            return sight.numbers.copy()
        return {"observation": sight.numbers.copy(), "action_mask": sight.mask.copy()}

    def _info(self, player: str) -> dict[str, Any]:
        info = super()._info(player)
        info["action_mask"] = self._menus[player].look(self.session, info).mask.copy()
        return info

    def _begin(self, seed: int, options: Mapping[str, Any] | None, *, drawn: bool = False) -> Any:
        self._fresh()
        return super()._begin(seed, options, drawn=drawn)

    def _take(self, opened: Opened) -> None:
        self._fresh()
        super()._take(opened)


def _with_mask(numbers: Box) -> Dict:
    import numpy as np

    return Dict({"observation": numbers, "action_mask": Box(0, 1, (K,), dtype=np.int8)})
