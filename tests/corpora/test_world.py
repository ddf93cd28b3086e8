"""The generated web: the same everywhere, and every fact stated on the pages said to state it."""

import os
import re
import string
import subprocess
import sys
from collections import Counter

import pytest

from webenvs.corpora.corpus import MemoryCorpus
from webenvs.corpora.world.articles import TYPES
from webenvs.corpora.world.fillers import FILLERS
from webenvs.corpora.world.generate import build_world
from webenvs.corpora.world.graph import Entity, Fact, World, plain
from webenvs.corpora.world.names import TONGUES, Names, near_duplicate, word
from webenvs.corpora.world.relations import RELATIONS
from webenvs.errors import SettingError
from webenvs.records import Page

TINY_DIGEST = "b435ec07267ee0a26b6f2fed0fcf57a498b0440637e35517b9aa2028ab7d4a2a"


@pytest.fixture(scope="module")
def tiny():
    return build_world()


def years(world, relation):
    return {fact.subject: fact.object for fact in world.facts if fact.relation == relation}


def test_the_digest_of_the_tiny_web_never_changes(tiny):
    assert MemoryCorpus(tiny.pages()).digest == TINY_DIGEST
    assert tiny.digest == TINY_DIGEST


@pytest.mark.parametrize("hash_seed", ["1", "31337"])
def test_the_tiny_web_is_the_same_in_another_process_under_any_hash_seed(hash_seed):
    code = (
        "from webenvs.corpora.world.generate import build_world\n"
        "from webenvs.tasks.walk import multi_hop_tasks\n"
        "world = build_world()\n"
        "print(world.digest, multi_hop_tasks(world, limit=20).digest)"
    )
    from webenvs.tasks.walk import multi_hop_tasks

    here = multi_hop_tasks(build_world(), limit=20).digest
    env = {**os.environ, "PYTHONHASHSEED": hash_seed}
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [TINY_DIGEST, here]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("pages", [100, 141, 142, 300, 999])
def test_a_web_has_exactly_the_pages_asked_for(seed, pages):
    assert len(build_world(seed, pages).pages()) == pages


def test_another_seed_gives_another_web_with_other_names(tiny):
    other = build_world(seed=1)
    shared = set(tiny.entities) & set(other.entities)
    assert other.digest != tiny.digest
    assert len(shared) < len(tiny.entities) / 10


def test_a_web_of_too_few_pages_is_refused_by_name():
    with pytest.raises(SettingError, match="pages = 99 is not allowed: pages must be at least 100"):
        build_world(pages=99)


def test_a_web_whose_facts_cannot_fill_its_news_says_so(tiny):
    from webenvs.corpora.world.cast import cast_of
    from webenvs.corpora.world.placement import plan_of

    with pytest.raises(SettingError, match="pages = 900"):
        plan_of(0, 900, cast_of(0, 100), tiny.facts[:0])


def test_every_fact_stands_with_both_its_ends_on_every_page_that_is_said_to_state_it(tiny):
    for fact in tiny.facts:
        assert fact.urls
        for url in fact.urls:
            text = tiny.page_words(url)
            ends = (tiny.entities[fact.subject].names, tiny.spellings(fact.object, fact.relation))
            for names in ends:
                assert any(plain(name) in text for name in names), (fact, url)


def test_a_year_or_number_stands_on_no_article_that_is_not_said_to_state_it(tiny):
    urls = {fact.subject: set() for fact in tiny.facts}
    for fact in tiny.facts:
        urls[fact.subject].add((fact.relation, fact.object, fact.urls))
    for entity in tiny.entities.values():
        own = {
            str(value)
            for relation, value, pages in urls.get(entity.id, ())
            if entity.url in pages and RELATIONS[relation].kind != "entity"
        }
        page = next(page for page in tiny.pages() if page.url == entity.url)
        assert {number.replace(",", "") for number in re.findall(r"\d[\d,]*", page.text)} == own


def test_facts_are_spread_over_subjects_objects_lists_and_news(tiny):
    places = Counter()
    for fact in tiny.facts:
        if RELATIONS[fact.relation].kind == "entity":
            for url in fact.urls:
                own = url == tiny.entities[fact.subject].url
                other = url == tiny.entities[fact.object].url
                news = "/news/" in url
                places["subject" if own else "object" if other else "news" if news else "list"] += 1
    assert min(places[where] for where in ("subject", "object", "list")) >= 50
    assert places["news"] >= 10


def test_links_lead_to_pages_and_their_positions_hold_their_anchors(tiny):
    urls = {page.url for page in tiny.pages()}
    for page in tiny.pages():
        for link in page.links:
            assert link.url in urls
            assert page.text[link.position :].startswith(link.anchor)
            assert link.anchor


def test_every_page_can_be_reached_by_clicks_from_the_main_page(tiny):
    links = {page.url: [link.url for link in page.links] for page in tiny.pages()}
    seen, waiting = set(), ["https://world.example/wiki/Main_Page"]
    while waiting:
        url = waiting.pop()
        if url not in seen:
            seen.add(url)
            waiting += links[url]
    assert seen == set(links)


def test_page_text_has_no_trace_of_templates(tiny):
    for page in tiny.pages():
        assert not re.search(r"[\[\]{}|]|  |\.\.| ,| \.", page.text), page.url
        assert page.text == page.text.strip() or page.url.endswith("archive")


def test_the_history_fits_together(tiny):
    born, died = years(tiny, "birth_year"), years(tiny, "death_year")
    graduated, honoured = years(tiny, "graduation_year"), years(tiny, "award_year")
    schools, books = years(tiny, "studied_at"), years(tiny, "published")
    founded = {
        **years(tiny, "university_founded"),
        **years(tiny, "company_founded"),
        **years(tiny, "award_first"),
        **years(tiny, "festival_first"),
    }
    for person, year in graduated.items():
        assert born[person] + 20 < year < died.get(person, 9999)
        assert founded[schools[person]] <= born[person] + 18
    for person, year in honoured.items():
        assert graduated.get(person, born[person] + 21) < year < died.get(person, 9999)
        assert founded[years(tiny, "person_award")[person]] <= year
    for book, author in years(tiny, "author").items():
        assert born[author] + 24 <= books[book] < died.get(author, 9999)
    for book, company in years(tiny, "publisher").items():
        assert founded[company] <= books[book]
    for relation in ("university_founder", "company_founder", "festival_founder"):
        for body, person in years(tiny, relation).items():
            assert born[person] + 27 <= founded[body] < died.get(person, 9999)
    for award, person in years(tiny, "commemorates").items():
        assert died[person] < founded[award]
    for pupil, mentor in years(tiny, "mentor").items():
        assert born[mentor] + 12 <= born[pupil] < died.get(mentor, 9999)


def test_a_capital_lies_in_its_country_and_the_living_hold_one_office_each(tiny):
    countries, died = years(tiny, "city_country"), years(tiny, "death_year")
    for country, city in years(tiny, "capital").items():
        assert countries[city] == country
    holders = [
        person
        for relation in ("president", "mayor", "chief_executive", "rector", "coach")
        for person in years(tiny, relation).values()
    ]
    assert len(holders) == len(set(holders)) > 20
    assert not set(holders) & set(died)


def test_facts_keep_domain_range_and_cardinality(tiny):
    for fact in tiny.facts:
        relation = RELATIONS[fact.relation]
        assert tiny.entities[fact.subject].type == relation.domain
        if relation.kind == "entity":
            assert tiny.entities[fact.object].type == relation.range
        else:
            assert type(fact.object) is int
        if relation.functional:
            assert len(tiny.facts_from(fact.subject, fact.relation)) == 1
        if relation.inverse_functional:
            assert len(tiny.facts_to(fact.object, fact.relation)) == 1
    assert {fact.relation for fact in tiny.facts} == set(RELATIONS)


def test_popularity_has_a_heavy_tail(tiny):
    births = Counter(years(tiny, "birth_place").values())
    counts = sorted(births.values(), reverse=True)
    assert counts[0] >= 4 * counts[len(counts) // 2]


def test_some_names_are_shared_some_are_near_duplicates_some_have_aliases(tiny):
    names = Counter(entity.name for entity in tiny.entities.values())
    people = [entity for entity in tiny.entities.values() if entity.type == "person"]
    surnames = Counter(entity.name.rsplit(" ", 1)[-1] for entity in people)
    assert sum(count > 1 for count in names.values()) >= 2
    assert sum(count > 2 for count in surnames.values()) >= 3
    assert sum(bool(entity.aliases) for entity in tiny.entities.values()) >= 20
    for entity in tiny.entities.values():
        assert (names[entity.name] > 1) == entity.id.endswith(")")
    shared = next(name for name, count in names.items() if count > 1)
    assert any(page.title == f"{shared} (disambiguation)" for page in tiny.pages())
    assert len(tiny.bearers(shared)) == 2


def test_an_alias_belongs_to_one_entity_and_leads_to_it(tiny):
    for entity in tiny.entities.values():
        for alias in entity.aliases:
            assert tiny.bearers(alias.upper()) == (entity.id,)


def test_a_world_is_indexed_whatever_the_order_it_is_given():
    entities = [Entity(id=name, name=name, type="city") for name in ("Sund", "Kelm")]
    facts = [
        Fact(subject="Sund", relation="population", object=12400),
        Fact(subject="Kelm", relation="population", object=900),
    ]
    world = World(entities, facts, [Page(url="u", title="t", text="x")], "two")
    assert list(world.entities) == ["Kelm", "Sund"]
    assert [fact.subject for fact in world.facts] == ["Kelm", "Sund"]
    assert world.spellings(12400, "population") == ("12,400", "12400")
    assert world.spellings(900, "population") == ("900",)
    assert world.spellings(1066, "city_founded") == ("1066",)
    assert world.facts_to(900, "population") == (facts[1],)
    assert world.facts_about("Nowhere") == world.facts_naming("Nowhere") == ()
    assert world.bearers("nobody") == ()
    assert world.page_words("no such url") == ""


def placeholders(template):
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


@pytest.mark.parametrize("relation", RELATIONS.values(), ids=lambda relation: relation.name)
def test_a_relation_has_several_phrasings_with_the_right_blanks(relation):
    entity = relation.kind == "entity"
    page_words = {"S", "o", "they", "them", "their", "Their", "is"}
    assert len(relation.statements) >= 3
    assert len(relation.asks) >= 2
    assert relation.domain in TYPES
    assert (relation.range in TYPES) == entity
    assert bool(relation.nouns) == entity
    for template in relation.statements:
        assert "o" in placeholders(template) <= page_words
    for template in (*relation.asks, *relation.predicates, *relation.nouns):
        assert placeholders(template) == {"x"}
    for template in relation.rosters:
        assert "s" in placeholders(template) <= page_words - {"o"} | {"s"}
    for headline, text in relation.news:
        assert placeholders(headline) <= {"o"}
        assert {"s", "o"} <= placeholders(text) <= {"s", "o", "date"}
    assert not set(relation.statements) & {*relation.asks, *relation.nouns}


@pytest.mark.parametrize("row", TYPES.values(), ids=lambda row: row.name)
def test_an_article_lays_out_every_relation_of_its_type(row):
    laid_out = [name for _, names in row.sections for name in names]
    own = {name for name, relation in RELATIONS.items() if relation.domain == row.name}
    shown = {
        f"<{name}"
        for name, relation in RELATIONS.items()
        if relation.range == row.name and relation.rosters
    }
    assert sorted(laid_out) == sorted(own | shown)
    assert len(FILLERS[row.name]) >= 8
    assert not any(character.isdigit() for line in FILLERS[row.name] for character in line)


def test_fresh_names_never_repeat_and_grow_when_short_ones_are_used_up():
    names = Names(0, "test")
    made = [
        names.fresh(lambda turn, *key: word(TONGUES[0], ("by",), turn, *key), place)
        for place in range(400)
    ]
    assert len(set(made)) == 400
    assert max(map(len, made)) > max(map(len, made[:20]))
    assert not names.claim(made[0].upper())


def test_a_maker_that_has_only_one_name_is_found_out():
    names = Names(0)
    names.fresh(lambda turn, *key: "Kelm")
    with pytest.raises(AssertionError, match="No fresh name"):
        names.fresh(lambda turn, *key: "Kelm", "again")


@pytest.mark.parametrize("name", ["Brandt", "Halbek", "Korr", "Menondo", "Ada", "Nabe"])
def test_a_near_duplicate_differs_by_one_letter(name):
    other = near_duplicate(name, 0, name)
    assert other != name
    assert abs(len(other) - len(name)) <= 1
    assert other[:-2] == name[: len(other) - 2]
