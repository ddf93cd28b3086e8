"""How the scripted researcher works: from a name of the question, hop by hop, to its answer.

The procedure is a generator: it yields the calls of a message and is sent what they returned.
"""

from collections.abc import Generator, Sequence

from webenvs.players.script.clues import Hop, clues
from webenvs.players.script.comparison import Comparison, comparison
from webenvs.players.script.concepts import related
from webenvs.players.script.grammar import sketch_of
from webenvs.players.script.memory import Memory
from webenvs.players.script.names import key
from webenvs.players.script.notes import Candidate, Statement, candidates, fit, overlap, values
from webenvs.players.script.reader import Calls, Reader, Steps
from webenvs.players.script.results import Reading
from webenvs.players.script.solving import Solving, solvable

Also = Sequence[tuple[str, Hop]]
Found = Generator[Calls, list[Reading], Candidate | None]

_LOOKS = 2


class Research:
    """A search for one answer: what is known, and the best answer so far with its support."""

    def __init__(self, question: str, tries: int = 2) -> None:
        """`tries` is how often a call that fails is made."""
        self.question = question
        self.clues = clues(question)
        self.memory = Memory()
        self.reader = Reader(self.memory, tries)
        self.answer = ""
        self.support = ""

    def run(self) -> Steps:
        """Find the answer; it is the better the longer this runs."""
        compared = comparison(self.question)
        if compared is not None:
            yield from self._compare(compared)
            return
        sketch = sketch_of(self.question)
        if solvable(sketch):
            solving = Solving(sketch, self.memory, self.reader)
            yield from solving.run()
            self.answer, self.support = solving.answer, solving.support
        if not self.answer:
            yield from self._follow()

    def _follow(self) -> Steps:
        """Follow the hops from the start, each from what the one before it led to."""
        focus, path, before = self.clues.start, [self.clues.start], None
        hops = self.clues.hops or (Hop((), frozenset(), self.question),)
        yield from self.reader.search(focus, [f"{focus} {hops[0].text}", focus])
        for hop in hops:
            if hop is hops[-1] and self.clues.wants in ("year", "number"):
                yield from self._measure(focus, hop)
            elif before is None or not self._is_there(focus, hop, before):
                found = yield from self._next(
                    focus, hop, path, self.clues.also if not before else ()
                )
                if found is not None:
                    focus = self.memory.title(found.name)
                    path.append(focus)
                    self.answer, self.support = focus, f"{found.title}: {found.support}"
            before = hop

    def _is_there(self, focus: str, hop: Hop, before: Hop) -> bool:
        """Whether the focus is what the hop leads to already: nothing new is said of it."""
        return self._suits(focus, hop) and set(hop.about) <= set(before.about)

    def _next(self, focus: str, hop: Hop, path: Sequence[str], also: Also) -> Found:
        """What a hop leads to: by the pages read so far if they say it, else after a search."""
        ranked = self._ranked(focus, hop, path, also)
        if not also and self._is_said(ranked, hop):
            yield from self._open_unknown(ranked)
            ranked = self._ranked(focus, hop, path, also)
            if ranked and self._suits(ranked[0].name, hop):
                return ranked[0]
        yield from self.reader.search(focus, _queries(focus, hop, [name for name, _ in also]))
        yield from self.reader.read_on(focus, _near(hop)[:3])
        for _ in range(_LOOKS):
            ranked = self._ranked(focus, hop, path, also)
            if self._is_said(ranked, hop) and self._suits(ranked[0].name, hop):
                break
            yield from self._open_unknown(ranked)
        ranked = self._ranked(focus, hop, path, also)
        return ranked[0] if ranked and ranked[0].score >= 0 else None

    def _open_unknown(self, ranked: Sequence[Candidate]) -> Steps:
        yield from self.reader.open([one.name for one in ranked if not self.memory.kind(one.name)])

    def _is_said(self, ranked: Sequence[Candidate], hop: Hop) -> bool:
        """Whether the best candidate stands in the words that the hop asks in."""
        return bool(ranked) and ranked[0].score >= len(hop.about)

    def _suits(self, name: str, hop: Hop) -> bool:
        """Whether a name is of the kind that a hop asks for; an unread one is given the doubt."""
        kind = self.memory.kind(name)
        return not hop.kinds or not kind or bool(kind & hop.kinds)

    def _ranked(self, focus: str, hop: Hop, path: Sequence[str], also: Also) -> list[Candidate]:
        """The candidates of a hop, best first, without what was passed already."""
        known = {one for name in path for one in self.memory.keys(name)} | self.clues.names
        found = [
            one._replace(score=one.score + self._worth(one.name, hop, also))
            for one in candidates(self.memory.notes, self.memory.keys(focus), hop)
            if key(one.name) not in known
        ]
        return sorted(found, key=lambda one: -one.score)

    def _worth(self, name: str, hop: Hop, also: Also) -> float:
        """What speaks for a name besides the words of the hop: its kind, its page, its ties."""
        kind = fit(name, hop, self.memory.kind(name))
        return kind + 0.3 * (self.memory.url(name) is not None) + self._ties(name, also)

    def _ties(self, name: str, also: Also) -> float:
        """How strongly the notes tie a name to the further names of the question."""
        keys = self.memory.keys(name) if also else frozenset()
        total = 0.0
        for other, hop in also:
            others = self.memory.keys(other)
            ties = [
                1.0 + overlap(hop, statement, own=own)
                for statement, own in self._statements(keys)
                if not others.isdisjoint(statement.keys) or other in statement.text
            ]
            total += max(ties, default=0.0)
        return total

    def _statements(self, keys: frozenset[str]) -> list[tuple[Statement, bool]]:
        """The statements about the thing of these keys; whether they stand on its own page."""
        return [
            (statement, key(note.title) in keys)
            for note in self.memory.notes
            for statement in note.statements
            if not keys.isdisjoint(statement.keys)
        ]

    def _measure(self, focus: str, hop: Hop) -> Steps:
        """Take the year or number that is said of the focus in the words of the hop."""
        yield from self.reader.open([focus])
        if self._take_value(focus, hop) < 1.0:
            yield from self.reader.search(focus, [f"{focus} {hop.text}"])
            yield from self.reader.read_on(focus, _near(hop)[:3])
            self._take_value(focus, hop)

    def _take_value(self, focus: str, hop: Hop) -> float:
        """Make the best value the answer; returns how well the words of the hop cover it."""
        best = 0.0
        for statement, own in self._statements(self.memory.keys(focus)):
            found = values(statement.text, self.clues.wants)
            score = overlap(hop, statement, own=True) + 0.3 * own + 0.1
            if found and score > best:
                best = score
                self.answer, self.support = found[0], f"{focus}: {statement.text}"
        return best

    def _compare(self, compared: Comparison) -> Steps:
        """Read about both things, then let what is said of them decide."""
        one, other = compared.names
        yield from self.reader.search(one, [one])
        yield from self.reader.search(other, [other])
        said = [self._statements(self.memory.keys(name)) for name in compared.names]
        texts = [[one for one, own in found if own] or [one for one, _ in found] for found in said]
        self.answer = compared.answer(texts[0], texts[1])
        self.support = f"Compared {one} with {other}."


def _near(hop: Hop) -> list[str]:
    """Words that are near to those of a hop, from its families."""
    return sorted({word for meant in hop.about for label in meant for word in related(label)})


def _queries(focus: str, hop: Hop, extra: Sequence[str]) -> list[str]:
    """What to search for when a hop starts from the focus: as asked, in near words, by names."""
    asked = [[focus, hop.text, *extra], [focus, *sorted(hop.kinds), *_near(hop)]]
    asked += [[focus, *extra]] if extra else []
    return [" ".join(words) for words in asked]
