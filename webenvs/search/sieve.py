"""Sifting: of pages that somebody else has ranked, those that have what a query's operators ask."""

import functools
from collections.abc import Callable, Sequence
from pathlib import Path

from webenvs.records import Page
from webenvs.search.analyzer import Analyzer
from webenvs.search.columns import Columns, columns_of
from webenvs.search.operators import Asked, checker
from webenvs.search.pages import Pages


class Sieve:
    """Reads the pages of one corpus; its columns are built when they are first needed."""

    def __init__(self, pages: Pages, analyzer: Analyzer, place: Path | None = None) -> None:
        """`place` is where indexes of the corpus lie; without it columns stay in memory."""
        self._pages = pages
        self._analyzer = analyzer
        self._place = place

    def first(self, numbers: Sequence[int], count: int, wanted: Asked) -> list[int]:
        """The first `count` of the pages with these numbers that have what is asked for."""
        if wanted.filtered:
            mask = self._columns.mask(wanted)
            numbers = [number for number in numbers if mask is None or mask[number]]
        if not (wanted.checked or wanted.excluded_words):
            return list(numbers[:count])
        holds = self._holding(wanted)
        found: list[int] = []
        for number in numbers:
            if len(found) == count:
                break
            if holds(self._pages.page(number)):
                found.append(number)
        return found

    def _holding(self, wanted: Asked) -> Callable[[Page], bool]:
        """A test whether a page holds what is asked for, and nothing that is excluded."""
        holds = checker(wanted, self._analyzer)
        terms = self._analyzer.terms
        excluded = {term for word in wanted.excluded_words for term in terms(word)}

        def both(page: Page) -> bool:
            if not holds(page):
                return False
            return not excluded or excluded.isdisjoint(terms(f"{page.title}\n{page.text}"))

        return both

    @functools.cached_property
    def _columns(self) -> Columns:
        return columns_of(self._pages, self._place)
