"""What results show, however they are laid out, and what of it has to do with a request."""

import json
import re
from functools import lru_cache
from typing import Any, NamedTuple

from webenvs.envs.features.asked import Asked, asked
from webenvs.players.script.names import key
from webenvs.players.script.notes import Note, Statement, glimpse, note_of, overlap, values
from webenvs.players.script.results import Seen, Sheet, read
from webenvs.text import one_line

_REPEATED = "You made this call before. Its result:\n"
_MARKDOWN = re.compile(r"^\d+\. \[(.*)\]\(<(\S+)>\): (.*)$", re.MULTILINE)
_TAGS = re.compile(r"<url>(.*?)</url>\n<title>(.*?)</title>\n<snippet>(.*?)</snippet>", re.DOTALL)
_BLOCKS = re.compile(r"^Text: (.*)\nSource: (\S+)\nName: (.*)$", re.MULTILINE)
_TABLE = re.compile(r"^\| \d+ \| (.*?) \| (\S+) \| (.*) \|$", re.MULTILINE)
_COMPACT = re.compile(r"^(\S+) - (.*?) - (.*) \[\d+\]$", re.MULTILINE)
_DATE = re.compile(
    r"\b(?:\d{1,2} [A-Z][a-z]+ \d{3,4}|[A-Z][a-z]+ \d{1,2}, \d{3,4}|\d{3,4}-\d{2}-\d{2})\b"
)

Span = tuple[str, str, str]
"""Something that a statement gives: its type ("name", "date", "year", "number"), key and text."""


class Told(NamedTuple):
    """A statement as a request sees it: what it gives, what it mentions, how it fits each hop.

    `own` is how well it fits each hop if it stands on the page of what the hop starts from,
    `other` if it does not; `shared` how many labels of the request it speaks of.
    """

    spans: tuple[Span, ...]
    mentions: frozenset[str]
    own: tuple[float, ...]
    other: tuple[float, ...]
    shared: float
    words: frozenset[str]


class Leaf(NamedTuple):
    """A part of a page, or a hit's glimpse of it, as a request sees it."""

    title: str
    titled: frozenset[str]
    url: str
    is_list: bool
    kinds: frozenset[str]
    told: tuple[Told, ...]


def hits_in(content: str) -> tuple[Seen, ...]:
    """The hits of a search result in any of the layouts."""
    plain = read("search", content).hits
    if plain:
        return plain
    content = content.removeprefix(_REPEATED)
    if content.startswith("{"):
        return _json_hits(content)
    for pattern, order in (
        (_MARKDOWN, (0, 1, 2)),
        (_TAGS, (1, 0, 2)),
        (_BLOCKS, (2, 1, 0)),
        (_TABLE, (0, 1, 2)),
        (_COMPACT, (1, 0, 2)),
    ):
        found = pattern.findall(content)
        if found:
            return tuple([Seen(*[one_line(hit[place]) for place in order]) for hit in found])
    return ()


def _json_hits(content: str) -> tuple[Seen, ...]:
    try:
        rows: list[Any] = json.loads(content)["results"]
    except (ValueError, KeyError, TypeError):
        rows = []
        for line in content.splitlines():
            try:
                rows.append(json.loads(line))
            except ValueError:
                continue
    found = []
    for row in rows:
        if isinstance(row, dict) and isinstance(row.get("link"), str):
            title, snippet = str(row.get("title", "")), str(row.get("description", ""))
            found.append(Seen(one_line(title), row["link"], one_line(snippet)))
    return tuple(found)


@lru_cache(maxsize=4096)
def sheet_in(content: str) -> Sheet | None:
    """The part of a page that a result shows."""
    return read("fetch", content).sheet


@lru_cache(maxsize=8192)
def leaf_of(content: str, request: str) -> Leaf | None:
    """A result's part of a page as a request sees it; None where it shows none."""
    sheet = sheet_in(content)
    return None if sheet is None else _leaf(note_of(sheet), asked(request))


@lru_cache(maxsize=16384)
def glimpse_of(hit: Seen, request: str) -> Leaf:
    """A hit as a request sees it."""
    return _leaf(glimpse(hit), asked(request))


@lru_cache(maxsize=2048)
def report_of(task: str, report: str, request: str) -> Leaf:
    """What a report says in answer to a task, as a request sees it."""
    return _leaf(note_of(Sheet(task, "", 0, 0, report, ())), asked(request))


def _leaf(note: Note, wanted: Asked) -> Leaf:
    titled = frozenset((key(note.title), *note.aliases))
    told = tuple([_told(statement, wanted) for statement in note.statements])
    return Leaf(note.title, titled, note.url, note.is_list, note.kinds, told)


def _told(statement: Statement, wanted: Asked) -> Told:
    text = statement.text
    anchored = [one.key for one in wanted.anchors if one.value and _gives(text, one.text)]
    own = tuple([_fit(hop, statement, own=True) for hop in wanted.hops])
    other = tuple([_fit(hop, statement, own=False) for hop in wanted.hops])
    return Told(
        _spans(statement),
        statement.keys.union(anchored) if anchored else statement.keys,
        own,
        other,
        len(wanted.labels & statement.about) / max(1, len(wanted.labels)),
        statement.about,
    )


def _fit(hop: Any, statement: Statement, *, own: bool) -> float:
    if not hop.about:
        return 0.0
    return overlap(hop, statement, own=own) / len(hop.about)


def _gives(text: str, value: str) -> bool:
    """Whether a text gives a number, a year or a decade ("1860s")."""
    if value.endswith("s"):
        return re.search(rf"\b{value[:-2]}\d\b", text) is not None
    return (
        value in text
        and re.search(rf"(?<![\d,.]){re.escape(value)}(?!\d|[,.]\d)", text) is not None
    )


def _spans(statement: Statement) -> tuple[Span, ...]:
    text = statement.text
    found: dict[str, Span] = {}
    for one, name in statement.names:
        found.setdefault(one, ("name", one, name))
    if any(letter.isdigit() for letter in text):
        for date in _DATE.findall(text):
            found.setdefault(date, ("date", date, date))
        for year in values(text, "year"):
            found.setdefault(year, ("year", year, year))
        for number in values(text, "number"):
            found.setdefault(number, ("number", number, number))
    return tuple(found.values())
