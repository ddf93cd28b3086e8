"""What a planner can ask of others: the request, its inner parts, and what is left of it."""

import re
from collections.abc import Iterable

from webenvs.envs.features.candidate import Candidate
from webenvs.envs.features.solving import Solver
from webenvs.players.script.clues import innermost

_DEPTH = 4


def delegations(solver: Solver) -> dict[str, list[Candidate]]:
    """Delegations by the kind of their slots, those not made yet."""
    parts, joined = _tasks(solver)
    return {
        "delegate_request": _new(solver, [solver.known.request], 0.5),
        "delegate_part": _new(solver, parts, 0.6),
        "delegate_joined": _new(solver, joined, 0.8),
    }


def _new(solver: Solver, texts: Iterable[str], strength: float) -> list[Candidate]:
    known = solver.known
    return [
        Candidate(
            "delegate",
            {"task": text},
            text,
            solver.progress,
            strength,
            again=("delegate", text) in known.tries,
        )
        for text in dict.fromkeys(texts)
        if ("delegate", text) not in known.done
    ]


def _tasks(solver: Solver) -> tuple[list[str], list[str]]:
    """Parts of the request that stand alone; what is left of it with what was found put in.

    A part that a report has answered is replaced by the answer, and the rest is taken apart again.
    """
    known = solver.known
    parts: list[str] = []
    joined: list[str] = []
    text = known.request
    for _ in range(_DEPTH):
        inner = innermost(text)
        if inner is None:
            break
        phrase, question = inner
        parts.append(question)
        said = known.reports.get(question)
        if said is None:
            break
        text = _put(text, phrase, said)
        joined.insert(0, text)
    step = solver.steps[solver.open_step]
    for tie in step.ties:
        for _, name in solver.sources[tie.place][:2]:
            words = dict.fromkeys([*step.noun.split(), *tie.hop.text.split()])
            joined.append(f"What is the {' '.join(words)} of {name}?")
    return [*reversed(parts), *known.asked.parts], joined


def _put(question: str, phrase: str, value: str) -> str:
    """The question with the value in the place of the phrase, "the city that is" left out."""
    said = re.compile(rf"(?:\bthe [\w ]{{1,30}} (?:that|which|who) is )?{re.escape(phrase)}")
    return said.sub(lambda _: value, question, count=1)
