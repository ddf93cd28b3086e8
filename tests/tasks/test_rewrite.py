"""Rewriting by definite descriptions: the golden chain, and which description is chosen."""

import msgspec
import pytest

from webenvs.corpora.world.generate import build_world
from webenvs.errors import QueryError, SettingError
from webenvs.tasks.explore import explore
from webenvs.tasks.kp.edits import Leaf
from webenvs.tasks.kp.join import answer_of
from webenvs.tasks.kp.query import NAMED, Atom, Query, Var, const
from webenvs.tasks.kp.sufficient import essential_reach, min_docs
from webenvs.tasks.kp.wording import question_of
from webenvs.tasks.rewrite import Rewritten, described, descriptions, named_apart, rewrite
from webenvs.testing.golden_world import golden_world

T = Var("T")
OPENED = Query(atoms=(Atom(const("Mira Bridge"), "openedIn", T),))


@pytest.fixture(scope="module")
def knowledge():
    return build_world(seed=3, pages=600).knowledge


def keys(facts):
    return [fact.key for fact in facts]


def test_the_golden_chain_leads_back_to_the_club():
    """Section 8c: reach 2, 3, 4, 5 with the naming edge, documents 1, 2, 3, 4, always 1931."""
    golden = golden_world()
    done = rewrite(golden, OPENED, 3)
    assert question_of(golden, done.questions[0]) == "When did Mira Bridge open?"
    names = [atom.object.members[0] for one in done.questions for atom in one.atoms[-1:]]
    assert names == ["Mira Bridge", "Ines Roth", "Hohen Park", "FC Norla"]
    assert {answer_of(golden, one) for one in done.questions} == {(1931,)}
    assert [essential_reach(golden, one) for one in done.questions] == [2, 3, 4, 5]
    assert [min_docs(golden, one) for one in done.questions] == [1, 2, 3, 4]
    assert [step.name for step in done.rewrites] == ["Mira Bridge", "Ines Roth", "Hohen Park"]
    assert keys(done.rewrites[-1].facts) == [("FC Norla", "homeGround", "Hohen Park")]
    assert done.query == done.questions[-1]


def test_no_rewrite_leaves_the_question_with_its_name_apart():
    done = rewrite(golden_world(), OPENED, 0)
    (query,) = done.questions
    assert query.atoms == (
        Atom(Var("X1"), "openedIn", T),
        Atom(Var("X1"), NAMED, const("Mira Bridge")),
    )


def test_rewriting_stops_where_nothing_is_left_to_describe():
    done = rewrite(golden_world(), OPENED, 50)
    assert len(done.rewrites) < 50
    assert answer_of(golden_world(), done.query) == (1931,)


def test_a_rewritten_question_goes_through_json():
    done = rewrite(golden_world(), OPENED, 2)
    assert msgspec.json.decode(msgspec.json.encode(done), type=Rewritten) == done


@pytest.mark.parametrize("turn", range(8))
def test_questions_about_a_world_keep_their_answer_and_reach_farther(knowledge, turn):
    answer = explore(knowledge, 6, turn).answer
    query = Query(atoms=(Atom(const(answer.subject), answer.relation, T),))
    done = rewrite(knowledge, query, 3)
    assert {answer_of(knowledge, one) for one in done.questions} == {(answer.object,)}
    reaches = [essential_reach(knowledge, one) for one in done.questions]
    assert reaches == sorted(reaches)
    assert len(reaches) == len(done.rewrites) + 1
    told = [fact for step in done.rewrites for fact in step.facts]
    assert len(set(told)) == len(told)


def test_what_has_no_page_stays_a_constant():
    query = Query(atoms=(Atom(T, "locatedIn", const("Kelm")), Atom(T, "designedBy", Var("D"))))
    assert named_apart(golden_world(), query) == query


def test_a_thing_that_stands_twice_becomes_one_variable():
    atoms = (
        Atom(const("FC Norla"), "homeGround", T),
        Atom(Var("P"), "playsFor", const("FC Norla")),
    )
    apart = named_apart(golden_world(), Query(atoms=atoms))
    assert apart.atoms == (
        Atom(Var("X1"), "homeGround", T),
        Atom(Var("X1"), NAMED, const("FC Norla")),
        Atom(Var("P"), "playsFor", Var("X1")),
    )


def test_the_smallest_descriptions_come_first_and_none_contains_another():
    found = list(descriptions(golden_world(), "FC Norla"))
    sizes = [len(facts) for facts in found]
    assert sizes == sorted(sizes)
    sets = [frozenset(facts) for facts in found]
    assert not any(one < other for one in sets for other in sets)
    pair = [("FC Norla", "foundedIn", "1966"), ("FC Norla", "isA", "football club")]
    assert pair in [keys(facts) for facts in found]


def test_of_equally_small_descriptions_the_least_salient_comes_first():
    """A birth year that four pages share says less than a native city that is no one else's."""
    found = [keys(facts) for facts in descriptions(golden_world(), "Bela Korr", longest=1)]
    assert found == [
        [("Bela Korr", "bornInCity", "Sund")],
        [("Bela Korr", "bornIn", "1991")],
    ]


def test_a_description_may_fit_a_few_things():
    found = [keys(facts) for facts in descriptions(golden_world(), "FC Norla", most=2, longest=1)]
    assert [("FC Norla", "foundedIn", "1966")] in found
    assert [("FC Norla", "foundedIn", "1966")] not in [
        keys(facts) for facts in descriptions(golden_world(), "FC Norla", longest=1)
    ]


def test_what_is_taken_describes_nothing():
    taken = {"Hohen Park", 1966}
    told = {fact for facts in descriptions(golden_world(), "FC Norla", taken) for fact in facts}
    assert not {fact.object for fact in told} & taken


def test_a_constant_becomes_a_variable_with_its_description():
    golden = golden_world()
    (fact,) = golden.facts_from("FC Norla", "foundedIn")
    query = Query(atoms=(Atom(T, "playsFor", const("FC Norla")), Atom(T, "bornIn", const(1990))))
    found = described(query, Leaf(0, "object"), "FC Norla", [fact])
    assert found.atoms == (
        Atom(T, "playsFor", Var("X1")),
        Atom(Var("X1"), "foundedIn", const(1966)),
        Atom(T, "bornIn", const(1990)),
    )


def test_fewer_rewrites_than_none_are_refused():
    with pytest.raises(SettingError, match=r"^n = -1"):
        rewrite(golden_world(), OPENED, -1)


def test_a_query_with_several_answers_is_refused():
    query = Query(atoms=(Atom(T, "foundedIn", const(1966)),))
    with pytest.raises(QueryError, match="has 2 answers"):
        rewrite(golden_world(), query, 1)
