"""What a request asks, as far as everyday English says: its names, its hops, the type of answer."""

import re
from functools import lru_cache
from typing import Literal, NamedTuple

from webenvs.players.script.clues import Hop, hop_of
from webenvs.players.script.names import key, names
from webenvs.text import one_line, sentences

Wants = Literal["date", "year", "number", "name", "yesno", "set"]

_CUT = re.compile(
    r"\b(?:of|that|which|who|whose|whom|where|when|and|or|by|the|an?)\b|[,;:?!()]|[.](?=\s|$)",
    re.IGNORECASE,
)
_VALUE = re.compile(r"(?<![\w,.-])(?:\d{1,2} [A-Z][a-z]+ )?\d+(?:[,.]\d+)*s?(?![\w-])")
_WANTS: tuple[tuple[Wants, re.Pattern[str]], ...] = (
    ("yesno", re.compile(r"^(?:is|are|was|were|did|does|do|has|have|can)\b", re.I)),
    ("date", re.compile(r"\bon (?:which|what) (?:date|day)\b|\b(?:the|exact|what) date\b", re.I)),
    (
        "year",
        re.compile(r"\bin (?:which|what) year\b|\byear\b(?=.{0,20}\bof\b)|\bwhat year\b", re.I),
    ),
    ("date", re.compile(r"^when\b|\bwhen (?:did|was|were|does|is)\b", re.I)),
    (
        "number",
        re.compile(
            r"\bhow (?:many|much|long|large|big|tall|high|far|deep|wide|old)\b|\bnumber of\b|"
            r"\b(?:population|area|length|height|elevation|capacity|percentage|amount)\b",
            re.I,
        ),
    ),
    ("set", re.compile(r"^(?:list|name all|which (?:\w+ )?(?:are|were)|who are)\b", re.I)),
)
_CONTENT = re.compile(r"[^\W_]+")


class Anchor(NamedTuple):
    """Something a request names: a name, a quotation, a year or another number."""

    text: str
    key: str
    value: bool
    start: int


class Asked(NamedTuple):
    """A request taken apart; hops come nearest to its first anchor first, parts innermost first."""

    text: str
    anchors: tuple[Anchor, ...]
    hops: tuple[Hop, ...]
    wants: Wants
    parts: tuple[str, ...]
    labels: frozenset[str]


@lru_cache(maxsize=4096)
def asked(request: str) -> Asked:
    """A request taken apart."""
    text = one_line(request)
    anchors = _anchors(text)
    hops = _hops(text, anchors)
    labels = frozenset(label for hop in hops for meant in hop.about for label in meant)
    return Asked(text, anchors, hops, _wants(text), _parts(text, anchors), labels)


def _anchors(text: str) -> tuple[Anchor, ...]:
    named = [Anchor(name, key(name), False, start) for start, _, name in names(text)]
    spans = [(one.start, one.start + len(one.text)) for one in named]
    valued = [
        Anchor(one.group(), one.group(), True, one.start())
        for one in _VALUE.finditer(text)
        if not any(start <= one.start() < end for start, end in spans)
    ]
    return tuple(sorted([*named, *valued], key=lambda one: one.start))


def _hops(text: str, anchors: tuple[Anchor, ...]) -> tuple[Hop, ...]:
    """The hops before the first anchor, nearest first, then those after it, in order."""
    if not anchors:
        return _merged([hop_of(chunk) for chunk in reversed(_CUT.split(text))])
    first = anchors[0]
    rest = text[first.start + len(first.text) :]
    for other in anchors[1:]:
        rest = rest.replace(other.text, " , ")
    before = [hop_of(chunk) for chunk in reversed(_CUT.split(text[: first.start]))]
    after = [hop_of(chunk) for chunk in _CUT.split(rest)]
    trailing = _merged(after)
    return (*trailing[:1], *_merged(before), *trailing[1:]) if trailing else _merged(before)


def _merged(hops: list[Hop]) -> tuple[Hop, ...]:
    """The hops that say something; one that names a kind alone says the kind of its inner one."""
    found: list[Hop] = []
    for hop in hops:
        if hop.about:
            found.append(hop)
        elif hop.kinds and found:
            found[-1] = Hop(found[-1].about, hop.kinds, f"{hop.text} {found[-1].text}")
    return tuple(found)


def _wants(text: str) -> Wants:
    last = next((part for part in reversed(sentences(text)) if part.strip(" ?.")), text)
    for wants, pattern in _WANTS:
        if pattern.search(last.strip()):
            return wants
    return "name"


def _parts(text: str, anchors: tuple[Anchor, ...]) -> tuple[str, ...]:
    """What of a request can be asked alone, innermost first; anchors before the clauses."""
    parts = [anchor.text for anchor in anchors if not anchor.value]
    for anchor in anchors:
        starts = [one.start() for one in re.finditer(r"\b(?:the|an?)\b", text[: anchor.start])]
        end = anchor.start + len(anchor.text)
        parts += [text[start:end] for start in reversed(starts[-3:])]
    parts += [piece.strip(" ?.") for piece in re.split(r"[,;]|\. ", text)]
    wanted = text.casefold().strip(" ?.")
    return tuple(
        dict.fromkeys(
            part for part in parts if len(part) > 2 and part.casefold().strip(" ?.") != wanted
        )
    )


def content_words(text: str) -> frozenset[str]:
    """The words of a text, in lower case."""
    return frozenset(word.lower() for word in _CONTENT.findall(text))
