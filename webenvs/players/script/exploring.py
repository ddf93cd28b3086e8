"""How the scripted walker explores a site: the likeliest link first, back out of dead ends.

The procedure is a generator: it yields the next call and is sent what the web said to it.
"""

import re
from collections import Counter
from collections.abc import Generator, Iterator
from typing import Any

from webenvs.players.script.clues import clues
from webenvs.players.script.likeness import rarity, shared, words
from webenvs.players.script.names import names
from webenvs.players.script.results import Reading, Sheet
from webenvs.text import sentences

Call = tuple[str, dict[str, Any]]
Steps = Generator[Call, Reading, None]
Asked = Generator[Call, Reading, Reading]

_SITE = re.compile(r"^On the website of .+?, (?=[a-z])")
_YEAR = re.compile(r"\b[12]\d{3}\b")
_NUMBER = re.compile(r"\b\d[\d,]*(?:\.\d+)?\b")
_DATE = re.compile(r"\b\d{1,2} [A-Z][a-z]+ [12]\d{3}\b")
_DAY = re.compile(r"\b(?:day|date)\b")
_ENOUGH = 0.65
"""The share of the question's words in one sentence that ends the search."""
_PARTS = 3
_TITLE = 0.5


class Exploring:
    """The state of a walk: pages read, links known, and the answer so far."""

    def __init__(self, question: str, start: Sheet, tries: int | None = None) -> None:
        """`tries` is how often a call that fails is made; None: a step until it is taken."""
        self.question = _SITE.sub("", question)
        self.answer = ""
        self._asked = tuple(dict.fromkeys(words(self.question)))
        self._home = "/".join(start.url.split("/")[:3]) + "/"
        self._pages: dict[str, list[Sheet]] = {}
        self._leading: Counter[str] = Counter()
        self._context: dict[str, str] = {}
        self._trail = [start]
        self._clicked: set[str] = set()
        self._made: Counter[str] = Counter()
        self._tries = tries
        self._learn(start)

    def run(self) -> Steps:
        """Read the open page to its end, then go where the most promising link is."""
        while True:
            yield from self._read_on()
            if self._judge() >= _ENOUGH:
                return
            place = self._best_page()
            if place is None:
                return
            for _ in range(len(self._trail) - 1 - place):
                if (yield from _asked(("back", {}), self._tries)).failed:
                    return
                self._trail.pop()
            number, url = max(self._open_links(self._trail[-1]))[1:]
            reading = yield ("click", {"link": -number})
            self._made[url] += 1
            if not reading.failed or self._made[url] == self._tries:
                self._clicked.add(url)
            if reading.sheet is not None:
                self._trail.append(reading.sheet)
                self._learn(reading.sheet)

    def _read_on(self) -> Steps:
        """The further parts of a long page that speaks of the question."""
        sheet = self._trail[-1]
        if len(self._pages[sheet.url]) > 1 or shared(sheet.title, self._asked) == 0:
            return
        for part in range(2, min(sheet.parts, _PARTS) + 1):
            reading = yield from _asked(("read", {"part": part}), self._tries or 1)
            if reading.sheet is not None:
                self._pages[sheet.url].append(reading.sheet)

    def _best_page(self) -> int | None:
        """The place in the trail of the page with the best link; the newest of equals."""
        best = [
            (max(self._open_links(sheet))[0], place)
            for place, sheet in enumerate(self._trail)
            if self._open_links(sheet)
        ]
        return max(best)[1] if best else None

    def _open_links(self, sheet: Sheet) -> list[tuple[float, int, str]]:
        """The links of a page that were not followed: how promising, minus the number, url.

        Words of the question count, and that few pages lead there: a menu leads everywhere always.
        """
        return [
            (shared(label, self._asked) + 1.0 / (1 + self._leading[url]), -number, url)
            for number, (label, url) in zip(sheet.numbers, sheet.links, strict=True)
            if url.startswith(self._home) and url not in self._clicked | self._pages.keys()
        ]

    def _learn(self, sheet: Sheet) -> None:
        if sheet.url not in self._pages:
            self._leading.update({url for _, url in sheet.links})
        self._pages.setdefault(sheet.url, [sheet])
        self._context.setdefault(sheet.url, " / ".join(page.title for page in self._trail))

    def _judge(self) -> float:
        """Take the answer from the likeliest sentence; returns how much of the question it holds.

        The titles on the way to a page stand behind each of its sentences, with half the weight.
        """
        told = [
            (self._context[sheet.url], sentence)
            for parts in self._pages.values()
            for sheet in parts
            for sentence in sentences(sheet.text)
        ]
        seen = rarity([sentence for _, sentence in told])
        whole = sum(1.0 / (1 + seen[word]) for word in self._asked)
        best = 0.0
        for titles, sentence in told:
            rest = [word for word in self._asked if word not in words(sentence)]
            held = shared(sentence, self._asked, seen) + _TITLE * shared(titles, rest, seen)
            found = next(self._candidates(sentence), None)
            if held > best and found is not None:
                best, self.answer = held, found
        return best / whole if whole else 0.0

    def _candidates(self, sentence: str) -> Iterator[str]:
        """What of a sentence is of the kind that is asked for, and not in the question."""
        wants = clues(self.question).wants
        if _DAY.search(self.question):
            yield from _DATE.findall(sentence)
        if wants in ("year", "number"):
            pattern = _YEAR if wants == "year" else _NUMBER
            yield from (value for value in pattern.findall(sentence) if value not in self.question)
        elif wants == "yesno":
            yield "yes"
        else:
            found = (name for _, _, name in names(sentence))
            yield from (name for name in found if name.lower() not in self.question.lower())


def _asked(call: Call, tries: int | None) -> Asked:
    """The reading of a call, made again while it fails and tries are left; None is no limit."""
    reading = yield call
    made = 1
    while reading.failed and made != tries:
        reading = yield call
        made += 1
    return reading
