"""Changing the text of a page without breaking it: links keep their numbers and their places."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

from msgspec.structs import replace

from webenvs.records import Link, Page

HIDDEN = -1
"""The position of a link that stands nowhere in the text any more."""

_BLANK_LINES = re.compile(r"\n{2,}")
_LINE = re.compile(r"\n")
_GAP = "\n\n"


class Edit(NamedTuple):
    """Characters `start` to `end` of a text give way to `text`; an insertion if both are equal.

    A link that stands there is hidden, unless the edit `keeps` it: then it leads on from the
    beginning of `text`.
    """

    start: int
    end: int
    text: str = ""
    keeps: bool = False


def edited(page: Page, edits: Iterable[Edit]) -> Page:
    """The page with these edits of its text; the page itself if there is none.

    Every link stays in the list at its place, so its number stays; its position moves with the
    text. Insertions at one place stand in the order given, before an edit that begins there. Raises
    ValueError for edits that overlap or lie outside of the text.
    """
    ordered = sorted(edits, key=lambda edit: (edit.start, edit.end))
    if not ordered:
        return page
    _check(page.text, ordered)
    pieces: list[str] = []
    done = 0
    for edit in ordered:
        pieces += (page.text[done : edit.start], edit.text)
        done = edit.end
    pieces.append(page.text[done:])
    return replace(page, text="".join(pieces), links=_moved(page, ordered))


def between(page: Page, pieces: Iterable[tuple[int, str]]) -> Page:
    """The page with blocks of text set in at gaps, with a blank line between it and them."""
    last, text = len(page.text), page.text
    edits = []
    for gap, block in pieces:
        inserted = f"{block}{_GAP}" if gap < last else f"{_GAP}{block}"
        edits.append(Edit(gap, gap, inserted if text else block))
    return edited(page, edits)


def blocks(text: str) -> tuple[tuple[int, int], ...]:
    """Where each block begins and the next one does: paragraphs, tables, lists, headed sections.

    Blank lines part them; in a text without any, line ends do. None in an empty text.
    """
    starts = [0, *(mark.end() for mark in _BLANK_LINES.finditer(text))]
    if len(starts) == 1:
        starts = [0, *(mark.end() for mark in _LINE.finditer(text))]
    return tuple([(one, other) for one, other in pairwise([*starts, len(text)]) if one < other])


def gaps(text: str) -> tuple[int, ...]:
    """Where blocks can be set in: before each block, and at the end of the text."""
    return (*(start for start, _ in blocks(text)), len(text))


def moved_span(edits: Iterable[Edit], start: int, end: int) -> tuple[int, int] | None:
    """Where characters `start` to `end` are after edits inside or outside; None if they are gone.

    What is inserted at `start` comes before the span, what is inserted at `end` behind it.
    """
    first, last = start, end
    for edit in edits:
        grown = len(edit.text) - (edit.end - edit.start)
        if edit.end <= start:
            first += grown
        if edit.end <= start or edit.start < end:
            last += grown
    return (first, last) if last > first else None


def _check(text: str, ordered: Sequence[Edit]) -> None:
    for edit in ordered:
        if not 0 <= edit.start <= edit.end <= len(text):
            raise ValueError(f"{edit} lies outside of a text of {len(text)} characters.")
    for one, other in pairwise(ordered):
        if other.start < one.end:
            raise ValueError(f"{one} and {other} overlap.")


def _moved(page: Page, ordered: Sequence[Edit]) -> tuple[Link, ...]:
    """The links with the positions that they have after the edits."""
    starts = [edit.start for edit in ordered]
    grown = (len(edit.text) - (edit.end - edit.start) for edit in ordered)
    shifts = [0, *accumulate(grown)]
    return tuple(
        [
            link
            if link.position < starts[0]
            else replace(link, position=_place(link, page.text, ordered, starts, shifts))
            for link in page.links
        ]
    )


def _place(
    link: Link, text: str, ordered: Sequence[Edit], starts: Sequence[int], shifts: Sequence[int]
) -> int:
    """Where a link stands after the edits; one at or beyond the end counts as the last character.

    `shifts` are how far the text behind the first 0, 1, ... edits moves.
    """
    position = min(link.position, len(text))
    number = bisect_right(starts, position) - 1
    if number < 0:
        return position
    edit = ordered[number]
    inside = position < edit.end or (position == len(text) == edit.end > edit.start)
    if not inside:
        return position + shifts[number + 1]
    return edit.start + shifts[number] if edit.keeps else HIDDEN
