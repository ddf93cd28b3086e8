"""Prints what the lexical engine costs, beside rank-bm25 and bm25s, in one run.

    python tests/benchmarks/bench_search.py [--documents N] [--rounds N] [--queries N]

Corpus and queries are those of zipf_corpus.py: 10,000 documents of 120 tokens over 20,000 random
words (Zipf, exponent 1.1, PCG64 seed 0), and different queries of four different words drawn with
the same chances, so that about half of a query's words lie in more than a third of the documents.

    webenvs search      `search(query, 5)` with titles, snippets and scores; no query is asked twice
    webenvs first pass  the same in a fresh retriever, which has not met the words before
    webenvs repeated    a query that is still remembered
    rank-bm25           BM25Okapi.get_scores and the five best page numbers; on 2,000 documents, and
                        webenvs once more on the same 2,000, because it is slow
    bm25s               retrieve(k=5) of page numbers, NumPy backend, if it is installed

All engines get the same terms (the analyzer is inside each figure). Figures are microseconds of
CPU time of this process per query; rows take turns, and the median of the rounds is shown with the
least and the greatest. On a shared machine trust the ratios, not the figures.
"""

import argparse
import importlib.util
import statistics
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import zipf_corpus
from rank_bm25 import BM25Okapi

from webenvs.corpora.corpus import MemoryCorpus
from webenvs.records import Page
from webenvs.search.analyzer import Analyzer
from webenvs.search.bm25 import CACHED_QUERIES, Bm25
from webenvs.search.indexing import build_index
from webenvs.search.settings import Bm25Settings

HITS = 5
SMALL = 2_000
SMALL_QUERIES = 60
WARMING = 8_000
"""Other queries that are asked before, so that most words have been met."""

OWN = "webenvs search"
OWN_SMALL = f"webenvs search, {SMALL:,} documents"
RANK_BM25 = f"rank-bm25, {SMALL:,} documents"
BM25S = "bm25s"

Searching = Callable[[Sequence[str]], object]


class Row(NamedTuple):
    """A line of the table: its name, and what answers the queries of a round, made anew for it."""

    name: str
    engine: Callable[[], Searching]
    queries: int
    repeated: bool = False


def main() -> None:
    """Build, measure in turns, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--documents", type=int, default=zipf_corpus.DOCUMENTS)
    parser.add_argument("--queries", type=int, default=zipf_corpus.QUERIES)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    asked = WARMING + options.rounds * options.queries
    corpus = zipf_corpus.build(options.documents, asked)
    rows = [*_own(corpus, options.queries), *_peers(corpus, options.queries)]
    figures: dict[str, list[float]] = {row.name: [] for row in rows}
    for place in range(options.rounds):
        first = WARMING + place * options.queries
        for row in rows:
            queries = corpus.queries[first : first + row.queries]
            figures[row.name].append(_measure(row, queries))
    _print(figures, options.rounds)


def _measure(row: Row, queries: Sequence[str]) -> float:
    """CPU microseconds per query."""
    search = row.engine()
    if row.repeated:
        search(queries)
    started = time.process_time()
    search(queries)
    return (time.process_time() - started) / len(queries) * 1e6


def _own(corpus: zipf_corpus.ZipfCorpus, queries: int) -> list[Row]:
    """The rows of webenvs; prints what building cost."""
    pages = _pages(corpus, len(corpus.texts))
    started = time.process_time()
    index = build_index(pages, Bm25Settings())
    seconds = time.process_time() - started
    size = sum(array.nbytes for array in index.arrays) / 1e6
    print(
        f"webenvs: {len(pages):,} documents, {index.manifest.terms:,} terms, "
        f"{index.manifest.postings:,} postings; built in {seconds:.2f} CPU-s; {size:.1f} MB"
    )
    few = _pages(corpus, SMALL)
    warm, small = Bm25(pages, index), Bm25(few, build_index(few, Bm25Settings()))
    for engine in (warm, small):
        _searching(engine)(corpus.queries[:WARMING])
    return [
        Row(OWN, lambda: _searching(warm), queries),
        Row("webenvs first pass", lambda: _searching(Bm25(pages, index)), queries),
        Row("webenvs repeated", lambda: _searching(warm), min(queries, CACHED_QUERIES), True),
        Row(OWN_SMALL, lambda: _searching(small), queries),
    ]


def _peers(corpus: zipf_corpus.ZipfCorpus, queries: int) -> list[Row]:
    """The rows of the others, as far as they are installed."""
    analyzer = Analyzer()
    documents = [
        analyzer.terms(text) + analyzer.terms(title)
        for title, text in zip(corpus.titles, corpus.texts, strict=True)
    ]
    okapi = BM25Okapi(documents[:SMALL])

    def rank_bm25(asked: Sequence[str]) -> None:
        for query in asked:
            np.argsort(okapi.get_scores(analyzer.terms(query)))[::-1][:HITS]

    rows = [Row(RANK_BM25, lambda: rank_bm25, min(queries, SMALL_QUERIES))]
    if importlib.util.find_spec("bm25s") is None:
        print("bm25s is missing (pip install bm25s): its row is left out")
        return rows
    import bm25s

    eager = bm25s.BM25(method="lucene", k1=1.5, b=0.75)
    eager.index(documents, show_progress=False)

    def retrieve(asked: Sequence[str]) -> None:
        for query in asked:
            eager.retrieve([analyzer.terms(query)], k=HITS, show_progress=False)

    return [*rows, Row(BM25S, lambda: retrieve, queries)]


def _pages(corpus: zipf_corpus.ZipfCorpus, count: int) -> MemoryCorpus:
    return MemoryCorpus(
        Page(url=f"https://zipf.test/{number:07d}", title=title, text=text)
        for number, (title, text) in enumerate(
            zip(corpus.titles[:count], corpus.texts[:count], strict=True)
        )
    )


def _searching(engine: Bm25) -> Searching:
    def search(asked: Sequence[str]) -> None:
        for query in asked:
            engine.search(query, HITS)

    return search


def _print(figures: dict[str, list[float]], rounds: int) -> None:
    print(
        f"\nCPU microseconds per query, k = {HITS}, median of {rounds} rounds (least to greatest)"
    )
    middle = {name: statistics.median(values) for name, values in figures.items()}
    for name, values in figures.items():
        print(f"  {name:34} {middle[name]:10.1f}   ({min(values):.1f} to {max(values):.1f})")
    print("\ntimes the CPU of webenvs, which alone cuts snippets")
    for peer, own in ((RANK_BM25, OWN_SMALL), (BM25S, OWN)):
        if peer in middle:
            print(f"  {peer:34} {middle[peer] / middle[own]:10.1f}")


if __name__ == "__main__":
    main()
