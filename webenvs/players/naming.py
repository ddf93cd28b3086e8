"""Players by name: what a name, an import path, a class or a callable makes."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from webenvs.errors import PlayerError, UnknownNameError, bad_setting, unknown_name
from webenvs.naming import named
from webenvs.players.lineup import Factory


def factories(spec: Any, known: Mapping[str, Mapping[str, str]]) -> dict[str, Factory]:
    """What makes a player of each role; "*" is every other role.

    `spec` is one of the `known` names (role -> "module:Class"), "package.module:Name", a class or a
    callable. Raises UnknownNameError, SettingError, or PlayerError if a module cannot be imported.
    """
    if isinstance(spec, str) and spec in known:
        return {role: _factory(target) for role, target in known[spec].items()}
    if isinstance(spec, str):
        if ":" not in spec:
            error = unknown_name("player", spec, known)
            raise UnknownNameError(f"{error} A player of your own is package.module:Name.")
        return {"*": _factory(spec)}
    if not callable(spec):
        raise bad_setting("players", spec, "a name, a callable or a mapping role -> player")
    return {"*": _maker(spec)}


def _factory(target: str) -> Factory:
    return _maker(named("player", target, field="players", failure=PlayerError))


def _maker(player: Any) -> Callable[[], Any]:
    """A class makes a player a seat; anything else is the player of all seats."""
    return player if isinstance(player, type) else partial(_itself, player)  # a lambda won't pickle


def _itself(player: Any) -> Any:
    return player
