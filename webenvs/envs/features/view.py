"""The Gymnasium face of the features view: one seat, its features and its numbered calls."""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from webenvs.envs.face import Opened
from webenvs.envs.features.menu import Menu, Shown
from webenvs.envs.features.numbers import Numbers, action_space, observation_space
from webenvs.envs.scenario import Scenario
from webenvs.envs.seat import SeatEnv
from webenvs.players.lineup import Lineup


class FeatureEnv(SeatEnv):
    """One seat of a game as a Gymnasium environment for classic RL.

    Observation: Box(float32, (F,)), whose numbers `numbers.FEATURES` describes one by one.
    Action: Discrete(K), the number of a slot; `candidates()` are the calls in them. A masked slot
    sends a message without a call, which counts as it does in the text view.
    Reward, end, reset, snapshots: those of `SeatEnv`; the same messages earn the same.
    `info` is that of `SeatEnv`, with "action_mask" (int8 [K], never all zero).
    """

    def __init__(
        self,
        scenario: Scenario,
        seat: str | None = None,
        others: Lineup | None = None,
        render_mode: str | None = None,
    ) -> None:
        """Sit at `seat`, as in `SeatEnv`."""
        super().__init__(scenario, seat, others, render_mode)
        self.observation_space = observation_space()  # type: ignore[assignment]  # other numbers
        self.action_space = action_space()  # type: ignore[assignment]  # slots, not messages
        self._menu = Menu(self.seat)

    def step(  # type: ignore[override]  # slots, not messages
        self, action: int | np.integer[Any]
    ) -> tuple[Numbers, float, bool, bool, dict[str, Any]]:
        """Make the call of a slot; raises SettingError for what is no number of a slot."""
        return super().step(self._menu.message(self.session, action))  # type: ignore[return-value]

    def action_masks(self) -> NDArray[np.bool_]:
        """Which slots hold a call now, bool [K]; sb3-contrib asks for it by this name."""
        return self._menu.look(self.session).mask.astype(np.bool_)

    def candidates(self) -> tuple[Shown | None, ...]:
        """The call of every slot: (tool, arguments) as the player would write them, or None."""
        return self._menu.look(self.session).calls()

    def fork(self) -> Self:
        """An independent copy that goes on from here and meets the same noise."""
        twin = super().fork()
        twin._menu = Menu(self.seat)
        return twin

    def _seen(self) -> Any:
        return self._menu.look(self.session).numbers.copy()

    def _info(self, player: str) -> dict[str, Any]:
        info = super()._info(player)
        info["action_mask"] = self._menu.look(self.session, info).mask.copy()
        return info

    def _begin(self, seed: int, options: Mapping[str, Any] | None, *, drawn: bool = False) -> Any:
        self._menu = Menu(self.seat)
        return super()._begin(seed, options, drawn=drawn)

    def _take(self, opened: Opened) -> None:
        super()._take(opened)
        self._menu = Menu(self.seat)
