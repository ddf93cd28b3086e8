"""Re-ranking: the first hits of any engine, ordered anew by something slower that reads them."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple, Protocol

import msgspec

from webenvs.errors import SettingError, bad_setting
from webenvs.records import Hit, Page, Record
from webenvs.search import engines
from webenvs.search.given import made, named, settings_of
from webenvs.search.lexical.settings import checked_k
from webenvs.search.operators import asked
from webenvs.search.pages import Pages
from webenvs.search.retriever import Retriever
from webenvs.search.sought import Sought

RERANKERS: Mapping[str, str] = {
    "proximity": "webenvs.search.fusion.proximity:Proximity",
    "cross-encoder": "webenvs.search.fusion.cross_encoder:CrossEncoderReranker",
}
"""Re-rankers by name; any other is "package.module:Name", called with the options."""

_DIGITS = 6
"""Scores are rounded to so many decimals before they are compared."""


class Candidate(NamedTuple):
    """A page that an engine has found, with the engine's score and rank (from 1)."""

    page: Page
    score: float
    rank: int


class Reranker(Protocol):
    """What orders candidates; its scores depend on the query and the candidates alone."""

    @property
    def fingerprint(self) -> Mapping[str, Any]:
        """Everything that can change a score, JSON-able: name, version, options, weights."""
        ...

    def scores(self, query: str, candidates: Sequence[Candidate]) -> Sequence[float]:
        """A finite score for every candidate, the higher the better."""
        ...


class RerankedSettings(Record, frozen=True, kw_only=True):
    """The settings of a re-ranked engine.

    `retriever` and `search` are the engine and its settings; its first `depth` hits are ordered by
    the `reranker` (a name, or package.module:Name), which is called with the `options`. With
    `operators` the re-ranker is given the words of a query without them.
    """

    retriever: str = "bm25"
    search: dict[str, Any] = msgspec.field(default_factory=dict)
    reranker: str = "proximity"
    options: dict[str, Any] = msgspec.field(default_factory=dict)
    depth: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 50
    operators: bool = True


class Reranked:
    """A retriever over another one of the same corpus; it keeps the contract of `Retriever`.

    The hits are the base engine's first `depth` ones, with its snippets and the re-ranker's scores,
    whatever k is: there are never more. Equal scores fall by url.
    """

    def __init__(
        self,
        pages: Pages,
        base: Retriever,
        reranker: Reranker,
        depth: int = 50,
        *,
        operators: bool = True,
    ) -> None:
        """Raises SettingError for a depth below 1."""
        if depth < 1:
            raise bad_setting("depth", depth, "a whole number of at least 1")
        self._pages = pages
        self._base = base
        self._reranker = reranker
        self._depth = depth
        self._operators = operators

    @property
    def settings(self) -> Mapping[str, Any]:
        """Engine name, the base engine's settings, the fingerprint of the re-ranker, the rest."""
        return {
            "engine": "reranked",
            "base": dict(self._base.settings),
            "reranker": dict(self._reranker.fingerprint),
            "depth": self._depth,
            "operators": self._operators,
        }

    def search(self, query: str, k: int) -> tuple[Hit, ...]:
        """At most `k` hits, best first; equal scores are ordered by url, ranks count from 1.

        Raises SettingError for a re-ranker that does not give every candidate a finite score.
        """
        checked_k(k)
        sought = Sought(self._base, query, self._depth)
        candidates = [
            Candidate(self._page(url), score, rank)
            for rank, (url, score) in enumerate(sought.ranked, start=1)
        ]
        if not candidates:
            return ()
        words = asked(query).text if self._operators else query
        scores = self._scores(words, candidates)
        order = sorted(candidates, key=lambda one: (-scores[one.rank - 1], one.page.url))[:k]
        shown = sought.hits(max(one.rank for one in order))
        return tuple(
            msgspec.structs.replace(shown[one.rank - 1], score=scores[one.rank - 1], rank=rank)
            for rank, one in enumerate(order, start=1)
        )

    def _page(self, url: str) -> Page:
        number = self._pages.index(url)
        if number is None:
            raise SettingError(f"The base engine found {url!r}, which is no page of this corpus.")
        return self._pages.page(number)

    def _scores(self, query: str, candidates: Sequence[Candidate]) -> list[float]:
        scores = [float(score) for score in self._reranker.scores(query, candidates)]
        if len(scores) != len(candidates) or not all(map(math.isfinite, scores)):
            raise SettingError(
                f"The re-ranker {dict(self._reranker.fingerprint)} must give {len(candidates)} "
                f"finite scores for {len(candidates)} candidates, not {scores[:5]} ..."
            )
        return [round(score, _DIGITS) + 0.0 for score in scores]


def reranked_retriever(pages: Pages, settings: Mapping[str, Any], _place: Path | None) -> Reranked:
    """An engine of the table with a re-ranker; raises UnknownNameError or SettingError."""
    chosen = settings_of(RerankedSettings, settings, "reranked")
    maker = named("reranker", chosen.reranker, RERANKERS)
    reranker: Reranker = made("reranker", chosen.reranker, maker, chosen.options)
    base = engines.retriever(pages, chosen.retriever, chosen.search)
    return Reranked(pages, base, reranker, chosen.depth, operators=chosen.operators)
