"""What one engine finds for one query, for those who order it anew: few of its hits are shown."""

from webenvs.records import Hit
from webenvs.search.cache import Cached
from webenvs.search.fusion.fusion import Ranked
from webenvs.search.retriever import Ranking, Retriever


class Sought:
    """The first `depth` hits of an engine, in order.

    Where the engine can tell its ranking alone, snippets are cut only for what is shown.
    """

    def __init__(self, retriever: Retriever, query: str, depth: int) -> None:
        self._retriever = retriever
        self._query = query
        self._hits: tuple[Hit, ...] | None = None
        engine = retriever.engine if isinstance(retriever, Cached) else retriever
        if isinstance(engine, Ranking):
            self.ranked: Ranked = engine.ranking(query, depth)
        else:
            self._hits = retriever.search(query, depth)
            self.ranked = [(hit.url, hit.score) for hit in self._hits]

    def hits(self, count: int) -> tuple[Hit, ...]:
        """The first `count` hits, or more; `count` is one of those that there are."""
        # Fewer hits are the first of more, so no more of them are made than are needed.
        return self._retriever.search(self._query, count) if self._hits is None else self._hits
