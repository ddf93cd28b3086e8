"""The dense engine: pages whose vectors are nearest to the query's, exact on every machine."""

import functools
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from webenvs.records import Hit, Page
from webenvs.search.analyzer import Analyzer
from webenvs.search.columns import Columns, Mask, columns_of
from webenvs.search.dense.grid import Whole, on_grid, scale_for
from webenvs.search.dense.index import DenseIndex, Progress, build, identity_of
from webenvs.search.dense.neighbours import Found, Knobs
from webenvs.search.dense.settings import DenseSettings, dense_settings
from webenvs.search.embedders.embedder import Embedder
from webenvs.search.embedders.embedding import embedder_for
from webenvs.search.frozen import damaged, obtained, shared
from webenvs.search.lexical.settings import checked_k
from webenvs.search.operators import Asked, asked, full_checker, plain
from webenvs.search.pages import Pages
from webenvs.search.snippet import Needle, needle, snippet
from webenvs.text import printable

NEAREST_READ = 256
"""So many of the nearest pages are read at most, to find those that hold a phrase or no excluded
word: vectors do not tell which pages hold a word, and most kinds of index find no more."""

_FIRST_WANTED = 64
_WIDER = 4
_ENCODED = 64


class _Best(NamedTuple):
    """A page with the score of its best passage, in whole numbers."""

    score: int
    page: int
    passage: int


class Dense:
    """A retriever over one corpus and its dense index; it keeps the contract of `Retriever`.

    A page is a hit if its best passage has a score above 0: about the cosine between the vectors
    of query and passage. Scores are whole numbers over a scale, so they are exact, and equal ones
    are ordered by url. Where query or passage has no known word, lsa finds nothing.
    """

    def __init__(
        self,
        pages: Pages,
        settings: DenseSettings,
        index: DenseIndex,
        embedder: Embedder,
        place: Path | None = None,
    ) -> None:
        """`place` is the folder from which a copy in another process opens its index."""
        self._pages = pages
        self._settings = settings
        self._index = index
        self._embedder = embedder
        self._place = place
        self._analyzer = Analyzer(settings.analyzer)
        self._read = asked if settings.operators else plain
        self._encoded = functools.lru_cache(_ENCODED)(self._vector)
        self._knobs = Knobs(settings.nprobe, settings.ef_search, settings.candidates)

    @property
    def settings(self) -> Mapping[str, Any]:
        """Engine name, the embedder's fingerprint and every setting that can change a ranking."""
        told = {"dims": self._embedder.dims, "fingerprint": self._embedder.fingerprint}
        return {**self._settings.mapping(), **told}

    @property
    def index(self) -> DenseIndex:
        """The frozen index."""
        return self._index

    def search(self, query: str, k: int) -> tuple[Hit, ...]:
        """At most `k` hits, best first; equal scores are ordered by url, ranks count from 1.

        Raises UnavailableError where a recording of vectors is replayed that lacks the query's.
        """
        wanted, best, unit = self._sought(query, k)
        needles = self._needles(wanted.text)
        return tuple(
            [self._hit(found, rank, unit, needles) for rank, found in enumerate(best, start=1)]
        )

    def ranking(self, query: str, k: int) -> list[tuple[str, float]]:
        """Url and score of every hit of `search(query, k)`, without the snippets."""
        _, best, unit = self._sought(query, k)
        return [(self._pages.url(self._checked(found.page)), found.score / unit) for found in best]

    def _sought(self, query: str, k: int) -> tuple[Asked, list[_Best], float]:
        """What is asked for, the best k, and the unit of their scores."""
        wanted, k = self._read(printable(query)), checked_k(k)
        if not wanted.text.strip():
            return wanted, [], 1.0
        vector, scale = self._encoded(wanted.text)
        try:
            return wanted, self._chosen(vector, k, wanted), scale * self._index.scale
        except (IndexError, ValueError) as error:
            raise damaged(self._index.directory, error) from error

    def _vector(self, text: str) -> tuple[Whole, float]:
        """The query's vector in whole numbers, and their scale."""
        rows = self._embedder.encode([self._settings.query_prefix + text], "query")
        scale = scale_for(rows)
        return on_grid(rows, scale)[0], scale

    def _chosen(self, query: Whole, k: int, wanted: Asked) -> list[_Best]:
        """At most `k` pages that have what is asked for, the best first."""
        passing = None
        if wanted.filtered:
            passing = self._index.passages_of(self._columns.mask(wanted))
        if not (wanted.checked or wanted.excluded_words):
            return self._best(query, k, passing)
        holds, chosen = full_checker(wanted, self._analyzer), []
        looked_at, size = 0, min(NEAREST_READ, max(_FIRST_WANTED, 2 * k))
        while True:
            best = self._best(query, size, passing)
            chosen += [found for found in best[looked_at:] if holds(self._page(found.page))]
            if len(chosen) >= k or len(best) < size or size == NEAREST_READ:
                return chosen[:k]
            looked_at, size = size, min(NEAREST_READ, _WIDER * size)

    def _best(self, query: Whole, k: int, passing: Mask | None) -> list[_Best]:
        """At most `k` pages, the best first.

        If other passages may have been left out, only what scores above all of those counts, and
        more are asked for until that is enough: the outcome does not depend on how many were asked
        for first, so fewer hits are the first of more.
        """
        wanted = max(_FIRST_WANTED, 2 * k)
        while True:
            found = self._index.neighbours.nearest(query, wanted, self._knobs, passing)
            floor = 0 if found.floor is None else max(0, found.floor)
            best = self._ranked(found, floor)
            if not floor or len(best) >= k:
                return best[:k]
            wanted *= _WIDER

    def _ranked(self, found: Found, floor: int) -> list[_Best]:
        """The best passage of each page that scores above `floor`, in the order of the pages."""
        above = found.scores > floor
        scores, numbers = found.scores[above], found.numbers[above]
        pages = self._index.pages_of(numbers)
        order = np.lexsort((numbers, -scores))
        _, first = np.unique(pages[order], return_index=True)
        chosen = order[first]
        chosen = chosen[np.lexsort((pages[chosen], -scores[chosen]))]
        rows = zip(scores[chosen], pages[chosen], numbers[chosen], strict=True)
        return [_Best(int(score), int(page), int(passage)) for score, page, passage in rows]

    def _hit(self, found: _Best, rank: int, unit: float, needles: list[Needle]) -> Hit:
        page = self._page(found.page)
        span = self._index.span(found.passage)
        start, end = span or (0, len(page.text))
        shown = snippet(page.text[start:end], needles, self._analyzer)
        if start and not shown.startswith("…"):
            shown = f"… {shown}"
        if end < len(page.text.rstrip()) and not shown.endswith("…"):
            shown = f"{shown} …"
        return Hit(
            url=page.url, title=page.title, snippet=shown, score=found.score / unit, rank=rank
        )

    def _page(self, number: int) -> Page:
        return self._pages.page(self._checked(number))

    def _checked(self, number: int) -> int:
        if not 0 <= number < len(self._pages):
            raise damaged(self._index.directory, f"it leads to page {number}")
        return number

    @functools.cached_property
    def _columns(self) -> Columns:
        return columns_of(self._pages, self._place)

    def _needles(self, query: str) -> list[Needle]:
        """The words of a query to be shown; without counts, a longer one passes as rarer."""
        found: dict[str, Needle] = {}
        for word in self._analyzer.query_words(query):
            term = self._analyzer.term_of(word)
            if term and term not in found:
                found[term] = needle(word, term, len(term), self._analyzer.script)
        return sorted(found.values())

    def __reduce__(self) -> tuple[Any, ...]:
        return retriever_for, (self._pages, self._settings, self._place)


def retriever_for(
    pages: Pages,
    settings: DenseSettings | None = None,
    place: Path | None = None,
    progress: Progress | None = None,
) -> Dense:
    """The dense retriever over `pages`, its index mapped from the folder `place`.

    If `place` holds no such index, one is built and written there, and `progress` is told of it; if
    that is not allowed, or no folder is given, the index is built aside, one for all that need the
    same, and nothing of it is left on disk. Raises CorpusError if what is there is not the index of
    these pages, settings and embedder.
    """
    settings = settings or DenseSettings()
    embedder = embedder_for(settings)
    identity = identity_of(pages.digest, settings, embedder)

    def made(directory: Path) -> Mapping[str, int]:
        return build(pages, settings, embedder, directory, progress)

    def aside() -> DenseIndex:
        with tempfile.TemporaryDirectory(prefix="webenvs-dense-") as folder:
            found = obtained(Path(folder), identity, made)
            assert found is not None
            return DenseIndex(found, identity, settings)

    directory = obtained(place, identity, made) if place else None
    if directory is None:
        index = shared(identity, aside)
    else:
        index = DenseIndex(directory, identity, settings)
    own = embedder or index.embedder
    assert own is not None
    return Dense(pages, settings, index, own, place if directory else None)


def dense_retriever(pages: Pages, settings: Mapping[str, Any], place: Path | None) -> Dense:
    """The dense engine, its index kept in `place`; raises UnknownNameError or SettingError."""
    return retriever_for(pages, dense_settings(settings), place)
