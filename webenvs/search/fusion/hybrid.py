"""The hybrid engine: several engines asked the same, their hits fused into one list."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from webenvs.errors import bad_setting, unknown_name
from webenvs.records import Hit, Record
from webenvs.search import engines
from webenvs.search.fusion.fusion import reciprocal_ranks, weighted_scores
from webenvs.search.given import settings_of
from webenvs.search.lexical.settings import checked_k
from webenvs.search.pages import Pages
from webenvs.search.retriever import Retriever
from webenvs.search.sought import Sought

VERSION = 1
"""Raised whenever the same hits would be fused otherwise."""

Fusion = Literal["rrf", "weighted"]
Weight = Annotated[float, msgspec.Meta(gt=0, le=1000)]


class HybridSettings(Record, frozen=True, kw_only=True):
    """The settings of the hybrid engine.

    `parts` are the engines: their names, or name -> settings. `fusion` is "rrf" (reciprocal ranks,
    with `rank_constant`) or "weighted" (scores between 0 and 1); `weights` by name count for both,
    1 where none is given. Each part is asked for `depth` hits, however many are wanted.
    """

    parts: tuple[str, ...] | dict[str, dict[str, Any]] = ("bm25", "dense")
    fusion: Fusion = "rrf"
    rank_constant: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = 60
    weights: dict[str, Weight] = msgspec.field(default_factory=dict)
    depth: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 100

    def __post_init__(self) -> None:
        if len(self.searches) < 2 or len(self.searches) < len(self.parts):
            raise bad_setting("parts", self.parts, "two or more engines, each of them once")
        for name in self.weights:
            if name not in self.searches:
                raise unknown_name("part", name, self.searches, "of hybrid to be weighed")

    @property
    def searches(self) -> dict[str, dict[str, Any]]:
        """The settings of every part, in the order of their names."""
        given = self.parts if isinstance(self.parts, dict) else {name: {} for name in self.parts}
        return dict(sorted(given.items()))


class Hybrid:
    """A retriever over other retrievers of one corpus; it keeps the contract of `Retriever`.

    A page is a hit if it is among the first `depth` hits of any part; there are no others, whatever
    k is. Equal scores fall by url. The snippet is that of the part which ranks the page best, of
    equal ranks that of the part whose name comes first.
    """

    def __init__(
        self, parts: Mapping[str, Retriever], settings: HybridSettings | None = None
    ) -> None:
        """Raises SettingError unless `parts` are what the settings name."""
        self._chosen = settings or HybridSettings(parts=tuple(parts))
        if sorted(parts) != list(self._chosen.searches):
            raise bad_setting("parts", sorted(parts), f"{list(self._chosen.searches)}")
        self._parts = dict(sorted(parts.items()))

    @property
    def settings(self) -> Mapping[str, Any]:
        """Engine name, version, how hits are fused, and the settings of every part."""
        chosen = self._chosen
        told = {"engine": "hybrid", "version": VERSION, "fusion": chosen.fusion}
        if chosen.fusion == "rrf":
            told["rank_constant"] = chosen.rank_constant
        return told | {
            "depth": chosen.depth,
            "weights": {name: float(chosen.weights.get(name, 1)) for name in self._parts},
            "parts": {name: dict(part.settings) for name, part in self._parts.items()},
        }

    def search(self, query: str, k: int) -> tuple[Hit, ...]:
        """At most `k` hits, best first; equal scores are ordered by url, ranks count from 1."""
        checked_k(k)
        chosen = self._chosen
        sought = {name: Sought(part, query, chosen.depth) for name, part in self._parts.items()}
        lists = {name: found.ranked for name, found in sought.items()}
        if chosen.fusion == "rrf":
            scores = reciprocal_ranks(lists, chosen.weights, chosen.rank_constant)
        else:
            scores = weighted_scores(lists, chosen.weights)
        ranked = sorted(scores, key=lambda url: (-scores[url], url))[:k]
        shown = _shown(sought, ranked)
        return tuple(
            msgspec.structs.replace(shown[url], score=scores[url], rank=rank)
            for rank, url in enumerate(ranked, start=1)
        )


def _shown(sought: Mapping[str, Sought], urls: Sequence[str]) -> dict[str, Hit]:
    """The hit of each of the `urls` in the part that ranks it best."""
    wanted = set(urls)
    best: dict[str, tuple[int, str]] = {}
    for name, found in sought.items():
        for rank, (url, _) in enumerate(found.ranked, start=1):
            if url in wanted:
                best[url] = min(best.get(url, (rank, name)), (rank, name))
    deepest: dict[str, int] = {}
    for rank, name in best.values():
        deepest[name] = max(rank, deepest.get(name, 0))
    hits = {name: sought[name].hits(rank) for name, rank in deepest.items()}
    return {url: hits[name][rank - 1] for url, (rank, name) in best.items()}


def hybrid_retriever(pages: Pages, settings: Mapping[str, Any], _place: Path | None) -> Hybrid:
    """The hybrid of engines of the table; raises UnknownNameError or SettingError."""
    chosen = settings_of(HybridSettings, settings, "hybrid")
    parts = {
        name: engines.retriever(pages, name, search) for name, search in chosen.searches.items()
    }
    return Hybrid(parts, chosen)
