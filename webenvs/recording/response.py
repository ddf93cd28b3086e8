"""An HTTP response as a recording keeps it: status, the headers that matter, body with digest."""

import base64
import hashlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin

import httpx
import msgspec
import zstandard

from webenvs.errors import CorpusError
from webenvs.recording.scrubbing import scrubbed_headers, scrubbed_url
from webenvs.records import Record

REDIRECTS = frozenset({301, 302, 303, 307, 308})
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses that may well be others later: asked again, and never kept."""
PAGE = "page"
"""The kind of the requests that fetch a page."""

_BODY_LIMIT = 2**30


class Response(Record, frozen=True, kw_only=True):
    """What a server answered to one request, its body unpacked.

    The headers are as they came, or what a recording has kept of them.
    """

    url: str
    status: int
    version: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def header(self, name: str) -> str:
        """The first header of this name, whatever its case; "" if there is none."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), "")

    @property
    def target(self) -> str | None:
        """The absolute url that a redirect leads to, or None."""
        location = self.header("location").strip()
        if self.status not in REDIRECTS or not location:
            return None
        try:
            return urljoin(self.url, location)
        except ValueError:
            return location


class _Kept(Record, frozen=True, kw_only=True):
    """The JSON of a response: the body as base64 of a zstd frame, and its SHA-256."""

    status: int
    version: str
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    size: int = 0
    sha256: str = ""


def clean_url(url: str) -> str:
    """`url` as it is asked: scheme and host in lower case, path encoded, without fragment.

    Raises ValueError if it is no url.
    """
    try:
        parsed = httpx.URL(url)
        return str(parsed.copy_with(raw_path=parsed.raw_path, fragment=None))
    except httpx.InvalidURL as error:
        raise ValueError(str(error)) from None


def page_request(url: str) -> dict[str, Any]:
    """The request that a page is recorded under; its url holds no secret."""
    return {"kind": PAGE, "url": scrubbed_url(clean_url(url))}


def kept(response: Response) -> dict[str, Any]:
    """`response` as JSON: of its headers what `scrubbed_headers` keeps, its body as it is."""
    body = base64.b64encode(zstandard.ZstdCompressor(level=9).compress(response.body)).decode()
    made = _Kept(
        status=response.status,
        version=response.version,
        headers=scrubbed_headers(response.headers),
        body=body if response.body else "",
        size=len(response.body),
        sha256=hashlib.sha256(response.body).hexdigest(),
    )
    told: dict[str, Any] = msgspec.to_builtins(made)
    return told


def response_of(request: Mapping[str, Any], answer: Any) -> Response:
    """The response that an answer was made of; CorpusError if it is not what was written."""
    url = str(request.get("url", ""))
    if " " in url or not url.isprintable():
        raise CorpusError(f"The recording is damaged: {url!r} is no url.")
    try:
        found = msgspec.convert(answer, _Kept)
        body = _unpacked(found)
    except (msgspec.ValidationError, zstandard.ZstdError, ValueError) as error:
        raise CorpusError(f"The recorded answer of {url} is damaged: {error}.") from None
    if hashlib.sha256(body).hexdigest() != found.sha256:
        raise CorpusError(f"The recorded answer of {url} is damaged: its body has another digest.")
    return Response(
        url=url, status=found.status, version=found.version, headers=found.headers, body=body
    )


def _unpacked(found: _Kept) -> bytes:
    if not found.body:
        return b""
    frame = base64.b64decode(found.body, validate=True)
    size = zstandard.frame_content_size(frame)
    if size != found.size or not 0 <= size <= _BODY_LIMIT:
        raise ValueError(f"its body unpacks to {size} bytes, not to {found.size}")
    return zstandard.ZstdDecompressor().decompress(frame)
