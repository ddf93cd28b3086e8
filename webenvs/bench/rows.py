"""What a benchmark yields before any statistics: a row per played episode; rows form a run."""

import itertools
import math
from typing import Any

import msgspec

from webenvs.errors import SettingError, bad_setting, unknown_name
from webenvs.players.usage import Usage
from webenvs.records import Record


class Row(Record, frozen=True, kw_only=True):
    """One played episode.

    `correct` is the answer score in [0, 1], kept apart from `reward`, the root player's scalar.
    `hops` is the number of reasoning steps of the task, 0 if unknown; `calls` counts by tool.
    An episode with `valid = False` broke for a reason that is not the player's: it is counted and
    left out of every mean. `usage` is what the models at its seats took, by seat, and `cost` what
    that cost (None if not known).
    """

    env: str
    player: str
    task: str
    seed: int
    repeat: int
    hops: int
    correct: float
    reward: float
    terms: dict[str, float]
    calls: dict[str, int]
    tokens: int
    turns: int
    end: str
    valid: bool
    usage: dict[str, Usage] = msgspec.field(default_factory=dict)
    cost: float | None = None


class Run(Record, frozen=True, kw_only=True):
    """All rows of one benchmark of some players on one environment, and what was run.

    `corpus` is the corpus digest, `version` that of webenvs, `command` the exact command line.
    """

    env: str
    settings: dict[str, Any]
    corpus: str
    version: str
    episodes: int
    seed: int
    command: str
    players: tuple[str, ...]
    rows: tuple[Row, ...]


def ordered(run: Run) -> Run:
    """`run` with its rows by player, seed, task and repeat, whatever order they were played in.

    Raises SettingError or UnknownNameError where a row does not belong to the run, has a number
    that is not allowed, or plays an episode twice.
    """
    if not run.players or len(set(run.players)) < len(run.players):
        raise bad_setting("players", list(run.players), "one or more names, none of them twice")
    seat = {player: place for place, player in enumerate(run.players)}
    for place, row in enumerate(run.rows):
        _check(run, place, row)
    rows = sorted(run.rows, key=lambda row: (seat[row.player], *_episode(row)))
    for one, other in itertools.pairwise(rows):
        if one.player == other.player and _episode(one) == _episode(other):
            raise SettingError(
                f"Two rows of player {one.player!r} are one episode: task {one.task!r}, "
                f"seed {one.seed}, repeat {one.repeat}."
            )
    return msgspec.structs.replace(run, rows=tuple(rows))


def _episode(row: Row) -> tuple[int, str, int]:
    return row.seed, row.task, row.repeat


def _check(run: Run, place: int, row: Row) -> None:
    """Raise if row number `place` cannot belong to `run`."""
    if row.env != run.env:
        raise bad_setting(f"rows[{place}].env", row.env, f"the run's environment, {run.env!r}")
    if row.player not in run.players:
        raise unknown_name("player", row.player, run.players, f"in the run (rows[{place}])")
    if not 0.0 <= row.correct <= 1.0:
        raise bad_setting(f"rows[{place}].correct", row.correct, "between 0 and 1")
    for name, value in [("reward", row.reward), *sorted(row.terms.items())]:
        if not math.isfinite(value):
            raise bad_setting(f"rows[{place}].{name}", value, "a finite number")
    if row.cost is not None and not 0.0 <= row.cost < math.inf:
        raise bad_setting(f"rows[{place}].cost", row.cost, "0 or more")
    counts = [("hops", row.hops), ("tokens", row.tokens), ("turns", row.turns)]
    for name, count in counts + sorted(row.calls.items()):
        if count < 0:
            raise bad_setting(f"rows[{place}].{name}", count, "0 or more")
