"""Runs for the tests of webenvs.bench: small, keyed, and easy to vary."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from webenvs import seeding
from webenvs.bench.rows import Row, Run

Chances = Mapping[str, float]
MakeRun = Callable[..., Run]


def row(player: str = "one", number: int = 0, correct: float = 1.0, **changed: Any) -> Row:
    fields: dict[str, Any] = {
        "env": "webenvs/MultiHop-v0",
        "player": player,
        "task": f"task-{number:04d}",
        "seed": number,
        "repeat": 0,
        "hops": 2 + number % 3,
        "correct": correct,
        "reward": 0.9 * correct + 0.1,
        "terms": {"answer": correct, "format": 1.0},
        "calls": {"search": 2 + number % 2, "fetch": 1},
        "tokens": 300 + number,
        "turns": 4,
        "end": "answered",
        "valid": True,
    }
    return Row(**(fields | changed))


@pytest.fixture
def make_row() -> Callable[..., Row]:
    return row


@pytest.fixture
def make_run() -> MakeRun:
    """A run of players that are right with given chances, on tasks equally hard for all."""

    def make(
        chances: Chances | None = None, episodes: int = 30, rows: Any = None, **changed: Any
    ) -> Run:
        chances = {"first-hit": 0.3, "researcher": 0.7} if chances is None else chances
        played = [
            row(player, number, float(seeding.uniform(number, "hard") < chance))
            for player, chance in chances.items()
            for number in range(episodes)
        ]
        fields: dict[str, Any] = {
            "env": "webenvs/MultiHop-v0",
            "settings": {"split": "test", "noise": {"strength": 0.0}},
            "corpus": "ab" * 32,
            "version": "0.1.0",
            "episodes": episodes,
            "seed": 7,
            "command": "webenvs bench first-hit researcher --env webenvs/MultiHop-v0",
            "players": tuple(chances),
            "rows": tuple(played if rows is None else rows),
        }
        return Run(**(fields | changed))

    return make
