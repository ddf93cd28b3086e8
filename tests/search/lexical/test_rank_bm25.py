"""The slow reference, and the fast engine against it."""

import random
import re

import pytest

from webenvs.corpora.corpus import MemoryCorpus
from webenvs.errors import SettingError
from webenvs.records import Page
from webenvs.search.lexical.bm25 import retriever_for
from webenvs.search.lexical.rank_bm25 import RankBm25
from webenvs.search.lexical.settings import Bm25Settings


def agree(corpus, settings, asked, k=40):
    """Both engines give pages the same score, but for the rounding of impacts."""
    fast, slow = retriever_for(corpus, settings), RankBm25(corpus, settings)
    compared = 0
    for query in asked:
        # An impact is off by half a unit at most, or by one where it was raised to one.
        slack = len(query.split()) / fast.index.counts.scale + 1e-6
        scores = slow.scores(query)
        hits = fast.search(query, k)
        assert len(hits) == min(k, len(scores)), query
        assert all(abs(hit.score - scores[hit.url]) <= slack for hit in hits), query
        for ours, theirs in zip(hits, slow.search(query, 10), strict=False):
            near = abs(scores[ours.url] - scores[theirs.url]) <= 2 * slack
            assert ours.url == theirs.url or near, query
        compared += len(hits)
    return compared


@pytest.mark.parametrize("k1, b", [(1.5, 0.75), (0.9, 0.4)])
def test_the_fast_engine_agrees_on_generated_pages(zipf, queries, k1, b):
    settings = Bm25Settings(idf="okapi", k1=k1, b=b)
    assert agree(zipf, settings, queries(200)) > 6_000


def test_the_fast_engine_agrees_on_real_pages_with_frequent_words(hotpot):
    draw = random.Random(2)
    words = re.findall(r"\w+", " ".join(hotpot.page(number).text for number in range(200)))
    asked = [" ".join(draw.choices(words, k=draw.randint(1, 8))) for _ in range(120)]
    settings = Bm25Settings(idf="okapi", analyzer="plain", title_weight=2)
    assert agree(hotpot, settings, [*asked, "the of and", "the the the"]) > 4_000


@pytest.mark.parametrize(
    "query",
    ['"American film" actor', "film -American", "intitle:film director", '-"United States" city'],
)
@pytest.mark.parametrize("operators", [True, False])
def test_both_engines_read_the_same_operators(hotpot, query, operators):
    settings = Bm25Settings(idf="okapi", operators=operators)
    fast, slow = retriever_for(hotpot, settings), RankBm25(hotpot, settings)
    found = {hit.url for hit in fast.search(query, 1_000)}
    assert found == {hit.url for hit in slow.search(query, 1_000)} != set()


def test_exact_ties_fall_by_url():
    corpus = MemoryCorpus(Page(url=f"u{n:02d}", title="", text=f"same n{n}") for n in range(40))
    assert [hit.url for hit in RankBm25(corpus).search("same", 3)] == ["u00", "u01", "u02"]


def test_where_most_words_are_frequent_a_match_still_counts_for_a_page():
    corpus = MemoryCorpus(
        Page(url=f"u{number}", title="", text="same words") for number in range(9)
    )
    retriever = retriever_for(corpus, Bm25Settings(idf="okapi"))
    assert all(hit.score > 0 for hit in retriever.search("same", 9))


def test_hits_are_complete():
    text = "filler " * 100 + "zebras graze " + "filler " * 100
    corpus = MemoryCorpus([Page(url="u", title="Animals", text=text)])
    (hit,) = RankBm25(corpus).search("zebra", 5)
    assert (hit.url, hit.title, hit.rank) == ("u", "Animals", 1)
    assert "zebras graze" in hit.snippet


@pytest.mark.parametrize("query", ["", "the", "unknownword", "\ud800"])
def test_a_query_without_a_known_word_has_no_hits(zipf, query):
    assert RankBm25(zipf).search(query, 5) == ()


def test_a_corpus_without_words_is_searched_in_vain():
    corpus = MemoryCorpus([Page(url="u", title="", text="the")])
    assert RankBm25(corpus).search("anything", 5) == ()


def test_its_settings_name_it(zipf):
    assert RankBm25(zipf).settings["engine"] == "rank-bm25"


def test_it_has_one_idf_only(zipf):
    with pytest.raises(SettingError, match="idf = 'lucene'"):
        RankBm25(zipf, Bm25Settings())


def test_k_must_be_at_least_one(zipf):
    with pytest.raises(SettingError, match="k = 0"):
        RankBm25(zipf).search("w1x", 0)
