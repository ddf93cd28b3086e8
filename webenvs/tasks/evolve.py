"""From long to short: a question loses its salient clues, round by round, and keeps its answer.

Each round makes one edit: it removes a clue, makes one vaguer, or replaces a named thing by a
description. Source: the query evolution of WebExplorer (arXiv 2509.06501, section 2.3), with tests
in the place of a language model's judgement; a model may propose edits that pass the same tests.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import msgspec

from webenvs.corpora.knowledge import Knowledge, Value, plain
from webenvs.errors import QueryError, bad_setting
from webenvs.records import Record
from webenvs.tasks.kp.edits import Rejection
from webenvs.tasks.kp.graph import connected, part_of
from webenvs.tasks.kp.join import answer_of, assignments, facts_of
from webenvs.tasks.kp.query import NAMED, Atom, Query
from webenvs.tasks.kp.spelling import is_named, names_of
from webenvs.tasks.kp.sufficient import min_docs, minimal_sets, reach
from webenvs.tasks.kp.wording import question_of
from webenvs.tasks.question_edits import KINDS, Edit, EditKind, candidates, edited
from webenvs.tasks.salience import Gold, total_salience

Source = Literal["rules", "model"]
ROUNDS = 5


class Evolving(Record, frozen=True, kw_only=True):
    """How questions evolve.

    `plan` names the kind of edit that is tried first in each round; the others, and every round
    beyond it, follow the order of `KINDS`. By default it is that of the golden run: four clues go,
    then one becomes vaguer. `growth` is how long a replacement may make the text, as a multiple.
    `lax` is the most things that a description may fit as well; `tries` descriptions are tried for
    a clue. `pages` is the most pages that it may take to prove the answer.
    """

    plan: tuple[EditKind, ...] = ("remove", "remove", "remove", "remove", "vague")
    growth: float = 1.15
    lax: int = 20
    tries: int = 3
    pages: int = 10

    def __post_init__(self) -> None:
        """Raise SettingError for a value out of range."""
        for kind in self.plan:
            if kind not in KINDS:
                raise bad_setting("plan", kind, "made of " + ", ".join(KINDS))
        for name, least in (("growth", 1), ("lax", 1), ("tries", 0), ("pages", 1)):
            if getattr(self, name) < least:
                raise bad_setting(name, getattr(self, name), f"at least {least}")


class Refused(Record, frozen=True, kw_only=True):
    """An edit that was not accepted in a round, and the rule that it breaks.

    Rules besides V1 to V16: "salience" (the sum must fall), "length" (a replacement made the text
    too long), "taken back" (accepted, but the text was longer at the end than at first), and of a
    proposer those that it names: "endpoint" (no proposal came), "form" (it cannot be read), ...
    """

    round: int
    edit: Edit | None
    rule: str
    message: str
    source: Source = "rules"


class Round(Record, frozen=True, kw_only=True):
    """A question of an evolution: Q0 without an edit, then what each edit made of it.

    `salience` is the sum over its clues, in bits; `source` says who proposed the edit.
    """

    query: Query
    question: str
    edit: Edit | None = None
    essential_reach: int
    min_docs: int
    salience: float
    source: Source = "rules"

    @property
    def length(self) -> int:
        """The characters of the question."""
        return len(self.question)


class Evolution(Record, frozen=True, kw_only=True):
    """The questions Q0 to QK of one evolution, and the edits that were refused on the way."""

    rounds: tuple[Round, ...]
    refused: tuple[Refused, ...] = ()

    @property
    def questions(self) -> tuple[Query, ...]:
        """Q0 to QK."""
        return tuple(each.query for each in self.rounds)


class Proposed(Record, frozen=True, kw_only=True):
    """An edit that a model proposes, with its wording of the question after it, if any."""

    edit: Edit
    wording: str = ""


class Proposals(Record, frozen=True, kw_only=True):
    """What a model proposes; `faults` are (rule, message) of what could not be used."""

    edits: tuple[Proposed, ...] = ()
    faults: tuple[tuple[str, str], ...] = ()


class Worded(Record, frozen=True, kw_only=True):
    """A text for a question, and (rule, message) of the wordings that were not taken."""

    question: str
    faults: tuple[tuple[str, str], ...] = ()


class Proposer(Protocol):
    """Who proposes edits and wordings; nothing of it is trusted."""

    def edits(self, knowledge: Knowledge, query: Query, question: str) -> Proposals:
        """Edits of the query that `question` asks, the best first."""
        ...

    def worded(self, knowledge: Knowledge, query: Query, question: str, wording: str) -> Worded:
        """The text for the query: its `wording` if that keeps the rules, else `question`."""
        ...


def evolve(
    knowledge: Knowledge,
    query: Query,
    rounds: int = ROUNDS,
    *key: object,
    settings: Evolving | None = None,
    proposer: Proposer | None = None,
) -> Evolution:
    """The evolution of `query` over at most `rounds` rounds; the key words its questions.

    A round takes the first edit that `attempt` accepts: of the proposer's if there is one, else of
    `candidates`. It ends early when no edit is accepted. Rounds that leave the text longer than it
    was at first are taken back. Raises SettingError for negative rounds, QueryError for a query
    without exactly one answer, or with something computed on top.
    """
    if rounds < 0:
        raise bad_setting("rounds", rounds, "0 or more")
    evolver = _Evolver(knowledge, key, settings or Evolving(), proposer)
    standing = evolver.first(query)
    done = [_round(standing, None)]
    while len(done) <= rounds:
        step = evolver.step(standing, len(done))
        if step is None:
            break
        standing, made = step
        done.append(made)
    while done[-1].length > done[0].length:
        last = done.pop()
        message = f"{last.length} characters at the end, {done[0].length} at first"
        evolver.refuse(len(done), last.edit, "taken back", message, last.source)
    return Evolution(rounds=tuple(done), refused=tuple(evolver.refused))


def attempt(
    knowledge: Knowledge,
    query: Query,
    edit: Edit,
    *key: object,
    settings: Evolving | None = None,
) -> Query | Rejection:
    """The query after an edit, or the rule that the edit breaks.

    Accepted is an edit that leaves the one answer as it is (V2, V14) and the query connected (V1),
    does not lessen the essential reach (V6), keeps the answer provable from few pages (V3, V13),
    tells no name that the question does not give (V9), and lessens the salience; a replacement
    must not make the text much longer either.
    """
    evolver = _Evolver(knowledge, key, settings or Evolving(), None)
    outcome = evolver.judged(evolver.first(query), edit)
    return outcome if isinstance(outcome, Rejection) else outcome.query


def leak(knowledge: Knowledge, query: Query, gold: Gold, question: str) -> str | None:
    """The first name of a variable that the text tells and the query does not, or None (V9)."""
    words = plain(question)
    hidden = (name for name in gold if not is_named(query, name))
    names = (one for name in hidden for one in names_of(knowledge, query, name, gold[name]))
    return next((name for name in names if plain(name) in words), None)


@dataclass(frozen=True)
class _Standing:
    """A question with what its successors are compared with.

    `ways` are the minimal sufficient sets of its atoms, `pages` what the cheapest takes to prove.
    """

    query: Query
    gold: Gold
    answer: tuple[Value, ...]
    salience: float
    question: str
    ways: tuple[frozenset[Atom], ...]
    reach: int
    pages: int


class _Evolver:
    """The edits of one evolution: how they are judged, what was refused, and what is known."""

    def __init__(
        self,
        knowledge: Knowledge,
        key: Sequence[object],
        settings: Evolving,
        proposer: Proposer | None,
    ) -> None:
        self.refused: list[Refused] = []
        self._knowledge = knowledge
        self._key = key
        self._settings = settings
        self._proposer = proposer
        self._measured: dict[frozenset[Atom], tuple[int, int]] = {}

    def first(self, query: Query) -> _Standing:
        """What the first edit is compared with; raises QueryError unless there is one answer."""
        if query.post is not None:
            raise QueryError(
                f"A query to evolve must ask for its target, not for {query.post.op} of it."
            )
        answer = answer_of(self._knowledge, query)
        if len(answer) != 1:
            raise QueryError(f"A query to evolve must have one answer; this one has {len(answer)}.")
        gold = next(iter(assignments(self._knowledge, query)))
        bits = total_salience(self._knowledge, query, gold)
        question = question_of(self._knowledge, query, *self._key)
        return self._standing(query, gold, answer, bits, question, self._ways(query))

    def step(self, standing: _Standing, number: int) -> tuple[_Standing, Round] | None:
        """The next round: by the proposer if there is one and it has a good edit, else by rule."""
        step = self._proposed(standing, number) if self._proposer else None
        return step or self._ruled(standing, number)

    def refuse(
        self, number: int, edit: Edit | None, rule: str, message: str, source: Source = "rules"
    ) -> None:
        """Note a refusal."""
        self.refused.append(
            Refused(round=number, edit=edit, rule=rule, message=message, source=source)
        )

    def judged(self, before: _Standing, edit: Edit) -> _Standing | Rejection:
        """What an edit makes of a question, or why it is refused; the cheap tests come first."""
        query = edited(before.query, edit)
        if len(connected(query)) < len(query.atoms) or not query.atoms:
            return Rejection("V1", "a condition is cut off from what is asked for")
        answer = answer_of(self._knowledge, query)
        if len(answer) != 1:
            return Rejection("V2", f"the answers are {', '.join(map(str, answer)) or 'none'}")
        if answer != before.answer:
            return Rejection("V14", f"the answer is {answer[0]}, no longer {before.answer[0]}")
        gold = next(iter(assignments(self._knowledge, query)))
        bits = total_salience(self._knowledge, query, gold)
        if bits >= before.salience:
            return Rejection("salience", f"{bits:.2f} bits, {before.salience:.2f} before")
        question = question_of(self._knowledge, query, *self._key)
        flaw = self._unspeakable(
            before, edit, question, leak(self._knowledge, query, gold, question)
        )
        if flaw:
            return flaw
        ways = self._ways(query) if edit.by else _ways_left(before, query)
        after = self._standing(query, gold, answer, bits, question, ways)
        return self._unproved(before, after) or after

    def _ruled(self, standing: _Standing, number: int) -> tuple[_Standing, Round] | None:
        """The first of the candidate edits that is accepted."""
        settings = self._settings
        minimal = [
            [place for place, atom in enumerate(standing.query.atoms) if atom in way]
            for way in standing.ways
        ]
        first = settings.plan[number - 1 : number]
        for kind in (*first, *(kind for kind in KINDS if kind not in first)):
            for edit in candidates(
                self._knowledge, standing.query, kind, settings.tries, settings.lax, minimal
            ):
                outcome = self.judged(standing, edit)
                if not isinstance(outcome, Rejection):
                    return outcome, _round(outcome, edit)
                self.refuse(number, edit, outcome.rule, outcome.message)
        return None

    def _proposed(self, standing: _Standing, number: int) -> tuple[_Standing, Round] | None:
        """The first of the proposer's edits that is accepted, in its own words if they hold."""
        assert self._proposer is not None
        proposals = self._proposer.edits(self._knowledge, standing.query, standing.question)
        for rule, message in proposals.faults:
            self.refuse(number, None, rule, message, "model")
        for proposed in proposals.edits:
            edit = proposed.edit
            outcome = self.judged(standing, edit)
            if isinstance(outcome, Rejection):
                self.refuse(number, edit, outcome.rule, outcome.message, "model")
                continue
            worded = self._proposer.worded(
                self._knowledge, outcome.query, outcome.question, proposed.wording
            )
            for rule, message in worded.faults:
                self.refuse(number, edit, rule, message, "model")
            made = _round(outcome, edit)
            return outcome, msgspec.structs.replace(made, question=worded.question, source="model")
        return None

    def _unspeakable(
        self, before: _Standing, edit: Edit, question: str, told: str | None
    ) -> Rejection | None:
        """What is wrong with the text after an edit, if anything is."""
        if told:
            return Rejection("V9", f"the question tells {told!r}")
        most = self._settings.growth * len(before.question)
        if edit.kind == "replace" and len(question) > most:
            return Rejection("length", f"{len(question)} characters, at most {most:.0f} allowed")
        return None

    def _unproved(self, before: _Standing, after: _Standing) -> Rejection | None:
        """What is wrong with the way to the answer after an edit, if anything is."""
        if after.reach < before.reach:
            return Rejection("V6", f"the essential reach is {after.reach}, {before.reach} before")
        for atom in after.query.atoms:
            facts = facts_of(self._knowledge, atom, after.gold)
            if atom.relation != NAMED and not any(fact.places for fact in facts):
                return Rejection("V3", f"no page states {atom.relation} as the question needs it")
        most = self._settings.pages
        if not 1 <= after.pages <= most:
            return Rejection("V13", f"{after.pages} pages prove it; from 1 to {most} may")
        return None

    def _standing(
        self,
        query: Query,
        gold: Gold,
        answer: tuple[Value, ...],
        bits: float,
        question: str,
        ways: tuple[frozenset[Atom], ...],
    ) -> _Standing:
        measured = [self._measure(query, way) for way in ways]
        return _Standing(
            query=query,
            gold=gold,
            answer=answer,
            salience=bits,
            question=question,
            ways=ways,
            reach=min((far for far, _ in measured), default=0),
            pages=min((pages for _, pages in measured if pages), default=0),
        )

    def _ways(self, query: Query) -> tuple[frozenset[Atom], ...]:
        """The minimal sufficient sets of a query's atoms."""
        found = minimal_sets(self._knowledge, query)
        return tuple(frozenset(query.atoms[place] for place in places) for places in found)

    def _measure(self, query: Query, way: frozenset[Atom]) -> tuple[int, int]:
        """The reach and the fewest pages of a minimal sufficient set, worked out once."""
        if way not in self._measured:
            places = [place for place, atom in enumerate(query.atoms) if atom in way]
            pages = min_docs(self._knowledge, part_of(query, places))
            self._measured[way] = (reach(query, places), pages)
        return self._measured[way]


def _ways_left(before: _Standing, query: Query) -> tuple[frozenset[Atom], ...]:
    """The minimal sufficient sets after a removal: those of before that it spares."""
    left = frozenset(query.atoms)
    return tuple(way for way in before.ways if way <= left)


def _round(standing: _Standing, edit: Edit | None) -> Round:
    return Round(
        query=standing.query,
        question=standing.question,
        edit=edit,
        essential_reach=standing.reach,
        min_docs=standing.pages,
        salience=standing.salience,
    )
