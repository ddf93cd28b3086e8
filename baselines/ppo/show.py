"""The tables and figures of the study, between marks of baselines/README.md and in docs/figures."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from baselines.ppo.arms import ARMS, SLOTS, STAGES, Stage
from baselines.ppo.gathered import Study
from baselines.ppo.results import Judged
from baselines.ppo.worlds import PLACES
from baselines.show import charts, estimates
from baselines.show.charts import Axes, Series
from baselines.show.estimates import Estimate
from baselines.show.evaluation import Evaluation
from webenvs.bench import markdown, spelling
from webenvs.bench.grids import Grid
from webenvs.bench.report import put
from webenvs.bench.statistics import DIFFERENCE, Interval

BEATEN = ("random", "first-hit")
"""Players that every trained policy must leave behind."""
BELOW, ABOVE = ("random", "first-hit", SLOTS[0], "scripted"), (SLOTS[1], "oracle")
NOTHING = "Nothing has been run yet."
_STUDENT = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)
"""The 97.5 % quantiles of Student's distribution with 1 to 9 degrees of freedom."""


def blocks(study: Study) -> dict[str, str]:
    """What stands between the marks of baselines/README.md, by the name of the mark."""
    drawn = figures(study)
    return {
        "ppo-verdicts": _verdicts(study),
        "ppo-results": "\n\n".join(_results(study, stage) for stage in _shown(study)) or NOTHING,
        "ppo-figures": "\n\n".join(
            f"![{_title(STAGES[name])}](../docs/figures/ppo-{name}.svg)" for name in drawn
        ),
        "ppo-machines": _machines(study),
        "ppo-commands": _commands(study),
    }


def figures(study: Study) -> dict[str, str]:
    """The learning curves of every stage that has runs, as files of their own."""
    drawings = {stage.name: _learning(study, stage) for stage in _shown(study)}
    return {name: charts.standalone(one) for name, one in drawings.items() if one}


def write_figures(study: Study, folder: Path) -> list[Path]:
    """Draw every figure into `folder`; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, drawing in figures(study).items():
        put(folder / f"ppo-{name}.svg", drawing)
        written.append(folder / f"ppo-{name}.svg")
    return written


def success(found: Mapping[int, Judged]) -> Estimate:
    """The success over questions and seeds; see `baselines.show.estimates`."""
    return estimates.success({seed: _evaluation(one) for seed, one in found.items()})


def gap(ours: Estimate, theirs: Estimate) -> tuple[float, Interval] | None:
    """The difference of two successes on different questions, and its interval.

    The interval is put together from those of the two (Newcombe 1998, method 10). None where one
    of them is not known.
    """
    one, other = ours.interval, theirs.interval
    if ours.mean is None or theirs.mean is None or one is None or other is None:
        return None
    between = ours.mean - theirs.mean
    low = between - math.hypot(ours.mean - one.low, other.high - theirs.mean)
    high = between + math.hypot(one.high - ours.mean, theirs.mean - other.low)
    ends = {"low": max(DIFFERENCE[0], low), "high": min(DIFFERENCE[1], high)}
    return between, Interval(**ends, level=one.level, kind="bound")


def band(values: Sequence[float]) -> tuple[float, float] | None:
    """The 95 % interval of a mean over seeds (Student's); None for fewer than two."""
    count = len(values)
    if not 2 <= count <= len(_STUDENT) + 1:
        return None
    mean = math.fsum(values) / count
    spread = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (count - 1))
    reach = _STUDENT[count - 2] * spread / math.sqrt(count)
    return max(0.0, mean - reach), min(1.0, mean + reach)


def _evaluation(one: Judged) -> Evaluation:
    return Evaluation(tasks=one.tasks, success=one.success)


def _shown(study: Study) -> list[Stage]:
    return [stage for name, stage in STAGES.items() if study.arms(name) or name in study.references]


def _title(stage: Stage) -> str:
    return f"Success in training on {stage.env}, {stage.meaning}; bands: 95 % over seeds"


def _players(study: Study, stage: str) -> dict[str, dict[str, dict[int, Judged]]]:
    """Everybody of a stage in the order of the table: by name, place and seed."""
    known = study.references.get(stage, {})
    fixed = {
        name: {place: {0: one} for place, one in known[name].items()}
        for name in (*BELOW, *ABOVE)
        if name in known
    }
    trained = {
        ARMS[arm].algorithm: {place: study.judged(arm, place) for place in PLACES}
        for arm in study.arms(stage)
    }
    below = {name: fixed[name] for name in BELOW if name in fixed}
    above = {name: fixed[name] for name in ABOVE if name in fixed}
    return {**below, **trained, **above}


def _results(study: Study, stage: Stage) -> str:
    """The table of a stage under its heading."""
    known = study.references.get(stage.name, {})
    scripted = known.get("scripted", {}).get("held-out")
    players = _players(study, stage.name)
    rows = tuple(_row(name, places, scripted, known) for name, places in players.items())
    header = (
        *("player", "seeds", "held-out", "interval", "to scripted", "interval"),
        *("unseen world", "interval", "gap", "interval"),
        *("noisy", "interval", "by noise", "interval", "calls"),
    )
    grid = Grid(title=stage.name, note="", header=header, rows=rows)
    heading = f"#### {stage.env}, level {stage.level}: {stage.meaning}"
    return f"{heading}\n\n{markdown.table(grid)}"


def _row(
    name: str,
    places: Mapping[str, Mapping[int, Judged]],
    scripted: Judged | None,
    known: Mapping[str, object],
) -> tuple[str, ...]:
    """A player of a stage: its successes, and how they differ."""
    held, noisy = places.get("held-out", {}), places.get("noisy", {})
    here, unseen = success(held), success(places.get("unseen", {}))
    other = {} if scripted is None or name == "scripted" else dict.fromkeys(held, scripted)
    calls = [one.calls for one in held.values()]
    return (
        name,
        "" if name in known else str(len(held)),
        *_score(here),
        *_paired(held, other),
        *_score(unseen),
        *_points(gap(unseen, here)),
        *_score(success(noisy)),
        *_paired(noisy, held),
        spelling.amount(sum(calls) / len(calls) if calls else None),
    )


def _paired(ours: Mapping[int, Judged], theirs: Mapping[int, Judged]) -> tuple[str, str]:
    """The difference of two on the same questions and seeds, with its interval."""
    one, other = ({seed: _evaluation(j) for seed, j in by.items()} for by in (ours, theirs))
    found = estimates.difference(one, other)
    if found.mean is None or found.interval is None:
        return "", ""
    return spelling.points(found.mean), spelling.points_interval(found.interval)


def _score(estimate: Estimate) -> tuple[str, str]:
    interval = "" if estimate.interval is None else spelling.share_interval(estimate.interval)
    return spelling.percent(estimate.mean), interval


def _points(found: tuple[float, Interval] | None) -> tuple[str, str]:
    if found is None:
        return "", ""
    return spelling.points(found[0]), spelling.points_interval(found[1])


def _verdicts(study: Study) -> str:
    """For every arm, whether its intervals lie above those of the players it must beat."""
    lines = [
        _verdict(study, arm, study.references.get(stage.name, {}))
        for stage in _shown(study)
        for arm in study.arms(stage.name)
    ]
    return "\n".join(lines) or NOTHING


def _verdict(study: Study, arm: str, known: Mapping[str, Mapping[str, Judged]]) -> str:
    apart: list[str] = []
    close: list[str] = []
    for place in ("held-out", "unseen"):
        ours = success(study.judged(arm, place))
        for name in (*BEATEN, SLOTS[0]):
            if ours.interval is None or place not in known.get(name, {}):
                continue
            theirs = success({0: known[name][place]}).interval
            ahead = theirs is not None and ours.interval.low > theirs.high
            (apart if ahead else close).append(f"{name} ({place})")
    held, unseen = (success(study.judged(arm, place)) for place in ("held-out", "unseen"))
    said = f"- `{arm}`: {' '.join(_score(held))} % held-out, {' '.join(_score(unseen))} % unseen; "
    said += f"above {', '.join(apart)}, intervals apart" if apart else "above nobody"
    return said + (f"; not told apart from {', '.join(close)}." if close else ".")


def _learning(study: Study, stage: Stage) -> str:
    series = [_curve(study, arm) for arm in study.arms(stage.name)]
    axes = Axes("thousands of steps", "success in training, %", percent=True)
    return charts.lines(_title(stage), axes, series, (640.0, 380.0))


def _curve(study: Study, arm: str) -> Series:
    """An arm's success at the steps that all of its seeds have, with intervals over seeds."""
    curves = [dict(run.curve) for run in study.runs[arm].values()]
    shared = sorted(set.intersection(*(set(curve) for curve in curves)))
    rows = [(step / 1000, [curve[step] for curve in curves]) for step in shared]
    bands = [(at, band(values)) for at, values in rows]
    return Series(
        ARMS[arm].algorithm,
        [(at, math.fsum(values) / len(values)) for at, values in rows],
        [(at, *ends) for at, ends in bands if ends is not None],
    )


def _machines(study: Study) -> str:
    rows = []
    for arm, runs in study.runs.items():
        minutes = [run.minutes for run in runs.values()]
        first = next(iter(runs.values()))
        rows.append(
            (
                arm,
                ", ".join(str(seed) for seed in sorted(runs)),
                f"{first.steps:,}",
                f"{min(minutes):.1f} to {max(minutes):.1f}",
                first.hardware,
                ", ".join(dict.fromkeys(run.commit for run in runs.values())),
            )
        )
    header = ("arm", "seeds", "steps", "processor minutes", "machine", "commit")
    grid = Grid(title="", note="", header=header, rows=tuple(rows), words=(0, 1, 4, 5))
    return markdown.table(grid) if rows else NOTHING


def _commands(study: Study) -> str:
    firsts = [runs[min(runs)] for runs in study.runs.values()]
    return markdown.code("\n".join(run.command for run in firsts)) if firsts else NOTHING
