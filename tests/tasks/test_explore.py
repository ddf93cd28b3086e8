"""Exploration: a seeded walk gathers facts, and its first question tells them all."""

import pytest

from webenvs.corpora.corpus import MemoryCorpus
from webenvs.corpora.knowledge import Entity, EntityWords, Fact, Knowledge, Place, Relation
from webenvs.corpora.world.generate import build_world
from webenvs.errors import CorpusError, SettingError
from webenvs.records import Link, Page
from webenvs.tasks.explore import Explored, Exploring, explore, first_question
from webenvs.tasks.kp.join import answer_of, assignments
from webenvs.tasks.kp.query import NAMED, Const, Var
from webenvs.tasks.salience import (
    WordCounts,
    by_salience,
    rarest,
    salience,
    spelling,
    total_salience,
    word_counts,
)
from webenvs.testing.golden_world import golden_world

WAY = (
    ("FC Norla", "foundedIn", "1966"),
    ("FC Norla", "isA", "football club"),
    ("FC Norla", "homeGround", "Hohen Park"),
    ("Hohen Park", "locatedIn", "Kelm"),
    ("Hohen Park", "designedBy", "Ines Roth"),
    ("Ines Roth", "alsoDesigned", "Mira Bridge"),
    ("Mira Bridge", "openedIn", "1931"),
)


@pytest.fixture(scope="module")
def knowledge():
    return build_world(seed=3, pages=600).knowledge


def golden_walk(*more):
    facts = {fact.key: fact for fact in golden_world().facts}
    found = tuple(facts[key] for key in (*WAY, *more))
    return Explored(seed="FC Norla", facts=found, answer=facts[WAY[-1]])


def written(query):
    """The atoms as text, variables by what they stand for."""
    gold = next(iter(assignments(golden_world(), query)))

    def end(term):
        return f"?{gold[term.name]}" if isinstance(term, Var) else str(term.members[0])

    return [f"{end(a.subject)} {a.relation} {end(a.object)}" for a in query.atoms]


def test_the_first_question_of_the_golden_walk_has_its_eleven_atoms_in_order():
    assert written(first_question(golden_world(), golden_walk())) == [
        "?Mira Bridge openedIn ?1931",
        "?Mira Bridge named Mira Bridge",
        "?Ines Roth alsoDesigned ?Mira Bridge",
        "?Ines Roth named Ines Roth",
        "?Hohen Park designedBy ?Ines Roth",
        "?Hohen Park named Hohen Park",
        "?Hohen Park locatedIn Kelm",
        "?FC Norla homeGround ?Hohen Park",
        "?FC Norla named FC Norla",
        "?FC Norla foundedIn 1966",
        "?FC Norla isA football club",
    ]


def test_facts_off_the_way_are_left_out():
    stray = ("Ada Brandt", "bornIn", "1990")
    query = first_question(golden_world(), golden_walk(stray))
    assert len(query.atoms) == 11


def test_no_more_facts_hang_off_a_thing_than_the_settings_say():
    lean = first_question(golden_world(), golden_walk(), Exploring(clues=0))
    assert [line for line in written(lean) if "?" not in line.split(" ", 1)[0]] == []
    assert len(lean.atoms) == 8


def test_a_fact_between_two_things_on_the_way_joins_their_variables(knowledge):
    queries = [first_question(knowledge, explore(knowledge, 1, turn)) for turn in range(12)]
    assert any(joins(query) > len(things(query)) for query in queries)


def joins(query):
    return sum(isinstance(a.subject, Var) and isinstance(a.object, Var) for a in query.atoms)


def things(query):
    return {a.subject.name for a in query.atoms if a.relation == NAMED}


def test_a_walk_is_a_pure_function_of_its_key(knowledge):
    assert explore(knowledge, 4, "a") == explore(knowledge, 4, "a")
    assert len({explore(knowledge, 4, turn).answer.key for turn in range(6)}) > 1


@pytest.mark.parametrize("turn", range(12))
def test_an_answer_is_single_far_rare_and_the_only_one(knowledge, turn):
    settings = Exploring(distance=4, rarity=0.1)
    found = explore(knowledge, 2, turn, settings=settings)
    query = first_question(knowledge, found, settings)
    answer = found.answer
    assert answer in found.facts
    assert len(found.facts) <= settings.facts
    assert knowledge.facts_from(answer.subject, answer.relation) == (answer,)
    assert answer_of(knowledge, query) == (answer.object,)
    assert len(things(query)) >= settings.distance
    said = spelling(knowledge, answer.relation, answer.object)
    assert rarest(knowledge, said) <= 0.1 * len(knowledge.corpus)


@pytest.mark.parametrize("turn", range(12))
def test_no_constant_of_a_first_question_tells_its_answer(knowledge, turn):
    found = explore(knowledge, 8, turn)
    names = knowledge.spellings(found.answer.object, found.answer.relation)
    for atom in first_question(knowledge, found).atoms:
        for term in (atom.subject, atom.object):
            if isinstance(term, Const):
                assert not any(name in str(term.members[0]) for name in names)


def test_whoever_asks_may_say_which_facts_can_hold_the_answer(knowledge):
    years = explore(knowledge, 5, fits=lambda fact: isinstance(fact.object, int))
    assert isinstance(years.answer.object, int)


def test_the_walk_follows_links_before_it_searches():
    """Of two facts about the seed, only one stands on a page that the seed's page links to."""
    relation = Relation(name="near", domain="spot", range="spot", functional=False)
    links = (Link(anchor="B", url="https://x.example/b"),)
    pages = [Page(url=f"https://x.example/{name}", title=name, text=name) for name in "bcd"]
    pages.append(Page(url="https://x.example/a", title="a", text="a", links=links))
    entities = [Entity(id=n, name=n, type="spot", url=f"https://x.example/{n}") for n in "abcd"]
    facts = [
        Fact(subject="a", relation="near", object="b", places=(Place("https://x.example/b"),)),
        Fact(subject="a", relation="near", object="c", places=(Place("https://x.example/c"),)),
        Fact(subject="b", relation="near", object="d", places=(Place("https://x.example/b"),)),
    ]
    types = [EntityWords(name="spot", noun="spot", plural="spots")]
    spots = Knowledge(entities, [relation], types, facts, MemoryCorpus(pages), "spots")
    settings = Exploring(facts=2, depth=2, distance=2, onward=1.0, rarity=1.0)
    for turn in range(10):
        found = explore(spots, turn, settings=settings)
        if found.seed == "a":
            assert [fact.object for fact in found.facts] == ["b", "d"]
            return
    pytest.fail("no walk began at a")


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"facts": 0}, "facts"),
        ({"distance": 0}, "distance"),
        ({"distance": 9}, "distance"),
        ({"onward": 1.5}, "onward"),
        ({"rarity": -0.1}, "rarity"),
        ({"clues": -1}, "clues"),
        ({"tries": 0}, "tries"),
    ],
)
def test_a_setting_out_of_range_is_named(settings, field):
    with pytest.raises(SettingError, match=f"^{field} = "):
        Exploring(**settings)


def test_a_world_too_small_for_the_distance_says_so():
    settings = Exploring(distance=8, depth=8, facts=9, tries=3)
    with pytest.raises(SettingError, match="smaller `distance`"):
        explore(golden_world(), 0, settings=settings)


def test_knowledge_without_pages_has_nowhere_to_start():
    entity = Entity(id="a", name="a", type="spot")
    pages = [Page(url="https://x.example/", title="x", text="x")]
    empty = Knowledge([entity], [], [], [], MemoryCorpus(pages), "empty")
    with pytest.raises(CorpusError, match="'empty' has no entity with a page"):
        explore(empty, 0)


def test_salience_adds_the_bits_of_the_rarest_word_and_those_of_the_type():
    golden = golden_world()
    query = first_question(golden, golden_walk())
    gold = next(iter(assignments(golden, query)))
    bits = [round(salience(golden, atom, gold), 3) for atom in query.atoms]
    # Mira Bridge: 2 of 16 pages, 1 of 2 works. FC Norla: 4 of 16 pages, 1 of 3 clubs.
    assert bits == [0, 4, 0, 4, 0, 4.585, 2.263, 0, 3.585, 3.585, 3.585]
    assert by_salience(golden, query, gold) == (5, 1, 3, 8, 9, 10, 6)
    assert total_salience(golden, query, gold) == pytest.approx(sum(bits), abs=0.005)


def test_words_of_a_sample_are_scaled_up():
    counted = WordCounts(pages=100, read=50, counts={"seen": 2})
    assert counted.pages_with("seen") == 4


def test_words_are_counted_once_a_page():
    counted = word_counts(golden_world())
    assert counted.pages == counted.read == 16
    assert counted.pages_with("norla") == 4
    assert counted.pages_with("unheard") == 0
    assert word_counts(golden_world()) is counted
    assert counted.bits(16) == 0
