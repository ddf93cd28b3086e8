"""What the fields of a row mean: one table of layouts for JSON lines, Parquet and data sets.

| layout | fields |
|---|---|
| page | url, title, text, and links: urls, or objects of anchor, url and position |
| contents (Search-R1, FlashRAG) | id, contents: the title in quotation marks, line end, text |
| document (BrowseComp-Plus, DPR, BEIR) | text; docid, _id, id or url; title if it is there |

Where a row has no url, it is `doc://` and the percent-encoded id. Any row may have a `date` and a
`language`; a document's text may carry its title and date in front matter. Other fields are left
alone. A link may say `text` for its anchor and `href` for its url; without an anchor it has its
url for one, and without a position 0. On a page of the web links may be relative to its url.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, urljoin

import msgspec

from webenvs.corpora.corpus import Broken, Source
from webenvs.corpora.days import day_of
from webenvs.corpora.html.page import CUT_MARK, SIZE_LIMIT
from webenvs.corpora.report import Tally
from webenvs.corpora.sources.frontmatter import front_matter
from webenvs.errors import bad_setting, unknown_name
from webenvs.records import Link, Page
from webenvs.text import clip, one_line, printable

SCHEME = "doc://"
FIELDS = ("url", "id", "title", "text", "links", "date", "language")
"""What a column can be said to hold."""

_TITLE_LENGTH = 100
_LANGUAGE = re.compile(r"([a-z]{2})(?:[-_].*)?", re.IGNORECASE)

Row = Mapping[str, Any]
Reader = Callable[[Row], Page]
Columns = Mapping[str, str]
"""The name of the column that holds each field; fields that are not named keep their own."""


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
    links: list[str | _Link] | None = None
    date: Any = None
    language: Any = None


class _Contents(msgspec.Struct):
    id: str | int
    contents: str
    date: Any = None
    language: Any = None


class _Document(msgspec.Struct):
    text: str
    title: str | None = None
    url: str | None = None
    links: list[str | _Link] | None = None
    docid: str | int | None = None
    id: str | int | None = None
    other_id: str | int | None = msgspec.field(default=None, name="_id")
    date: Any = None
    language: Any = None


class Layout:
    """Reads rows of one layout: that of the first row which fits any."""

    def __init__(self, columns: Columns = MappingProxyType({})) -> None:
        """Read with these columns; raises UnknownNameError or SettingError for wrong ones."""
        self._columns = _checked_columns(columns)
        self._read: Reader | None = None

    def page(self, row: Row) -> Page:
        """The page of a row; raises ValueError, saying why, for a row that is none."""
        if self._columns:
            row = self._renamed(row)
        self._read = self._read or _reader(row.keys())
        return checked(self._read(row))

    def fields(self, names: Collection[str]) -> list[str]:
        """Which of the columns of a table have to be read."""
        known = {"contents", "docid", "_id", *FIELDS, *self._columns.values()}
        return [name for name in names if name in known]

    def _renamed(self, row: Row) -> Row:
        renamed = dict(row)
        for field, column in self._columns.items():
            if column not in row:
                raise ValueError(f"no column {column!r} for {field}, only {sorted(row)}")
            renamed[field] = row[column]
        return renamed


def pages_of_rows(
    rows: Iterable[tuple[int, Row | Broken | None]],
    place: tuple[str, str],
    layout: Layout,
    tally: Tally,
    progress: Callable[[int], None] | None,
) -> Source:
    """The pages of numbered rows, None standing for one without anything; bad ones are Broken.

    `place` is the name of what holds the rows, and what stands between it and a row's number.
    """
    name, mark = place
    for number, row in rows:
        if progress:
            progress(number)
        if isinstance(row, Broken):
            yield row
        elif row is not None:
            try:
                page = layout.page(row)
            except (ValueError, RecursionError) as error:
                what = mark.strip(", :") or "line"
                yield Broken(where=f"{name}{mark}{number}", reason=f"malformed {what}: {error}")
                continue
            tally.at(name, number)
            yield shortened(page, tally)


def _checked_columns(columns: object) -> Columns:
    if not isinstance(columns, Mapping):
        raise bad_setting("columns", columns, "a mapping of fields to the columns that hold them")
    for field, column in columns.items():
        if field not in FIELDS:
            raise unknown_name("field", field, FIELDS, "that a column can hold")
        if not isinstance(column, str) or not column:
            raise bad_setting(f"columns[{field!r}]", column, "the name of a column")
    return columns


def _reader(names: Collection[str]) -> Reader:
    """The reader of the layout that has these fields; ValueError if there is none."""
    keys = set(names)
    if {"url", "title"} <= keys and keys.isdisjoint({"docid", "contents"}):
        return _page_reader
    if {"id", "contents"} <= keys:
        return _contents_reader
    if "text" in keys and keys & {"docid", "id", "_id", "url"}:
        return _document_reader
    raise ValueError(
        f"the fields {sorted(keys)} fit no layout; a row has url, title, text (and links), "
        "or id, contents, or docid, text"
    )


def _page_reader(row: Row) -> Page:
    found = msgspec.convert(row, _Page)
    return Page(
        url=found.url,
        title=found.title,
        text=found.text,
        links=_links(found.links, found.url),
        date=day_of(found.date),
        language=language_of(found.language),
    )


def _contents_reader(row: Row) -> Page:
    found = msgspec.convert(row, _Contents)
    first, line_end, text = found.contents.partition("\n")
    title = first.strip()
    if not line_end:
        title, text = _first_line(first), first
    elif len(title) > 1 and title[0] == title[-1] == '"':
        title = title[1:-1].replace('""', '"')
    return Page(
        url=SCHEME + quote(str(found.id), safe=""),
        title=one_line(title),
        text=text.strip(),
        date=day_of(found.date),
        language=language_of(found.language),
    )


def _document_reader(row: Row) -> Page:
    found = msgspec.convert(row, _Document)
    ids = (found.docid, found.other_id, found.id)
    name = next((name for name in ids if name is not None), None)
    if not found.url and name is None:
        raise ValueError("the row has neither a url nor an id")
    front, _ = front_matter(found.text)
    title = found.title or front.get("title") or _first_line(found.text)
    url = found.url or SCHEME + quote(str(name), safe="")
    return Page(
        url=url,
        title=one_line(title),
        text=found.text.strip(),
        links=_links(found.links, url),
        date=day_of(found.date) or day_of(front.get("date")),
        language=language_of(found.language),
    )


def _links(links: list[str | _Link] | None, base: str) -> tuple[Link, ...]:
    return tuple(_link(number, link, base) for number, link in enumerate(links or ()))


def _link(number: int, link: str | _Link, base: str) -> Link:
    if isinstance(link, str):
        return Link(anchor=link, url=_absolute(base, link))
    url = _first(link.url, link.href)
    if url is None:
        raise ValueError(f"links[{number}] has no url (also not as href)")
    anchor = _first(link.anchor, link.text)
    shown = url if anchor is None else anchor
    return Link(anchor=shown, url=_absolute(base, url), position=link.position)


def _absolute(base: str, url: str) -> str:
    """`url` as it is meant on a page of the web; as it is on another, or where it is no url."""
    if not base.lower().startswith(("http://", "https://")):
        return url
    try:
        return urljoin(base, url)
    except ValueError:
        return url


def _first(*spellings: str | None) -> str | None:
    return next((value for value in spellings if value is not None), None)


def _first_line(text: str) -> str:
    return clip(next((line for line in text.splitlines() if line.strip()), ""), _TITLE_LENGTH)


def language_of(value: object) -> str:
    """The ISO 639-1 code that a language tag such as en, en-GB or EN_us begins with, or ""."""
    if isinstance(value, list | tuple) and value:
        value = value[0]
    found = _LANGUAGE.fullmatch(value.strip()) if isinstance(value, str) else None
    return found[1].lower() if found else ""


def shortened(page: Page, tally: Tally) -> Page:
    """`page`, its text cut and counted if it has more than `SIZE_LIMIT` characters."""
    if len(page.text) <= SIZE_LIMIT:
        return page
    tally.cut += 1
    text = page.text[:SIZE_LIMIT] + CUT_MARK
    links = tuple(link for link in page.links if link.position <= SIZE_LIMIT)
    return msgspec.structs.replace(page, text=text, links=links)


def checked(page: Page) -> Page:
    """`page` with printable strings; ValueError if it has no url or no text."""
    if not page.url or page.url != printable(page.url):
        raise ValueError(f"url {page.url!r} is empty or holds control characters")
    if not page.text.strip():
        raise ValueError(f"the text of {page.url!r} is empty")
    links = tuple(
        Link(anchor=printable(link.anchor), url=printable(link.url), position=link.position)
        for link in page.links
    )
    changes = {"title": printable(page.title), "text": printable(page.text), "links": links}
    return msgspec.structs.replace(page, **changes)
