"""Pages through a recording: replayed where they are in it, fetched and kept where they are not."""

import asyncio

from webenvs.errors import UnavailableError
from webenvs.recording.client import Client, FetchError
from webenvs.recording.recording import Recording
from webenvs.recording.response import (
    Response,
    clean_url,
    kept,
    page_request,
    response_of,
)
from webenvs.recording.scrubbing import lost_secret, scrubbed_url


class Fetcher:
    """Fetches pages for one recording; every url is asked at most once while it lives."""

    def __init__(self, recording: Recording, client: Client | None, redirects: int = 10) -> None:
        """Without a client nothing is ever asked; at most `redirects` hops are followed."""
        self.recording = recording
        self._client = client
        self._redirects = redirects
        self._locks: dict[str, asyncio.Lock] = {}
        self._asked: set[str] = set()

    async def page(self, url: str) -> Response:
        """Where `url` leads: the response at the end of its redirects, each hop recorded.

        Raises FetchError, and UnavailableError for a url that a replayed recording does not hold.
        """
        for _ in range(self._redirects + 1):
            response = await self._hop(url)
            if response.target is None:
                return response
            url = response.target
        shown = scrubbed_url(url)
        raise FetchError("redirects", f"{shown}: more than {self._redirects} redirects led here")

    async def _hop(self, url: str) -> Response:
        try:
            url = clean_url(url)
            request = page_request(url)
        except ValueError as error:
            raise FetchError("refused", f"{scrubbed_url(url)!r} is no url: {error}") from None
        async with self._locks.setdefault(url, asyncio.Lock()):
            fresh = self.recording.mode == "refresh" and url not in self._asked
            if not fresh:
                found = self.recording.find(request)
                if found is not None and not self._stale(response_of(request, found.answer)):
                    return response_of(request, found.answer)
            if self._client is None:
                raise UnavailableError(
                    f"{self.recording.directory} does not hold {request['url']}."
                )
            response = await self._client.get(url)
            self.recording.keep(request, kept(response))
            self._asked.add(url)
            return response

    def _stale(self, response: Response) -> bool:
        """Whether a redirect lost a secret in the recording and leads to no other answer there."""
        if self._client is None or response.target is None or not lost_secret(response.target):
            return False
        try:
            target = page_request(response.target)
        except ValueError:
            return False  # no url, with its secret or without
        return target == page_request(response.url) or self.recording.find(target) is None
