"""The slow reference: rank-bm25 behind the retriever contract, for checking the fast engine.

It looks at every page for every word of a query (about half a microsecond each) and holds the whole
corpus in dictionaries: use it on at most some thousands of pages, never in training.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rank_bm25 import BM25Okapi

from webenvs.errors import bad_setting
from webenvs.records import Hit, Page
from webenvs.search.analyzer import Analyzer
from webenvs.search.lexical.settings import Bm25Settings, bm25_settings, checked_k
from webenvs.search.operators import asked, plain
from webenvs.search.pages import Pages
from webenvs.search.sieve import Sieve
from webenvs.search.snippet import needle, snippet

_DIGITS = 6
"""Scores are rounded to so many decimals before they are compared."""


class RankBm25:
    """rank_bm25.BM25Okapi over the terms that the default engine would index.

    Scores are rounded before they are compared and ties fall by url. A page is a hit if it holds
    any word of the query, whatever its score, and all that the query's operators ask for.
    """

    def __init__(self, pages: Pages, settings: Bm25Settings | None = None) -> None:
        self._settings = settings or Bm25Settings(idf="okapi")
        if self._settings.idf != "okapi":
            raise bad_setting("idf", self._settings.idf, "'okapi' for rank-bm25")
        self._pages = pages
        self._analyzer = Analyzer(self._settings.analyzer)
        self._read = asked if self._settings.operators else plain
        self._sieve = Sieve(pages, self._analyzer)
        self._numbers = {pages.url(number): number for number in range(len(pages))}
        documents = [self._terms(pages.page(number)) for number in range(len(pages))]
        # The library divides by the number of distinct terms and by the mean length.
        self._engine = (
            BM25Okapi(documents, k1=self._settings.k1, b=self._settings.b)
            if any(documents)
            else None
        )

    @property
    def settings(self) -> Mapping[str, Any]:
        """Engine name, versions and every setting that can change a ranking."""
        return self._settings.mapping("rank-bm25")

    def search(self, query: str, k: int) -> tuple[Hit, ...]:
        """At most `k` hits, best first; equal scores are ordered by url, ranks count from 1."""
        checked_k(k)
        wanted = self._read(query)
        scores = self.scores(wanted.text)
        best = sorted(scores, key=lambda url: (-scores[url], url))
        ranked = self._sieve.first([self._numbers[url] for url in best], k, wanted)
        terms = sorted(set(self._query_terms(wanted.text)))
        needles = [needle(term, term, 1, self._analyzer.script) for term in terms]
        return tuple(
            Hit(
                url=page.url,
                title=page.title,
                snippet=snippet(page.text, needles, self._analyzer),
                score=scores[page.url],
                rank=rank,
            )
            for rank, number in enumerate(ranked, start=1)
            for page in (self._pages.page(number),)
        )

    def scores(self, query: str) -> dict[str, float]:
        """The rounded score of every page that holds any word of the query, by url.

        The query is taken as words here, whatever it says.
        """
        terms = self._query_terms(query)
        if self._engine is None or not terms:
            return {}
        values = self._engine.get_scores(terms).tolist()
        urls = list(self._numbers)
        return {
            urls[number]: round(values[number], _DIGITS) + 0.0
            for number, held in enumerate(self._engine.doc_freqs)
            if any(term in held for term in terms)
        }

    def _query_terms(self, query: str) -> list[str]:
        return [
            term for term in map(self._analyzer.term_of, self._analyzer.query_words(query)) if term
        ]

    def _terms(self, page: Page) -> list[str]:
        return self._analyzer.terms(page.text) + self._settings.title_weight * self._analyzer.terms(
            page.title
        )


def rank_bm25_retriever(pages: Pages, settings: Mapping[str, Any], _place: Path | None) -> RankBm25:
    """The reference with these settings; raises UnknownNameError or SettingError."""
    return RankBm25(pages, bm25_settings({"idf": "okapi", **settings}))
