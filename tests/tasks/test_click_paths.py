"""Questions that clicks answer: as deep as asked, in need of every page, within the steps."""

from itertools import product

import msgspec
import pytest

from webenvs.corpora.corpus import MemoryCorpus
from webenvs.corpora.knowledge import Fact, Knowledge, Place
from webenvs.errors import SettingError
from webenvs.records import Page
from webenvs.tasks.click_paths import (
    STEPS,
    askable,
    level_of,
    multi_source,
    route,
    single_source,
)
from webenvs.tasks.crawl import Click, crawl
from webenvs.tasks.kp.join import answer_of, assignments, facts_of
from webenvs.tasks.kp.query import Atom, Const, variables_of
from webenvs.tasks.sites import site_of
from webenvs.testing.golden_site import OWNER, ROOT, golden_site

KEYS = range(12)
DEPTHS = tuple(product(range(1, 5), repeat=2))


def singles(described=False):
    return [
        question
        for depth in (2, 3, 4)
        for key in KEYS
        if (question := single_source(golden_site(), ROOT, depth, key, described=described))
    ]


def multis():
    return [
        question
        for depths in DEPTHS
        for key in KEYS
        if (question := multi_source(golden_site(), ROOT, depths, key))
    ]


def reduced(knowledge, keep, pages):
    """The same knowledge with the facts that stand on some page of `pages` and pass `keep`."""
    facts = [
        fact for fact in knowledge.facts if any(url in pages for url in fact.urls) and keep(fact)
    ]
    return Knowledge(
        knowledge.entities.values(),
        knowledge.relations.values(),
        knowledge.types.values(),
        facts,
        knowledge.corpus,
        "reduced",
    )


def used(knowledge, query):
    """The facts of the query's assignments, both sides of a difference included."""
    facts = [
        fact
        for one in assignments(knowledge, query)
        for atom in query.atoms
        for fact in facts_of(knowledge, atom, one)
    ]
    return facts + (used(knowledge, query.post.other) if query.post else [])


@pytest.mark.parametrize("described", [False, True])
def test_a_single_source_question_asks_for_a_fact_as_deep_as_wanted(described):
    knowledge = golden_site()
    crawled = crawl(knowledge.corpus, ROOT)
    questions = singles(described)
    assert {question.depths for question in questions} == {(2,), (3,), (4,)}
    for question in questions:
        (path,) = question.paths
        asked = [
            fact
            for atom in question.query.atoms
            if question.query.target in variables_of(atom)
            for one in assignments(knowledge, question.query)
            for fact in facts_of(knowledge, atom, one)
        ]
        (fact,) = asked
        depths = [crawled.depth(url) for url in fact.urls if url in crawled.pages]
        assert min(depths) == question.depths[0] == len(path)
        assert path[-1].url in fact.urls
        shallower = [ROOT, *(click.url for click in path[:-1])]
        assert not set(shallower).intersection(fact.urls)


@pytest.mark.parametrize("described", [False, True])
def test_the_answer_of_a_question_is_unique_in_the_world_and_in_the_site(described):
    knowledge = golden_site()
    site = site_of(knowledge, ROOT)
    for question in (*singles(described), *multis()):
        answer = answer_of(knowledge, question.query)
        assert len(answer) == 1
        assert answer != (OWNER,), "the question itself names the site"
        assert answer_of(site.knowledge, question.query) == answer


def test_a_described_thing_is_not_named():
    for question in singles(described=True):
        *told, asked = question.query.atoms
        assert told
        assert not any(isinstance(end, Const) for end in (asked.subject, asked.object))


def test_a_multi_source_question_needs_each_of_its_pages():
    knowledge = golden_site()
    pages = set(crawl(knowledge.corpus, ROOT, max_depth=8).pages)
    questions = multis()
    assert len(questions) > 60
    for question in questions:
        answer = answer_of(knowledge, question.query)
        one, two = question.pages
        assert one != two
        assert answer_of(reduced(knowledge, lambda fact: True, pages), question.query) == answer
        for page in (one, two):
            rest = reduced(knowledge, lambda fact: True, pages - {page})
            assert answer_of(rest, question.query) != answer


def test_a_multi_source_question_needs_each_of_its_conditions():
    knowledge = golden_site()
    site = site_of(knowledge, ROOT)
    for question in multis():
        query = question.query
        for place in range(len(query.atoms)):
            rest = query.atoms[:place] + query.atoms[place + 1 :]
            if any(query.target in variables_of(atom) for atom in rest):
                part = msgspec.structs.replace(query, atoms=rest)
                assert answer_of(site.knowledge, part) != answer_of(knowledge, query)


def test_the_facts_of_a_multi_source_question_stand_on_its_pages_and_on_no_nearer_one():
    knowledge = golden_site()
    crawled = crawl(knowledge.corpus, ROOT)
    for question in multis():
        facts = used(knowledge, question.query)
        assert len(facts) == 2
        nearest = {
            min((crawled.depth(url), url) for url in fact.urls if url in crawled.pages)
            for fact in facts
        }
        assert nearest == set(zip(question.depths, question.pages, strict=True))


def test_multi_source_questions_come_in_several_forms():
    shapes = {(len(one.query.atoms), one.query.post and one.query.post.op) for one in multis()}
    assert shapes == {(2, None), (1, "DIFF")}


@pytest.mark.parametrize("kind", ["single", "multi"])
def test_golden_paths_lead_where_they_say(kind):
    corpus = golden_site().corpus
    for question in singles() if kind == "single" else multis():
        for path in question.paths:
            url = question.root
            for click in path:
                link = corpus.page(corpus.index(url)).links[click.link]
                assert (link.anchor, link.url) == (click.label, click.url)
                url = click.url
            assert url.startswith(question.prefix)


@pytest.mark.parametrize(
    ("depths", "level"),
    [
        ((2,), "easy"),
        ((3,), "medium"),
        ((4,), "hard"),
        ((1, 1), "easy"),
        ((2, 2), "easy"),
        ((1, 4), "medium"),
        ((3, 3), "medium"),
        ((3, 4), "hard"),
        ((4, 4), "hard"),
    ],
)
def test_levels_have_half_open_bounds(depths, level):
    assert level_of(depths) == level


def test_a_question_carries_its_level_and_fits_into_the_steps():
    for question in (*singles(), *multis()):
        assert question.level == level_of(question.depths)
        assert len(question.paths) + 1 <= question.steps <= STEPS
        assert question.kind == ("single_source" if len(question.paths) == 1 else "multi_source")


def test_a_route_goes_back_as_far_as_two_paths_have_in_common():
    a, b, c, d = (Click(link=n, label="x", url=f"u{n}") for n in range(4))
    assert route(((a, b),)) == (a, b)
    assert route(((a, b), (a, c, d))) == (a, b, None, c, d)
    assert route(((a, b), (c,))) == (a, b, None, None, c)
    assert route(((a,), (a, b))) == (a, b)
    assert route(((a, b), (a,))) == (a, b, None)


def test_the_meta_of_a_question_is_json_with_the_names_of_webwalkerqa():
    question = multi_source(golden_site(), ROOT, (2, 4), 0)
    meta = msgspec.json.decode(msgspec.json.encode(question.meta))
    assert meta == question.meta
    assert set(meta) == {
        *("root", "prefix", "paths", "depths", "steps"),
        *("route", "type", "difficulty_level"),
    }
    assert (meta["type"], meta["difficulty_level"]) == ("multi_source", "medium")
    assert [click["link"] for click in meta["paths"][0]] == meta["route"][:2]


def test_a_question_is_a_function_of_its_key_and_keys_vary_it():
    knowledge = golden_site()
    for ask in (
        lambda key: single_source(knowledge, ROOT, 4, "a", key),
        lambda key: multi_source(knowledge, ROOT, (2, 4), "a", key),
    ):
        first = [ask(key) for key in KEYS]
        assert [ask(key) for key in KEYS] == first
        assert len({repr(one) for one in first}) > 3


def test_a_fact_can_be_chosen():
    knowledge = golden_site()
    for fact in askable(knowledge, ROOT, 4):
        question = single_source(knowledge, ROOT, 4, "key", fact=fact)
        if question is not None:
            assert [one.key for one in used(knowledge, question.query)] == [fact.key]
        question = multi_source(knowledge, ROOT, (2, 4), "key", fact=fact)
        if question is not None:
            assert fact.key in [one.key for one in used(knowledge, question.query)]
    assert single_source(knowledge, ROOT, 3, fact=askable(knowledge, ROOT, 4)[0]) is None


def test_facts_are_askable_at_their_least_depth():
    knowledge = golden_site()
    found = {depth: askable(knowledge, ROOT, depth) for depth in range(5)}
    assert [len(found[depth]) for depth in range(5)] == [1, 0, 9, 4, 15]
    assert [fact.key for fact in found[0]] == [(OWNER, "foundedIn", "1874")]
    assert {fact.relation for fact in found[3]} == {"openedIn", "curatedBy"}


def test_where_nothing_can_be_asked_there_is_no_question():
    knowledge = golden_site()
    museum = f"{ROOT}museum/"
    assert single_source(knowledge, museum, 4, 0) is None
    assert multi_source(knowledge, museum, (4, 4), 0) is None
    assert multi_source(knowledge, museum, (2, 2), 0).root == museum


def test_what_the_site_says_twice_needs_no_page():
    """A list that repeats the founding years, as near as the departments, makes pages needless."""
    knowledge = golden_site()
    repeated = tuple(
        msgspec.structs.replace(fact, places=(*fact.places, Place(f"{ROOT}about/history", 0, 1)))
        if fact.subject != OWNER and fact.relation == "foundedIn"
        else fact
        for fact in knowledge.facts
    )
    twice = Knowledge(
        knowledge.entities.values(),
        knowledge.relations.values(),
        knowledge.types.values(),
        repeated,
        knowledge.corpus,
        "twice",
    )
    for key in KEYS:
        question = multi_source(twice, ROOT, (2, 2), key)
        assert question is None or question.query.post is None
    assert any(multi_source(knowledge, ROOT, (2, 2), key).query.post for key in KEYS)


def test_a_fact_far_down_a_long_page_costs_steps():
    knowledge = golden_site()
    fact = askable(knowledge, ROOT, 4)[0]
    near = single_source(knowledge, ROOT, 4, fact=fact)

    def moved(characters):
        corpus = knowledge.corpus
        pages = [corpus.page(index) for index in range(len(corpus))]
        place = near.pages[0]
        pages = [
            Page(
                url=page.url, title=page.title, text=page.text + " " * characters, links=page.links
            )
            if page.url == place
            else page
            for page in pages
        ]
        facts = [
            Fact(
                subject=one.subject,
                relation=one.relation,
                object=one.object,
                places=(Place(place, characters, characters + 5),),
            )
            if one.key == fact.key
            else one
            for one in knowledge.facts
        ]
        return Knowledge(
            knowledge.entities.values(),
            knowledge.relations.values(),
            knowledge.types.values(),
            facts,
            MemoryCorpus(pages),
            "long",
        )

    assert near.steps == 5
    assert single_source(moved(3000), ROOT, 4, fact=fact).steps == 7
    assert single_source(moved(15000), ROOT, 4, fact=fact).steps == STEPS
    assert single_source(moved(16500), ROOT, 4, fact=fact) is None


@pytest.mark.parametrize("depth", [0, 1, 5])
def test_single_source_depths_are_two_to_four(depth):
    with pytest.raises(SettingError, match=f"depth = {depth} is not allowed.*2, 3 or 4"):
        single_source(golden_site(), ROOT, depth)


@pytest.mark.parametrize("depths", [(0, 2), (2, 5), (2,), (1, 2, 3)])
def test_multi_source_depths_are_two_from_one_to_four(depths):
    with pytest.raises(SettingError, match=r"depths = .*two numbers from 1 to 4"):
        multi_source(golden_site(), ROOT, depths)


def test_atoms_are_directed_as_their_facts():
    for question in (*singles(), *multis()):
        assert all(isinstance(atom, Atom) and atom.mode == "dir" for atom in question.query.atoms)
