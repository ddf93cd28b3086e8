"""The default engine: BM25 over a frozen index of whole-number impacts, exact on every machine."""

import errno
import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from webenvs.records import Hit
from webenvs.search.analyzer import QUERY_CHARACTERS, Analyzer, query_words
from webenvs.search.index import Index, damaged
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

    def __init__(self, pages: Pages, index: Index) -> None:
        if index.manifest.pages != len(pages):
            raise damaged(index.directory, f"it has {index.manifest.pages} pages, not {len(pages)}")
        self._pages = pages
        self._index = index
        self._term_of = Analyzer(index.settings.analyzer).term_of
        self._scale = index.manifest.scale
        self._scratch = Scratch(len(pages))
        self._words = _Words(index, self._term_of)
        self._cached = functools.lru_cache(CACHED_QUERIES)(self._answer)

    @property
    def settings(self) -> Mapping[str, Any]:
        """Engine name, versions and every setting that can change a ranking."""
        return self._index.settings.mapping("bm25")

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
        for text in query_words(query):
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
                    snippet=snippet(page.text, needles, self._term_of),
                    score=score / self._scale,
                    rank=rank,
                )
                for rank, (score, number) in enumerate(ranked, start=1)
                for page in (self._pages.page(number),)
            ]
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return Bm25, (self._pages, self._index)


def retriever_for(
    pages: Pages, settings: Bm25Settings | None = None, directory: Path | None = None
) -> Bm25:
    """The retriever over `pages`, its index mapped from `directory` where that is possible.

    If `directory` holds no index, one is built and written there; if that is not allowed, or no
    directory is given, the index stays in memory. Raises CorpusError if what is there is not the
    index of these pages and settings. See `index_place` for the customary directory.
    """
    settings = settings or Bm25Settings()
    if directory is None:
        return Bm25(pages, build_index(pages, settings))
    if not directory.exists():
        index = build_index(pages, settings)
        try:
            index.write(directory)
        except OSError as error:
            if error.errno not in _READ_ONLY:
                raise
            return Bm25(pages, index)
    return Bm25(pages, Index.open(directory, pages.digest, settings))


def bm25_retriever(pages: Pages, settings: Mapping[str, Any], place: Path | None) -> Bm25:
    """The default engine, its index kept in `place`; raises UnknownNameError or SettingError."""
    chosen = bm25_settings(settings)
    return retriever_for(pages, chosen, place and place / chosen.digest)


def index_place(corpus: Path, settings: Bm25Settings) -> Path:
    """Where the index of the corpus in this directory lies: one directory for each settings."""
    return corpus / "index" / settings.digest


_READ_ONLY = (errno.EACCES, errno.EPERM, errno.EROFS)


class _Words(dict[str, _Word | None]):
    """What the index knows about each word, looked up on first sight; emptied when grown large."""

    def __init__(self, index: Index, term_of: Callable[[str], str]) -> None:
        super().__init__()
        self._index = index
        self._term_of = term_of
        self._widened = 0

    def __missing__(self, word: str) -> _Word | None:
        if len(self) >= _KNOWN_WORDS or self._widened >= _WIDENED_TOTAL:
            self.clear()
            self._widened = 0
        term = self._term_of(word)
        number = self._index.term(term) if term else None
        found = None if number is None else self._word(word, term, number)
        self[word] = found
        return found

    def _word(self, word: str, term: str, number: int) -> _Word:
        frequency = int(self._index.arrays.frequencies[number])
        # Rarity as a whole number, so that sums of weights are exact in any order.
        weight = 1 + round(4096 * log(self._index.manifest.pages / frequency))
        shown = needle(word, term, weight)
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
