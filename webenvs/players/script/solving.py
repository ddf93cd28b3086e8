"""Solves a sketch: finds what its ties lead to, thing by thing, from the names it gives."""

import re
from collections.abc import Generator, Sequence
from typing import Any, NamedTuple

from webenvs.players.script.clues import Hop, hop_of
from webenvs.players.script.concepts import related
from webenvs.players.script.memory import Memory
from webenvs.players.script.names import key
from webenvs.players.script.notes import candidates, fit, meaning, overlap, says, values
from webenvs.players.script.reader import Reader, Steps
from webenvs.players.script.results import Reading
from webenvs.players.script.sketch import Sketch, Thing

Names = Sequence[str]
Found = Generator[Sequence[tuple[str, dict[str, Any]]], list[Reading], Names]

_MEASURED = re.compile(
    r"\b(?:year|date|number|population|area|length|altitude|elevation|height|capacity|size|sales|"
    r"distance|depth|circulation|attendance|budget|price|weight|age)\b"
)
_KEPT = 2
_ROUNDS = 2


class Condition(NamedTuple):
    """What something sought is tied to: names, one of which it is, or a value; and how."""

    names: Names
    hop: Hop
    value: bool


class Ranked(NamedTuple):
    """A name that may be what is sought: its score, how many conditions it meets, and why."""

    name: str
    score: float
    met: int
    support: str


class Solving:
    """The state of a search through a sketch: what is known of its things, and the answer."""

    def __init__(self, sketch: Sketch, memory: Memory, reader: Reader) -> None:
        self.sketch = sketch
        self.memory = memory
        self.reader = reader
        self.answer = ""
        self.support = ""
        self._known: dict[int, Names] = {}

    def run(self) -> Steps:
        """Find the target."""
        target = self.sketch.target
        if target is not None:
            found = yield from self._find(target, frozenset())
            self.answer = found[0] if found else ""

    def _find(self, number: int, passed: frozenset[int]) -> Found:
        """The likeliest names of a thing, best first, by what is tied to it besides `passed`."""
        thing = self.sketch.things[number]
        if thing.name:
            return [thing.name]
        if number in self._known:
            return self._known[number]
        conditions = []
        for other, words in self._in_order(number):
            if other in passed:
                continue
            found = yield from self._find(other, passed | {number})
            if found:
                value = self.sketch.things[other].value or found[0][:1].isdigit()
                hop = hop_of(f"{words} {self.sketch.asked}" if thing.noun == "number" else words)
                conditions.append(Condition(found, hop, value))
        if not conditions:
            return []
        same = conditions[0]
        if not same.hop.about and self._is_kind(same.names[0], thing):
            return same.names
        measured = self._measures(thing)
        if measured and not conditions[0].value:
            result = yield from self._measure(conditions[0], measured)
        else:
            result = yield from self._meet(thing, conditions)
        self._known[number] = result
        return result

    def _is_kind(self, name: str, thing: Thing) -> bool:
        """Whether a name is of the kind asked for, as "in which city is the birthplace" does."""
        return bool(self.memory.kind(name) & thing.kinds)

    def _in_order(self, number: int) -> list[tuple[int, str]]:
        """The neighbours of a thing: names first, values last."""
        things = self.sketch.things
        tied = self.sketch.tied(number)
        return sorted(tied, key=lambda one: (things[one[0]].value, not things[one[0]].name))

    def _measures(self, thing: Thing) -> str:
        """Which values a thing is read from: "year", "date", "when" or "number"; "" for none."""
        if "when" in thing.noun.split():
            return "when"
        found = None if thing.kinds else _MEASURED.search(thing.noun)
        if found is None:
            return ""
        return found.group() if found.group() in ("year", "date") else "number"

    def _measure(self, condition: Condition, wants: str) -> Found:
        """The value that is said of something in the words of a tie."""
        focus, hop = condition.names[0], condition.hop
        yield from self.reader.open([focus])
        best = self._value(focus, hop, wants)
        if best[0] < 1.0:
            yield from self.reader.search(focus, [f"{focus} {hop.text}", focus])
            yield from self.reader.read_on(focus, _near(hop)[:3])
            best = self._value(focus, hop, wants)
        if best[0] < 0.5:
            return []
        self.support = f"{focus}: {best[2]}"
        return [best[1]]

    def _value(self, focus: str, hop: Hop, wants: str) -> tuple[float, str, str]:
        """The score, the value and the statement that fit the words of a hop best."""
        best = (0.0, "", "")
        keys = self.memory.keys(focus)
        for note in self.memory.notes:
            own = key(note.title) in keys
            for statement in note.statements:
                if keys.isdisjoint(statement.keys):
                    continue
                found = values(statement.text, wants)
                score = overlap(hop, statement, own=True) + 0.3 * own + 0.1 + statement.plain
                if found and score > best[0]:
                    best = (score, found[0], statement.text)
        return best

    def _meet(self, thing: Thing, conditions: Sequence[Condition]) -> Found:
        """What meets the conditions best, by the pages read, then by those that are searched."""
        ranked = self._ranked(thing, conditions)
        if not self._is_told(ranked, thing, conditions):
            yield from self._search(thing, conditions)
        for _ in range(_ROUNDS):
            ranked = self._ranked(thing, conditions)
            if self._is_told(ranked, thing, conditions):
                break
            unread = [one.name for one in ranked if not self.memory.kind(one.name)]
            yield from self.reader.open(unread)
        ranked = self._ranked(thing, conditions)
        if not ranked or ranked[0].score < 0:
            return []
        self.support = ranked[0].support
        return [self.memory.title(one.name) for one in ranked if one.met == ranked[0].met][:_KEPT]

    def _is_told(
        self, ranked: Sequence[Ranked], thing: Thing, conditions: Sequence[Condition]
    ) -> bool:
        """Whether the best of the names meets every condition in its words and kind."""
        if not ranked or ranked[0].met < len(conditions):
            return False
        kind = self.memory.kind(ranked[0].name)
        fits = not thing.kinds or bool(kind & thing.kinds)
        return fits and ranked[0].score >= 1.4 * len(conditions)

    def _search(self, thing: Thing, conditions: Sequence[Condition]) -> Steps:
        """Search for the conditions, named ones first."""
        named = [one for one in conditions if not one.value]
        for condition in (named or conditions)[:2]:
            focus, hop = condition.names[0], condition.hop
            rest = [one.names[0] for one in conditions if one is not condition]
            queries = [f"{focus} {thing.noun} {hop.text}", " ".join([focus, thing.noun, *rest])]
            about = frozenset(label for meant in hop.about for label in meant)
            near = " ".join([focus, *_near(hop)])
            yield from self.reader.search(
                focus, list(dict.fromkeys([*queries, focus, near])), about
            )
            yield from self.reader.read_on(focus, _near(hop)[:3])

    def _ranked(self, thing: Thing, conditions: Sequence[Condition]) -> list[Ranked]:
        """Every name tied to a condition, best first."""
        total: dict[str, Ranked] = {}
        named = [thing.name for thing in self.sketch.things if thing.name and not thing.value]
        named += [name for one in conditions if not one.value for name in one.names]
        passed = {one for name in named for one in self._keys(name)}
        noun = meaning(thing.noun) | {f"kind:{kind}" for kind in thing.kinds}
        for condition in conditions:
            for one, (name, score, support) in self._tied(condition, noun).items():
                if one in passed or name[:1].isdigit():
                    continue
                before = total.get(one, Ranked(name, 0.0, 0, support))
                total[one] = before._replace(score=before.score + score, met=before.met + 1)
        found = [
            one._replace(score=one.score + self._worth(one.name, thing)) for one in total.values()
        ]
        return sorted(found, key=lambda one: -one.score)

    def _keys(self, name: str) -> frozenset[str]:
        return self.memory.keys(name)

    def _worth(self, name: str, thing: Thing) -> float:
        hop = Hop((), thing.kinds, "")
        found, linked = self.memory.kind(name), self.memory.url(name) is not None
        kind = fit(name, hop, found)
        if " – " in name or (thing.kinds and not found and self.memory.is_read(name)):
            kind -= 1.0
        return kind + (0.3 if linked else -0.5 * (" " not in name))

    def _tied(
        self, condition: Condition, noun: frozenset[str]
    ) -> dict[str, tuple[str, float, str]]:
        """The names that statements tie to a condition: their spelling, how well, and by what."""
        if condition.value:
            return self._valued(condition)
        best: dict[str, tuple[str, float, str]] = {}
        share = max(1, len(condition.hop.about))
        for place, focus in enumerate(condition.names):
            keys = self._keys(focus)
            for one in candidates(self.memory.notes, keys, condition.hop, noun):
                score = 0.6 - 0.3 * place + one.score / share
                spelled = key(self.memory.title(one.name))
                if spelled not in best or best[spelled][1] < score:
                    best[spelled] = (one.name, score, f"{one.title}: {one.support}")
        return best

    def _valued(self, condition: Condition) -> dict[str, tuple[str, float, str]]:
        """The names of which a statement says the value of a condition."""
        best: dict[str, tuple[str, float, str]] = {}
        share = max(1, len(condition.hop.about))
        for note in self.memory.notes:
            for statement in note.statements:
                if not says(statement.text, condition.names[0]):
                    continue
                score = overlap(condition.hop, statement, own=True) / share
                if score <= 0:
                    continue
                subjects = [note.title] if not note.is_list else [n for _, n in statement.names[:1]]
                for name in subjects:
                    spelled = key(self.memory.title(name))
                    if spelled not in best or best[spelled][1] < score + 0.6:
                        best[spelled] = (name, score + 0.6, f"{note.title}: {statement.text}")
        return best


def _near(hop: Hop) -> list[str]:
    """Words that are near to those of a hop, from its families."""
    return sorted({word for meant in hop.about for label in meant for word in related(label)})[:8]


def solvable(sketch: Sketch) -> bool:
    """Whether the target of a sketch is tied, through others, to something named."""
    reached, todo = set[int](), [] if sketch.target is None else [sketch.target]
    while todo:
        number = todo.pop()
        if number not in reached:
            reached.add(number)
            todo += [other for other, _ in sketch.tied(number)]
    return any(sketch.things[n].name for n in reached if n != sketch.target) and not (
        sketch.target is not None and sketch.things[sketch.target].name
    )
