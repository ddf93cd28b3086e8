"""Relations as edges between values, the naming of entities included: what a join walks along."""

from collections.abc import Iterable, Iterator, Sequence

from webenvs.corpora.knowledge import Fact, Knowledge, Place, Value, plain
from webenvs.errors import unknown_name
from webenvs.tasks.kp.query import NAMED, Atom, Const, Term


def check_relation(knowledge: Knowledge, relation: str) -> None:
    """Raise UnknownNameError unless the knowledge has that relation, or it is the naming one."""
    if relation != NAMED and relation not in knowledge.relations:
        allowed = [*knowledge.relations, NAMED]
        raise unknown_name("relation", relation, allowed, f"in {knowledge.name!r}")


def edges_from(knowledge: Knowledge, subject: Value, relation: str) -> Sequence[Fact]:
    """The facts of that subject and relation, in order; of NAMED one a name."""
    if relation != NAMED:
        return knowledge.facts_from(subject, relation)
    entity = knowledge.entities.get(subject) if isinstance(subject, str) else None
    if entity is None:
        return ()
    return [_naming(knowledge, entity.id, name) for name in dict.fromkeys(entity.names)]


def edges_to(knowledge: Knowledge, value: Value, relation: str) -> Sequence[Fact]:
    """The facts of that relation with exactly that object, in order; of NAMED those of bearers."""
    if relation != NAMED:
        return knowledge.facts_to(value, relation)
    if not isinstance(value, str):
        return ()
    bearers = dict.fromkeys(knowledge.bearers(value))
    facts = (fact for bearer in bearers for fact in edges_from(knowledge, bearer, NAMED))
    return [fact for fact in facts if fact.object == value]


def edges_between(
    knowledge: Knowledge, subject: Value, relation: str, value: Value
) -> Sequence[Fact]:
    """The facts of that relation from `subject` to `value`, in order."""
    facts = edges_from(knowledge, subject, relation)
    return [fact for fact in facts if fact.object == value]


def given_values(knowledge: Knowledge, atom: Atom, constant: Const) -> tuple[Value, ...]:
    """The values that a constant of the atom stands for, sorted by their text.

    A name stands for all its spellings, whatever their case, as readers take it.
    """
    if atom.relation != NAMED or constant is not atom.object:
        return constant.members
    spelled: set[Value] = set()
    for name in (str(member) for member in constant.members):
        names = (
            borne for one in knowledge.bearers(name) for borne in knowledge.entities[one].names
        )
        spelled.update(borne for borne in names if plain(borne) == plain(name))
    return tuple(sorted(spelled, key=sort_key))


def all_edges(knowledge: Knowledge, relation: str) -> Iterator[Fact]:
    """All facts of the relation, in order."""
    if relation != NAMED:
        yield from knowledge.facts_of(relation)
        return
    for entity in knowledge.entities:
        yield from edges_from(knowledge, entity, NAMED)


def count_of(knowledge: Knowledge, relation: str) -> int:
    """How many facts the relation has; of NAMED, how many entities there are."""
    return len(knowledge.entities) if relation == NAMED else len(knowledge.facts_of(relation))


def reached(
    knowledge: Knowledge, atom: Atom, end: int, given: Sequence[Value] | None
) -> set[Value]:
    """What stands at `end` (0 subject, 1 object) of the atom's facts with `given` at the other.

    None stands for anything; an atom from a variable to itself then holds of loops alone.
    """
    found: set[Value] = set()
    for side in (end, 1 - end) if atom.mode == "sym" else (end,):
        facts: Iterable[Fact]
        if given is None:
            facts = all_edges(knowledge, atom.relation)
            if atom.subject == atom.object:
                facts = (fact for fact in facts if fact.subject == fact.object)
        else:
            edges = edges_to if side == 0 else edges_from
            facts = (fact for one in given for fact in edges(knowledge, one, atom.relation))
        found.update(fact.subject if side == 0 else fact.object for fact in facts)
    return found


def sort_key(value: Value) -> tuple[str, bool]:
    """The order of values: by their text."""
    return (str(value), isinstance(value, str))


def atom_text(atom: Atom) -> str:
    """The atom as messages write it: [T, playsFor, 'FC Norla']."""
    return f"[{_term_text(atom.subject)}, {atom.relation}, {_term_text(atom.object)}]"


def _term_text(term: Term) -> str:
    if not isinstance(term, Const):
        return term.name
    return repr(term.label) if term.label else "_".join(repr(value) for value in term.members)


def _naming(knowledge: Knowledge, entity: str, name: str) -> Fact:
    """The fact that an entity bears a name: its own page says so, if it has one."""
    url = knowledge.entities[entity].url
    places = (Place(url),) if url else ()
    return Fact(subject=entity, relation=NAMED, object=name, places=places)
