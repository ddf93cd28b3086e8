"""What a player could answer with: what the last step found, then whatever else was read."""

from collections.abc import Iterator
from heapq import nlargest
from itertools import chain
from typing import NamedTuple

from webenvs.envs.features.asked import Wants
from webenvs.envs.features.candidate import Candidate
from webenvs.envs.features.knowledge import Loose
from webenvs.envs.features.solving import SURE, Found, Solver


class Answer(NamedTuple):
    """A text to answer with; see `candidate.Candidate` for the numbers."""

    key: str
    text: str
    progress: float
    strength: float
    fit: float
    lines: int


def answers(solver: Solver, count: int) -> list[Candidate]:
    """The likeliest answers, best first."""
    found: dict[str, Candidate] = {}
    for one in chain(_reported(solver), _solved(solver), _read(solver, count)):
        if one.key not in found:
            found[one.key] = Candidate(
                "close",
                {"text": one.text},
                one.text,
                one.progress,
                one.strength,
                one.fit,
                0.0,
                one.lines,
                solver.known.is_read(one.key),
            )
            if len(found) == count:
                break
    return list(found.values())


def _reported(solver: Solver) -> Iterator[Answer]:
    """What reports said to the whole request, or to the last that is left of it."""
    reports = solver.known.reports
    whole = reports.get(solver.known.request)
    others = [said for task, said in reports.items() if task != solver.known.request]
    for place, said in enumerate([*([whole] if whole else []), *reversed(others)]):
        fit = _fit(solver, said)
        yield Answer(
            said.casefold(), said, 1.0 if said == whole else 0.5, 0.9 - 0.1 * place, fit, 1
        )


def _solved(solver: Solver) -> Iterator[Answer]:
    """What the last step found; for a question of yes or no, these two."""
    if solver.steps[-1].type == "yesno":
        yield Answer("yes", "yes", 0.5, 0.5, 1.0, 0)
        yield Answer("no", "no", 0.5, 0.5, 1.0, 0)
    for one in solver.found[-1]:
        yield Answer(one.key, one.text, _progress(solver, one), one.strength, 1.0, one.lines)


def _progress(solver: Solver, one: Found) -> float:
    """The share of the steps that are solved if this is the answer."""
    before = sum(solver.solved[:-1])
    return (before + (one.strength >= SURE)) / len(solver.steps)


def _read(solver: Solver, count: int) -> Iterator[Answer]:
    """Whatever was read of the type that is asked for, by how much of the request stood by it."""
    known = solver.known
    wants = solver.steps[-1].type
    labels = max(1, len(known.asked.labels))
    for type_, fit in _TYPES[wants]:
        loose = known.loose(type_)
        best = nlargest(count, loose.values(), key=_by_words)
        for one in best:
            if one.span.key not in known.anchors and known.kinds.get(one.span.key) != _LIST:
                strength = 0.4 * min(1.0, one.shared / labels)
                yield Answer(one.span.key, one.span.text, 0.0, strength, fit, one.count)


def _by_words(one: Loose) -> tuple[float, int]:
    return one.shared, one.count


_LIST = frozenset({"list"})
_TYPES: dict[Wants, tuple[tuple[str, float], ...]] = {
    "date": (("date", 1.0), ("year", 0.5)),
    "year": (("year", 1.0),),
    "number": (("number", 1.0),),
    "name": (("name", 1.0), ("number", 0.0), ("date", 0.0), ("year", 0.0)),
    "yesno": (("name", 0.5),),
}


def _fit(solver: Solver, said: str) -> float:
    measured = solver.steps[-1].type in ("year", "number", "date")
    return float(measured == said[:1].isdigit())
