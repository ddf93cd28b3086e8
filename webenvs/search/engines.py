"""The search engines by name, each built once a process for one corpus and its settings."""

import importlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from webenvs.errors import unknown_name
from webenvs.search.cache import Cached
from webenvs.search.pages import Pages
from webenvs.search.retriever import Retriever
from webenvs.seeding import canonical_json

Maker = Callable[[Pages, Mapping[str, Any], Path | None], Retriever]


class Engine(NamedTuple):
    """A row of the table: what the engine is, and where the function is that makes one.

    `maker` is "module:function"; the function takes the pages, the settings as they were given, and
    the directory where indexes of a stored corpus lie (None for pages in memory). `needs` are the
    settings that have no default.
    """

    meaning: str
    maker: str
    needs: tuple[str, ...] = ()


TABLE: Mapping[str, Engine] = {
    "bm25": Engine(
        "frozen integer-impact BM25: exact, deterministic, memory-mapped",
        "webenvs.search.lexical.bm25:bm25_retriever",
    ),
    "dense": Engine(
        "nearest vectors (FAISS) in exact whole numbers: LSA of the corpus, or any embedder",
        "webenvs.search.dense.dense:dense_retriever",
    ),
    "rank-bm25": Engine(
        "the rank-bm25 package: the slow reference, for corpora under 2,000 pages",
        "webenvs.search.lexical.rank_bm25:rank_bm25_retriever",
    ),
    "hybrid": Engine(
        "several engines at once, their hits fused by reciprocal ranks or weighted scores",
        "webenvs.search.fusion.hybrid:hybrid_retriever",
    ),
    "reranked": Engine(
        "another engine's first hits in the order of a re-ranker",
        "webenvs.search.fusion.reranked:reranked_retriever",
    ),
    "recorded": Engine(
        "a search API of your own, behind a recording (see webenvs record search)",
        "webenvs.search.remote.recorded_api:recorded_retriever",
        needs=("api", "recording"),
    ),
    "search-r1": Engine(
        "a server of the Search-R1 protocol (/retrieve), behind a recording",
        "webenvs.search.remote.search_r1:search_r1_retriever",
        needs=("url", "recording"),
    ),
    "opensearch": Engine(
        "an index of OpenSearch or Elasticsearch (_search), behind a recording",
        "webenvs.search.remote.opensearch:opensearch_retriever",
        needs=("url", "recording", "index"),
    ),
}
"""Every search engine by name; a new one is a row here and a file in this folder."""

ENGINES: Mapping[str, str] = {name: engine.meaning for name, engine in TABLE.items()}
"""Search engines and what each is."""

KEPT = 64
"""The engines that a process keeps for who asks next; those asked for longest ago go first."""

_built: OrderedDict[tuple[str, str, bytes], Retriever] = OrderedDict()
_building = threading.RLock()  # hybrid and re-ranked engines ask for others while they are made


def retriever(pages: Pages, engine: str, search: Mapping[str, Any]) -> Retriever:
    """The engine of that name with these settings over a corpus, its answers remembered.

    It is made once, however many threads ask for it; one that is asked for meanwhile waits. Raises
    UnknownNameError for an engine that is not in the table.
    """
    if engine not in TABLE:
        raise unknown_name("retriever", engine, TABLE)
    key = (pages.digest, engine, canonical_json(dict(search)))
    with _building:
        found = _built.get(key) or _make(pages, engine, search)
        _built[key] = found
        _built.move_to_end(key)
        while len(_built) > KEPT:
            _built.popitem(last=False)
        return found


def _make(pages: Pages, engine: str, search: Mapping[str, Any]) -> Retriever:
    module, _, function = TABLE[engine].maker.partition(":")
    path = getattr(pages, "path", None)
    make: Maker = getattr(importlib.import_module(module), function)
    return Cached(make(pages, search, path and path / "index"))
