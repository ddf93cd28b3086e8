"""Proofs over a world's facts: queries and their join, and the rules that a question must keep.

Rule ids are those of the KP algebra: V1 every variable is bound, V2 one answer, V3 stated on pages,
V7 each fact is needed, V8 no page holds two facts, V9 no name leaks into the question, V15 a short
answer. Uniqueness is closed-world: it holds for the facts of this world and no other.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, product

from webenvs.corpora.knowledge import Fact, Knowledge, Value, plain
from webenvs.records import Record

LONGEST_ANSWER = 60
Assignment = Mapping[str, Value]
"""Variables and their values."""


class Atom(Record, frozen=True, array_like=True):
    """One condition: a relation between two terms; a term is a value, or a variable as in "?1"."""

    subject: str
    relation: str
    object: Value


class Query(Record, frozen=True, kw_only=True):
    """All atoms must hold; the answer is the value of the target variable."""

    atoms: tuple[Atom, ...]
    target: str


class Step(Record, frozen=True, kw_only=True):
    """One hop of a walk: the fact it uses, read forward (to its object) or back (to its subject).

    `needs` are the places of the steps whose findings it starts from: none for a named start.
    """

    fact: Fact
    forward: bool
    needs: tuple[int, ...] = ()

    @property
    def known(self) -> Value:
        """The end it starts from."""
        return self.fact.subject if self.forward else self.fact.object

    @property
    def found(self) -> Value:
        """The end it leads to."""
        return self.fact.object if self.forward else self.fact.subject


def is_variable(term: Value) -> bool:
    """Whether the term is a variable."""
    return isinstance(term, str) and term.startswith("?")


def assignments(world: Knowledge, query: Query) -> Iterator[Assignment]:
    """Every assignment of the variables under which all atoms hold: a directed join.

    Atoms are taken in order, those with a bound end first; each must share a variable or hold a
    value. Raises ValueError for an atom that nothing binds.
    """
    yield from _extend(world, query.atoms, {})


def _extend(
    world: Knowledge, atoms: tuple[Atom, ...], bound: dict[str, Value]
) -> Iterator[Assignment]:
    if not atoms:
        yield bound
        return
    place = next((place for place, atom in enumerate(atoms) if _bound_ends(atom, bound)), None)
    if place is None:
        raise ValueError(f"Nothing binds the atoms {atoms!r}.")
    atom, rest = atoms[place], (*atoms[:place], *atoms[place + 1 :])
    subject, value = _resolved(atom.subject, bound), _resolved(atom.object, bound)
    if is_variable(subject):
        facts = world.facts_to(value, atom.relation)
    else:
        facts = world.facts_from(subject, atom.relation)
    for fact in facts:
        if not is_variable(value) and fact.object != value:
            continue
        found = {atom.subject: fact.subject, atom.object: fact.object}
        news = {str(term): found[term] for term in found if is_variable(term)}
        yield from _extend(world, rest, {**bound, **news})


def _resolved(term: Value, bound: Mapping[str, Value]) -> Value:
    return bound.get(term, term) if isinstance(term, str) else term


def _bound_ends(atom: Atom, bound: Mapping[str, Value]) -> bool:
    """Whether one end of the atom is a value by now."""
    ends = (_resolved(atom.subject, bound), _resolved(atom.object, bound))
    return not all(is_variable(end) for end in ends)


def query_of(steps: Sequence[Step]) -> Query:
    """The query that a walk asks: a variable for each thing it finds, values only at its start."""
    variables: dict[int, str] = {}
    atoms = []
    for place, step in enumerate(steps):
        known: Value = variables[step.needs[0]] if step.needs else step.known
        twin = next((other for other in range(place) if steps[other].found == step.found), None)
        variables[place] = f"?{place + 1}" if twin is None else variables[twin]
        subject, value = (known, variables[place]) if step.forward else (variables[place], known)
        atoms.append(Atom(str(subject), step.fact.relation, value))
    return Query(atoms=tuple(atoms), target=variables[len(steps) - 1])


def steps_of(world: Knowledge, query: Query, found: Assignment) -> list[Step]:
    """The walk behind a query, given what its variables stand for: the inverse of `query_of`."""
    finders: dict[Value, tuple[int, ...]] = {}
    steps = []
    for place, atom in enumerate(query.atoms):
        forward = is_variable(atom.object) and atom.object not in finders
        known, sought = (atom.subject, atom.object) if forward else (atom.object, atom.subject)
        value = _resolved(atom.object, found)
        facts = world.facts_from(_resolved(atom.subject, found), atom.relation)
        fact = next(fact for fact in facts if fact.object == value)
        steps.append(Step(fact=fact, forward=forward, needs=finders.get(known, ())))
        finders[sought] = (*finders.get(sought, ()), place)
    return steps


def alternatives(steps: Sequence[Step]) -> tuple[tuple[str, ...], ...]:
    """Every choice of one page a fact: the sets of pages that suffice."""
    return tuple(product(*(step.fact.urls for step in steps)))


def flaw(world: Knowledge, steps: Sequence[Step]) -> str | None:
    """The first rule that the walk breaks, whatever its wording; None if it keeps them all."""
    if any(not step.fact.urls for step in steps):
        return "V3: a fact stands on no page"
    if any(set(one.fact.urls) & set(other.fact.urls) for one, other in combinations(steps, 2)):
        return "V8: one page holds two of the facts"
    answer = spellings(world, steps[-1])
    if len(answer[0]) > LONGEST_ANSWER:
        return "V15: the answer is too long"
    if any(world.bearers(name) != (steps[-1].found,) for name in answer if _named(steps[-1])):
        return "V2: several things bear the name of the answer"
    if len(_first_two(assignments(world, query_of(steps)))) != 1:
        return "V2: the facts leave more than one reading"
    if any(_forks(world, steps, place) for place in range(len(steps))):
        return "V2: a hop on the way has several ends"
    if any(_spoiled(world, steps, place) for place in range(len(steps))):
        return "V8: a page of an earlier hop already shows what a later hop finds"
    return _needless(world, steps)


def leak(world: Knowledge, question: str, steps: Sequence[Step]) -> str | None:
    """The first name of something to be found that stands in the question (V9), or None."""
    words = plain(question)
    names = (name for step in steps for name in spellings(world, step))
    return next((name for name in names if plain(name) in words), None)


def spellings(world: Knowledge, step: Step) -> tuple[str, ...]:
    """How what the step finds is written, the usual spelling first."""
    if step.forward:
        return world.spellings(step.fact.object, step.fact.relation)
    return world.entities[step.fact.subject].names


def _named(step: Step) -> bool:
    """Whether the step finds an entity."""
    return isinstance(step.found, str)


def _first_two(found: Iterator[Assignment]) -> list[Assignment]:
    return [assignment for _, assignment in zip(range(2), found, strict=False)]


def _forks(world: Knowledge, steps: Sequence[Step], place: int) -> bool:
    """Whether step `place` leads to several things, although no other step meets it there."""
    step = steps[place]
    if sum(other.found == step.found for other in steps) > 1:
        return False
    if step.forward:
        return len(world.facts_from(step.fact.subject, step.fact.relation)) > 1
    return len(world.facts_to(step.fact.object, step.fact.relation)) > 1


def _spoiled(world: Knowledge, steps: Sequence[Step], place: int) -> bool:
    """Whether a page of a step that leads to step `place` shows what that step finds.

    Pages of a step are those that state its fact and the article of what it starts from.
    """
    pages: set[str] = set()
    open_steps = list(steps[place].needs)
    while open_steps:
        step = steps[open_steps.pop()]
        open_steps += step.needs
        pages.update(step.fact.urls)
        if isinstance(step.known, str):
            pages.add(world.entities[step.known].url)
    names = [plain(name) for name in spellings(world, steps[place])]
    return any(name in world.page_words(url) for url in pages for name in names)


def _needless(world: Knowledge, steps: Sequence[Step]) -> str | None:
    """V7: of two facts that meet in one thing, neither may find it alone."""
    for one, other in combinations(range(len(steps)), 2):
        if steps[one].found != steps[other].found:
            continue
        for place in (one, other):
            if len(_first_two(assignments(world, query_of([steps[place]])))) < 2:
                return "V7: one fact alone decides"
    return None
