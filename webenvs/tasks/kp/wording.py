"""Queries in words: natural questions for any query, plain sentences for facts."""

from collections.abc import Sequence
from types import MappingProxyType

import msgspec

from webenvs import seeding
from webenvs.corpora.knowledge import Fact, Knowledge
from webenvs.tasks.kp import english
from webenvs.tasks.kp.clause import Clause, joined
from webenvs.tasks.kp.describing import (
    Form,
    clauses_of,
    describe,
    head_of,
    not_others,
    state,
    term,
)
from webenvs.tasks.kp.phrasing import (
    asked_of_many,
    comparative,
    is_clear,
    mention,
    phrases,
    superlative,
)
from webenvs.tasks.kp.plan import Tree, tree_of
from webenvs.tasks.kp.query import Atom, Post, Query, Term, Var, variables, variables_of
from webenvs.tasks.kp.speech import Speech

__all__ = ["fact_sentence", "is_clear", "mention", "question_of"]

_LIMITS = (4, 5, 5, 6)
"""The most conditions told in one sentence; a question's key chooses one."""
_FIRST = ("Consider {x}.", "Take {x}.", "Think of {x}.", "Start from {x}.")
_NEXT = ("Consider also {x}.", "Take also {x}.", "Think also of {x}.")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ALL = ("Name all of them.", "List them all.", "Give every one of them.")


def question_of(knowledge: Knowledge, query: Query, *key: object, several: bool = False) -> str:
    """The question that a query asks, in English; a pure function of its arguments.

    It is one sentence, or several of which the last one asks; `several` asks for all members of a
    set. The `key` chooses among the phrasings of relations and among the forms of a sentence. Any
    query can be asked: what the knowledge has no words for is told by the relation's name.
    """
    merged, other = _merged(query)
    roots = [query.target] if other is None else [query.target, other.target]
    limit = seeding.choice(_LIMITS, *key, "limit")
    tree = _rooted(knowledge, merged, roots, limit, query)
    speech = Speech(knowledge, merged.atoms, merged.neqs, tree, key)
    text = _told(speech, query, other, several)
    tagged = _ambiguous(speech)
    if not tagged:
        return text
    letters = MappingProxyType(dict(zip(tagged, _LETTERS * len(tagged), strict=False)))
    speech = Speech(knowledge, merged.atoms, merged.neqs, tree, key, letters)
    return _told(speech, query, other, several)


def fact_sentence(knowledge: Knowledge, fact: Fact) -> str:
    """A fact as one plain sentence: "FC Norla was founded in 1966."."""
    relation = phrases(knowledge, fact.relation)
    value = mention(knowledge, fact.object, fact.relation)
    if relation.kind == "date":
        value = f"on {value}"
    if relation.kind == "number" and relation.unit:
        value = f"{value} {relation.unit}"
    subject = mention(knowledge, fact.subject, "")
    return english.sentence(f"{subject} {english.fill(relation.predicates[0], value)}.")


def _merged(query: Query) -> tuple[Query, Query | None]:
    """One query of the atoms of both sides of a post operator, and the other side, renamed."""
    other = query.post.other if query.post else None
    if other is None:
        return query, None
    mark = "'"
    while any(name + mark in variables(query) for name in variables(other)):
        mark += "'"
    atoms = tuple(
        Atom(_marked(atom.subject, mark), atom.relation, _marked(atom.object, mark), atom.mode)
        for atom in other.atoms
    )
    neqs = tuple((one + mark, two + mark) for one, two in other.neqs)
    renamed = Query(atoms=atoms, target=other.target + mark, neqs=neqs, post=other.post)
    both = Query(atoms=query.atoms + atoms, target=query.target, neqs=query.neqs + neqs)
    return both, renamed


def _marked(term: Term, mark: str) -> Term:
    return Var(term.name + mark) if isinstance(term, Var) else term


def _rooted(
    knowledge: Knowledge, merged: Query, roots: Sequence[str], limit: int, query: Query
) -> Tree:
    """The tree of the query; a long subject in the middle of a question gets its own sentence."""
    tree = tree_of(merged.atoms, roots, limit)
    subject = _asked_subject(merged, query.target)
    if subject is None or query.post or tree.loads.get(subject.name, 0) < 2:
        return tree
    asked = next(atom for atom in merged.atoms if atom.object == Var(query.target))
    closing = any(ask.endswith("{x}?") for ask in phrases(knowledge, asked.relation).asks)
    if closing or subject.name in tree.apart:
        return tree
    return msgspec.structs.replace(tree, apart=(*tree.apart, subject.name))


def _asked_subject(query: Query, target: str) -> Var | None:
    """The variable of which the target is asked, if its one atom is such a link."""
    atoms = [atom for atom in query.atoms if target in variables_of(atom)]
    if len(atoms) == 1 and atoms[0].object == Var(target) != atoms[0].subject:
        return atoms[0].subject if isinstance(atoms[0].subject, Var) else None
    return None


def _ambiguous(speech: Speech) -> list[str]:
    """The variables that were spoken of again though something else has the same noun."""
    nouns = [speech.words(name).noun for name in speech.said]
    again = [name for name in speech.said if name in speech.again - speech.proper]
    return [name for name in again if nouns.count(speech.words(name).noun) > 1]


def _told(speech: Speech, query: Query, other: Query | None, several: bool) -> str:
    """All sentences: what is given, what is introduced, the question, what to do."""
    given = [
        f"Note that {state(speech, place)}."
        for place, atom in enumerate(speech.atoms)
        if not variables_of(atom)
    ]
    introduced = _introduced(speech)
    asked, after = _asked(speech, query, other, several)
    apart = _left(speech)
    told = [*given, *introduced, *apart, asked, *after]
    return " ".join(english.sentence(english.tidy(part)) for part in told)


def _introduced(speech: Speech) -> list[str]:
    told = []
    for place, name in enumerate(speech.tree.apart):
        speech.within = speech.tree.below(name)
        phrase = describe(speech, name)
        frames = _NEXT if place else _FIRST
        told.append(speech.choice(frames, "frame", place).format(x=phrase))
    speech.within = None
    return told


def _left(speech: Speech) -> list[str]:
    """Sentences for the atoms that no description reached."""
    places = range(len(speech.atoms))
    return [f"{state(speech, place)}." for place in places if place not in speech.used]


def _asked(
    speech: Speech, query: Query, other: Query | None, several: bool
) -> tuple[str, tuple[str, ...]]:
    """The sentence with the question mark, and what follows it."""
    post, target = query.post, query.target
    if post is None:
        after = (speech.choice(_ALL, "all"),) if several else ()
        return _plain(speech, target, several), after
    if post.op == "COUNT":
        return _how_many(speech, target), ()
    if post.op in ("ARGMIN", "ARGMAX"):
        return _which_of(speech, target, post), ()
    if post.op in ("MIN", "MAX"):
        return f"what is {_extreme(speech, target, post)}?", ()
    one = _value(speech, target, None)
    two = _value(speech, other.target, other.post) if other else "nothing"
    if post.op == "COMPARE":
        verb = comparative(phrases(speech.knowledge, post.relation))
        return f"{_who(speech, target)} {verb}, {one} or {two}?", ()
    if post.op == "SAME":
        return f"is {one} also {two}?", ()
    return _difference(speech, query, one, two), ()


def _plain(speech: Speech, target: str, several: bool) -> str:
    """The question for the target itself."""
    speech.introduce(target)
    edges = speech.own(target)
    if _is_asked(speech, target, edges):
        asked = _asked_of(speech, edges[0], several, how_many=False)
        if asked:
            return asked
    head, clauses = _top(speech, target, edges, several)
    if head == "person" and clauses:
        return f"who {joined(clauses, '')}?"
    if not clauses:
        return f"which {head} is meant?"
    first, rest = clauses[0], clauses[1:]
    if first.participle and rest and seeding.uniform(*speech.key, "apposition") < 0.4:
        return f"which {head}, {first.participle}, {joined(rest, '')}?"
    return f"which {head} {joined(clauses, '')}?"


def _is_asked(speech: Speech, target: str, edges: Sequence[int]) -> bool:
    """Whether all that is to be told of the target is that something has it."""
    if len(edges) != 1 or speech.unlike(target):
        return False
    atom = speech.atoms[edges[0]]
    return atom.object == Var(target) != atom.subject


def _top(
    speech: Speech, target: str, edges: Sequence[int], several: bool
) -> tuple[str, list[Clause]]:
    """The noun and the clauses of a target."""
    head, rest = head_of(speech, target, edges)
    if several:
        typed = len(rest) == len(edges)
        head = speech.words(target).plural if typed else english.plural_phrase(head)
    if target in speech.tagged:
        head += f" ({speech.said[target]})"
    if speech.is_another(target):
        head = f"other {head}"
    told = clauses_of(speech, target, rest, several, top=True)
    return head, [*told, *not_others(speech, target, several)]


def _asked_of(speech: Speech, place: int, several: bool, how_many: bool) -> str:
    """The relation's own question for its object; empty if it has none of the form asked for."""
    atom = speech.atoms[place]
    asks: Sequence[str] = phrases(speech.knowledge, atom.relation).asks
    if several or how_many:
        plurals = {words.noun: words.plural for words in speech.knowledge.types.values()}
        many = [asked_of_many(ask, plurals, how_many) for ask in asks]
        asks = [ask for ask in many if ask] or ([] if how_many else asks)
    if not asks or atom.mode == "sym":
        return ""
    if isinstance(atom.subject, Var) and atom.subject.name not in speech.said:
        asks = [ask for ask in asks if ask.endswith("{x}?")] or asks
    speech.used.add(place)
    form: Form = "a" if several or how_many else "the"
    subject = term(speech, atom.subject, atom.relation, subject=True, form=form)
    return english.fill(speech.choice(asks, "ask"), subject)


def _how_many(speech: Speech, target: str) -> str:
    speech.introduce(target)
    edges = speech.own(target)
    if _is_asked(speech, target, edges):
        asked = _asked_of(speech, edges[0], several=False, how_many=True)
        if asked:
            return asked
    head, clauses = _top(speech, target, edges, several=True)
    return f"how many {head} {joined(clauses, '')}?" if clauses else f"how many {head} are there?"


def _which_of(speech: Speech, target: str, post: Post) -> str:
    relation = phrases(speech.knowledge, post.relation)
    verb = superlative(relation, post.op == "ARGMAX", post.rank)
    return f"which of {describe(speech, target, 'all')} {verb}?"


def _extreme(speech: Speech, target: str, post: Post) -> str:
    """The least or greatest of values: "the earliest founding year of a club that ..."."""
    kind = speech.words(target).name
    ends = ("smallest", "greatest") if kind == "number" else ("earliest", "latest")
    adjective = ends[post.op == "MAX"]
    speech.introduce(target)
    edges = speech.own(target)
    if _is_asked(speech, target, edges):
        atom = speech.atoms[edges[0]]
        speech.used.add(edges[0])
        subject = term(speech, atom.subject, atom.relation, subject=True)
        noun = english.without_article(speech.noun_for(edges[0]))
        return f"the {adjective} {english.fill(noun, subject)}"
    head, clauses = _top(speech, target, edges, several=False)
    return f"the {adjective} {head} {joined(clauses, 'that')}"


def _value(speech: Speech, target: str, post: Post | None) -> str:
    """A side of a comparison as a noun phrase."""
    if post is None:
        return speech.refer(target) if target in speech.said else describe(speech, target, "the")
    if post.op == "COUNT":
        return f"the number of {describe(speech, target, 'all').removeprefix('the ')}"
    if post.op in ("MIN", "MAX"):
        return _extreme(speech, target, post)
    relation = phrases(speech.knowledge, post.relation)
    verb = superlative(relation, post.op == "ARGMAX", post.rank)
    noun, who = speech.words(target).noun, speech.words(target).who
    return f"the {noun} {who} {verb} of {describe(speech, target, 'all')}"


def _difference(speech: Speech, query: Query, one: str, two: str) -> str:
    unit = {"year": "years", "date": "days"}.get(speech.words(query.target).name)
    if unit:
        return f"how many {unit} lie between {one} and {two}?"
    return f"what is the difference between {one} and {two}?"


def _who(speech: Speech, target: str) -> str:
    return "who" if speech.words(target).who == "who" else "which"
