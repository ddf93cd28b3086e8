"""From the episodes of a noise sweep to numbers: paired changes, areas under success, intervals.

A noise twin is the same player on the same task with the same seed, with noise and without. What
noise changes is the mean over twins of the difference, with an interval over tasks
(`statistics.mean_interval`). The robustness of a player to a kind is the area under its success
against strength by the trapezoid rule, divided by the greatest strength: its mean success over all
strengths from 0 on. Since the area is a weighted sum of episodes of one task, its interval is that
of a mean over tasks as well. Calls have no natural bound: where nearly all twins make as many calls
and a bootstrap would collapse, the interval takes the most calls of any episode of the sweep, up or
down, for the end of the scale.
"""

import math
from collections.abc import Sequence

from webenvs.bench import statistics
from webenvs.bench.statistics import DIFFERENCE, SHARE, Bounds, Interval
from webenvs.bench.sweep import Cell, Sweep
from webenvs.errors import SettingError
from webenvs.records import Record


class Mean(Record, frozen=True, kw_only=True):
    """The mean of so many episodes or twins with its interval; without any the mean is None."""

    n: int
    mean: float | None
    interval: Interval


class Point(Record, frozen=True, kw_only=True):
    """A player under a kind at a strength: its success, and the changes against the clean web."""

    strength: float
    success: Mean
    success_change: Mean
    calls_change: Mean
    evidence_change: Mean


class Curve(Record, frozen=True, kw_only=True):
    """A player under a kind at all strengths, 0 left out; area and its change against clean."""

    kind: str
    group: str
    points: tuple[Point, ...]
    area: Mean
    area_change: Mean


class Robustness(Record, frozen=True, kw_only=True):
    """A player over all kinds; `calls` and `evidence` are its means on the clean web."""

    player: str
    clean: Mean
    calls: float | None
    evidence: float | None
    curves: tuple[Curve, ...]
    area: Mean
    area_change: Mean


def robustness(sweep: Sweep, level: float = 0.95) -> tuple[Robustness, ...]:
    """The numbers of every player of a sweep, in its order; of unfinished cells what is there."""
    return tuple(_Player(sweep, player, level).robustness() for player in sweep.players)


def versus(
    sweep: Sweep, player: str, other: str, kind: str, strength: float, level: float = 0.95
) -> Mean:
    """How much more success a player has than another on the same episodes of a cell.

    Raises KeyError for a cell that the sweep has not.
    """
    own, others = (sweep.cell(name, kind, strength) for name in (player, other))
    places = _common(own, others)
    values = [own.success[place] - others.success[place] for place in places]
    tasks = [sweep.tasks[place] for place in places]
    return _mean(values, tasks, (sweep.seed, "sweep"), level, DIFFERENCE)


def weights(strengths: Sequence[float]) -> tuple[float, ...]:
    """What each strength, 0 first, counts for in the area: the trapezoid rule; they sum to 1."""
    if len(strengths) < 2 or list(strengths) != sorted(set(strengths)) or strengths[0] != 0:
        raise SettingError(f"strengths = {list(strengths)!r} must ascend from 0.")
    ends = (strengths[0], *strengths, strengths[-1])
    return tuple(
        (ends[place + 2] - ends[place]) / 2 / strengths[-1] for place in range(len(strengths))
    )


class _Player:
    """One player of a sweep while its numbers are made."""

    def __init__(self, sweep: Sweep, player: str, level: float) -> None:
        self.sweep, self.player, self.level = sweep, player, level
        self.clean = sweep.cell(player)
        self.by_key = {cell.key: cell for cell in sweep.cells}
        most = max((calls for cell in sweep.cells for calls in cell.calls), default=0)
        self.calls_bounds: Bounds = (-float(max(most, 1)), float(max(most, 1)))
        self.weights = weights((0.0, *sweep.strengths))

    def robustness(self) -> Robustness:
        """The numbers of the player."""
        places = _common(self.clean)
        cells = {kind.label: self._cells(kind.label) for kind in self.sweep.kinds}
        curves = tuple(
            self._curve(kind.label, kind.group, cells[kind.label]) for kind in self.sweep.kinds
        )
        every = [cell for one in cells.values() for cell in one]
        both = _common(self.clean, *every)
        areas = [
            math.fsum(self._area(one, place) for one in cells.values()) / len(cells)
            for place in (both if cells else ())
        ]
        return Robustness(
            player=self.player,
            clean=self._mean([self.clean.success[place] for place in places], places),
            calls=statistics.mean([self.clean.calls[place] for place in places]),
            evidence=statistics.mean([self.clean.evidence[place] for place in places]),
            curves=curves,
            area=self._mean(areas, both),
            area_change=self._lost(areas, both),
        )

    def _cells(self, kind: str) -> tuple[Cell, ...]:
        return tuple(self.by_key[self.player, kind, strength] for strength in self.sweep.strengths)

    def _curve(self, kind: str, group: str, cells: Sequence[Cell]) -> Curve:
        places = _common(self.clean, *cells)
        areas = [self._area(cells, place) for place in places]
        return Curve(
            kind=kind,
            group=group,
            points=tuple(self._point(cell) for cell in cells),
            area=self._mean(areas, places),
            area_change=self._lost(areas, places),
        )

    def _area(self, cells: Sequence[Cell], place: int) -> float:
        """The area under the success of one episode."""
        success = [self.clean.success[place], *(cell.success[place] for cell in cells)]
        return math.fsum(w * one for w, one in zip(self.weights, success, strict=True))

    def _lost(self, areas: Sequence[float], places: Sequence[int]) -> Mean:
        changes = [
            area - self.clean.success[place] for area, place in zip(areas, places, strict=False)
        ]
        return self._mean(changes, places, DIFFERENCE)

    def _point(self, cell: Cell) -> Point:
        places, alone = _common(self.clean, cell), _common(cell)
        clean = self.clean
        success = [cell.success[p] - clean.success[p] for p in places]
        calls = [float(cell.calls[p] - clean.calls[p]) for p in places]
        recall = [cell.evidence[p] - clean.evidence[p] for p in places]
        return Point(
            strength=cell.strength,
            success=self._mean([cell.success[p] for p in alone], alone),
            success_change=self._mean(success, places, DIFFERENCE),
            calls_change=self._mean(calls, places, self.calls_bounds),
            evidence_change=self._mean(recall, places, DIFFERENCE),
        )

    def _mean(self, values: Sequence[float], places: Sequence[int], bounds: Bounds = SHARE) -> Mean:
        tasks = [self.sweep.tasks[place] for place in places[: len(values)]]
        return _mean(values, tasks, (self.sweep.seed, "sweep"), self.level, bounds)


def _mean(
    values: Sequence[float],
    tasks: Sequence[str],
    key: tuple[object, ...],
    level: float,
    bounds: Bounds,
) -> Mean:
    """The mean with its interval; all means of a sweep share their resamples."""
    inside = [min(max(value, bounds[0]), bounds[1]) for value in values]  # 1.0000000000000002
    return Mean(
        n=len(values),
        mean=statistics.mean(inside),
        interval=statistics.mean_interval(inside, tasks, key, level, bounds),
    )


def _common(*cells: Cell) -> list[int]:
    """The places of the episodes that all of these cells hold and that broke in none."""
    length = min(len(cell.success) for cell in cells)
    broken = {place for cell in cells for place in cell.broken}
    return [place for place in range(length) if place not in broken]
