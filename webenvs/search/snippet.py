"""The passage of a page that shows the words of a query."""

import itertools
import re
import sys
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from webenvs.search.analyzer import Analyzer, lowered
from webenvs.search.scripts import Script

WIDTH = 240
"""Characters of a snippet without its marks."""

SCANNED = 200_000
"""Only so many first characters of a page are searched for matches."""

_NEEDLES = 32
_PROBES = 64
_PLACES = 8

_weak_end = re.compile(r"(?<=b)l?[ei]?$|[eiy]$")

Span = tuple[int, int]
"""First character and end."""


class Needle(NamedTuple):
    """A term to be shown; needles sort heaviest first."""

    lightness: int
    """Minus the weight of the term."""
    term: str
    word: str
    """A word of that term between blanks, as it mostly stands in a text: found fastest."""
    prefix: str
    """The letters that the words of the term begin with."""
    edge: int = 1
    """How many blanks stand on either side of `word`."""


def needle(word: str, term: str, weight: int, script: Script) -> Needle:
    """The needle for `word` of a query, whose term is `term`.

    A piece of a run of letters without blanks is looked for as it is.

    Its prefix is what the word shares with its stem, less the letters that stemming may have
    changed (fly and flies become fli, possible and possibility become possibl).
    """
    if script.boundless(word):
        return Needle(-weight, term, word, word, 0)
    word, seen = script.seen(word), script.seen(term)
    stem = _weak_end.sub("", seen) or seen
    shared = len(word)
    while shared > 1 and not stem.startswith(word[:shared]):
        shared -= 1
    return Needle(-weight, term, f" {word} ", word[:shared])


class Scanned:
    """A text in lower case, how it is seen, and the analyzer that tells the terms of its words."""

    __slots__ = ("seen", "term_of", "text", "word_at")

    def __init__(self, text: str, analyzer: Analyzer) -> None:
        self.text = text
        self.seen = analyzer.script.seen(text)
        self.term_of = analyzer.term_of
        self.word_at = analyzer.script.word_at


def snippet(
    text: str,
    needles: Sequence[Needle],
    analyzer: Analyzer,
    width: int = WIDTH,
) -> str:
    """The passage of `text` of at most `width` characters that shows the needles best.

    `needles` come heaviest first. The passage is built around a word of the heaviest needle that
    the text holds: of its first places the one where the nearest words of the other needles, taken
    in their order as far as the width allows, weigh most together; of equal places the first. A
    word spelled as in the query is preferred to others of its term. The passage is cut between
    words, "…" stands where it was cut, and it is one line. Without a match it is the beginning of
    the text. `analyzer` is the one that the needles' terms are of.
    """
    text = text.strip()
    if len(text) <= width:
        return _one_line(text)
    scanned = Scanned(lowered(text if len(text) <= SCANNED else text[:SCANNED]), analyzer)
    for place, anchor in enumerate(needles[:_NEEDLES], start=1):
        chosen = _around(scanned, anchor, needles[place:_NEEDLES], width)
        if chosen:
            return _cut(text, *chosen, width)
    return _cut(text, 0, 0, width)


def _around(
    text: Scanned,
    anchor: Needle,
    others: Sequence[Needle],
    width: int,
) -> Span | None:
    """First character and end of the words to be shown around one of the anchor's places, if any.

    They lie around the first of those of its first places where the others missed weigh least.
    """
    least, chosen = sys.maxsize, None
    for place in itertools.islice(_places(text, anchor), _PLACES):
        missed, span = _gather(text, place, others, width)
        if missed < least:
            least, chosen = missed, span
        if not least:
            break
    return chosen


def _gather(
    text: Scanned,
    place: Span,
    others: Sequence[Needle],
    width: int,
) -> tuple[int, Span]:
    """The weight of the needles that do not fit beside `place`, and the span of those that do."""
    first, last = place
    missed, find = 0, text.seen.find
    for other in others:
        word, low, high = other.word, last - width, first + width
        if low < 0:
            low = 0
        if find(other.prefix, low, high) < 0:  # then the word is not there either
            missed -= other.lightness
            continue
        at = find(word, first, high)
        if at < 0:
            at = text.seen.rfind(word, low, first + 1)
        if at >= 0:
            at, end = at + other.edge, at + len(word) - other.edge
        else:
            at, end = _other_form(text, other, (first, last), width)
        if not end:
            missed -= other.lightness
            continue
        if at < first:
            first = at
        if end > last:
            last = end
    return missed, (first, last)


def _other_form(text: Scanned, wanted: Needle, span: Span, width: int) -> Span:
    """The nearest word of the needle that fits beside `span`; (0, 0) if there is none."""
    first, last = span
    found = _after(text, wanted, first, first + width)
    if found and found[1] <= first + width:
        return found
    return _before(text, wanted, max(0, last - width), first) or (0, 0)


def _places(text: Scanned, wanted: Needle) -> Iterator[Span]:
    """The words of the needle as spelled in the query, then other words of its term after them."""
    seen, word, edge = text.seen, wanted.word, wanted.edge
    end, last = 0, seen.rfind(wanted.prefix)
    while end <= last and (at := seen.find(word, end)) >= 0:
        end = at + len(word) - edge
        yield at + edge, end
    while end <= last and (found := _after(text, wanted, end, len(seen))):
        yield found
        end = found[1]


def _after(text: Scanned, wanted: Needle, start: int, stop: int) -> Span | None:
    """The first word of the needle's term that begins in text[start:stop]."""
    prefix, term = wanted.prefix, wanted.term
    at = text.seen.find(prefix, start, stop)
    for _ in range(_PROBES):
        if at < 0:
            return None
        end = _end(text, at)
        if end and text.term_of(text.text[at:end]) == term:
            return at, end
        at = text.seen.find(prefix, at + 1, stop)
    return None if at < 0 else _sweep(text, wanted, at, stop)


def _before(text: Scanned, wanted: Needle, start: int, stop: int) -> Span | None:
    """The last word of the needle's term that begins in text[start:stop]."""
    prefix, term = wanted.prefix, wanted.term
    at = text.seen.rfind(prefix, start, stop)
    while at >= 0:
        end = _end(text, at)
        if end and text.term_of(text.text[at:end]) == term:
            return at, end
        at = text.seen.rfind(prefix, start, at + len(prefix) - 1)
    return None


def _sweep(text: Scanned, wanted: Needle, start: int, stop: int) -> Span | None:
    """`_after` with a compiled pattern: for prefixes that lie inside many words."""
    pattern = re.compile(rf"\b{re.escape(wanted.prefix)}")
    for match in pattern.finditer(text.seen, start, stop):
        at = match.start()
        end = _end(text, at)
        if end and text.term_of(text.text[at:end]) == wanted.term:
            return at, end
    return None


def _end(text: Scanned, at: int) -> int:
    """The end of the word that begins at `at`, where a word character is; 0 if none begins."""
    if at:
        before = text.text[at - 1]
        if before != " " and (before.isalnum() or before == "_"):
            return 0
    word = text.word_at(text.text, at)
    return word.end() if word else 0


def _cut(text: str, first: int, last: int, width: int) -> str:
    """`width` characters of `text` at most around `first` to `last`, cut at blanks if there are."""
    last = min(last, first + width)
    start = min(first - (width - last + first) // 2, len(text) - width)
    head = tail = ""
    if start <= 0:
        start, end = 0, width
    else:
        head, end = "… ", start + width
        start = text.find(" ", start - 1, first) + 1 or start
    if end < len(text):
        blank = text.rfind(" ", last, end + 1)
        tail, end = " …", blank if blank > 0 else end
    return head + _one_line(text[start:end]) + tail


def _one_line(text: str) -> str:
    """`text` in one line, with single blanks; most passages need nothing done."""
    if "  " in text or "\t" in text or len(text.splitlines()) > 1:
        return " ".join(text.split())
    return text.strip()
