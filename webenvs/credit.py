"""Counterfactual credit: what an episode would have earned with one player's report replaced.

The difference reward of Wolpert and Tumer (Optimal payoff functions for members of collectives,
2001), per delegation: D = G(as it was) - G(with the report replaced). An episode is a record and
its noise is keyed, so nothing has to be estimated: what came before the report is stepped from the
recording, the report is replaced, and players go on from there.
"""

from collections.abc import Callable, Mapping
from typing import Any

from webenvs import catalog
from webenvs.envs.scenario import Scenario
from webenvs.envs.session import Session, message_of
from webenvs.episodes import finish, replay
from webenvs.errors import EpisodeFileError, bad_setting, unknown_name
from webenvs.players.lineup import Lineup
from webenvs.players.oracle import gold_answer
from webenvs.players.player import Player, Remembering
from webenvs.records import Episode, Record, Task, Turn

TEXT = "text:"
"""What stands before a report of the caller's own."""

REPLACEMENTS: Mapping[str, Callable[[Task], str]] = {
    "silent": lambda task: "",
    "oracle": gold_answer,
}
"""Reports by name: none at all, and the gold answer as the built-in oracle reports it."""


class CallCredit(Record, frozen=True, kw_only=True):
    """One delegation: rewards of the root and of the player, as they were and counterfactually.

    `call` is the id of the delegation, `frame` the index of the frame it opened. `difference` is
    actual minus counterfactual: above 0 the report helped more than its replacement. `fingerprint`
    is that of the counterfactual episode. `reproduced` says that the players, going on from the
    true report, play the recorded episode again; where they do not, the difference is also that
    between them and whoever played the recording, and `baseline` has what they earned.
    """

    call: str
    frame: int
    actual: dict[str, float]
    baseline: dict[str, float]
    counterfactual: dict[str, float]
    difference: dict[str, float]
    fingerprint: str
    reproduced: bool


class Credit(Record, frozen=True, kw_only=True):
    """The credit of one player of an episode, a delegation after another."""

    episode: str
    player: str
    replacement: str
    calls: tuple[CallCredit, ...]


def difference(
    episode: Episode,
    player: str,
    replacement: str = "silent",
    players: Any = None,
    scenario: Scenario | None = None,
) -> Credit:
    """What each report of `player` was worth against its replacement, the others going on.

    `replacement` is "silent" (the caller reads that the worker brought nothing), "oracle" (the gold
    answer), or "text:" and a report. Up to the message that ends the frame, messages are those
    of the recording; then `players` go on (what `catalog.lineup` takes, or a Lineup; the
    default ones if None) in every seat. The loop is closed: they must be the players of the
    recording for the difference to be the report's alone, which `reproduced` tells. Players that
    remember (`Remembering`) are asked along the recording too, so that they remember it.

    Delegations whose frame had not ended when the episode did have no credit. Raises SettingError
    for a player that reports to nobody, a replacement or an episode that is none; UnknownNameError
    for names; EpisodeFileError for an episode that does not replay in the scenario.
    """
    if not isinstance(episode, Episode):
        raise bad_setting("episode", type(episode), "an Episode, as read_episodes returns them")
    made = catalog.recorded(episode) if scenario is None else scenario
    if player not in made.players:
        raise unknown_name("player", player, made.players)
    if player == made.players[0]:
        raise bad_setting("player", player, "one that reports to another; the root answers")
    if episode.end is None or not episode.valid:
        raise bad_setting("episode.end", episode.end, "that of a whole and valid episode")
    left = replay(episode, made)
    if left is not None:
        raise EpisodeFileError(f"The episode does not replay in this scenario: {left}.")
    report = _report(replacement, made.tasks.get(episode.task))
    recording = _Recording(made, episode, _lineup(players, made))
    return Credit(
        episode=episode.fingerprint,
        player=player,
        replacement=replacement,
        calls=tuple(recording.credits(player, report)),
    )


class _Recording:
    """An episode stepped turn by turn, with players that look on."""

    def __init__(self, scenario: Scenario, episode: Episode, lineup: Lineup) -> None:
        self._episode, self._scenario, self._lineup = episode, scenario, lineup

    def credits(self, player: str, report: str) -> list[CallCredit]:
        """The credit of every delegation of `player` that ended, in the order of their ends."""
        ends = self._ends(player)
        session = self._begin()
        players = self._lineup.sit(self._scenario.players, session.task, self._episode.seed)
        found = []
        for turn in self._episode.turns:
            for frame in ends.get(turn.index, ()):
                baseline = self._continued(session, turn)
                other = self._continued(session, turn, frame, report)
                found.append(self._credit(frame, player, baseline, other))
            _step(session, players, turn)
        return found

    def _begin(self) -> Session:
        task = self._scenario.tasks.get(self._episode.task)
        return Session(self._scenario, task, self._episode.seed, self._episode.number)

    def _ends(self, player: str) -> dict[int, list[int]]:
        """The frames of `player` by the turn in which they end."""
        session = self._begin()
        found: dict[int, list[int]] = {}
        ended: set[int] = set()
        for turn in self._episode.turns:
            session.act(message_of(turn))
            for frame in session.state.frames:
                if frame.player == player and frame.end is not None and frame.index not in ended:
                    ended.add(frame.index)
                    found.setdefault(turn.index, []).append(frame.index)
        return found

    def _continued(
        self, session: Session, turn: Turn, frame: int | None = None, report: str = ""
    ) -> Episode:
        """The episode as it goes on from here, with the frame's report replaced if one is named."""
        fork = session.fork()
        _, players = self._lineup.forked(self._scenario.players)
        if frame is not None:
            fork.substitute(frame, report)
        _step(fork, players, turn)
        return finish(fork, players)

    def _credit(self, frame: int, player: str, baseline: Episode, other: Episode) -> CallCredit:
        names = (self._scenario.players[0], player)
        actual, counterfactual = self._episode.rewards, other.rewards
        return CallCredit(
            call=self._episode.frames[frame].call or "",
            frame=frame,
            actual=_of(names, actual),
            baseline=_of(names, baseline.rewards),
            counterfactual=_of(names, counterfactual),
            difference={name: actual[name] - counterfactual.get(name, 0.0) for name in names},
            fingerprint=other.fingerprint,
            reproduced=baseline.fingerprint == self._episode.fingerprint,
        )


def _step(session: Session, players: Mapping[str, Player], turn: Turn) -> None:
    """Play a recorded turn; who remembers is asked too, and what it says is not played."""
    watching = players[turn.player]
    if isinstance(watching, Remembering):
        watching(session.observe(turn.player), session.info(turn.player))
    session.act(message_of(turn))


def _of(names: tuple[str, ...], rewards: Mapping[str, float]) -> dict[str, float]:
    return {name: rewards.get(name, 0.0) for name in names}


def _report(replacement: str, task: Task) -> str:
    """The text of a report; raises UnknownNameError for a name that stands for none."""
    if not isinstance(replacement, str):
        raise bad_setting("replacement", replacement, "silent, oracle, or text: and a report")
    if replacement.startswith(TEXT):
        return replacement.removeprefix(TEXT)
    if replacement not in REPLACEMENTS:
        raise unknown_name("replacement", replacement, [*REPLACEMENTS, f"{TEXT}..."])
    return REPLACEMENTS[replacement](task)


def _lineup(players: Any, scenario: Scenario) -> Lineup:
    if isinstance(players, Lineup):
        return players
    given = catalog.DEFAULT_PLAYER if players is None else players
    return catalog.lineup(given, scenario.game)
