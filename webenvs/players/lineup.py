"""A lineup: who plays which role, with one instance a seat, told when an episode begins."""

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from webenvs.errors import PlayerError, SettingError, bad_setting, unknown_name
from webenvs.players.asking import asked
from webenvs.players.player import Player, Remembering, Seated
from webenvs.records import Seat, Task, role_of

Factory = Callable[[], Player]

SERVED = "openai"
"""The player that stands for a model behind an endpoint, which no catalog can name."""


class Lineup:
    """Players by role; "*" stands for every role that is not named."""

    def __init__(self, by_role: Mapping[str, Factory]) -> None:
        self._by_role = dict(by_role)
        self._seated: dict[str, Player] = {}

    def sit(self, seats: Sequence[str], task: Task, seed: int) -> dict[str, Player]:
        """A player for every seat, each reset for this episode.

        Instances are kept from episode to episode, one a seat. A seat's chance is keyed by the
        episode's seed. Raises UnknownNameError for a role that nobody plays, PlayerError for a
        player that cannot be made or fails at its reset.
        """
        players: dict[str, Player] = {}
        for seat in seats:
            player = self._player(seat)
            if isinstance(player, Seated):
                gold = task if getattr(player, "reads_gold", False) else None
                role = role_of(seat)
                failure = f"The player of {seat} failed on task {task.id}, seed {seed}"
                asked(failure, player.reset, Seat(player=seat, role=role, seed=seed, task=gold))
            players[seat] = player
        return players

    def memories(self, seats: Sequence[str]) -> dict[str, Any]:
        """What the players of these seats remember, of those that can tell."""
        players: dict[str, Any] = {seat: self._seated.get(seat) for seat in seats}
        return {
            seat: player.snapshot()
            for seat, player in players.items()
            if isinstance(player, Remembering)
        }

    def resumed(
        self,
        seats: Sequence[str],
        episode: tuple[Task, int],
        memories: Mapping[str, Any],
        now: tuple[Task, int] | None = None,
    ) -> dict[str, Player]:
        """The players of these seats, reset for an episode and given their memories of it.

        `episode` is its task and seed, `now` those of the episode they sit in at present. Raises
        SettingError unless the memories are those of the seats whose players can be saved,
        PlayerError for a player that fails or refuses its own; they are then as they were.
        """
        kept = self.memories(seats)
        players = {seat: self._player(seat) for seat in seats}
        wanted = [seat for seat, player in players.items() if isinstance(player, Remembering)]
        if sorted(memories) != sorted(wanted):
            there, here = ", ".join(sorted(memories)), ", ".join(sorted(wanted))
            raise SettingError(
                "This snapshot was taken with other players: it holds the memory of "
                f"{there or 'nobody'}, and here it is {here or 'nobody'} that can be given one."
            )
        try:
            self._remember(episode, memories)
        except PlayerError:
            if now is not None:
                self._remember(now, kept)
            raise
        self.sit([seat for seat in seats if seat not in memories], *episode)
        return players

    def _remember(self, episode: tuple[Task, int], memories: Mapping[str, Any]) -> None:
        """Seat players for an episode and give them their memories of it."""
        for seat, player in self.sit(list(memories), *episode).items():
            _remember(seat, player, memories[seat])

    def forked(self, seats: Sequence[str]) -> tuple["Lineup", dict[str, Player]]:
        """A lineup with copies of the players that sit here, and those of these seats.

        Copies are shallow; a player that can be saved is given its memory, which is then its own.
        """
        twin = Lineup(self._by_role)
        twin._seated = {seat: copy.copy(player) for seat, player in self._seated.items()}
        for seat, data in self.memories(list(self._seated)).items():
            _remember(seat, twin._seated[seat], data)
        return twin, {seat: twin._seated[seat] for seat in seats if seat in twin._seated}

    def anew(self) -> "Lineup":
        """The same players by role, none of whom has sat down yet."""
        return Lineup(self._by_role)

    def at_terminal(self, seat: str) -> bool:
        """Whether the player of a seat needs the terminal: its class sets `at_terminal = True`."""
        return bool(getattr(self._factory(seat), "at_terminal", False))

    def _player(self, seat: str) -> Player:
        if seat not in self._seated:
            factory = self._factory(seat)
            if factory is None:
                raise unknown_name("player for role", role_of(seat), self._by_role)
            name = getattr(factory, "__qualname__", "")
            failure = f"The player of {seat}{name and f', {name},'} cannot be made"
            self._seated[seat] = _checked(asked(failure, factory), seat)
        return self._seated[seat]

    def _factory(self, seat: str) -> Factory | None:
        return self._by_role.get(role_of(seat), self._by_role.get("*"))


def players_by_role(players: Any) -> dict[str, Any]:
    """What `players` says of each role, "*" being every other one; one player alone is "*".

    `players` is a mapping, text "planner=scripted,worker=random", or one player. Raises
    SettingError for text that is no such pairs or names a role twice.
    """
    if isinstance(players, Mapping):
        return dict(players)
    if not isinstance(players, str) or "=" not in players:
        return {"*": players}
    by_role: dict[str, str] = {}
    for pair in players.split(","):
        role, _, player = (side.strip() for side in pair.partition("="))
        if not role or not player:
            raise bad_setting("players", players, "pairs ROLE=PLAYER with commas between them")
        if role in by_role:
            raise bad_setting("players", players, f"one player a role; {role!r} has two")
        by_role[role] = player
    return by_role


def plays_served(players: Any) -> bool:
    """Whether `SERVED` sits at any seat of what `players` says."""
    return any(one == SERVED for one in players_by_role(players).values())


def check_roles(by_role: Iterable[str], roles: Sequence[str], where: str) -> None:
    """Raise UnknownNameError for the first role that is neither one of `roles` nor "*"."""
    for role in by_role:
        if role not in (*roles, "*"):
            raise unknown_name("role", role, roles, where)


def _remember(seat: str, player: Any, data: Any) -> None:
    asked(f"The player of {seat} cannot be given its memory", player.restore, data)


def _checked(player: Any, seat: str) -> Player:
    if not callable(player):
        kind = type(player).__name__
        raise PlayerError(f"The player of {seat} must be callable; {kind} is not.")
    checked: Player = player
    return checked
