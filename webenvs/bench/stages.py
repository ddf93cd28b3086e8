"""The gate between two stages: whether players that are better on one are better on the other.

The same fixed players play both. Where both stages have the same tasks everything is paired by
task; else (another corpus has other tasks) each stage is resampled by itself.
"""

import importlib.metadata
import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from webenvs.bench import statistics
from webenvs.bench.ranks import Floats, jensen_shannon, spearman, total_variation
from webenvs.bench.rows import Row
from webenvs.bench.run import Progress, run, trials
from webenvs.bench.statistics import Bounds, Clusters, Interval, Kind
from webenvs.bench.summary import Estimate
from webenvs.envs.scenario import Scenario
from webenvs.errors import SettingError, bad_setting
from webenvs.records import Record

FEWEST = 8
"""Players without which ranks say too little."""
THRESHOLD = 0.8
"""The rank correlation from which a stage stands for the next, unless another is named."""
LEVEL = 0.95

_DECIMALS = 9


class Side(Record, frozen=True, kw_only=True):
    """One stage of a comparison: how it was named, its settings, its corpus digest."""

    label: str
    settings: dict[str, Any]
    corpus: str
    left_out: int


class Standing(Record, frozen=True, kw_only=True):
    """One player on both stages.

    `rewards` are its mean rewards, `calls` its mean calls by tool, on the first stage and on the
    second. `difference` is the second less the first. `variation` and `divergence` are the
    distances of its distributions of calls over tools (`ranks`).
    """

    player: str
    rewards: tuple[Estimate, Estimate]
    calls: tuple[dict[str, float], dict[str, float]]
    difference: float
    interval: Interval
    variation: float
    divergence: float


class Comparison(Record, frozen=True, kw_only=True):
    """Two stages in numbers.

    `rho` is Spearman's rank correlation of the players' mean rewards, None where a stage tells no
    two players apart; `rho_interval` comes from resampling tasks, `undefined` of the resamples told
    nobody apart and are left out. `difference` is the mean over players. `promoted` is whether rho
    is at least `threshold`. `command` is the command line, if there was one.
    """

    env: str
    game: str
    sides: tuple[Side, Side]
    episodes: int
    seed: int
    paired: bool
    players: tuple[Standing, ...]
    rho: float | None
    rho_interval: Interval
    undefined: int
    difference: float
    interval: Interval
    variation: float
    divergence: float
    threshold: float
    promoted: bool
    version: str
    command: str = ""


class _Played(Record, frozen=True, kw_only=True):
    """What was played on one stage: rows by player, each in the order of the trials."""

    rows: dict[str, tuple[Row, ...]]
    kept: tuple[int, ...]

    def of(self, player: str) -> list[Row]:
        """The rows of a player that count."""
        return [self.rows[player][place] for place in self.kept]


def compare(
    named: Sequence[tuple[str, Scenario]],
    players: Sequence[str],
    *,
    episodes: int = 200,
    seed: int = 0,
    workers: int = 1,
    threshold: float = THRESHOLD,
    progress: Progress | None = None,
) -> Comparison:
    """The comparison of two stages, each a label and its scenario.

    An episode that was aborted with one player is left out for all. Raises SettingError for fewer
    than `FEWEST` players, for stages that pay or play differently, and what `run` raises.
    """
    check(named, players, episodes, threshold)
    paired = _same_tasks(named, players[0], episodes, seed)
    played = [_rows(scenario, players, episodes, seed, workers, progress) for _, scenario in named]
    if paired:
        both = tuple(sorted(set(played[0].kept) & set(played[1].kept)))
        played = [msgspec.structs.replace(side, kept=both) for side in played]
    for (label, _), side in zip(named, played, strict=True):
        if not side.kept:
            raise SettingError(
                f"Every episode on {label} was aborted: there is nothing to compare."
            )
    return _compared(named, players, played, paired, (episodes, seed, threshold))


def check(
    named: Sequence[tuple[str, Scenario]], players: Sequence[str], episodes: int, threshold: float
) -> None:
    """Raise SettingError for what cannot be compared."""
    if len(set(players)) < FEWEST or len(set(players)) < len(players):
        allowed = f"at least {FEWEST} players, none of them twice: ranks of few say little"
        raise bad_setting("players", list(players), allowed)
    if episodes < 2:
        raise bad_setting("episodes", episodes, "at least 2")
    if not -1 <= threshold <= 1:
        raise bad_setting("threshold", threshold, "a correlation from -1 to 1")
    (one, first), (other, second) = named
    if first.game.name != second.game.name:
        raise SettingError(
            f"{one} plays {first.game.name} and {other} {second.game.name}: name one game for both."
        )
    if first.reward != second.reward:
        raise SettingError(
            f"{one} and {other} do not pay the same: name one reward for both, such as "
            f"-s reward=plan, which every stage can pay, or -s reward=answer."
        )


def verdict(compared: Comparison) -> str:
    """Whether the first stage stands for the second, in a sentence."""
    low, high = compared.rho_interval.low, compared.rho_interval.high
    if compared.rho is None:
        return "Not promoted: a stage tells no two players apart, so there are no ranks."
    told = f"rank correlation {compared.rho:.3f} [{low:.3f}, {high:.3f}]"
    limit = f"{compared.threshold:g}"
    if compared.promoted:
        unsure = low < compared.threshold
        more = "; the interval reaches below it" if unsure else ""
        return f"Promoted: {told} is at least {limit}{more}."
    more = "; the interval reaches up to it" if high >= compared.threshold else ""
    return f"Not promoted: {told} is below {limit}{more}."


def _same_tasks(
    named: Sequence[tuple[str, Scenario]], player: str, episodes: int, seed: int
) -> bool:
    """Whether both stages ask the same questions in the same order."""
    asked = [
        [trial.task for trial in trials(scenario, player, episodes, seed)] for _, scenario in named
    ]
    return asked[0] == asked[1]


def _rows(
    scenario: Scenario,
    players: Sequence[str],
    episodes: int,
    seed: int,
    workers: int,
    progress: Progress | None,
) -> _Played:
    result, _ = run(
        scenario, players, episodes=episodes, seed=seed, workers=workers, progress=progress
    )
    rows = {player: tuple(row for row in result.rows if row.player == player) for player in players}
    kept = [place for place in range(episodes) if all(rows[p][place].valid for p in players)]
    return _Played(rows=rows, kept=tuple(kept))


def _compared(
    named: Sequence[tuple[str, Scenario]],
    players: Sequence[str],
    played: Sequence[_Played],
    paired: bool,
    told: tuple[int, int, float],
) -> Comparison:
    episodes, seed, threshold = told
    bounds = _bounds(played)
    gathered = [[_gathered(side.of(player), bounds) for player in players] for side in played]
    means = [np.array([each.mean for each in side]) for side in gathered]
    drawn = [
        np.stack([_resampled(each, seed, paired, place) for each in side], axis=1)
        for place, side in enumerate(gathered)
    ]
    rho = float(spearman(means[0], means[1]))
    interval, undefined = _rho_interval(drawn)
    judged = (paired, seed, bounds)
    standings = tuple(
        _standing(player, [side.of(player) for side in played], judged) for player in players
    )
    everyone = [[row for player in players for row in side.of(player)] for side in played]
    overall = [_estimate(rows, seed, bounds) for rows in everyone]
    return Comparison(
        env=named[0][1].env,
        game=named[0][1].game.name,
        sides=_sides(named, played, episodes),
        episodes=episodes,
        seed=seed,
        paired=paired,
        players=standings,
        rho=None if math.isnan(rho) else round(rho, _DECIMALS),
        rho_interval=interval,
        undefined=undefined,
        difference=round(float(means[1].mean() - means[0].mean()), _DECIMALS) + 0.0,
        interval=_difference_interval(everyone, overall, judged),
        variation=total_variation(*(_calls(rows) for rows in everyone)),
        divergence=jensen_shannon(*(_calls(rows) for rows in everyone)),
        threshold=threshold,
        promoted=rho >= threshold,
        version=importlib.metadata.version("webenvs"),
    )


def _sides(
    named: Sequence[tuple[str, Scenario]], played: Sequence[_Played], episodes: int
) -> tuple[Side, Side]:
    one, other = (
        Side(
            label=label,
            settings=scenario.settings,
            corpus=scenario.web.corpus.digest,
            left_out=episodes - len(side.kept),
        )
        for (label, scenario), side in zip(named, played, strict=True)
    )
    return one, other


def _standing(
    player: str, rows: Sequence[Sequence[Row]], told: tuple[bool, int, Bounds]
) -> Standing:
    """One player's numbers; `rows` are those of both stages."""
    _, seed, bounds = told
    estimates = [_estimate(side, seed, bounds) for side in rows]
    totals = [_calls(side) for side in rows]
    return Standing(
        player=player,
        rewards=(estimates[0], estimates[1]),
        calls=(_per_episode(totals[0], rows[0]), _per_episode(totals[1], rows[1])),
        difference=round((estimates[1].mean or 0.0) - (estimates[0].mean or 0.0), _DECIMALS) + 0.0,
        interval=_difference_interval(rows, estimates, told),
        variation=total_variation(*totals),
        divergence=jensen_shannon(*totals),
    )


def _estimate(rows: Sequence[Row], seed: int, bounds: Bounds) -> Estimate:
    values = [row.reward for row in rows]
    key = (seed, "stages", "reward")
    interval = statistics.mean_interval(values, [row.task for row in rows], key, LEVEL, bounds)
    return Estimate(n=len(rows), mean=statistics.mean(values), interval=interval)


def _difference_interval(
    rows: Sequence[Sequence[Row]], estimates: Sequence[Estimate], told: tuple[bool, int, Bounds]
) -> Interval:
    """The interval of a mean difference: of the pairs, or of two means put together.

    Two intervals are put together by the sum of squares of their arms (Newcombe 1998, Statistics in
    Medicine 17, method 10).
    """
    paired, seed, (low, high) = told
    if paired:
        values = [b.reward - a.reward for a, b in zip(*rows, strict=True)]
        key = (seed, "stages", "difference")
        tasks = [row.task for row in rows[0]]
        return statistics.mean_interval(values, tasks, key, LEVEL, (low - high, high - low))
    (one, first), (two, second) = ((each.mean or 0.0, each.interval) for each in estimates)
    down = math.hypot(two - second.low, first.high - one)
    upward = math.hypot(second.high - two, one - first.low)
    kind: Kind = "bootstrap" if "bootstrap" in (first.kind, second.kind) else first.kind
    bounds = {
        "low": round(two - one - down, _DECIMALS),
        "high": round(two - one + upward, _DECIMALS),
    }
    return Interval(**bounds, level=LEVEL, kind=kind)


def _rho_interval(drawn: Sequence[Floats]) -> tuple[Interval, int]:
    """The percentiles of rho over resamples; all is possible where most tell nobody apart."""
    values = spearman(drawn[0], drawn[1])
    known = values[~np.isnan(values)]
    undefined = len(values) - len(known)
    if undefined > len(values) / 2:
        return Interval(low=-1.0, high=1.0, level=LEVEL, kind="bound"), undefined
    low, high = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    told = {"low": round(float(low), _DECIMALS), "high": round(float(high), _DECIMALS)}
    return Interval(**told, level=LEVEL, kind="bootstrap"), undefined


def _gathered(rows: Sequence[Row], bounds: Bounds) -> Clusters:
    return statistics.gather([row.reward for row in rows], [row.task for row in rows], bounds)


def _resampled(gathered: Clusters, seed: int, paired: bool, place: int) -> Floats:
    """The resampled means of one player on one stage: the same tasks for all players.

    Paired stages share their resamples too.
    """
    key = (seed, "stages", "tasks", 0 if paired else place)
    return statistics.resampled_means(gathered, key)


def _bounds(played: Sequence[_Played]) -> Bounds:
    """The range that rewards are judged within: [0, 1], or wider where one lies outside."""
    rewards = [row.reward for side in played for rows in side.rows.values() for row in rows]
    return min(0.0, *rewards), max(1.0, *rewards)


def _calls(rows: Sequence[Row]) -> dict[str, float]:
    """Executed calls by tool."""
    total: Counter[str] = Counter()
    for row in rows:
        total.update(row.calls)
    return {tool: float(total[tool]) for tool in sorted(total)}


def _per_episode(calls: dict[str, float], rows: Sequence[Row]) -> dict[str, float]:
    return {tool: round(count / len(rows), _DECIMALS) for tool, count in calls.items()}
