"""A page of a generated web as a server would send it: HTML with all that surrounds a text.

The text's own form says what is a heading, a list, a table or an infobox. What stands around it
(banners, navigation, advertisements, footers) is drawn by the host, so that sites differ.
"""

import re
from collections.abc import Sequence
from html import escape
from urllib.parse import urlsplit

from webenvs.corpora.world import boilerplate
from webenvs.corpora.world.boilerplate import Frame
from webenvs.corpora.world.labels import LABELS
from webenvs.records import Link, Page

_BOX_LINE = re.compile(r"([^:|\n]{2,40}): ")
_HEADING = "## "
_ITEM = "- "
_CELL = " | "
_MENU = " · "
_ADVERT_AFTER = 2
"""Blocks between two advertisements in the text."""


def html_of(page: Page) -> str:
    """The page as HTML, the same for the same page.

    The main text stands in the page's main element; whatever else there is can be told from it by
    its elements, roles and attributes, as on real sites.
    """
    parts = urlsplit(page.url)
    frame = Frame(parts.netloc, page.url)
    body = frame.titled(page.title, _body(page, frame))
    return boilerplate.document(frame, page, body)


def _body(page: Page, frame: Frame) -> list[str]:
    """The blocks of the main text as HTML, with an advertisement between some of them."""
    blocks: list[str] = []
    start = 0
    for number, block in enumerate(page.text.split("\n\n")):
        blocks += _block(page, start, block, number)
        start += len(block) + 2
        if number % _ADVERT_AFTER == 1:
            blocks += frame.advert(number)
    return blocks


def _block(page: Page, start: int, block: str, number: int) -> list[str]:
    """A block of text as HTML; a heading and what stands right under it are two."""
    if block.startswith(_HEADING):
        heading, _, rest = block.partition("\n")
        found = [f"<h2>{escape(heading[len(_HEADING) :])}</h2>"]
        return found + (_block(page, start + len(heading) + 1, rest, number) if rest else [])
    lines = _Lines(page, start, block)
    if all(line.startswith(_ITEM) for line in lines.texts):
        return [lines.listed()]
    if _CELL in block and all(_CELL in line for line in lines.texts):
        return [lines.table()]
    if number and all(_is_box(line) for line in lines.texts):
        return [lines.infobox()]
    if _MENU in block and "\n" not in block:
        return [f'<nav class="local">{lines.marked(0, 0)}</nav>']
    return [f"<p>{lines.marked(place, 0)}</p>" for place in range(len(lines.texts))]


def _is_box(line: str) -> bool:
    """Whether a line is a label of an infobox and a value."""
    found = _BOX_LINE.match(line)
    return found is not None and found[1] in LABELS


class _Lines:
    """The lines of a block, with the links of the page laid into them."""

    def __init__(self, page: Page, start: int, block: str) -> None:
        self.texts = block.split("\n")
        self._page = page
        self._starts = []
        for text in self.texts:
            self._starts.append(start)
            start += len(text) + 1

    def marked(self, place: int, skip: int, end: int | None = None) -> str:
        """A line from its character `skip` to `end`, with its links."""
        text = self.texts[place]
        first = self._starts[place] + skip
        last = self._starts[place] + (len(text) if end is None else end)
        return _linked(self._page, first, last)

    def listed(self) -> str:
        """The lines as a list."""
        items = [f"<li>{self.marked(place, len(_ITEM))}</li>" for place in range(len(self.texts))]
        return f"<ul>\n{_joined(items)}\n</ul>"

    def table(self) -> str:
        """The lines as a table, the first as its head."""
        rows = []
        for place, text in enumerate(self.texts):
            cells, start = [], 0
            for cell in text.split(_CELL):
                cells.append(self.marked(place, start, start + len(cell)))
                start += len(cell) + len(_CELL)
            tag = "td" if place else "th"
            rows.append(f"<tr>{''.join(f'<{tag}>{cell}</{tag}>' for cell in cells)}</tr>")
        return f'<table class="wikitable">\n{_joined(rows)}\n</table>'

    def infobox(self) -> str:
        """The lines as an infobox, labels on the left."""
        rows = []
        for place, text in enumerate(self.texts):
            label = text.partition(": ")[0]
            value = self.marked(place, len(label) + 2)
            rows.append(f'<tr><th scope="row">{escape(label)}</th><td>{value}</td></tr>')
        return f'<table class="infobox">\n{_joined(rows)}\n</table>'


def _linked(page: Page, first: int, last: int) -> str:
    """The characters `first` to `last` of the page's text, escaped, its links as elements."""
    pieces = []
    for link in _between(page.links, first, last):
        end = link.position + len(link.anchor)
        pieces.append(escape(page.text[first : link.position]))
        pieces.append(f'<a href="{escape(link.url)}">{escape(link.anchor)}</a>')
        first = end
    pieces.append(escape(page.text[first:last]))
    return "".join(pieces)


def _between(links: Sequence[Link], first: int, last: int) -> list[Link]:
    return [link for link in links if first <= link.position < last]


def _joined(rows: Sequence[str]) -> str:
    return "\n".join(rows)
