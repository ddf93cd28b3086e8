"""Ranking quality on test collections: nDCG@10 and recall@100 of engines, side by side in one run.

Every engine ranks the same pages (title and text) for the same queries. nDCG has linear gains and a
discount of log2(rank + 1), as in trec_eval. Intervals are 95 % percentile bootstraps over queries;
the last column is the difference in nDCG@10 to the default engine, resampled in pairs. Other
engines know no operators; all rows of webenvs but the first read queries as bags of words too.
"""

import argparse
import importlib.util
import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from judged import Collection, beir, hotpotqa, musique

from webenvs.search import engines
from webenvs.seeding import generator

DEPTH = 100
RESAMPLES = 2_000
DEFAULT = "webenvs bm25"
BM25S = "bm25s, Snowball stems"

BAGS = {"bm25": {"operators": False}, "dense": {"operators": False}}

OWN: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    DEFAULT: ("bm25", {}),
    "webenvs bm25, no operators": ("bm25", {"operators": False}),
    "webenvs bm25, plain": ("bm25", {"analyzer": "plain", "operators": False}),
    "webenvs bm25, multilingual": ("bm25", {"analyzer": "multilingual", "operators": False}),
    "webenvs bm25, reranked": ("reranked", {"depth": DEPTH, "search": {"operators": False}}),
    "webenvs dense (LSA)": ("dense", {"operators": False}),
    "webenvs hybrid rrf": ("hybrid", {"parts": BAGS}),
    "webenvs hybrid weighted": ("hybrid", {"parts": BAGS, "fusion": "weighted"}),
    "webenvs hybrid, reranked": (
        "reranked",
        {"retriever": "hybrid", "search": {"parts": BAGS}, "depth": DEPTH},
    ),
    "rank-bm25, english": ("rank-bm25", {}),
    "rank-bm25, plain": ("rank-bm25", {"analyzer": "plain"}),
}

Ranker = Callable[[str], Sequence[str]]


class Row(NamedTuple):
    """An engine's figures for every query, and its CPU seconds for building and for a query."""

    name: str
    ndcg: Sequence[float]
    recall: Sequence[float]
    built: float
    asked: float


def main() -> None:
    """Rank all and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    here = Path(__file__).parents[2]
    data = Path(os.environ.get("WEBENVS_DATA") or here.parent / "shared" / "data")
    parser.add_argument("--data", type=Path, default=data, help="the folder of the samples")
    parser.add_argument(
        "--collection",
        type=Path,
        action="append",
        default=[],
        help="a folder of corpus.jsonl, queries.jsonl and qrels.tsv; may stand several times",
    )
    parser.add_argument("--only", help="leave out rows without this text in their name")
    options = parser.parse_args()
    makers = (lambda folder=folder: beir(folder) for folder in options.collection)
    for make in (lambda: hotpotqa(options.data), lambda: musique(options.data), *makers):
        try:
            collection = make()
        except FileNotFoundError as error:
            print(f"left out: {error.filename} is not there")
            continue
        show(collection, rows(collection, options.only or ""))


def rows(collection: Collection, only: str) -> list[Row]:
    """A row for every engine that this interpreter has."""
    makers: dict[str, Callable[[], Ranker]] = {
        name: lambda engine=engine, search=search: own(collection, engine, search)
        for name, (engine, search) in OWN.items()
    }
    if importlib.util.find_spec("bm25s") is None:
        print("bm25s is missing (pip install bm25s): its rows are left out")
    else:
        makers[BM25S] = lambda: bm25s(collection, stems=True)
        makers["bm25s as shipped"] = lambda: bm25s(collection, stems=False)
    return [
        measured(collection, name, make)
        for name, make in makers.items()
        if only in name or name == DEFAULT
    ]


def own(collection: Collection, engine: str, search: Mapping[str, Any]) -> Ranker:
    """An engine of webenvs."""
    retriever = engines.retriever(collection.corpus, engine, search)
    return lambda query: [hit.url for hit in retriever.search(query, DEPTH)]


def bm25s(collection: Collection, stems: bool) -> Ranker:
    """The bm25s package with its own tokenizer and stop words, and Snowball stems or none."""
    import bm25s as package
    import Stemmer

    settings = {"stopwords": "en", "stemmer": Stemmer.Stemmer("english") if stems else None}
    corpus = collection.corpus
    pages = [corpus.page(number) for number in range(len(corpus))]
    texts = [f"{page.title}\n{page.text}" for page in pages]
    engine = package.BM25(method="lucene", k1=1.5, b=0.75)
    engine.index(package.tokenize(texts, show_progress=False, **settings), show_progress=False)
    depth = min(DEPTH, len(pages))

    def rank(query: str) -> list[str]:
        words = package.tokenize(query, show_progress=False, **settings)
        numbers, scores = engine.retrieve(words, k=depth, show_progress=False)
        found = zip(numbers[0].tolist(), scores[0].tolist(), strict=True)
        return [pages[number].url for number, score in found if score > 0]

    return rank


def measured(collection: Collection, name: str, make: Callable[[], Ranker]) -> Row:
    """The engine's figures for every query of the collection."""
    started = time.process_time()
    rank = make()
    built = time.process_time()
    lists = {query: rank(text) for query, text in collection.queries.items()}
    asked = (time.process_time() - built) / max(1, len(lists))
    judged = [(lists[query], collection.grades[query]) for query in collection.queries]
    return Row(
        name,
        [ndcg(urls, grades, 10) for urls, grades in judged],
        [len(set(urls[:DEPTH]) & set(grades)) / len(grades) for urls, grades in judged],
        built - started,
        asked,
    )


def ndcg(urls: Sequence[str], grades: Mapping[str, int], k: int) -> float:
    """The discounted gain of the first k over the greatest possible (Jaervelin, Kekaelaeinen)."""
    gained = sum(
        grades.get(url, 0) / math.log2(rank + 1) for rank, url in enumerate(urls[:k], start=1)
    )
    best = sorted(grades.values(), reverse=True)[:k]
    return gained / sum(grade / math.log2(rank + 1) for rank, grade in enumerate(best, start=1))


def interval(values: Sequence[float], name: str) -> tuple[float, float]:
    """The 95 % percentile bootstrap interval of the mean."""
    array = np.array(values)
    drawn = generator("bench_ranking", name).integers(len(array), size=(RESAMPLES, len(array)))
    low, high = np.percentile(array[drawn].mean(axis=1), [2.5, 97.5])
    return float(low), float(high)


def show(collection: Collection, found: Sequence[Row]) -> None:
    """Print the table of one collection."""
    pages, queries = len(collection.corpus), len(collection.queries)
    print(f"\n{collection.name}: {pages:,} pages, {queries:,} queries")
    print(
        f"{'engine':28} {'nDCG@10':>7} {'(95 %)':>13}  {'R@100':>5} {'(95 %)':>13} "
        f"{'build s':>8} {'query ms':>8}  {'nDCG - default':>20}"
    )
    base = next(row for row in found if row.name == DEFAULT)
    for row in found:
        gap = [one - other for one, other in zip(row.ndcg, base.ndcg, strict=True)]
        (low, high), (least, most) = interval(row.ndcg, "ndcg"), interval(row.recall, "recall")
        under, over = interval(gap, "gap")
        print(
            f"{row.name:28} {_mean(row.ndcg):7.4f} ({low:.3f}, {high:.3f})  "
            f"{_mean(row.recall):.3f} ({least:.3f}, {most:.3f}) {row.built:8.2f} "
            f"{row.asked * 1e3:8.2f}  {_mean(gap):+.4f} ({under:+.3f}, {over:+.3f})"
        )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / max(1, len(values))


if __name__ == "__main__":
    main()
