"""Sifting: of pages that somebody else has ranked, those that have what a query's operators ask."""

import functools
from collections.abc import Sequence
from pathlib import Path

from webenvs.search.analyzer import Analyzer
from webenvs.search.columns import Columns, columns_of
from webenvs.search.operators import Asked, full_checker
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
        holds = full_checker(wanted, self._analyzer)
        found: list[int] = []
        for number in numbers:
            if len(found) == count:
                break
            if holds(self._pages.page(number)):
                found.append(number)
        return found

    @functools.cached_property
    def _columns(self) -> Columns:
        return columns_of(self._pages, self._place)
