"""The generated web as a whole: its size, its shards, and where every fact is stated."""

import os
import re
import subprocess
import sys
from collections import Counter, defaultdict
from functools import cache

import pytest

from webenvs.corpora.knowledge import plain
from webenvs.corpora.world.addresses import housed
from webenvs.corpora.world.budget import article_count, distractor_share
from webenvs.corpora.world.cast import cast_of
from webenvs.corpora.world.generate import build_world
from webenvs.corpora.world.history import history_of
from webenvs.corpora.world.placement import plan_of
from webenvs.corpora.world.plan import entities_of
from webenvs.corpora.world.render import pages_of
from webenvs.errors import SettingError

SIZES = (300, 1_000)
USUAL = 0.5


@cache
def world(pages=300, seed=0):
    return build_world(seed, pages)


@cache
def drafted(pages=300, seed=0, distractors=USUAL, length=1.0):
    """The cast and the plan of a web."""
    cast = cast_of(seed, article_count(pages, distractors))
    facts = history_of(seed, cast)
    return cast, plan_of(seed, pages, cast, facts, distractors=distractors, length=length)


@cache
def written(pages=300, seed=0, distractors=USUAL, length=1.0):
    """All pages of a web with the passages that state facts."""
    cast, plan = drafted(pages, seed, distractors, length)
    return tuple(pages_of(seed, cast, plan))


def passages(one):
    """Every fact of a world with a page that states it and the passage."""
    for fact in one.knowledge.facts:
        for place in fact.places:
            page = one.corpus.page(one.corpus.index(place.url))
            yield fact, page, page.text[place.start : place.end]


def pages_by_fact(one):
    return {fact.key: set(fact.urls) for fact in one.knowledge.facts}


def share_of_chains_on_one_page(one):
    """Of all chains of two facts, one's object the other's subject: those that one page states."""
    urls = pages_by_fact(one)
    chains = told = 0
    for first in one.knowledge.facts:
        if one.knowledge.relation(first.relation).kind != "entity":
            continue
        for second in one.knowledge.facts_about(first.object):
            back = second.object == first.subject and second.relation == first.relation
            if not back:
                chains += 1
                told += bool(urls[first.key] & urls[second.key])
    assert chains > 1_000
    return told / chains


@pytest.mark.parametrize("hash_seed", ["1", "31337"])
def test_a_web_is_the_same_in_another_process_under_any_hash_seed(hash_seed):
    code = (
        "from webenvs.corpora.world.generate import build_world\n"
        "world = build_world()\n"
        "print(world.corpus.digest, world.knowledge.digest)"
    )
    env = {**os.environ, "PYTHONHASHSEED": hash_seed}
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [world().corpus.digest, world().knowledge.digest]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("pages", [100, 101, 141, 142, 300, 999])
def test_a_web_has_exactly_the_pages_asked_for(seed, pages):
    urls = [page.url for page, _ in written(pages, seed)]
    assert len(urls) == len(set(urls)) == pages


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("pages", range(100, 108))
@pytest.mark.parametrize("distractors", [0.0, 1.0])
def test_the_smallest_webs_have_exactly_their_pages_whatever_the_distractors(
    seed, pages, distractors
):
    assert len(written(pages, seed, distractors, 0.5)) == pages


def test_another_seed_gives_another_web_with_other_names():
    mine, other = world().knowledge, world(seed=1).knowledge
    assert world().corpus.digest != world(seed=1).corpus.digest
    assert len(set(mine.entities) & set(other.entities)) < len(mine.entities) / 10


def test_a_web_that_is_too_small_for_its_articles_says_how_large_it_must_be():
    cast = cast_of(0, 120)
    facts = history_of(0, cast)
    with pytest.raises(SettingError, match=r"pages = 110 is not allowed: .* at least \d+ for 120"):
        plan_of(0, 110, cast, facts)


@pytest.mark.parametrize("shards", [1, 3, 7])
def test_shards_hold_every_page_once_with_the_same_bytes_in_any_order(shards):
    cast, plan = drafted()
    parts = [tuple(pages_of(0, cast, plan, shard, shards)) for shard in reversed(range(shards))]
    together = sorted((one for part in parts for one in part), key=lambda one: one[0].url)
    assert together == sorted(written(), key=lambda one: one[0].url)
    assert all(parts)


@pytest.mark.parametrize("pages", SIZES)
def test_every_fact_has_a_place_and_every_passage_names_what_it_tells(pages):
    one = world(pages)
    for fact in one.knowledge.facts:
        assert fact.places, fact
    for fact, page, passage in passages(one):
        objects = one.knowledge.spellings(fact.object, fact.relation)
        subjects = one.knowledge.entities[fact.subject].names
        assert any(name in passage for name in (*objects, *subjects)), (fact, page.url, passage)
        assert "\n" not in passage


@pytest.mark.parametrize("pages", SIZES)
def test_the_other_end_of_a_fact_stands_on_the_page_too(pages):
    one = world(pages)
    for fact, page, _ in passages(one):
        words = one.knowledge.page_words(page.url)
        ends = (
            one.knowledge.entities[fact.subject].names,
            one.knowledge.spellings(fact.object, fact.relation),
        )
        for names in ends:
            assert any(plain(name) in words for name in names), (fact, page.url)


@pytest.mark.parametrize("pages", SIZES)
def test_no_number_stands_on_an_own_page_unless_a_fact_of_that_page_tells_it(pages):
    one = world(pages)
    told = defaultdict(set)
    for fact, page, passage in passages(one):
        told[page.url].update(re.findall(r"\d[\d,]*", passage))
        assert fact
    for entity in one.knowledge.entities.values():
        page = one.corpus.page(one.corpus.index(entity.url))
        assert set(re.findall(r"\d[\d,]*", page.text)) <= told[entity.url], page.url


@pytest.mark.parametrize("pages", SIZES)
def test_less_than_a_twentieth_of_all_chains_of_two_facts_stand_on_one_page(pages):
    assert share_of_chains_on_one_page(world(pages)) < 0.05


def where(entities, fact, url):
    if "/lists/" in url or "/news/" in url:
        return "list" if "/lists/" in url else "news"
    if url == entities[fact.subject].url:
        return "subject"
    if url == getattr(entities.get(fact.object), "url", ""):
        return "object"
    assert housed(url)
    return "site"


def test_facts_are_spread_over_articles_lists_news_and_sites():
    one = world(1_000)
    entities = one.knowledge.entities
    places = Counter(
        where(entities, fact, url) for fact in one.knowledge.facts for url in fact.urls
    )
    assert set(places) == {"subject", "object", "list", "news", "site"}
    assert min(places.values()) >= 25
    alone = Counter(
        where(entities, fact, fact.urls[0]) for fact in one.knowledge.facts if len(fact.urls) == 1
    )
    assert min(alone[place] for place in ("subject", "object", "list", "site")) >= 20


def test_some_facts_stand_only_in_the_infobox_some_only_in_sentences_some_in_both():
    one = world(1_000)
    forms = Counter()
    for fact in one.knowledge.facts:
        own = one.knowledge.entities[fact.subject].url
        page = one.corpus.page(one.corpus.index(own))
        here = [place for place in fact.places if place.url == own]
        ends = {page.text[place.end - 1] == "." for place in here}
        if ends:
            forms[tuple(sorted(ends))] += 1
    assert forms[(True,)] > 200
    assert forms[(False,)] > 200
    assert forms[(False, True)] > 50


def test_some_articles_are_stubs_that_tell_nothing_of_their_entity():
    one = world(1_000)
    told = {url for fact in one.knowledge.facts for url in fact.urls}
    silent = [entity for entity in one.knowledge.entities.values() if entity.url not in told]
    assert 5 < len(silent) < 0.2 * len(one.knowledge.entities)
    page = one.corpus.page(one.corpus.index(silent[0].url))
    assert "This article is a stub." in page.text


def test_length_scales_the_text_and_moves_no_fact():
    short, usual, long = (written(length=length) for length in (0.5, 1.0, 4.0))
    sizes = [sum(len(page.text) for page, _ in pages) for pages in (short, usual, long)]
    assert sizes[0] < 0.85 * sizes[1] < 0.4 * sizes[2]
    stated = [
        {page.url: sorted({fact for fact, _, _ in spans}) for page, spans in pages}
        for pages in (short, usual, long)
    ]
    assert stated[0] == stated[1] == stated[2]


@pytest.mark.parametrize("distractors", [0.0, 0.25, 0.5, 1.0])
def test_the_share_of_distractors_is_the_one_that_is_set(distractors):
    _, plan = drafted(2_000, 0, distractors)
    assert len(plan.distractors) == round(2_000 * distractor_share(distractors))
    assert distractor_share(USUAL) == pytest.approx(0.1)


def test_distractors_state_no_fact_and_bear_nobodys_name():
    cast, plan = drafted(2_000)
    names = {name.casefold() for entity in entities_of(cast) for name in entity.names}
    stated = {page.url: spans for page, spans in written(2_000)}
    sorts = Counter(page.sort for page in plan.distractors)
    assert set(sorts) == {"near", "side", "oddity"}
    assert min(sorts.values()) >= 20
    for page in plan.distractors:
        assert not stated[page.url]
        assert page.title.casefold() not in names
