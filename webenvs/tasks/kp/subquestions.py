"""Sub-questions: sets of facts that describe one value, alone or among a few."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from webenvs import seeding
from webenvs.corpora.knowledge import Fact, Knowledge, Value
from webenvs.tasks.kp.edits import Limits, leaked, sampled
from webenvs.tasks.kp.ladders import Side
from webenvs.tasks.kp.query import Atom, Const, Mode, Var, const

_MOST_NEIGHBOURS = 500
_MOST_LINKS = 8


class Clue(NamedTuple):
    """A fact about a value, and the values that it would fit as well."""

    fact: Fact
    side: Side
    fits: frozenset[Value]

    @property
    def given(self) -> Const:
        """The other end of the fact, which the sub-question names."""
        return const(self.fact.object if self.side == "subject" else self.fact.subject)


def clue_of(knowledge: Knowledge, fact: Fact, value: Value) -> Clue | None:
    """The clue that a fact gives about the value at one of its ends; None if it is at neither."""
    if value not in (fact.subject, fact.object) or fact.subject == fact.object:
        return None
    side: Side = "subject" if fact.subject == value else "object"
    symmetric = knowledge.relation(fact.relation).symmetric
    other = fact.object if side == "subject" else fact.subject
    towards = (fact.subject for fact in knowledge.facts_to(other, fact.relation))
    onwards = (fact.object for fact in knowledge.facts_from(other, fact.relation))
    if symmetric:
        return Clue(fact, side, frozenset((*towards, *onwards)))
    return Clue(fact, side, frozenset(towards if side == "subject" else onwards))


def clues_about(
    knowledge: Knowledge,
    value: Value,
    relation: str,
    secrets: Iterable[Value],
    limits: Limits,
    *key: object,
    linked: Collection[Value] = (),
) -> Iterator[Clue]:
    """Clues about the value at one end of `relation`, in keyed order, each fact looked at once.

    Those that name a `linked` value come first. Of a year, date or number: facts that carry the
    same literal, a number under the same relation. Left out are facts that no page states and those
    that name a secret value.
    """
    hidden = frozenset(secrets)
    about, naming = knowledge.facts_about(value), _naming(knowledge, value, relation)
    facts = (
        *sampled(about, limits.candidates, *key, "about"),
        *sampled(naming, limits.candidates, *key, "naming"),
    )
    wanted = {*linked} - hidden
    linking = [
        fact
        for fact in (*about, *naming[:_MOST_NEIGHBOURS])
        if (fact.object if fact.subject == value else fact.subject) in wanted
    ]
    first = sampled(linking, _MOST_LINKS, *key, "linking")
    for fact in dict.fromkeys((*first, *seeding.shuffled(facts, *key, "order"))):
        clue = clue_of(knowledge, fact, value) if fact.places else None
        if clue is None or hidden & {*clue.given.members}:
            continue
        if leaked(knowledge, clue.given, (*hidden, value)) is None:
            yield clue


def neighbours(knowledge: Knowledge, value: Value) -> frozenset[Value]:
    """The values that a fact joins to this one; of a value that very many facts name, some."""
    objects = (fact.object for fact in knowledge.facts_about(value))
    naming = knowledge.facts_naming(value)[:_MOST_NEIGHBOURS]
    return frozenset((*objects, *(fact.subject for fact in naming)))


def strict_clues(clues: Sequence[Clue], limits: Limits, *key: object) -> tuple[Clue, ...]:
    """Clues that together fit one value only, none of which can be spared; empty if none do."""
    alone = next((clue for clue in clues if len(clue.fits) == 1), None)
    if alone and seeding.uniform(*key, "several") >= limits.several:
        return (alone,)
    vague = [clue for clue in clues if len(clue.fits) > 1]
    for start in range(len(vague)):
        chosen = _narrowed(vague[start:], limits.facts, 1)
        if chosen and len(fitting(chosen)) == 1:
            return chosen
    return (alone,) if alone else ()


def lax_clues(clues: Sequence[Clue], limits: Limits) -> Iterator[tuple[Clue, ...]]:
    """Sets of clues, none to spare, that fit from two to `limits.lax` values."""
    vague = [clue for clue in clues if len(clue.fits) > 1]
    seen: set[frozenset[Fact]] = set()
    for start in range(len(vague)):
        chosen = _narrowed(vague[start:], limits.facts, limits.lax)
        facts = frozenset(clue.fact for clue in chosen)
        if 2 <= len(fitting(chosen)) <= limits.lax and facts not in seen:
            seen.add(facts)
            yield chosen


def fitting(clues: Sequence[Clue]) -> frozenset[Value]:
    """The values that all of the clues fit; none for no clues."""
    return frozenset.intersection(*(clue.fits for clue in clues)) if clues else frozenset()


def spare(clues: Sequence[Clue]) -> Clue | None:
    """The first clue without which the others fit the same values, or None."""
    whole = fitting(clues)
    for place, clue in enumerate(clues):
        rest = [*clues[:place], *clues[place + 1 :]]
        if rest and fitting(rest) == whole:
            return clue
    return None


def atoms_of(knowledge: Knowledge, clues: Iterable[Clue], variable: Var) -> tuple[Atom, ...]:
    """The atoms by which clues describe a variable."""
    return tuple(atom_of(knowledge, clue, variable) for clue in clues)


def atom_of(knowledge: Knowledge, clue: Clue, variable: Var) -> Atom:
    """The atom by which a clue describes a variable."""
    name = clue.fact.relation
    mode: Mode = "sym" if knowledge.relation(name).symmetric else "dir"
    if clue.side == "subject":
        return Atom(variable, name, clue.given, mode)
    return Atom(clue.given, name, variable, mode)


def _naming(knowledge: Knowledge, value: Value, relation: str) -> Sequence[Fact]:
    """The facts whose object is the value, as `relation` has it: a year is no number."""
    facts = knowledge.facts_naming(value)
    if value in knowledge.entities:
        return facts
    kind = knowledge.relation(relation).kind
    if kind == "number":
        return [fact for fact in facts if fact.relation == relation]
    return [fact for fact in facts if knowledge.relations[fact.relation].kind == kind]


def _narrowed(clues: Sequence[Clue], most: int, enough: int) -> tuple[Clue, ...]:
    """Clues that fit at most `enough` values, or as few as `most` of them leave; none to spare.

    The first is taken; then the first that leaves few enough, else the first that leaves fewer.
    """
    chosen = list(clues[:1])
    left = fitting(chosen)
    while len(left) > enough and len(chosen) < most:
        narrower = [clue for clue in clues if len(left & clue.fits) < len(left)]
        if not narrower:
            break
        last = (clue for clue in narrower if len(left & clue.fits) <= enough)
        chosen.append(next(last, narrower[0]))
        left &= chosen[-1].fits
    while (useless := spare(chosen)) is not None:
        chosen.remove(useless)
    return tuple(chosen)
