"""Collapse: rules over the history of a run's metrics that say when it has broken down.

Search agents trained by GRPO break down suddenly: the reward falls off, the policy becomes certain
or random, messages grow without end, calls are no longer valid, or nothing is searched any more.
A rule compares the mean of the last updates with the best mean so far or with the run's beginning.
It warns where its measure has moved half the way (of a share or multiple: its square root).
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from webenvs.records import Record

Level = Literal["warning", "collapse"]
Measure = Literal["share of best", "times first", "below best", "above first"]

WINDOW = 10
"""Updates of a moving average."""
_NEAR = 0.9


class Rule(Record, frozen=True, kw_only=True):
    """When one metric of a role has collapsed, and the metric's name behind "role/".

    The mean of the last WINDOW updates is measured against the best (or first) mean of as many:
    "share of best": it fell below `bound` times the best; "times first": it rose above `bound`
    times the first; "below best" and "above first": it lies further than `bound` away.
    `floor` is the least best (or first) mean for which a share or multiple means anything. Where
    `spared`, a run whose reward of that role is near its best is warned only: a policy that has
    learned its task is certain of most tokens.
    """

    what: str
    metric: str
    measure: Measure
    bound: float
    floor: float = 0.0
    spared: bool = False


RULES: tuple[Rule, ...] = (
    Rule(
        what="the reward has fallen far below its best",
        metric="reward",
        measure="share of best",
        bound=0.5,
        floor=0.1,
    ),
    Rule(
        what="the policy has become certain of every token",
        metric="entropy",
        measure="share of best",
        bound=0.02,
        floor=1e-3,
        spared=True,
    ),
    Rule(
        what="the policy draws tokens nearly at random",
        metric="entropy",
        measure="times first",
        bound=4.0,
        floor=0.02,
        spared=True,
    ),
    Rule(
        what="contexts have grown without end",
        metric="tokens",
        measure="times first",
        bound=3.0,
        floor=1.0,
        spared=True,
    ),
    Rule(
        what="calls are no longer valid",
        metric="valid",
        measure="below best",
        bound=0.4,
    ),
    Rule(
        what="episodes no longer search",
        metric="no_search",
        measure="above first",
        bound=0.5,
    ),
)


class Alarm(Record, frozen=True, kw_only=True):
    """A rule that spoke: the metric, its mean now, what it was measured against, and at which step.

    `step` is the index of the last update in the history.
    """

    level: Level
    metric: str
    what: str
    now: float
    reference: float
    step: int

    def __str__(self) -> str:
        word = "Collapse" if self.level == "collapse" else "Warning"
        return (
            f"{word} at update {self.step}: {self.what} "
            f"({self.metric} {self.now:.3g}, was {self.reference:.3g})."
        )


def alarms(
    history: Sequence[Mapping[str, float]],
    rules: Iterable[Rule] = RULES,
    window: int = WINDOW,
) -> tuple[Alarm, ...]:
    """What the rules say of the metrics of all updates so far, an update each, collapses first.

    Every metric whose name ends with a rule's is judged by itself (planner/reward, worker/reward).
    An update without it, or with a value that is no number, is left out of that metric's series.
    Nothing is said before two windows are full.
    """
    found: list[Alarm] = []
    names = sorted({name for metrics in history for name in metrics})
    for rule in rules:
        for name in names:
            if name.rpartition("/")[2] == rule.metric:
                alarm = _judged(rule, name, history, window)
                found += [] if alarm is None else [alarm]
    return tuple(sorted(found, key=lambda alarm: alarm.level != "collapse"))


def _judged(
    rule: Rule, name: str, history: Sequence[Mapping[str, float]], window: int
) -> Alarm | None:
    """The alarm of one rule on one metric, if there is one."""
    means = _moving(history, name, window)
    if len(means) <= window:
        return None
    now, earlier = means[-1], means[:-window]
    reference = max(earlier) if "best" in rule.measure else earlier[0]
    level = _level(rule, now, reference) if reference >= rule.floor else None
    if level is None:
        return None
    if rule.spared and _does_well(history, name.removesuffix(rule.metric) + "reward", window):
        level = "warning"
    step = len(history) - 1
    return Alarm(level=level, metric=name, what=rule.what, now=now, reference=reference, step=step)


def _does_well(history: Sequence[Mapping[str, float]], reward: str, window: int) -> bool:
    """Whether the reward's mean is within a tenth of its best."""
    means = _moving(history, reward, window)
    return bool(means) and max(means) > 0 and means[-1] >= _NEAR * max(means)


def _moving(history: Sequence[Mapping[str, float]], name: str, window: int) -> list[float]:
    """The means of every `window` finite values in a row, the earliest first."""
    series = [metrics[name] for metrics in history if name in metrics]
    series = [value for value in series if math.isfinite(value)]
    places = range(window, len(series) + 1)
    return [math.fsum(series[place - window : place]) / window for place in places]


def _level(rule: Rule, now: float, reference: float) -> Level | None:
    """How bad it is: a collapse beyond the bound, a warning half way there."""
    bound = rule.bound
    if rule.measure == "share of best":
        return _grade(-now / reference, -math.sqrt(bound), -bound)
    if rule.measure == "times first":
        return _grade(now / reference, math.sqrt(bound), bound)
    moved = reference - now if rule.measure == "below best" else now - reference
    return _grade(moved, bound / 2, bound)


def _grade(moved: float, warning: float, collapse: float) -> Level | None:
    if moved > collapse:
        return "collapse"
    return "warning" if moved > warning else None
