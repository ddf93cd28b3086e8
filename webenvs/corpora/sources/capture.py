"""A web server's answer as an archive keeps it, and what of a corpus it becomes."""

import io
import re
import zlib
from collections.abc import Callable
from types import MappingProxyType
from typing import NamedTuple, Protocol
from urllib.parse import urljoin, urlsplit

import zstandard

from webenvs.corpora.corpus import Broken, Redirect
from webenvs.corpora.days import day_of
from webenvs.corpora.report import Tally
from webenvs.corpora.sources.raw import Media, Raw

MEDIA: MappingProxyType[str, Media] = MappingProxyType(
    {
        "text/html": "html",
        "application/xhtml+xml": "html",
        "text/plain": "text",
        "text/markdown": "markdown",
        "text/x-markdown": "markdown",
        "text/x-rst": "rst",
        "text/prs.fallenstein.rst": "rst",
    }
)
"""The media types that are pages."""

_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.IGNORECASE)
_CHUNK = re.compile(rb"[0-9A-Fa-f]{1,8}[ \t]*(?:;[^\r\n]*)?\r?\n")
_MARKUP = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html|head|\?xml)", re.IGNORECASE)
_GZIP = b"\x1f\x8b"


class _Reader(Protocol):
    def read(self, size: int, /) -> bytes: ...


class Capture(NamedTuple):
    """An answer: where it lies, the url it was asked for, its status, its headers, its content.

    `header` gives the value of an HTTP header, or ""; `content` the first bytes of the body as they
    were sent; `same_as` is the url of an earlier capture with the same content, if this one has
    none of its own; `plain` says that there was no HTTP in between.
    """

    where: str
    url: str
    status: int
    header: Callable[[str], str]
    content: Callable[[int], bytes]
    same_as: str | None = None
    plain: bool = False


def item_of(capture: Capture, tally: Tally, limit: int) -> Raw | Redirect | Broken | None:
    """The raw page, the redirect, or the broken page of a capture; None for one that is no page.

    What is no page is counted in `tally.passed_over` by its reason: its status, its media type, or
    that its url is not of the web. Raises what `capture.content` raises.
    """
    url = capture.url.strip().removeprefix("<").removesuffix(">")
    reason = _no_page(capture, url)
    if reason:
        tally.passed_over[reason] += 1
        return None
    location = capture.header("location").strip()
    if 300 <= capture.status < 400:
        return _redirect(capture.where, url, location)
    if capture.same_as is not None:
        if capture.same_as in ("", url):
            tally.passed_over["revisit of a page that is there"] += 1
            return None
        return Redirect(url=url, target=capture.same_as)
    return _raw(capture, url, tally, limit)


def _no_page(capture: Capture, url: str) -> str:
    """Why a capture is no page; "" if nothing says so before its content is looked at."""
    if not url.lower().startswith(("http://", "https://")):
        return f"not on the web: {url.partition(':')[0][:20]}"
    if 300 <= capture.status < 400 and capture.header("location").strip():
        return ""
    return {200: "", 0: "no answer of a server"}.get(capture.status, f"status {capture.status}")


def _redirect(where: str, url: str, location: str) -> Redirect | Broken:
    try:
        target = urljoin(url, location)
        urlsplit(target)
    except ValueError as error:
        return Broken(where=where, reason=f"redirect to what is no url: {error}")
    return Redirect(url=url, target=target)


def _raw(capture: Capture, url: str, tally: Tally, limit: int) -> Raw | Broken | None:
    declared = capture.header("content-type")
    kind = declared.partition(";")[0].strip().lower()
    if kind and kind not in MEDIA:
        tally.passed_over[f"media type {kind[:60]}"] += 1
        return None
    try:
        content = decoded(capture.content(limit + 1), capture, limit + 1)
    except ValueError as error:
        return Broken(where=capture.where, reason=str(error))
    if not kind and not _MARKUP.match(content[:1_024]):
        tally.passed_over["no media type"] += 1
        return None
    charset = _CHARSET.search(declared)
    return Raw(
        where=capture.where,
        url=url,
        content=content,
        media=MEDIA.get(kind, "html"),
        charset=charset[1] if charset else "",
        date=day_of(capture.header("last-modified")),
    )


def decoded(content: bytes, capture: Capture, size: int) -> bytes:
    """The first `size` bytes of a body with transfer and content encodings undone.

    An encoding that the headers name and the body does not have is passed over, since crawlers
    store bodies decoded under their old headers. Raises ValueError for a damaged one.
    """
    if capture.plain:
        return content
    if "chunked" in capture.header("transfer-encoding").lower() and _CHUNK.match(content):
        content = _unchunked(content, size)
    for name in reversed(capture.header("content-encoding").lower().split(",")):
        content = _unpacked(content, name.strip(), size)
    return content


def _unchunked(content: bytes, size: int) -> bytes:
    """The chunks of a body put together, as far as they go."""
    parts, place, total = [], 0, 0
    while total < size:
        found = _CHUNK.match(content, place)
        if not found:
            raise ValueError(f"damaged chunks: no chunk at byte {place} of the body")
        length = int(found[0].partition(b";")[0], 16)
        part = content[found.end() : found.end() + length]
        parts.append(part)
        total += len(part)
        place = found.end() + length + 2
        if length == 0 or place >= len(content):
            break
    return b"".join(parts)


def _unpacked(content: bytes, name: str, size: int) -> bytes:
    try:
        if name in ("gzip", "x-gzip") and content.startswith(_GZIP):
            return zlib.decompressobj(31).decompress(content, size)
        if name == "deflate" and content:
            zlibbed = content[0] & 15 == 8 and int.from_bytes(content[:2]) % 31 == 0
            return zlib.decompressobj(15 if zlibbed else -15).decompress(content, size)
        if name == "br":
            from fastwarc.stream_io import BrotliReader

            return _filled(BrotliReader(io.BytesIO(content)), size)
        if name == "zstd":
            reader = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(content))
            return _filled(reader, size)
    except (OSError, zlib.error, zstandard.ZstdError) as error:
        raise ValueError(f"damaged content encoding {name}: {error}") from error
    return content


def _filled(reader: _Reader, size: int) -> bytes:
    parts: list[bytes] = []
    while size > 0 and (part := reader.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
