"""Operators on queries: the growths and refusals of the golden world, and the laws L9 and L10."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webenvs.corpora.knowledge import Fact
from webenvs.errors import QueryError, UnknownNameError
from webenvs.tasks.kp import operators
from webenvs.tasks.kp.edits import (
    Limits,
    constant_at,
    fresh_variable,
    leaves,
    sampled,
    standing_of,
    variable_beside,
    with_atoms,
    with_term,
)
from webenvs.tasks.kp.join import values_of
from webenvs.tasks.kp.necessity import is_needed
from webenvs.tasks.kp.operators import (
    Leaf,
    attach,
    expand_lax,
    expand_literal,
    expand_strict,
    intersect,
    join_any,
    widen,
)
from webenvs.tasks.kp.query import Query, Var, variables_of
from webenvs.tasks.kp.rules import RuleSettings, check
from webenvs.tasks.kp.shape import shape
from webenvs.tasks.kp.subquestions import atoms_of, clues_about, fitting, lax_clues

ADA, BELA, DORA = "Ada Brandt", "Bela Korr", "Dora Eide"
NORLA, PARK = "FC Norla", "Hohen Park"
G6 = (("T", "playsFor", NORLA), ("T", "bornIn", 1990))
G7 = ("T playsFor X", ("X", "foundedIn", 1966), ("X", "isA", "football club"), G6[1])
G8 = (*G7[:3], "T bornIn Y", ("Gala Fair", "heldIn", "Y"))
CHAIN = (
    *("T playsFor X", "X homeGround H", "H designedBy D", "D alsoDesigned B"),
    ("B", "openedIn", 1931),
)


def broken(knowledge, query):
    return [f.rule for f in check(knowledge, query, RuleSettings(strict_shortcut=True))]


def grown(outcome):
    assert isinstance(outcome, Query), outcome
    return outcome


def test_strict_and_literal_expansion_grow_g6_to_g7_and_g8(golden, ask, stated, leaf_of):
    q1 = ask(*G6)
    club = stated(golden, (NORLA, "foundedIn", 1966), (NORLA, "isA", "football club"))
    q2 = grown(expand_strict(golden, q1, leaf_of(q1, NORLA), club))
    assert shape(q2) == shape(ask(*G7))
    assert broken(golden, q2) == ["V5"]
    fair = stated(golden, ("Gala Fair", "heldIn", 1990))
    q3 = grown(expand_literal(golden, q2, leaf_of(q2, 1990), fair))
    assert shape(q3) == shape(ask(*G8))
    assert broken(golden, q3) == []
    assert values_of(golden, q3) == (ADA,)


def test_a_chain_of_strict_expansions_is_g16(golden, ask, stated, leaf_of):
    query = ask(*G6)
    for value, fact in (
        (NORLA, (NORLA, "homeGround", PARK)),
        (PARK, (PARK, "designedBy", "Ines Roth")),
        ("Ines Roth", ("Ines Roth", "alsoDesigned", "Mira Bridge")),
        ("Mira Bridge", ("Mira Bridge", "openedIn", 1931)),
    ):
        query = grown(expand_strict(golden, query, leaf_of(query, value), stated(golden, fact)))
    assert shape(query) == shape(ask(*CHAIN, G6[1]))
    assert broken(golden, query) == ["V5"]


def test_the_same_chain_from_1991_is_g15_whose_near_constant_decides(golden, ask, stated, leaf_of):
    query = ask(G6[0], ("T", "bornIn", 1991))
    assert "V6" in broken(golden, query)  # G10: playsFor is decoration
    park = stated(golden, (NORLA, "homeGround", PARK))
    query = grown(expand_strict(golden, query, leaf_of(query, NORLA), park))
    assert "V6" in broken(golden, query)


def test_attached_facts_make_g13_which_the_rules_refuse(golden, ask, stated, leaf_of):
    q2 = ask(*G7)
    park, city = stated(golden, (NORLA, "homeGround", PARK), (PARK, "locatedIn", "Kelm"))
    standing = standing_of(golden, q2)
    idle = grown(attach(golden, q2, "X", park, standing=standing))
    assert shape(idle) == shape(ask(*G7, ("X", "homeGround", PARK)))
    assert broken(golden, idle).count("V7") == 3
    bare = grown(attach(golden, idle, leaf_of(idle, PARK), city, standing=standing))
    assert "V4" in broken(golden, bare)
    assert values_of(golden, bare) == (ADA,)


def test_g13_is_refused_by_the_operators_themselves(golden, ask, stated, leaf_of, refused):
    q1, q2 = ask(*G6), ask(*G7)
    facts = stated(
        golden,
        *((NORLA, "foundedIn", 1966), (NORLA, "isA", "football club")),
        (NORLA, "homeGround", PARK),
    )
    assert refused(expand_strict(golden, q1, leaf_of(q1, NORLA), facts), "V7", "adds nothing")
    assert refused(intersect(golden, q2, "X", facts[2]), "V7", "homeGround")


def test_lax_expansion_refuses_g9_and_accepts_g12(golden, ask, stated, leaf_of, refused):
    query = ask(*G6)
    leaf = leaf_of(query, NORLA)
    year = stated(golden, (NORLA, "foundedIn", 1966))
    assert refused(expand_lax(golden, query, leaf, year), "V14", "Cem Dahl")
    kind = stated(golden, (NORLA, "isA", "football club"))
    g12 = grown(expand_lax(golden, query, leaf, kind))
    assert shape(g12) == shape(ask("T playsFor X", ("X", "isA", "football club"), G6[1]))


def test_lax_expansion_refuses_what_would_make_an_atom_idle(golden, ask, stated, leaf_of, refused):
    query = ask(G6[0], ("T", "playedIn", 2004), ("T", "bornIn", 1990))
    kind = stated(golden, (NORLA, "isA", "football club"))
    outcome = expand_lax(golden, query, leaf_of(query, NORLA), kind)
    assert refused(outcome, "V7", "decides nothing")


def test_lax_expansion_keeps_to_its_limit(golden, ask, stated, leaf_of, refused):
    query = ask(*G6)
    kind = stated(golden, (NORLA, "isA", "football club"))
    outcome = expand_lax(golden, query, leaf_of(query, NORLA), kind, limits=Limits(lax=1))
    assert refused(outcome, "V2", "2 to 1 values")
    year = expand_lax(golden, query, leaf_of(query, 1990))
    assert refused(year, "V2", "No facts describe 1990")


def test_strict_expansion_refuses_a_sub_question_with_another_answer(
    golden, ask, stated, leaf_of, refused
):
    query = ask(*G6)
    year = stated(golden, (NORLA, "foundedIn", 1966))
    assert refused(expand_strict(golden, query, leaf_of(query, NORLA), year), "V2", "SV Ostra")


@pytest.mark.parametrize(
    ("fact", "rule", "words"),
    [
        (("Rune Fair", "heldIn", 1988), "V1", "is not about"),
        ((ADA, "playsFor", NORLA), "V9", "names"),
        ((NORLA, "foundedIn", 1999), "V3", "No page states"),
    ],
)
def test_proposed_facts_pass_the_same_checks(golden, ask, fact, rule, words, leaf_of, refused):
    query = ask(*G6)
    subject, relation, value = fact
    proposal = Fact(subject=subject, relation=relation, object=value)
    for operator in (expand_strict, expand_lax):
        assert refused(operator(golden, query, leaf_of(query, NORLA), [proposal]), rule, words)


def test_a_literal_is_expanded_by_an_event_and_an_entity_is_none(golden, ask, leaf_of, refused):
    query = ask(*G6)
    assert refused(expand_literal(golden, query, leaf_of(query, NORLA)), "V11", "no year")
    drawn = grown(expand_literal(golden, query, leaf_of(query, 1990), key=(0,)))
    assert len(drawn.atoms) == 3
    assert values_of(golden, drawn) == (ADA,)


def test_a_constant_named_elsewhere_is_not_expanded(golden, ask, leaf_of, refused):
    query = ask(("T", "bornIn", 1988), ("T", "playsFor", "X"), ("Rune Fair", "heldIn", 1988))
    other = ask(("T", "bornIn", 1988), "T playsFor X", ("Y", "heldIn", 1988), "Y heldIn Z")
    assert refused(expand_literal(golden, other, leaf_of(other, 1988)), "V9", "atom")
    assert grown(expand_literal(golden, query, leaf_of(query, 1988), key=(1,)))


def test_wide_constants_are_not_expanded(golden, ask, refused):
    query = ask(("T", "playsFor", NORLA), ("T", "bornIn", (1989, 1990)))
    leaf = next(one for one in leaves(query) if one.place == 1)
    for operator in (expand_strict, expand_lax, expand_literal):
        assert refused(operator(golden, query, leaf), "V1", "no single value")


def test_a_name_is_no_value_that_facts_are_about(golden, ask, leaf_of, refused):
    query = ask("T playsFor X", ("X", "named", NORLA), ("T", "bornIn", 1990))
    name = leaf_of(query, NORLA)
    for operator in (expand_strict, expand_lax, join_any):
        assert refused(operator(golden, query, name), "V1")
    assert refused(expand_literal(golden, query, name), "V11")
    assert refused(widen(golden, query, name), "V2", "wider")


def test_a_proof_past_the_cap_is_refused(golden, ask, stated, leaf_of, refused):
    query = ask(*G6)
    kind = stated(golden, (NORLA, "isA", "football club"))
    outcome = expand_lax(golden, query, leaf_of(query, NORLA), kind, limits=Limits(cap=1))
    assert refused(outcome, "V14", "cap = 1")


def test_an_operator_at_a_variable_says_so(golden, ask):
    with pytest.raises(QueryError, match="variable 'T'"):
        expand_strict(golden, ask(*G6), Leaf(0, "subject"))


def test_a_query_without_an_answer_has_nothing_to_keep(golden, ask, leaf_of):
    query = ask(("T", "playsFor", "TS Velm"))
    with pytest.raises(QueryError, match="no answer to keep"):
        expand_strict(golden, query, leaf_of(query, "TS Velm"))


def test_operators_are_found_by_name():
    assert operators.leaf_operator("widen") is widen
    with pytest.raises(UnknownNameError, match="expand_lax"):
        operators.leaf_operator("expand_laxly")


def test_long_lists_are_sampled_without_repeats():
    drawn = sampled(range(10_000), 20, "key")
    assert len(drawn) == len(set(drawn)) <= 20
    assert drawn == sampled(range(10_000), 20, "key") != sampled(range(10_000), 20, "other")
    assert sorted(sampled(range(5), 20, "key")) == [0, 1, 2, 3, 4]


def held_queries(small_world, random_query, seed, **more):
    """A small world and a query over it that has an answer, with its single-valued leaves."""
    knowledge = small_world(seed, 20)
    for turn in range(60):
        query = random_query((seed, turn), 2 + turn % 2, **more)
        found = [leaf for leaf in leaves(query) if len(constant_at(query, leaf).members) == 1]
        bound = any("T" in variables_of(atom) for atom in query.atoms)
        if found and bound and values_of(knowledge, query):
            return knowledge, query, found
    return knowledge, query, []


def test_the_random_queries_of_these_laws_can_be_expanded(small_world, random_query):
    expanded = 0
    for seed in range(60):
        knowledge, query, found = held_queries(small_world, random_query, seed, tree=True)
        outcomes = [expand_strict(knowledge, query, leaf, key=(seed,)) for leaf in found]
        expanded += any(isinstance(outcome, Query) for outcome in outcomes)
    assert expanded >= 10


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 100_000))
def test_l9_strict_expansion_preserves_the_answer(small_world, random_query, seed):
    knowledge, query, found = held_queries(small_world, random_query, seed, tree=True)
    for leaf in found:
        expanded = expand_strict(knowledge, query, leaf, key=(seed,), limits=Limits(several=0.5))
        if isinstance(expanded, Query):
            assert len(expanded.atoms) > len(query.atoms)
            assert values_of(knowledge, expanded) == values_of(knowledge, query)
            for place in range(len(query.atoms), len(expanded.atoms)):
                assert is_needed(knowledge, expanded, place)


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 100_000))
def test_l10_lax_expansion_only_enlarges_the_answer(small_world, random_query, seed):
    knowledge, query, found = held_queries(small_world, random_query, seed)
    for leaf in found:
        value = constant_at(query, leaf).members[0]
        relation = query.atoms[leaf.place].relation
        clues = list(clues_about(knowledge, value, relation, (), Limits(), seed))
        for chosen in lax_clues(clues, Limits()):
            assert value in fitting(chosen)
            variable = fresh_variable(query)
            atoms = atoms_of(knowledge, chosen, variable)
            lax = with_atoms(with_term(query, leaf, variable), atoms)
            assert set(values_of(knowledge, query)) <= set(values_of(knowledge, lax))


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 100_000))
def test_every_accepted_edit_keeps_the_answer(small_world, random_query, seed):
    knowledge, query, found = held_queries(small_world, random_query, seed)
    for leaf in found:
        for name, operator in operators.LEAF_OPERATORS.items():
            if name == "expand_literal" and relation_kind(knowledge, query, leaf) == "entity":
                continue
            changed = operator(knowledge, query, leaf, key=(seed, name))
            assert changed == operator(knowledge, query, leaf, key=(seed, name))
            if isinstance(changed, Query):
                assert values_of(knowledge, changed) == values_of(knowledge, query)


def relation_kind(knowledge, query, leaf):
    return knowledge.relation(query.atoms[leaf.place].relation).kind


def test_fresh_variables_are_new_and_leaves_stand_beside_variables(ask):
    query = ask("T r X", ("X", "r", 1), (2, "r", 3))
    named = with_atoms(query, ask("T r A").atoms)
    assert fresh_variable(named) == Var("X1")
    assert fresh_variable(with_term(query, Leaf(1, "object"), Var("X1"))) == Var("X2")
    assert leaves(query) == (Leaf(1, "object"),)
    assert variable_beside(query, Leaf(2, "object")) == ""
