"""What results show, however they are laid out, and what of it has to do with a request."""

import json
import re
from functools import lru_cache
from typing import Any, NamedTuple

from webenvs.envs.features.asked import Asked, asked
from webenvs.players.script.clues import Hop
from webenvs.players.script.names import key
from webenvs.players.script.notes import (
    Note,
    Statement,
    glimpse,
    meaning,
    note_of,
    overlap,
    says,
    values,
)
from webenvs.players.script.results import Seen, Sheet, read
from webenvs.text import one_line

_ASIDE = re.compile(r" \(| – ")
_NOTHING = (
    *("unknown", "Not executed", "The worker ended without a report", "No report has come"),
    *("The worker failed", "The report is still on its way"),
)
_LATE = re.compile(r"\ALate report on the task .*:\n")
_REPEATED = "You made this call before. Its result:\n"
_LABEL = re.compile(r" (?=[A-Z][a-z]+(?: (?:[a-z]+|\([a-z]+\))){0,4}: )")
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


class Told(NamedTuple):
    """A statement as a request sees it: what it gives, what it mentions, how it fits each tie.

    `own` is how well it fits each tie if it stands on the page of what the tie starts from,
    `other` if it does not; `noun` whether it speaks of what each step seeks, `shared` how much of
    the request it speaks of, `plain` what a labelled line is worth more than prose.
    """

    spans: tuple[Span, ...]
    mentions: frozenset[str]
    own: tuple[float, ...]
    other: tuple[float, ...]
    noun: tuple[bool, ...]
    shared: float
    plain: float
    subject: Span | None


class Leaf(NamedTuple):
    """A part of a page, or a hit's glimpse of it, as a request sees it."""

    title: str
    key: str
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


def fails(content: str) -> bool:
    """Whether a result is a failure that another try may mend."""
    return content.partition("\n")[0].endswith(_AGAIN)


def value_of(report: str) -> str:
    """What a report answers, if that is short; "" for one that says nothing."""
    said = _LATE.sub("", report.removeprefix(_REPEATED)).partition("\n")[0].strip(" .")
    return "" if said.startswith(_NOTHING) or len(said) > 120 else said


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
    lines = _LABEL.sub("\n", hit.snippet)
    return _leaf(glimpse(hit._replace(snippet=lines)), asked(request))


@lru_cache(maxsize=2048)
def report_of(report: str, request: str) -> Leaf:
    """What a report says, as a request sees it."""
    return _leaf(note_of(Sheet("", "", 0, 0, report, ())), asked(request))


def _leaf(note: Note, wanted: Asked) -> Leaf:
    own = key(plain(note.title))
    titled = frozenset((own, key(note.title), *note.aliases))
    around = len(wanted.labels & meaning(note.title))
    told = tuple([_told(one, wanted, note, around) for one in note.statements])
    return Leaf(note.title, own, titled, note.url, note.is_list, note.kinds, told)


def _told(statement: Statement, wanted: Asked, note: Note, around: int) -> Told:
    text = statement.text
    anchored = [one.key for one in wanted.anchors if one.value and _gives(text, one.text)]
    about = meaning(text)
    spans = _spans(statement)
    first = next((one for one in spans if one.type == "name"), None)
    return Told(
        spans,
        statement.keys.union(anchored) if anchored else statement.keys,
        tuple([_fit(tie.hop, statement, own=True) for tie in wanted.ties]),
        tuple([_fit(tie.hop, statement, own=False) for tie in wanted.ties]),
        tuple([bool(step.about & statement.about) for step in wanted.steps]),
        min(1.0, (len(wanted.labels & about) + 0.5 * around) / max(1, len(wanted.labels))),
        statement.plain,
        first if note.is_list else Span("name", key(plain(note.title)), plain(note.title)),
    )


def plain(title: str) -> str:
    """A title without an aside."""
    return _ASIDE.split(title)[0]


def _fit(hop: Hop, statement: Statement, *, own: bool) -> float:
    """The share of a hop's words that a statement speaks of; a half for a hop without any."""
    return overlap(hop, statement, own=own) / len(hop.about) if hop.about else 0.5


def _gives(text: str, value: str) -> bool:
    """Whether a text gives a number, a year or a decade ("1860s")."""
    if value.endswith("s"):
        return re.search(rf"\b{value[:-2]}\d\b", text) is not None
    return value in text and says(text, value)


def _spans(statement: Statement) -> tuple[Span, ...]:
    """What a statement gives: its names, its dates, its years, and numbers that are no date's."""
    text = statement.text
    found: dict[str, Span] = {}
    for one, name in statement.names:
        found.setdefault(one, Span("name", one, name))
    if any(letter.isdigit() for letter in text):
        for date in _DATE.findall(text):
            found.setdefault(date, Span("date", date, date))
        for year in values(text, "year"):
            found.setdefault(year, Span("year", year, year))
        for number in values(_DATE.sub(" ", text), "number"):
            found.setdefault(number, Span("number", number, number))
    return tuple(found.values())
