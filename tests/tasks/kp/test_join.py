"""The join against brute force, and every error and detail of evaluation."""

import itertools

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webenvs.corpora.knowledge import Entity, Fact, Knowledge, Relation
from webenvs.errors import QueryError, UnknownNameError
from webenvs.tasks.kp.join import answer_of, assignments, below, facts_of, values_of
from webenvs.tasks.kp.post import computed
from webenvs.tasks.kp.query import Atom, Const, Post, Query, Var, const, variables

seeds = st.integers(0, 10**6)


def brute_force(knowledge, query):
    """All assignments, by trying every value for every variable."""
    stated = {(fact.subject, fact.relation, fact.object) for fact in knowledge.facts}
    domain = {end for fact in knowledge.facts for end in (fact.subject, fact.object)}
    names = variables(query)
    found = []
    for values in itertools.product(sorted(domain, key=str), repeat=len(names)):
        bound = dict(zip(names, values, strict=True))
        if all(_is_true(stated, atom, bound) for atom in query.atoms) and all(
            bound[one] != bound[other] for one, other in query.neqs
        ):
            found.append(bound)
    return found


def _is_true(stated, atom, bound):
    ends = [
        end.members if isinstance(end, Const) else (bound[end.name],)
        for end in (atom.subject, atom.object)
    ]
    return any(
        (one, atom.relation, other) in stated
        or (atom.mode == "sym" and (other, atom.relation, one) in stated)
        for one in ends[0]
        for other in ends[1]
    )


def _key(assignment):
    return sorted((name, str(value)) for name, value in assignment.items())


@settings(max_examples=250)
@given(seeds, seeds, st.integers(1, 5), st.booleans(), st.booleans())
def test_the_join_agrees_with_brute_force(small_world, random_query, seed, other, atoms, tree, neq):
    world = small_world(seed)
    query = random_query(other, atoms, tree=tree, modes=("dir", "sym"), neqs=neq)
    expected = brute_force(world, query)
    found = list(assignments(world, query))
    assert sorted(found, key=_key) == sorted(expected, key=_key)
    assert set(values_of(world, query)) == {bound["T"] for bound in expected}


@settings(max_examples=60)
@given(seeds, seeds)
def test_given_values_select_among_the_assignments(small_world, random_query, seed, other):
    world = small_world(seed)
    query = random_query(other, 4, neqs=True)
    every = list(assignments(world, query))
    for value in values_of(world, query):
        chosen = list(assignments(world, query, given={"T": value}))
        assert sorted(chosen, key=_key) == sorted(
            (found for found in every if found["T"] == value), key=_key
        )
    assert not list(assignments(world, query, given={"T": "nobody"}))


def test_a_query_has_one_result_whatever_the_order_of_its_atoms(golden, ask):
    rows = ["T playsFor X", ("X", "foundedIn", 1966), "X homeGround H", "H locatedIn K"]
    results = {
        tuple(values_of(golden, ask(*order, "T bornInCity K")))
        for order in itertools.permutations(rows)
    }
    assert results == {("Ada Brandt", "Cem Dahl", "Dora Eide")}


def test_assignments_come_in_a_fixed_order(golden, ask):
    query = ask("T playsFor X", "T bornIn Y")
    found = [(row["T"], row["X"], row["Y"]) for row in assignments(golden, query)]
    assert found == [
        ("Ada Brandt", "FC Norla", 1990),
        ("Bela Korr", "FC Norla", 1991),
        ("Cem Dahl", "SV Ostra", 1990),
        ("Dora Eide", "FC Norla", 1988),
    ]


def test_an_inequality_keeps_two_variables_of_a_cycle_apart(golden, ask):
    rows = ("T playsFor X", "S playsFor X")
    together = ask(*rows)
    apart = ask(*rows, neqs=[("S", "T")])
    assert len(values_of(golden, together)) == 4
    assert values_of(golden, apart) == ("Ada Brandt", "Bela Korr", "Dora Eide")
    assert values_of(golden, ask(*rows, neqs=[("T", "T")])) == ()


def test_inequalities_count_for_values_given_beforehand(golden, ask):
    query = ask("T playsFor X", "S playsFor X", neqs=[("S", "T")])
    assert not list(assignments(golden, query, given={"T": "Bela Korr", "S": "Bela Korr"}))
    assert list(assignments(golden, query, given={"T": "Bela Korr", "S": "Ada Brandt"}))


def test_symmetric_atoms_hold_either_way(ask):
    mentors = Knowledge(
        [Entity(id=name, name=name, type="person") for name in ("Ines", "Jon", "Vera")],
        [Relation(name="mentored", domain="person", range="person")],
        [],
        [
            Fact(subject="Ines", relation="mentored", object="Jon"),
            Fact(subject="Jon", relation="mentored", object="Vera"),
        ],
        None,
        "mentors",
    )
    assert values_of(mentors, ask("T mentored Jon", mode="sym")) == ("Ines", "Vera")
    assert values_of(mentors, ask("T mentored Jon")) == ("Ines",)
    assert values_of(mentors, ask("Jon mentored T")) == ("Vera",)
    atom = Atom(Var(name="T"), "mentored", const("Jon"), "sym")
    assert [fact.key[0] for fact in facts_of(mentors, atom, {"T": "Vera"})] == ["Jon"]


def test_names_given_in_a_question_are_known_whatever_their_case(golden, ask):
    query = ask(("X", "named", "fc NORLA"), "T playsFor X")
    assert values_of(golden, query) == ("Ada Brandt", "Bela Korr", "Dora Eide")
    atom = query.atoms[0]
    assert [fact.object for fact in facts_of(golden, atom, {"X": "FC Norla"})] == ["FC Norla"]


def test_names_can_be_asked_for_and_shared(golden, ask):
    assert values_of(golden, ask(("Kelm", "named", "T"))) == ("Kelm",)
    assert values_of(golden, ask("X named T", "X locatedIn Kelm")) == ("Hohen Park", "Linden Hall")
    same = ask("X named T", "Y named T", ("X", "heldIn", 1990))
    assert values_of(golden, same) == ("Gala Fair",)
    assert values_of(golden, ask("T named X", ("T", "heldIn", (1988, 1990)))) == (
        "Gala Fair",
        "Rune Fair",
    )
    assert values_of(golden, ask((1990, "named", "T"))) == ()
    assert values_of(golden, ask(("T", "named", 1990))) == ()
    assert len(values_of(golden, ask("T named X"))) == len(golden.entities)


def test_a_variable_in_no_atom_is_an_error_that_names_it(golden, ask):
    with pytest.raises(QueryError, match=r"variable 'T' of the query is unbound.*add an atom"):
        values_of(golden, ask(("X", "bornIn", 1990)))
    with pytest.raises(QueryError, match="variable 'N' of the query is unbound"):
        values_of(golden, ask(("T", "bornIn", 1990), neqs=[("T", "N")]))


def test_an_empty_constant_is_an_error_that_names_its_atom(golden):
    query = Query(atoms=(Atom(Var(name="T"), "bornIn", Const(members=())),))
    with pytest.raises(QueryError, match=r"\[T, bornIn, \] has no members: give at least one"):
        values_of(golden, query)


def test_an_unknown_relation_is_an_error_with_the_nearest_name(golden, ask):
    with pytest.raises(UnknownNameError, match=r"'bornInn' in 'golden'. Did you mean 'bornIn'"):
        values_of(golden, ask(("T", "bornInn", 1990)))


def test_past_the_cap_the_evaluation_stops_with_the_atom_and_the_way_out(golden, ask):
    query = ask("T playsFor X", "T bornIn Y")
    assert len(values_of(golden, query, cap=30)) == 4
    with pytest.raises(QueryError, match=r"cap = 3 .*\[T, playsFor, X\].*raise the cap"):
        values_of(golden, query, cap=3)
    with pytest.raises(QueryError, match="cap = 3 "):
        list(assignments(golden, query, cap=3))


def test_atoms_of_constants_alone_hold_or_end_the_query(golden, ask):
    born = ("T", "bornIn", 1991)
    assert values_of(golden, ask(born, ("Hohen Park", "locatedIn", "Kelm"))) == ("Bela Korr",)
    assert values_of(golden, ask(born, ("Hohen Park", "locatedIn", "Sund"))) == ()


def test_an_atom_from_a_variable_to_itself_holds_of_loops(ask):
    loops = Knowledge(
        [Entity(id=name, name=name, type="page") for name in "pq"],
        [Relation(name="links", domain="page", range="page", functional=False)],
        [],
        [
            Fact(subject="p", relation="links", object="p"),
            Fact(subject="p", relation="links", object="q"),
        ],
        None,
        "loops",
    )
    assert values_of(loops, ask("T links T")) == ("p",)
    assert values_of(loops, ask("T links T", ("q", "links", "T"))) == ()


def test_below_uses_only_what_hangs_from_the_variable(golden, ask):
    query = ask("T playsFor X", ("X", "isA", "football club"), "X homeGround H", "H locatedIn K")
    cyclic = msgspec.structs.replace(
        query, atoms=(*query.atoms, Atom(Var(name="T"), "bornInCity", Var(name="K")))
    )
    assert below(golden, query, "X") == ("FC Norla", "TS Velm")
    assert below(golden, query, "H") == ("Hohen Park", "Linden Hall", "Velm Field")
    assert below(golden, query, "T") == values_of(golden, query)
    assert below(golden, cyclic, "T") == ("Ada Brandt", "Dora Eide")
    assert below(golden, cyclic, "X") == ("FC Norla", "TS Velm")


def test_a_variable_with_nothing_below_takes_every_end_of_its_relations(golden, ask):
    query = ask(("T", "isA", "trade fair"), "T heldIn Y")
    assert below(golden, query, "Y") == (1988, 1990)
    joined = ask("T playsFor X", "X homeGround H", "H locatedIn K", "T bornInCity K")
    assert below(golden, joined, "H") == ("Hohen Park", "Linden Hall", "Velm Field")


def test_below_an_unknown_variable_is_an_error(golden, ask):
    with pytest.raises(UnknownNameError, match="no variable 'Z' connected to the target"):
        below(golden, ask(("T", "bornIn", 1990)), "Z")


def test_facts_of_an_atom_are_those_of_all_its_members(golden, ask):
    atom = Atom(Var(name="T"), "playedIn", const(2004, 2005))
    facts = facts_of(golden, atom, {"T": "Ada Brandt"})
    assert [fact.object for fact in facts] == [2004, 2005]
    assert facts_of(golden, atom, {"T": "Dora Eide"}) == ()
    with pytest.raises(QueryError, match=r"variable 'T' of the atom \[T, playedIn, 2004_2005\]"):
        facts_of(golden, atom, {})


@pytest.mark.parametrize(
    ("values", "op", "found"),
    [
        ((), "COUNT", (0,)),
        (("a", "b"), "COUNT", (2,)),
        ((1931, 1929), "MIN", (1929,)),
        ((1931, 1929), "MAX", (1931,)),
        (("2001-02-03", "1999-12-31"), "MIN", ("1999-12-31",)),
        ((1931, "1999-12-31"), "MIN", ()),
        (("Ada Brandt",), "MAX", ()),
        ((), "MAX", ()),
        (("Ada Brandt", "Bela Korr", "Dora Eide"), "ARGMIN", ("Dora Eide",)),
        (("Ada Brandt", "Bela Korr", "Dora Eide"), "ARGMAX", ("Bela Korr",)),
        (("Ada Brandt", "Cem Dahl"), "ARGMAX", ()),
        (("Ada Brandt", "Kelm"), "ARGMAX", ()),
    ],
)
def test_what_is_computed_of_a_set(golden, values, op, found):
    assert computed(golden, Post(op=op, relation="bornIn"), values) == found


def test_members_with_several_objects_are_not_ranked(golden):
    post = Post(op="ARGMAX", relation="playedIn")
    assert computed(golden, post, ("Ada Brandt", "Dora Eide")) == ()


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        ((1931,), (1929,), (2,)),
        (("2000-03-01",), ("2000-02-28",), (2,)),
        ((1931, 1932), (1929,), ()),
        ((1931,), (), ()),
        ((1931,), ("2000-03-01",), ()),
        (("Kelm",), (1929,), ()),
    ],
)
def test_differences(golden, one, other, found):
    assert computed(golden, Post(op="DIFF"), one, other) == found


def test_comparisons_name_the_lesser_and_ties_nobody(golden):
    post = Post(op="COMPARE", relation="bornIn")
    assert computed(golden, post, ("Ada Brandt",), ("Dora Eide",)) == ("Dora Eide",)
    assert computed(golden, post, ("Ada Brandt",), ("Cem Dahl",)) == ()


def test_ranks_count_from_the_extreme_and_ties_name_nobody(golden):
    players = ("Ada Brandt", "Bela Korr", "Cem Dahl", "Dora Eide")
    found = [
        computed(golden, Post(op="ARGMAX", relation="bornIn", rank=rank), players)
        for rank in (0, 1, 2, 4, 5)
    ]
    assert found == [(), ("Bela Korr",), (), ("Dora Eide",), ()]


def test_sameness_is_yes_or_no(golden):
    assert computed(golden, Post(op="SAME"), (1966,), (1966,)) == ("yes",)
    assert computed(golden, Post(op="SAME"), (1966,), (1971,)) == ("no",)
    assert computed(golden, Post(op="SAME"), (1966, 1971), (1971,)) == ()


def test_the_other_query_of_a_difference_is_evaluated(golden, ask):
    other = ask(("Gala Fair", "heldIn", "T"))
    apart = ask(("Rune Fair", "heldIn", "T"), post=Post(op="DIFF", other=other))
    assert answer_of(golden, apart) == (2,)
