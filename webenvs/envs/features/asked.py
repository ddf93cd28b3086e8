"""What a request asks, as far as everyday English says: what to find, step by step, and from what.

A request becomes a tree of steps: each seeks a thing by its ties to names and values that the
request gives and to what earlier steps found; the last step seeks the answer.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from webenvs.players.script.clues import Hop, clues, hop_of
from webenvs.players.script.concepts import implied, is_relation, kinds, labels
from webenvs.players.script.grammar import sketch_of
from webenvs.players.script.names import is_weak, key, names
from webenvs.players.script.notes import meaning
from webenvs.players.script.sketch import Sketch, Thing
from webenvs.players.script.solving import solvable
from webenvs.text import one_line, sentences

Wants = Literal["date", "year", "number", "name", "yesno"]

_VALUE = re.compile(r"(?<![\w,.-])(?:\d{1,2} [A-Z][a-z]+ )?\d+(?:[,.]\d+)*s?(?![\w-])")
_SITE = re.compile(r"^On the (?:web)?site of .+?, (?=[a-z])")
_WANTS: tuple[tuple[Wants, re.Pattern[str]], ...] = (
    ("yesno", re.compile(r"^(?:is|are|was|were|did|does|do|has|have|can)\b", re.I)),
    ("date", re.compile(r"\b(?:which|what|exact|the) (?:date|day)\b|\bdate of\b", re.I)),
    ("year", re.compile(r"\b(?:which|what|whose|the) (?:\w+ )?year\b|^year\b|\byear of\b", re.I)),
    ("date", re.compile(r"^when\b|\bwhen (?:did|was|were|does|is)\b|\bwhen\?$", re.I)),
    (
        "number",
        re.compile(
            r"\bhow (?:many|much|long|large|big|tall|high|far|deep|wide|old)\b|\bnumber of\b|"
            r"^what (?:is|was|are|were) (?:the )?(?:\w+ )?(?:population|area|length|height|"
            r"altitude|elevation|capacity|percentage|amount|sales|distance|depth|circulation|"
            r"attendance|budget|price|weight|age|size|run)\b",
            re.I,
        ),
    ),
)
_MEASURES: tuple[tuple[Wants, re.Pattern[str]], ...] = (
    ("date", re.compile(r"\b(?:date|day|when)\b")),
    ("year", re.compile(r"\byear\b")),
    (
        "number",
        re.compile(
            r"\b(?:number|population|area|length|altitude|elevation|height|capacity|size|sales|"
            r"distance|depth|circulation|attendance|budget|price|weight|age|amount)\b"
        ),
    ),
)
_CLAUSE = re.compile(
    r"\b(?:of the|that|which|who|whose|whom|where)\b|[,;:?!()]|[.](?=\s|$)", re.IGNORECASE
)
_UNIT = re.compile(r", in (?:[a-z]+ )*[a-z]+, ")
_CONTENT = re.compile(r"[^\W_]+")


class Anchor(NamedTuple):
    """Something a request names: a name, a quotation, a year or another number."""

    text: str
    key: str
    value: bool
    start: int


class Tie(NamedTuple):
    """What something sought is tied to: an earlier step, or (step -1) an anchor; and how."""

    step: int
    anchor: str
    value: bool
    hop: Hop
    place: int

    @property
    def key(self) -> str:
        """The key of the anchor."""
        return self.anchor if self.value else key(self.anchor)

    @property
    def decade(self) -> tuple[str, ...]:
        """The years of an anchor such as "1860s"; () for any other."""
        if not self.value or not self.anchor.endswith("0s"):
            return ()
        return tuple(f"{self.anchor[:-2]}{year}" for year in range(10))


class Step(NamedTuple):
    """Something sought: its ties, of what type and kinds it is, its noun, how it is worded."""

    ties: tuple[Tie, ...]
    type: Wants
    kinds: frozenset[str]
    noun: str
    about: frozenset[str]

    @property
    def labels(self) -> frozenset[str]:
        """What its words and those of its ties are about."""
        said = [one for one in self.about if not one.startswith("kind:")]
        return frozenset(said).union(*[meant for tie in self.ties for meant in tie.hop.about])


class Asked(NamedTuple):
    """A request taken apart; the last of its steps seeks the answer."""

    text: str
    anchors: tuple[Anchor, ...]
    steps: tuple[Step, ...]
    ties: tuple[Tie, ...]
    wants: Wants
    parts: tuple[str, ...]
    labels: frozenset[str]
    words: frozenset[str]
    chooses: bool
    """Whether the answer may be a name of the request itself: "A or B"."""


@lru_cache(maxsize=4096)
def asked(request: str) -> Asked:
    """A request taken apart."""
    whole = one_line(request)
    text = _SITE.sub("", whole)
    text = text[:1].upper() + text[1:]
    unit = _UNIT.search(text)
    text = _UNIT.sub(" ", text)
    anchors = _anchors(text)
    wants = _wants(text)
    steps = _folded(_sketched(text, wants) or _chained(text, anchors, wants))
    if unit is not None:
        last = steps[-1]
        steps = (*steps[:-1], last._replace(about=last.about | meaning(unit.group())))
    ties = tuple([tie for step in steps for tie in step.ties])
    about = meaning(text)
    return Asked(
        whole,
        anchors,
        steps,
        ties,
        steps[-1].type,
        _parts(text, anchors),
        about,
        content_words(text),
        wants == "yesno" or " or " in text,
    )


def _anchors(text: str) -> tuple[Anchor, ...]:
    named = [Anchor(name, key(name), False, start) for start, _, name in names(text)]
    spans = [(one.start, one.start + len(one.text)) for one in named]
    valued = [
        Anchor(one.group(), one.group(), True, one.start())
        for one in _VALUE.finditer(text)
        if not any(start <= one.start() < end for start, end in spans)
    ]
    return tuple(sorted([*named, *valued], key=lambda one: one.start))


def _sketched(text: str, wants: Wants) -> tuple[Step, ...]:
    """The steps of a question whose grammar can be read, in order; () for any other."""
    sketch = sketch_of(text)
    if sketch.target is None or not solvable(sketch):
        return ()
    planned = _Planned(sketch, wants)
    planned.visit(sketch.target, frozenset())
    return tuple(planned.steps)


class _Planned:
    """Steps for the things of a sketch, those that others hang on first."""

    def __init__(self, sketch: Sketch, wants: Wants) -> None:
        self.sketch = sketch
        self.wants = wants
        self.steps: list[Step] = []
        self._of: dict[int, int] = {}
        self._ties = 0

    def visit(self, number: int, passed: frozenset[int]) -> int:
        """The step that finds a thing; -1 if it is named, -2 if nothing leads there."""
        thing = self.sketch.things[number]
        if thing.name:
            return -1
        if number in self._of:
            return self._of[number]
        found: list[tuple[int, str, bool, Hop]] = []
        tied = sorted(
            self.sketch.tied(number),
            key=lambda one: (self.sketch.things[one[0]].value, not self.sketch.things[one[0]].name),
        )
        for other, words in tied:
            step = -2 if other in passed else self.visit(other, passed | {number})
            if step > -2:
                said = f"{words} {self.sketch.asked}" if thing.noun == "number" else words
                one = self.sketch.things[other]
                found.append((step, one.name if step < 0 else "", one.value, hop_of(said)))
        if not found:
            return -2
        self._of[number] = len(self.steps)
        self.steps.append(self._step(number, found))
        return self._of[number]

    def _step(self, number: int, found: list[tuple[int, str, bool, Hop]]) -> Step:
        thing = self.sketch.things[number]
        ties = tuple([Tie(*one, self._ties + place) for place, one in enumerate(found)])
        self._ties += len(found)
        is_target = number == self.sketch.target
        type_ = _measured(thing.noun, thing.kinds)
        if is_target and type_ == "name":
            type_ = self.wants
        found_kinds = _led(thing) or (ties[0].hop.kinds if type_ == "name" else frozenset())
        about = meaning(thing.noun) | {f"kind:{kind}" for kind in found_kinds}
        return Step(ties, type_, found_kinds, thing.noun, about)


def _led(thing: Thing) -> frozenset[str]:
    """The kinds that a thing's noun names; "the head of state" is a person, not a state."""
    head, _, rest = thing.noun.lower().partition(" of ")
    meant = {implied(label) for word in head.split() for label in labels(word)}
    return frozenset({"person"}) if rest and "person" in meant else thing.kinds


def _folded(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The steps without those that seek no thing but a part of one: "the stadium of the club"."""
    folded: list[Step] = []
    stands: dict[int, Tie] = {}
    places: dict[int, int] = {}
    count = 0
    for number, step in enumerate(steps):
        ties = []
        for tie in step.ties:
            inner = stands.get(tie.step)
            if inner is not None:
                about = tuple(dict.fromkeys([*tie.hop.about, *inner.hop.about]))
                hop = Hop(about, tie.hop.kinds, f"{tie.hop.text} {inner.hop.text}")
                tie = Tie(inner.step, inner.anchor, inner.value, hop, 0)
            elif tie.step >= 0:
                tie = tie._replace(step=places[tie.step])
            ties.append(tie)
        users = [one for later in steps for one in later.ties if one.step == number]
        if users and len(ties) == 1 and _is_part(step, ties[0], users):
            stands[number] = ties[0]
            continue
        numbered = tuple([tie._replace(place=count + at) for at, tie in enumerate(ties)])
        count += len(ties)
        places[number] = len(folded)
        folded.append(step._replace(ties=numbered))
    return tuple(folded)


def _is_part(step: Step, tie: Tie, users: Sequence[Tie]) -> bool:
    """Whether a step seeks nothing that could have a page: "the stadium", but not "the setting".

    Nor does one that only words the tie behind it: "who is on the staff of".
    """
    if tie.value or any(kinds(word) for word in step.noun.lower().split()):
        return False
    return not (step.kinds or tie.hop.kinds) or not any(one.hop.about for one in users)


def _measured(noun: str, of: frozenset[str]) -> Wants:
    if not of:
        for type_, pattern in _MEASURES:
            if pattern.search(noun):
                return type_
    return "name"


def _chained(text: str, anchors: tuple[Anchor, ...], wants: Wants) -> tuple[Step, ...]:
    """The steps of any other request: hop by hop from its first name, innermost clause first."""
    named = [one for one in anchors if not one.value]
    first = next((one for one in named if not is_weak(one.text)), None) or next(iter(anchors), None)
    start = clues(text).start if first is None else first.text
    hops = _hops(text, anchors, first)
    steps: list[Step] = []
    for place, hop in enumerate(hops):
        last = place == len(hops) - 1
        tie = Tie(place - 1, start if not place else "", bool(first and first.value), hop, place)
        noun = " ".join(sorted(hop.kinds))
        about = frozenset(f"kind:{kind}" for kind in hop.kinds)
        steps.append(Step((tie,), wants if last else "name", hop.kinds, noun, about))
    return tuple(steps)


def _hops(text: str, anchors: tuple[Anchor, ...], first: Anchor | None) -> list[Hop]:
    """The hops around the first anchor, nearest first; what leads to no kind joins the next."""
    place = (first.start, first.start + len(first.text)) if first else (len(text), len(text))
    rest = text[place[1] :]
    for other in anchors:
        rest = rest.replace(other.text, " , ")
    chunks = [*reversed(_CLAUSE.split(text[: place[0]])), *_CLAUSE.split(rest)]
    hops: list[Hop] = []
    words: list[str] = []
    for chunk in chunks:
        words.append(chunk)
        hop = hop_of(" ".join(reversed(words)))
        if hop.about and hop.kinds and any(is_relation(word) for word in chunk.lower().split()):
            hops.append(hop)
            words = []
    left = hop_of(" ".join(reversed(words)))
    if left.about or not hops:
        hops.append(left)
    return hops[:6]


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


@lru_cache(maxsize=32768)
def content_words(text: str) -> frozenset[str]:
    """The words of a text, in lower case, without the function words."""
    return frozenset(word for word in _CONTENT.findall(text.lower()) if labels(word))
