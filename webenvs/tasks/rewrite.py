"""Definite descriptions, and rewriting by them: the E2HQA of WebDancer (arXiv 2505.22648, 2.1).

A question starts from a named thing. Each rewrite replaces the most salient name by what only that
thing fulfils, which names another thing; the answer stays, and the number of rewrites is the number
of steps added.
"""

from collections.abc import Collection, Iterator, Sequence
from itertools import combinations

import msgspec

from webenvs.corpora.knowledge import Entity, Fact, Knowledge, Value, plain
from webenvs.errors import QueryError, bad_setting
from webenvs.records import Record
from webenvs.tasks.kp.edits import Leaf, constant_at, fresh_variable, leaves, with_term
from webenvs.tasks.kp.join import answer_of, assignments
from webenvs.tasks.kp.query import NAMED, Atom, Const, Query, Term, Var, const
from webenvs.tasks.kp.sufficient import essential_reach
from webenvs.tasks.salience import Gold, by_salience, salience

LONGEST_DESCRIPTION = 3
"""The most facts that describe one thing."""
_MOST_FACTS = 16
"""Of the facts about a thing, and of those that name it, so many are looked at."""


class Rewrite(Record, frozen=True, kw_only=True):
    """One rewrite: the name that went, the thing it meant, and the facts that describe it now."""

    name: str
    entity: str
    facts: tuple[Fact, ...]


class Rewritten(Record, frozen=True, kw_only=True):
    """A question rewritten step by step: Q0 with its names apart, Q1, ...; and what was done."""

    questions: tuple[Query, ...]
    rewrites: tuple[Rewrite, ...] = ()

    @property
    def query(self) -> Query:
        """The last question."""
        return self.questions[-1]


def rewrite(knowledge: Knowledge, query: Query, n: int) -> Rewritten:
    """`query` rewritten at most n times; fewer if no name is left that facts describe.

    Each time the most salient thing is taken that has a unique description: the smallest one, then
    the least salient, then the first in the order of facts. What `named_apart` can name by a clue
    is named so. Raises SettingError for a negative n, QueryError
    for a query without exactly one answer.
    """
    if n < 0:
        raise bad_setting("n", n, "0 or more")
    answer = answer_of(knowledge, query)
    if len(answer) != 1:
        raise QueryError(f"The query to rewrite has {len(answer)} answers; it must have one.")
    questions = [named_apart(knowledge, query)]
    rewrites: list[Rewrite] = []
    while len(rewrites) < n:
        step = next(_rewrites(knowledge, questions[-1], answer), None)
        if step is None:
            break
        questions.append(step[0])
        rewrites.append(step[1])
    return Rewritten(questions=tuple(questions), rewrites=tuple(rewrites))


def named_apart(knowledge: Knowledge, query: Query) -> Query:
    """`query` with each entity constant as a variable with its name as a clue.

    Things without a page, and those that share their name with others, stay constants.
    """
    for leaf in sorted(leaves(query)):
        entity = _page_entity(knowledge, query, leaf)
        if entity is not None:
            return named_apart(knowledge, _with_name_apart(query, entity))
    return query


def _with_name_apart(query: Query, entity: Entity) -> Query:
    """`query` with a new variable wherever it holds the entity, its name told where it is first."""
    thing = fresh_variable(query)
    atoms: list[Atom] = []
    for atom in query.atoms:
        ends = [thing if _is_given(end, entity) else end for end in (atom.subject, atom.object)]
        if atom.relation == NAMED or thing not in ends:
            atoms.append(atom)
            continue
        clue = Atom(thing, NAMED, const(entity.name))
        atoms.append(msgspec.structs.replace(atom, subject=ends[0], object=ends[1]))
        atoms += [] if clue in atoms else [clue]
    return msgspec.structs.replace(query, atoms=tuple(atoms))


def described(query: Query, leaf: Leaf, entity: str, facts: Sequence[Fact]) -> Query:
    """`query` with the constant at a leaf replaced by facts about the thing that it means.

    A naming clue goes, and its variable is described instead; any other constant becomes a new
    variable. The far ends of the facts become constants.
    """
    atom = query.atoms[leaf.place]
    is_name = atom.relation == NAMED and isinstance(atom.subject, Var)
    thing = atom.subject if is_name else fresh_variable(query)
    kept = () if is_name else (with_term(query, leaf, thing).atoms[leaf.place],)
    told = (_clue(fact, entity, thing) for fact in facts)
    atoms = (*query.atoms[: leaf.place], *kept, *told, *query.atoms[leaf.place + 1 :])
    return msgspec.structs.replace(query, atoms=atoms)


def descriptions(
    knowledge: Knowledge,
    entity: str,
    taken: Collection[Value] = (),
    most: int = 1,
    longest: int = LONGEST_DESCRIPTION,
) -> Iterator[tuple[Fact, ...]]:
    """Sets of facts that at most `most` things fulfil, the thing `entity` among them.

    The smallest come first, then the least salient, then those first in the order of facts; none
    contains another. Facts whose far end is in `taken`, has a name shared with others, or tells the
    thing's own name are left out.
    """
    around = _facts_around(knowledge, entity)
    facts = [fact for fact in around if _may_tell(knowledge, fact, entity, taken)]
    alike = {fact: _fulfilling(knowledge, fact, entity) for fact in facts}
    bits = {fact: bits_of(knowledge, fact, entity) for fact in facts}
    enough: list[frozenset[Fact]] = []
    for size in range(1, longest + 1):
        found = []
        for chosen in combinations(facts, size):
            inside = frozenset(chosen)
            if any(smaller <= inside for smaller in enough):
                continue
            if len(frozenset.intersection(*(alike[fact] for fact in chosen))) <= most:
                found.append((round(sum(bits[fact] for fact in chosen), 9), chosen))
        enough += [frozenset(chosen) for _, chosen in found]
        found.sort(key=lambda one: (one[0], [fact.key for fact in one[1]]))
        yield from (chosen for _, chosen in found)


def named_thing(knowledge: Knowledge, query: Query, leaf: Leaf, gold: Gold) -> str | None:
    """The entity that the constant at a leaf means, if it names one entity."""
    atom, members = query.atoms[leaf.place], constant_at(query, leaf).members
    if atom.relation == NAMED:
        return str(gold[atom.subject.name]) if isinstance(atom.subject, Var) else None
    is_entity = leaf.side == "subject" or knowledge.relation(atom.relation).kind == "entity"
    return str(members[0]) if is_entity and len(members) == 1 else None


def bits_of(knowledge: Knowledge, fact: Fact, entity: str) -> float:
    """The salience of a fact as a clue to the thing."""
    return salience(knowledge, _clue(fact, entity, Var("X")), {"X": entity})


def _rewrites(
    knowledge: Knowledge, query: Query, answer: Sequence[Value]
) -> Iterator[tuple[Query, Rewrite]]:
    """Every rewrite that keeps the answer and does not bring it nearer, the one to take first."""
    reach = essential_reach(knowledge, query)
    gold = next(iter(assignments(knowledge, query)))
    order = by_salience(knowledge, query, gold)
    for leaf in sorted(leaves(query), key=lambda leaf: order.index(leaf.place)):
        entity = named_thing(knowledge, query, leaf, gold)
        if entity is None:
            continue
        for facts in descriptions(knowledge, entity, {*gold.values(), *answer}):
            found = named_apart(knowledge, described(query, leaf, entity, facts))
            same = answer_of(knowledge, found) == tuple(answer)
            if same and essential_reach(knowledge, found) >= reach:
                name = knowledge.entities[entity].name
                yield found, Rewrite(name=name, entity=entity, facts=facts)


def _page_entity(knowledge: Knowledge, query: Query, leaf: Leaf) -> Entity | None:
    """The entity with a page and a name of its own that the constant at a leaf means, if any."""
    relation = query.atoms[leaf.place].relation
    members = constant_at(query, leaf).members
    if relation == NAMED or len(members) > 1:
        return None
    is_entity = leaf.side == "subject" or knowledge.relation(relation).kind == "entity"
    entity = knowledge.entities.get(str(members[0])) if is_entity else None
    if entity is None or not entity.url:
        return None
    return entity if knowledge.bearers(entity.name) == (entity.id,) else None


def _is_given(term: Term, entity: Entity) -> bool:
    return isinstance(term, Const) and term.members == (entity.id,)


def _facts_around(knowledge: Knowledge, entity: str) -> list[Fact]:
    """The first facts about a thing and those that name it, in the order of facts."""
    naming = [
        fact
        for fact in knowledge.facts_naming(entity)[:_MOST_FACTS]
        if knowledge.relation(fact.relation).kind == "entity"
    ]
    facts = [*knowledge.facts_about(entity)[:_MOST_FACTS], *naming]
    return sorted((fact for fact in facts if fact.places), key=lambda fact: fact.key)


def _may_tell(knowledge: Knowledge, fact: Fact, entity: str, taken: Collection[Value]) -> bool:
    """Whether a fact may describe a thing: its far end is clear, new, and not named after it."""
    end = fact.object if fact.subject == entity else fact.subject
    if end == entity or end in taken:
        return False
    far = knowledge.entities.get(str(end))
    if far is None or (end == fact.object and knowledge.relation(fact.relation).kind != "entity"):
        return True
    own = knowledge.entities[entity].names
    leaks = any(plain(name) in plain(far.name) for name in own)
    return not leaks and knowledge.bearers(far.name) == (far.id,)


def _fulfilling(knowledge: Knowledge, fact: Fact, entity: str) -> frozenset[Value]:
    """What could stand at the thing's end of the fact."""
    if fact.subject == entity:
        return frozenset(one.subject for one in knowledge.facts_to(fact.object, fact.relation))
    return frozenset(one.object for one in knowledge.facts_from(fact.subject, fact.relation))


def _clue(fact: Fact, entity: str, thing: Term) -> Atom:
    """A fact as a condition on the thing at one of its ends."""
    if fact.subject == entity:
        return Atom(thing, fact.relation, const(fact.object))
    return Atom(const(fact.subject), fact.relation, thing)
