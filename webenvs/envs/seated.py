"""A face at which some seats are the caller's and named players sit at the others."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

from webenvs.envs.face import Face, Opened, Saved
from webenvs.envs.scenario import Scenario
from webenvs.envs.session import Session
from webenvs.errors import AbsentError, SettingError, bad_choice
from webenvs.players.lineup import Lineup
from webenvs.players.player import Player
from webenvs.records import Info, Observation


class Seated(Face):
    """An episode whose other seats play by themselves whenever it is their turn."""

    _others: Lineup | None = None
    _rest: Sequence[str] = ()
    _players: Mapping[str, Player]

    @property
    def has_others(self) -> bool:
        """Whether players of the game sit at other seats."""
        return self._others is not None

    def fork(self) -> Self:
        """An independent copy that goes on from here and meets the same noise.

        Other players are copied shallowly; those that can be saved are given their memory.
        """
        twin = super().fork()
        if self._others is not None:
            twin._others, twin._players = self._others.forked(self._rest)
        return twin

    def _seat_others(self, mine: Sequence[str], others: Lineup | None) -> None:
        """Have `others` play every seat that is not in `mine`; raises SettingError for nobody."""
        self._others, self._players = others, {}
        self._rest = [player for player in self.scenario.players if player not in mine]
        if self._rest and others is None:
            raise SettingError(f"Somebody must play {', '.join(self._rest)}: pass `players`.")

    def _begin(self, seed: int, options: Mapping[str, Any] | None, *, drawn: bool = False) -> Any:
        """Start an episode, and let the others act until a seat of the caller's is to act."""
        session = super()._begin(seed, options, drawn=drawn)
        if self._others is not None:
            self._players = self._others.sit(self._rest, session.task, seed)
        self._play_others()
        return session

    def _play_others(self) -> None:
        """Let the other players act until a seat of the caller's is to act."""
        session = self.session
        while session.to_act and session.to_act[0] in self._rest:
            player = self._players[session.to_act[0]]
            try:
                message = player(*shown(session, player))
            except AbsentError as fault:
                session.abort(fault)
            else:
                self._act(message)

    def _saved(self) -> Saved:
        saved = super()._saved()
        if self._others is not None:
            saved.memories = self._others.memories(self._rest)
        return saved

    def _take(self, opened: Opened) -> None:
        if self._others is not None:
            now = (self.session.task, self.session.state.seed) if self.started else None
            then, memories = (opened.task, opened.state.seed), opened.saved.memories
            self._players = self._others.resumed(self._rest, then, memories, now)
        super()._take(opened)


def shown(session: Session, player: Player) -> tuple[Observation, Info]:
    """What the `player` whose turn it is gets: observation and info, native chat if it wants it."""
    seat = session.to_act[0]
    info = session.info(seat)
    if getattr(player, "reads_native", False):
        info["native"] = session.native(seat)
    return session.observe(seat), info


def seat_of(scenario: Scenario, seat: str | None, field: str = "seat") -> str:
    """The player that `seat` (a player or a role; the root if None) means.

    Raises SettingError for another one, which calls it by the name of the `field`.
    """
    return players_at(scenario, seat, field=field)[0]


def players_at(
    scenario: Scenario,
    seat: str | None,
    among: Sequence[str] | None = None,
    field: str = "seat",
) -> tuple[str, ...]:
    """The players that `seat` (a player or a role; the root if None) means, in their order.

    Only those `among` the players named are seats; by default all of the game. Raises SettingError
    for any other seat, which calls it by the name of the `field`.
    """
    if seat is None:
        return scenario.players[:1]
    players = scenario.players if among is None else among
    found = tuple(player for player in players if seat in (player, scenario.role_of(player)))
    if not found:
        raise bad_choice(field, seat, [*map(scenario.role_of, players), *players])
    return found
