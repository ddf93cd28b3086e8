"""The check of a player."""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from webenvs import catalog
from webenvs.envs.face import task_for
from webenvs.envs.scenario import Scenario
from webenvs.envs.seated import shown
from webenvs.envs.session import Session
from webenvs.players.lineup import Lineup
from webenvs.records import Episode
from webenvs.testing.promises import promise, promise_equal, quietly, untouched_chance


def check_player(
    player: Any,
    env: str = "MultiHop-v0",
    *,
    seeds: Sequence[int] = (0, 1, 2),
    deterministic: bool = True,
    **settings: Any,
) -> None:
    """Check that a player keeps its contract over whole episodes of an environment.

    `player` is anything `webenvs.lineup` takes; give game="team" for players of a team. It returns
    text or a mapping at every turn and at least one readable call an episode, answers a closing
    message by closing, leaves its observation and info as they are, and leaves the global random
    state alone. Unless `deterministic` is False, the same seed gives the same episode, in a fresh
    lineup and after other episodes.
    """
    scenario = catalog.scenario(env, **settings)
    lineup = catalog.lineup(player)
    with untouched_chance("A player"):
        first = [_episode(scenario, lineup, seed) for seed in seeds]
    for episode in first:
        _check_manners(scenario, episode)
    if not deterministic:
        return
    fresh = _episode(scenario, catalog.lineup(player), seeds[0])
    later = [_episode(scenario, lineup, seed) for seed in reversed(seeds)][::-1]
    for one, other in zip([first[0], *first], [fresh, *later], strict=True):
        what = f"Seed {one.seed} must give the same episode whatever was played before"
        promise_equal(one.fingerprint, other.fingerprint, what)


def _episode(scenario: Scenario, lineup: Lineup, seed: int) -> Episode:
    """An episode in which what every player is shown is compared before and after its message."""
    session = Session(scenario, task_for(scenario, seed, None), seed)
    players = lineup.sit(scenario.players, session.task, seed)
    while session.to_act:
        player = session.to_act[0]
        seen = shown(session, players[player])
        kept = copy.deepcopy(seen)
        message = quietly(lambda p=player, s=seen: players[p](*s), "A player must not raise")  # type: ignore[misc]  # binds the turn
        promise_equal(seen, kept, "A player must not change what it is shown")
        kind = type(message).__name__
        promise(isinstance(message, str | Mapping), f"A message is text or a mapping, not {kind}")
        session.act(message)
    return session.episode()


def _check_manners(scenario: Scenario, episode: Episode) -> None:
    readable = any(turn.valid for turn in episode.turns)
    promise(readable, f"No message of episode {episode.seed} holds a call that can be read")
    for turn in episode.turns:
        closing = scenario.kits[episode.frames[turn.frame].role].role.closing.name
        closed = any(call.tool == closing for call in turn.calls)
        promise(
            closed or not turn.closing,
            f"{turn.player} was asked to close by {closing}, but sent {turn.message[:200]!r}",
        )
