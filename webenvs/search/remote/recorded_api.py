"""A search API of the user's own as an engine: asked once while it is recorded, replayed for ever.

The API is the function that `webenvs record search` takes: `(query, k)` -> rows of url, title and
snippet. The pages that it finds are those of the corpus that was frozen from the same recording.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec

from webenvs.recording.recording import Mode, Recording
from webenvs.recording.searching import search
from webenvs.records import Hit, Record
from webenvs.search.analyzer import Analyzer
from webenvs.search.given import settings_of
from webenvs.search.lexical.settings import checked_k
from webenvs.search.pages import Pages
from webenvs.search.passage import passage
from webenvs.text import one_line

VERSION = 1
"""Raised whenever the same recorded results would give other hits."""


class RecordedApiSettings(Record, frozen=True, kw_only=True):
    """The settings of this engine.

    `api` is the function, "module:name", `recording` the directory where its results are kept,
    `mode` "record", "replay" or "refresh". `depth` results are asked for, however many are wanted.
    """

    api: str
    recording: str
    mode: Mode = "replay"
    depth: Annotated[int, msgspec.Meta(ge=1, le=100)] = 10


class RecordedApi:
    """A retriever that keeps the contract of `Retriever` for the queries that are recorded.

    Results that are no page of the corpus are left out, and of several that are one page the first
    stands. Such an API gives ranks and no scores: the score of a hit is 1 / rank among its results.
    A snippet that the API does not give is cut from the page.
    """

    def __init__(self, pages: Pages, settings: RecordedApiSettings) -> None:
        """Raises CorpusError where nothing is to be replayed."""
        self._pages = pages
        self._chosen = settings
        self._recording = Recording(settings.recording, settings.mode)
        self._analyzer = Analyzer()

    @property
    def settings(self) -> Mapping[str, Any]:
        """Engine, version and every setting that can change a ranking; not the mode."""
        chosen = self._chosen
        return {"engine": "recorded", "version": VERSION, "api": chosen.api, "depth": chosen.depth}

    def search(self, query: str, k: int) -> tuple[Hit, ...]:
        """At most `k` hits in the order of the API, ranks count from 1.

        Raises UnavailableError for what is replayed and not recorded.
        """
        checked_k(k)
        asked = one_line(query)
        if not asked:
            return ()
        found: dict[int, tuple[float, str]] = {}
        results = search(self._recording, self._chosen.api, asked, self._chosen.depth)
        for rank, result in enumerate(results, start=1):
            number = self._pages.index(result.url)
            if number is not None:
                found.setdefault(number, (1 / rank, one_line(result.snippet)))
        return tuple(
            Hit(
                url=page.url,
                title=page.title,
                snippet=snippet or passage(page.text, asked, self._analyzer),
                score=score,
                rank=place,
            )
            for place, (number, (score, snippet)) in enumerate(list(found.items())[:k], start=1)
            for page in (self._pages.page(number),)
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return RecordedApi, (self._pages, self._chosen)


def recorded_retriever(
    pages: Pages, settings: Mapping[str, Any], _place: Path | None
) -> RecordedApi:
    """The engine with these settings; raises UnknownNameError, SettingError or CorpusError."""
    return RecordedApi(pages, settings_of(RecordedApiSettings, settings, "recorded"))
