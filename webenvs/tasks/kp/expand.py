"""Expansion: a leaf constant becomes a variable that a sub-question describes.

The facts of the sub-question are drawn by the key, or given: a language model may propose them,
for the same acceptance decides.
"""

from collections.abc import Sequence

from webenvs import seeding
from webenvs.corpora.knowledge import Fact, Knowledge, Value
from webenvs.errors import QueryError
from webenvs.tasks.kp.case import Case, RuleSettings, listed
from webenvs.tasks.kp.edits import (
    DEFAULT_LIMITS,
    Leaf,
    Limits,
    Rejection,
    Standing,
    constant_at,
    fresh_variable,
    is_single,
    leaked,
    leaves,
    standing_of,
    with_atoms,
    with_term,
)
from webenvs.tasks.kp.query import NAMED, Query
from webenvs.tasks.kp.structure_rules import no_idle_atom
from webenvs.tasks.kp.subquestions import (
    Clue,
    atoms_of,
    clue_of,
    clues_about,
    fitting,
    lax_clues,
    neighbours,
    spare,
    strict_clues,
)


def expand_strict(
    knowledge: Knowledge,
    query: Query,
    leaf: Leaf,
    facts: Sequence[Fact] = (),
    *,
    standing: Standing | None = None,
    limits: Limits = DEFAULT_LIMITS,
    key: Sequence[object] = (),
) -> Query | Rejection:
    """The constant as a variable that facts about it describe alone; the answer is kept (law L9).

    Accepted if the sub-question's only value is the constant (V2), no fact can be spared (V7), each
    is stated on a page (V3), and no constant names a gold value (V9).
    """
    clues = _clues(knowledge, query, leaf, facts, standing, limits, key)
    if isinstance(clues, Rejection):
        return clues
    value = constant_at(query, leaf).members[0]
    chosen = clues if facts else strict_clues(clues, limits, *key)
    if not chosen:
        return Rejection("V2", f"No {limits.facts} facts describe {value!r} and nothing else.")
    if fitting(chosen) != {value}:
        others = ", ".join(sorted(map(str, fitting(chosen) - {value})))
        return Rejection("V2", f"The sub-question for {value!r} is also answered by {others}.")
    return _described(knowledge, query, leaf, chosen)


def expand_literal(
    knowledge: Knowledge,
    query: Query,
    leaf: Leaf,
    facts: Sequence[Fact] = (),
    *,
    standing: Standing | None = None,
    limits: Limits = DEFAULT_LIMITS,
    key: Sequence[object] = (),
) -> Query | Rejection:
    """A year, date or number as a variable: that of an event which carries the same literal.

    Accepted as a strict expansion is; refused (V11) if the constant is an entity.
    """
    value = constant_at(query, leaf).members[0]
    if not _is_literal(knowledge, query, leaf):
        return Rejection("V11", f"{value!r} is no year, date or number.")
    return expand_strict(knowledge, query, leaf, facts, standing=standing, limits=limits, key=key)


def expand_lax(
    knowledge: Knowledge,
    query: Query,
    leaf: Leaf,
    facts: Sequence[Fact] = (),
    *,
    standing: Standing | None = None,
    limits: Limits = DEFAULT_LIMITS,
    key: Sequence[object] = (),
) -> Query | Rejection:
    """The constant as a variable that facts describe among 2 to `limits.lax` values.

    The answer can only grow (law L10). Accepted if it did not (V14), no fact can be spared, and all
    atoms are still needed (V7).
    """
    standing = standing or standing_of(knowledge, query)
    clues = _clues(knowledge, query, leaf, facts, standing, limits, key)
    if isinstance(clues, Rejection):
        return clues
    value = constant_at(query, leaf).members[0]
    options = [tuple(clues)] if facts else list(lax_clues(clues, limits))[: limits.tries]
    refusal = Rejection("V2", f"No facts describe {value!r} among 2 to {limits.lax} values.")
    for chosen in options:
        if not 2 <= len(fitting(chosen)) <= limits.lax:
            return refusal
        grown = _described(knowledge, query, leaf, chosen)
        if isinstance(grown, Query):
            grown = kept(knowledge, grown, standing.answer, limits.cap)
        if isinstance(grown, Query):
            return grown
        refusal = grown
    return refusal


def kept(
    knowledge: Knowledge, grown: Query, answer: Sequence[Value], cap: int
) -> Query | Rejection:
    """The grown query if its answer is still this one (V14) and it needs all its atoms (V7).

    Refused too if more than `cap` intermediate assignments would be needed to prove it.
    """
    case = Case(knowledge, grown, RuleSettings(cap=cap))
    try:
        if case.values != answer:
            changed = f"The answer would be {listed(case.values)} instead of {listed(answer)}."
            return Rejection("V14", changed)
        idle = next(iter(no_idle_atom(case)), None)
    except QueryError as error:
        return Rejection("V14", str(error))
    return Rejection(idle.rule, idle.message) if idle else grown


def _clues(
    knowledge: Knowledge,
    query: Query,
    leaf: Leaf,
    facts: Sequence[Fact],
    standing: Standing | None,
    limits: Limits,
    key: Sequence[object],
) -> tuple[Clue, ...] | Rejection:
    """The clues of the facts given, or those to choose from; refused if the leaf cannot grow."""
    constant = constant_at(query, leaf)
    value = constant.members[0]
    if not is_single(query, leaf):
        shown = constant.label or constant.members
        return Rejection("V1", f"{shown!r} is no single value that facts are about.")
    for other in leaves(query):
        if other != leaf and leaked(knowledge, constant_at(query, other), (value,)) is not None:
            return Rejection("V9", f"{value!r} is named by atom {other.place} as well.")
    standing = standing or standing_of(knowledge, query)
    secrets = (*standing.gold.values(), *standing.answer)
    if not facts:
        relation = query.atoms[leaf.place].relation
        linked = _linked(knowledge, query, leaf) if seeding.uniform(*key) < limits.weave else ()
        return tuple(clues_about(knowledge, value, relation, secrets, limits, *key, linked=linked))
    clues = []
    for fact in facts:
        clue = _given_clue(knowledge, fact, value, (*secrets, value))
        if isinstance(clue, Rejection):
            return clue
        clues.append(clue)
    return tuple(clues)


def _linked(knowledge: Knowledge, query: Query, leaf: Leaf) -> frozenset[Value]:
    """The values of the query's other constants, and those that a fact joins to one of them."""
    others = [constant_at(query, other).members for other in leaves(query) if other != leaf]
    named = [members[0] for members in others if len(members) == 1]
    return frozenset(named).union(*(neighbours(knowledge, value) for value in named))


def _given_clue(
    knowledge: Knowledge, fact: Fact, value: Value, secrets: Sequence[Value]
) -> Clue | Rejection:
    """The clue of a fact that was proposed."""
    known = knowledge.facts_from(fact.subject, fact.relation)
    if not any(one.key == fact.key and one.places for one in known):
        return Rejection("V3", f"No page states the fact {fact.key}.")
    clue = clue_of(knowledge, fact, value)
    if clue is None:
        return Rejection("V1", f"The fact {fact.key} is not about {value!r}.")
    secret = leaked(knowledge, clue.given, secrets)
    if secret is not None:
        return Rejection("V9", f"The fact {fact.key} names {secret!r}, which is to be found.")
    return clue


def _described(
    knowledge: Knowledge, query: Query, leaf: Leaf, clues: Sequence[Clue]
) -> Query | Rejection:
    """The query with a variable at the leaf, and the clues about it."""
    useless = spare(clues)
    if useless is not None:
        return Rejection("V7", f"The fact {useless.fact.key} adds nothing to the other facts.")
    variable = fresh_variable(query)
    return with_atoms(with_term(query, leaf, variable), atoms_of(knowledge, clues, variable))


def _is_literal(knowledge: Knowledge, query: Query, leaf: Leaf) -> bool:
    relation = query.atoms[leaf.place].relation
    return (
        relation != NAMED
        and leaf.side == "object"
        and knowledge.relation(relation).kind != "entity"
    )
