"""Servers that speak Search-R1's protocol: POST /retrieve with queries, ranked documents back.

The question is {"queries": [...], "topk": k, "return_scores": true}; the answer {"result": [[
{"document": {"id": ..., "contents": ...}, "score": ...}, ...]]}, a list for each query.
"""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from webenvs.records import Record
from webenvs.search.operators import Asked
from webenvs.search.pages import Pages
from webenvs.search.remote.addressing import Template
from webenvs.search.remote.remote import Entry, Remote, settings_for
from webenvs.search.remote.server import address

PATH = "/retrieve"
ADDRESS = "doc://{id}"
"""Where a corpus of the same JSON lines has the document."""


class SearchR1Settings(Record, frozen=True, kw_only=True):
    """What this engine can be told besides: nothing."""


class SearchR1:
    """How such a server is spoken to; `url` is its own or that of its /retrieve."""

    name = "search-r1"
    scheme = "Bearer"
    settings: Mapping[str, Any] = {}

    def __init__(self, url: str, template: str = ADDRESS) -> None:
        """Raises SettingError for what is no url or no template."""
        self.url = address(url, PATH)
        self.template = Template(template)

    def question(self, query: str, depth: int, wanted: Asked) -> Mapping[str, Any]:
        """One query, with scores; this protocol knows no operators."""
        return {"queries": [query], "topk": depth, "return_scores": True}

    def entries(self, answer: Any) -> list[Entry]:
        """The documents found; raises ValueError or msgspec.ValidationError."""
        result = msgspec.convert(answer, _Answer).result
        if len(result) != 1:
            raise ValueError(f"it has {len(result)} lists for one query")
        return [
            Entry(fields=self.template.picked(scored.document), score=scored.score)
            for scored in result[0]
        ]


def search_r1_retriever(
    pages: Pages,
    settings: Mapping[str, Any],
    place: Path | None,
    pause: Callable[[float], None] = time.sleep,
) -> Remote:
    """The engine behind a Search-R1 server; raises UnknownNameError, SettingError, CorpusError."""
    chosen, _ = settings_for("search-r1", SearchR1Settings, settings)
    return Remote(pages, SearchR1(chosen.url, chosen.address or ADDRESS), chosen, place, pause)


class _Scored(msgspec.Struct):
    document: dict[str, Any]
    score: float


class _Answer(msgspec.Struct):
    result: list[list[_Scored]]
