"""The default engine: BM25 over a frozen index of whole-number impacts, exact on every machine."""

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from webenvs.records import Hit
from webenvs.search.analyzer import QUERY_CHARACTERS, Analyzer
from webenvs.search.frozen import damaged, obtained
from webenvs.search.index import Index, identity_of
from webenvs.search.indexing import build_index
from webenvs.search.pages import Pages
from webenvs.search.ranking import Frequent, Question, Rare, Scratch, best
from webenvs.search.settings import Bm25Settings, bm25_settings, checked_k
from webenvs.search.snippet import Needle, needle, snippet
from webenvs.search.weighting import log

CACHED_QUERIES = 4_096
"""The answers that a retriever remembers."""

_KNOWN_WORDS = 65_536
_WIDENED = 2**17
_WIDENED_TOTAL = 2**23


class _Word(NamedTuple):
    """What is known about a word of a query: its term's number, where that lies, its needle."""

    number: int
    rare: Rare | None
    frequent: Frequent | None
    needle: Needle


class Bm25:
    """A retriever over one corpus and its index; it keeps the contract of `Retriever`.

    A word that stands several times in a query counts as often. A page is a hit if it holds any
    word of the query. `Hit.score` is the page's whole-number score over the index's scale, a power
    of two, so it is exact. Snippets are cut from the text of the page.
    """

    def __init__(self, pages: Pages, index: Index, settings: Bm25Settings) -> None:
        if index.counts.pages != len(pages):
            raise damaged(index.directory, f"it has {index.counts.pages} pages, not {len(pages)}")
        self._pages = pages
        self._index = index
        self._settings = settings
        self._analyzer = Analyzer(settings.analyzer)
        self._scale = index.counts.scale
        self._scratch = Scratch(len(pages))
        self._words = _Words(index, self._analyzer)
        self._cached = functools.lru_cache(CACHED_QUERIES)(self._answer)

    @property
    def settings(self) -> Mapping[str, Any]:
        """Engine name, versions and every setting that can change a ranking."""
        return self._settings.mapping("bm25")

    @property
    def index(self) -> Index:
        """The frozen index."""
        return self._index

    def search(self, query: str, k: int) -> tuple[Hit, ...]:
        """At most `k` hits, best first; equal scores are ordered by url, ranks count from 1.

        Raises CorpusError where damage to the index leads nowhere; see `verifying.verify`.
        """
        asked = query[:QUERY_CHARACTERS], checked_k(k)
        try:
            return self._cached(*asked)
        except (ArithmeticError, IndexError, ValueError) as error:
            raise damaged(self._index.directory, error) from error

    def _answer(self, query: str, k: int) -> tuple[Hit, ...]:
        found: dict[int, _Word] = {}
        counts: dict[int, int] = {}
        for text in self._analyzer.query_words(query):
            word = self._words[text]
            if word is None:
                continue
            number = word.number
            if number not in found:
                found[number] = word
                counts[number] = 1
                continue
            found[number] = min(found[number], word, key=_shortest_first)
            counts[number] += 1
        if not found:
            return ()
        rare, frequent, needles = [], [], []
        for number, postings, row, shown in found.values():
            if postings:
                rare.append((postings, counts[number]))
            elif row:
                frequent.append((row, counts[number]))
            needles.append(shown)
        needles.sort()
        ranked = best(Question(rare, frequent), k, self._scratch)
        return tuple(
            [
                Hit(
                    url=page.url,
                    title=page.title,
                    snippet=snippet(page.text, needles, self._analyzer),
                    score=score / self._scale,
                    rank=rank,
                )
                for rank, (score, number) in enumerate(ranked, start=1)
                for page in (self._pages.page(number),)
            ]
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return Bm25, (self._pages, self._index, self._settings)


def retriever_for(
    pages: Pages, settings: Bm25Settings | None = None, place: Path | None = None
) -> Bm25:
    """The retriever over `pages`, its index mapped from the folder `place` where that is possible.

    If the index is not there, it is built and written there; if that is not allowed, or no folder
    is given, it stays in memory. Raises CorpusError if what is there is not the index of these
    pages and settings. See `frozen` for who builds and who waits.
    """
    settings = settings or Bm25Settings()
    if place is None:
        return Bm25(pages, build_index(pages, settings), settings)
    identity = identity_of(pages.digest, settings)
    directory = obtained(place, identity, lambda aside: build_index(pages, settings).save(aside))
    if directory is None:
        return Bm25(pages, build_index(pages, settings), settings)
    return Bm25(pages, Index.open(directory, identity), settings)


def bm25_retriever(pages: Pages, settings: Mapping[str, Any], place: Path | None) -> Bm25:
    """The default engine, its index kept in `place`; raises UnknownNameError or SettingError."""
    return retriever_for(pages, bm25_settings(settings), place)


class _Words(dict[str, _Word | None]):
    """What the index knows about each word, looked up on first sight; emptied when grown large."""

    def __init__(self, index: Index, analyzer: Analyzer) -> None:
        super().__init__()
        self._index = index
        self._analyzer = analyzer
        self._widened = 0

    def __missing__(self, word: str) -> _Word | None:
        if len(self) >= _KNOWN_WORDS or self._widened >= _WIDENED_TOTAL:
            self.clear()
            self._widened = 0
        term = self._analyzer.term_of(word)
        number = self._index.term(term) if term else None
        found = None if number is None else self._word(word, term, number)
        self[word] = found
        return found

    def _word(self, word: str, term: str, number: int) -> _Word:
        frequency = int(self._index.arrays.frequencies[number])
        # Rarity as a whole number, so that sums of weights are exact in any order.
        weight = 1 + round(4096 * log(self._index.counts.pages / frequency))
        boundless = self._analyzer.script.boundless(word)
        shown = needle(word, term, weight, boundless=boundless)
        row = self._index.row(number)
        if row is None:
            docs, impacts = self._index.postings(number)
            rare = Rare(self._wide(docs, np.intp), self._wide(impacts, np.int32))
            return _Word(number, rare, None, shown)
        ceiling = int(self._index.arrays.ceilings[number])
        return _Word(number, None, Frequent(self._wide(row, np.int32), ceiling), shown)

    def _wide(self, array: NDArray[Any], kind: type[np.signedinteger[Any]]) -> NDArray[Any]:
        """The array in the type that is scored fastest, unless that takes much room."""
        if array.size > _WIDENED:
            return array
        self._widened += array.size
        return array.astype(kind)


def _shortest_first(word: _Word) -> tuple[int, str]:
    return len(word.needle.prefix), word.needle.word
