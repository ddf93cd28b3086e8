"""Results of a search API of the user's own, recorded and replayed like pages.

The API is a function `(query, k) -> list of {"url", "title", "snippet"}` that is named by
"module:name"; it alone knows the key of the service, which is therefore never recorded.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from webenvs.errors import CorpusError, SearchServerError, WebenvsError, bad_setting
from webenvs.naming import named
from webenvs.recording.recording import Recording
from webenvs.recording.scrubbing import scrubbed_url
from webenvs.records import Record
from webenvs.text import clip, printable, told

Engine = Callable[[str, int], Sequence[Mapping[str, Any]]]
_ENGINE = 'a function given as "module:name", such as "my_search:search"'
_SHOWN = 200


class Found(Record, frozen=True, kw_only=True):
    """One result of a search API."""

    url: str
    title: str = ""
    snippet: str = ""


def search(
    recording: Recording, engine: str, query: str, k: int = 10, ask: Engine | None = None
) -> tuple[Found, ...]:
    """The results of `engine` ("module:name") for a query, asked once and then replayed.

    `ask` is the function itself, where it is at hand; else it is imported when it is needed, never
    to replay. Raises UnavailableError in replay mode for what was not recorded, SearchServerError
    where the function fails, and CorpusError for an answer that is no list of results.
    """
    if k < 1:
        raise bad_setting("k", k, "at least 1")
    query = printable(query)  # what UTF-8 cannot carry has no canonical JSON
    request = {"kind": "search", "engine": engine, "query": query, "k": k}
    rows = recording.answer(request, lambda: _asked(ask or engine_of(engine), engine, query, k))
    return _results(rows, engine)


def asked_of(ask: Engine, name: str, query: str, k: int) -> tuple[Found, ...]:
    """The results of `ask` for a query, asked now and not kept; raises as `search` does."""
    return _results(_asked(ask, name, printable(query), k), name)


def engine_of(name: str) -> Engine:
    """The function named "module:name"; SettingError or UnknownNameError if there is none."""
    found = named("engine", name, allowed=_ENGINE)
    if not callable(found):
        raise bad_setting("engine", name, _ENGINE)
    engine: Engine = found
    return engine


def _asked(ask: Engine, name: str, query: str, k: int) -> list[dict[str, Any]]:
    try:
        answer = ask(query, k)
    except WebenvsError:
        raise
    except (Exception, SystemExit) as error:  # the user's function may raise anything
        failure = f"{name!r} failed at {clip(query, _SHOWN)!r}"
        raise SearchServerError(f"{failure}: {told(error)}.") from error
    plain = msgspec.to_builtins(_results(answer, name)[:k])
    rows: list[dict[str, Any]] = plain
    return rows


def _results(rows: Any, name: str) -> tuple[Found, ...]:
    """`rows` as results, their urls without secrets."""
    try:
        found = msgspec.convert(rows, list[Found])
    except msgspec.ValidationError as error:
        raise CorpusError(
            f"{name!r} answered no list of url, title and snippet: {error}."
        ) from None
    return tuple(
        Found(
            url=scrubbed_url(printable(row.url)),
            title=printable(row.title),
            snippet=printable(row.snippet),
        )
        for row in found
    )
