"""Queries put together at random from operators, against a search that reads every page."""

import random
import re
from datetime import date, timedelta

import pytest

from webenvs.corpora.corpus import MemoryCorpus
from webenvs.records import Page
from webenvs.search import engines
from webenvs.search.lexical.bm25 import retriever_for
from webenvs.search.lexical.settings import Bm25Settings

WORDS = ["zebra", "lion", "hyena", "okapi", "gnu", "eland"]
HOSTS = ["a.org", "www.a.org", "b.org", "deep.www.a.org"]
LANGUAGES = ["", "en", "de"]


def made(draw, number):
    words = draw.choices(WORDS, k=draw.randint(0, 12))
    day = date(2020, 1, 1) + timedelta(days=draw.randint(0, 700))
    return Page(
        url=f"https://{draw.choice(HOSTS)}/{draw.choice('pq')}/{number:03d}",
        title=" ".join(draw.choices(WORDS, k=2)),
        text=draw.choice([", ", " ", "\n"]).join(words),
        language=draw.choice(LANGUAGES),
        date=draw.choice(["", day.isoformat()]),
    )


def side_by_side(words, text):
    spoken = re.findall(r"\w+", text)
    places = range(len(spoken) - len(words) + 1)
    return any(spoken[place : place + len(words)] == words for place in places)


def pieces(draw):
    """Operators and, for each, a test whether a page has what it asks for."""
    some = draw.choices(WORDS, k=2)
    host = draw.choice(["a.org", "www.a.org", "b.org", "org", "other.org"])
    path = draw.choice(["", "/p", "/q"])
    day = f"202{draw.randint(0, 1)}-{draw.randint(1, 12):02d}"
    language = draw.choice(["en", "de", "fr"])

    def on_site(page):
        found, rest = page.url.removeprefix("https://").split("/", 1)
        return (found == host or found.endswith(f".{host}")) and f"/{rest}".startswith(path)

    return [
        (
            f'"{" ".join(some)}"',
            lambda page: side_by_side(some, page.text) or side_by_side(some, page.title),
        ),
        (f"-{some[0]}", lambda page: some[0] not in f"{page.title} {page.text}"),
        (
            f'-"{" ".join(some)}"',
            lambda page: not side_by_side(some, page.text) and not side_by_side(some, page.title),
        ),
        (f"intitle:{some[0]}", lambda page: some[0] in page.title),
        (f"site:{host}{path}", on_site),
        (f"after:{day}", lambda page: page.date >= f"{day}-01"),
        (f"before:{day}", lambda page: "" < page.date < f"{day}-01"),
        (f"lang:{language}", lambda page: page.language == language),
    ]


@pytest.fixture(scope="module")
def decoys():
    """Pages that hold both words apart and rank first, and one that holds them side by side."""
    apart = "river banks of the north, and a river in the north"
    pages = [Page(url=f"https://a.org/{n:04d}", title="", text=apart) for n in range(1_100)]
    last = Page(url="https://a.org/z", title="", text=f"north river {'and so on ' * 40}")
    return MemoryCorpus([*pages, last])


@pytest.mark.parametrize("engine", ["bm25", "rank-bm25", "hybrid", "reranked"])
def test_the_only_page_that_has_a_phrase_is_found_behind_many_that_hold_its_words(decoys, engine):
    search = {"parts": {"bm25": {}, "dense": {"dims": 8}}} if engine == "hybrid" else {}
    hits = engines.retriever(decoys, engine, search).search('"north river"', 3)
    assert [hit.url for hit in hits] == ["https://a.org/z"]


@pytest.mark.parametrize("seed", range(12))
def test_hits_are_the_pages_that_have_all_that_is_asked_for_in_the_order_of_their_words(seed):
    draw = random.Random(seed)
    pages = [made(draw, number) for number in range(120)]
    retriever = retriever_for(MemoryCorpus(pages))
    bag = retriever_for(MemoryCorpus(pages), Bm25Settings(operators=False))
    known = {page.url: page for page in pages}
    found = 0
    for _ in range(40):
        chosen = draw.sample(pieces(draw), draw.randint(1, 3))
        words = draw.choices(WORDS, k=2)
        parts = [*words, *(written for written, _ in chosen)]
        draw.shuffle(parts)
        counted = [*words, *re.findall(r"\w+", " ".join(p for p in parts if p[0] == '"'))]
        counted += [p.partition(":")[2] for p in parts if p.startswith("intitle")]
        ranked = bag.search(" ".join(counted), len(pages))
        wanted = [
            (hit.url, hit.score)
            for hit in ranked
            if all(holds(known[hit.url]) for _, holds in chosen)
        ]
        hits = retriever.search(" ".join(parts), len(pages))
        assert [(hit.url, hit.score) for hit in hits] == wanted, parts
        found += len(hits)
    assert found > 100
