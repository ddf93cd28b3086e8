"""What is computed from the values of a query's target: counts, extremes, differences."""

import re
from collections.abc import Sequence
from datetime import date

from webenvs.corpora.knowledge import Knowledge, Value
from webenvs.tasks.kp.query import Post

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def computed(
    knowledge: Knowledge, post: Post, values: Sequence[Value], other: Sequence[Value] = ()
) -> tuple[Value, ...]:
    """The result of a post-operation over the target's values; empty if undefined or tied.

    MIN, MAX and DIFF need numbers, years or dates, and DIFF of dates counts days. ARGMIN, ARGMAX
    and COMPARE need exactly one such object under the relation for every member: what is not known
    cannot be ranked. DIFF, COMPARE and SAME need exactly one value, and one in `other`.
    """
    if post.op == "COUNT":
        return (len(values),)
    if post.op in ("MIN", "MAX"):
        return _extreme([(value, value) for value in values], post.op == "MAX")
    if post.op in ("ARGMIN", "ARGMAX"):
        return _extreme(_measured(knowledge, post.relation, values), post.op == "ARGMAX", post.rank)
    if len(values) != 1 or len(other) != 1:
        return ()
    if post.op == "SAME":
        return ("yes" if values[0] == other[0] else "no",)
    if post.op == "COMPARE":
        return _extreme(_measured(knowledge, post.relation, (*values, *other)), False)
    return _difference(values[0], other[0])


def _measured(
    knowledge: Knowledge, relation: str, members: Sequence[Value]
) -> list[tuple[Value | None, Value]]:
    """Each member behind its only object under the relation; None if it has none or several."""
    pairs: list[tuple[Value | None, Value]] = []
    for member in members:
        objects = {fact.object for fact in knowledge.facts_from(member, relation)}
        pairs.append((objects.pop() if len(objects) == 1 else None, member))
    return pairs


def _extreme(
    pairs: Sequence[tuple[Value | None, Value]], greatest: bool, rank: int = 1
) -> tuple[Value, ...]:
    """The value whose measure, the first of its pair, is least or greatest, or comes at `rank`.

    Empty if another one has the same measure.
    """
    measures = [_measure(measure) for measure, _ in pairs]
    ranked = [measure for measure in measures if measure is not None]
    known = len(ranked) == len(pairs) and len({kind for kind, _ in ranked}) == 1
    if not known or not 1 <= rank <= len(ranked):
        return ()
    best = sorted(ranked, reverse=greatest)[rank - 1]
    found = {value for (_, value), measure in zip(pairs, ranked, strict=True) if measure == best}
    return tuple(found) if len(found) == 1 else ()


def _difference(one: Value, other: Value) -> tuple[Value, ...]:
    """How far two numbers, years or dates lie apart."""
    first, second = _measure(one), _measure(other)
    if first is None or second is None or first[0] != second[0]:
        return ()
    return (abs(first[1] - second[1]),)


def _measure(value: Value | None) -> tuple[str, int] | None:
    """A number or year as it is, a date as the number of its day; None for anything else."""
    if isinstance(value, int):
        return ("number", value)
    if isinstance(value, str) and _DATE.fullmatch(value):
        return ("date", date.fromisoformat(value).toordinal())
    return None
