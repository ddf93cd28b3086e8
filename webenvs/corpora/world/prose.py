"""Pages in the making: text put together piece by piece, with its links and its stated facts."""

import re
from collections.abc import Mapping, Sequence
from functools import cache

from webenvs.corpora.knowledge import Entity
from webenvs.corpora.world.articles import TYPES
from webenvs.records import Link, Page

Piece = tuple[str, str]
"""Some text and the url it links to; an empty url for plain text."""
Rich = Sequence[Piece]
Word = str | Rich
Span = tuple[int, int, int]
"""A fact's place in the list of all facts, and the characters of a page's text that state it."""

_PARAGRAPH, _LINE = "\n\n", "\n"
_BLANK = re.compile(r"\{(\w+)\}")
_PRONOUNS = {
    "f": {"they": "she", "them": "her", "their": "her"},
    "m": {"they": "he", "them": "him", "their": "his"},
    "": {"they": "it", "them": "it", "their": "its"},
}


class Writer:
    """Collects the text of one page; every link and every stated fact keeps its place."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._size = 0
        self._start = 0
        self._gap = self._item_gap = _PARAGRAPH
        self._links: list[Link] = []
        self._spans: list[Span] = []

    @property
    def size(self) -> int:
        """How many characters were written."""
        return self._size

    @property
    def text(self) -> str:
        """What was written."""
        return "".join(self._parts)

    @property
    def at_start(self) -> bool:
        """Whether nothing was written on this line yet."""
        return self._size == self._start

    @property
    def stated(self) -> int:
        """How many facts were stated."""
        return len(self._spans)

    def heading(self, text: str) -> None:
        """Write a heading; what comes next stands right under it."""
        self.block(f"## {text}")
        self._gap = _LINE

    def block(self, lead: str = "") -> None:
        """Begin a new paragraph with `lead`; an empty line goes before it."""
        self._begin(self._gap, lead)

    def item(self, lead: str = "- ") -> None:
        """Begin a line with `lead`, right under the line before if that was one, too."""
        self._begin(min(self._gap, self._item_gap), lead)
        self._item_gap = _LINE

    def space(self) -> None:
        """Write a blank between two sentences; nothing at the start of a line."""
        if not self.at_start:
            self.add(" ")

    def add(self, text: str) -> None:
        """Write plain text."""
        self._parts.append(text)
        self._size += len(text)

    def link(self, anchor: str, url: str) -> None:
        """Write a link."""
        self._links.append(Link(anchor=anchor, url=url, position=self._size))
        self.add(anchor)

    def rich(self, pieces: Rich) -> None:
        """Write pieces of text, some of them links."""
        for text, url in pieces:
            if url:
                self.link(text, url)
            else:
                self.add(text)

    def word(self, word: Word) -> None:
        """Write a word, plain or rich."""
        if isinstance(word, str):
            self.add(word)
        else:
            self.rich(word)

    def fill(self, template: str, words: Mapping[str, Word], *facts: int) -> None:
        """Write the template with its blanks filled and a capital in front; it states `facts`."""
        start, first, links = self._size, len(self._parts), len(self._links)
        for text, blank in _pieces(template):
            if text:
                self.add(text)
            if blank:
                self.word(words[blank])
        opening = self._parts[first]
        linked = len(self._links) > links and self._links[links].position == start
        if opening[:1].islower() and not linked:
            self._parts[first] = opening[0].upper() + opening[1:]
        self.state(start, facts)

    def state(self, start: int, facts: Sequence[int]) -> None:
        """Note that what was written since `start` states those facts."""
        for fact in facts:
            if fact >= 0:
                self._spans.append((fact, start, self._size))

    def page(self, url: str, title: str) -> tuple[Page, tuple[Span, ...]]:
        """The finished page and the facts that it states."""
        text = "".join(self._parts)
        links = tuple(self._links)
        return Page(url=url, title=title, text=text, links=links), tuple(self._spans)

    def _begin(self, gap: str, lead: str) -> None:
        """End the line, unless nothing was written yet, and write the lead of the next."""
        if self._size:
            self.add(gap)
        self.add(lead)
        self._start = self._size
        self._gap = self._item_gap = _PARAGRAPH


@cache
def _pieces(template: str) -> tuple[tuple[str, str], ...]:
    """The template as pairs of literal text and the blank behind it."""
    pieces = _BLANK.split(template)
    return tuple(zip(pieces[::2], [*pieces[1::2], ""], strict=True))


@cache
def blanks_of(template: str) -> tuple[str, ...]:
    """The names of the template's blanks, in order."""
    return tuple(_BLANK.findall(template))


def linked(entity: Entity, name: str = "") -> Rich:
    """The entity's name (or the one given) behind its article, as a link to its own page."""
    link = (name or entity.name, entity.url)
    article = TYPES[entity.type].article
    return ((article, ""), link) if article else (link,)


def bare_name(entity: Entity) -> str:
    """The entity's name with its article, without a link."""
    return TYPES[entity.type].article + entity.name


def rich(word: Word) -> Rich:
    """The word as pieces."""
    return ((word, ""),) if isinstance(word, str) else word


def enumeration(items: Sequence[Rich]) -> Rich:
    """A, B and C."""
    pieces: list[Piece] = []
    for place, item in enumerate(items):
        if place:
            pieces.append((" and " if place + 1 == len(items) else ", ", ""))
        pieces += item
    return pieces


def with_article(noun: str) -> str:
    """The noun behind a or an."""
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def capital(text: str) -> str:
    """The text with its first letter a capital."""
    return text[:1].upper() + text[1:]


def words_for(entity: Entity, alive: bool, opening: bool) -> dict[str, Word]:
    """What a template about the entity may fill in: {S}, {they}, {them}, {their}, {Their}, {is}.

    {S} is a name in the first sentence of a section (`opening`), a pronoun after it.
    """
    pronouns = _PRONOUNS[entity.gender]
    short = entity.name.rsplit(" ", 1)[-1] if entity.gender else bare_name(entity)
    return {
        **pronouns,
        "Their": pronouns["their"].capitalize(),
        "S": short if opening else pronouns["they"].capitalize(),
        "is": "is" if alive else "was",
    }
