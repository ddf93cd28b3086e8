"""The kinds of question of CRAWLQA on the golden world: golden answers, draws, words."""

import pytest

from webenvs.corpora.corpus import MemoryCorpus
from webenvs.corpora.knowledge import Knowledge
from webenvs.errors import SettingError
from webenvs.records import Page
from webenvs.tasks.kinds import (
    KINDS,
    apart,
    compared,
    counted,
    joined,
    kind_at,
    led,
    of_kind,
    ranked,
    same,
    worded,
)
from webenvs.tasks.kp.join import answer_of, values_of
from webenvs.tasks.kp.query import NAMED
from webenvs.testing.golden_world import golden_world

NORLA = ("playsFor", "FC Norla")
KEYS = range(25)


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        (counted(NORLA), (3,)),
        (led("FC Norla", "homeGround", "locatedIn"), ("Kelm",)),
        (joined(NORLA, ("playedIn", 2005)), ("Ada Brandt", "Bela Korr")),
        (counted(NORLA, ("playedIn", 2005)), (2,)),
        (ranked([NORLA], "bornIn", most=False), ("Dora Eide",)),
        (compared(golden_world(), "openedIn", "Mira Bridge", "Sel Tower"), ("Sel Tower",)),
        (apart("openedIn", "Mira Bridge", "Sel Tower"), (2,)),
        (ranked([NORLA], "bornIn", most=False, rank=2), ("Ada Brandt",)),
        (ranked([NORLA], "bornIn", most=True, rank=2), ("Ada Brandt",)),
        (ranked([NORLA], "bornIn", most=False, rank=3), ("Bela Korr",)),
        (ranked([NORLA], "bornIn", most=False, rank=4), ()),
        (ranked([("bornInCity", "Kelm")], "bornIn", most=False, rank=2), ()),
        (same("locatedIn", "Hohen Park", "Linden Hall"), ("yes",)),
        (same("locatedIn", "Hohen Park", "Velm Field"), ("no",)),
    ],
    ids=str,
)
def test_golden_answers(query, answer):
    assert answer_of(golden_world(), query) == answer


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_drawn_with_one_answer(kind):
    knowledge = golden_world()
    queries = [of_kind(knowledge, kind, key) for key in KEYS]
    assert all(len(answer_of(knowledge, query)) == 1 for query in queries)
    assert len({repr(query) for query in queries}) >= 2
    assert queries == [of_kind(knowledge, kind, key) for key in KEYS], "a function of the key"


def drawn(kind):
    return [of_kind(golden_world(), kind, key) for key in KEYS]


def test_counts_are_of_several():
    assert {query.post.op for query in drawn("COUNT")} == {"COUNT"}
    assert all(answer_of(golden_world(), query)[0] >= 3 for query in drawn("COUNT"))


def test_hops_lead_on_to_another_thing():
    for query in drawn("MULTI-HOP"):
        start = query.atoms[0].subject.members
        assert len(query.atoms) == 2
        assert answer_of(golden_world(), query) != start


def test_every_condition_of_an_intersection_is_needed_and_several_are_counted():
    knowledge = golden_world()
    ops = set()
    for query in drawn("INTERSECTION"):
        alone = [
            values_of(knowledge, joined((atom.relation, atom.object.members[0])))
            for atom in query.atoms
        ]
        both = values_of(knowledge, query)
        assert all(len(both) < len(values) for values in alone)
        assert (len(both) > 1) == (query.post is not None)
        ops.add(query.post and query.post.op)
    assert ops == {None, "COUNT"}


def test_comparisons_name_two_things():
    for query in drawn("COMPARE"):
        names = (query.atoms[0], query.post.other.atoms[0])
        assert [atom.relation for atom in names] == [NAMED, NAMED]
        assert answer_of(golden_world(), query)[0] in [atom.object.members[0] for atom in names]


def test_orders_are_by_rank():
    assert {query.post.rank for query in drawn("SUPERLATIVE")} == {1}
    ranks = {query.post.rank for query in drawn("ORDINAL")}
    assert ranks
    assert ranks <= {2, 3}


def test_no_relation_with_several_objects_is_compared():
    for kind in ("COMPARE", "SUPERLATIVE", "DIFFERENCE", "ORDINAL", "YES/NO"):
        assert not any("playedIn" in repr(query.post) for query in drawn(kind))


def test_differences_are_never_nothing():
    assert all(answer_of(golden_world(), query)[0] > 0 for query in drawn("DIFFERENCE"))


def test_yes_and_no_are_both_answers():
    answers = [answer_of(golden_world(), query)[0] for query in drawn("YES/NO")]
    assert 4 <= answers.count("yes") <= len(answers) - 4


def test_a_mixture_asks_yes_or_no_at_most_one_time_in_ten():
    mixture = [kind_at(index, "some", 3) for index in range(700)]
    for start in range(0, 700, 10):
        assert mixture[start : start + 10].count("YES/NO") == 1
    others = [mixture.count(kind) for kind in KINDS if kind != "YES/NO"]
    assert others == [90] * 7
    assert mixture == [kind_at(index, "some", 3) for index in range(700)]
    assert mixture != [kind_at(index, "some", 4) for index in range(700)]


@pytest.mark.parametrize(
    ("query", "question"),
    [
        (counted(NORLA), "How many players play for FC Norla?"),
        (
            ranked([NORLA], "bornIn", most=False, rank=2),
            "Which of the players who play for FC Norla was born second earliest?",
        ),
        (
            ranked([NORLA], "bornIn", most=True, rank=3),
            "Which of the players who play for FC Norla was born third latest?",
        ),
        (
            same("playsFor", "Ada Brandt", "Cem Dahl"),
            "Is the club of Ada Brandt the same as that of Cem Dahl?",
        ),
        (
            same("heldIn", "Gala Fair", "Rune Fair"),
            "Is the year in which the Gala Fair was held the same as the year in which the "
            "Rune Fair was held?",
        ),
        (apart("openedIn", "Mira Bridge", "Sel Tower"), None),
    ],
    ids=str,
)
def test_kinds_in_words(query, question):
    text = worded(golden_world(), query, 0)
    assert question is None or text == question
    assert text.endswith("?")


@pytest.mark.parametrize("kind", KINDS)
def test_no_question_but_a_comparison_tells_its_answer(kind):
    knowledge = golden_world()
    for key in KEYS:
        query = of_kind(knowledge, kind, key)
        text = worded(knowledge, query, key)
        answer = str(answer_of(knowledge, query)[0])
        assert (answer in text) == (kind == "COMPARE") or answer.isdecimal()


def test_what_is_no_question_of_these_kinds_is_refused():
    with pytest.raises(SettingError, match=r"kind = 'COUNTS' .*did you mean 'COUNT'\?"):
        of_kind(golden_world(), "COUNTS")
    with pytest.raises(SettingError, match="index = -1"):
        kind_at(-1)
    turned = same("playsFor", "Ada Brandt", "Cem Dahl")
    from msgspec.structs import replace

    from webenvs.tasks.kp.query import Atom, Var

    strange = replace(turned, atoms=(Atom(Var("X"), "playsFor", Var("T")),))
    with pytest.raises(SettingError, match="starts from a given thing"):
        worded(golden_world(), strange)


def test_knowledge_without_facts_gives_no_question():
    corpus = MemoryCorpus([Page(url="https://e.example/", title="E", text="Nothing.")])
    empty = Knowledge((), (), (), (), corpus, "empty")
    assert all(of_kind(empty, kind) is None for kind in KINDS)


def test_knowledge_without_years_gives_no_difference():
    knowledge = golden_world()
    things = [fact for fact in knowledge.facts if isinstance(fact.object, str)]
    parts = (knowledge.entities.values(), knowledge.relations.values(), knowledge.types.values())
    timeless = Knowledge(*parts, things, knowledge.corpus, "timeless")
    for kind in ("DIFFERENCE", "COMPARE", "SUPERLATIVE", "ORDINAL"):
        assert of_kind(timeless, kind, 0) is None
    assert of_kind(timeless, "COUNT", 0) is not None
