"""Pages as their source holds them, turned into pages of a corpus: on all cores, in order."""

import gzip
import itertools
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from html import escape
from pathlib import Path
from types import MappingProxyType
from typing import Literal, NamedTuple

from msgspec.structs import replace

from webenvs.corpora.corpus import Broken, Item, Redirect, Source
from webenvs.corpora.html.page import CUT_MARK, Extraction, extract
from webenvs.corpora.report import Tally
from webenvs.corpora.sources.allowance import MARKDOWN, RST, Prices, affordable
from webenvs.corpora.sources.markup import PEPS, Markup, Peps
from webenvs.corpora.sources.unpacking import unpacked
from webenvs.processes import checked_workers, spread
from webenvs.text import clip, one_line

Media = Literal["html", "text", "markdown", "rst"]

RST_LIMIT = 200_000
"""Bytes of reStructuredText that are read at most; docutils takes longer than others."""

_BATCH = 64  # raw pages that travel to a process together
_BATCH_BYTES = 2_000_000
_FEW = 4  # batches that are not worth a second process
_TITLE_LENGTH = 100
_BOMS = ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


class Raw(NamedTuple):
    """A page as its source holds it: `where` it lies, its url, its bytes or the file they are in.

    `charset`, `title` and `date` are what the source knows beside the content; an empty one is
    read from the content.
    """

    where: str
    url: str
    content: bytes | Path
    media: Media = "html"
    charset: str = ""
    title: str = ""
    date: str = ""


class Desk(NamedTuple):
    """What a process needs to turn raw pages into pages."""

    limit: int
    peps: Peps = PEPS


class _Made(NamedTuple):
    item: Item
    cut: bool = False
    bad_links: int = 0
    guessed: bool = False
    replaced: bool = False


def pages_of(
    found: Iterable[Raw | Broken | Redirect],
    tally: Tally,
    desk: Desk,
    workers: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Source:
    """What `found` holds, its raw pages turned into pages, in the order of their coming.

    A raw page that sends its reader elsewhere becomes a Redirect, one that cannot be read is
    Broken. By default there is one worker for a few and one a core for hundreds; the items
    are the same for any number. `progress` is called with the number of items. Raises SettingError
    for fewer workers than one.
    """
    workers = None if workers is None else checked_workers(workers)
    return _pages(iter(found), tally, desk, workers, progress)


def _pages(
    found: Iterator[Raw | Broken | Redirect],
    tally: Tally,
    desk: Desk,
    workers: int | None,
    progress: Callable[[int], None] | None,
) -> Source:
    batches = _batches(found, 1 if workers == 1 else _BATCH)
    if workers is None:
        head = list(itertools.islice(batches, _FEW))
        workers = 1 if len(head) < _FEW else checked_workers(None)
        batches = itertools.chain(head, batches)
        del head
    made = itertools.chain.from_iterable(spread((Desk, desk), _make, batches, workers))
    for count, one in enumerate(made, start=1):
        tally.cut += one.cut
        tally.links_broken += one.bad_links
        tally.charset_guessed += one.guessed
        tally.charset_replaced += one.replaced
        if progress:
            progress(count)
        yield one.item


def _batches(
    found: Iterable[Raw | Broken | Redirect], most: int
) -> Iterator[list[Raw | Broken | Redirect]]:
    batch: list[Raw | Broken | Redirect] = []
    size = 0
    for one in found:
        batch.append(one)
        size += len(one.content) if isinstance(one, Raw) and isinstance(one.content, bytes) else 0
        if len(batch) >= most or size > _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _make(desk: Desk, batch: list[Raw | Broken | Redirect]) -> list[_Made]:
    return [made(one, desk) if isinstance(one, Raw) else _Made(one) for one in batch]


def made(raw: Raw, desk: Desk) -> _Made:
    """What one raw page becomes, and what was met on the way."""
    try:
        content = _content(raw.content, desk.limit + 1)
        extraction = _EXTRACT[raw.media](raw, content, desk)
    except (OSError, ValueError, RecursionError) as error:
        return _Made(Broken(where=raw.where, reason=_reason(error)))
    return outcome(raw, extraction)


def outcome(raw: Raw, extraction: Extraction) -> _Made:
    """What a raw page becomes that was read as `extraction`: a page, or the redirect it is."""
    page = extraction.page
    if extraction.redirect and extraction.redirect != page.url:
        return _Made(Redirect(url=page.url, target=extraction.redirect))
    page = replace(page, title=raw.title or page.title, date=page.date or raw.date)
    return _Made(
        page, extraction.cut, extraction.bad_links, extraction.guessed, extraction.replaced
    )


def _reason(error: OSError | ValueError | RecursionError) -> str:
    if isinstance(error, OSError):
        return f"cannot be read: {error.strerror or error}"
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)


def _content(content: bytes | Path, size: int) -> bytes:
    """The first `size` bytes of a page; no more of a gzipped one are unpacked."""
    if isinstance(content, bytes):
        return content[:size]
    with unpacked(content) as file:
        try:
            return file.read(size)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise ValueError(f"damaged gzip: {error}") from error


def _html(raw: Raw, content: bytes, desk: Desk) -> Extraction:
    return extract(content, raw.url, desk.limit, raw.charset or None)


def _text(raw: Raw, content: bytes, desk: Desk) -> Extraction:
    """Plain text as preformatted HTML, so that it is decoded and checked like any page."""
    text, cut = _cut(content, desk)
    for mark, name in _BOMS:
        if text.startswith(mark):
            text = text[len(mark) :].decode(name, errors="replace").encode()
    if not text.strip():
        raise ValueError("empty file")
    shown = text.replace(b"&", b"&amp;").replace(b"<", b"&lt;")
    extraction = extract(b"<pre>" + shown, raw.url, len(shown) + 5, raw.charset or None)
    title = clip(one_line(extraction.page.text.partition("\n")[0]), _TITLE_LENGTH)
    return _finished(extraction, cut, title=title)


def _markdown(raw: Raw, content: bytes, desk: Desk) -> Extraction:
    from webenvs.corpora.sources.markdown import html_of

    text, cut = _afforded(content, desk, MARKDOWN)
    return _marked_up(raw, html_of(text), cut)


def _rst(raw: Raw, content: bytes, desk: Desk) -> Extraction:
    from webenvs.corpora.sources.rst import html_of

    text, cut = _afforded(content, Desk(min(desk.limit, RST_LIMIT)), RST)
    return _marked_up(raw, html_of(text, desk.peps), cut)


def _afforded(content: bytes, desk: Desk, prices: Prices) -> tuple[str, bool]:
    """The text of a marked-up file as far as it is read, and whether that is not all."""
    head, cut = _cut(content, desk)
    text = head.decode(*_codec(head))
    afforded = affordable(text, prices)
    return afforded, cut or len(afforded) < len(text)


_EXTRACT: Mapping[Media, Callable[[Raw, bytes, Desk], Extraction]] = MappingProxyType(
    {"html": _html, "text": _text, "markdown": _markdown, "rst": _rst}
)


def _cut(content: bytes, desk: Desk) -> tuple[bytes, bool]:
    """The lines of `content` within the limit, and whether that is not all."""
    if len(content) <= desk.limit:
        return content, False
    head = content[: desk.limit]
    return head[: head.rfind(b"\n") + 1] or head, True


def _codec(text: bytes) -> tuple[str, str]:
    """The codec of a marked-up text and how its faults are met: UTF-8 or else windows-1252."""
    if b"\x00" in text:
        raise ValueError("binary data: it holds zero bytes")
    try:
        text.decode("utf-8-sig")
    except UnicodeDecodeError:
        return "cp1252", "replace"
    return "utf-8-sig", "strict"


def _marked_up(raw: Raw, markup: Markup, cut: bool) -> Extraction:
    head = f"<meta charset=utf-8><title>{escape(markup.title)}</title>"
    page = f"<!doctype html><html><head>{head}</head><body><main>{markup.body}</main></body></html>"
    content = page.encode(errors="replace")
    return _finished(
        extract(content, raw.url, len(content)), cut, date=markup.date, language=markup.language
    )


def _finished(extraction: Extraction, cut: bool, **known: str) -> Extraction:
    """`extraction` with what is known of its page, and a mark where the content was cut."""
    page = replace(extraction.page, **{name: value for name, value in known.items() if value})
    if cut and not extraction.cut:
        page = replace(page, text=page.text + CUT_MARK)
    return replace(extraction, page=page, cut=cut or extraction.cut)
