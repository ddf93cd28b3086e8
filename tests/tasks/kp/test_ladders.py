"""Ladders of vagueness: dates, years, numbers and entities."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webenvs.corpora.corpus import MemoryCorpus
from webenvs.corpora.knowledge import Entity, EntityWords, Fact, Knowledge, Relation
from webenvs.errors import UnknownNameError
from webenvs.records import Page
from webenvs.tasks.kp.ladders import MOST_MEMBERS, merges, rungs
from webenvs.tasks.kp.query import NAMED

NOWHERE = MemoryCorpus([Page(url="https://none.example/", title="", text="-")], name="none")
DAYS = ("1931-05-04", "1931-05-30", "1931-08-01", "1938-01-01", "1999-12-31", "2000-01-01")
PEOPLE = tuple(f"p{number}" for number in range(len(DAYS)))


@pytest.fixture(scope="module")
def lands():
    """People with dates, cities in countries on continents, clubs of kinds, and numbers."""
    entities = [Entity(id=name, name=name.upper(), type="person") for name in PEOPLE]
    entities += [
        *(Entity(id=name, name=name, type="city") for name in ("Kelm", "Sund", "Orr", "Adda")),
        *(Entity(id=name, name=name, type="country") for name in ("Norland", "Estmark", "Westrum")),
        *(Entity(id=name, name=name, type="continent") for name in ("Avia", "Belia")),
        Entity(id="c1", name="FC One", type="club", kind="football club"),
        Entity(id="c2", name="FC Two", type="club", kind="football club"),
        Entity(id="c3", name="Oars", type="club", kind="rowing club"),
        Entity(id="c4", name="Club", type="club", kind="club"),
        Entity(id="u1", name="Uni", type="university"),
    ]
    relations = [
        Relation(name="born", domain="person", range="date", predicates=("was born {x}",)),
        Relation(name="home", domain="person", range="city", predicates=("lives in {x}",)),
        Relation(name="country", domain="city", range="country", predicates=("lies in {x}",)),
        Relation(name="continent", domain="country", range="continent", predicates=("is in {x}",)),
        Relation(name="people", domain="city", range="number", predicates=("has {x} people",)),
        Relation(name="founded", domain="city", range="year", predicates=("was founded in {x}",)),
        Relation(name="member", domain="person", range="", functional=False),
        Relation(name="club", domain="person", range="club", predicates=("plays for {x}",)),
    ]
    types = [
        EntityWords(name="person", noun="person", plural="people", who="who"),
        EntityWords(name="city", noun="city", plural="cities"),
        EntityWords(name="club", noun="club", plural="clubs", broader="organisation"),
        EntityWords(name="university", noun="university", plural="u", broader="organisation"),
    ]
    stated = [(one, "born", day) for one, day in zip(PEOPLE, DAYS, strict=True)]
    stated += [("p0", "home", "Kelm"), ("p1", "home", "Sund"), ("p2", "home", "Orr")]
    stated += [("Kelm", "country", "Norland"), ("Sund", "country", "Norland")]
    stated += [("Orr", "country", "Estmark"), ("Adda", "country", "Norland")]
    stated += [("Norland", "continent", "Avia"), ("Estmark", "continent", "Avia")]
    stated += [("Kelm", "people", 12_345), ("Sund", "people", 15_000), ("Orr", "people", 70_000)]
    stated += [("Adda", "people", 3), ("Kelm", "founded", 1066), ("Sund", "founded", 1066)]
    stated += [("Orr", "founded", 1203), ("Adda", "founded", 1000)]
    stated += [(f"p{n}", "club", f"c{n + 1}") for n in range(4)]
    stated += [(f"p{n}", "member", f"c{n + 1}") for n in range(3)] + [("p3", "member", "u1")]
    facts = [Fact(subject=s, relation=r, object=o) for s, r, o in stated]
    return Knowledge(entities, relations, types, facts, NOWHERE, "lands")


def labels(ladder):
    return [rung.label for rung in ladder]


def test_a_date_climbs_to_month_year_decade_and_century_with_prepositions(lands):
    ladder = rungs(lands, "born", "1931-05-04")
    assert labels(ladder) == ["in May 1931", "in 1931", "in the 1930s", "in the 20th century"]
    assert [len(rung.members) for rung in ladder] == [2, 3, 4, 6]


def test_a_century_begins_with_its_year_one(lands):
    assert labels(rungs(lands, "born", "2000-01-01")) == [
        "in January 2000",
        "in 2000",
        "in the 20th century",
    ]
    assert labels(rungs(lands, "founded", 1000)) == ["the 10th century"]


def test_a_decade_whose_words_mean_a_century_is_left_out(lands):
    assert labels(rungs(lands, "founded", 1203)) == ["the 13th century"]


def test_years_climb_without_prepositions(golden):
    ladder = rungs(golden, "foundedIn", 1966)
    assert labels(ladder) == ["the 1960s", "the 20th century"]
    assert [rung.members for rung in ladder] == [(1966,), (1966, 1971)]


@pytest.mark.parametrize(
    ("year", "label"),
    [(111, "2nd"), (1066, "11th"), (1205, "13th"), (2001, "21st"), (2204, "23rd"), (5, "1st")],
)
def test_ordinals_are_spelled_as_english_has_them(year, label):
    knowledge = of_values("year", [year])
    assert labels(rungs(knowledge, "r", year))[-1] == f"the {label} century"


def test_a_year_before_the_common_era_has_no_ladder():
    assert rungs(of_values("year", [0, -44]), "r", -44) == ()


def test_numbers_climb_by_nested_ranges_that_include_both_ends(lands):
    ladder = rungs(lands, "people", 12_345)
    assert labels(ladder) == [
        "between 10,000 and 20,000",
        "between 10,000 and 50,000",
        "between 10,000 and 100,000",
    ]
    assert [rung.members for rung in ladder] == [
        (12_345, 15_000),
        (12_345, 15_000),
        (12_345, 15_000, 70_000),
    ]
    assert labels(rungs(lands, "people", 3)) == ["between 0 and 5", "between 0 and 10"]
    assert labels(rungs(lands, "people", 70_000))[:2] == [
        "between 70,000 and 80,000",
        "between 50,000 and 100,000",
    ]


def test_negative_numbers_have_mirrored_ranges():
    knowledge = of_values("number", [-25, -7])
    assert labels(rungs(knowledge, "r", -25)) == [
        "between -30 and -20",
        "between -50 and -10",
        "between -100 and -10",
    ]


@settings(max_examples=60, deadline=None)
@given(st.integers(-3_000_000, 3_000_000), st.sampled_from(["year", "number"]))
def test_every_rung_contains_the_value_and_the_rung_before(value, kind):
    near = [value, value + 1, value - 7, value * 2, value // 3, 10, 100]
    ladder = rungs(of_values(kind, near), "r", value)
    held = {value}
    for rung in ladder:
        assert held <= set(rung.members) <= set(near)
        held = set(rung.members)
    assert len(set(labels(ladder))) == len(ladder)


def test_a_city_climbs_to_its_country_and_its_continent(lands):
    ladder = rungs(lands, "home", "Kelm")
    assert labels(ladder) == ["a city in Norland", "a city in Avia"]
    assert [rung.members for rung in ladder] == [("Kelm", "Sund"), ("Kelm", "Orr", "Sund")]


def test_a_place_that_lies_in_itself_ends_the_ladder():
    knowledge = Knowledge(
        [Entity(id="a", name="A", type="land"), Entity(id="b", name="B", type="land")],
        [Relation(name="in", domain="land", range="land", predicates=("lies in {x}",))],
        [],
        [
            Fact(subject="a", relation="in", object="b"),
            Fact(subject="b", relation="in", object="a"),
        ],
        NOWHERE,
        "round",
    )
    assert labels(rungs(knowledge, "in", "a")) == ["a land in B"]


def test_what_lies_nowhere_climbs_by_kind_type_and_broader_type(lands):
    ladder = rungs(lands, "member", "c1")
    assert labels(ladder) == ["a football club", "a club", "an organisation"]
    assert [rung.members for rung in ladder] == [
        ("c1", "c2"),
        ("c1", "c2", "c3"),
        ("c1", "c2", "c3", "u1"),
    ]


def test_the_type_that_the_relation_asks_for_is_no_rung(lands):
    assert labels(rungs(lands, "club", "c1")) == ["a football club"]
    assert rungs(lands, "club", "c4") == ()


def test_subjects_climb_too_and_only_subjects_of_the_relation_count(lands, golden):
    assert labels(rungs(lands, "country", "Kelm", "subject")) == [
        "a city in Norland",
        "a city in Avia",
    ]
    assert rungs(golden, "locatedIn", "Hohen Park", "subject")[0].members == (
        "Hohen Park",
        "Linden Hall",
    )


def test_a_rung_of_too_many_values_is_left_out():
    years = range(1001, 2001)
    knowledge = of_values("number", [*years, 5000])
    assert [len(rung.members) for rung in rungs(knowledge, "r", 1500)] == [1000]
    assert MOST_MEMBERS == 1000


def test_names_have_neither_ladder_nor_merges(golden):
    assert rungs(golden, NAMED, "FC Norla") == ()
    assert merges(golden, NAMED, "FC Norla") == ()


def test_an_unknown_relation_is_named(golden):
    with pytest.raises(UnknownNameError, match="playsFor"):
        rungs(golden, "playFor", "FC Norla")


def test_merged_sets_share_kind_or_one_attribute(lands, golden):
    assert [(one.label, one.members) for one in merges(golden, "playsFor", "FC Norla")] == [
        ("a club founded in 1966", ("FC Norla", "SV Ostra"))
    ]
    assert labels(merges(lands, "club", "c1")) == ["a football club"]
    assert labels(merges(lands, "home", "Kelm")) == [
        "a city that lies in Norland",
        "a city founded in 1066",
    ]


def test_merged_sets_leave_out_the_relation_they_are_made_for(golden):
    found = merges(golden, "foundedIn", "FC Norla", "subject")
    assert labels(found) == ["a football club"]


def test_values_have_no_merged_sets(golden):
    assert merges(golden, "foundedIn", 1966) == ()


def test_a_shared_date_is_said_with_its_preposition():
    knowledge = Knowledge(
        [Entity(id=name, name=name, type="fair") for name in ("A", "B")]
        + [Entity(id="C", name="C", type="town")],
        [
            Relation(name="day", domain="fair", range="date", predicates=("was held {x}",)),
            Relation(name="size", domain="fair", range="number", predicates=("had {x}",), unit="m"),
            Relation(name="town", domain="fair", range="town", predicates=("belongs to {x}",)),
        ],
        [EntityWords(name="fair", noun="fair", plural="fairs")],
        [
            Fact(subject=name, relation=relation, object=value)
            for name in ("A", "B")
            for relation, value in (("day", "1931-05-04"), ("size", 2000), ("town", "C"))
        ],
        NOWHERE,
        "fairs",
    )
    assert labels(merges(knowledge, "town", "A", "subject")) == [
        "a fair held on 4 May 1931",
        "a fair that had 2,000 m",
    ]


def of_values(kind, values):
    """A knowledge of one relation r with these objects."""
    found = dict.fromkeys(values)
    return Knowledge(
        [Entity(id=f"e{place}", name=f"E{place}", type="thing") for place in range(len(found))],
        [Relation(name="r", domain="thing", range=kind)],
        [EntityWords(name="thing", noun="thing", plural="things")],
        [Fact(subject=f"e{place}", relation="r", object=one) for place, one in enumerate(found)],
        NOWHERE,
        "values",
    )
