"""A player that knows the chain of facts behind a question and walks it as a good agent would.

It searches, reads, delegates and reports through the same tools as everybody, so its transcripts
are demonstrations. It is told the chain, not what the web will answer: it goes on only when it has
read what it looked for, and tries again where it has not.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from webenvs.players.message import close, request, say, tool_names
from webenvs.records import Info, Observation, Seat, Task

_TRIES = 3
"""Times a step is tried before the guide closes without its finding."""


class Step(NamedTuple):
    """One fact of the chain: what is known, what is asked of it, what is found."""

    known: str
    label: str
    found: str


class Guide:
    """Researcher, planner and worker for questions about fact sheets."""

    reads_gold = True

    def __init__(self) -> None:
        self._chain: tuple[Step, ...] = ()

    def reset(self, seat: Seat) -> None:
        """Take the seat, and the chain of the task."""
        self._chain = chain_of(seat.task) if seat.task is not None else ()

    def __call__(self, observation: Observation, info: Info) -> Mapping[str, Any]:
        """The next message: a call for the first step not yet read of, or the closing one."""
        steps = self._asked(request(info))
        done, tries = _progress(info["messages"], steps)
        if done == len(steps):
            return close(info, steps[-1].found if steps else "")
        if info["closing"] or tries == _TRIES:
            return close(info, "")
        step = steps[done]
        if "delegate" in tool_names(info):
            return say("delegate", task=words(steps[done : done + 1]))
        return say("search", query=f"{step.known} {step.label}")

    def _asked(self, asked: str) -> Sequence[Step]:
        """The part of the chain that a request asks for; the whole chain for the question."""
        size = len(self._chain)
        parts = [self._chain[i:j] for i in range(size) for j in range(i + 1, size + 1)]
        return next((part for part in parts if words(part) == asked), self._chain)


def chain_of(task: Task) -> tuple[Step, ...]:
    """The steps that lead to the answer, in the order in which they are walked."""
    return tuple(Step(*row) for row in task.meta.get("chain", ()))


def words(steps: Sequence[Step]) -> str:
    """What the steps find, as a question asks for it: the river of the birthplace of X."""
    text = steps[0].known
    for step in steps:
        text = f"the {step.label} of {text}"
    return text


def _progress(messages: Sequence[Mapping[str, Any]], steps: Sequence[Step]) -> tuple[int, int]:
    """How many steps have been read of, and how often the next one was tried in vain."""
    done = tries = 0
    said = False
    for entry in messages:
        if entry["role"] == "assistant":
            said = True
        elif said and done < len(steps):
            said = False
            found = steps[done].found in entry["content"]
            done, tries = (done + 1, 0) if found else (done, tries + 1)
    return done, tries
