"""Widening, repairs, joins and post-operations, on the golden world and on a world of teams."""

import pytest

from webenvs.corpora.corpus import MemoryCorpus
from webenvs.corpora.knowledge import Entity, EntityWords, Fact, Knowledge, Place, Relation
from webenvs.records import Page
from webenvs.tasks.kp.edits import (
    Limits,
    constant_at,
    standing_of,
)
from webenvs.tasks.kp.join import answer_of, values_of
from webenvs.tasks.kp.necessity import is_needed
from webenvs.tasks.kp.operators import (
    Leaf,
    attach,
    intersect,
    join,
    join_any,
    post,
    prune,
    widen,
)
from webenvs.tasks.kp.query import Query, const
from webenvs.tasks.kp.shape import shape

ADA, BELA, DORA = "Ada Brandt", "Bela Korr", "Dora Eide"
NORLA, PARK = "FC Norla", "Hohen Park"
G6 = (("T", "playsFor", NORLA), ("T", "bornIn", 1990))
G7 = ("T playsFor X", ("X", "foundedIn", 1966), ("X", "isA", "football club"), G6[1])


def grown(outcome):
    assert isinstance(outcome, Query), outcome
    return outcome


def test_the_last_atom_is_always_needed(golden, ask):
    assert is_needed(golden, ask(("T", "bornIn", 1991)), 0)


def test_an_atom_across_two_equally_near_variables_is_needed_for_the_answer_alone(teams, ask):
    query = ask("T club X", "T city Y", "X city Y", ("T", "age", 7))
    assert not is_needed(teams, query, 2)
    assert is_needed(teams, query, 3)


def test_widening_climbs_the_ladder_while_the_answer_stays(golden, ask, leaf_of, refused):
    query = ask(*G7)
    once = grown(widen(golden, query, leaf_of(query, 1966)))
    assert constant_at(once, Leaf(1, "object")).label == "the 1960s"
    assert refused(widen(golden, once, Leaf(1, "object")), "V7", "foundedIn")


def test_widening_past_the_answer_is_refused(golden, ask, refused):
    query = ask("B openedIn T", "D alsoDesigned B", "H designedBy D", "X homeGround H",
                ("X", "foundedIn", (1966,)), ("X", "isA", "football club"))  # fmt: skip
    kinds = const("football club", "handball club", label="a kind of club")
    assert refused(widen(golden, query, Leaf(5, "object"), kinds), "V14", "1929")


def test_widening_without_a_ladder_merges_entities_that_share_an_attribute(
    golden, ask, leaf_of, refused
):
    query = ask(*G6)
    outcome = widen(golden, query, leaf_of(query, NORLA))
    assert refused(outcome, "V14", "Cem Dahl")  # a club founded in 1966: as G9
    query = ask(("T", "playsFor", NORLA), ("T", "bornIn", 1990), ("T", "playedIn", 2005))
    outcome = widen(golden, query, leaf_of(query, NORLA))
    assert refused(outcome, "V7")


def test_wider_constants_must_include_the_old_and_hide_what_is_sought(
    golden, ask, leaf_of, refused
):
    query = ask(*G7)
    year = leaf_of(query, 1966)
    assert refused(widen(golden, query, year, const(1971, label="1971")), "V1", "include")
    named = const(1966, 1971, label="a year of FC Norla")
    assert refused(widen(golden, query, year, named), "V9", NORLA)
    assert refused(widen(golden, query, leaf_of(query, "football club")), "V2", "wider")
    wide = grown(widen(golden, query, year, const(1966, 1999, label="a merged year")))
    assert refused(widen(golden, wide, year), "V2", "a merged year")


def test_intersect_repairs_a_query_with_several_answers(golden, ask, stated, refused):
    lax = ask("T playsFor X", "X homeGround H", ("H", "locatedIn", "Kelm"), ("T", "bornIn", 1990))
    kind = stated(golden, (NORLA, "isA", "football club"))[0]
    repaired = grown(intersect(golden, lax, "X", kind, keep=ADA))
    assert values_of(golden, repaired) == (ADA,)
    assert grown(intersect(golden, lax, "X", kind)) == repaired
    assert refused(intersect(golden, lax, "X", kind, keep=BELA), "V14", BELA)
    assert refused(intersect(golden, lax, "H", kind), "V1", "is not about")


def test_attach_refuses_what_is_there_is_sought_or_stands_nowhere(golden, ask, stated, refused):
    query = ask(*G7)
    standing = standing_of(golden, query)
    year, player = stated(golden, (NORLA, "foundedIn", 1966), (BELA, "playsFor", NORLA))
    assert refused(attach(golden, query, "X", year, standing=standing), "V7", "already")
    assert refused(attach(golden, query, "T", player, standing=standing), "V1")
    home = stated(golden, (ADA, "playsFor", NORLA))[0]
    assert refused(attach(golden, query, "T", home, standing=standing), "V9", NORLA)
    silent = Fact(subject=NORLA, relation="foundedIn", object=1966)
    assert refused(attach(golden, query, "X", silent, standing=standing), "V3", "No page")


def test_prune_drops_an_idle_atom_and_nothing_else(golden, ask, refused):
    idle = ask(*G7, ("X", "homeGround", PARK))
    assert shape(grown(prune(golden, idle, 1))) == shape(
        ask("T playsFor X", ("X", "isA", "football club"), G6[1], ("X", "homeGround", PARK))
    )
    query = ask(*G7)
    assert refused(prune(golden, query, 1), "V14", "foundedIn")  # needed below X, not at the root
    assert refused(prune(golden, query, 3), "V14", "bornIn")
    assert refused(prune(golden, query, 0), "V1", "falls apart")
    assert refused(prune(golden, ask(("T", "bornIn", 1991)), 0), "V1")


def test_join_closes_the_cycle_of_g14(golden, ask):
    football = ("T playsFor X", ("X", "isA", "football club"), "X homeGround H")
    tree = ask(*football, ("H", "locatedIn", "Kelm"), ("T", "bornInCity", "Kelm"))
    ring = grown(join(golden, tree, Leaf(3, "object"), Leaf(4, "object")))
    assert shape(ring) == shape(ask(*football, "H locatedIn K", "T bornInCity K"))
    assert values_of(golden, ring) == (ADA, DORA)
    assert ring == grown(join_any(golden, tree, Leaf(4, "object")))


def test_join_adds_an_inequality_between_variables_of_one_type(teams, ask):
    query = ask(*TEAM, ("T", "city", "K1"), ("U", "city", "K1"))
    ring = grown(join(teams, query, Leaf(4, "object"), Leaf(5, "object")))
    assert shape(ring) == shape(ask(*TEAM, "T city K", "U city K", neqs=(("T", "U"),)))


def test_join_refuses_a_cycle_whose_gold_takes_one_value_twice(teams, ask, refused):
    query = ask("T club X", "U club X", ("T", "age", 5), ("T", "city", "K2"), ("U", "city", "K2"))
    outcome = join(teams, query, Leaf(3, "object"), Leaf(4, "object"))
    assert refused(outcome, "V1", "are both 't2'")


def test_join_describes_the_shared_variable_where_it_must(teams, ask, stated, refused):
    query = ask("T club X", ("X", "city", "K1"), ("T", "city", "K1"), ("T", "age", 5))
    bare = join(teams, query, Leaf(1, "object"), Leaf(2, "object"))
    assert refused(bare, "V14", "'t5'")
    fact = stated(teams, ("K1", "land", "N1"))
    described = grown(join(teams, query, Leaf(1, "object"), Leaf(2, "object"), fact))
    assert shape(described) == shape(
        ask("T club X", "X city K", "T city K", ("K", "land", "N1"), ("T", "age", 5))
    )
    drawn = grown(join_any(teams, query, Leaf(1, "object")))
    assert values_of(teams, drawn) == ("t1",)
    assert len(drawn.atoms) > len(query.atoms)
    full = join_any(teams, query, Leaf(1, "object"), limits=Limits(facts=0))
    assert refused(full, "V14")
    alien = stated(teams, ("t1", "age", 5))
    assert refused(join(teams, query, Leaf(1, "object"), Leaf(2, "object"), alien), "V1")


TEAM = ("T club X", "U club X", ("U", "age", 7), ("T", "age", 5))


@pytest.fixture(scope="module")
def teams():
    """Players with clubs, cities and ages; clubs and cities lie somewhere too."""
    rows = {
        "u1": ("A", "K1", 7),
        "t1": ("A", "K1", 5),
        "t2": ("A", "K2", 5),
        "t3": ("A", "K1", 6),
        "t4": ("B", "K1", 5),
        "t5": ("B", "K2", 5),
    }
    stated = [(one, name, value) for one, row in rows.items()
              for name, value in zip(("club", "city", "age"), row, strict=True)]  # fmt: skip
    stated += [("A", "city", "K1"), ("B", "city", "K2"), ("K1", "land", "N1"), ("K2", "land", "N2")]
    types = {"player": rows, "club": "AB", "city": ("K1", "K2"), "land": ("N1", "N2")}
    page = Page(url="https://teams.example/", title="Teams", text="Teams")
    return Knowledge(
        [Entity(id=one, name=one, type=name) for name, members in types.items() for one in members],
        [
            Relation(name="club", domain="player", range="club"),
            Relation(name="city", domain="", range="city"),
            Relation(name="age", domain="player", range="number"),
            Relation(name="land", domain="city", range="land"),
        ],
        [EntityWords(name=name, noun=name, plural=f"{name}s") for name in types],
        [Fact(subject=s, relation=r, object=o, places=(Place(page.url),)) for s, r, o in stated],
        MemoryCorpus([page], name="teams"),
        "teams",
    )


@pytest.mark.parametrize(
    ("one", "other", "words"),
    [
        (Leaf(0, "object"), Leaf(0, "object"), "not the same"),
        (Leaf(0, "object"), Leaf(1, "object"), "not the same"),
        (Leaf(2, "object"), Leaf(3, "object"), "same variable"),
        (Leaf(4, "object"), Leaf(5, "object"), "no single value"),
    ],
)
def test_join_needs_one_value_in_two_branches(golden, ask, one, other, words, refused):
    query = ask(
        *(("T", "playsFor", NORLA), ("T", "bornIn", 1990), ("T", "playedIn", 2005)),
        *(("T", "bornIn", (2005,)), ("T", "playedIn", (2004, 2005))),
        *("T playsFor X", ("Y", "playsFor", "X"), ("Y", "playedIn", (2004, 2005))),
    )
    query = Query(atoms=(*query.atoms[:5], query.atoms[7], *query.atoms[5:7]))
    standing = standing_of(golden, ask(*G6))
    assert refused(join(golden, query, one, other, standing=standing), "V1", words)


def test_join_any_needs_an_equal_constant(golden, ask, leaf_of, refused):
    query = ask(*G6)
    assert refused(join_any(golden, query, leaf_of(query, 1990)), "V1", "No other branch")


@pytest.mark.parametrize(
    ("triples", "op", "relation", "answer"),
    [
        ((("T", "playsFor", NORLA),), "COUNT", "", 3),
        ((("T", "playsFor", NORLA), ("T", "playedIn", 2005)), "COUNT", "", 2),
        ((("X", "playsFor", NORLA), "X bornIn T"), "MIN", "", 1988),
        ((("X", "playsFor", NORLA), "X bornIn T"), "MAX", "", 1991),
        ((("T", "playsFor", NORLA),), "ARGMIN", "bornIn", DORA),
        ((("T", "playsFor", NORLA),), "ARGMAX", "bornIn", BELA),
    ],
)
def test_post_computes_a_single_value(golden, ask, triples, op, relation, answer):
    query = grown(post(golden, ask(*triples), op, relation))
    assert answer_of(golden, query) == (answer,)


def test_post_compares_with_another_query(golden, ask):
    one, other = (ask((name, "openedIn", "T")) for name in ("Mira Bridge", "Sel Tower"))
    assert answer_of(golden, grown(post(golden, one, "DIFF", other=other))) == (2,)
    one, other = (ask((name, "alsoDesigned", "T")) for name in ("Ines Roth", "Jon Falk"))
    compared = grown(post(golden, one, "COMPARE", "openedIn", other))
    assert answer_of(golden, compared) == ("Sel Tower",)


def test_post_refuses_what_has_no_single_result(golden, ask, refused):
    players = ask(("T", "playsFor", NORLA))
    assert refused(post(golden, players, "MIN"), "V2", "no single result")
    assert refused(post(golden, ask(("T", "bornIn", 1990)), "ARGMAX", "bornIn"), "V2", "tie")
    assert refused(post(golden, players, "ARGMIN"), "V1", "ranks by a relation")
    assert refused(post(golden, players, "DIFF"), "V1", "needs another query")
    assert refused(post(golden, players, "COUNT", other=players), "V1", "takes no other")
