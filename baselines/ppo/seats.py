"""The rows that every algorithm here is trained on: a row a seat of games side by side."""

from typing import Any, NamedTuple

import webenvs
from webenvs.envs.features.numbers import PLAYER, SLOT
from webenvs.envs.features.side_by_side import SideBySide
from webenvs.envs.features.slots import K
from webenvs.errors import bad_setting


class Layout(NamedTuple):
    """How an observation is laid out: `player` numbers, then `width` numbers of each of `slots`."""

    player: int
    slots: int
    width: int


LAYOUT = Layout(len(PLAYER), K, len(SLOT))
"""The layout of the features view."""


def seats(env: str, *, games: int, seed: int = 0, **settings: Any) -> SideBySide:
    """`games` games of an id with these settings; `game` says which (team unless it does).

    Raises UnknownNameError or SettingError for what is wrong with the id or the settings.
    """
    for name, own in (("view", "features"), ("mask", "info")):
        if settings.get(name, own) != own:
            raise bad_setting(name, settings[name], f"{own!r}, which is what these policies read")
        settings.pop(name, None)

    def make() -> Any:
        return webenvs.parallel(env, view="features", mask="info", **settings)

    return SideBySide(make, games, seed=seed)
