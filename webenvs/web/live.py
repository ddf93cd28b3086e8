"""A web that answers now, through an adapter of the user's own; optionally recorded for replay.

This is the one place where an episode may depend on more than its key. Nothing here touches the
network: the adapter does, or does not.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import httpx

from webenvs.errors import CorpusError, SearchServerError, UnavailableError, bad_setting
from webenvs.naming import named, path_of
from webenvs.noise.model import Failure
from webenvs.recording.client import FetchError
from webenvs.recording.recording import Recording
from webenvs.recording.response import Response, kept, page_request
from webenvs.recording.searching import asked_of, search
from webenvs.records import Hit, Page, Status
from webenvs.text import clip, one_line, told
from webenvs.web.backend import unavailable
from webenvs.web.recorded import recorded
from webenvs.web.responses import DEPTH, arrival, hits_of, spelled, web_url

ALLOWED = 'an object with search(query, k) and fetch(url), or "module:Name" of one'

_FAULTS: Mapping[str, Status] = {
    "timeout": "timeout",
    "status": "server_error",
    "broken": "malformed",
    "unreachable": "refused",
}
_KEPT = 256


@runtime_checkable
class Adapter(Protocol):
    """What a user writes to let an environment ask the live web.

    Where the web does not answer, OSError (TimeoutError among them), an error of httpx, FetchError
    or UnavailableError is raised: the call gets a failure as its result. Any other exception is
    taken for a defect and ends the episode as aborted.
    """

    def search(self, query: str, k: int) -> Sequence[Mapping[str, Any]]:
        """At most `k` rows of url, title and snippet, best first."""
        ...

    def fetch(self, url: str) -> Response | str | None:
        """What the server answers: a response, HTML as text, or None where there is no page.

        A response may be a redirect, or lie at another url where redirects were followed.
        """
        ...


class LiveWeb:
    """A backend that asks an adapter, and keeps what it says in `recording`, if there is one.

    What is recorded already is not asked again. `name` is what its searches are recorded under:
    the setting `api` when they are replayed.
    """

    mute = False

    def __init__(self, adapter: Adapter, name: str, recording: Recording | None = None) -> None:
        self._adapter, self._name, self._recording = adapter, name, recording
        self._led: dict[str, str] = {}
        self._met: dict[str, Page | Failure] = {}
        self._ahead: dict[str, Response] = {}

    @property
    def settings(self) -> Mapping[str, Any]:
        """Its name and that of the adapter."""
        return {"backend": "live", "api": self._name}

    def canonical(self, address: str) -> str:
        """The normal form of an address of the web."""
        return spelled(address)

    def resolve(self, address: str) -> str | None:
        """Where an address leads; the adapter is asked unless it led to a page before."""
        url = web_url(address)
        if url is None:
            return None
        if url in self._led:
            return self._led[url]
        final, found = arrival(url, self._hop)
        if max(len(self._met), len(self._led)) >= _KEPT:
            self._met, self._led = {}, {}  # new ones, since threads share them
        self._met[final] = found
        if not isinstance(found, Failure):
            self._led[url] = final
        return final

    def page(self, url: str) -> Page | Failure:
        """The page that `resolve` has just met, or the answer of now."""
        found = self._met.pop(url, None)
        return arrival(url, self._hop)[1] if found is None else found

    def search(self, query: str, k: int) -> tuple[Hit, ...] | Failure:
        """The first `k` results of the adapter."""
        query, depth = one_line(query), max(DEPTH, k)
        if not query:
            return ()
        ask = self._adapter.search
        try:
            if self._recording is None:
                return hits_of(asked_of(ask, self._name, query, depth), k)
            return hits_of(search(self._recording, self._name, query, depth, ask), k)
        except UnavailableError as error:
            return unavailable(str(error))
        except (SearchServerError, FetchError) as error:
            return _failure(error.__cause__ or error, f"a search for {query!r}")

    def _hop(self, url: str) -> Response | Failure:
        """One answer: what was recorded, else what the adapter says."""
        found = None if self._recording is None else recorded(self._recording, url)
        found = found or self._ahead.pop(url, None)
        if found is not None:
            return found
        try:
            said = self._adapter.fetch(url)
        except UnavailableError as error:
            return unavailable(str(error))
        except (Exception, SystemExit) as error:  # the user's object may raise anything
            return _failure(error, url)
        return self._placed(url, _response(url, said))

    def _placed(self, url: str, response: Response) -> Response:
        """The response under the url that was asked: one of another url is a redirect to it."""
        final = web_url(response.url) or url
        if final == url:
            self._keep(url, response)
            return response
        self._keep(final, response)
        self._ahead[final] = response
        redirect = (("location", final),)
        onward = Response(url=url, status=301, version=response.version, headers=redirect)
        self._keep(url, onward)
        return onward

    def _keep(self, url: str, response: Response) -> None:
        if self._recording is not None:
            self._recording.keep_first(page_request(url), kept(response))


def adapter_of(value: Any) -> tuple[Adapter, str]:
    """The adapter that a setting names or is, and its name; a class is called to make one.

    Raises SettingError or UnknownNameError for what is none.
    """
    name = value if isinstance(value, str) else ""
    found = named("adapter", value, field="live", allowed=ALLOWED) if name else value
    if isinstance(found, type):
        name = name or path_of(found)
        try:
            found = found()
        except (Exception, SystemExit) as error:  # the user's class may raise anything
            raise bad_setting("live", name, f"{ALLOWED}; making it raised {told(error)}") from error
    for method in ("search", "fetch"):
        if not callable(getattr(found, method, None)):
            raise bad_setting("live", value, f"{ALLOWED}; this one has no {method}")
    adapter: Adapter = found
    return adapter, name or path_of(type(found))


def _response(url: str, said: Any) -> Response:
    """What an adapter's `fetch` returned as a response; raises CorpusError for what is none."""
    if isinstance(said, Response):
        return said
    if said is None:
        return Response(url=url, status=404, version="HTTP/1.1")
    if isinstance(said, str):
        kind = (("content-type", "text/html; charset=utf-8"),)
        body = said.encode(errors="replace")
        return Response(url=url, status=200, version="HTTP/1.1", headers=kind, body=body)
    raise CorpusError(
        f"The live adapter's fetch must return a Response, text or None, not {type(said).__name__}."
    )


def _failure(error: BaseException, asked: str) -> Failure:
    """The failure that an exception of the web means; raises CorpusError for any other."""
    what = clip(one_line(asked), 200)
    status: Status = "refused"
    if isinstance(error, TimeoutError | httpx.TimeoutException):
        status = "timeout"
    elif isinstance(error, FetchError):
        status = _FAULTS.get(error.fault, "unavailable")
    elif not isinstance(error, OSError | httpx.TransportError):
        raise CorpusError(f"The live adapter failed at {what}: {told(error)}.") from error
    return Failure(status=status, content=f"There is no answer to {what}: {told(error)}.")
