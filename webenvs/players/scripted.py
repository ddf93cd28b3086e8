"""Players that read and reason by rules of thumb: the honest middle of every ladder."""

from collections.abc import Mapping
from typing import Any

from webenvs.players.message import close, request, say_all
from webenvs.players.script.course import followed
from webenvs.players.script.plan import Plan, reports
from webenvs.players.script.research import Research
from webenvs.players.script.results import observations, readings
from webenvs.records import Info, Observation


class ScriptedResearcher:
    """Follows a question hop by hop; all it knows it reads from its transcript each time.

    `tries` is how often it makes a call that fails, the first time counted in; `readings` says
    what of an observation is a failure.
    """

    tries = 2
    readings = staticmethod(readings)

    def __call__(self, observation: Observation, info: Info) -> Mapping[str, Any]:
        """The next calls of the search, or what it found."""
        asked, tries = request(info), self.tries
        research, calls = followed(
            ("research", asked, tries, self.readings),
            lambda: Research(asked, tries),
            observations(info["messages"]),
            self.readings,
        )
        if calls and not info["closing"]:
            return say_all(tuple(calls))
        return close(info, self._found(research, info))

    def _found(self, research: Research, info: Info) -> str:
        """The answer; with its support in a report."""
        answer = research.answer or "unknown"
        if info["role"] == "worker" and research.support:
            return f"{answer}\n{research.support}"
        return answer


class ScriptedPlanner:
    """Has the question answered whole and clause by clause, and takes what fits its kind."""

    def __call__(self, observation: Observation, info: Info) -> Mapping[str, Any]:
        """The next delegations, or the answer."""
        said = observations(info["messages"])
        budget = info["budget"].get("delegations", 8)
        asked, delegations = request(info), budget + _delegated(said)
        plan, tasks = followed(
            ("plan", asked, delegations), lambda: Plan(asked, delegations), said, reports
        )
        if tasks and not info["closing"]:
            return say_all(tuple(("delegate", {"task": task}) for task in tasks))
        return close(info, plan.answer or "unknown")


def _delegated(said: list[str]) -> int:
    """How many delegations the transcript shows."""
    return sum(len(reports(text)) for text in said)
