"""What was read so far says of every step of a request: the things that may be what it seeks."""

from heapq import nlargest
from typing import NamedTuple

from webenvs.envs.features.asked import Step, Tie
from webenvs.envs.features.knowledge import Knowledge
from webenvs.envs.features.reading import Line, Span, fit
from webenvs.players.script.concepts import kinds

KEPT = 8
"""How many things of a step are kept."""
SOURCES = 3
"""From how many of them the next step is looked for."""
SURE = 0.7
"""The strength from which a step counts as solved."""


class Found(NamedTuple):
    """A thing that a step may seek: how well it fits, from 0 to 1, and how often it was read."""

    key: str
    text: str
    strength: float
    lines: int


Scored = dict[str, tuple[float, int, Span]]


class Gathered:
    """What the statements that mention a source give of a tie, kept up with what is learned."""

    __slots__ = ("best", "taken")

    def __init__(self) -> None:
        """Nothing is gathered."""
        self.taken: dict[str, int] = {}
        self.best: Scored = {}


class Solver:
    """The things found for every step, best first; recomputed when something was learned.

    `sources` are the keys and texts that every tie starts from.
    """

    def __init__(self, known: Knowledge) -> None:
        """Nothing is found."""
        self.known = known
        self.steps = known.asked.steps
        self.found: list[list[Found]] = [[] for _ in self.steps]
        self.solved: list[bool] = [False] * len(self.steps)
        self.sources: list[list[tuple[str, str]]] = [[] for _ in known.asked.ties]
        self._gathered: dict[tuple[int, str], Gathered] = {}
        self._revision = -1

    @property
    def open_step(self) -> int:
        """The first step that is not solved; the last one if all are."""
        return self.solved.index(False) if False in self.solved else len(self.steps) - 1

    @property
    def progress(self) -> float:
        """The share of the steps that are solved."""
        return sum(self.solved) / len(self.steps)

    def update(self) -> None:
        """Take in what was learned since the last time."""
        if self._revision == self.known.revision:
            return
        self._revision = self.known.revision
        for number, step in enumerate(self.steps):
            for tie in step.ties:
                self.sources[tie.place] = self._starts(tie)
            find = self._named if step.type == "name" else self._measured
            found = find(number, step)
            self.found[number] = found
            before = all(self.solved[tie.step] for tie in step.ties if tie.step >= 0)
            self.solved[number] = before and bool(found) and found[0].strength >= SURE

    def _starts(self, tie: Tie) -> list[tuple[str, str]]:
        """What a tie starts from, likeliest first: keys and texts."""
        if tie.step < 0:
            return [(tie.key, tie.anchor)]
        found = self.found[tie.step]
        least = found[0].strength - _BEHIND if found else 0.0
        return [(one.key, one.text) for one in found[:SOURCES] if one.strength >= least]

    def _named(self, number: int, step: Step) -> list[Found]:
        known = self.known
        passed = set() if known.asked.chooses and number == len(self.steps) - 1 else known.anchors
        total: dict[str, tuple[float, int, Span]] = {}
        for tie in step.ties:
            for one, (score, count, span) in self._tied(number, tie).items():
                if one in passed:
                    continue
                before = total.get(one)
                if before is None:
                    total[one] = (score, count, span)
                else:
                    total[one] = (before[0] + score, before[1] + count, before[2])
        share = 0.35 / max(1, len(step.ties))
        best = nlargest(2 * KEPT, total.values(), key=lambda one: (one[0], one[1]))
        found = [
            Found(
                span.key,
                span.text,
                _bounded(share * score + 0.25 * self._worth(span, step)),
                count,
            )
            for score, count, span in best
        ]
        found.sort(key=lambda one: -one.strength)
        return found[:KEPT]

    def _tied(self, number: int, tie: Tie) -> Scored:
        """The names that are tied to any source of a tie."""
        merged: Scored = {}
        sources = self.sources[tie.place]
        passed = {one for source, _ in sources for one in self.known.keys(source)}
        for place, (source, _) in enumerate(sources):
            bonus = 0.6 - 0.3 * place
            for one, (score, count, span) in self._gather(number, tie, source).items():
                before = merged.get(one)
                if one not in passed and (before is None or before[0] < score + bonus):
                    merged[one] = (score + bonus, count, span)
        return merged

    def _gather(self, number: int, tie: Tie, source: str) -> Scored:
        gathered = self._gathered.get((tie.place, source))
        if gathered is None:
            gathered = self._gathered[tie.place, source] = Gathered()
        step, leaves = self.steps[number], self.known.leaves
        for one in tie.decade or self.known.keys(source):
            taken = gathered.taken.get(one, 0)
            gathered.taken[one] = len(leaves)
            for leaf in leaves[taken:]:
                for line, own in leaf.lines.get(one, ()):
                    if step.type != "name":
                        _add_values(gathered.best, step, tie, line, own)
                    elif tie.value:
                        _add_subject(gathered.best, tie, line)
                    else:
                        _add_names(gathered.best, step, tie, line, own)
        return gathered.best

    def _worth(self, span: Span, step: Step) -> float:
        """What speaks for a name besides the words of its ties: its kind, its page."""
        known = self.known.kinds_of(span.key)
        linked = span.key in self.known.urls
        worth = 0.3 if linked else -0.5 * (" " not in span.text)
        if known == _LIST:
            return worth - 3.0
        if not step.kinds:
            return worth
        if known:
            return worth + (1.0 if known & step.kinds else -1.5)
        named = [kinds(word) for word in span.key.split()]
        if any(named):
            return worth + (0.6 if any(one & step.kinds for one in named) else -0.6)
        return worth - (1.0 if self.known.is_read(span.key) else 0.0)

    def _measured(self, number: int, step: Step) -> list[Found]:
        total: dict[str, tuple[float, int, Span]] = {}
        for tie in step.ties:
            for place, (source, _) in enumerate(self.sources[tie.place]):
                for one, (score, count, span) in self._gather(number, tie, source).items():
                    worth = score - 0.3 * place
                    before = total.get(one)
                    if before is None or before[0] < worth:
                        total[one] = (worth, count, span)
        best = nlargest(KEPT, total.values(), key=lambda one: (one[0], one[1]))
        return [
            Found(span.key, span.text, _bounded(0.7 * score), count) for score, count, span in best
        ]


_BEHIND = 0.15
_LIST = frozenset({"list"})


def _bounded(strength: float) -> float:
    return max(0.0, min(1.0, strength))


def _keep(best: Scored, span: Span, score: float) -> None:
    before = best.get(span.key)
    if before is None:
        best[span.key] = (score, 1, span)
    else:
        best[span.key] = (max(score, before[0]), before[1] + 1, before[2])


def _add_names(best: Scored, step: Step, tie: Tie, line: Line, own: bool) -> None:
    said = line.statement
    score = fit(tie.hop, line, own=own)
    score += 0.2 * own + said.plain - (0.0 if score else 0.3)
    if not step.about.isdisjoint(said.about):
        score += 0.4
    elif step.kinds and line.kinds:
        score -= 0.4
    for span in line.spans:
        if span.type == "name":
            _keep(best, span, score)


def _add_subject(best: Scored, tie: Tie, line: Line) -> None:
    score = max(fit(tie.hop, line, own=True), 0.15)
    if line.subject is not None:
        _keep(best, line.subject, score + line.statement.plain)


def _add_values(best: Scored, step: Step, tie: Tie, line: Line, own: bool) -> None:
    score = fit(tie.hop, line, own=True) + 0.3 * own + 0.1 + line.statement.plain
    if not step.about.isdisjoint(line.statement.about):
        score += 0.1
    for place, span in enumerate(line.spans):
        if span.type == step.type:
            _keep(best, span, score - 0.02 * place)
        elif step.type == "date" and span.type == "year":
            _keep(best, span, score - 0.5)
