"""Trained policies on the tasks that `webenvs bench` plays, so that its statistics hold."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

import webenvs
from baselines.ppo.algorithms import Policy
from baselines.ppo.worlds import Place, scenario, settings
from webenvs.bench.rows import Row
from webenvs.bench.run import Trial, row_of, run, trials
from webenvs.records import Episode

GAMES = 16
"""Games that are played side by side."""


def rows(
    name: str,
    policy: Policy,
    env: str,
    where: Place,
    chosen: Mapping[str, Any],
    *,
    episodes: int = 200,
    seed: int = 0,
) -> list[Row]:
    """A row for every episode of a policy, on the tasks and seeds of `webenvs.bench.run`.

    `chosen` are settings of the environment, `game` among them: one policy plays all seats.
    """
    given = settings(where, chosen)
    stage = scenario(env, where, chosen)
    todo = trials(stage, name, episodes, seed)
    games = [
        webenvs.parallel(env, view="features", mask="info", **given)
        for _ in range(min(GAMES, episodes))
    ]
    played = _played(policy, games, todo)
    return [row_of(stage, trial, episode) for trial, episode in zip(todo, played, strict=True)]


def reference(
    players: Sequence[str],
    env: str,
    where: Place,
    chosen: Mapping[str, Any],
    *,
    episodes: int = 200,
    seed: int = 0,
) -> list[Row]:
    """The rows of players by name, on the same tasks and seeds."""
    return list(run(scenario(env, where, chosen), players, episodes=episodes, seed=seed)[0].rows)


def _played(policy: Policy, games: Sequence[Any], todo: Sequence[Trial]) -> list[Episode]:
    """The episodes of all trials, in order; as many at a time as there are games."""
    waiting = list(enumerate(todo))[::-1]
    running: dict[int, int] = {}
    now: dict[int, tuple[Any, Any]] = {}
    done: dict[int, Episode] = {}
    for number, game in enumerate(games):
        _next(number, game, waiting, running, now)
    while running:
        order = sorted(running)
        players = games[0].possible_agents
        seen = np.stack([now[one][0][player] for one in order for player in players])
        masks = np.stack(
            [now[one][1][player]["action_mask"] for one in order for player in players]
        )
        actions = policy(seen.astype(np.float32), masks.astype(np.bool_))
        for one, sent in zip(order, actions.reshape(len(order), -1), strict=True):
            game = games[one]
            observations, _, _, _, infos = game.step(
                dict(zip(players, map(int, sent), strict=True))
            )
            now[one] = (observations, infos)
            if not game.agents:
                done[running.pop(one)] = game.episode()
                _next(one, game, waiting, running, now)
    return [done[place] for place in range(len(todo))]


def _next(
    number: int,
    game: Any,
    waiting: list[tuple[int, Trial]],
    running: dict[int, int],
    now: dict[int, tuple[Any, Any]],
) -> None:
    """Begin the next trial in a game, if there is one left."""
    if waiting:
        place, trial = waiting.pop()
        running[number] = place
        now[number] = game.reset(seed=trial.seed, options={"task_id": trial.task})
