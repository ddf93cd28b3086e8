"""Queries as interchange text: written, read back, and refused with a reason."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webenvs.errors import SettingError
from webenvs.tasks.kp.query import Atom, Const, Post, Query, Var, const
from webenvs.tasks.kp.text import read_triples, term_of, value_of, write_triples

names = st.sampled_from(["T", "X", "Y", "?", "a_b", "V@X", ""]) | st.text(max_size=5)
values = st.integers(-3000, 3000) | st.sampled_from(["1966", "-0", "007", "?", "V@T", "Kelm"])
values |= st.text(max_size=6)
members = st.lists(values, min_size=1, max_size=3).map(lambda found: const(*found).members)
constants = st.builds(Const, members=members, label=st.sampled_from(["", "1990s", "C@x", "a_b"]))
terms = constants | st.builds(Var, names)
atoms = st.builds(Atom, terms, st.text(max_size=8), terms, st.sampled_from(["dir", "sym"]))
pairs = st.lists(st.tuples(names, names), max_size=2).map(tuple)
plain = st.builds(Query, atoms=st.lists(atoms, max_size=6).map(tuple), target=names, neqs=pairs)
posts = st.builds(
    Post,
    op=st.sampled_from(["COUNT", "ARGMIN", "COMPARE", "SAME"]),
    relation=st.sampled_from(["", "bornIn"]),
    other=st.none() | plain,
    rank=st.integers(1, 3),
)


@given(plain, st.none() | posts, st.sampled_from(["", "?"]))
def test_what_is_written_is_read_back(query, post, target):
    query = Query(atoms=query.atoms, target=query.target, neqs=query.neqs, post=post)
    assert read_triples(write_triples(query, target)) == query


def test_the_papers_example_is_a_bare_list_but_for_its_unions(ask):
    query = ask("T playsFor X", ("T", "bornIn", 1990), ("X", "isA", "football club"))
    assert json.loads(write_triples(query)) == [
        ["V@T", "playsFor", "V@X"],
        ["V@T", "bornIn", "C@1990"],
        ["V@X", "isA", "C@football club"],
    ]
    assert write_triples(query, "?").startswith('[["?","playsFor","V@X"]')


def test_the_members_behind_a_label_stand_beside_the_triples():
    decade = Const(members=(1990, 1991), label="1990s")
    years = const(2004, 2005)
    query = Query(atoms=(Atom(Var("T"), "bornIn", decade), Atom(Var("T"), "playedIn", years)))
    assert json.loads(write_triples(query)) == {
        "triples": [["V@T", "bornIn", "C@1990s"], ["V@T", "playedIn", "C@2004_2005"]],
        "constants": {
            "C@1990s": {"members": [1990, 1991], "label": "1990s"},
            "C@2004_2005": {"members": [2004, 2005], "label": ""},
        },
    }


def test_a_label_that_is_taken_gets_a_number():
    query = Query(atoms=tuple(Atom(Var("T"), "r", const(one)) for one in (1990, "1990")))
    found = json.loads(write_triples(query))
    assert [triple[2] for triple in found["triples"]] == ["C@1990", "C@1990#2"]
    assert found["constants"] == {"C@1990#2": {"members": ["1990"], "label": ""}}


def test_terms_are_read_in_both_orders_of_prefix_and_bare():
    assert term_of("V@X") == term_of("@VX") == Var("X")
    assert term_of("C@Kelm") == term_of("@CKelm") == term_of("Kelm") == const("Kelm")
    assert term_of("C@1990") == const(1990)
    assert term_of("?") == Var("?")
    assert [value_of(text) for text in ("12", "-3", "-0", "007", "1_0")] == [
        12, -3, "-0", "007", "1_0",
    ]  # fmt: skip


def test_a_bare_list_with_a_question_mark_asks_for_t():
    query = read_triples('[["V@M", "had spectators", "?"], ["@VM", "took place in", "Berlin"]]')
    assert query == Query(
        atoms=(
            Atom(Var("M"), "had spectators", Var("T")),
            Atom(Var("M"), "took place in", const("Berlin")),
        )
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[", "not JSON"),
        ("3", "neither a list of triples nor an object"),
        ('{"triple": []}', "neither a list"),
        ('{"triples": [], "taget": "X"}', "no field 'taget'. Did you mean 'target'?"),
        ('{"triples": 3}', "triples = 3 is not allowed"),
        ('[["V@T", "r", "C@x"], ["V@T", "r"]]', r"triples\[1\] = \['V@T', 'r'\] is not allowed"),
        ('[["V@T", "r", 3]]', r"triples\[0\]"),
        ('{"triples": [], "target": 3}', "target = 3 is not allowed: Expected `str`"),
        ('{"triples": [], "constants": {"C@x": 3}}', "constants"),
        ('{"triples": [], "constants": {"C@x": {"members": 3}}}', "constants = .*array"),
        ('{"triples": [], "neqs": [["T"]]}', "neqs"),
        ('{"triples": [], "post": 3}', "post = 3 is not allowed"),
        ('{"triples": [], "post": {"op": "SUM"}}', "post = .*SUM"),
        ('{"triples": [], "sym": "x"}', "sym"),
    ],
)
def test_wrong_text_is_refused_by_name(text, message):
    with pytest.raises(SettingError, match=message):
        read_triples(text)
