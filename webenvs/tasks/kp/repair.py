"""Repairs and cross-links: add a fact about a variable, drop an atom, close a cycle."""

from collections.abc import Sequence

import msgspec

from webenvs.corpora.knowledge import Fact, Knowledge, Value
from webenvs.tasks.kp.edges import atom_text
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
    standing_of,
    variable_beside,
    with_atoms,
    with_term,
)
from webenvs.tasks.kp.expand import kept
from webenvs.tasks.kp.join import assignments
from webenvs.tasks.kp.necessity import is_needed, without
from webenvs.tasks.kp.query import Query, Var, variables, variables_of
from webenvs.tasks.kp.shape import cycles
from webenvs.tasks.kp.subquestions import atom_of, clue_of


def intersect(
    knowledge: Knowledge, query: Query, variable: str, fact: Fact, *, keep: Value | None = None
) -> Query | Rejection:
    """The query with a fact about a variable's gold value, which narrows what the variable can be.

    `keep` is the answer to keep; by default the first of the target's values. Accepted if it is
    kept (V14), the other end is no constant (V4), and the atom is needed (V7): for a query with
    several answers it is a step towards one.
    """
    standing = _standing(knowledge, query, keep)
    if isinstance(standing, Rejection):
        return standing
    grown = attach(knowledge, query, variable, fact, standing=standing)
    if isinstance(grown, Rejection):
        return grown
    if not is_needed(knowledge, grown, len(query.atoms)):
        return Rejection("V7", f"The atom {atom_text(grown.atoms[-1])} narrows nothing.")
    return grown


def attach(
    knowledge: Knowledge, query: Query, node: str | Leaf, fact: Fact, *, standing: Standing
) -> Query | Rejection:
    """The query with a true fact about a variable or, as random growth has it, about a constant.

    An atom about a constant joins two constants, which rule V4 forbids and this does not. Accepted
    if the fact is about the node's gold value (V1), a page states it (V3), the query does not hold
    it yet, and it does not name what is to be found (V9).
    """
    value = standing.gold[node] if isinstance(node, str) else constant_at(query, node).members[0]
    clue = clue_of(knowledge, fact, value)
    if clue is None:
        return Rejection("V1", f"The fact {fact.key} is not about {value!r}.")
    if not fact.places:
        return Rejection("V3", f"No page states the fact {fact.key}.")
    atom = atom_of(knowledge, clue, Var(node if isinstance(node, str) else ""))
    if isinstance(node, Leaf):
        term = constant_at(query, node)
        ends = (term, atom.object) if clue.side == "subject" else (atom.subject, term)
        atom = type(atom)(ends[0], atom.relation, ends[1], atom.mode)
    if atom in query.atoms:
        return Rejection("V7", f"The query holds {atom_text(atom)} already.")
    secret = leaked(knowledge, clue.given, (*standing.gold.values(), *standing.answer))
    if secret is not None:
        return Rejection("V9", f"The fact {fact.key} names {secret!r}, which is to be found.")
    return with_atoms(query, (atom,))


def prune(knowledge: Knowledge, query: Query, place: int) -> Query | Rejection:
    """The query without a redundant atom.

    Accepted if the answer (V14) and the values below the atom's own variable stay the same, and
    nothing else is cut off from the target (V1).
    """
    atom = query.atoms[place]
    rest = without(query, place)
    if (
        not rest.atoms
        or len(rest.atoms) < len(query.atoms) - 1
        or {*variables(rest)} != {*variables(query)}
    ):
        return Rejection("V1", f"Without {atom_text(atom)} the query falls apart.")
    if is_needed(knowledge, query, place):
        return Rejection("V14", f"The atom {atom_text(atom)} is needed.")
    return rest


def join(
    knowledge: Knowledge,
    query: Query,
    one: Leaf,
    other: Leaf,
    facts: Sequence[Fact] = (),
    *,
    standing: Standing | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Query | Rejection:
    """The query with one shared variable for two equal constants of different branches: a cycle.

    `facts` describe the shared variable. Variables of one type on a common cycle get an inequality,
    lest they take the same value. Accepted if the answer is kept (V14) and all atoms are needed
    (V7). After WebSailor-V2 (arXiv 2509.13305).
    """
    standing = standing or standing_of(knowledge, query)
    constant = constant_at(query, one)
    if one == other or constant_at(query, other) != constant:
        return Rejection("V1", f"The two ends are not the same constant {constant.members!r}.")
    if not is_single(query, one) or not is_single(query, other):
        shown = constant.label or constant.members
        return Rejection("V1", f"{shown!r} is no single value that facts are about.")
    if variable_beside(query, one) == variable_beside(query, other):
        return Rejection("V1", "Both constants stand beside the same variable: no cycle arises.")
    shared = fresh_variable(query)
    gold = {**standing.gold, shared.name: constant.members[0]}
    joined = with_term(with_term(query, one, shared), other, shared)
    known = Standing(answer=standing.answer, gold=gold)
    for fact in facts:
        attached = attach(knowledge, joined, shared.name, fact, standing=known)
        if isinstance(attached, Rejection):
            return attached
        joined = attached
    apart = _apart(knowledge, joined, gold)
    if isinstance(apart, Rejection):
        return apart
    neqs = tuple(dict.fromkeys((*query.neqs, *apart)))
    return kept(knowledge, msgspec.structs.replace(joined, neqs=neqs), standing.answer, limits.cap)


def _apart(
    knowledge: Knowledge, query: Query, gold: dict[str, Value]
) -> tuple[tuple[str, str], ...] | Rejection:
    """The pairs of variables of one type on a common cycle, whose values must differ."""
    on_cycles = [name for name in variables(query) if cycles(_cut_off(query, name)) < cycles(query)]
    pairs = []
    for place, one in enumerate(on_cycles):
        for other in on_cycles[place + 1 :]:
            if _type_of(knowledge, gold[one]) != _type_of(knowledge, gold[other]):
                continue
            if gold[one] == gold[other]:
                return Rejection("V1", f"{one} and {other} of the cycle are both {gold[one]!r}.")
            pairs.append((one, other))
    return tuple(pairs)


def _cut_off(query: Query, name: str) -> Query:
    """The query without the atoms of a variable."""
    atoms = tuple(atom for atom in query.atoms if name not in variables_of(atom))
    return msgspec.structs.replace(query, atoms=atoms)


def _type_of(knowledge: Knowledge, value: Value) -> str:
    entity = knowledge.entities.get(value) if isinstance(value, str) else None
    return entity.type if entity else type(value).__name__


def _standing(knowledge: Knowledge, query: Query, keep: Value | None) -> Standing | Rejection:
    """What the query stands for with the answer `keep`."""
    if keep is None:
        return standing_of(knowledge, query)
    gold = next(assignments(knowledge, query, given={query.target: keep}), None)
    if gold is None:
        return Rejection("V14", f"{keep!r} is no answer of the query.")
    return Standing(answer=(keep,), gold=dict(gold))
