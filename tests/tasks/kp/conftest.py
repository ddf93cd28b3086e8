"""The golden world, a short notation for queries, and small random worlds with random queries."""

import pytest

from webenvs import seeding
from webenvs.corpora.corpus import MemoryCorpus
from webenvs.corpora.knowledge import Entity, EntityWords, Fact, Knowledge, Place, Relation
from webenvs.records import Page
from webenvs.tasks.kp.edits import Rejection, constant_at, leaves
from webenvs.tasks.kp.query import Atom, Query, Var, const
from webenvs.tasks.kp.wording import question_of
from webenvs.testing.golden_world import golden_world


@pytest.fixture(scope="session")
def golden():
    """The golden world."""
    return golden_world()


@pytest.fixture(scope="session")
def ask():
    """ask("T playsFor X", ("X", "foundedIn", 1966), ...) -> Query.

    A single capital letter is a variable, a tuple a constant of several members.
    """
    return _ask


def _ask(*triples, target="T", neqs=(), post=None, mode="dir"):
    rows = [triple.split() if isinstance(triple, str) else triple for triple in triples]
    atoms = tuple(Atom(_term(a), relation, _term(b), mode) for a, relation, b in rows)
    return Query(atoms=atoms, target=target, neqs=tuple(neqs), post=post)


def _term(end):
    if isinstance(end, str) and len(end) == 1 and end.isupper():
        return Var(name=end)
    return const(*end) if isinstance(end, tuple) else const(end)


@pytest.fixture(scope="session")
def small_world():
    """small_world(seed, facts) -> Knowledge of five things, three relations and a year relation."""
    return _small_world


THINGS = ("a", "b", "c", "d", "e")
RELATIONS = ("r", "s", "f")
YEARS = (1900, 1901, 1902)


def _small_world(seed, facts=14):
    stated = {}
    for turn in range(facts):
        relation = seeding.choice((*RELATIONS, "y"), seed, turn, "relation")
        subject = seeding.choice(THINGS, seed, turn, "subject")
        objects = YEARS if relation == "y" else THINGS
        value = seeding.choice(objects, seed, turn, "object")
        if relation == "f" and any(key[:2] == (subject, "f") for key in stated):
            continue
        pages = seeding.shuffled(THINGS, seed, turn, "page")[: 1 + seeding.integer(2, seed, turn)]
        stated[subject, relation, value] = tuple(Place(f"https://small.example/{p}") for p in pages)
    return Knowledge(
        [Entity(id=name, name=name.upper(), type="thing") for name in THINGS],
        [
            Relation(name="r", domain="thing", range="thing", functional=False),
            Relation(name="s", domain="thing", range="thing", functional=False),
            Relation(name="f", domain="thing", range="thing"),
            Relation(name="y", domain="thing", range="year", functional=False),
        ],
        [EntityWords(name="thing", noun="thing", plural="things")],
        [Fact(subject=s, relation=r, object=o, places=p) for (s, r, o), p in stated.items()],
        MemoryCorpus([Page(url=f"https://small.example/{p}", title=p, text=p) for p in THINGS]),
        f"small-{seed}",
    )


@pytest.fixture(scope="session")
def random_query():
    """random_query(seed, atoms, tree) -> Query over the relations of the small world."""
    return _random_query


def _random_query(seed, atoms=4, *, tree=False, modes=("dir",), neqs=False):
    names = ["T"]
    made = []
    for turn in range(atoms):
        near = Var(name=seeding.choice(names, seed, turn, "near"))
        far = _far(names, tree, seed, turn)
        relation = seeding.choice((*RELATIONS, "y"), seed, turn, "relation")
        ends = (near, far) if seeding.integer(2, seed, turn, "way") else (far, near)
        mode = seeding.choice(modes, seed, turn, "mode")
        made.append(Atom(ends[0], relation, ends[1], mode))
    pairs = ()
    if neqs and len(names) > 1:
        pairs = ((names[0], names[-1]), (names[-1], names[-2]))[: 1 + seeding.integer(2, seed)]
    return Query(atoms=tuple(made), target="T", neqs=pairs)


def _far(names, tree, *key):
    """The other end of an atom: a new variable, a constant, or (not on trees) a known variable."""
    kind = seeding.integer(3 if tree else 4, *key, "kind")
    if kind == 0 and len(names) < 4:
        names.append("XYZ"[len(names) - 1])
        return Var(name=names[-1])
    if kind == 3:
        return Var(name=seeding.choice(names, *key, "far"))
    values = seeding.shuffled((*THINGS, *YEARS), *key, "values")
    return const(*values[: 1 + seeding.integer(3, *key, "members")])


@pytest.fixture(scope="session")
def forms():
    """The different questions of a query under many keys."""
    return _forms


def _forms(knowledge, query, number=60, **settings):
    """The different questions of a query under many keys."""
    return {question_of(knowledge, query, key, **settings) for key in range(number)}


@pytest.fixture(scope="session")
def stated():
    """The facts of the knowledge with these ends."""
    return _stated


def _stated(knowledge, *triples):
    """The facts of the knowledge with these ends."""
    found = []
    for subject, relation, value in triples:
        found += [f for f in knowledge.facts_from(subject, relation) if f.object == value]
    assert len(found) == len(triples)
    return tuple(found)


@pytest.fixture(scope="session")
def leaf_of():
    """Where a value stands in a query."""
    return _leaf_of


def _leaf_of(query, value):
    """Where a value stands in a query."""
    return next(leaf for leaf in leaves(query) if constant_at(query, leaf).members == (value,))


@pytest.fixture(scope="session")
def refused():
    """Whether an operator refused by that rule, saying so."""
    return _refused


def _refused(outcome, rule, words=""):
    """Whether an operator refused by that rule, saying so."""
    return isinstance(outcome, Rejection) and outcome.rule == rule and words in outcome.message
