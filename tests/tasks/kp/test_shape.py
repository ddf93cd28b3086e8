"""Shapes of queries, their cycles and bridges, and the difficulty vector."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webenvs import seeding
from webenvs.tasks.kp.difficulty import difficulty
from webenvs.tasks.kp.query import Atom, Const, Post, Query, Var, const, variables
from webenvs.tasks.kp.shape import bridges, cycles, shape, topology

G8 = ("T playsFor X", ("X", "foundedIn", 1966), ("X", "isA", "football club"), "T bornIn Y")
FAIR = ("Gala Fair", "heldIn", "Y")
SEEDS = st.integers(0, 100_000)


def renamed(query, *key):
    """The query with other names of variables and its atoms in another order."""
    names = seeding.shuffled(variables(query), *key, "names")
    new = {name: f"V{place}" for place, name in enumerate(names)}

    def term(old):
        return Var(new[old.name]) if isinstance(old, Var) else old

    atoms = [Atom(term(a.subject), a.relation, term(a.object), a.mode) for a in query.atoms]
    return msgspec.structs.replace(
        query,
        atoms=seeding.shuffled(atoms, *key, "atoms"),
        target=new[query.target],
        neqs=tuple((new[other], new[one]) for one, other in query.neqs),
    )


@settings(max_examples=150, deadline=None)
@given(seed=SEEDS, atoms=st.integers(1, 7))
def test_names_and_order_do_not_change_a_shape(random_query, seed, atoms):
    query = random_query(seed, atoms, modes=("dir", "sym"), neqs=True)
    other = renamed(query, seed)
    assert shape(other) == shape(query)
    assert topology(other) == topology(query)
    assert (cycles(other), bridges(other)) == (cycles(query), bridges(query))


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS, atoms=st.integers(1, 6))
def test_turning_an_atom_changes_the_shape_unless_it_is_symmetric(random_query, seed, atoms):
    query = random_query(seed, atoms, tree=True)
    first, *rest = query.atoms
    for mode in ("dir", "sym"):
        there = (Atom(first.subject, first.relation, first.object, mode), *rest)
        back = (Atom(first.object, first.relation, first.subject, mode), *rest)
        one, other = (msgspec.structs.replace(query, atoms=atoms) for atoms in (there, back))
        assert (shape(one) == shape(other)) == (mode == "sym")
        assert topology(one) == topology(other)


def test_other_constants_relations_labels_and_targets_are_other_shapes(ask):
    query = ask(*G8, FAIR)
    others = (
        ask(*G8, ("Rune Fair", "heldIn", "Y")),
        ask(*G8, ("Gala Fair", "openedIn", "Y")),
        ask(*G8, FAIR, target="X"),
        ask(*G8, FAIR, neqs=(("X", "Y"),)),
        ask(*G8, FAIR, post=Post(op="COUNT")),
        msgspec.structs.replace(
            query, atoms=(*query.atoms[:4], Atom(const("Gala Fair", label="x"), "heldIn", Var("Y")))
        ),
    )
    assert len({shape(one) for one in (query, *others)}) == len(others) + 1


def test_what_is_compared_with_is_part_of_the_shape(ask):
    one, other = (
        ask(("B", "openedIn", "T"), post=Post(op="DIFF", other=ask((name, "openedIn", "T"))))
        for name in ("Mira Bridge", "Sel Tower")
    )
    assert shape(one) != shape(other)


def test_a_topology_knows_neither_relations_nor_constants(ask):
    assert topology(ask(*G8, FAIR)) == topology(
        ask("T r X", ("X", "s", 1), (2, "r", "X"), "Y q T", ("Y", "r", 3))
    )


def test_chain_and_star_of_equal_size_are_other_topologies(ask):
    chain = ask("T r X", "X r Y", ("Y", "r", 1))
    star = ask("T r X", "T r Y", ("Y", "r", 1))
    assert topology(chain) != topology(star)
    assert topology(chain) != topology(msgspec.structs.replace(chain, target="X"))


def test_two_triangles_are_no_hexagon_when_constants_tell_them_apart(ask):
    hexagon = ask("T r A", "A r B", "B r C", "C r D", "D r E", "E r T")
    triangles = ask("T r A", "A r B", "B r T", "C r D", "D r E", "E r C", "T r C")
    assert topology(hexagon) != topology(triangles)


@pytest.mark.parametrize(
    ("triples", "rings", "ways"),
    [
        ((("T", "r", 1),), 0, 0),
        (("T r X", "X r Y", ("Y", "r", 1)), 0, 2),
        (("T r X", "T s X"), 1, 0),
        (("T r X", "X r Y", "Y r T", "Y r Z", ("Z", "r", 1)), 1, 1),
        (("T r X", "X r Y", "Y r T", "Y r Z", "Z r W", "W r Y"), 2, 0),
        (("T r X", ("X", "r", 1), ("T", "r", 1)), 0, 1),
    ],
)
def test_cycles_and_bridges_are_counted_between_variables(ask, triples, rings, ways):
    query = ask(*triples)
    assert (cycles(query), bridges(query)) == (rings, ways)


def test_the_difficulty_of_g8(golden, ask):
    assert difficulty(golden, ask(*G8, FAIR), "Which player is it ?") == {
        "atoms": 5.0,
        "variables": 3.0,
        "constants": 3.0,
        "depth": 2.0,
        "essential_reach": 2.0,
        "min_docs": 3.0,
        "branching": 0.0,
        "has_cycle": 0.0,
        "bridges": 2.0,
        "rungs": 0.0,
        "question_words": 5.0,
    }


def test_branching_adds_the_bits_below_each_variable(golden, ask):
    lax = ask("T playsFor X", ("X", "isA", "football club"), ("T", "bornIn", 1990))
    found = difficulty(golden, lax)
    assert found["branching"] == 1.0
    assert found["question_words"] == 0.0


def test_the_chain_g16_is_deep_and_g14_has_a_cycle(golden, ask):
    chain = ask(
        *("T playsFor X", "X homeGround H", "H designedBy D", "D alsoDesigned B"),
        ("B", "openedIn", 1931),
        ("T", "bornIn", 1990),
    )
    found = difficulty(golden, chain)
    assert (found["depth"], found["essential_reach"], found["min_docs"]) == (5.0, 5.0, 5.0)
    assert found["bridges"] == 4.0
    ring = ask(
        *("T playsFor X", ("X", "isA", "football club"), "X homeGround H", "H locatedIn K"),
        "T bornInCity K",
    )
    found = difficulty(golden, ring)
    assert (found["has_cycle"], found["bridges"]) == (1.0, 0.0)


def test_rungs_count_how_far_up_the_ladder_constants_stand(golden):
    def founded(constant):
        atoms = (Atom(Var("T"), "playsFor", Var("X")), Atom(Var("X"), "foundedIn", constant))
        return difficulty(golden, Query(atoms=atoms))["rungs"]

    assert founded(const(1966)) == 0.0
    assert founded(const(1966, label="the 1960s")) == 1.0
    assert founded(Const(members=(1966, 1971), label="the 20th century")) == 2.0
    assert founded(const(1966, 1971, label="some year")) == 1.0


def test_what_is_compared_with_counts_too(golden, ask):
    other = ask(("Jon Falk", "alsoDesigned", "X"), "X openedIn T")
    query = ask(("Mira Bridge", "openedIn", "T"), post=Post(op="DIFF", other=other))
    found = difficulty(golden, query)
    assert (found["atoms"], found["variables"], found["constants"]) == (3.0, 3.0, 2.0)
    assert (found["depth"], found["essential_reach"]) == (2.0, 2.0)
