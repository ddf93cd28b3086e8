"""Widening: a constant gives way to a vaguer one, an R-union of values that includes it."""

from collections.abc import Iterator, Sequence

from webenvs import seeding
from webenvs.corpora.knowledge import Knowledge
from webenvs.tasks.kp.edits import (
    DEFAULT_LIMITS,
    Leaf,
    Limits,
    Rejection,
    Standing,
    constant_at,
    leaked,
    standing_of,
    with_term,
)
from webenvs.tasks.kp.expand import kept
from webenvs.tasks.kp.ladders import merges, rungs
from webenvs.tasks.kp.query import Const, Query


def widen(
    knowledge: Knowledge,
    query: Query,
    leaf: Leaf,
    wider: Const | None = None,
    *,
    standing: Standing | None = None,
    limits: Limits = DEFAULT_LIMITS,
    key: Sequence[object] = (),
) -> Query | Rejection:
    """The query with the next rung of the constant's ladder, or with `wider`, in its place.

    Without a ladder, the entities that share an attribute with it are tried in keyed order. The
    answer can only grow (law L2). Accepted if it did not (V14), the wider set includes the old one
    and names no gold value (V9), and all atoms are still needed (V7).
    """
    standing = standing or standing_of(knowledge, query)
    old = constant_at(query, leaf)
    secrets = (*standing.gold.values(), *standing.answer)
    options = [wider] if wider else _wider(knowledge, query, leaf, key)
    refusal = Rejection("V2", f"Nothing is wider than {old.label or old.members!r}.")
    for option in list(options)[: limits.tries]:
        if not set(old.members) <= set(option.members):
            return Rejection("V1", f"{option.label!r} does not include all of {old.members!r}.")
        secret = leaked(knowledge, option, secrets)
        if secret is not None:
            refusal = Rejection("V9", f"{option.label!r} names {secret!r}, which is to be found.")
            continue
        grown = kept(knowledge, with_term(query, leaf, option), standing.answer, limits.cap)
        if isinstance(grown, Query):
            return grown
        refusal = grown
    return refusal


def ladder_at(knowledge: Knowledge, query: Query, leaf: Leaf) -> tuple[Const, ...]:
    """The ladder that the constant at a leaf stands on or below; empty if it is on none."""
    constant = constant_at(query, leaf)
    relation = query.atoms[leaf.place].relation
    for member in constant.members:
        ladder = rungs(knowledge, relation, member, leaf.side)
        if not constant.label or constant.label in [rung.label for rung in ladder]:
            return ladder
    return ()


def rung_of(ladder: Sequence[Const], constant: Const) -> int:
    """How many rungs up its ladder a constant stands: 0 below the first, 1 if merged."""
    labels = [rung.label for rung in ladder]
    return labels.index(constant.label) + 1 if constant.label in labels else bool(constant.label)


def _wider(
    knowledge: Knowledge, query: Query, leaf: Leaf, key: Sequence[object]
) -> Iterator[Const]:
    """The next rung above the constant; for a single value without a ladder, the merged sets."""
    old = constant_at(query, leaf)
    ladder = ladder_at(knowledge, query, leaf)
    yield from ladder[rung_of(ladder, old) :][:1]
    if not ladder and not old.label:
        relation = query.atoms[leaf.place].relation
        merged = merges(knowledge, relation, old.members[0], leaf.side)
        yield from seeding.shuffled(merged, *key, "merge")
