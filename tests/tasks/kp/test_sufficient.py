"""Minimal sufficient sets and document covers against brute force, and their errors."""

import itertools

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from webenvs.errors import QueryError
from webenvs.tasks.kp import cover, sufficient
from webenvs.tasks.kp.graph import part_of
from webenvs.tasks.kp.join import answer_of, assignments, facts_of, values_of
from webenvs.tasks.kp.query import Atom, Post, Query, Var, variables
from webenvs.tasks.kp.sufficient import (
    distances,
    document_cover,
    essential_reach,
    min_docs,
    minimal_sets,
    reach,
)
from webenvs.testing.golden_world import url_of

seeds = st.integers(0, 10**6)


def slow_minimal_sets(world, query):
    """Every subset is evaluated; kept are those without a smaller one inside."""
    answer = answer_of(world, query)
    found = []
    for size in range(1, len(query.atoms) + 1):
        for places in itertools.combinations(range(len(query.atoms)), size):
            part = part_of(query, places)
            holds_target = any(query.target in _names(atom) for atom in part.atoms)
            inside = any(set(one) <= set(places) for one in found)
            if holds_target and not inside and answer_of(world, part) == answer:
                found.append(places)
    return tuple(found)


def _names(atom):
    return variables(Query(atoms=(atom,), target="?"))


def slow_min_docs(world, query):
    """Every set of pages is tried, smallest first."""
    pages = sorted({url for fact in world.facts for url in fact.urls})
    for size in range(1, len(pages) + 1):
        for chosen in itertools.combinations(pages, size):
            for places in slow_minimal_sets(world, query):
                if _all_shown(world, part_of(query, places), values_of(world, query), chosen):
                    return size
    return 0


def _all_shown(world, part, values, chosen):
    rows = list(assignments(world, part))
    return all(
        any(row[part.target] == value and _shown(world, part, row, chosen) for row in rows)
        for value in values
    )


def _shown(world, part, row, chosen):
    return all(
        any(set(fact.urls) & set(chosen) for fact in facts_of(world, atom, row))
        for atom in part.atoms
    )


def answered(world, query_of):
    """The first query of query_of(0), query_of(1), ... that has an answer."""
    made = map(query_of, range(200))
    query = next((one for one in made if values_of(world, one) and answer_of(world, one)), None)
    assume(query is not None)
    return query


@settings(max_examples=60)
@given(seeds, seeds, st.integers(2, 6))
def test_minimal_sets_agree_with_brute_force(small_world, random_query, seed, other, atoms):
    world = small_world(seed, 20)
    query = answered(world, lambda turn: random_query((other, turn), atoms, modes=("dir", "sym")))
    assert minimal_sets(world, query) == slow_minimal_sets(world, query)


@settings(max_examples=30)
@given(seeds, seeds, st.sampled_from(["COUNT", "MIN", "MAX", "ARGMIN", "ARGMAX"]))
def test_minimal_sets_of_computed_answers_agree_with_brute_force(
    small_world, random_query, seed, other, op
):
    world = small_world(seed, 20)
    post = Post(op=op, relation="y")
    target = "T" if op.startswith("ARG") or op == "COUNT" else "Y"

    def query_of(turn):
        query = random_query((other, turn), 3)
        year = Atom(Var(name="T"), "y", Var(name="Y"))
        return Query(atoms=(*query.atoms, year), target=target, post=post)

    query = answered(world, query_of)
    assert minimal_sets(world, query) == slow_minimal_sets(world, query)


@settings(max_examples=40)
@given(seeds, seeds, st.integers(2, 4))
def test_min_docs_agrees_with_brute_force(small_world, random_query, seed, other, atoms):
    world = small_world(seed, 20)
    query = answered(world, lambda turn: random_query((other, turn), atoms))
    assert min_docs(world, query) == slow_min_docs(world, query)


def test_a_query_without_an_answer_has_no_sufficient_set(golden, ask):
    query = ask(("T", "bornIn", 1990), ("T", "bornIn", 1991))
    tied = ask(("T", "bornIn", 1990), post=Post(op="ARGMIN", relation="bornIn"))
    for empty in (query, tied):
        assert minimal_sets(golden, empty) == ()
        assert essential_reach(golden, empty) == 0
        assert document_cover(golden, empty) == ()


def test_distances_count_edges_from_the_target(golden, ask):
    query = ask(
        "T playsFor X",
        ("X", "foundedIn", 1966),
        ("T", "bornIn", 1990),
        ("Hohen Park", "locatedIn", "Kelm"),
        "A playsFor B",
    )
    assert distances(query) == {0: 1, 1: 2, 2: 1}
    assert reach(query) == 2
    assert reach(query, [0, 2]) == 1
    assert reach(ask("T playsFor X")) == 0


def test_a_cover_names_its_pages(golden, ask):
    query = ask("T playsFor X", ("X", "isA", "football club"), ("T", "bornIn", 1990))
    assert document_cover(golden, query) == (url_of("Ada Brandt"), url_of("FC Norla"))


def test_a_count_takes_the_pages_of_all_that_is_counted(golden, ask):
    query = ask(("T", "playsFor", "FC Norla"), post=Post(op="COUNT"))
    assert min_docs(golden, query) == 3


def test_a_ranking_takes_what_it_compares(golden, ask):
    grounds = ask("C homeGround T", "T designedBy D", "D alsoDesigned B", target="B")
    oldest = msgspec.structs.replace(grounds, post=Post(op="ARGMIN", relation="openedIn"))
    assert answer_of(golden, oldest) == ("Sel Tower",)
    needed = {url_of(name) for name in ("Ines Roth", "Jon Falk", "Mira Bridge", "Sel Tower")}
    assert set(document_cover(golden, oldest)) == needed


def test_two_queries_compared_take_the_pages_and_the_reach_of_both(golden, ask):
    other = ask("D alsoDesigned T", ("H", "designedBy", "D"), ("H", "named", "Linden Hall"))
    query = ask(
        ("T", "named", "Mira Bridge"), post=Post(op="COMPARE", relation="openedIn", other=other)
    )
    assert answer_of(golden, query) == ("Sel Tower",)
    assert essential_reach(golden, query) == 3
    needed = {url_of(name) for name in ("Jon Falk", "Linden Hall", "Mira Bridge", "Sel Tower")}
    assert set(document_cover(golden, query)) == needed


def test_facts_that_stand_on_no_page_of_the_corpus_cannot_be_covered(golden, ask):
    query = ask(("T", "named", "Kelm"))
    assert values_of(golden, query) == ("Kelm",)
    assert min_docs(golden, query) == 0


def test_too_many_trials_are_an_error_with_the_way_out(golden, ask, monkeypatch):
    query = ask(("T", "bornIn", 1990), ("T", "playsFor", "FC Norla"))
    monkeypatch.setattr(sufficient, "MOST_TRIALS", 2)
    with pytest.raises(QueryError, match="2 atoms need more than 2 trials: give the query fewer"):
        minimal_sets(golden, query)


def test_too_many_branches_are_an_error_with_the_way_out(monkeypatch):
    monkeypatch.setattr(cover, "MOST_BRANCHES", 1)
    clauses = frozenset([frozenset(["a"]), frozenset(["b"])])
    with pytest.raises(QueryError, match="more than 1 branches: ask for fewer values"):
        cover.fewest([[clauses]])


def test_a_cover_chooses_among_proofs_and_pages():
    def proof(*clauses):
        return frozenset(frozenset(clause.split()) for clause in clauses)

    needs = [[proof("a b", "c")], [proof("d", "e"), proof("b")]]
    assert cover.fewest(needs) == ("b", "c")
    assert cover.fewest(needs, fewer_than=2) is None
    assert cover.fewest([[proof("a"), proof("")]]) == ("a",)
    assert cover.fewest([[proof("")]]) is None
