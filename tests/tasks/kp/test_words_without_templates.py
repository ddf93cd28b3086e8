"""Facts as sentences, names that are shared, and words for relations that bring none."""

import pytest

from webenvs.corpora.corpus import MemoryCorpus
from webenvs.corpora.knowledge import Entity, EntityWords, Fact, Knowledge, Relation
from webenvs.records import Page
from webenvs.tasks.kp import english, phrasing
from webenvs.tasks.kp.query import Atom, Const, Post, Query, Var
from webenvs.tasks.kp.wording import fact_sentence, is_clear, mention, question_of


def test_facts_are_plain_sentences(golden, bare):
    told = [fact_sentence(golden, fact) for fact in golden.facts]
    assert "FC Norla was founded in 1966." in told
    assert "FC Norla is a football club." in told
    assert len(set(told)) == 39
    assert [fact_sentence(bare, fact) for fact in bare.facts] == [
        "The hall Aster belongs to Oda.",
        "The hall Aster has 1,200 m as height.",
        "The hall Aster was opened on 4 May 1931.",
        "The tower Aster has Oda as friend.",
        "The tower Aster was opened on 5 May 1931.",
        "The tower Aster wrote about the hall Aster.",
    ]


@pytest.fixture
def bare():
    """Knowledge without words: two buildings of one name, relations known by name only."""
    url = "https://bare.example/a"
    facts = [
        ("Aster_(hall)", "belongsTo", "Oda"),
        ("Aster_(hall)", "height", 1200),
        ("Aster_(hall)", "was_opened", "1931-05-04"),
        ("Aster_(tower)", "was_opened", "1931-05-05"),
        ("Aster_(tower)", "has_friend", "Oda"),
        ("Aster_(tower)", "wrote-about", "Aster_(hall)"),
    ]
    relations = [
        Relation(name="belongsTo", domain="building", range="town", predicates=("belongs to {x}",)),
        Relation(name="height", domain="building", range="number", unit="m"),
        Relation(name="was_opened", domain="", range="date", predicates=("was opened {x}",)),
        Relation(name="has_friend", domain="building", range="town"),
        Relation(name="wrote-about", domain="building", range="building"),
    ]
    entities = [
        Entity(id="Aster_(hall)", name="Aster", type="building", kind="hall"),
        Entity(id="Aster_(tower)", name="Aster", type="building", kind="tower"),
        Entity(id="Oda", name="Oda", type="town"),
    ]
    pages = [Page(url=url, title="A", text="A.")]
    told = [Fact(subject=one, relation=two, object=three) for one, two, three in facts]
    return Knowledge(entities, relations, (), told, MemoryCorpus(pages), "bare")


@pytest.mark.parametrize(
    ("triples", "wording"),
    [
        ([("T", "belongsTo", "Oda")], "Which building belongs to Oda?"),
        ([("Aster_(hall)", "belongsTo", "T")], "What is the town to which the hall Aster belongs?"),
        ([("Aster_(hall)", "height", "T")], "What is the height of the hall Aster?"),
        ([("T", "height", 1200)], "Which building has 1,200 m as height?"),
        ([("T", "was_opened", "1931-05-04")], "Which thing was opened on 4 May 1931?"),
        (
            [("T", "was_opened", ("1931-05-04", "1931-05-05"))],
            "Which thing was opened on 4 May 1931 or on 5 May 1931?",
        ),
        (
            ["T was_opened Y", ("Aster_(tower)", "was_opened", "Y")],
            "Which thing was opened on the day on which the tower Aster was opened?",
        ),
        ([("T", "memberOf", "nobody")], "Which thing is member of nobody?"),
        ([("T", "", "Oda")], "Which thing has Oda as thing?"),
    ],
)
def test_a_relation_without_words_is_told_by_its_name(bare, ask, triples, wording, forms):
    assert wording in forms(bare, ask(*triples))


def test_extremes_of_numbers_without_words_use_the_noun(bare, ask):
    query = ask(("T", "belongsTo", "Oda"), post=Post(op="ARGMAX", relation="height"))
    assert question_of(bare, query) == (
        "Which of the buildings that belong to Oda has the greatest height?"
    )
    other = ask(("T", "has_friend", "Oda"))
    query = ask(("T", "belongsTo", "Oda"), post=Post(op="COMPARE", relation="height", other=other))
    assert question_of(bare, query) == (
        "Which has the smaller height, the building that belongs to Oda or the building that has "
        "Oda as friend?"
    )
    query = ask("B height T", ("B", "belongsTo", "Oda"), post=Post(op="MAX"))
    assert question_of(bare, query) == (
        "What is the greatest height of a building that belongs to Oda?"
    )
    heights = ask(("Aster_(hall)", "height", "T"))
    query = ask(("Aster_(hall)", "height", "T"), post=Post(op="DIFF", other=heights))
    assert question_of(bare, query) == (
        "What is the difference between the height of the hall Aster and the height of the hall "
        "Aster?"
    )


def test_a_number_that_two_things_share_is_told_as_the_same(bare, ask):
    query = ask("T height N", ("Aster_(hall)", "height", "N"), ("T", "has_friend", "Oda"))
    assert question_of(bare, query) == (
        "Which building has Oda as friend and has the same height as the hall Aster?"
    )
    query = ask("T height N", "N height N", ("T", "has_friend", "Oda"))
    assert " as its height" in question_of(bare, query)


def test_a_period_without_preposition_gets_one(bare):
    for label, wording in (("May 1931", "in May 1931"), ("in the 1930s", "in the 1930s")):
        days = Const(members=("1931-05-04", "1931-05-05"), label=label)
        query = Query(atoms=(Atom(Var("T"), "was_opened", days),))
        assert question_of(bare, query) == f"Which thing was opened {wording}?"


def test_a_shared_name_is_told_with_its_kind_or_its_page_title(bare):
    hall = bare.entities["Aster_(hall)"]
    assert is_clear(bare, hall)
    assert mention(bare, hall.id, "belongsTo") == "the hall Aster"
    twins = [
        Entity(id=f"Nor_({number})", name="Nor", type="town", kind="port") for number in (1, 2)
    ]
    unclear = Knowledge(twins, (), (), (), bare.corpus, "twins")
    assert not is_clear(unclear, twins[0])
    assert mention(unclear, "Nor_(1)", "") == "Nor (1)"


def test_a_shared_name_that_comes_again_by_a_letter_is_given_it(golden, ask, forms):
    twin = Entity(id="Kelm_(port)", name="Kelm", type="city")
    entities = [*golden.entities.values(), twin]
    parts = (golden.relations.values(), golden.types.values(), golden.facts, golden.corpus)
    query = ask(
        *("T bornInCity K", ("T", "bornIn", 1990), ("K", "named", "Kelm"), "H locatedIn K"),
        *("G locatedIn C", "X homeGround G", "S playsFor X", "S bornInCity C"),
        *("S playedIn Y", "T playedIn Y"),
    )
    told = forms(Knowledge(entities, *parts, "twins"), query)
    assert any("Kelm (city B), the city of a ground" in one for one in told)
    assert all(("city B" in one) == ("(city B)" in one) for one in told)


def test_types_and_their_words_may_be_missing(bare):
    assert phrasing.words_of(bare, "power_station").plural == "power stations"
    assert phrasing.words_of(bare, "").noun == "thing"
    assert phrasing.words_of(bare, "date").noun == "day"


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("city", "cities"),
        ("day", "days"),
        ("person", "people"),
        ("church", "churches"),
        ("city of birth", "cities of birth"),
        ("home ground of {x}", "home grounds of {x}"),
        ("university attended by {x}", "universities attended by {x}"),
        ("football club or handball club", "football clubs or handball clubs"),
        ("city where {x} stands", "cities where {x} stands"),
        ("husband or wife of {x}", "husbands or wives of {x}"),
    ],
)
def test_plurals_of_nouns(one, many):
    assert english.plural_phrase(one) == many


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("plays for {x}", "play for {x}"),
        ("was born in {x}", "were born in {x}"),
        ("has its campus in {x}", "have their campus in {x}"),
        ("also designed {x}", "also designed {x}"),
        ("carries {x}", "carry {x}"),
        ("passes {x}", "pass {x}"),
        ("lies in {x}", "lie in {x}"),
        ("was a pupil of {x}", "were pupils of {x}"),
    ],
)
def test_agreement_of_verbs(one, many):
    assert english.plural_verb(one) == many


def test_articles_and_ranks():
    words = ("award", "university", "hour", "one-man show", "18th-century house", "city")
    assert [english.article(word) for word in words] == ["an", "a", "an", "a", "an", "a"]
    assert [english.ordinal(number) for number in (1, 2, 11, 21, 22, 23, 24)] == [
        "first", "second", "11th", "21st", "22nd", "23rd", "24th",
    ]  # fmt: skip
    assert english.fill("is a {x}", "award") == "is an award"
    assert english.fill("the {x}", "the prize") == "the prize"
    assert english.fill("no slot", "x") == "no slot"
    assert english.fill("saw {x} goals", "1") == "saw 1 goal"
    assert english.fill("is {x} metres long", "1") == "is 1 metre long"


@pytest.mark.parametrize(
    ("ask_one", "ask_many"),
    [
        ("In which city was {x} born?", "In how many different cities was {x} born?"),
        ("Which company employed {x}?", "How many different companies employed {x}?"),
        ("Which city hosts {x}?", "How many different cities host {x}?"),
        ("Which club does {x} play for?", "How many different clubs does {x} play for?"),
        ("Which award was won by {x}?", "How many different awards were won by {x}?"),
        ("Who designed {x}?", ""),
    ],
)
def test_a_question_for_one_asks_for_many(ask_one, ask_many):
    assert phrasing.asked_of_many(ask_one, {}, how_many=True) == ask_many


def test_words_are_made_from_the_words_there_are():
    types = [EntityWords(name="person", noun="person", plural="people", who="who")]
    relations = [
        Relation(name="a", domain="", range="person", nouns=("the mayor of {x}",)),
        Relation(name="b", domain="", range="year", predicates=("was held in {x}",)),
        Relation(name="c", domain="", range="number", predicates=("has {x} seats",)),
        Relation(name="d", domain="", range="number", asks=("What is the height of {x}?",)),
        Relation(name="designedBy", domain="", range="person"),
        Relation(name="released", domain="", range="date"),
    ]
    corpus = MemoryCorpus([Page(url="https://x.example", title="", text="x")])
    found = Knowledge((), relations, types, (), corpus, "words")
    mayor = phrasing.phrases(found, "a")
    assert (mayor.predicates, mayor.asks) == (("has {x} as mayor",), ("Who is the mayor of {x}?",))
    held = phrasing.phrases(found, "b")
    assert held.nouns == ("the year in which {x} was held",)
    assert held.asks == ("In which year was {x} held?",)
    assert phrasing.phrases(found, "c").nouns == ("the number of seats that {x} has",)
    assert phrasing.phrases(found, "d").predicates == ("has {x} as height",)
    made = phrasing.phrases(found, "designedBy")
    assert made.predicates == ("was designed by {x}",)
    assert made.asks == ("By which person was {x} designed?",)
    assert phrasing.phrases(found, "released").predicates == ("has {x} as released",)
