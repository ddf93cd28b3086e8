"""The search engines by name, each built once a process for one corpus and its settings."""

from collections.abc import Mapping
from typing import Any

from webenvs.errors import unknown_name
from webenvs.search.pages import Pages
from webenvs.search.retriever import Retriever
from webenvs.seeding import canonical_json

ENGINES: Mapping[str, str] = {
    "bm25": "frozen integer-impact BM25: exact, deterministic, memory-mapped",
    "rank-bm25": "the rank-bm25 package: the slow reference, for corpora under 2,000 pages",
}
"""Search engines and what each is."""

_built: dict[tuple[str, str, bytes], Retriever] = {}


def retriever(pages: Pages, engine: str, search: Mapping[str, Any]) -> Retriever:
    """The engine of that name with these settings over a corpus; raises UnknownNameError."""
    if engine not in ENGINES:
        raise unknown_name("retriever", engine, ENGINES)
    key = (pages.digest, engine, canonical_json(dict(search)))
    if key not in _built:
        _built[key] = _make(pages, engine, search)
    return _built[key]


def _make(pages: Pages, engine: str, search: Mapping[str, Any]) -> Retriever:
    from webenvs.search.settings import bm25_settings

    if engine == "rank-bm25":
        from webenvs.search.reference import RankBm25

        return RankBm25(pages, bm25_settings({"idf": "okapi", **search}))
    from webenvs.search.bm25 import index_place, retriever_for

    settings = bm25_settings(search)
    path = getattr(pages, "path", None)
    return retriever_for(pages, settings, path and index_place(path, settings))
