"""Takes an English question apart: the names it starts from, the hops that lead on from them."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from webenvs.players.script.concepts import implied, is_relation, kinds, labels
from webenvs.players.script.names import is_weak, key, names
from webenvs.text import sentences

Wants = Literal["year", "number", "person", "yesno", "thing"]

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_PLACED = frozenset(("residing",))
_MEASURE = re.compile(r"\b(?:year|number|date|many|much)\b", re.IGNORECASE)
_YEARS = re.compile(r"\b\d{4}\b")
_BACK = frozenset(
    ("that", "this", "those", "its", "it", "their", "they", "he", "she", "his", "her")
)
_THE = re.compile(r"\bthe\b", re.IGNORECASE)
_AUXILIARIES = frozenset(("is", "are", "was", "were", "did", "does", "do", "has", "have", "had"))
_OPEN = frozenset(("which", "that", "where", "whose", "whom", "who"))
_ASKS: tuple[tuple[Wants, str], ...] = (
    ("yesno", r"^(?:is|are|was|were|did|does|do|has|have|can)\b"),
    ("number", r"\bhow (?:many|much|long|large|big|tall|high|far|deep|wide)\b|\bnumber of\b"),
    ("year", r"^when\b|\b(?:which|what|whose) year\b|\byear\b|\bwhen\?$|\bdate of\b"),
    ("number", r"\b(?:population|area|length|percentage|amount)\b"),
    ("person", r"^(?:who|whom)\b"),
)


class Hop(NamedTuple):
    """One step: what its words are about, the kinds of thing it leads to, its words as asked."""

    about: tuple[frozenset[str], ...]
    kinds: frozenset[str]
    text: str


class Clues(NamedTuple):
    """A question taken apart; hops come nearest to the start first.

    `also` are further names that what is sought at the first hop must be tied to.
    """

    start: str
    also: tuple[tuple[str, Hop], ...]
    hops: tuple[Hop, ...]
    wants: Wants
    names: frozenset[str]


def hop_of(text: str) -> Hop:
    """The hop that a piece of a question describes; its first noun of a kind says its kind."""
    about: list[frozenset[str]] = []
    said: frozenset[str] = frozenset()
    for word in _WORD.findall(text.lower()):
        kind, meant = kinds(word), labels(word)
        said = said or kind
        if meant and meant not in about and (not kind or is_relation(word)):
            about.append(meant)
    leads = {implied(label) for meant in about for label in meant} & _THINGS
    return Hop(tuple(about), said or frozenset(leads), " ".join(text.split()))


_THINGS = frozenset(("person", "city", "country", "company", "school", "award", "river"))


@lru_cache(maxsize=256)
def clues(question: str) -> Clues:
    """The clues of a question; without any name its longest words stand for one."""
    parts = [part for part in sentences(question) if part.strip(" ?.")]
    hops: list[Hop] = []
    also: list[tuple[str, Hop]] = []
    start = ""
    known: set[str] = set()
    for part in parts or [question]:
        named = names(part)
        known.update(key(name) for _, _, name in named)
        strong = [name for name in named if not is_weak(name[2])] or named
        if strong and not start:
            begin, end, start = strong[0]
            years = [(*one.span(), one.group()) for one in _YEARS.finditer(part, end)]
            later = [name for name in named if name[0] > begin]
            more, extra = _hops(part, (begin, end), sorted([*later, *years]))
            also += extra
        else:
            more, _ = _hops(part, _anchor(part))
        hops += more
    if not start:
        start = max(_WORD.findall(question) or ["nothing"], key=len)
    return Clues(
        start, tuple(also), tuple(hops), _wants(parts[-1] if parts else ""), frozenset(known)
    )


def innermost(question: str) -> tuple[str, str] | None:
    """The phrase of a question that can be asked first, and a question for it alone.

    None if there is no such phrase.
    """
    part = next((part for part in sentences(question) if names(part)), "")
    named = names(part)
    starts = [one.start() for one in _THE.finditer(part[: named[0][0]])] if named else []
    while starts and _only_describes(part[starts[-1] : named[0][0]]):
        starts.pop()
    if not starts or len(clues(question).hops) < 2:
        return None
    head, end = part[starts[-1] : named[0][0]], named[-1][1]
    tail = _WORD.search(part, end)
    if tail and (_is_open(head) or part[end : end + 2] in ("'s", "’s")):
        end = tail.end()
    phrase = part[starts[-1] : end]
    return phrase, f"{'Who' if 'person' in hop_of(head).kinds else 'What'} is {phrase}?"


def _hops(
    part: str, anchor: tuple[int, int], others: Sequence[tuple[int, int, str]] = ()
) -> tuple[list[Hop], list[tuple[str, Hop]]]:
    """The hops of a sentence around its anchor, and the conditions that further names pose."""
    chunks = _chunks(part[: anchor[0]])
    end = anchor[1]
    also = []
    for start, stop, name in others:
        also.append((name, hop_of(part[end:start])))
        end = stop
    trailing = [word for word in _WORD.findall(part[end:]) if labels(word.lower())]
    if trailing and part[end : end + 2] in ("'s", "’s"):
        chunks.append(trailing.pop(0))
    for word in trailing:
        opened = [place for place, chunk in enumerate(chunks) if _is_open(chunk)]
        chunks = chunks or [""]
        chunks[opened[-1] if opened else 0] += f" {word}"
    found = [hop_of(chunk) for chunk in reversed(chunks)]
    told = [hop for hop in found if hop.about or hop.kinds or _MEASURE.search(hop.text)]
    return _joined(told), also


def _chunks(head: str) -> list[str]:
    """What stands before a name, cut at every "the"; "the river" right before it describes it."""
    chunks = [chunk for chunk in _THE.split(head) if chunk.strip()]
    words = _WORD.findall(chunks[-1].lower()) if len(chunks) > 1 else []
    if (
        0 < len(words) < 3
        and labels(words[-1])
        and (kinds(words[-1]) or not is_relation(words[-1]))
    ):
        return chunks[:-1]
    return chunks


def _only_describes(head: str) -> bool:
    """Whether a piece before a name says no more than what it is: "the river"."""
    return not hop_of(head).about and not _is_open(head)


def _joined(hops: list[Hop]) -> list[Hop]:
    """The hops, where one that leads to nothing of a kind is joined with the kind asked next."""
    found: list[Hop] = []
    for hop in hops:
        before = found[-1] if found else None
        if before and not before.kinds and hop.kinds and _adds_nothing(before, hop):
            found[-1] = Hop(before.about, hop.kinds, f"{hop.text} {before.text}")
        else:
            found.append(hop)
    return found


def _adds_nothing(before: Hop, hop: Hop) -> bool:
    """Whether a hop says no more than of what kind, or where, the thing before it is."""
    loose = not any(is_relation(word) for word in _WORD.findall(before.text.lower()))
    return not hop.about or (loose and hop.about == (_PLACED,))


def _is_open(chunk: str) -> bool:
    """Whether a relative clause begins in the chunk whose verb has not come yet."""
    words = _WORD.findall(chunk.lower())
    last = max((place for place, word in enumerate(words) if word in _OPEN), default=0)
    return last > 0 and _AUXILIARIES.issuperset(words[last + 1 :])


def _anchor(part: str) -> tuple[int, int]:
    """Where a sentence points back: its last "that club", "this person", "its"; else its end."""
    found = [one for one in _WORD.finditer(part) if one.group().lower() in _BACK]
    if not found:
        end = len(part.rstrip(" ?."))
        return end, end
    start, end = found[-1].span()
    after = _WORD.search(part, end)
    if after and kinds(after.group().lower()):
        end = after.end()
    return start, end


def _wants(ask: str) -> Wants:
    """What kind of answer the last sentence of a question asks for."""
    for wants, pattern in _ASKS:
        if re.search(pattern, ask.strip(), re.IGNORECASE):
            return wants
    return "thing"
