"""How a generated world is spread: popularity, mix, density, ambiguity, names, seeds."""

import os
import subprocess
import sys
from collections import Counter, defaultdict

import pytest

from webenvs import seeding
from webenvs.corpora.world.addresses import site_url
from webenvs.corpora.world.articles import TYPES
from webenvs.corpora.world.cast import MOST_NAMED, cast_of
from webenvs.corpora.world.history import NOW, history_of
from webenvs.corpora.world.relations import RELATIONS


def test_nothing_happens_after_the_present(past):
    for fact in past.facts:
        if RELATIONS[fact.relation].kind in ("year", "date"):
            assert 850 <= int(str(fact.object)[:4]) <= NOW


def test_few_are_named_by_very_many_facts_and_none_by_too_many(large):
    named = Counter(
        (fact.relation, fact.object)
        for fact in large.facts
        if RELATIONS[fact.relation].kind == "entity"
    )
    assert max(named.values()) <= MOST_NAMED
    for relation in ("birth_place", "studied_at", "publisher", "author"):
        counts = sorted((count for (name, _), count in named.items() if name == relation))
        assert counts[-1] >= 8 * counts[len(counts) // 2]


def test_popularity_falls_from_the_first_of_a_type_to_the_last_and_is_one_on_average(large):
    named = Counter(str(fact.object) for fact in large.facts)
    for members in large.cast.members.values():
        weights = [entity.popularity for entity in members]
        assert weights == sorted(weights, reverse=True)
        assert sum(weights) / len(weights) == pytest.approx(1, abs=0.01)
    cities = large.cast.members["city"]
    tenth = len(cities) // 10
    top, bottom = cities[:tenth], cities[-tenth:]
    assert sum(named[one.id] for one in top) > 5 * sum(named[one.id] for one in bottom)


def test_worlds_of_different_sizes_have_the_same_mix(large, past_of):
    small = past_of(7, 3_000)
    for name, row in TYPES.items():
        shares = [len(one.cast.members[name]) / len(one.entities) for one in (small, large)]
        assert shares == pytest.approx([row.share, row.share], abs=0.011)
    assert len(small.facts) / 3_000 == pytest.approx(len(large.facts) / 12_000, rel=0.05)


def test_density_says_how_many_optional_facts_exist(past_of):
    thin, usual, thick = (past_of(1, 900, density) for density in (0.5, 1.0, 2.0))
    assert len(thin.facts) < 0.92 * len(usual.facts) < len(usual.facts) < 0.92 * len(thick.facts)
    for relation in ("birth_year", "city_country", "capital", "published", "exhibition_opened"):
        assert len(thin.pairs(relation)) == len(thick.pairs(relation))
    assert len(thin.pairs("spouse")) < len(usual.pairs("spouse")) < len(thick.pairs("spouse"))


def test_without_ambiguity_no_name_is_shared_and_none_has_an_alias(past_of):
    plain = past_of(1, 900, ambiguity=0.0)
    assert len({entity.name for entity in plain.entities.values()}) == 900
    assert not any(entity.aliases for entity in plain.entities.values())


def test_more_ambiguity_shares_more_names_and_gives_more_aliases(past_of):
    usual, much = (past_of(1, 3_000, ambiguity=share) for share in (0.5, 1.0))
    shared = [len({one.name for one in past.entities.values()}) for past in (usual, much)]
    aliases = [sum(bool(one.aliases) for one in past.entities.values()) for past in (usual, much)]
    assert 3_000 > shared[0] > shared[1]
    assert 300 < aliases[0] < aliases[1]


def test_ids_and_urls_are_distinct_and_namesakes_differ_in_kind(large):
    entities = large.entities.values()
    assert len(large.entities) == 12_000 == len({entity.url for entity in entities})
    bearers = defaultdict(list)
    for entity in entities:
        bearers[entity.name].append(entity)
    for group in bearers.values():
        assert len({entity.kind for entity in group}) == len(group)
        assert all(entity.id.endswith(")") == (len(group) > 1) for entity in group)


def test_an_alias_is_nobody_elses_name(large):
    taken = Counter(name for entity in large.entities.values() for name in entity.names)
    for entity in large.entities.values():
        assert all(taken[alias] == 1 for alias in entity.aliases)


def test_some_films_bear_the_title_of_the_book_they_are_based_on(large):
    shared = [
        film
        for film, book in large.pairs("based_on")
        if large.entities[film].name == large.entities[book].name
    ]
    assert len(shared) >= 5


def test_a_department_lies_on_the_site_of_its_university(past):
    for department, university in past.pairs("department_university"):
        site = site_url(past.entities[university].title)
        assert past.entities[department].url.startswith(f"{site}departments/")


def test_the_history_is_the_same_in_another_process_under_another_hash_seed():
    code = (
        "from webenvs import seeding\n"
        "from webenvs.corpora.world.cast import cast_of\n"
        "from webenvs.corpora.world.history import history_of\n"
        "cast = cast_of(5, 300)\n"
        "print(seeding.digest([cast, history_of(5, cast)]))"
    )
    env = {**os.environ, "PYTHONHASHSEED": "4711"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
    )
    cast = cast_of(5, 300)
    assert done.stdout.split() == [seeding.digest([cast, history_of(5, cast)])]


def test_another_seed_gives_another_world(past_of):
    one, other = past_of(0, 400), past_of(1, 400)
    assert len(set(one.entities) & set(other.entities)) < 40
