"""The default engine: BM25 over a frozen index of whole-number impacts, exact on every machine."""

import functools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from webenvs.records import Face, Hit, Page
from webenvs.search.analyzer import Analyzer
from webenvs.search.columns import Columns, columns_of
from webenvs.search.frozen import damaged, obtained, shared
from webenvs.search.lexical.index import Index, identity_of
from webenvs.search.lexical.indexing import build_index
from webenvs.search.lexical.ranking import Frequent, Mask, Question, Ranked, Rare, Scratch, best
from webenvs.search.lexical.settings import Bm25Settings, bm25_settings, checked_k
from webenvs.search.lexical.weighting import log
from webenvs.search.operators import Asked, asked, checker, plain
from webenvs.search.pages import Faces, Pages
from webenvs.search.snippet import Needle, needle, snippet

READ_PAGES = 20_000
"""Of the pages that hold all words of a phrase, so many at most are read, the best first.

That takes 0.2 to 0.35 s of CPU where pages are short (784 characters: a generated web of 100,000).
"""

_KNOWN_WORDS = 8_192
_WIDENED = 2**14
_WIDENED_TOTAL = 2**20
_LOOKED_AT_FIRST = 64


class _Word(NamedTuple):
    """What is known about a word of a query: its term's number, where that lies, its needle."""

    number: int
    rare: Rare | None
    frequent: Frequent | None
    needle: Needle


class Bm25:
    """A retriever over one corpus and its index; it keeps the contract of `Retriever`.

    A word that stands several times in a query counts as often. A page is a hit if it holds any
    word of the query and all that the query's operators ask for (see `operators`). `Hit.score` is
    the page's whole-number score over the index's scale, a power of two, so it is exact. Snippets
    are cut from the text of the page.
    """

    def __init__(
        self, pages: Pages, index: Index, settings: Bm25Settings, place: Path | None = None
    ) -> None:
        if index.counts.pages != len(pages):
            raise damaged(index.directory, f"it has {index.counts.pages} pages, not {len(pages)}")
        self._pages = pages
        self._shown: Callable[[int], Face | Page] = (
            pages.face if isinstance(pages, Faces) else pages.page
        )
        self._index = index
        self._settings = settings
        self._place = place
        self._analyzer = Analyzer(settings.analyzer)
        self._read = asked if settings.operators else plain
        self._scale = index.counts.scale
        self._scratch = Scratch(len(pages))
        self._words = _Words(index, self._analyzer)

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
        wanted, k = self._read(query), checked_k(k)
        try:
            return self._answer(wanted, k)
        except (ArithmeticError, IndexError, ValueError) as error:
            raise damaged(self._index.directory, error) from error

    def ranking(self, query: str, k: int) -> list[tuple[str, float]]:
        """Url and score of every hit of `search(query, k)`, without the snippets."""
        wanted, k = self._read(query), checked_k(k)
        try:
            ranked, _ = self._ranked(wanted, k)
            return [(self._pages.url(number), score / self._scale) for score, number in ranked]
        except (ArithmeticError, IndexError, ValueError) as error:
            raise damaged(self._index.directory, error) from error

    def _ranked(self, wanted: Asked, k: int) -> tuple[Ranked, list[Needle]]:
        """Scores and pages of the best k, and what shows the words of the query."""
        question, needles = self.question(wanted.text)
        if not needles:
            return [], []
        allowed = self._allowed(wanted)
        if wanted.checked:
            return self._checked(question, k, wanted, allowed), needles
        return best(question, k, self._scratch, allowed), needles

    def _answer(self, wanted: Asked, k: int) -> tuple[Hit, ...]:
        ranked, needles = self._ranked(wanted, k)
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
                for page in (self._shown(number),)
            ]
        )

    def question(self, text: str) -> tuple[Question, list[Needle]]:
        """The terms of the words of `text`, and what shows them, heaviest first."""
        found: dict[int, _Word] = {}
        counts: dict[int, int] = {}
        for spoken in self._analyzer.query_words(text):
            word = self._words[spoken]
            if word is None:
                continue
            number = word.number
            if number not in found:
                found[number] = word
                counts[number] = 1
                continue
            found[number] = min(found[number], word, key=_shortest_first)
            counts[number] += 1
        rare, frequent, needles = [], [], []
        for number, postings, row, shown in found.values():
            if postings:
                rare.append((postings, counts[number]))
            elif row:
                frequent.append((row, counts[number]))
            needles.append(shown)
        needles.sort()
        return Question(rare, frequent), needles

    def _checked(self, question: Question, k: int, wanted: Asked, allowed: Mask | None) -> Ranked:
        """The best k of the first READ_PAGES pages that hold what must be read to be known."""
        holds = checker(wanted, self._analyzer)
        chosen: Ranked = []
        looked_at, size = 0, max(_LOOKED_AT_FIRST, 2 * k)
        while len(chosen) < k and looked_at < READ_PAGES:
            size = min(size, READ_PAGES)
            ranked = best(question, size, self._scratch, allowed)
            chosen += [
                (score, number)
                for score, number in ranked[looked_at:]
                if holds(self._pages.page(number))
            ]
            if len(ranked) < size:
                break
            looked_at, size = size, 4 * size
        return chosen[:k]

    def _allowed(self, wanted: Asked) -> Mask | None:
        """The pages that filters, excluded words and the words of phrases leave; None for all."""
        masks = [self._columns.mask(wanted)] if wanted.filtered else []
        masks += [
            ~self._holding(terms)
            for terms in map(self._analyzer.terms, wanted.excluded_words)
            if terms
        ]
        held = wanted.phrases + (wanted.titles if self._settings.title_weight else ())
        masks += [self._holding(self._analyzer.terms(phrase)) for phrase in held]
        given = [mask for mask in masks if mask is not None]
        return np.logical_and.reduce(given) if given else None

    def _holding(self, terms: Sequence[str]) -> Mask:
        """The pages that hold all these terms."""
        mask = np.ones(len(self._pages), dtype=np.bool_)
        for term in terms:
            number = self._index.term(term)
            if number is None:
                mask[:] = False
                break
            row = self._index.row(number)
            if row is None:
                held = np.zeros_like(mask)
                held[self._index.postings(number)[0]] = True
                mask &= held
            else:
                mask &= row > 0
        return mask

    @functools.cached_property
    def _columns(self) -> Columns:
        return columns_of(self._pages, self._place)

    def __reduce__(self) -> tuple[Any, ...]:
        return Bm25, (self._pages, self._index, self._settings, self._place)


def retriever_for(
    pages: Pages, settings: Bm25Settings | None = None, place: Path | None = None
) -> Bm25:
    """The retriever over `pages`, its index mapped from the folder `place` where that is possible.

    If the index is not there, it is built and written there; if that is not allowed, or no folder
    is given, it stays in memory, one for all that need the same. Raises CorpusError if what is
    there is not the index of these pages and settings. See `frozen` for who builds and who waits.
    """
    settings = settings or Bm25Settings()
    identity = identity_of(pages.digest, settings)

    def built() -> Index:
        return build_index(pages, settings)

    directory = obtained(place, identity, lambda aside: built().save(aside)) if place else None
    if directory is None:
        return Bm25(pages, shared(identity, built), settings)
    return Bm25(pages, Index.open(directory, identity), settings, place)


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
        if len(self) >= _KNOWN_WORDS:
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
        shown = needle(word, term, weight, self._analyzer.script)
        row = self._index.row(number)
        if row is None:
            docs, impacts = self._index.postings(number)
            rare = Rare(self._wide(docs, np.intp), self._wide(impacts, np.int32))
            return _Word(number, rare, None, shown)
        ceiling = int(self._index.arrays.ceilings[number])
        return _Word(number, None, Frequent(self._wide(row, np.int32), ceiling), shown)

    def _wide(self, array: NDArray[Any], kind: type[np.signedinteger[Any]]) -> NDArray[Any]:
        """The array in the type that is scored fastest, as long as that takes little room."""
        if array.size > _WIDENED or self._widened + array.size > _WIDENED_TOTAL:
            return array
        self._widened += array.size
        return array.astype(kind)


def _shortest_first(word: _Word) -> tuple[int, str]:
    return len(word.needle.prefix), word.needle.word
