"""The tables of a noise sweep as plain text cells, for terminal and Markdown."""

from collections.abc import Sequence

from webenvs.bench import spelling
from webenvs.bench.grids import Grid
from webenvs.bench.robustness import Curve, Mean, Robustness
from webenvs.bench.sweep import Sweep

_AREA = ("area", "interval", "change", "interval")
_CHANGED = ("success", "interval", "calls", "interval", "evidence", "interval")


def players(sweep: Sweep, robust: Sequence[Robustness]) -> Grid:
    """What each player does on the clean web, and its robustness to all kinds."""
    count = len(sweep.kinds)
    return Grid(
        title="Robustness",
        note=f"Percent of full score on the clean web, and its mean over all strengths from 0 to "
        f"{sweep.strengths[-1]:g} of {count} kind{'' if count == 1 else 's'} of noise (the area "
        "under success against strength); 95 % intervals over tasks.",
        header=("player", "n", "clean", "interval", "calls", "evidence", *_AREA),
        rows=tuple(
            (
                one.player,
                f"{one.clean.n:,}",
                *_share(one.clean),
                spelling.amount(one.calls),
                spelling.percent(one.evidence),
                *_share(one.area),
                *_points(one.area_change),
            )
            for one in robust
        ),
        glued=(3, 7, 9),
    )


def curves(sweep: Sweep, robust: Sequence[Robustness]) -> Grid:
    """Success at every strength of every kind, and the area under it."""
    return Grid(
        title="Success by strength",
        note="Percent of full score; strength 0 is the clean web, the same for all kinds. The area "
        "is the mean over all strengths; its change is paired with the clean web.",
        header=("player", "kind", *(f"{one:g}" for one in (0, *sweep.strengths)), *_AREA),
        rows=tuple(_curve_row(one, curve) for one in robust for curve in one.curves),
        words=(0, 1),
        glued=(
            *range(3, 3 + len(sweep.strengths)),
            4 + len(sweep.strengths),
            6 + len(sweep.strengths),
        ),
        keys=2,
    )


def changes(robust: Sequence[Robustness]) -> Grid:
    """What each kind changes at each strength, paired with the clean web."""
    return Grid(
        title="Changes",
        note="Noise on minus noise off on the same tasks and seeds: percentage points of success "
        "and of evidence recall, executed calls; 95 % intervals over tasks.",
        header=("player", "kind", "strength", "pairs", *_CHANGED),
        rows=tuple(
            (
                one.player,
                curve.kind,
                f"{point.strength:g}",
                f"{point.success_change.n:,}",
                *_points(point.success_change),
                *calls_change(point.calls_change),
                *_points(point.evidence_change),
            )
            for one in robust
            for curve in one.curves
            for point in curve.points
        ),
        words=(0, 1),
        glued=(4, 5, 7, 9),
        keys=3,
    )


def calls_change(mean: Mean) -> tuple[str, str]:
    """A change of calls, signed, with its interval."""
    if mean.mean is None:
        return spelling.MISSING, spelling.MISSING
    low, high = (f"{end:+.1f}" for end in (mean.interval.low, mean.interval.high))
    return f"{mean.mean:+.1f}", f"[{low}, {high}]"


def _curve_row(one: Robustness, curve: Curve) -> tuple[str, ...]:
    success = [spelling.percent(point.success.mean) for point in curve.points]
    clean = spelling.percent(one.clean.mean)
    return (
        *(one.player, curve.kind, clean, *success),
        *_share(curve.area),
        *_points(curve.area_change),
    )


def _share(mean: Mean) -> tuple[str, str]:
    return spelling.percent(mean.mean), spelling.share_interval(mean.interval)


def _points(mean: Mean) -> tuple[str, str]:
    return spelling.points(mean.mean), spelling.points_interval(mean.interval)
