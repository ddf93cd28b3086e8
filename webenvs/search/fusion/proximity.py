"""A re-ranker without a model: pages that say the words of the query close together come first."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from webenvs.errors import bad_setting
from webenvs.records import Page
from webenvs.search.analyzer import Analyzer
from webenvs.search.fusion.fusion import GRID, levels
from webenvs.search.fusion.reranked import Candidate
from webenvs.search.lexical.weighting import log

VERSION = 1
"""Raised whenever the same candidates would be ordered otherwise."""

READ = 100_000
"""Only so many first characters of a page are read."""

_GAP = 2
"""A pair of the query counts where its second word is at most so many words after its first."""

_BASE, _COVERED, _PAIRED = 10, 3, 3

Places = list[tuple[int, str]]
"""The words of a page that the query holds: place and term, in order."""


class Proximity:
    """Orders candidates by the engine's score, by their best passage, and by pairs of words.

    The best passage is the one of `passage` words that holds the query's terms of most weight; a
    pair is two words that follow each other in the query and also on the page. A term weighs as it
    is rare among the candidates: log(1 + (n - df + 0.5) / (df + 0.5)). Each of the three is brought
    to 0 (least) to 1 (most) among the candidates; the score, a sum of whole numbers, is
    (10 base + 3 passage + 3 pairs) / 16. The `analyzer` is one of `analyzer.ANALYZERS`.
    """

    def __init__(self, passage: int = 24, analyzer: str = "english") -> None:
        """Raises SettingError unless 2 <= passage <= 1000, UnknownNameError for an analyzer."""
        if type(passage) is not int or not 2 <= passage <= 1000:
            raise bad_setting("passage", passage, "a whole number of words from 2 to 1000")
        self._passage = passage
        self._analyzer = Analyzer(analyzer)

    @property
    def fingerprint(self) -> Mapping[str, Any]:
        """Name, version, the length of a passage, and what the analyzer does here."""
        analyzer = {"analyzer": self._analyzer.name, "terms": self._analyzer.fingerprint()}
        return {"name": "proximity", "version": VERSION, "passage": self._passage} | analyzer

    def scores(self, query: str, candidates: Sequence[Candidate]) -> Sequence[float]:
        """A score from 0 to 1 for every candidate."""
        spoken = self._analyzer.query_words(query)
        terms = [term for term in map(self._analyzer.term_of, spoken) if term]
        wanted = frozenset(terms)
        pages = [self._places(candidate.page, wanted) for candidate in candidates]
        weights = _weights(wanted, pages)
        pairs = frozenset(pairwise(terms))
        base = levels([candidate.score for candidate in candidates])
        covered = levels([_covered(places, weights, self._passage) for places in pages])
        paired = levels([_paired(places, weights, pairs) for places in pages])
        return [
            (_BASE * one + _COVERED * two + _PAIRED * three) / (16 * GRID)
            for one, two, three in zip(base, covered, paired, strict=True)
        ]

    def _places(self, page: Page, wanted: frozenset[str]) -> Places:
        term_of = self._analyzer.term_of
        spoken = self._analyzer.words(f"{page.title}\n{page.text[:READ]}")
        return [(at, term) for at, word in enumerate(spoken) if (term := term_of(word)) in wanted]


def _weights(wanted: frozenset[str], pages: Sequence[Places]) -> dict[str, int]:
    """The weight of every term: a whole number, so that sums are exact in any order."""
    held = [{term for _, term in places} for places in pages]
    counts = {term: sum(term in terms for terms in held) for term in wanted}
    return {
        term: round(4096 * log(1 + (len(pages) - count + 0.5) / (count + 0.5)))
        for term, count in counts.items()
    }


def _covered(places: Places, weights: Mapping[str, int], length: int) -> int:
    """The greatest weight of the terms in any `length` words that follow each other."""
    best = weight = first = 0
    inside: dict[str, int] = {}
    for at, term in places:
        if not inside.get(term):
            weight += weights[term]
        inside[term] = inside.get(term, 0) + 1
        while places[first][0] <= at - length:
            gone = places[first][1]
            inside[gone] -= 1
            weight -= 0 if inside[gone] else weights[gone]
            first += 1
        best = max(best, weight)
    return best


def _paired(places: Places, weights: Mapping[str, int], pairs: frozenset[tuple[str, str]]) -> int:
    """The weight of the pairs of the query that the page says, each counted once."""
    said = {
        (one, other)
        for (start, one), (end, other) in pairwise(places)
        if end - start <= _GAP and (one, other) in pairs
    }
    return sum(weights[one] + weights[other] for one, other in said)
