"""What a reader keeps of the pages it has seen, and how it judges what they say about a hop."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from webenvs.players.script.clues import Hop
from webenvs.players.script.concepts import OPPOSITE, kinds, labels
from webenvs.players.script.names import is_weak, key, names
from webenvs.players.script.results import Seen, Sheet
from webenvs.text import sentences

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_DEFINED = re.compile(r"\b(?:is|was|are|were)\b(?: \w+)? (?:an?|the|one of)\b([^.;]*)")
_APPOSED = re.compile(r"\A[^.,]{2,80}, an? ([^.,]+),")
_PERSONAL = re.compile(r"\b(?:he|she|his|her)\b", re.IGNORECASE)
_ELSEWHERE = re.compile(r"^(?:see also|more news|external links|references|categor\w+)\b", re.I)
_YEAR = re.compile(
    r"(?<![\d,.])[12]\d{3}(?![\d,])|(?:(?<=\bin )|(?<=\bof )|(?<=\bfrom ))\d{3}\b(?! \w+s\b)"
)
_NUMBER = re.compile(r"(?<![\w,.-])\d+(?:[,.]\d+)*(?: (?:million|billion|percent|%))?(?![\w-])")
_DATE = re.compile(r"\b\d{1,2} [A-Z][a-z]+ \d{3,4}\b")
_CELLS = " | "
_LABELLED = re.compile(r"[A-Z][\w ()'-]{0,40}: ")
_LISTED = re.compile(r" (?:of|by|in|from|on|at) (?:the )?")
_ASIDE = re.compile(r"\s*\([^)]*\)")
_ALIAS = re.compile(
    r"\b(?:also (?:known|called)(?: as)?|(?:better )?known as|formerly|(?:often |or )simply|born) "
    r"((?:[A-Z][\w'’-]+ ?)+)"
)
_FIRST = 600
_DEFINING_WORDS = 8


class Statement(NamedTuple):
    """A sentence: what it is about, its names by key, what its page and heading are about."""

    text: str
    about: frozenset[str]
    around: frozenset[str]
    names: tuple[tuple[str, str], ...]
    keys: frozenset[str]
    plain: float = 0.0
    """What a line of the form "Born: 1931", or a cell of a table, is worth more than prose."""


class Note(NamedTuple):
    """A part of a page as kept: its statements, the kinds of thing its title is, its links."""

    title: str
    url: str
    kinds: frozenset[str]
    statements: tuple[Statement, ...]
    links: dict[str, str]
    aliases: tuple[str, ...] = ()
    is_list: bool = False


class Candidate(NamedTuple):
    """Something that a hop may lead to: its name, its score, the statement that says so."""

    name: str
    score: float
    support: str
    title: str


@lru_cache(maxsize=2048)
def note_of(sheet: Sheet) -> Note:
    """The note of a part of a page."""
    anchors = tuple(dict.fromkeys(anchor for anchor, _ in sheet.links))
    titled = _titled(sheet)
    heading: frozenset[str] = frozenset()
    title = meaning(sheet.title)
    statements: list[Statement] = []
    columns: list[str] = []
    for line in sheet.text.splitlines():
        if line.startswith("#"):
            heading = meaning(line)
        elif _CELLS in line:
            cells = [cell.strip() for cell in line.split(_CELLS)]
            if len(cells) == len(columns):
                statements += _row(cells, columns, title | heading, titled)
            else:
                columns = cells
        elif not _ELSEWHERE.match(line):
            for sentence in sentences(line):
                inside = [one for one in _names_in(sentence, anchors) if one not in sheet.title]
                named = tuple((key(name), name) for name in (*inside, *titled))
                keys = frozenset((key(sheet.title), *(one for one, _ in named)))
                around = title | heading
                label = _LABELLED.match(sentence)
                about = meaning(sentence) | (_kinds_said(label.group()) if label else frozenset())
                statements.append(
                    Statement(sentence, about, around, named, keys, 0.2 * bool(label))
                )
    return Note(
        sheet.title,
        sheet.url,
        _kinds_of(sheet),
        tuple(statements),
        {key(anchor): url for anchor, url in sheet.links},
        tuple(key(one.group(1)) for one in _ALIAS.finditer(sheet.text[:_FIRST])),
        _is_list(sheet),
    )


def _row(
    cells: list[str], columns: list[str], title: frozenset[str], titled: tuple[str, ...]
) -> list[Statement]:
    """What a row of a table says: that its first cell belongs to the title, and each other cell."""
    first = cells[0]
    tied = (first, *titled)
    keys = frozenset(key(name) for name in tied)
    named = tuple((key(name), name) for name in tied)
    told = [Statement(" | ".join(cells), meaning(columns[0]), title, named, keys)]
    for cell, column in zip(cells[1:], columns[1:], strict=True):
        both = ((key(first), first), (key(cell), cell))
        own = both[: 1 + cell[:1].isupper()]
        about = meaning(column) | _kinds_said(column)
        keys = frozenset(one for one, _ in own)
        told.append(Statement(f"{column}: {cell}", about, title, own, keys, 0.2))
    return told


def _kinds_said(label: str) -> frozenset[str]:
    """The kinds of thing that the words of a label name, marked as kinds."""
    return frozenset(f"kind:{one}" for word in _WORD.findall(label.lower()) for one in kinds(word))


def says(text: str, value: str) -> bool:
    """Whether a text gives a value: a number, a year, a decade ("1860s"), a range ("20-30")."""
    if value.endswith("s"):
        return re.search(rf"\b{value[:3]}\d\b", text) is not None
    low, _, high = value.partition("-")
    if high:
        least, most = float(low.replace(",", "")), float(high.replace(",", ""))
        found = [
            float(one.replace(",", "").split(" ")[0].strip("%")) for one in values(text, "number")
        ]
        return any(least <= one <= most for one in found)
    return re.search(rf"(?<![\d,.]){re.escape(value)}(?!\d|[,.]\d)", text) is not None


@lru_cache(maxsize=16384)
def meaning(text: str) -> frozenset[str]:
    """Everything that the words of a text are about."""
    return frozenset(label for word in _WORD.findall(text.lower()) for label in labels(word))


def values(text: str, wants: str) -> list[str]:
    """The years or the other numbers of a sentence, in order."""
    if wants == "when":
        return _DATE.findall(text) or _YEAR.findall(text)
    if wants == "date":
        return _DATE.findall(text)
    if wants == "year":
        return _YEAR.findall(text)
    return [one for one in _NUMBER.findall(text) if not _YEAR.fullmatch(one)] or _YEAR.findall(text)


def overlap(hop: Hop, statement: Statement, *, own: bool) -> float:
    """How many of the hop's words the statement is about; half for its heading and page.

    `own` says that the statement stands on the page of what the hop starts from; elsewhere it is
    read from the other end, where a teacher's pupil is what a pupil's teacher was.
    """
    score = 0.0
    for meant in hop.about:
        if not own:
            meant = frozenset(OPPOSITE.get(label, label) for label in meant)
        score += 1.0 if meant & statement.about else 0.5 if meant & statement.around else 0.0
    return score


def candidates(
    notes: Iterable[Note],
    wanted: frozenset[str],
    hop: Hop,
    noun: frozenset[str] = frozenset(),
) -> list[Candidate]:
    """What the notes tie to the thing of the keys `wanted`, best first for the words of the hop.

    A statement that speaks of the `noun` of what is sought counts for more.
    """
    best: dict[str, Candidate] = {}
    for note in notes:
        own = key(note.title) in wanted
        for statement in note.statements:
            if wanted.isdisjoint(statement.keys):
                continue
            score = overlap(hop, statement, own=own) + 0.2 * own + statement.plain
            score += 0.4 * bool(noun & statement.about)
            for one, name in statement.names:
                before = best.get(one)
                if one not in wanted and (before is None or score > before.score):
                    best[one] = Candidate(name, score, statement.text, note.title)
    return sorted(best.values(), key=lambda one: -one.score)


def fit(name: str, hop: Hop, kind: frozenset[str]) -> float:
    """How well a name fits the kinds that a hop leads to, by its own kind where it is known."""
    if kind == {"list"}:
        return -3.0
    if not kind:
        return -0.5 if is_weak(name) else 0.0
    if not hop.kinds:
        return 0.0
    return 1.0 if kind & hop.kinds else -1.5


@lru_cache(maxsize=2048)
def glimpse(hit: Seen) -> Note:
    """The note of a search result: what its snippet says, unless it shows items of a list."""
    text = "" if hit.snippet.count(" - ") > 1 else hit.snippet.replace(" ## ", "\n").strip("… ")
    return note_of(Sheet(hit.title, hit.url, 0, 0, text, ()))


def _names_in(sentence: str, anchors: tuple[str, ...]) -> list[str]:
    """The link anchors and the names of a sentence, longest spelling of each place only."""
    linked = [anchor for anchor in anchors if anchor in sentence]
    found = [
        anchor for anchor in linked if not any(anchor != one and anchor in one for one in linked)
    ]
    for start, _, name in names(sentence):
        alone = start == 0 and " " not in name
        if not alone and not any(name in one or one in name for one in found):
            found.append(name)
    return found


def _titled(sheet: Sheet) -> tuple[str, ...]:
    """What a page is about: its title, or of a list ("Rivers of France") the names in it."""
    if not _is_list(sheet):
        return tuple(name for _, _, name in names(sheet.title)) or (sheet.title,)
    found = _LISTED.split(_ASIDE.sub("", sheet.title), maxsplit=1)
    return tuple(name for name in found[1:] if name[:1].isupper())


def _is_list(sheet: Sheet) -> bool:
    """Whether most lines of a page are items."""
    lines = [line for line in sheet.text.splitlines() if line.strip()]
    items = sum(line.startswith(("- ", "* ", "• ")) or _CELLS in line for line in lines)
    return items * 2 > len(lines)


def _kinds_of(sheet: Sheet) -> frozenset[str]:
    """What kinds of thing a page's first sentences say that its title is."""
    if _is_list(sheet):
        return frozenset({"list"})
    first = sheet.text[:_FIRST]
    found: set[str] = set()
    for defined in [*_APPOSED.findall(first)[:1], *_DEFINED.findall(first)[:2]]:
        for word in _WORD.findall(defined.lower())[:_DEFINING_WORDS]:
            found |= kinds(word)
    if len(_PERSONAL.findall(first)) > 1 and not found - {"person"}:
        found.add("person")
    return frozenset(found) or kinds(sheet.title.rpartition(" ")[2].lower())
