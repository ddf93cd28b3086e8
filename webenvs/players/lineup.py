"""A lineup: who plays which role, with one instance a seat, told when an episode begins."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from webenvs.errors import PlayerError, unknown_name
from webenvs.players.player import Player, Seated
from webenvs.records import Seat, Task

Factory = Callable[[], Player]


class Lineup:
    """Players by role; "*" stands for every role that is not named."""

    def __init__(self, by_role: Mapping[str, Factory]) -> None:
        self._by_role = dict(by_role)
        self._seated: dict[str, Player] = {}

    def sit(self, seats: Sequence[str], task: Task, seed: int) -> dict[str, Player]:
        """A player for every seat, each reset for this episode.

        Instances are kept from episode to episode, one a seat. A seat's chance is keyed by the
        episode's seed. Raises UnknownNameError for a role that nobody plays.
        """
        players: dict[str, Player] = {}
        for seat in seats:
            player = self._player(seat)
            if isinstance(player, Seated):
                gold = task if getattr(player, "reads_gold", False) else None
                role = seat.rpartition("_")[0]
                player.reset(Seat(player=seat, role=role, seed=seed, task=gold))
            players[seat] = player
        return players

    def _player(self, seat: str) -> Player:
        if seat not in self._seated:
            role = seat.rpartition("_")[0]
            factory = self._by_role.get(role, self._by_role.get("*"))
            if factory is None:
                raise unknown_name("player for role", role, self._by_role)
            self._seated[seat] = _checked(factory(), seat)
        return self._seated[seat]


def _checked(player: Any, seat: str) -> Player:
    if not callable(player):
        kind = type(player).__name__
        raise PlayerError(f"The player of {seat} must be callable; {kind} is not.")
    checked: Player = player
    return checked
