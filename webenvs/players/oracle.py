"""Players that read the gold: the upper bound of every ladder, and proof that tasks are solvable.

They open the evidence through the same tools as everybody, so their costs are real.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from webenvs.players.message import close, request, say, say_all
from webenvs.records import Info, Observation, Seat, Task

_ORDER = "Read {url} and report the answer."


def gold_answer(task: Task) -> str:
    """The gold answer as a player would write it; the members of a set joined by "; "."""
    return "; ".join(task.answers) if task.answer_type == "set" else task.answers[0]


class _Gold:
    """What both oracles share: they are told the task, because they declare that they read it."""

    reads_gold = True

    def __init__(self) -> None:
        self._task = Task(question="", answers=("",))

    def reset(self, seat: Seat) -> None:
        """Take the seat and the task."""
        self._task = seat.task or self._task

    def _answer(self) -> str:
        return gold_answer(self._task)

    def _urls(self) -> tuple[str, ...]:
        """The pages that the task's click paths end on, or else the first alternative."""
        paths = self._task.meta.get("paths", ())
        if paths:
            return tuple(path[-1]["url"] for path in paths)
        return self._task.evidence[0] if self._task.evidence else ()


class OracleResearcher(_Gold):
    """Opens the evidence, page by page (again where that failed), and closes with the gold."""

    def __call__(self, observation: Observation, info: Info) -> Mapping[str, Any]:
        """Fetch the next page of the evidence; close when all are open."""
        ordered = request(info).split()
        urls = [url for url in self._urls() if url in ordered] or self._urls()
        opened = sum("(page 1 of" in entry["content"] for entry in info["messages"])
        if opened < len(urls) and not info["closing"]:
            return say("fetch", url=urls[opened])
        return close(info, self._answer())


class OracleWalker(_Gold):
    """Clicks its way along the task's golden paths (again where that failed), and closes.

    A walker that is sent to one page takes the path to that page alone.
    """

    def __call__(self, observation: Observation, info: Info) -> Mapping[str, Any]:
        """The next click or step back; close at the end of the way."""
        way = self._way(request(info))
        opened = sum("(page 1 of" in entry["content"] for entry in info["messages"])
        done = opened - 1  # the start page is open from the beginning
        if done < len(way) and not info["closing"]:
            link = way[done]
            return say("back") if link is None else say("click", link=link)
        return close(info, self._answer())

    def _way(self, asked: str) -> Sequence[int | None]:
        """The numbers of the links to click in turn; None is a step back."""
        for path in self._task.meta.get("paths", ()):
            if path[-1]["url"] in asked.split():
                return [click["link"] for click in path]
        return tuple(self._task.meta.get("route", ()))


class OraclePlanner(_Gold):
    """Sends one worker to each page of the evidence, all at once, and answers the gold."""

    def __call__(self, observation: Observation, info: Info) -> Mapping[str, Any]:
        """Delegate every page at the first turn; answer at the second."""
        urls = self._urls()[: info["budget"].get("delegations", 1)]
        if observation["turn"] == 0 and urls and not info["closing"]:
            return say_all(tuple(("delegate", {"task": _ORDER.format(url=url)}) for url in urls))
        return close(info, self._answer())
