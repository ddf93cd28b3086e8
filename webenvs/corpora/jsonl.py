"""Pages from JSON lines, plain or gzipped: our own layout and those of other projects.

| layout | fields |
|---|---|
| page | url, title, text, and links: urls, or objects of anchor, url and position |
| contents (Search-R1, FlashRAG) | id, contents: the title in quotation marks, line end, text |
| document (BrowseComp-Plus, DPR, BEIR) | docid, _id or id; text; title and url if they are there |

The first line that fits a layout decides for the file. Other fields are left alone. Where a line
gives no url, it is `doc://` and the percent-encoded id. A link may say `text` for its anchor and
`href` for its url; without an anchor it has its url for one, and without a position 0.
"""

import gzip
import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from webenvs.corpora.corpus import Broken, Source
from webenvs.corpora.report import Tally
from webenvs.records import Link, Page
from webenvs.text import clip, one_line, printable

SCHEME = "doc://"

_TITLE_LENGTH = 100
_FRONT_TITLE = re.compile(r"\A---\n(?:(?!---).*\n)*?title:[ \t]*(.+)\n")

Reader = Callable[[bytes], Page]


class _Link(msgspec.Struct):
    anchor: str | None = None
    text: str | None = None
    url: str | None = None
    href: str | None = None
    position: int = 0


class _Page(msgspec.Struct):
    url: str
    title: str
    text: str
    links: list[str | _Link] = []


class _Contents(msgspec.Struct):
    id: str | int
    contents: str


class _Document(msgspec.Struct):
    text: str
    title: str | None = None
    url: str | None = None
    docid: str | int | None = None
    id: str | int | None = None
    other_id: str | int | None = msgspec.field(default=None, name="_id")


def read_jsonl(path: Path, tally: Tally, progress: Callable[[int], None] | None = None) -> Source:
    """The pages of a file of JSON lines; a line that is none is Broken, with file and line.

    `progress` is called with the number of lines read.
    """
    read: Reader | None = None
    for number, line in _lines(path):
        if progress:
            progress(number)
        where = f"{path}:{number}"
        if isinstance(line, Broken):
            yield line
            continue
        if not line.strip():
            continue
        try:
            read = read or _layout(line)
            page = _checked(read(line))
        except (ValueError, RecursionError) as error:
            yield Broken(where=where, reason=f"malformed line: {error}")
            continue
        tally.at(str(path), number)
        yield page


def _lines(path: Path) -> Iterator[tuple[int, bytes | Broken]]:
    number = 0
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
        try:
            for number, line in enumerate(file, start=1):
                yield number, line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            where = f"{path}:{number + 1}"
            yield number + 1, Broken(where=where, reason=f"damaged gzip: {error}")


def _layout(line: bytes) -> Reader:
    """The reader of the layout that has the fields of this line; ValueError if there is none."""
    keys = set(msgspec.json.decode(line, type=dict[str, Any]))
    if {"url", "title"} <= keys and keys.isdisjoint({"docid", "contents"}):
        return _page_reader
    if {"id", "contents"} <= keys:
        return _contents_reader
    if "text" in keys and keys & {"docid", "id", "_id"}:
        return _document_reader
    raise ValueError(
        f"the fields {sorted(keys)} fit no layout; a line has url, title, text (and links), "
        "or id, contents, or docid, text"
    )


_decode_page = msgspec.json.Decoder(_Page).decode
_decode_contents = msgspec.json.Decoder(_Contents).decode
_decode_document = msgspec.json.Decoder(_Document).decode


def _page_reader(line: bytes) -> Page:
    row = _decode_page(line)
    links = tuple(_link(number, link) for number, link in enumerate(row.links))
    return Page(url=row.url, title=row.title, text=row.text, links=links)


def _link(number: int, link: str | _Link) -> Link:
    if isinstance(link, str):
        return Link(anchor=link, url=link)
    url = _first(link.url, link.href)
    if url is None:
        raise ValueError(f"links[{number}] has no url (also not as href)")
    anchor = _first(link.anchor, link.text)
    return Link(anchor=url if anchor is None else anchor, url=url, position=link.position)


def _first(*spellings: str | None) -> str | None:
    return next((value for value in spellings if value is not None), None)


def _contents_reader(line: bytes) -> Page:
    row = _decode_contents(line)
    first, line_end, text = row.contents.partition("\n")
    if not line_end:
        return _document(SCHEME + quote(str(row.id), safe=""), _first_line(first), first)
    title = first.strip()
    if len(title) > 1 and title[0] == title[-1] == '"':
        title = title[1:-1].replace('""', '"')
    return _document(SCHEME + quote(str(row.id), safe=""), title, text)


def _document_reader(line: bytes) -> Page:
    row = _decode_document(line)
    name = next((name for name in (row.docid, row.other_id, row.id) if name is not None), None)
    if not row.url and name is None:
        raise ValueError("the line has neither a url nor an id")
    url = row.url or SCHEME + quote(str(name), safe="")
    front = _FRONT_TITLE.match(row.text)
    return _document(url, row.title or (front[1] if front else _first_line(row.text)), row.text)


def _first_line(text: str) -> str:
    return clip(next((line for line in text.splitlines() if line.strip()), ""), _TITLE_LENGTH)


def _document(url: str, title: str, text: str) -> Page:
    return Page(url=url, title=one_line(title), text=text.strip())


def _checked(page: Page) -> Page:
    """`page` with printable strings; ValueError if it has no url or no text."""
    if not page.url or page.url != printable(page.url):
        raise ValueError(f"url {page.url!r} is empty or holds control characters")
    if not page.text.strip():
        raise ValueError(f"the text of {page.url!r} is empty")
    links = tuple(
        Link(anchor=printable(link.anchor), url=printable(link.url), position=link.position)
        for link in page.links
    )
    return Page(url=page.url, title=printable(page.title), text=printable(page.text), links=links)
