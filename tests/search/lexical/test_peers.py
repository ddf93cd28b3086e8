"""The fast engine against rank-bm25 and bm25s on 10,000 documents: where scores differ, and why.

- Impacts are whole numbers: each word of a query is off by half a unit of the scale at most, by one
  where a tiny impact was raised to one.
- bm25s adds in float32: relative errors of about one in a million.
- rank-bm25 gives words of more than half of the documents a floor, a quarter of the mean idf, and
  every weight the factor k1 + 1. idf "okapi" does the same, idf "lucene" does not.
- Order among equal scores is by url here, and by nothing that means anything there; pages without a
  word of the query are no hits here, and zeros there.
"""

import numpy as np
import pytest

from webenvs.corpora.corpus import MemoryCorpus
from webenvs.records import Page
from webenvs.search.analyzer import Analyzer
from webenvs.search.lexical.bm25 import retriever_for
from webenvs.search.lexical.rank_bm25 import RankBm25
from webenvs.search.lexical.settings import Bm25Settings

K = 40


@pytest.fixture(scope="module")
def corpus():
    """10,000 pages of words of a Zipf vocabulary, some in more than half of the pages."""
    draw = np.random.Generator(np.random.PCG64(11))
    share = 1.0 / np.arange(1, 5_001) ** 1.1
    lengths = draw.integers(1, 60, 10_000).tolist()
    return MemoryCorpus(
        Page(
            url=f"u{number:05d}",
            title="",
            text=" ".join(
                f"w{word}x" for word in draw.choice(5_000, length, p=share / share.sum())
            ),
        )
        for number, length in enumerate(lengths)
    )


@pytest.fixture(scope="module")
def asked(queries):
    """Queries of 1 to 6 words, frequent ones among them, no word twice."""
    return [" ".join(dict.fromkeys(query.split())) for query in queries(250, vocabulary=5_000)]


def check(hits, theirs, scale, query):
    """Our hits have their scores, but for rounding, and no page that is clearly better is missing.

    `theirs` are their scores of all pages, by number.
    """
    slack = len(query.split()) / scale + 1e-5 * float(np.abs(theirs).max(initial=1.0))
    numbers = [int(hit.url[1:]) for hit in hits]
    assert [hit.score for hit in hits] == pytest.approx(theirs[numbers].tolist(), abs=slack), query
    others = np.delete(theirs, numbers)
    if len(hits) == K:
        assert others.max() <= min(theirs[numbers]) + 2 * slack, query
    else:
        assert not others.any(), query


def test_scores_are_those_of_bm25s_but_for_rounding(corpus, asked):
    bm25s = pytest.importorskip("bm25s")
    analyzer = Analyzer()
    documents = [analyzer.terms(corpus.page(number).text) for number in range(len(corpus))]
    peer = bm25s.BM25(method="lucene", k1=1.5, b=0.75)
    peer.index(documents, show_progress=False)
    retriever = retriever_for(corpus)
    compared = 0
    for query in asked:
        terms = [term for term in analyzer.terms(query) if term in peer.vocab_dict]
        theirs = peer.get_scores(terms) if terms else np.zeros(len(corpus))
        hits = retriever.search(query, K)
        check(hits, theirs, retriever.index.counts.scale, query)
        compared += len(hits)
    assert compared > 5_000


@pytest.mark.slow
def test_scores_are_those_of_rank_bm25_but_for_rounding(corpus, asked):
    settings = Bm25Settings(idf="okapi", analyzer="plain")
    retriever, peer = retriever_for(corpus, settings), RankBm25(corpus, settings)
    frequent = [query for query in asked if "w0x" in query.split()]
    assert len(frequent) > 10  # w0x lies in more than half of the pages: its idf is the floor
    for query in [*asked[:60], *frequent[:20]]:
        theirs = np.zeros(len(corpus))
        for url, score in peer.scores(query).items():
            theirs[int(url[1:])] = score
        check(retriever.search(query, K), theirs, retriever.index.counts.scale, query)


def test_the_idf_of_frequent_words_is_where_the_two_formulas_differ(corpus):
    lucene, okapi = retriever_for(corpus), retriever_for(corpus, Bm25Settings(idf="okapi"))
    (rare_one,), (rare_other,) = (engine.search("w4000x", 1) for engine in (lucene, okapi))
    (often_one,), (often_other,) = (engine.search("w0x", 1) for engine in (lucene, okapi))
    assert rare_one.url == rare_other.url
    assert rare_other.score / rare_one.score == pytest.approx(2.5, rel=0.01)  # k1 + 1
    assert often_other.score / often_one.score > 5  # the floor lifts what lies everywhere
