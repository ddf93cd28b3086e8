"""What sets of tasks share: questions, chains of facts, sets of pages."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from itertools import combinations

from webenvs.records import Record, Task


class Overlap(Record, frozen=True, kw_only=True):
    """How many tasks of `one` have their question, answer chain or evidence in `other` too."""

    one: str
    other: str
    questions: int
    chains: int
    evidence: int


def overlaps(sets: Mapping[str, Sequence[Task]]) -> list[Overlap]:
    """The overlap of every pair of sets."""
    return [
        Overlap(
            one=one,
            other=other,
            questions=_shared(sets[one], sets[other], _question),
            chains=_shared(sets[one], sets[other], _chain),
            evidence=_shared(sets[one], sets[other], _evidence),
        )
        for one, other in combinations(sets, 2)
    ]


def _shared(tasks: Sequence[Task], others: Sequence[Task], what: Callable[[Task], Hashable]) -> int:
    known = {what(task) for task in others} - {()}
    return sum(what(task) in known for task in tasks)


def _question(task: Task) -> str:
    return task.question


def _chain(task: Task) -> Hashable:
    """The facts of the task, whatever their order, and its answers; empty if it names none."""
    facts = tuple(sorted(hop.fact for hop in task.hops))
    return (facts, task.answers) if facts else ()


def _evidence(task: Task) -> Hashable:
    return task.evidence[0] if task.evidence else ()
