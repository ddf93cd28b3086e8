"""How a generated world speaks: invented names, and pages worded apart from questions."""

import re
import string

import pytest

from webenvs.corpora.world import names
from webenvs.corpora.world.articles import TYPES
from webenvs.corpora.world.cast import cast_of
from webenvs.corpora.world.fillers import FILLERS
from webenvs.corpora.world.names import TONGUES, Names, near_duplicate, word
from webenvs.corpora.world.relations import RELATIONS

FAMOUS = {
    *("Ingmar Bergman", "Astrid Lindgren", "Albert Einstein", "Marie Curie", "Isaac Newton"),
    *("Ada Lovelace", "Alan Turing", "Jane Austen", "Charles Darwin", "Leo Tolstoy"),
    *("Galileo Galilei", "Frida Kahlo", "Pablo Picasso", "Dario Fo", "Milan Kundera"),
    *("Yuri Gagarin", "Haruki Murakami", "Akira Kurosawa", "Hayao Miyazaki", "Nelson Mandela"),
    *("Chinua Achebe", "Wole Soyinka", "Jean Sibelius", "Alvar Aalto", "Eero Saarinen"),
    *("Dylan Thomas", "Omar Khayyam", "Shirin Ebadi", "Novak Djokovic", "Zoran Zivkovic"),
    *("Julia Roberts", "Celine Dion", "Brenna Barr", "Kaito Ishikawa", "Yuto Nagatomo"),
}
REAL_SURNAMES = {
    *("Smith", "Jones", "Lindgren", "Bergman", "Lindberg", "Rossi", "Ferrari", "Moretti", "Bruno"),
    *("Toledo", "Valente", "Bellini", "Puccini", "Novak", "Petrov", "Ivanov", "Pavlov", "Orlov"),
    *("Zelenko", "Chekhov", "Tanaka", "Tanabe", "Watanabe", "Suzuki", "Sato", "Mori", "Kelly"),
    *("Evans", "Penrose", "Sibelius", "Virtanen", "Korhonen", "Karimi", "Hosseini", "Mandela"),
    *("Okafor", "Zulu", "Banda", "Moyo", "Morven", "Carter", "Toyota", "Honda"),
}


@pytest.fixture(scope="module")
def members():
    return cast_of(7, 12_000).members


def test_people_are_named_by_the_syllable_grammar_and_after_nobody_famous(members):
    given = {gender: set() for gender in "fm"}
    starts, ends = set(), set()
    for tongue in TONGUES:
        starts |= set(tongue.starts)
        ends |= set(tongue.surnames) | set(tongue.places)
        for gender in "fm":
            given[gender] |= names.given_names(tongue, gender)
    for _ in range(3):
        ends |= {near_duplicate(end, place) for end in ends if len(end) > 2 for place in range(8)}
    for person in members["person"]:
        for name in person.names:
            first, last = name.split(" ")
            assert first in given[person.gender]
            assert any(last.startswith(start[:-1]) for start in starts)
            assert any(last.endswith(end[1:]) for end in ends), last
            assert name not in FAMOUS
            assert last not in REAL_SURNAMES


def test_names_stay_short_and_hold_no_digits(members):
    for entity in (one for group in members.values() for one in group):
        assert all(len(name) <= 75 and not re.search(r"\d", name) for name in entity.names)
    for kind, most in (("person", 26), ("city", 16), ("river", 14), ("country", 14)):
        assert max(len(entity.name) for entity in members[kind]) <= most


def test_fresh_names_never_repeat_and_grow_when_short_ones_are_used_up():
    fresh = Names(0, "test")
    made = [
        fresh.fresh(lambda turn, *key: word(TONGUES[0], ("by",), turn, *key), place)
        for place in range(400)
    ]
    assert len(set(made)) == 400
    assert max(map(len, made)) > max(map(len, made[:20]))
    assert not fresh.claim(made[0].upper())


def test_a_maker_that_has_only_one_name_is_found_out():
    fresh = Names(0)
    fresh.fresh(lambda turn, *key: "Kelm")
    with pytest.raises(AssertionError, match="No fresh name"):
        fresh.fresh(lambda turn, *key: "Kelm", "again")


@pytest.mark.parametrize("name", ["Brandt", "Halbek", "Korr", "Menondo", "Ada", "Nabe"])
def test_a_near_duplicate_differs_by_one_letter(name):
    other = near_duplicate(name, 0, name)
    assert other != name
    assert abs(len(other) - len(name)) <= 1
    assert other[:-2] == name[: len(other) - 2]


def placeholders(template):
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


@pytest.mark.parametrize("relation", RELATIONS.values(), ids=lambda relation: relation.name)
def test_a_relation_has_several_phrasings_with_the_right_blanks(relation):
    page_words = {"S", "o", "they", "them", "their", "Their", "is"}
    assert len(set(relation.statements)) >= 3
    assert min(len(set(group)) for group in (relation.nouns, relation.asks)) >= 2
    plain = ("birth_year", "death_year")  # whatever else says so in English sounds stilted
    assert len(set(relation.predicates)) >= (1 if relation.name in plain else 2)
    assert relation.domain in TYPES
    assert (relation.range in TYPES) == (relation.kind == "entity")
    if relation.kind == "entity" and not (relation.fixed or relation.symmetric):
        assert len(set(relation.rosters)) >= 2
    else:
        assert not relation.rosters
    for template in relation.statements:
        assert "o" in placeholders(template) <= page_words
    for template in (*relation.asks, *relation.predicates, *relation.nouns):
        assert placeholders(template) == {"x"}
    for template in relation.rosters:
        assert "s" in placeholders(template) <= page_words - {"o"} | {"s"}
    for headline, text in relation.news:
        assert placeholders(headline) <= {"o"}
        assert {"s", "o"} <= placeholders(text) <= {"s", "o", "date"}
    assert all(ask.endswith("?") for ask in relation.asks)


@pytest.mark.parametrize(
    "relation",
    [row for row in RELATIONS.values() if row.kind == "date"],
    ids=lambda relation: relation.name,
)
def test_a_date_brings_its_own_preposition(relation):
    for template in (*relation.statements, *relation.predicates):
        assert not re.search(r"\b(in|on|at|since|by|from) \{[ox]\}", template)


@pytest.mark.parametrize(
    "relation",
    [row for row in RELATIONS.values() if row.kind == "year"],
    ids=lambda relation: relation.name,
)
def test_a_year_stands_bare(relation):
    assert re.search(r"\b(in|since|from|under) \{x\}", relation.predicates[0])


def stems(text):
    idle = "about after before from into many much that their there they this which whom year city"
    units = "kilometres square metres minutes person company university people first"
    words = re.findall(r"[a-z]{4,}", re.sub(r"\{\w+\}", "", text).lower())
    return {one[:6] for one in words if one not in f"{idle} {units}".split()}


def test_pages_and_questions_share_few_content_words():
    shared = total = 0
    for relation in RELATIONS.values():
        asked = [*relation.nouns, *relation.asks, *relation.predicates]
        known = set().union(*map(stems, asked))
        told = [*relation.statements, *relation.rosters, *(text for _, text in relation.news)]
        meets = [bool(stems(text) & known) for text in told]
        assert not all(meets), relation.name
        shared, total = shared + sum(meets), total + len(meets)
    assert shared / total < 0.05


@pytest.mark.parametrize("row", TYPES.values(), ids=lambda row: row.name)
def test_an_article_lays_out_every_relation_of_its_type(row):
    laid_out = [name for _, relations in row.sections for name in relations]
    own = {name for name, relation in RELATIONS.items() if relation.domain == row.name}
    shown = {
        f"<{name}"
        for name, relation in RELATIONS.items()
        if relation.range == row.name and relation.rosters
    }
    assert sorted(laid_out) == sorted(own | shown)
    assert len(FILLERS[row.name]) >= 8
    assert not any(character.isdigit() for line in FILLERS[row.name] for character in line)
    assert row.words.noun and row.words.plural != row.words.noun
    assert row.words.article in ("", "the ") or row.words.article.startswith("the ")


def test_the_shares_of_all_types_add_up():
    assert sum(row.share for row in TYPES.values()) == pytest.approx(1, abs=0.02)
