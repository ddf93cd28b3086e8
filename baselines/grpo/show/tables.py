"""The tables of the study as Markdown, between marks in the documents, never written by hand."""

from collections.abc import Mapping, Sequence

from baselines.grpo.show import matrix, meanings, summaries
from baselines.grpo.show.matrix import ARMS, COMPARISONS, MAIN, NOISES, ROBUST
from baselines.grpo.show.summaries import Run, Study, evaluations
from baselines.show import estimates
from baselines.show.estimates import Estimate
from baselines.show.evaluation import Evaluation
from webenvs.bench import markdown, spelling
from webenvs.bench.grids import Grid
from webenvs.seeding import canonical_json

NOTHING = "*No run of this has been made yet: `python -m baselines.grpo.study --list` tells how.*"
WANTED = 0.15
"""What reinforcement learning is to add to its own cold start, as a share of the questions."""
CLAIM = 0.1838
"""MATPO over GRPO of one agent, relative, mean of three benchmarks (arXiv:2510.04678, Fig. 5)."""

_BEFORE_AFTER = ("before", "interval", "after", "interval")
_INTERVALS = "Intervals of 95 % over questions and seeds."


def blocks(study: Study) -> dict[str, str]:
    """What stands between the marks of each name in the documents."""
    grids = {
        "results": [results(study)],
        "comparisons": [comparisons(study)],
        "hops": [by_hops(study), gaps(study)],
        "context": [by_context(study)],
        "robustness": [robustness(study)],
        "machines": [machines(study)],
    }
    texts = {f"grpo-{name}": _shown(tables) for name, tables in grids.items()}
    texts["grpo-commands"] = _commands(study)
    texts["grpo-verdicts"] = _verdicts(study)
    return texts | {"grpo-metrics": meanings.table(), "grpo-arms": arms()}


def arms() -> str:
    """Every arm of the matrix: its preset, what is changed, what it is."""
    rows = [
        f"| `{arm.name}` | `{arm.preset}` | {_changes(arm.changes)} | {arm.meaning} |"
        for arm in ARMS.values()
    ]
    return "\n".join(["| arm | preset | changes | what it is |", "|---|---|---|---|", *rows])


def results(study: Study) -> Grid:
    """Each arm's success before and after, and the gain with its interval and that of each seed."""
    rows = []
    for name in study.arms:
        before, after = _ends(study.of(name))
        gain = estimates.difference(after, before)
        seeds = ", ".join(spelling.points(value) for value in gain.seeds.values())
        scores = (*_score(estimates.success(before)), *_score(estimates.success(after)))
        rows.append((name, f"{len(gain.seeds)}", *scores, *_points(gain), seeds))
    return Grid(
        title="Cold start against reinforcement learning",
        note="Held-out success in percent before and after the reinforcement learning, and what it "
        "added in points, paired by question and seed. " + _INTERVALS,
        header=("arm", "seeds", *_BEFORE_AFTER, "points", "interval", "points by seed"),
        rows=tuple(rows),
    )


def comparisons(study: Study) -> Grid:
    """Pairs of arms: apart before the training, apart after it, and what training made of it."""
    rows = []
    for one in COMPARISONS:
        ours, theirs = study.of(one.ours), study.of(one.theirs)
        (before, after), (other_before, other_after) = _ends(ours), _ends(theirs)
        last = estimates.difference(after, other_after)
        if last.mean is None:
            continue
        first = estimates.difference(before, other_before)
        pairs = [
            {s: (b[s], a[s]) for s in a} for b, a in ((before, after), (other_before, other_after))
        ]
        trained = estimates.change(pairs[0], pairs[1])
        relative = _relative(last, estimates.success(_common(other_after, after)))
        names = f"{one.ours} - {one.theirs}"
        found = (*_points(first), *_points(last), *_points(trained))
        rows.append((one.question, names, f"{len(last.seeds)}", *found, relative))
    return Grid(
        title="What differs, and since when",
        note="Differences of held-out success in points, paired by question and seed: before the "
        "training (the architecture), after it, and what the training added to it. relative: the "
        "difference after training over the second arm's success, in percent. " + _INTERVALS,
        header=("question", "arms", "seeds", *_BEFORE_AFTER, "by training", "interval", "relative"),
        rows=tuple(rows),
        words=(0, 1),
    )


def by_hops(study: Study) -> Grid:
    """The main arms' success before and after on questions of each number of hops."""
    rows = []
    for name in [name for name in MAIN if study.of(name)]:
        before, after = _ends(study.of(name))
        for number in summaries.hops(study, [name]):
            gain = estimates.difference(after, before, number)
            scores = [estimates.success(one, number) for one in (before, after)]
            cells = [cell for score in scores for cell in _score(score)]
            label = (name, spelling.hops(number), f"{gain.questions:,}")
            rows.append((*label, *cells, *_points(gain)))
    return Grid(
        title="By hops",
        note="Held-out success in percent by the facts of a question's chain. " + _INTERVALS,
        header=("arm", "hops", "questions", *_BEFORE_AFTER, "points", "interval"),
        rows=tuple(rows),
    )


def gaps(study: Study) -> Grid:
    """What a team is ahead of one researcher for each cap of the context and number of hops."""
    rows = []
    for cap, solo, team in caps(study):
        ends, others = _ends(team), _ends(solo)
        for number in summaries.hops(study, ["solo", "matpo"]):
            first, last = (
                estimates.difference(one, other, number)
                for one, other in zip(ends, others, strict=True)
            )
            label = (f"{cap:,}", spelling.hops(number), f"{last.questions:,}")
            rows.append((*label, *_points(first), *_points(last), _holds(last)))
    return Grid(
        title="Where a team is ahead",
        note="matpo - solo in points of held-out success, by the cap of a player's context and by "
        "hops, before the training and after it. " + _INTERVALS,
        header=("context", "hops", "questions", *_BEFORE_AFTER, "after training"),
        rows=tuple(rows),
        words=(7,),
    )


def by_context(study: Study) -> Grid:
    """Solo and team under every cap of a player's context, and the difference."""
    rows = []
    for cap, solo, team in caps(study):
        ends = (*_ends(solo), *_ends(team))
        cells = [cell for one in ends for cell in _score(estimates.success(one))]
        rows.append((f"{cap:,}", *cells, *_points(estimates.difference(ends[3], ends[1]))))
    return Grid(
        title="By cap of the context",
        note="Held-out success in percent of one researcher and of a team (MATPO), by the tokens "
        "that one player's context may hold. " + _INTERVALS,
        header=(
            *("context", "solo before", "interval", "solo after", "interval"),
            *("team before", "interval", "team after", "interval", "team - solo", "interval"),
        ),
        rows=tuple(rows),
    )


def robustness(study: Study) -> Grid:
    """The trained policies under every noise, and what each noise costs them."""
    rows = []
    for name in [name for name in ROBUST if study.of(name)]:
        runs = study.of(name).values()
        clean = evaluations(runs, "none")
        for noise in ("none", *NOISES):
            found = evaluations(runs, noise)
            if found:
                cost = estimates.difference(found, clean)
                lost = ("", "") if noise == "none" else _points(cost)
                score = estimates.success(found)
                rows.append((name, noise, f"{len(found)}", *_score(score), *lost))
    return Grid(
        title="Under noise",
        note="Held-out success in percent of the trained policies under each preset of noise, and "
        "the difference to the clean web in points. " + _INTERVALS,
        header=("arm", "noise", "seeds", "success", "interval", "points", "interval"),
        rows=tuple(rows),
        words=(0, 1),
    )


def machines(study: Study) -> Grid:
    """What each arm took: seeds, updates, tokens, minutes, machine, commit."""
    rows = []
    for name in study.arms:
        runs = list(study.of(name).values())
        rows.append(
            (
                name,
                ", ".join(str(run.seed) for run in runs),
                _span([run.result.updates for run in runs]),
                _span([run.result.tokens for run in runs]),
                _span([round(run.cold, 1) for run in runs]),
                _span([round(run.result.minutes, 1) for run in runs]),
                "; ".join(_distinct([run.result.hardware for run in runs])),
                ", ".join(_distinct([run.result.commit for run in runs])),
            )
        )
    return Grid(
        title="Budgets and machines",
        note="Updates, tokens sampled in training, minutes of the cold start (arms share theirs) "
        "and of the rest of a run, evaluations included: the least and greatest of the seeds.",
        header=("arm", "seeds", "updates", "tokens", "cold start", "minutes", "hardware", "commit"),
        rows=tuple(rows),
        words=(0, 1, 6, 7),
    )


def caps(study: Study) -> list[tuple[int, Mapping[int, Run], Mapping[int, Run]]]:
    """(cap, solo's runs, the team's runs) for every cap that both were trained under, sorted."""
    pairs = [("solo", "matpo"), *((f"solo-{cap}", f"matpo-{cap}") for cap in matrix.CAPS)]
    found = []
    for names in pairs:
        solo, team = study.of(names[0]), study.of(names[1])
        if solo and team:
            cap = next(iter(solo.values())).result.after.context
            found.append((cap, solo, team))
    return sorted(found, key=lambda one: one[0])


def _ends(runs: Mapping[int, Run]) -> tuple[Mapping[int, Evaluation], Mapping[int, Evaluation]]:
    return evaluations(runs.values(), "before"), evaluations(runs.values(), "after")


def _common(
    ours: Mapping[int, Evaluation], theirs: Mapping[int, Evaluation]
) -> Mapping[int, Evaluation]:
    return {seed: one for seed, one in ours.items() if seed in theirs}


def _relative(difference: Estimate, base: Estimate) -> str:
    if difference.mean is None or not base.mean:
        return spelling.MISSING
    return spelling.points(difference.mean / base.mean)


def _verdicts(study: Study) -> str:
    """What the study was to show, each with what was found."""
    lines = [line for name in MAIN if (line := _added(study, name))]
    for cap, solo, team in caps(study):
        after, other = (evaluations(runs.values(), "after") for runs in (team, solo))
        gap = estimates.difference(after, other)
        relative = _relative(gap, estimates.success(_common(other, after)))
        holds = _holds(gap)
        lines.append(
            f"- MATPO over one researcher, {cap:,} tokens of context: {_said(gap)}, "
            f"{relative} % relative (the paper: {spelling.points(CLAIM)} %): {holds}."
        )
    return "\n".join(lines) if lines else NOTHING


def _added(study: Study, name: str) -> str:
    before, after = _ends(study.of(name))
    gain = estimates.difference(after, before)
    if gain.mean is None or gain.interval is None:
        return ""
    wanted = f"{100 * WANTED:g} points"
    verdict = f"at least {wanted}" if gain.mean >= WANTED else f"less than {wanted}"
    if gain.interval.low >= WANTED:
        verdict += ", the whole interval"
    return f"- Reinforcement learning adds to the cold start of `{name}` {_said(gain)}: {verdict}."


def _holds(gap: Estimate) -> str:
    if not gap.sure:
        return "not told apart"
    return "the team is ahead" if (gap.mean or 0) > 0 else "the single researcher is ahead"


def _said(estimate: Estimate) -> str:
    points, interval = _points(estimate)
    seeds = len(estimate.seeds)
    return f"{points} points {interval} ({seeds} seed{'s' if seeds != 1 else ''})"


def _commands(study: Study) -> str:
    """The command of the first seed of every arm, to be run as it stands."""
    lines = []
    for name in study.arms:
        first = next(iter(study.of(name).values())).result
        lines.append(f"# {name}, commit {first.commit}\n{first.command}")
    return markdown.code("\n".join(lines)) if lines else NOTHING


def _shown(grids: Sequence[Grid]) -> str:
    """The tables with their notes; what has no row says so."""
    parts = [
        f"{markdown.escape(grid.note)}\n\n{markdown.table(grid)}" for grid in grids if grid.rows
    ]
    return "\n\n".join(parts) if parts else NOTHING


def _score(estimate: Estimate) -> tuple[str, str]:
    interval = "" if estimate.interval is None else spelling.share_interval(estimate.interval)
    return spelling.percent(estimate.mean), interval


def _points(estimate: Estimate) -> tuple[str, str]:
    interval = "" if estimate.interval is None else spelling.points_interval(estimate.interval)
    return spelling.points(estimate.mean), interval


def _changes(changes: Mapping[str, object]) -> str:
    """The changes of an arm as the command line has them."""
    said = (
        f"`{name}={value if isinstance(value, str) else canonical_json(value).decode()}`"
        for name, value in changes.items()
    )
    return " ".join(said)


def _span(numbers: Sequence[float]) -> str:
    low, high = min(numbers), max(numbers)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _distinct(texts: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(text for text in texts if text))
