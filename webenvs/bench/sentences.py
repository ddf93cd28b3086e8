"""What a report says in words: the facts of a run, its headline, its power, how to read it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from webenvs.bench import spelling
from webenvs.bench.rows import Run
from webenvs.bench.summary import Comparison, PlayerSummary, Summary
from webenvs.seeding import canonical_json


def facts(run: Run) -> tuple[tuple[str, str], ...]:
    """What was run, as (name, value): everything that the numbers depend on but the command."""
    settings = ", ".join(f"{name} = {value}" for name, value in _flat(run.settings))
    return (
        ("Environment", run.env),
        ("Settings", settings or "defaults"),
        ("Corpus digest", run.corpus),
        ("webenvs", run.version),
        ("Seed", str(run.seed)),
        ("Episodes", f"{run.episodes:,} for each of {_plural(len(run.players), 'player')}"),
    )


def names(runs: Sequence[Run]) -> tuple[str, ...]:
    """A name for each run: its environment, with the settings that tell it from its likes."""
    flat = [dict(_flat(run.settings)) for run in runs]
    given = []
    for run, settings in zip(runs, flat, strict=True):
        likes = [other for one, other in zip(runs, flat, strict=True) if one.env == run.env]
        telling = [
            f"{name} = {value}"
            for name, value in settings.items()
            if any(other.get(name) != value for other in likes)
        ]
        given.append(", ".join([run.env, *telling]))
    return tuple(given)


def headline(summary: Summary) -> str:
    """One sentence: who scored highest, and how far above the baseline."""
    scored = [player for player in summary.players if player.score.mean is not None]
    if not scored:
        return "No player finished a valid episode."
    best = max(scored, key=lambda player: player.score.mean or 0.0)
    said = f"{best.player} scored highest: {spelling.score(best.score)}"
    if best.comparison is None or best.comparison.difference is None:
        return f"{said}."
    return f"{said}, {_against(best.comparison, best.comparison.difference)}."


def power_line(summary: Summary) -> str:
    """One sentence: the episodes it takes to see a small gap at the observed variance."""
    odds = f"{100 * summary.power:g} % power, {spelling.level(summary.level)} level"
    gap = f"a {100 * summary.gap:g}-point gap"
    pairs = [said for player in summary.players if (said := _pairs_needed(player))]
    if pairs:
        return f"To see {gap} to {summary.baseline} ({odds}): {', '.join(pairs)}."
    alone = [said for player in summary.players if (said := _episodes_needed(player))]
    if alone:
        return f"To see {gap} to another such player ({odds}), each plays: {', '.join(alone)}."
    return "Without a valid episode nothing can be said about how many are needed."


def reading(summary: Summary) -> tuple[str, str, str]:
    """How to read a report, in three sentences."""
    level = spelling.level(summary.level)
    return (
        f"A mark is a player's mean answer score and its bar the {level} interval: benchmarks run "
        f"anew on other tasks of this kind would give bars that hold the true score in {level} of "
        "cases.",
        "A difference compares a player with the baseline on the same tasks and seeds, which is "
        "sharper than comparing two bars; it is more than chance where its interval leaves out "
        f"zero and p (sign-flip test over tasks) is below {1 - summary.level:.2g}.",
        "How an interval was made stands beside it: wilson (right or wrong, every task once), "
        "bootstrap (whole tasks resampled 2,000 times), bound (nearly every task gave one and the "
        "same value, so the limit is conservative).",
    )


def _pairs_needed(player: PlayerSummary) -> str:
    """How many pairs a comparison needs and has."""
    comparison = player.comparison
    if comparison is None or comparison.needed is None:
        return ""
    return f"{player.player} {comparison.needed:,} pairs (has {comparison.pairs:,})"


def _episodes_needed(player: PlayerSummary) -> str:
    """How many episodes a player needs and has where there is no one to pair it with."""
    if player.needed is None:
        return ""
    return f"{player.player} {player.needed:,} episodes (has {player.score.n:,})"


def _against(comparison: Comparison, difference: float) -> str:
    side = "above" if difference >= 0 else "below"
    interval = spelling.points_interval(comparison.interval)
    return (
        f"{spelling.percent(abs(difference))} points {side} {comparison.baseline} "
        f"{interval} ({comparison.interval.kind})"
    )


def _flat(settings: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """Settings as (dotted name, value), sorted by name."""
    for name, value in sorted(settings.items()):
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{path}{name}.")
        else:
            yield (
                f"{path}{name}",
                value if isinstance(value, str) else canonical_json(value).decode(),
            )


def _plural(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
