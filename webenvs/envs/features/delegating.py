"""What a planner can ask of others: the request, its inner parts, and what is left of it."""

import re

from webenvs.envs.features.solving import Solver
from webenvs.players.script.clues import innermost


def tasks(solver: Solver) -> tuple[str, list[str], list[str]]:
    """The whole request; parts of it that stand alone; what is left with what was found put in.

    A part that a report has answered is replaced by the answer, and the rest is taken apart again.
    """
    known = solver.known
    whole = known.request
    parts: list[str] = []
    joined: list[str] = []
    text = whole
    for _ in range(4):
        inner = innermost(text)
        if inner is None:
            break
        phrase, question = inner
        parts.append(question)
        said = known.reports.get(question)
        if said is None:
            break
        text = _put(text, phrase, said)
        joined.append(text)
    parts.reverse()
    joined.reverse()
    step = solver.steps[solver.open_step]
    for tie in step.ties:
        for _, name in solver.sources(tie)[:2]:
            if name:
                asked = " ".join(f"{step.noun or tie.hop.text} {tie.hop.text}".split())
                joined.append(f"What is the {asked} of {name}?")
    return whole, [*parts, *known.asked.parts], joined


def _put(question: str, phrase: str, value: str) -> str:
    """The question with the value in the place of the phrase, "the city that is" left out."""
    said = re.compile(rf"(?:\bthe [\w ]{{1,30}} (?:that|which|who) is )?{re.escape(phrase)}")
    return said.sub(lambda _: value, question, count=1)
