"""Reads English questions into sketches: noun phrases, relative clauses, verbs and asking words.

It knows function words and word endings, no vocabulary; what it cannot read it leaves out.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from webenvs.players.script.concepts import kinds
from webenvs.players.script.names import names
from webenvs.players.script.sketch import Sketch, Thing
from webenvs.text import sentences


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_TOKEN = re.compile(
    r"\d{1,2} [A-Z][a-z]+ \d{4}|'s\b|’s\b|\d[\d,.]*\d(?:s\b)?|\d(?:s\b)?"
    r"|[^\W\d_]+(?:-[^\W\d_]+)*|[(),?;:]"
)
_LETTERED = re.compile(r"\(([a-z][a-z -]* [A-Z])\)")
_OPENING = re.compile(
    r"^(?:(?:consider|take|think|start|suppose|imagine|recall|begin|now|next|name)\s+"
    r"(?:(?:also|of|from|with|about|again|now)\s+)*)",
    re.IGNORECASE,
)
_ARTICLES = _set("a an the another other this that these those all its their his her")
_POINTERS = _set("this that these those")
_RELATIVES = _set("that which who whom whose where")
_PREPOSITIONS = _set("in at by from on for to with into over through under near after before")
_COPULAS = _set("is was are were be been both also or")
_AUXILIARIES = _set("is was are were do does did can")
_VERBS = _set("is was are were has have had does did do lies lie belongs contains")
_IRREGULAR = _set(
    "born made written held given won taught run set built known led found shown sung drawn "
    "hit left put sold told said begun spoken taken"
)
_FINITE = _set("died lived worked played belonged appeared existed happened")
_TITLED = _set("paper book film artwork music exhibition")
_STOPS = frozenset(("and", ",", "?", ")", "(", ";", ":"))


@lru_cache(maxsize=256)
def sketch_of(question: str) -> Sketch:
    """The sketch of a question; its target is None if its last sentence asks for nothing known."""
    parts = [part for part in sentences(question) if part.strip(" ?.")]
    asking = [part for part in parts if part.rstrip().endswith("?")] or parts[-1:]
    sketch, lettered = Sketch(), tuple(_LETTERED.findall(question))
    for part in parts:
        if part in asking:
            _Reader(_tokens(part, lettered), sketch).ask()
        elif _OPENING.match(part):
            _Reader(_tokens(_OPENING.sub("", part), lettered), sketch).phrase()
    return sketch


def _tokens(text: str, lettered: Sequence[str]) -> list[tuple[str, str]]:
    """The names, numbers, words and marks of a sentence, in order; "person A" is a name."""
    text = text.strip()
    said = [(one.start(), one.end()) for word in lettered for one in re.finditer(word, text)]
    named = [(start, end, text[start:end]) for start, end in said]
    inside = [place for start, end in said for place in range(start, end)]
    named += [one for one in names(text) if one[0] not in inside and not one[2][:1].isdigit()]
    named.sort()
    found: list[tuple[str, str]] = []
    place = 0
    for start, end, name in [*named, (len(text), len(text), "")]:
        pieces = _TOKEN.findall(text[place:start])
        found += [("number" if one[0].isdigit() else "word", one) for one in pieces]
        if name:
            found.append(("name", name))
        place = end
    return found


class _Reader:
    """Reads one sentence from left to right into a sketch."""

    def __init__(self, tokens: list[tuple[str, str]], sketch: Sketch) -> None:
        self.tokens = tokens
        self.at = 0
        self.sketch = sketch

    def peek(self, ahead: int = 0) -> str:
        """A token to come, in lower case; "" behind the end."""
        place = self.at + ahead
        return self.tokens[place][1].lower() if place < len(self.tokens) else ""

    def type(self, ahead: int = 0) -> str:
        """The type of a token to come."""
        place = self.at + ahead
        return self.tokens[place][0] if place < len(self.tokens) else ""

    def take(self) -> str:
        """The next token, as it is written."""
        self.at += 1
        return self.tokens[self.at - 1][1]

    def words(self, extra: frozenset[str] = frozenset()) -> list[str]:
        """The plain words up to what can begin or end a phrase."""
        found = []
        while self.type() == "word" and not self._ends(extra):
            found.append(self.take().lower())
        return found

    def _ends(self, extra: frozenset[str]) -> bool:
        word = self.peek()
        return word in _STOPS or word in _RELATIVES or word in extra or word in ("a", "an", "the")

    def _begins(self, ahead: int = 0) -> bool:
        """Whether a noun phrase begins here."""
        return self.type(ahead) in ("name", "number") or self.peek(ahead) in _ARTICLES

    def phrase(self, given: int | None = None) -> int | None:
        """A noun phrase, its thing; with `given` it describes that one."""
        pointing = self.peek() in _POINTERS
        while self.peek() in _ARTICLES:
            self.take()
        head = self._head()
        if self.type() == "name":
            return self._named(head, given)
        if self.type() == "number":
            return self.sketch.add(Thing(" ".join(head), self.take(), value=True))
        if not head:
            return given
        noun = " ".join(head)
        if pointing and given is None and (known := self.sketch.spoken_of(noun)) is not None:
            return known
        if given is None:
            given = self.sketch.add(Thing(noun))
        else:
            self.sketch.describe(given, noun)
        if self.peek() == "of":
            self.take()
            other = self.phrase()
            if other is not None:
                self.sketch.tie(given, other, head)
            return given
        return self._told(given, head, proper=False)

    def _named(self, head: list[str], given: int | None) -> int:
        """A name with its noun ("the river Ley"), or a letter ("person A")."""
        name = self.take()
        if name in self.sketch.letters:
            return self.sketch.letters[name]
        if len(name) == 1 and head:
            known = self.sketch.spoken_of(" ".join(head))
            return self.sketch.add(Thing(" ".join(head))) if known is None else known
        joined = self.peek() == "and" and self.peek(1) in _ARTICLES and self.type(2) == "name"
        if joined and Thing(" ".join(head)).kinds & _TITLED:
            name += "".join(f" {self.take()}" for _ in range(3))
        number = self.sketch.add(Thing(" ".join(head), name))
        if given is not None and not self.sketch.things[given].name:
            self.sketch.tie(given, number, ["same", *head])
        return self._told(number, head, proper=True)

    def _head(self) -> list[str]:
        """The words of a noun phrase up to its end; "of" between plain nouns belongs to it."""
        found: list[str] = []
        while self.type() == "word":
            word = self.peek()
            if word == "of":
                if self._begins(1) or self.type(1) != "word" or not found:
                    break
            elif (
                self._ends(_PREPOSITIONS)
                or word in _VERBS
                or word in ("'s", "’s", "as")
                or (found and (self._is_participle() or self._is_finite()))
            ):
                break
            found.append(self.take().lower())
        return found

    def _is_participle(self, ahead: int = 0) -> bool:
        word = self.peek(ahead)
        regular = word.endswith("ed") and len(word) > 4 and word not in _FINITE
        return self.type(ahead) == "word" and (regular or word in _IRREGULAR)

    def _is_finite(self) -> bool:
        """Whether a word behind a noun is rather its verb: "the club plays in"."""
        word = self.peek()
        if word in _FINITE:
            return True
        ends = word.endswith("s") and not word.endswith("ss")
        noun = kinds(word) and not kinds(self.peek(-1))
        return ends and not noun and (self.peek(1) in _PREPOSITIONS or self._begins(1))

    def _told(self, thing: int, head: list[str], *, proper: bool) -> int:
        """What follows a noun: asides, clauses and places; returns what the whole means."""
        while True:
            word, begin = self.peek(), self.at
            if word == "(":
                self._aside(thing)
            elif word in ("'s", "’s"):
                self.take()
                owned = self._head()
                more = self.sketch.add(Thing(" ".join(owned)))
                self.sketch.tie(more, thing, owned)
                thing, proper = more, False
            elif word == ",":
                if not self._apposed(thing):
                    return thing
            elif word in _RELATIVES:
                self._relative(thing, [])
            elif word in _PREPOSITIONS and self.peek(1) in ("which", "whom"):
                self._relative(thing, [self.take().lower()])
            elif not proper and self._is_participle():
                self._verbs(thing, participle=True)
            elif not proper and word in _PREPOSITIONS and self._begins(1):
                self._placed(thing, head)
            else:
                return thing
            if self.at == begin:
                return thing

    def _aside(self, thing: int) -> None:
        """The letter in "(person A)"."""
        while self.type() and self.peek() != ")":
            if self.type() == "name":
                self.sketch.letters[self.tokens[self.at][1]] = thing
            self.at += 1
        self.at += 1

    def _apposed(self, thing: int) -> bool:
        """Read ", a club that ...," or ", written by ...," if it is there."""
        if self.peek(1) in ("a", "an", "the") and self.peek(2) != "and":
            self.take()
            self.phrase(thing)
        elif self.peek(1) in _RELATIVES or self._is_participle(1):
            self.take()
            if self._is_participle():
                self._verbs(thing, participle=True)
            else:
                self._relative(thing, [])
        else:
            return False
        if self.peek() == "," and self.peek(1) != "and":
            self.take()
        return True

    def _placed(self, thing: int, head: list[str]) -> None:
        preposition = self.take().lower()
        other = self.phrase()
        if other is not None:
            self.sketch.tie(thing, other, [*head, preposition])

    def _relative(self, thing: int, before: list[str]) -> None:
        """A relative clause; of "in which X plays" the place is the thing."""
        pronoun = self.take().lower()
        if pronoun == "whose":
            head = self._head()
            owned = self.sketch.add(Thing(" ".join(head)))
            self.sketch.tie(owned, thing, head)
            self._verbs(owned)
        elif before or pronoun == "where" or self._begins():
            subject = self.phrase()
            verbs = self.words()
            if subject is not None:
                self.sketch.tie(subject, thing, [*verbs, *before])
        else:
            self._verbs(thing)

    def _verbs(self, subject: int, *, participle: bool = False) -> None:
        """One verb phrase after the other, as far as "and" joins them to this subject."""
        while True:
            said = self._clause(subject)
            skip = 1 if self.peek() == "," and self.peek(1) == "and" else 0
            if self.peek(skip) != "and":
                return
            follows = self.peek(skip + 1)
            if participle and not (
                self._is_participle(skip + 1) and self.peek(skip + 2) in _PREPOSITIONS
            ):
                return
            if follows in _RELATIVES:
                if (follows in ("who", "whom")) != self.sketch.is_person(subject) and (
                    follows != "whose"
                ):
                    return
                self.at += skip + 1
                self._relative(subject, [])
                continue
            if follows in _PREPOSITIONS:
                return
            self.at += skip + 1
            if self._begins():
                self._joined(subject, said)

    def _joined(self, subject: int, said: list[str]) -> None:
        """Another object or description behind "and"."""
        if said and not _COPULAS.issuperset(said):
            other = self.phrase()
            if other is not None:
                self.sketch.tie(subject, other, said)
        else:
            self.phrase(subject)

    def _clause(self, subject: int) -> list[str]:
        """A verb with what it takes; returns the words of the verb."""
        if self._value(subject):
            return []
        verbs = self.words()
        if self._begins():
            if verbs and _COPULAS.issuperset(verbs):
                self.phrase(subject)
                return verbs
            other = self.phrase()
            tail = self._tail()
            if other is not None:
                self.sketch.tie(subject, other, [*verbs, *tail])
            while self.peek() in _PREPOSITIONS and self._begins(1):
                self._placed(subject, verbs)
        return verbs

    def _tail(self) -> list[str]:
        """The words behind an object: "as publisher", "in a main part"."""
        found: list[str] = []
        while self.type() == "word" and (
            self.peek() == "as" or (found and not self._ends(_PREPOSITIONS))
        ):
            found.append(self.take().lower())
            if self.peek() in ("a", "an", "the", "its"):
                self.take()
        return found

    def _value(self, subject: int) -> bool:
        """A verb phrase around a number: "has a length of 83 kilometres", "in the 1860s"."""
        ahead, article = 0, 0
        plain = _RELATIVES | _STOPS
        while self.type(ahead) == "word" and self.peek(ahead) not in plain:
            if self.peek(ahead) == "the" and self.type(ahead + 1) != "number":
                return False
            if self.peek(ahead) in ("a", "an"):
                if article or (ahead and self.peek(ahead - 1) in _PREPOSITIONS):
                    return False
                article = ahead + 1
            elif article and self._is_participle(ahead):
                return False
            ahead += 1
        if self.type(ahead) != "number":
            return False
        said = [self.take().lower() for _ in range(ahead)]
        value = self.take()
        if said[-1:] == ["between"] and self.peek() == "and" and self.type(1) == "number":
            self.take()
            value += f"-{self.take()}"
        while self.type() == "word" and self.peek() not in plain | _VERBS:
            if self.peek() in _PREPOSITIONS and self._begins(1) and self.peek(1) != "the":
                break
            said.append(self.take().lower())
        self.sketch.tie(subject, self.sketch.add(Thing("", value, value=True)), said)
        return True

    def ask(self) -> None:
        """The asking sentence: what is sought, and what is said of it."""
        before = []
        asking = ("how", "what", "which", "who", "whom", "when", "where", "whose")
        while self.type() == "word" and self.peek() not in asking:
            before.append(self.take().lower())
        word = self.take().lower() if self.type() else ""
        if word == "how":
            self._how()
        elif word in asking:
            self._which(word, before)

    def _which(self, word: str, before: list[str]) -> None:
        noun = {"who": ["person"], "whom": ["person"], "when": ["year", "when"], "where": ["city"]}
        head = noun.get(word) or self._head()
        if self.peek() == "of" and not head:
            return
        if not head and word in ("what", "which") and self.peek() in _COPULAS:
            self._what()
            return
        target = self.sketch.add(Thing(" ".join(head or ["thing"])))
        self.sketch.target = target
        if self.peek() == "(":
            self._aside(target)
        if self.peek() == ",":
            self._apposed(target)
        said = before + (head if word in ("what", "which") else [])
        if not before and self.peek() in _COPULAS and self.peek(1) in ("a", "an", "both"):
            self._verbs(target)
        else:
            self._body(target, said, word)

    def _body(self, target: int, said: list[str], word: str) -> None:
        """What is said of the target: by an auxiliary and a subject, or by verbs."""
        begin = self.at
        while self.peek() in _AUXILIARIES or self.peek() == "or":
            self.take()
        if self.at == begin or not self._begins():
            self.at = begin
            self._verbs(target)
            return
        subject = self.phrase()
        rest = []
        while self.type() == "word" and self.peek() not in _STOPS | _RELATIVES:
            rest.append(self.take().lower())
        if subject is None:
            return
        if word == "who" and not rest:
            self.sketch.target = subject
        else:
            self.sketch.tie(target, subject, [*said, *rest])

    def _what(self) -> None:
        """Read on in "What is the population of Ley?"."""
        while self.peek() in _COPULAS:
            self.take()
        self.sketch.target = self.phrase()

    def _how(self) -> None:
        """Read on in "How many people live in Ley?", "How large is it?"."""
        said = [word for word in self._head() if word not in ("many", "much")]
        if self.peek() == ",":
            self.at += 1
            while self.type() and self.peek() != ",":
                said.append(self.take().lower())
            self.at += 1
        target = self.sketch.add(Thing("number"))
        self.sketch.target, self.sketch.asked = target, " ".join(said)
        self._body(target, said, "how")
