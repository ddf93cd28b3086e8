"""The passages of a page that are embedded: its beginning, or the pieces of a long one in turn."""

import re
from functools import lru_cache
from typing import NamedTuple

from webenvs.records import Page

BEGINNING = 20_000
"""Characters of a page that are embedded where it is not divided."""

_WIDEST = 12
"""Characters that a word of a chunk may have on average; scripts without blanks are cut there."""


class Passage(NamedTuple):
    """A piece of a page, text[start:end], and what is embedded for it: it follows the title."""

    text: str
    start: int
    end: int


def passages(page: Page, chunk_words: int, max_chunks: int) -> list[Passage]:
    """The passages of `page`, at least one, at most `max_chunks`.

    Without chunks (`chunk_words` = 0) it is the title and the beginning of the text, and the whole
    text is its place; else chunks of so many words, each with the title before it.
    """
    title, text = page.title.strip(), page.text
    if not chunk_words:
        return [Passage(f"{title}\n{text[:BEGINNING]}".strip(), 0, len(text))]
    spans = _spans(text, chunk_words, max_chunks) or [(0, len(text))]
    return [Passage(f"{title}\n{text[start:end]}".strip(), start, end) for start, end in spans]


def cut(page: Page, found: list[Passage], chunk_words: int) -> bool:
    """Whether the passages `found` leave out an end of the page's text."""
    if not chunk_words:
        return len(page.text) > BEGINNING
    return found[-1].end < len(page.text.rstrip())


def _spans(text: str, words: int, most: int) -> list[tuple[int, int]]:
    """Start and end of at most `most` chunks of `text`, blanks around them left out."""
    pattern, widest = _chunk(words), words * _WIDEST
    spans: list[tuple[int, int]] = []
    place = _next_word(text, 0)
    while place < len(text) and len(spans) < most:
        stop = min(len(text), place + widest)
        found = pattern.match(text, place, stop)
        end = found.end() if found else stop
        if end == stop < len(text):  # it may have been cut within a word
            end = max(text.rfind(" ", place + 1, stop), text.rfind("\n", place + 1, stop))
            end = end if end > place else stop
        spans.append((place, end))
        place = _next_word(text, end)
    return spans


@lru_cache(8)
def _chunk(words: int) -> re.Pattern[str]:
    return re.compile(rf"(?:\S++\s++){{0,{words - 1}}}\S++")


def _next_word(text: str, place: int) -> int:
    found = _WORD.search(text, place)
    return found.start() if found else len(text)


_WORD = re.compile(r"\S")
