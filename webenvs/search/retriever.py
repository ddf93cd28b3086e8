"""The retriever contract: a pure function from a query to ranked hits, with deterministic ties."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from webenvs.records import Hit


class Retriever(Protocol):
    """What every search engine offers; instances are bound to one corpus and never change."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """Engine name and every setting that can change a ranking, JSON-able."""
        ...

    def search(self, query: str, k: int) -> tuple[Hit, ...]:
        """At most `k` hits, best first; equal scores are ordered by url, ranks count from 1.

        The answer depends on (corpus, settings, query, k) alone: not on earlier queries, threads
        or batches. A query without a known word has no hits. Any text is a query.
        """
        ...


@runtime_checkable
class Ranking(Protocol):
    """What an engine may offer besides: its ranking alone, for those who need no snippets."""

    def ranking(self, query: str, k: int) -> Sequence[tuple[str, float]]:
        """Url and score of every hit of `search(query, k)`, in the same order."""
        ...
