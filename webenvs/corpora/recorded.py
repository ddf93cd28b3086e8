"""A recording as a source of pages: what was fetched once, frozen into an ordinary corpus.

The pages depend on the recording alone, not on the order in which they were fetched.
"""

import codecs
import contextlib
import re
from collections.abc import Callable
from pathlib import Path

from webenvs.corpora.corpus import Broken, Item, Redirect, Source
from webenvs.corpora.html import CUT_MARK, SIZE_LIMIT, Extraction, extract
from webenvs.corpora.report import Tally
from webenvs.errors import CorpusError
from webenvs.recording.recording import Recording
from webenvs.recording.response import PAGE, Response, response_of
from webenvs.recording.scrubbing import scrubbed_url
from webenvs.records import Link, Page, Record
from webenvs.text import clip, one_line, printable

HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
PLAIN_TYPES = frozenset({"text/plain", "text/markdown", "text/x-markdown", "text/x-rst"})

Progress = Callable[[int], None]

_CHARSET = re.compile(r"""charset\s*=\s*["']?([\w.:+-]{2,40})""", re.I)
_MARKUP = re.compile(
    rb"\s*(?:<!--.{0,1000}?-->\s*)?<(?:!doctype\s+html|html|head|body|title)\b", re.I | re.S
)
_TITLE_LENGTH = 100
_WESTERN = frozenset({"ascii", "iso8859_1"})
_NO_PAGES = frozenset({"idna", "punycode", "raw_unicode_escape", "undefined", "unicode_escape"})
"""Codecs of Python that no page is written in; some take a time that grows with the square."""


class Reading(Record, frozen=True, kw_only=True):
    """What one response is to a corpus, and what was met when it was read."""

    item: Page | Broken | Redirect
    cut: bool = False
    guessed: bool = False
    replaced: bool = False
    bad_links: int = 0


def freeze(
    recording: Recording | str | Path,
    tally: Tally | None = None,
    progress: Progress | None = None,
) -> Source:
    """The pages of a recording, for `store.write`; `tally` is the one to hand to it too.

    An answer that is no page is Broken, with its reason; a redirect is a Redirect. Raises
    CorpusError for a recording that is damaged or holds no page. `progress` is called with the
    number of answers read.
    """
    tally = tally or Tally()
    with contextlib.ExitStack() as stack:
        opened = recording
        if not isinstance(opened, Recording):
            opened = stack.enter_context(Recording(opened))
        count = 0
        for exchange in opened.exchanges():
            if exchange.request.get("kind") != PAGE:
                continue
            count += 1
            reading = _read(response_of(exchange.request, exchange.answer))
            tally.cut += reading.cut
            tally.charset_guessed += reading.guessed
            tally.charset_replaced += reading.replaced
            tally.links_broken += reading.bad_links
            yield _without_secrets(reading.item)
            if progress:
                progress(count)
        if not count:
            raise CorpusError(f"{opened.directory} holds no page: fetch some first.")


def page_of(response: Response) -> Reading:
    """The page that a response with status 200 shows, or where it sends its reader on to.

    Text is decoded as the header says, else as the page itself does. Raises ValueError, saying why,
    if it is no page.
    """
    body, replaced = _decoded(response)
    kind = _kind(response)
    if kind in HTML_TYPES:
        return _of_html(extract(body, response.url), replaced)
    if kind in PLAIN_TYPES:
        return _of_text(response, body, replaced)
    raise ValueError(f"not a page: {kind}")


def _read(response: Response) -> Reading:
    if response.target is not None:
        return Reading(item=Redirect(url=response.url, target=response.target))
    if response.status != 200:
        return Reading(item=Broken(where=response.url, reason=f"status {response.status}"))
    try:
        return page_of(response)
    except ValueError as error:
        return Reading(item=Broken(where=response.url, reason=str(error)))


def _kind(response: Response) -> str:
    """The media type of the body: what the header says, or what its first bytes look like."""
    declared = response.header("content-type").partition(";")[0].strip().lower()
    if declared and declared not in ("application/octet-stream", "unknown/unknown", "*/*"):
        return clip(printable(declared), 60)
    return "text/html" if _MARKUP.match(response.body[:4096]) else "text/plain"


def _decoded(response: Response) -> tuple[bytes, bool]:
    """The body as UTF-8 with its mark where the header names an encoding, else as it came.

    Also whether bytes had to be replaced. A byte order mark in the body wins, as in browsers.
    """
    found = _CHARSET.search(response.header("content-type"))
    body = response.body
    if not found or body.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return body, False
    try:
        name = codecs.lookup(found[1]).name.replace("-", "_")
        if name in _NO_PAGES:
            return body, False
        text = body.decode("cp1252" if name in _WESTERN else name, errors="replace")
    except (LookupError, ValueError):  # no such encoding, or one that is not of text
        return body, False
    return codecs.BOM_UTF8 + text.encode(errors="replace"), "\N{REPLACEMENT CHARACTER}" in text


def _of_html(extraction: Extraction, replaced: bool) -> Reading:
    page = extraction.page
    item: Page | Redirect = page
    if extraction.redirect:
        item = Redirect(url=page.url, target=extraction.redirect)
    return Reading(
        item=item,
        cut=extraction.cut,
        guessed=extraction.guessed,
        replaced=replaced or extraction.replaced,
        bad_links=extraction.bad_links,
    )


def _of_text(response: Response, body: bytes, replaced: bool) -> Reading:
    """A page of plain text: its first line is its title."""
    cut = len(body) > SIZE_LIMIT
    data = body[:SIZE_LIMIT].removeprefix(codecs.BOM_UTF8)
    if b"\x00" in data[:4096] and not data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise ValueError("binary data: it holds null bytes")
    guessed = body is response.body
    text, lost = _text(data, cut)
    text = printable(text.replace("\r\n", "\n")).strip()
    if not text:
        raise ValueError("no text")
    first = one_line(next(line for line in text.splitlines() if line.strip()))
    title = clip(first.lstrip("# "), _TITLE_LENGTH) or response.url
    page = Page(url=response.url, title=title, text=text + CUT_MARK * cut)
    return Reading(item=page, cut=cut, guessed=guessed, replaced=replaced or lost)


def _text(data: bytes, cut: bool) -> tuple[str, bool]:
    """`data` read as its mark says, as UTF-8 or as windows-1252; whether bytes were lost."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = data.decode("utf-16", errors="replace")
        return text, "\N{REPLACEMENT CHARACTER}" in text
    try:
        return codecs.getincrementaldecoder("utf-8")("strict").decode(data, final=not cut), False
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
        return text, "\N{REPLACEMENT CHARACTER}" in text


def _without_secrets(item: Item) -> Item:
    """`item` with urls as the recording writes them, so that links and pages agree."""
    if isinstance(item, Redirect):
        return Redirect(url=item.url, target=scrubbed_url(item.target))
    if isinstance(item, Broken) or all(link.url == scrubbed_url(link.url) for link in item.links):
        return item
    links = tuple(
        Link(anchor=link.anchor, url=scrubbed_url(link.url), position=link.position)
        for link in item.links
    )
    return Page(url=item.url, title=item.title, text=item.text, links=links)
