"""What the report of a run draws and lists of its metrics: panels of curves, and tables."""

import math
from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean

from baselines.grpo.show import meanings
from baselines.grpo.show.metrics import Metrics
from baselines.grpo.show.results import Result
from baselines.show import charts, estimates
from baselines.show.charts import Axes, Series
from baselines.show.evaluation import Evaluation
from webenvs.bench import spelling
from webenvs.bench.grids import Grid
from webenvs.bench.statistics import Interval
from webenvs.records import Record

_HISTOGRAM = "worker/d_"
_TENTH = 10
_SHARES = frozenset({"valid", "truncated", "acc", "clipped", "zero_variance", "loss_share"})
_PANELS: Mapping[str, tuple[str, str]] = {
    "reward": ("Reward in training", "Mean of an update, by role."),
    "acc": ("Right answers in training", "Share of the rollouts of an update."),
    "valid": ("Valid calls", "Share of the calls that could be read and run."),
    "turns": ("Messages", "Mean a trajectory."),
    "calls": ("Calls", "Mean a trajectory."),
    "tokens": ("Tokens sampled", "Mean a trajectory."),
    "truncated": ("Cut off", "Share of the trajectories that a limit ended."),
    "entropy": ("Entropy", "Nats a token, over the sampled tokens."),
    "kl": ("Divergence", "Of the sampling policy from the present one, nats a token."),
    "reference_kl": ("Divergence from the cold start", "Nats a token."),
    "ratio_max": ("Greatest ratio", "Of a token's probability now to that it was sampled with."),
    "clipped": ("Clipped tokens", "Share of the tokens that the clip holds back."),
    "loss_share": ("Share of the loss", "The role's part of all tokens' weights."),
    "grad_norm": ("Gradient", "Its norm before it is clipped."),
    "zero_variance": ("Groups without a signal", "All rollouts equally right or wrong."),
}


class Panel(Record, frozen=True, kw_only=True):
    """A figure of the report with its caption."""

    title: str
    note: str
    drawing: str


def panels(measured: Metrics, result: Result | None) -> Iterator[Panel]:
    """Held-out success, then what is measured of every role, then the histogram of workers."""
    yield from _success(measured, result)
    for name, (title, note) in _PANELS.items():
        drawing = _by_role(measured, name)
        if drawing:
            yield Panel(title=title, note=note, drawing=drawing)
    drawing = workers(measured)
    if drawing:
        note = "Share of the rollouts with so many workers (d_k): first and last tenth of updates."
        yield Panel(title="Workers of a rollout", note=note, drawing=drawing)


def workers(measured: Metrics) -> str:
    """The histogram of d_k in the first and the last tenth of the updates; empty without any."""
    names = sorted(
        (name for name in measured.names if name.startswith(_HISTOGRAM)),
        key=lambda name: int(name.rpartition("_")[2]),
    )
    if not names:
        return ""
    tenth = max(1, len(measured.train) // _TENTH)
    first, last = measured.train[:tenth], measured.train[-tenth:]
    values = {
        label: [fmean(line.metrics.get(name, 0.0) for line in lines) for name in names]
        for label, lines in (("first updates", first), ("last updates", last))
    }
    axes = Axes(
        "workers", "share of rollouts, %", True, [name.rpartition("_")[2] for name in names]
    )
    return charts.bars("Workers of a rollout", axes, values)


def table(measured: Metrics) -> Grid:
    """Every metric: its first value, least, greatest, last, and the mean of the last tenth."""
    tenth = max(1, len(measured.train) // _TENTH)
    rows = []
    for name in measured.names:
        series = [value for _, value in measured.series(name)]
        if series:
            ends = (series[0], min(series), max(series), series[-1], fmean(series[-tenth:]))
            rows.append((name, *(figure(value) for value in ends), meanings.meaning(name)))
    return Grid(
        title="Every metric of the training",
        note=f"Over {len(measured.train):,} updates; last tenth: the mean over a tenth of them.",
        header=("metric", "first", "least", "greatest", "last", "last tenth", "meaning"),
        rows=tuple(rows),
        words=(0, 6),
    )


def held_out(result: Result) -> Grid:
    """Success before and after on all held-out questions, by hops, and under further noise."""
    seed = int(result.config.get("seed", 0))
    before, after = {seed: result.before}, {seed: result.after}
    hops = sorted(set(result.after.hops))
    rows = [_compared("all questions", before, after)]
    if len(hops) > 1:
        rows += [
            _compared(f"{spelling.hops(number)} hops", before, after, number) for number in hops
        ]
    for further in result.further:
        score = estimates.success({seed: further})
        label = f"noise {further.noise}, context {further.context}"
        rows.append((label, f"{score.questions:,}", "", "", *_score(score), "", ""))
    return Grid(
        title="Success",
        note="Percent of the questions answered right, with intervals of "
        f"{spelling.level(estimates.LEVEL)}; the difference is paired by question.",
        header=("", "n", "before", "interval", "after", "interval", "points", "interval"),
        rows=tuple(rows),
    )


def figure(value: float) -> str:
    """A number with four significant digits."""
    return f"{value:,.4g}" if math.isfinite(value) else spelling.MISSING


def _compared(
    label: str,
    before: Mapping[int, Evaluation],
    after: Mapping[int, Evaluation],
    hops: int | None = None,
) -> tuple[str, ...]:
    gain = estimates.difference(after, before, hops)
    interval = spelling.points_interval(gain.interval) if gain.interval else ""
    return (
        label,
        f"{gain.questions:,}",
        *_score(estimates.success(before, hops)),
        *_score(estimates.success(after, hops)),
        spelling.points(gain.mean),
        interval,
    )


def _score(estimate: estimates.Estimate) -> tuple[str, str]:
    interval: Interval | None = estimate.interval
    return spelling.percent(estimate.mean), spelling.share_interval(interval) if interval else ""


def _success(measured: Metrics, result: Result | None) -> Iterator[Panel]:
    points = [(float(update), value) for update, value in measured.evaluated("success")]
    points = points or [(float(update), value) for update, value in measured.evaluated("acc")]
    low, high = dict(measured.evaluated("success/low")), dict(measured.evaluated("success/high"))
    band = [(x, low[int(x)], high[int(x)]) for x, _ in points if int(x) in low and int(x) in high]
    series = [Series("held-out success", points, band, marked=True)]
    drawing = charts.lines("Held-out success", Axes("updates", "%", percent=True), series)
    if drawing:
        note = "Share of the held-out questions answered right"
        note += ", with its 95 % interval." if band else "."
        if result is not None:
            note += f" {len(result.after.tasks):,} questions."
        yield Panel(title="Held-out success", note=note, drawing=drawing)


def _by_role(measured: Metrics, name: str) -> str:
    """The curves of a metric for every role that has it, smoothed over what was measured."""
    series = []
    for label, whole in _named(measured.names, name):
        raw = [(float(update), value) for update, value in measured.series(whole)]
        if raw:
            series.append(Series(label, charts.smooth(raw), raw=raw if len(raw) > 1 else ()))
    unit = "%" if name in _SHARES else ""
    title = _PANELS[name][0]
    return charts.lines(title, Axes("updates", unit, percent=name in _SHARES), series)


def _named(names: Sequence[str], name: str) -> Iterator[tuple[str, str]]:
    """(label, whole name) of a metric: of every role that has it, or of the run."""
    if name in names:
        yield "all", name
    for role in meanings.ROLES:
        if f"{role}/{name}" in names:
            yield role, f"{role}/{name}"
