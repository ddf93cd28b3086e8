"""A chat model as a proposer of edits, wordings and sub-questions; nothing it says is trusted.

What it proposes passes the same tests as edits by rule, and what cannot be used is reported with
the reason, so that the work goes on without it.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from webenvs.actions.json_text import JsonTextError, decode
from webenvs.corpora.knowledge import Fact, Knowledge, plain
from webenvs.players.endpoint import Endpoint, EndpointError
from webenvs.records import Record
from webenvs.search.retriever import Retriever
from webenvs.tasks.evolve import Proposals, Proposed, Worded, leak
from webenvs.tasks.kp.answer_rules import no_first_hit
from webenvs.tasks.kp.case import Case, RuleSettings
from webenvs.tasks.kp.edges import atom_text
from webenvs.tasks.kp.edits import Leaf, leaves, with_term
from webenvs.tasks.kp.join import assignments
from webenvs.tasks.kp.query import Const, Query
from webenvs.tasks.kp.wording import fact_sentence
from webenvs.tasks.question_edits import Edit, next_rung
from webenvs.tasks.rewrite import described, named_thing
from webenvs.tasks.salience import Gold, words_of
from webenvs.text import clip, one_line

_MOST_EDITS = 8
_MOST_FACTS = 40
_LONGEST_NAME = 6
"""The most words of a name that is looked for in a wording."""
_GROWTH = 1.5
_SMALL = frozenset(["a", "an", "the", "in", "on", "of", "and", "or", "between", "with"])

_SYSTEM = (
    "You make research questions harder by making them shorter and vaguer. The answer must stay "
    "the same and the only one. Reply with one JSON object and nothing else."
)
_EDITS = """Question: {question}
Answer: {answer}

Its conditions (T is asked for; names such as X0 stand for things to be found):
{conditions}

Facts that are known:
{facts}

Propose up to {most} edits, the best first; each is one of
{{"kind": "remove", "condition": N}}
{{"kind": "vague", "condition": N}} only where a vaguer form is given
{{"kind": "replace", "condition": N, "facts": [[subject, relation, object], ...]}} to describe the \
named thing by facts instead of its name
and may hold "question": the whole question in good English as it reads after that edit alone, \
with every condition left in it and no name that no condition gives.
Reply: {{"edits": [...]}}"""
_REWORD = """Say this question in other words, in good English. Keep every condition and every \
name, number and year in it, and add none.
{question}
Reply: {{"question": "..."}}"""
_DESCRIBE = """Which of these facts, one to three of them, would make a good riddle for {value}: \
together they fit it alone, and none of them names it?
{facts}
Reply with their numbers: {{"facts": [N, ...]}}"""


class Chosen(Record, frozen=True, kw_only=True):
    """Facts that a model chose for a sub-question; `faults` are (rule, message) of a failure."""

    facts: tuple[Fact, ...] = ()
    faults: tuple[tuple[str, str], ...] = ()


class _UnusableError(ValueError):
    """Part of a reply cannot be used: the rule that says so, and why."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.fault = (rule, message)


class EndpointProposer:
    """Proposes through a chat endpoint; once that gives no answer at all it is not asked again.

    Faults carry the rules of `evolve.Refused`: "endpoint" (no reply), "form" (a reply that cannot
    be read), "fact" (an entity or fact that the knowledge does not have), "ladder" (no vaguer
    form), and for wordings V9, V10, "length" and "clue" (a condition left out or added).
    """

    def __init__(
        self,
        endpoint: Endpoint,
        explored: Iterable[Fact] = (),
        *,
        paraphrase: bool = False,
        retriever: Retriever | None = None,
        one_shot: int = 1,
        sampling: Mapping[str, Any] | None = None,
    ) -> None:
        """`explored` are facts to show, `sampling` goes into each request.

        With `paraphrase` each question is worded a second time. With a `retriever` no wording may
        find a page with the answer among its first `one_shot` hits (V10).
        """
        self._endpoint = endpoint
        self._explored = tuple(explored)
        self._paraphrase = paraphrase
        self._retriever = retriever
        self._one_shot = one_shot
        self._sampling = dict(sampling or {})
        self._failed = False

    def edits(self, knowledge: Knowledge, query: Query, question: str) -> Proposals:
        """The edits that the model proposes; each that cannot be used is a fault."""
        gold = next(iter(assignments(knowledge, query)))
        prompt = _EDITS.format(
            question=question,
            answer=", ".join(_named(knowledge, gold[query.target])),
            conditions="\n".join(_conditions(knowledge, query, gold)),
            facts="\n".join(_triple(fact) for fact in self._explored[:_MOST_FACTS]) or "(none)",
            most=_MOST_EDITS,
        )
        try:
            listed = _listed(self._reply(prompt), "edits")[:_MOST_EDITS]
        except _UnusableError as error:
            return Proposals(faults=(error.fault,))
        found, faults = [], []
        for item in listed:
            try:
                found.append(_proposed(knowledge, query, gold, item))
            except _UnusableError as error:
                faults.append(error.fault)
        return Proposals(edits=tuple(found), faults=tuple(faults))

    def worded(self, knowledge: Knowledge, query: Query, question: str, wording: str) -> Worded:
        """The best wording that keeps the rules: the paraphrase, the model's own, or `question`.

        Every constant must be told, nothing hidden, and no name or number added. How it words a
        relation is not checked: that stays the model's risk.
        """
        faults: list[tuple[str, str]] = []
        text = question
        if wording:
            fault = self._fault(knowledge, query, question, wording)
            text = text if fault else one_line(wording)
            faults += [fault] if fault else []
        if self._paraphrase and not self._failed:
            try:
                said = _text(self._reply(_REWORD.format(question=text)), "question")
                fault = self._fault(knowledge, query, question, said)
            except _UnusableError as error:
                said, fault = "", error.fault
            text = text if fault else one_line(said)
            faults += [fault] if fault else []
        return Worded(question=text, faults=tuple(faults))

    def propose(self, knowledge: Knowledge, value: str, facts: Sequence[Fact]) -> Chosen:
        """Those of the facts that the model takes to describe an entity, for `expand_strict`."""
        shown = facts[:_MOST_FACTS]
        told = "\n".join(f"{n}. {fact_sentence(knowledge, one)}" for n, one in enumerate(shown))
        name = ", ".join(_named(knowledge, value))
        try:
            places = _listed(self._reply(_DESCRIBE.format(value=name, facts=told)), "facts")
            chosen = [_numbered(shown, place, "fact") for place in places]
        except _UnusableError as error:
            return Chosen(faults=(error.fault,))
        return Chosen(facts=tuple(dict.fromkeys(chosen)))

    def _reply(self, prompt: str) -> Mapping[str, Any]:
        """The JSON object that the model replies with; raises _UnusableError."""
        if self._failed:
            raise _UnusableError("endpoint", "The endpoint has failed before; it was not asked.")
        messages = [{"role": "system", "content": _SYSTEM}, {"role": "user", "content": prompt}]
        try:
            text = self._endpoint.chat(messages, **self._sampling)
        except EndpointError as error:
            self._failed = error.fault in ("unreachable", "timeout", "status")
            raise _UnusableError("endpoint", str(error)) from None
        start, end = text.find("{"), text.rfind("}")
        try:
            reply = decode(text[start : end + 1] if start >= 0 else text)
        except JsonTextError as error:
            raise _UnusableError("form", f"The reply {error}: {_short(text)}") from None
        if not isinstance(reply, dict):
            raise _UnusableError("form", f"The reply is no JSON object: {_short(text)}")
        return reply

    def _fault(
        self, knowledge: Knowledge, query: Query, question: str, wording: str
    ) -> tuple[str, str] | None:
        """Why a wording of the query is not taken, or None; `question` is the one by rule."""
        text = one_line(wording)
        gold = next(iter(assignments(knowledge, query)))
        if "?" not in text:
            return ("form", f"The wording asks nothing: {_short(text)}")
        if len(text) > _GROWTH * len(question):
            return ("length", f"The wording has {len(text)} characters: {_short(text)}")
        told = leak(knowledge, query, gold, text)
        if told:
            return ("V9", f"The wording tells {told!r}: {_short(text)}")
        stray = _left_out(knowledge, query, text) or _added(knowledge, question, text)
        if stray:
            return ("clue", f"The wording {stray}: {_short(text)}")
        rules = RuleSettings(one_shot=self._one_shot)
        case = Case(knowledge, query, rules, question=text, retriever=self._retriever)
        return next((("V10", finding.message) for finding in no_first_hit(case)), None)


def _conditions(knowledge: Knowledge, query: Query, gold: Gold) -> Iterable[str]:
    """The atoms with their numbers, what their variables stand for, and their vaguer forms."""
    vaguer = {}
    for leaf in leaves(query):
        wider = next_rung(knowledge, query, leaf, gold)
        if wider is not None:
            vaguer[leaf.place] = wider.label
    for place, atom in enumerate(query.atoms):
        more = f" (vaguer: {vaguer[place]})" if place in vaguer else ""
        yield f"{place}. {atom_text(atom)}{more}"
    for name, value in gold.items():
        yield f"{name} is {', '.join(_named(knowledge, value))}"


def _proposed(knowledge: Knowledge, query: Query, gold: Gold, item: object) -> Proposed:
    """The edit that one item of a reply means; raises _UnusableError."""
    if not isinstance(item, dict):
        raise _UnusableError("form", f"An edit is no JSON object: {_short(str(item))}")
    places = tuple(range(len(query.atoms)))
    place = _numbered(places, item.get("condition"), "condition")
    leaf = next((leaf for leaf in leaves(query) if leaf.place == place), None)
    if leaf is None:
        raise _UnusableError("form", f"Condition {place} gives nothing that could be edited.")
    kind, atom = item.get("kind"), query.atoms[place]
    if kind == "remove":
        edit = Edit(kind="remove", place=place, atom=atom)
    elif kind == "vague":
        edit = _vaguer(knowledge, query, gold, leaf)
    elif kind == "replace":
        edit = _replacement(knowledge, query, gold, leaf, _listed(item, "facts"))
    else:
        raise _UnusableError("form", f"{kind!r} is no kind of edit: {_short(str(item))}")
    wording = item.get("question", "")
    return Proposed(edit=edit, wording=wording if isinstance(wording, str) else "")


def _vaguer(knowledge: Knowledge, query: Query, gold: Gold, leaf: Leaf) -> Edit:
    wider = next_rung(knowledge, query, leaf, gold)
    if wider is None:
        raise _UnusableError("ladder", f"Condition {leaf.place} has no vaguer form.")
    atom, by = query.atoms[leaf.place], with_term(query, leaf, wider).atoms[leaf.place]
    return Edit(kind="vague", place=leaf.place, atom=atom, by=(by,))


def _replacement(
    knowledge: Knowledge, query: Query, gold: Gold, leaf: Leaf, triples: Sequence[object]
) -> Edit:
    entity = named_thing(knowledge, query, leaf, gold)
    if entity is None:
        raise _UnusableError("form", f"Condition {leaf.place} names no single thing.")
    facts = [_fact(knowledge, triple) for triple in triples]
    if not facts or not all(entity in (fact.subject, fact.object) for fact in facts):
        raise _UnusableError("fact", f"The facts are not all about {entity!r}.")
    changed = described(query, leaf, entity, facts).atoms
    more = len(changed) - len(query.atoms) + 1
    by = changed[leaf.place : leaf.place + more]
    return Edit(kind="replace", place=leaf.place, atom=query.atoms[leaf.place], by=by)


def _fact(knowledge: Knowledge, triple: object) -> Fact:
    """The fact that a triple of a reply means; things are named by id or by a clear name."""
    if not isinstance(triple, list | tuple) or len(triple) != 3:
        raise _UnusableError("form", f"{_short(str(triple))} is no triple.")
    subject, relation, value = (str(part) for part in triple)
    bearers = (subject,) if subject in knowledge.entities else knowledge.bearers(subject)
    for bearer in bearers:
        for fact in knowledge.facts_from(bearer, relation):
            if plain(value) in map(plain, (str(fact.object), *_named(knowledge, fact.object))):
                return fact
    raise _UnusableError("fact", f"There is no fact {_short(str(triple))}.")


def _left_out(knowledge: Knowledge, query: Query, text: str) -> str:
    """What is missing of the query's constants, in words; empty if they are all told."""
    words = plain(text)
    for leaf in leaves(query):
        atom = query.atoms[leaf.place]
        term = atom.subject if leaf.side == "subject" else atom.object
        assert isinstance(term, Const)
        for said in words_of(knowledge, atom.relation, term):
            missing = [one for one in plain(said).split() if f" {one} " not in words]
            if set(missing) - _SMALL:
                return f"leaves out {said!r}"
    return ""


def _added(knowledge: Knowledge, question: str, text: str) -> str:
    """What names, years or numbers a wording adds to the question, in words; empty if none."""
    known, said = plain(question), plain(text).split()
    for start, word in enumerate(said):
        if any(letter.isdigit() for letter in word) and f" {word} " not in known:
            return f"adds {word!r}"
        for end in range(start + 1, min(start + _LONGEST_NAME, len(said)) + 1):
            name = " ".join(said[start:end])
            if knowledge.bearers(name) and f" {name} " not in known:
                return f"adds {name!r}"
    return ""


def _listed(reply: Mapping[str, Any], field: str) -> list[Any]:
    found = reply.get(field)
    if not isinstance(found, list):
        raise _UnusableError("form", f"The reply has no list {field!r}: {_short(str(reply))}")
    return found


def _text(reply: Mapping[str, Any], field: str) -> str:
    found = reply.get(field)
    if not isinstance(found, str) or not found.strip():
        raise _UnusableError("form", f"The reply has no text {field!r}: {_short(str(reply))}")
    return found


def _numbered(items: Sequence[Any], place: object, what: str) -> Any:
    if type(place) is not int or not 0 <= place < len(items):
        raise _UnusableError("form", f"There is no {what} {_short(str(place))}.")
    return items[place]


def _named(knowledge: Knowledge, value: object) -> tuple[str, ...]:
    entity = knowledge.entities.get(str(value))
    return entity.names if entity else (str(value),)


def _triple(fact: Fact) -> str:
    return f'["{fact.subject}", "{fact.relation}", "{fact.object}"]'


def _short(text: str) -> str:
    return clip(one_line(text), 120)
