"""Search servers as engines: each query is asked once, kept in a recording, replayed for ever.

The server is asked one query at a time and always for the same number of hits. What it answers is
checked and brought down to what is needed before it is recorded, so a recording holds only answers
that can be used, and no secrets. Scores are rounded and ties fall by url, as with any other engine.
"""

import math
import threading
import time
import warnings
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple, Protocol

import msgspec

from webenvs.errors import CorpusError, SearchServerError, bad_setting
from webenvs.recording.recording import Mode, Recording
from webenvs.records import Hit, Record
from webenvs.search.analyzer import QUERY_CHARACTERS, Analyzer
from webenvs.search.given import Kind, checked_names, settings_of
from webenvs.search.lexical.settings import checked_k
from webenvs.search.operators import Asked, asked, plain
from webenvs.search.pages import Pages
from webenvs.search.passage import passage
from webenvs.search.remote.addressing import Template
from webenvs.search.remote.server import Credentials, Server
from webenvs.search.sieve import Sieve
from webenvs.search.snippet import WIDTH
from webenvs.text import clip, one_line, printable

VERSION = 1
"""Raised whenever the same recorded answer would give other hits."""

QUERY_WORDS = 400
"""Only so many first words of a query are sent: engines refuse queries of too many clauses."""

_LOCKS = 64


class RemoteSettings(Record, frozen=True, kw_only=True):
    """What every engine behind a server can be told.

    `url` is the server's, `recording` the directory of the recording, `mode` "record", "replay" or
    "refresh". `address` says which page a document is, by a template; `depth` hits are asked for,
    scores are rounded to `digits`; the `analyzer` finds what a snippet shows; `operators` says
    whether a query is read for them (see `operators`). `credentials` begins the names of the
    environment variables of the key or password; `certificates` is a file of authorities;
    `timeout` is in seconds.
    """

    url: str
    recording: str
    mode: Mode = "replay"
    address: str | None = None
    depth: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 100
    digits: Annotated[int, msgspec.Meta(ge=0, le=9)] = 4
    analyzer: str = "english"
    operators: bool = True
    timeout: Annotated[float, msgspec.Meta(gt=0, le=600)] = 30.0
    retries: Annotated[int, msgspec.Meta(ge=0, le=20)] = 2
    credentials: Annotated[str, msgspec.Meta(pattern="^[A-Z][A-Z0-9_]*$")] = "WEBENVS_SEARCH"
    certificates: str | None = None


class Entry(Record, frozen=True, kw_only=True):
    """A document that a server found: the fields of the template, its score, its own snippet."""

    fields: dict[str, str]
    score: float
    snippet: str = ""


class Dialect(Protocol):
    """How one kind of server is spoken to."""

    @property
    def name(self) -> str:
        """The name of the engine."""
        ...

    @property
    def url(self) -> str:
        """Where the question is sent."""
        ...

    @property
    def scheme(self) -> str:
        """What stands before a key in the Authorization header."""
        ...

    @property
    def template(self) -> Template:
        """Which page a document is."""
        ...

    @property
    def settings(self) -> Mapping[str, Any]:
        """What else can change a ranking, JSON-able."""
        ...

    def question(self, query: str, depth: int, wanted: Asked) -> Mapping[str, Any]:
        """The body that asks for the best `depth` documents; `wanted` are the query's operators.

        A server that knows operators may narrow its search; what it sends is sifted in any case.
        """
        ...

    def entries(self, answer: Any) -> list[Entry]:
        """What the answer says; raises ValueError or msgspec.ValidationError for anything else."""
        ...


class _Best(NamedTuple):
    """The better of the documents that are one page."""

    score: float
    snippet: str


class Remote:
    """A retriever behind a server; it keeps the contract of `Retriever` for what is recorded.

    Documents that are no page of the corpus are left out; of several that are one page the best
    counts. There are at most `depth` hits, whatever k is, and fewer where the query's operators
    leave some of them out. In replay mode no server is needed, no
    variable is read, and a query that was not recorded raises UnavailableError.
    """

    def __init__(
        self,
        pages: Pages,
        dialect: Dialect,
        settings: RemoteSettings,
        place: Path | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """`place` is where indexes of the corpus lie, those of its columns too.

        Raises SettingError, or CorpusError where there is nothing to be replayed.
        """
        self._pages = pages
        self._dialect = dialect
        self._chosen = settings
        self._place = place
        self._read = asked if settings.operators else plain
        self._sieve = Sieve(pages, Analyzer(settings.analyzer), place)
        self._analyzer = Analyzer(settings.analyzer)
        self._recording = Recording(settings.recording, settings.mode)
        self._server = None if settings.mode == "replay" else _server(dialect, settings, pause)
        self._locks = [threading.Lock() for _ in range(_LOCKS)]
        self._warned = False

    @property
    def settings(self) -> Mapping[str, Any]:
        """Engine, versions, server and every setting that can change a ranking; not the mode."""
        dialect, chosen = self._dialect, self._chosen
        told = {"engine": dialect.name, "version": VERSION, "url": dialect.url}
        ranked = {"depth": chosen.depth, "digits": chosen.digits, "address": dialect.template.text}
        ranked |= {"analyzer": chosen.analyzer, "operators": chosen.operators}
        return told | ranked | dict(dialect.settings)

    def search(self, query: str, k: int) -> tuple[Hit, ...]:
        """At most `k` hits, best first; equal scores are ordered by url, ranks count from 1.

        Raises UnavailableError for what is replayed and not recorded, SearchServerError for a
        server that fails.
        """
        checked_k(k)
        wanted = self._read(query)
        sent = _sent(wanted.text)
        if not sent:
            return ()
        found = self._pages_of(self._entries(sent, wanted))
        ranked = sorted(found, key=lambda number: (-found[number].score, number))
        return tuple(
            Hit(
                url=page.url,
                title=page.title,
                snippet=found[number].snippet or passage(page.text, wanted.text, self._analyzer),
                score=found[number].score,
                rank=rank,
            )
            for rank, number in enumerate(self._sieve.first(ranked, k, wanted), start=1)
            for page in (self._pages.page(number),)
        )

    def close(self) -> None:
        """Close the recording."""
        self._recording.close()

    def _entries(self, sent: str, wanted: Asked) -> list[Entry]:
        """What the server found, from the recording or from the server."""
        dialect = self._dialect
        body = dialect.question(sent, self._chosen.depth, wanted)
        request = {
            "engine": dialect.name,
            "url": dialect.url,
            "fields": dialect.template.fields,
            "body": body,
        }
        # Two threads with one new query must not ask twice and go on with different answers.
        with self._locks[zlib.crc32(sent.encode()) % _LOCKS]:
            recorded = self._recording.answer(request, lambda: self._ask(body))
        try:
            return msgspec.convert(recorded, list[Entry])
        except msgspec.ValidationError as error:
            place = self._recording.directory
            raise CorpusError(
                f"{place} holds what is no answer of {dialect.url}: {error}."
            ) from None

    def _ask(self, body: Mapping[str, Any]) -> Any:
        if self._server is None:
            raise AssertionError("a recording that is replayed asks nobody")
        answer = self._server.answer(body)
        try:
            entries = self._dialect.entries(answer)
            for entry in entries:
                if not math.isfinite(entry.score):
                    raise ValueError(f"the score {entry.score} is no finite number")
        except (ValueError, msgspec.ValidationError) as error:
            said = clip(one_line(msgspec.json.encode(answer).decode("utf-8", "replace")), 200)
            raise SearchServerError(
                f"{self._dialect.url} answered what is no {self._dialect.name} answer: {error}. "
                f"It said {said}"
            ) from None
        return msgspec.to_builtins(entries)

    def _pages_of(self, entries: Sequence[Entry]) -> dict[int, _Best]:
        """The pages of the corpus that were found, by number."""
        best: dict[int, _Best] = {}
        template, digits = self._dialect.template, self._chosen.digits
        for entry in entries:
            number = self._pages.index(template.url(entry.fields))
            score = round(entry.score, digits) + 0.0
            if number is not None and (number not in best or score > best[number].score):
                best[number] = _Best(score, clip(one_line(printable(entry.snippet)), WIDTH))
        if entries and not best and not self._warned:
            self._warned = True
            first = template.url(entries[0].fields)
            warnings.warn(
                f"{self._dialect.url} found {len(entries)} documents and none of them is a page of "
                f"this corpus, as {first!r}: does the setting address = {template.text!r} fit?",
                stacklevel=3,
            )
        return best

    def __reduce__(self) -> tuple[Any, ...]:
        return Remote, (self._pages, self._dialect, self._chosen, self._place)


def settings_for(
    engine: str, own: type[Kind], values: Mapping[str, Any]
) -> tuple[RemoteSettings, Kind]:
    """The common settings and the engine's `own` from one mapping of both.

    Raises UnknownNameError, or SettingError for a value that is not allowed or is missing.
    """
    common = RemoteSettings.__struct_fields__
    known = (*common, *own.__struct_fields__)
    checked_names(values, known, engine)
    mine = {name: value for name, value in values.items() if name not in common}
    rest = {name: value for name, value in values.items() if name in common}
    chosen = settings_of(RemoteSettings, rest, engine)
    if not chosen.recording:
        raise bad_setting("recording", chosen.recording, "the directory of a recording")
    return chosen, settings_of(own, mine, engine)


def _server(dialect: Dialect, chosen: RemoteSettings, pause: Callable[[float], None]) -> Server:
    return Server(
        dialect.url,
        Credentials.from_environment(chosen.credentials, dialect.scheme),
        timeout=chosen.timeout,
        retries=chosen.retries,
        certificates=chosen.certificates,
        pause=pause,
    )


def _sent(query: str) -> str:
    """`query` as it is sent: one printable line of so many words."""
    return " ".join(printable(query[:QUERY_CHARACTERS]).split()[:QUERY_WORDS])
