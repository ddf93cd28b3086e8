"""How the scripted planner works: one worker on the whole question, others clause by clause.

The procedure is a generator: it yields the tasks to delegate and is sent the reports.
"""

import re
from collections.abc import Generator, Sequence

from webenvs.players.script.clues import clues, innermost

Tasks = Sequence[str]
_REPORT = re.compile(r"(?:\A|\n\n)\[delegate\] (?:You made this call before\. Its result:\n)?")
_NOTHING = (
    *("unknown", "Not executed", "The worker ended without a report"),
    *("No report has come", "The worker failed", "The report is still on its way"),
)
_LATE = "Late report on the task "


class Plan:
    """The state of a team's search for one answer; at most `delegations` workers are asked."""

    def __init__(self, question: str, delegations: int) -> None:
        self.question = question
        self.left = delegations
        self.answer = ""

    def run(self) -> Generator[Tasks, list[str], None]:
        """Ask for the whole and for its innermost clause at once; put what comes in its place.

        The clauses go on while workers are left; their answer counts if the whole has none that
        is of the right kind.
        """
        question, inner = self.question, innermost(self.question)
        first = self._affordable([question, *([inner[1]] if inner else [])])
        found = [*(yield first), "", ""]
        self.answer, value = found[0], found[1]
        while inner and value:
            question = _put(question, inner[0], value)
            inner = innermost(question)
            tasks = self._affordable([inner[1] if inner else question])
            if not tasks or not clues(question).hops:
                break
            value = [*(yield tasks), ""][0]
        if inner is None and value and not self._fits(self.answer):
            self.answer = value

    def _fits(self, value: str) -> bool:
        """Whether a value is of the kind that the question asks for."""
        measured = clues(self.question).wants in ("year", "number")
        return bool(value) and measured == value[:1].isdigit()

    def _affordable(self, tasks: list[str]) -> Tasks:
        """As many of the tasks as the budget still allows."""
        chosen = tasks[: self.left]
        self.left -= len(chosen)
        return chosen


def _put(question: str, phrase: str, value: str) -> str:
    """The question with the value in the place of the phrase, "the city that is" left out."""
    said = re.compile(rf"(?:\bthe [\w ]{{1,30}} (?:that|which|who) is )?{re.escape(phrase)}")
    return said.sub(lambda _: value, question, count=1)


def reports(text: str) -> list[str]:
    """The short value of each report in an observation, in order; "" for one that says nothing.

    Late reports are no answer to the message before and are left out.
    """
    pieces = [piece for piece in _REPORT.split(text)[1:] if not piece.startswith(_LATE)]
    values = [piece.partition("\n")[0].strip() for piece in pieces]
    return ["" if value.startswith(_NOTHING) else value for value in values]
