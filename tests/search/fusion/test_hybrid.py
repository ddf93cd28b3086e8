"""The hybrid engine: what it asks its parts, what it shows of them, its settings."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from webenvs.corpora.corpus import MemoryCorpus
from webenvs.errors import SettingError, UnknownNameError
from webenvs.records import Hit
from webenvs.search import engines
from webenvs.search.fusion.hybrid import Hybrid, HybridSettings, hybrid_retriever
from webenvs.testing.retrievers import check_retriever


class Fixed:
    """An engine with one answer to everything but blank queries; it remembers what it was asked."""

    def __init__(self, name, *urls):
        self.settings = {"engine": name}
        self.urls = urls
        self.asked = []

    def search(self, query, k):
        self.asked.append(k)
        return tuple(
            Hit(
                url=url,
                title=url,
                snippet=f"{self.settings['engine']} {rank}",
                score=-rank,
                rank=rank,
            )
            for rank, url in enumerate(self.urls[:k], start=1)
        )


class Ranked(Fixed):
    """The same with a ranking of its own."""

    def ranking(self, query, k):
        return [(url, -rank) for rank, url in enumerate(self.urls[:k], start=1)]


class Lengths:
    """A real second engine: pages that hold a word of the query, the longest first."""

    def __init__(self, pages):
        self.pages = [pages.page(number) for number in range(len(pages))]
        self.settings = {"engine": "lengths"}

    def search(self, query, k):
        words = set(query.split())
        held = [page for page in self.pages if words & {*page.text.split(), *page.title.split()}]
        held.sort(key=lambda page: (-len(page.text), page.url))
        return tuple(
            Hit(url=page.url, title=page.title, snippet="", score=len(page.text), rank=rank)
            for rank, page in enumerate(held[:k], start=1)
        )


def urls(hits):
    return [hit.url for hit in hits]


@pytest.fixture(scope="module")
def few(zipf):
    """The first 60 pages of the generated corpus."""
    return MemoryCorpus([zipf.page(number) for number in range(60)])


@pytest.fixture
def pair():
    return {"left": Fixed("left", "a", "b", "c"), "right": Fixed("right", "b", "d")}


def test_pages_that_both_parts_find_come_first(pair):
    hits = Hybrid(pair).search("x", 10)
    assert urls(hits) == ["b", "a", "d", "c"]
    assert [hit.score for hit in hits[1:]] == [1 / 61, 1 / 62, 1 / 63]
    assert [hit.rank for hit in hits] == [1, 2, 3, 4]


def test_equal_sums_fall_by_url():
    parts = {"left": Fixed("left", "z", "a"), "right": Fixed("right", "a", "z")}
    assert urls(Hybrid(parts).search("x", 2)) == ["a", "z"]


def test_a_page_is_shown_as_the_part_shows_it_that_ranks_it_best(pair):
    hits = Hybrid(pair).search("x", 10)
    assert {hit.url: hit.snippet for hit in hits} == {
        "a": "left 1",
        "b": "right 1",
        "c": "left 3",
        "d": "right 2",
    }


def test_of_equal_ranks_the_part_with_the_first_name_shows_the_page():
    parts = {"right": Fixed("right", "a"), "left": Fixed("left", "a")}
    assert Hybrid(parts).search("x", 1)[0].snippet == "left 1"


def test_parts_are_asked_for_the_depth_whatever_is_wanted(pair):
    hybrid = Hybrid(pair, HybridSettings(parts=("left", "right"), depth=2))
    assert urls(hybrid.search("x", 1)) == ["b"]
    assert pair["left"].asked[0] == pair["right"].asked[0] == 2
    assert urls(hybrid.search("x", 9)) == ["b", "a", "d"]


def test_a_part_that_gives_its_ranking_makes_no_more_hits_than_are_shown():
    parts = {"left": Ranked("left", "a", "b", "c"), "right": Ranked("right", "b", "a")}
    assert urls(Hybrid(parts).search("x", 1)) == ["a"]
    assert (parts["left"].asked, parts["right"].asked) == ([1], [])


def test_weights_can_turn_the_order_round(pair):
    settings = HybridSettings(parts=("left", "right"), weights={"left": 3})
    assert urls(Hybrid(pair, settings).search("x", 3)) == ["b", "a", "c"]


def test_weighted_fusion_adds_normalised_scores(pair):
    settings = HybridSettings(parts=("left", "right"), fusion="weighted", weights={"left": 0.25})
    hits = Hybrid(pair, settings).search("x", 4)
    assert [(hit.url, hit.score) for hit in hits] == [
        ("b", 1.125),
        ("a", 0.25),
        ("c", 0.0),
        ("d", 0.0),
    ]


@pytest.mark.parametrize("fusion", ["rrf", "weighted"])
def test_a_hybrid_of_bm25_and_another_engine_keeps_the_contract(few, fusion):
    parts = {"bm25": engines.retriever(few, "bm25", {}), "lengths": Lengths(few)}
    check_retriever(Hybrid(parts, HybridSettings(parts=tuple(parts), fusion=fusion)), few)


def test_a_hybrid_by_name_keeps_the_contract(few):
    parts = {"bm25": {"analyzer": "plain"}, "rank-bm25": {}, "reranked": {"depth": 20}}
    check_retriever(engines.retriever(few, "hybrid", {"parts": parts, "depth": 30}), few)


def test_parts_are_the_engines_that_others_of_the_process_use(zipf):
    hybrid = engines.retriever(zipf, "hybrid", {"parts": ["rank-bm25", "bm25"]})
    own = engines.retriever(zipf, "bm25", {}).search("w1x w2x", 3)
    assert {hit.url for hit in own} <= {hit.url for hit in hybrid.search("w1x w2x", 200)}
    assert hybrid.settings["parts"]["bm25"] == engines.retriever(zipf, "bm25", {}).settings


def test_the_order_in_which_parts_are_named_does_not_matter(zipf):
    one = hybrid_retriever(zipf, {"parts": ["bm25", "rank-bm25"]}, None)
    other = hybrid_retriever(zipf, {"parts": {"rank-bm25": {}, "bm25": {}}}, None)
    assert one.settings == other.settings
    assert one.search("w1x w7x", 20) == other.search("w1x w7x", 20)


def test_the_settings_tell_all_that_can_change_a_ranking():
    parts = {"left": Fixed("left"), "right": Fixed("right")}
    told = Hybrid(parts, HybridSettings(parts=("left", "right"), weights={"left": 2})).settings
    assert told == {
        "engine": "hybrid",
        "version": 1,
        "fusion": "rrf",
        "rank_constant": 60,
        "depth": 100,
        "weights": {"left": 2.0, "right": 1.0},
        "parts": {"left": {"engine": "left"}, "right": {"engine": "right"}},
    }


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"fusions": "rrf"}, "no setting 'fusions' of hybrid. Did you mean 'fusion'"),
        ({"parts": ["bm25", "rank-bm"]}, "no retriever 'rank-bm'. Did you mean 'rank-bm25'"),
        ({"parts": {"bm25": {"k2": 1}, "rank-bm25": {}}}, "no setting 'k2' of search"),
        ({"parts": ["bm25", "rank-bm25"], "weights": {"bm52": 1}}, "Did you mean 'bm25'"),
    ],
)
def test_a_wrong_name_meets_the_nearest_right_one(zipf, settings, message):
    with pytest.raises(UnknownNameError, match=message):
        engines.retriever(zipf, "hybrid", settings)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"parts": ["bm25"]}, "two or more engines"),
        ({"parts": ["bm25", "bm25"]}, "two or more engines"),
        ({"parts": "bm25"}, "parts = 'bm25' is not allowed"),
        ({"fusion": "mean"}, "fusion = 'mean' is not allowed"),
        ({"depth": 0}, "depth = 0 is not allowed"),
        ({"depth": 1.5}, "depth = 1.5 is not allowed"),
        ({"rank_constant": -1}, "rank_constant = -1 is not allowed"),
        ({"parts": ["bm25", "rank-bm25"], "weights": {"bm25": 0}}, "weights = {'bm25': 0}"),
    ],
)
def test_a_wrong_value_is_named(zipf, settings, message):
    with pytest.raises(SettingError, match=message):
        engines.retriever(zipf, "hybrid", settings)


def test_no_hits_are_wanted_is_a_mistake(pair):
    with pytest.raises(SettingError, match="k = 0"):
        Hybrid(pair).search("x", 0)


def test_threads_get_the_hits_that_one_gets(few, queries):
    hybrid = engines.retriever(few, "hybrid", {"parts": ["bm25", "rank-bm25"]})
    asked = queries(40)
    alone = [hybrid.search(query, 10) for query in asked]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda query: hybrid.search(query, 10), asked * 3)) == alone * 3


SCRIPT = """
import hashlib, json, msgspec
from webenvs.corpora.corpus import MemoryCorpus
from webenvs.records import Page
from webenvs.search import engines
texts = ["red river bridge", "bridge over the red river", "blue river", "red bridge", "a bridge"]
pages = MemoryCorpus(Page(url=f"u{n}", title="", text=text) for n, text in enumerate(texts))
search = {"parts": ["bm25", "rank-bm25", "reranked"], "fusion": "FUSION"}
hits = engines.retriever(pages, "hybrid", search).search("red bridge over the river", 5)
print(hashlib.sha256(msgspec.json.encode(hits)).hexdigest())
"""


@pytest.mark.parametrize("fusion", ["rrf", "weighted"])
def test_every_process_gives_the_same_bytes(fusion):
    script = SCRIPT.replace("FUSION", fusion)
    told = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "1")
    }
    assert len(told) == 1
    assert len(told.pop().strip()) == 64


@pytest.mark.parametrize("engine", ["bm25", "dense"])
@pytest.mark.parametrize(
    "query", ["w1x w2x w30x", "w5x -w2x", '"w1x w2x"', "w3x site:zipf.test", ""]
)
def test_a_ranking_alone_is_that_of_the_hits(zipf, engine, query):
    own = engines.retriever(zipf, engine, {}).engine
    for k in (1, 7, 100):
        hits = own.search(query, k)
        assert own.ranking(query, k) == [(hit.url, hit.score) for hit in hits]


def test_the_default_is_bm25_with_dense_and_keeps_the_contract(few):
    hybrid = engines.retriever(few, "hybrid", {})
    assert list(hybrid.settings["parts"]) == ["bm25", "dense"]
    check_retriever(hybrid, few)
