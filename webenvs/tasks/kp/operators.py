"""The operators that change a query: each returns a new query, or the rule that forbids it.

Expansion, widening and joining work on a leaf constant and keep the answer; `intersect` and `prune`
repair; `post` computes something on top. `LEAF_OPERATORS` are those that a driver may choose from.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from types import MappingProxyType
from typing import Protocol

import msgspec

from webenvs.corpora.knowledge import Fact, Knowledge
from webenvs.errors import unknown_name
from webenvs.tasks.kp.edits import (
    DEFAULT_LIMITS,
    Leaf,
    Limits,
    Rejection,
    Standing,
    constant_at,
    leaves,
    standing_of,
)
from webenvs.tasks.kp.expand import expand_lax, expand_literal, expand_strict
from webenvs.tasks.kp.join import answer_of
from webenvs.tasks.kp.query import Post, PostOp, Query
from webenvs.tasks.kp.repair import attach, intersect, join, prune
from webenvs.tasks.kp.subquestions import clues_about, lax_clues, strict_clues
from webenvs.tasks.kp.widen import widen

__all__ = [
    "LEAF_OPERATORS",
    "Leaf",
    "LeafOperator",
    "Limits",
    "Rejection",
    "Standing",
    "attach",
    "expand_lax",
    "expand_literal",
    "expand_strict",
    "intersect",
    "join",
    "join_any",
    "leaf_operator",
    "leaves",
    "post",
    "prune",
    "widen",
]

_RANKING = ("ARGMIN", "ARGMAX", "COMPARE")
_PAIRED = ("DIFF", "COMPARE", "SAME")


class LeafOperator(Protocol):
    """An operator on a leaf constant that draws what it needs by the key."""

    def __call__(
        self,
        knowledge: Knowledge,
        query: Query,
        leaf: Leaf,
        /,
        *,
        standing: Standing | None = None,
        limits: Limits = DEFAULT_LIMITS,
        key: Sequence[object] = (),
    ) -> Query | Rejection:
        """The changed query, or why there is none."""
        ...


def join_any(
    knowledge: Knowledge,
    query: Query,
    leaf: Leaf,
    *,
    standing: Standing | None = None,
    limits: Limits = DEFAULT_LIMITS,
    key: Sequence[object] = (),
) -> Query | Rejection:
    """`join` with an equal constant of another branch, in the first way that is accepted.

    The shared variable is left bare, or described by facts about it that are drawn by the key.
    """
    constant = constant_at(query, leaf)
    standing = standing or standing_of(knowledge, query)
    refusal = Rejection("V1", f"No other branch names {constant.label or constant.members!r}.")
    for other in leaves(query):
        if other == leaf or constant_at(query, other) != constant:
            continue
        for facts in _descriptions(knowledge, query, leaf, standing, limits, key):
            joined = join(knowledge, query, leaf, other, facts, standing=standing, limits=limits)
            if isinstance(joined, Query):
                return joined
            refusal = joined
    return refusal


def _descriptions(
    knowledge: Knowledge,
    query: Query,
    leaf: Leaf,
    standing: Standing,
    limits: Limits,
    key: Sequence[object],
) -> Iterator[tuple[Fact, ...]]:
    """No facts about the constant, then vague ones, then such as describe it alone."""
    yield ()
    if limits.facts < 1:
        return
    value = constant_at(query, leaf).members[0]
    secrets = (*standing.gold.values(), *standing.answer)
    relation = query.atoms[leaf.place].relation
    clues = tuple(clues_about(knowledge, value, relation, secrets, limits, *key))
    sets = (*islice(lax_clues(clues, limits), limits.tries), strict_clues(clues, limits, *key))
    yield from (tuple(clue.fact for clue in chosen) for chosen in sets if chosen)


def post(
    knowledge: Knowledge,
    query: Query,
    op: PostOp,
    relation: str = "",
    other: Query | None = None,
) -> Query | Rejection:
    """The query with an operation on top of the target's values.

    ARGMIN, ARGMAX and COMPARE rank by `relation`; DIFF, COMPARE and SAME take `other` as
    well. Accepted if the result is one value (V2).
    """
    if op in _RANKING and relation not in knowledge.relations:
        return Rejection("V1", f"{op} ranks by a relation, and {relation!r} is none.")
    if (op in _PAIRED) != (other is not None):
        needed = "needs another query" if op in _PAIRED else "takes no other query"
        return Rejection("V1", f"{op} {needed}.")
    on_top = Post(op=op, relation=relation if op in _RANKING else "", other=other)
    asked = msgspec.structs.replace(query, post=on_top)
    if len(answer_of(knowledge, asked)) != 1:
        return Rejection("V2", f"{op} has no single result: nothing to compare, or a tie.")
    return asked


LEAF_OPERATORS: Mapping[str, LeafOperator] = MappingProxyType(
    {
        "expand_strict": expand_strict,
        "expand_lax": expand_lax,
        "expand_literal": expand_literal,
        "widen": widen,
        "join": join_any,
    }
)


def leaf_operator(name: str) -> LeafOperator:
    """The leaf operator of that name; raises UnknownNameError."""
    if name not in LEAF_OPERATORS:
        raise unknown_name("operator", name, LEAF_OPERATORS)
    return LEAF_OPERATORS[name]
