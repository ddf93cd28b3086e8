"""What a run leaves: how it learned, and how it answered every question that it was judged on."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from webenvs.bench.report import json_text, put
from webenvs.bench.rows import Row
from webenvs.errors import SettingError
from webenvs.records import Record

FILE = "result.json"
POINTS = 25
"""Points of a learning curve."""


class Judged(Record, frozen=True, kw_only=True):
    """A player at a place: `success[i]`, 0 to 1, on `tasks[i]`; mean calls and turns."""

    tasks: tuple[str, ...]
    success: tuple[float, ...]
    calls: float
    turns: float

    @property
    def mean(self) -> float:
        """The mean success."""
        return sum(self.success) / len(self.success)


class Result(Record, frozen=True, kw_only=True):
    """A finished run.

    `curve` holds the mean success of the training episodes that ended in each stretch of steps, by
    the last step of the stretch. `judged` is by place; `before` that of the first weights.
    `minutes` are those of one processor in training, evaluations left out.
    """

    algorithm: str
    env: str
    settings: dict[str, Any]
    seed: int
    steps: int
    curve: tuple[tuple[int, float], ...] = ()
    judged: dict[str, Judged] = msgspec.field(default_factory=dict)
    minutes: float = 0.0
    commit: str = ""
    command: str = ""
    hardware: str = ""


def judged(rows: Sequence[Row]) -> Judged:
    """Rows of one player as what is kept of them; episodes that broke are left out."""
    valid = [row for row in rows if row.valid]
    count = max(1, len(valid))
    return Judged(
        tasks=tuple(row.task for row in valid),
        success=tuple(row.correct for row in valid),
        calls=sum(sum(row.calls.values()) for row in valid) / count,
        turns=sum(row.turns for row in valid) / count,
    )


def curve(
    outcomes: Sequence[tuple[int, float]], steps: int, points: int = POINTS
) -> tuple[tuple[int, float], ...]:
    """The mean outcome in each of `points` equal stretches of `steps` that has an episode's end."""
    stretches: dict[int, list[float]] = {}
    for step, outcome in outcomes:
        stretches.setdefault(min(points - 1, (step - 1) * points // steps), []).append(outcome)
    return tuple(
        ((place + 1) * steps // points, round(sum(values) / len(values), 4))
        for place, values in sorted(stretches.items())
    )


def save(result: Result, folder: Path) -> None:
    """Write a result into the folder of its run."""
    put(folder / FILE, json_text(result))


def load(folder: Path) -> Result | None:
    """The result in a folder, None if its run is not done; raises SettingError for a broken one."""
    path = folder / FILE
    if not path.exists():
        return None
    try:
        return msgspec.json.decode(path.read_bytes(), type=Result)
    except msgspec.MsgspecError as error:
        raise SettingError(f"{path} holds no result: {error}.") from error
