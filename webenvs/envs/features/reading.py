"""What results show, however they are laid out, line by line."""

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from webenvs.players.script.clues import Hop
from webenvs.players.script.concepts import STOP
from webenvs.players.script.names import key
from webenvs.players.script.notes import (
    Note,
    Statement,
    glimpse,
    meaning,
    note_of,
    overlap,
    values,
)
from webenvs.players.script.results import Seen, Sheet, read
from webenvs.text import one_line

_ASIDE = re.compile(r" \(| – ")
_NOTHING = (
    *("unknown", "Not executed", "The worker ended without a report", "No report has come"),
    *("The worker failed", "The report is still on its way"),
)
_LATE = re.compile(r"\ALate report on the task (.*):\n")
_REPEATED = "You made this call before. Its result:\n"
_DIGIT = re.compile(r"\d")
_LABEL = re.compile(r" (?=[A-Z][a-z]+(?: (?:[a-z]+|\([a-z]+\))){0,4}: )")
_KIND = "kind:"
_MENU = re.compile(r" · |^Back to ")
_AGAIN = "You can try again."
_MARKDOWN = re.compile(r"^\d+\. \[(.*)\]\(<(\S+)>\): (.*)$", re.MULTILINE)
_TAGS = re.compile(r"<url>(.*?)</url>\n<title>(.*?)</title>\n<snippet>(.*?)</snippet>", re.DOTALL)
_BLOCKS = re.compile(r"^Text: (.*)\nSource: (\S+)\nName: (.*)$", re.MULTILINE)
_TABLE = re.compile(r"^\| \d+ \| (.*?) \| (\S+) \| (.*) \|$", re.MULTILINE)
_COMPACT = re.compile(r"^(\S+) - (.*?) - (.*) \[\d+\]$", re.MULTILINE)
_DATE = re.compile(
    r"\b(?:\d{1,2} [A-Z][a-z]+ \d{3,4}|[A-Z][a-z]+ \d{1,2}, \d{3,4}|\d{3,4}-\d{2}-\d{2})\b"
)


class Span(NamedTuple):
    """Something that a statement gives: its type ("name", "date", ...), its key, its text."""

    type: str
    key: str
    text: str


class Line(NamedTuple):
    """A statement of a page: what it gives, what it is of, the kinds that its label names."""

    statement: Statement
    spans: tuple[Span, ...]
    subject: Span | None
    kinds: frozenset[str]


Said = tuple[Line, bool]
"""A line, and whether it stands on the page of what it is read for."""


class Leaf(NamedTuple):
    """A part of a page, or what a hit or a report shows; by key, the lines that speak of it.

    `given` are the spans of every type with their lines.
    """

    key: str
    title: frozenset[str]
    url: str
    kinds: frozenset[str]
    lines: Mapping[str, tuple[Said, ...]]
    given: Mapping[str, tuple[tuple[Span, Line], ...]]


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


def fails(content: str) -> bool:
    """Whether a result is a failure that another try may mend."""
    return content.partition("\n")[0].endswith(_AGAIN)


def late_task(content: str) -> str | None:
    """The task that a late report names, as it is told; None for any other result."""
    late = _LATE.match(content)
    return None if late is None else late.group(1)


def value_of(report: str) -> str:
    """What a report answers, if that is short; "" for one that says nothing."""
    said = _LATE.sub("", report.removeprefix(_REPEATED)).partition("\n")[0].strip(" .")
    return "" if said.startswith(_NOTHING) or len(said) > 120 else said


@lru_cache(maxsize=2048)
def sheet_in(content: str) -> Sheet | None:
    """The part of a page that a result shows."""
    return read("fetch", content).sheet


@lru_cache(maxsize=2048)
def leaf_of(content: str) -> Leaf | None:
    """What a result shows of a page; None where it shows none."""
    sheet = sheet_in(content)
    return None if sheet is None else _leaf(note_of(sheet))


@lru_cache(maxsize=8192)
def glimpse_of(hit: Seen) -> Leaf:
    """What a hit shows of its page."""
    return _leaf(glimpse(hit._replace(snippet=_LABEL.sub("\n", hit.snippet))))


@lru_cache(maxsize=1024)
def report_of(report: str) -> Leaf:
    """What a report says."""
    return _leaf(note_of(Sheet("", "", 0, 0, report, ())))


def _leaf(note: Note) -> Leaf:
    own = key(plain(note.title))
    titled = dict.fromkeys((own, key(note.title), *note.aliases))
    title = Span("name", own, plain(note.title))
    index: dict[str, list[Said]] = {}
    given: dict[str, list[tuple[Span, Line]]] = {}
    for statement in note.statements:
        if _MENU.search(statement.text):
            continue
        spans = _spans(statement)
        named = next((one for one in spans if one.type == "name"), None)
        line = Line(statement, spans, named if note.is_list else title, _said(statement))
        mentioned = statement.keys.union([one.key for one in spans])
        for one in mentioned:
            if note.is_list or one not in titled:
                index.setdefault(one, []).append((line, one in titled))
        if not note.is_list:
            for one in titled:
                index.setdefault(one, []).append((line, True))
        for span in spans:
            given.setdefault(span.type, []).append((span, line))
    return Leaf(
        own,
        meaning(note.title),
        note.url,
        frozenset() if note.is_list and plain(note.title) != note.title else note.kinds,
        {one: tuple(said) for one, said in index.items()},
        {one: tuple(spans) for one, spans in given.items()},
    )


@lru_cache(maxsize=16384)
def plain(title: str) -> str:
    """A title without an aside."""
    return _ASIDE.split(title)[0]


def _said(statement: Statement) -> frozenset[str]:
    """The kinds of thing that the label of a line names: "Mayor: ..."."""
    return frozenset([one[len(_KIND) :] for one in statement.about if one.startswith(_KIND)])


def fit(hop: Hop, line: Line, *, own: bool) -> float:
    """The share of a hop's words that a line speaks of; a half for a hop without any."""
    return overlap(hop, line.statement, own=own) / len(hop.about) if hop.about else 0.5


def _spans(statement: Statement) -> tuple[Span, ...]:
    """What a statement gives: its names, its dates, its years, and numbers that are no date's."""
    text = statement.text
    found: dict[str, Span] = {}
    for one, name in statement.names:
        if name.rpartition(" ")[2].lower() in STOP:
            continue  # a heading that ran into the sentence behind it
        found.setdefault(one, Span("name", one, name))
    if _DIGIT.search(text):
        for date in _DATE.findall(text):
            found.setdefault(date, Span("date", date, date))
        for year in values(text, "year"):
            found.setdefault(year, Span("year", year, year))
        for number in values(_DATE.sub(" ", text), "number"):
            found.setdefault(number, Span("number", number, number))
    return tuple(found.values())
