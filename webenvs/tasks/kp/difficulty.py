"""The difficulty of a query as a vector: how large, how deep, how branched, how vague."""

from math import log2

from webenvs.corpora.knowledge import Knowledge
from webenvs.tasks.kp.edits import constant_at, leaves
from webenvs.tasks.kp.evaluator import DEFAULT_CAP
from webenvs.tasks.kp.join import below
from webenvs.tasks.kp.query import Query, variables
from webenvs.tasks.kp.shape import bridges, cycles
from webenvs.tasks.kp.sufficient import document_cover, essential_reach, minimal_sets, reach
from webenvs.tasks.kp.widen import ladder_at, rung_of


def difficulty(
    knowledge: Knowledge, query: Query, question: str = "", cap: int = DEFAULT_CAP
) -> dict[str, float]:
    """The difficulty vector of a query, that of what it is compared with included.

    `atoms`, `variables`, `constants`: how many. `depth`: edges from the target to the farthest
    constant. `essential_reach`: the same for the shallowest part that suffices. `min_docs`: the
    fewest pages that prove the answer. `branching`: the sum over variables of log2 of the number of
    values below it, the bits a solver has to find. `has_cycle`: 1 if some variables form a cycle.
    `bridges`: atoms between variables that are the only way across. `rungs`: how many rungs the
    constants were widened. `question_words`: words of the question.
    """
    minimal = minimal_sets(knowledge, query, cap)
    parts = _parts(query)
    return {
        "atoms": float(sum(len(part.atoms) for part in parts)),
        "variables": float(sum(len(variables(part)) for part in parts)),
        "constants": float(sum(len(leaves(part)) for part in parts)),
        "depth": float(max(reach(part) for part in parts)),
        "essential_reach": float(essential_reach(knowledge, query, cap, minimal)),
        "min_docs": float(len(document_cover(knowledge, query, cap, minimal))),
        "branching": round(sum(_branching(knowledge, part, cap) for part in parts), 6),
        "has_cycle": float(any(cycles(part) for part in parts)),
        "bridges": float(sum(bridges(part) for part in parts)),
        "rungs": float(sum(_rungs(knowledge, part) for part in parts)),
        "question_words": float(len(question.split())),
    }


def _parts(query: Query) -> list[Query]:
    """The query, and the one that it is compared with."""
    other = query.post.other if query.post else None
    return [query, *_parts(other)] if other else [query]


def _branching(knowledge: Knowledge, query: Query, cap: int) -> float:
    counts = [len(below(knowledge, query, name, cap)) for name in variables(query)]
    return sum(log2(count) for count in counts if count)


def _rungs(knowledge: Knowledge, query: Query) -> int:
    """How many rungs up their ladders the constants stand, all together."""
    return sum(
        rung_of(ladder_at(knowledge, query, leaf), constant_at(query, leaf))
        for leaf in leaves(query)
        if constant_at(query, leaf).label
    )
