"""What clicks reach from a root: the same as trying every way, and the first of the shortest."""

from itertools import product

import pytest

from webenvs import seeding
from webenvs.corpora.corpus import MemoryCorpus
from webenvs.errors import SettingError
from webenvs.records import Link, Page
from webenvs.tasks.crawl import crawl
from webenvs.testing.golden_site import ROOT, TOWN, golden_site

HOST = "https://maze.example/"


def maze(seed, count=9):
    """A random web of pages with up to four links each, some of them twice or to nowhere."""
    names = [HOST + (f"p{number}" if number else "") for number in range(count)]
    names += ["https://other.example/", HOST + "missing"]
    pages = []
    for place, url in enumerate(names[:-1]):
        links = tuple(
            Link(
                anchor=f"link {number}",
                url=seeding.choice(names, seed, place, number, "to")
                + seeding.choice(("", "#a"), seed, place, number),
                position=seeding.integer(3, seed, place, number, "position"),
            )
            for number in range(seeding.integer(5, seed, place, "count"))
        )
        pages.append(Page(url=url, title=url, text="a page", links=links))
    return MemoryCorpus(pages)


def ways(corpus, most):
    """Every sequence of at most so many clicks from the root: {numbers of links: where it ends}."""
    found = {(): HOST}
    for length in range(1, most + 1):
        for way, url in [item for item in found.items() if len(item[0]) == length - 1]:
            for number, link in enumerate(corpus.page(corpus.index(url)).links):
                target = link.url.partition("#")[0]
                if corpus.index(target) is not None and target.startswith(HOST):
                    found[(*way, number)] = target
    return found


def order(corpus, way):
    """Where the links of a way stand on their pages."""
    key, url = [], HOST
    for number in way:
        link = corpus.page(corpus.index(url)).links[number]
        key.append((link.position, link.url, number))
        url = link.url.partition("#")[0]
    return key


@pytest.mark.parametrize("seed", range(25))
def test_a_crawl_is_what_trying_every_way_finds(seed):
    corpus = maze(seed)
    found = crawl(corpus, HOST, max_depth=4)
    tried = ways(corpus, 4)
    best = {}
    for way, url in tried.items():
        key = (len(way), order(corpus, way))
        if url not in best or key < best[url][0]:
            best[url] = (key, way)
    assert set(found.pages) == set(best)
    for url, (key, way) in best.items():
        assert found.depth(url) == key[0]
        assert tuple(click.link for click in found.path(url)) == way


def test_the_mazes_of_these_tests_are_deep_enough():
    depths = [
        max(one.depth for one in crawl(maze(seed), HOST).pages.values()) for seed in range(25)
    ]
    assert max(depths) >= 4
    assert sum(depth >= 2 for depth in depths) >= 10


def test_a_path_names_the_links_by_number_and_label():
    found = crawl(golden_site().corpus, ROOT)
    profile = f"{ROOT}departments/geology/staff/pim-astrand"
    assert [(click.link, click.label) for click in found.path(profile)] == [
        (1, "Departments"),
        (0, "Department of Geology"),
        (0, "Staff"),
        (1, "Profile"),
    ]
    assert found.path(profile)[-1].url == profile
    assert (found.depth(profile), found.path(ROOT)) == (4, ())


def test_a_crawl_stays_under_the_prefix():
    corpus = golden_site().corpus
    assert all(url.startswith(ROOT) for url in crawl(corpus, ROOT).pages)
    assert len(crawl(corpus, ROOT, max_depth=8).pages) == 19
    assert TOWN + "people" in crawl(corpus, ROOT, prefix="https://").pages
    museum = crawl(corpus, f"{ROOT}museum/")
    assert set(museum.pages) == {
        f"{ROOT}museum/{path}"
        for path in ("", "exhibitions/", "exhibitions/amber-rooms", "exhibitions/glass-eyes")
    }


@pytest.mark.parametrize(("depth", "pages"), [(0, 1), (1, 4), (2, 9), (3, 14), (4, 19), (5, 19)])
def test_a_crawl_goes_no_deeper_than_asked(depth, pages):
    found = crawl(golden_site().corpus, ROOT, max_depth=depth)
    assert len(found.pages) == pages
    assert max(one.depth for one in found.pages.values()) == min(depth, 4)


@pytest.mark.parametrize("most", [1, 2, 5, 12, 19, 40])
def test_a_crawl_of_few_pages_is_the_beginning_of_a_longer_one(most):
    corpus = golden_site().corpus
    whole, part = crawl(corpus, ROOT), crawl(corpus, ROOT, max_pages=most)
    assert list(part.pages.items()) == list(whole.pages.items())[:most]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"root": "https://nowhere.example/"}, "root = 'https://nowhere.example/'"),
        ({"prefix": TOWN}, f"prefix = '{TOWN}' is not allowed"),
        ({"max_depth": -1}, "max_depth = -1"),
        ({"max_pages": 0}, "max_pages = 0"),
    ],
)
def test_a_crawl_from_nowhere_or_without_room_is_refused(arguments, words):
    with pytest.raises(SettingError, match=words):
        crawl(golden_site().corpus, **{"root": ROOT, **arguments})


def test_the_same_crawl_twice_is_the_same():
    corpora = [maze(seed) for seed, _ in product(range(3), range(2))]
    for one, other in zip(corpora[::2], corpora[1::2], strict=True):
        assert list(crawl(one, HOST).pages) == list(crawl(other, HOST).pages)
