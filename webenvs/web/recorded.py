"""The web as it was recorded: pages by url and the results of a search API, replayed for ever.

What was not recorded is "unavailable", in so many words, and is the environment's fault: a miss is
neither a missing page nor an error.
"""

from collections.abc import Mapping
from typing import Any

from webenvs.errors import UnavailableError
from webenvs.noise.model import Failure
from webenvs.recording.recording import Recording
from webenvs.recording.response import Response, page_request, response_of
from webenvs.recording.searching import search
from webenvs.records import Hit, Page
from webenvs.seeding import digest
from webenvs.text import one_line
from webenvs.web.backend import unavailable
from webenvs.web.responses import DEPTH, arrival, hits_of, spelled, web_url

_KEPT = 4096


class RecordedWeb:
    """A backend that only replays; the order in which it was recorded has no influence.

    `api` names the search function whose results are replayed, as they were recorded under it.
    """

    mute = False

    def __init__(self, recording: Recording, api: str) -> None:
        self._recording, self._api = recording, api
        self._urls: dict[str, str] = {}

    @property
    def settings(self) -> Mapping[str, Any]:
        """Its name and that of the search function; where the recording lies does not count."""
        return {"backend": "recorded", "api": self._api}

    def canonical(self, address: str) -> str:
        """The normal form of an address of the web."""
        return spelled(address)

    def resolve(self, address: str) -> str | None:
        """Where an address led when it was recorded; as far as that is known."""
        url = web_url(address)
        if url is None:
            return None
        known = self._urls.get(url)
        if known is None:
            known, _ = arrival(url, self._hop)
            if len(self._urls) >= _KEPT:
                self._urls.clear()  # in one step, since threads share it
            self._urls[url] = known
        return known

    def page(self, url: str) -> Page | Failure:
        """The page that was recorded under a url, or why there is none."""
        return arrival(url, self._hop)[1]

    def search(self, query: str, k: int) -> tuple[Hit, ...] | Failure:
        """The first `k` of the results that were recorded for a query."""
        asked = one_line(query)
        if not asked:
            return ()
        try:
            return hits_of(search(self._recording, self._api, asked, max(DEPTH, k)), k)
        except UnavailableError:
            return unavailable()

    def _hop(self, url: str) -> Response | Failure:
        return recorded(self._recording, url) or unavailable()


def recorded(recording: Recording, url: str) -> Response | None:
    """The response that a recording holds for a url, or None; raises CorpusError for damage."""
    request = page_request(url)
    found = recording.get(digest(request))
    return None if found is None else response_of(request, found.answer)
