"""From rows to numbers: what each player scored, cost, and how it compares with the baseline."""

from collections import Counter
from collections.abc import Sequence

from webenvs.bench import statistics
from webenvs.bench.rows import Row, Run, ordered
from webenvs.bench.statistics import DIFFERENCE, Interval
from webenvs.errors import unknown_name
from webenvs.players.usage import Usage, total
from webenvs.records import Record

GAP = 0.03
POWER = 0.8


class Estimate(Record, frozen=True, kw_only=True):
    """The mean of `n` values in [0, 1] with its interval; without values the mean is None."""

    n: int
    mean: float | None
    interval: Interval


class HopScore(Record, frozen=True, kw_only=True):
    """The score on the tasks of so many hops; hops 0 means unknown."""

    hops: int
    score: Estimate


class Comparison(Record, frozen=True, kw_only=True):
    """The paired difference to the baseline over common (task, seed, repeat).

    `unpaired` counts valid episodes of the player that the baseline did not play validly.
    `p_value` is that of a sign-flip test; `needed` are the pairs it takes to see a gap of
    `Summary.gap` (None without pairs).
    """

    baseline: str
    pairs: int
    unpaired: int
    difference: float | None
    interval: Interval
    p_value: float
    needed: int | None


class ModelUse(Record, frozen=True, kw_only=True):
    """What the models of a player took in `n` episodes, excluded ones counted in.

    `cost` is in the money of the price list, None if not known.
    """

    n: int
    usage: Usage
    cost: float | None


class PlayerSummary(Record, frozen=True, kw_only=True):
    """One player: means over its valid episodes (None where there is none) and counts.

    `calls_by_tool` holds every tool that any player of the run called. `ends` counts all episodes,
    the excluded ones too. `needed` are the episodes that each of two such players must play on
    different tasks to see a gap of `Summary.gap`. `comparison` is None for the baseline itself,
    `models` for a player without a model behind an endpoint.
    """

    player: str
    excluded: int
    score: Estimate
    reward: float | None
    terms: dict[str, float]
    calls: float | None
    calls_by_tool: dict[str, float]
    tokens: float | None
    turns: float | None
    ends: dict[str, int]
    hops: tuple[HopScore, ...]
    needed: int | None
    comparison: Comparison | None
    models: ModelUse | None = None


class Summary(Record, frozen=True, kw_only=True):
    """A run in numbers, players in the order of the run; scores lie in [0, 1]."""

    env: str
    baseline: str
    level: float
    gap: float
    power: float
    players: tuple[PlayerSummary, ...]


class Section(Record, frozen=True, kw_only=True):
    """A run with its summary: one chapter of a report."""

    run: Run
    summary: Summary


def summarise(
    run: Run,
    baseline: str | None = None,
    level: float = 0.95,
    gap: float = GAP,
    power: float = POWER,
) -> Summary:
    """The summary of `run`; the baseline is its first player unless named.

    The order of the rows has no influence. Raises UnknownNameError for a baseline that did not
    play, and what `rows.ordered` raises for rows that cannot be.
    """
    run = ordered(run)
    baseline = run.players[0] if baseline is None else baseline
    if baseline not in run.players:
        raise unknown_name("player", baseline, run.players, "in the run (baseline)")
    frame = Summary(env=run.env, baseline=baseline, level=level, gap=gap, power=power, players=())
    players = tuple(_player(run, player, frame) for player in run.players)
    return Summary(
        env=run.env, baseline=baseline, level=level, gap=gap, power=power, players=players
    )


def section(run: Run, baseline: str | None = None) -> Section:
    """`run` with its rows in order, and its summary."""
    return Section(run=ordered(run), summary=summarise(run, baseline))


def _player(run: Run, player: str, frame: Summary) -> PlayerSummary:
    """The numbers of one player; `frame` holds baseline, level, gap and power."""
    played = [row for row in run.rows if row.player == player]
    rows = [row for row in played if row.valid]
    tools = sorted({tool for row in run.rows for tool in row.calls})
    terms = sorted({name for row in rows for name in row.terms})
    return PlayerSummary(
        player=player,
        excluded=len(played) - len(rows),
        score=_score(rows, run.seed, frame.level),
        reward=statistics.mean([row.reward for row in rows]),
        terms={name: _known_mean([row.terms.get(name, 0.0) for row in rows]) for name in terms},
        calls=statistics.mean([sum(row.calls.values()) for row in rows]),
        calls_by_tool={
            tool: _known_mean([row.calls.get(tool, 0) for row in rows]) for tool in tools
        },
        tokens=statistics.mean([row.tokens for row in rows]),
        turns=statistics.mean([row.turns for row in rows]),
        ends=dict(sorted(Counter(row.end for row in played).items())),
        hops=_hops(rows, run.seed, frame.level),
        needed=statistics.episodes_needed(
            *_values(rows), gap=frame.gap, level=frame.level, power=frame.power
        ),
        comparison=None if player == frame.baseline else _comparison(run, rows, frame),
        models=_models(played),
    )


def _models(rows: Sequence[Row]) -> ModelUse | None:
    """What the models of a player took, over all its rows."""
    if not any(row.usage for row in rows):
        return None
    costs = [row.cost for row in rows if row.cost is not None]
    return ModelUse(
        n=len(rows),
        usage=total(usage for row in rows for usage in row.usage.values()),
        cost=sum(costs) if len(costs) == len(rows) else None,
    )


def _score(rows: Sequence[Row], seed: int, level: float) -> Estimate:
    """The mean score of `rows`; all players of a run share their resamples."""
    values, tasks = _values(rows)
    return Estimate(
        n=len(rows),
        mean=statistics.mean(values),
        interval=statistics.mean_interval(values, tasks, (seed, "bench", "score"), level),
    )


def _hops(rows: Sequence[Row], seed: int, level: float) -> tuple[HopScore, ...]:
    """The score for each number of hops, ascending."""
    return tuple(
        HopScore(hops=hops, score=_score([row for row in rows if row.hops == hops], seed, level))
        for hops in sorted({row.hops for row in rows})
    )


def _comparison(run: Run, rows: Sequence[Row], frame: Summary) -> Comparison:
    """The paired difference of `rows` to the baseline's valid rows."""
    base = {
        (row.task, row.seed, row.repeat): row.correct
        for row in run.rows
        if row.player == frame.baseline and row.valid
    }
    pairs = [row for row in rows if (row.task, row.seed, row.repeat) in base]
    values = [row.correct - base[row.task, row.seed, row.repeat] for row in pairs]
    tasks = [row.task for row in pairs]
    key = (run.seed, "bench", "difference")
    return Comparison(
        baseline=frame.baseline,
        pairs=len(pairs),
        unpaired=len(rows) - len(pairs),
        difference=statistics.mean(values),
        interval=statistics.mean_interval(values, tasks, key, frame.level, DIFFERENCE),
        p_value=statistics.sign_flip(values, tasks, (*key, "flip")),
        needed=statistics.episodes_needed(
            values, tasks, frame.gap, frame.level, frame.power, DIFFERENCE
        ),
    )


def _values(rows: Sequence[Row]) -> tuple[list[float], list[str]]:
    return [row.correct for row in rows], [row.task for row in rows]


def _known_mean(values: Sequence[float]) -> float:
    """The mean, 0 without values."""
    return statistics.mean(values) or 0.0
