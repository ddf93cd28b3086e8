"""The check of a retriever."""

import math
from collections.abc import Sequence
from itertools import pairwise

from webenvs.corpora.corpus import Corpus
from webenvs.records import Hit
from webenvs.search.retriever import Retriever
from webenvs.testing.promises import (
    HARD_TEXTS,
    in_threads,
    promise,
    promise_equal,
    promise_json,
    quietly,
)
from webenvs.text import sentences

_QUERIES = 24


def check_retriever(retriever: Retriever, corpus: Corpus, k: int = 5) -> None:
    """Check every promise of `Retriever` with queries made of the pages of its `corpus`.

    Hits: at most k, of the corpus, each once, with the page's title, ranked from 1, best first,
    ties by url. Answers depend on the query and k alone: asked again, in another order, by four
    threads at once they are equal, and fewer hits are the first of more. Any text is a query and a
    blank one has no hits. The settings write to JSON.
    """
    promise_json(dict(retriever.settings), "The settings of a retriever")
    queries = _queries(corpus)
    answers = [retriever.search(query, k) for query in queries]
    promise(any(answers), "No query made of the pages' own words has a hit")
    for query, hits in zip(queries, answers, strict=True):
        _check_hits(corpus, query, hits, k)
        fewer = max(1, k // 2)
        first = retriever.search(query, fewer)
        promise_equal(first, hits[:fewer], f"Fewer hits of {query!r} must be the first of more")
    again = [retriever.search(query, k) for query in reversed(queries)]
    promise(again[::-1] == answers, "A query must have the same hits whatever was asked before")
    threaded = in_threads(lambda query: retriever.search(query, k), queries * 4)
    promise(threaded == answers * 4, "A query must have the same hits in several threads")
    for text in HARD_TEXTS:
        hits = quietly(
            lambda text=text: retriever.search(text, k),  # type: ignore[misc]  # binds the text
            f"Any text is a query, also {text[:40]!r}",
        )
        _check_hits(corpus, text[:40], hits, k)
    promise_equal(retriever.search("", k), (), "A blank query must have no hits")


def _queries(corpus: Corpus) -> list[str]:
    """Titles and sentences of pages spread over the corpus, some words of them, and a wild one."""
    step = max(1, len(corpus) // _QUERIES)
    queries: list[str] = []
    for place in range(0, len(corpus), step):
        page = corpus.page(place)
        first = next(iter(sentences(page.text)), page.title)
        queries += [page.title, first, " ".join(first.split()[:2])]
    return [*queries, "qzxj vvkw"]


def _check_hits(corpus: Corpus, query: str, hits: Sequence[Hit], k: int) -> None:
    promise(isinstance(hits, tuple), f"The hits of {query!r} must be a tuple")
    promise(len(hits) <= k, f"{query!r} must have at most {k} hits, not {len(hits)}")
    ranks = [hit.rank for hit in hits]
    promise_equal(ranks, list(range(1, len(hits) + 1)), f"The ranks of {query!r} must count from 1")
    urls = [hit.url for hit in hits]
    promise(len(set(urls)) == len(urls), f"{query!r} must hit a page once: {urls}")
    for hit in hits:
        place = corpus.index(hit.url)
        if place is None:
            raise AssertionError(f"{query!r} hits {hit.url!r}, which is not in the corpus")
        promise_equal(hit.title, corpus.page(place).title, f"The title of {hit.url!r}")
        promise(isinstance(hit.snippet, str), f"The snippet of {hit.url!r} must be text")
        promise(math.isfinite(hit.score), f"The score of {hit.url!r} must be finite: {hit.score}")
    for one, other in pairwise(hits):
        best_first = (-one.score, one.url) < (-other.score, other.url)
        promise(best_first, f"{query!r}: hits must fall in score, ties by url: {one}, {other}")
