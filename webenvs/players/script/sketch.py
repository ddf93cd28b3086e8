"""Questions as sketches: the things they speak of, and what they say ties them to each other."""

from typing import NamedTuple

from webenvs.players.script.concepts import kinds
from webenvs.players.script.names import key

_WORDS_OF_VALUES = frozenset(("year", "date", "decade", "number", "day"))


class Thing(NamedTuple):
    """Something a question speaks of: its noun, its name or value ("" if it is sought)."""

    noun: str
    name: str = ""
    value: bool = False

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of thing that the last word of its noun names, or the first that names any."""
        words = self.noun.lower().split()
        return next((found for word in reversed(words) if (found := kinds(word))), frozenset())


class Tie(NamedTuple):
    """Two things, by number, and the words that tie the first to the second."""

    one: int
    other: int
    words: str


class Sketch:
    """The things and ties of a question, as far as it has been read, and what it asks for."""

    def __init__(self) -> None:
        self.things: list[Thing] = []
        self.ties: list[Tie] = []
        self.letters: dict[str, int] = {}
        self.target: int | None = None
        self.asked = ""

    def add(self, thing: Thing) -> int:
        """The number of a thing; a name spoken of before is the same thing."""
        for number, known in enumerate(self.things):
            if thing.name and not thing.value and key(known.name) == key(thing.name):
                return number
        self.things.append(thing)
        return len(self.things) - 1

    def tie(self, one: int, other: int, words: list[str]) -> None:
        """Tie two different things with these words."""
        if one != other:
            self.ties.append(Tie(one, other, " ".join(words)))

    def describe(self, number: int, noun: str) -> None:
        """Say of what kind a thing is, unless its kind is known."""
        thing = self.things[number]
        if not thing.kinds:
            self.things[number] = thing._replace(noun=f"{thing.noun} {noun}".strip())

    def spoken_of(self, noun: str) -> int | None:
        """The last unnamed thing before, or else any, of that noun: "that city"."""
        numbers = range(len(self.things) - 1, -1, -1)
        same = [n for n in numbers if _is_called(self.things[n], noun)]
        return next((n for n in same if not self.things[n].name), next(iter(same), None))

    def is_person(self, number: int) -> bool:
        """Whether a thing is said to be a person."""
        return "person" in self.things[number].kinds

    def tied(self, number: int) -> list[tuple[int, str]]:
        """The neighbours of a thing, with the words of each tie, in the order said."""
        both = [(tie.one, tie.other, tie.words) for tie in self.ties]
        both += [(tie.other, tie.one, tie.words) for tie in self.ties]
        return [(other, words) for one, other, words in both if one == number]


def _is_called(thing: Thing, noun: str) -> bool:
    """Whether "that `noun`" may mean the thing."""
    if thing.value:
        return False
    last = noun.rpartition(" ")[2]
    if last in _WORDS_OF_VALUES:
        return last in thing.noun.split()
    return last in thing.noun.split() or bool(kinds(last) & thing.kinds)
