"""The figures of the study as files of their own: curves, hops, caps of the context, noise."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from baselines.grpo.show import summaries, tables
from baselines.grpo.show.matrix import MAIN, NOISES, ROBUST
from baselines.grpo.show.summaries import Run, Study, evaluations
from baselines.show import charts, estimates
from baselines.show.charts import Axes, Series
from baselines.show.estimates import Estimate
from baselines.show.evaluation import Evaluation
from webenvs.bench import spelling
from webenvs.bench.report import put

TITLES = {
    "grpo-learning": "Held-out success over the training; bands: least to greatest seed",
    "grpo-by-hops": "Held-out success by hops, with 95 % intervals",
    "grpo-by-context": "Held-out success by the cap of a player's context, with 95 % intervals",
    "grpo-under-noise": "Held-out success of trained policies under noise, with 95 % intervals",
}
_SIZE = (640.0, 380.0)
_SUCCESS = "held-out success, %"


def drawn(study: Study) -> dict[str, str]:
    """Every figure that the study has data for, by its name, as a file of its own."""
    figures = {
        "grpo-learning": learning(study),
        "grpo-by-hops": by_hops(study),
        "grpo-by-context": by_context(study),
        "grpo-under-noise": robustness(study),
    }
    return {name: charts.standalone(drawing) for name, drawing in figures.items() if drawing}


def write(study: Study, folder: Path) -> list[Path]:
    """Draw every figure that the study has data for, into `folder`; returns their paths."""
    written = []
    for name, drawing in drawn(study).items():
        folder.mkdir(parents=True, exist_ok=True)
        put(folder / f"{name}.svg", drawing)
        written.append(folder / f"{name}.svg")
    return written


def blocks(study: Study) -> dict[str, str]:
    """What stands between the marks of each figure in docs/training.md: a link, or nothing."""
    known = drawn(study)
    return {
        f"{name}-figure": f"![{title}](figures/{name}.svg)" if name in known else ""
        for name, title in TITLES.items()
    }


def learning(study: Study) -> str:
    """Held-out success of the main arms by tokens sampled: mean of the seeds, least to greatest."""
    series = [_over_seeds(name, list(study.of(name).values())) for name in MAIN if study.of(name)]
    axes = Axes("thousands of tokens sampled in training", _SUCCESS, percent=True)
    return charts.lines(TITLES["grpo-learning"], axes, series, _SIZE)


def by_hops(study: Study) -> str:
    """Success of the main arms before and after by hops, with intervals."""
    numbers = summaries.hops(study, MAIN)
    if len(numbers) < 2:
        return ""
    series = []
    for name in [name for name in MAIN if study.of(name)]:
        runs = study.of(name).values()
        for which in ("before", "after"):
            found = evaluations(runs, which)
            series.append(
                _measured(f"{name}, {which}", [estimates.success(found, one) for one in numbers])
            )
    axes = Axes("hops", _SUCCESS, percent=True, names=[spelling.hops(one) for one in numbers])
    return charts.lines(TITLES["grpo-by-hops"], axes, series, _SIZE)


def by_context(study: Study) -> str:
    """Success of one researcher and of a team before and after by the cap of a context."""
    found = tables.caps(study)
    if len(found) < 2:
        return ""
    series = []
    for place, label in ((1, "solo"), (2, "matpo")):
        for which in ("before", "after"):
            runs: Sequence[Mapping[int, Run]] = [(one[1], one[2])[place - 1] for one in found]
            each = [estimates.success(evaluations(one.values(), which)) for one in runs]
            series.append(_measured(f"{label}, {which}", each))
    axes = Axes(
        "tokens of a context", _SUCCESS, percent=True, names=[f"{one[0]:,}" for one in found]
    )
    return charts.lines(TITLES["grpo-by-context"], axes, series, _SIZE)


def robustness(study: Study) -> str:
    """Success of the trained policies under every noise, with intervals."""
    series = []
    for name in [name for name in ROBUST if study.of(name)]:
        runs = study.of(name).values()
        found = [evaluations(runs, noise) for noise in ("none", *NOISES)]
        if all(found[1:]):
            series.append(_measured(name, [_success(one) for one in found]))
    axes = Axes("noise", _SUCCESS, percent=True, names=["none", *NOISES])
    return charts.lines(TITLES["grpo-under-noise"], axes, series, _SIZE)


def _success(found: Mapping[int, Evaluation]) -> Estimate:
    return estimates.success(found)


def _measured(name: str, each: Sequence[Estimate]) -> Series:
    """A point with its interval for every estimate, at 0, 1, 2, ..."""
    known = [
        (float(place), one.mean, one.interval)
        for place, one in enumerate(each)
        if one.mean is not None and one.interval is not None
    ]
    return Series(
        name,
        [(x, mean) for x, mean, _ in known],
        [(x, interval.low, interval.high) for x, _, interval in known],
        marked=True,
        intervals=True,
    )


def _over_seeds(name: str, runs: Sequence[summaries.Run]) -> Series:
    """The mean of the seeds at every update that all were evaluated after, and at their ends.

    A point stands at the mean of the tokens that the seeds had sampled by then.
    """
    curves = [dict(run.curve) for run in runs]
    shared = sorted(set.intersection(*(set(curve) for curve in curves)))
    each = [(run.result.tokens / max(1, run.result.updates) / 1000, run) for run in runs]
    rows = [
        (_mean([rate * update for rate, _ in each]), [curve[update] for curve in curves])
        for update in shared
    ]
    ends = [run.result.updates for run in runs]
    if not set(shared) & set(ends):
        tokens = _mean([run.result.tokens / 1000 for run in runs])
        rows.append((tokens, [run.result.after.mean for run in runs]))
    return Series(
        name,
        [(at, _mean(values)) for at, values in rows],
        [(at, min(values), max(values)) for at, values in rows] if len(runs) > 1 else (),
        marked=True,
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
