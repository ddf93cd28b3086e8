"""Players that read the gold: the upper bound of every ladder, and proof that tasks are solvable.

They open the evidence through the same tools as everybody, so their costs are real.
"""

from collections.abc import Mapping
from typing import Any

from webenvs.players.message import close, request, say, say_all
from webenvs.records import FAILURES, Info, Observation, Seat, Task

_ORDER = "Read {url} and report the answer."


class _Gold:
    """The task, told at reset because the players below declare that they read it."""

    def __init__(self) -> None:
        self.task = Task(question="", answers=())

    def answer(self) -> str:
        """The gold answer as a player would write it; the members of a set joined by "; "."""
        answers = self.task.answers
        return "; ".join(answers) if self.task.answer_type == "set" else answers[0]

    def urls(self) -> tuple[str, ...]:
        """The first alternative of the evidence."""
        return self.task.evidence[0] if self.task.evidence else ()


class OracleResearcher:
    """Opens the evidence, page by page, and closes with the gold answer."""

    reads_gold = True

    def __init__(self) -> None:
        self._gold = _Gold()

    def reset(self, seat: Seat) -> None:
        """Take the seat and the task."""
        self._gold.task = seat.task or self._gold.task

    def __call__(self, observation: Observation, info: Info) -> Mapping[str, Any]:
        """Fetch the next page of the evidence (again if it failed); then close."""
        told = [url for url in self._gold.urls() if url in request(info)]
        urls = told or list(self._gold.urls())
        opened = sum("(page 1 of" in entry["content"] for entry in info["messages"])
        failed = any(status in FAILURES for status in info["statuses"])
        if not info["closing"] and opened < len(urls) and (failed or observation["turn"] < 20):
            return say("fetch", url=urls[opened])
        return close(info, self._gold.answer())


class OraclePlanner:
    """Sends one worker to each page of the evidence, all at once, and answers the gold."""

    reads_gold = True

    def __init__(self) -> None:
        self._gold = _Gold()

    def reset(self, seat: Seat) -> None:
        """Take the seat and the task."""
        self._gold.task = seat.task or self._gold.task

    def __call__(self, observation: Observation, info: Info) -> Mapping[str, Any]:
        """Delegate every page at the first turn; answer at the second."""
        urls = self._gold.urls()[: info["budget"].get("workers", 1)]
        if observation["turn"] == 0 and urls and not info["closing"]:
            return say_all(tuple(("delegate", {"task": _ORDER.format(url=url)}) for url in urls))
        return close(info, self._gold.answer())
