"""Noun phrases for the variables of a query, such as "a football club founded in 1966"."""

import re
from collections.abc import Sequence
from typing import Literal

from webenvs import seeding
from webenvs.tasks.kp import english
from webenvs.tasks.kp.clause import Clause, joined
from webenvs.tasks.kp.phrasing import given, is_copular, words_of
from webenvs.tasks.kp.query import NAMED, Const, Term, Var
from webenvs.tasks.kp.speech import Speech

Form = Literal["a", "the", "all"]
"""How a noun phrase begins: "a club that", "the club that", "the clubs that"."""
_APPOSITION = re.compile(r"\b(?:the|an?) \w+ \{x\}$")
_MEASURE = re.compile(r"the ([^{}]+) (of|in|at|for|on) \{x\}")
_SHORT = re.compile(r"(?:(?:to|in|by|for|on|from|at) (?:whom|which)|whose|that|who) ")


def describe(speech: Speech, name: str, form: Form = "a") -> str:
    """The noun phrase that introduces a variable, with all that is to be told of it."""
    speech.introduce(name)
    edges = speech.own(name)
    if form != "all" and name not in speech.tagged and not speech.unlike(name):
        sole = _sole(speech, name, edges)
        if sole:
            return sole
    called, edges = _called(speech, name, edges, form)
    sole = _sole(speech, name, edges) if called and edges else ""
    if called and (sole or not edges):
        return f"{called}{_tag(speech, name)}, {sole}," if sole else called
    head, rest = _head(speech, name, edges, "a" if called else form)
    clauses = clauses_of(speech, name, rest, several=form == "all")
    unlike = not_others(speech, name, several=form == "all")
    told = head + _relative(speech, name, [*clauses, *unlike])
    return f"{called}, {told}," if called else told


def clauses_of(
    speech: Speech, name: str, edges: Sequence[int], several: bool, top: bool = False
) -> list[Clause]:
    """The conditions of a variable as clauses; `top` leaves out those with "whose"."""
    speech.open.append(name)
    told = [
        _clause(speech, name, place, several, top) for place in edges if place not in speech.used
    ]
    speech.open.remove(name)
    return told


def head_of(speech: Speech, name: str, edges: Sequence[int]) -> tuple[str, list[int]]:
    """The noun of a variable, by its type or by "is a ..."; and the atoms that are left."""
    for place in edges:
        atom = speech.atoms[place]
        copular = any(is_copular(one) for one in speech.phrases(place).predicates)
        if copular and atom.subject == Var(name) and isinstance(atom.object, Const):
            speech.used.add(place)
            kind = given(speech.knowledge, atom.object, atom.relation, subject=False)
            kind = english.without_article(kind)
            return kind, [other for other in edges if other != place]
    return speech.words(name).noun, list(edges)


def term(speech: Speech, term: Term, relation: str, *, subject: bool, form: Form = "a") -> str:
    """One end of an atom in words."""
    if isinstance(term, Const):
        return given(speech.knowledge, term, relation, subject=subject)
    words = (
        speech.refer(term.name) if term.name in speech.said else describe(speech, term.name, form)
    )
    return f"on {words}" if not subject and speech.is_date(relation) else words


def state(speech: Speech, place: int) -> str:
    """An atom as a plain sentence, for what no description could tell."""
    speech.used.add(place)
    atom = speech.atoms[place]
    subject = term(speech, atom.subject, atom.relation, subject=True)
    value = term(speech, atom.object, atom.relation, subject=False)
    return f"{subject} {english.fill(speech.phrases(place).predicates[0], value)}"


def _sole(speech: Speech, name: str, edges: Sequence[int]) -> str:
    """The thing as what another thing has: "the home ground of ..."; empty if not enough."""
    place = edges[0] if len(edges) == 1 else None if edges else _link(speech, name)
    if place is None or speech.atoms[place].object != Var(name):
        return ""
    atom = speech.atoms[place]
    if atom.relation == NAMED or atom.subject == Var(name) or atom.mode == "sym":
        return ""
    speech.used.add(place)
    speech.open.append(name)
    subject = term(speech, atom.subject, atom.relation, subject=True)
    speech.open.remove(name)
    return english.fill(speech.noun_for(place), subject)


def _link(speech: Speech, name: str) -> int | None:
    """An untold atom by which an open thing has this one and no other of its kind."""
    for place, atom in enumerate(speech.atoms):
        ends = place not in speech.used and atom.object == Var(name)
        if ends and isinstance(atom.subject, Var) and atom.subject.name in speech.open:
            return place if speech.phrases(place).functional else None
    return None


def _head(speech: Speech, name: str, edges: Sequence[int], form: Form) -> tuple[str, list[int]]:
    """The noun with its article and tag, and the atoms that are left."""
    noun, rest = head_of(speech, name, edges)
    if form == "all":
        typed = len(rest) == len(edges)
        noun = speech.words(name).plural if typed else english.plural_phrase(noun)
    for place in [place for place in rest if _is_name(speech, place, name)]:
        atom = speech.atoms[place]
        noun += f" named {term(speech, atom.object, NAMED, subject=False)}"
        speech.used.add(place)
        rest.remove(place)
    return _determined(speech, name, noun, form) + _tag(speech, name), rest


def _tag(speech: Speech, name: str) -> str:
    """What a thing is called later, where it is neither a name nor "that ..."."""
    lettered = name in speech.tagged and name not in speech.proper
    return f" ({speech.said[name]})" if lettered else ""


def _called(speech: Speech, name: str, edges: list[int], form: Form) -> tuple[str, list[int]]:
    """A variable by its one given name, and the atoms that are left; "" if it has none."""
    places = [place for place in edges if _is_name(speech, place, name)]
    if len(places) != 1 or form == "all" or speech.unlike(name):
        return "", edges
    names = speech.atoms[places[0]].object
    if not isinstance(names, Const) or names.label or len(names.members) != 1:
        return "", edges
    speech.used.add(places[0])
    left = [place for place in edges if place != places[0]]
    return _by_name(speech, name, str(names.members[0]), bool(left)), left


def _is_name(speech: Speech, place: int, name: str) -> bool:
    atom = speech.atoms[place]
    named_so = atom.relation == NAMED and atom.subject == Var(name)
    return named_so and isinstance(atom.object, Const)


def _by_name(speech: Speech, name: str, given_name: str, more: bool) -> str:
    """The name with its article; with its noun if it is shared and no more is told."""
    bearers = speech.knowledge.bearers(given_name)
    entity = speech.knowledge.entities[bearers[0]] if bearers else None
    tagged = name in speech.tagged and not more
    if entity and entity.name == given_name and not tagged and (more or len(bearers) == 1):
        if len(bearers) == 1:
            speech.said[name] = words_of(speech.knowledge, entity.type).article + given_name
            speech.proper.add(name)
        return words_of(speech.knowledge, entity.type).article + given_name
    tag = f" ({speech.said[name]})" if tagged else ""
    return f"the {speech.words(name).noun} {given_name}{tag}"


def _determined(speech: Speech, name: str, noun: str, form: Form) -> str:
    if form != "a":
        return f"the {noun}"
    if speech.is_another(name):
        return f"another {noun}"
    return f"{english.article(noun)} {noun}"


def not_others(speech: Speech, name: str, several: bool) -> list[Clause]:
    """The clause that tells a thing from others where "another" cannot."""
    others = speech.unlike(name)
    if not others or speech.is_another(name):
        return []
    verb = "are" if several else "is"
    told = english.listed([speech.refer(other) for other in others], "or")
    return [Clause(text=f"{verb} not {told}")]


def _relative(speech: Speech, name: str, clauses: Sequence[Clause]) -> str:
    """Clauses behind a noun: " founded in 1966 that plays at ..."."""
    if not clauses:
        return ""
    first, rest = clauses[0], clauses[1:]
    short = first.participle and not (first.deep and rest)
    if short and seeding.uniform(*speech.key, name, "participle") < 0.6:
        behind = f" {joined(rest, speech.words(name).who)}" if rest else ""
        return f" {first.participle}{behind}"
    return " " + joined(clauses, speech.words(name).who)


def _clause(speech: Speech, name: str, place: int, several: bool, top: bool) -> Clause:
    """An atom as a predicate of the variable."""
    speech.used.add(place)
    atom = speech.atoms[place]
    one_way = atom.mode == "sym" and not speech.phrases(place).symmetric
    remark = " (or the other way round)" if one_way else ""
    if atom.subject != Var(name):
        return _passive(speech, name, place, several, remark)
    if isinstance(atom.object, Var) and not top and not several:
        told = _whose(speech, place, atom.object.name)
        if told:
            return Clause(text=told + remark, deep=True, whose=True)
    new = isinstance(atom.object, Var) and atom.object.name not in speech.said
    predicate = _predicate(speech, place, new)
    if atom.object == Var(name):
        value = "themselves" if several else "itself"
    else:
        value = term(speech, atom.object, atom.relation, subject=False)
    predicate, value = _shared(speech, place, predicate, value)
    short = english.reduced(predicate)
    verb = english.plural_verb(predicate) if several else predicate
    return Clause(
        text=english.fill(verb, value) + remark,
        participle=english.fill(short, value) + remark if short else "",
        deep=new,
    )


def _shared(speech: Speech, place: int, predicate: str, value: str) -> tuple[str, str]:
    """The predicate and its value where the value is a kind or a number that is not given.

    "Is a the kind of FC Norla" is said as "is of the same kind as FC Norla", "has the height of
    Mira Bridge metres" as "has the same height as Mira Bridge".
    """
    if not isinstance(speech.atoms[place].object, Var):
        return predicate, value
    if is_copular(predicate):
        return "is of {x}", re.sub(r"^the (\w+) of ", r"the same \1 as ", value)
    words = speech.phrases(place)
    if words.kind != "number":
        return predicate, value
    measures = [found for found in map(_MEASURE.fullmatch, words.nouns) if found]
    for found in measures:
        if value.startswith(f"the {found[1]} {found[2]} "):
            other = value.removeprefix(f"the {found[1]} {found[2]} ")
            return f"has the same {found[1]} as {{x}}", other
    its = "" if words_of(speech.knowledge, words.domain).who == "who" else "its "
    return f"has {{x}} as {its}{measures[0][1] if measures else 'number'}", value


def _predicate(speech: Speech, place: int, new: bool) -> str:
    """A template for the subject; one that suits the object's description.

    Where the object is described, its noun stands there: "has the status {x}" is told as "has {x}".
    """
    options = speech.phrases(place).predicates
    if isinstance(speech.atoms[place].object, Var):
        options = tuple(_APPOSITION.sub("{x}", one) for one in options)
    closing = tuple(one for one in options if one.endswith("{x}"))
    return speech.choice((closing or options) if new else options, place, "predicate")


def _passive(speech: Speech, name: str, place: int, several: bool, remark: str) -> Clause:
    """An atom as what its object is to its subject: "is the birthplace of Ada Brandt".

    "The company that runs {x}" is told of a company as "runs {x}".
    """
    atom = speech.atoms[place]
    new = isinstance(atom.subject, Var) and atom.subject.name not in speech.said
    noun = speech.noun_for(place)
    subject = term(speech, atom.subject, atom.relation, subject=True)
    behind = english.without_article(noun).removeprefix(f"{speech.words(name).noun} ")
    short = behind if _SHORT.match(behind) or english.is_participle(behind.split()[0]) else ""
    active = re.match(r"(?:that|who) (?!\{x\})(.+)", short)
    if active:
        predicate, short = active[1], ""
    else:
        predicate = f"is {noun}"
        if several:
            predicate = "is " + english.plural_phrase(english.without_article(noun))
    verb = english.plural_verb(predicate) if several else predicate
    return Clause(
        text=english.fill(verb, subject) + remark,
        participle=english.fill(short, subject) + remark if short else "",
        deep=new,
    )


def _whose(speech: Speech, place: int, other: str) -> str:
    """What follows "whose" ("home ground lies in Kelm"); empty if another form is better."""
    words = speech.phrases(place)
    noun = speech.noun_for(place)
    head = noun.removeprefix("the ").removesuffix(" of {x}")
    fits = noun == f"the {head} of {{x}}" and words.functional and words.kind == "entity"
    if not fits or other in speech.said or other in speech.tagged or _bound(speech, other, place):
        return ""
    if seeding.uniform(*speech.key, place, "whose") < 0.5:
        return ""
    speech.introduce(other)
    clauses = clauses_of(speech, other, speech.own(other), several=False, top=True)
    return f"{head} {joined(clauses, '')}"


def _bound(speech: Speech, other: str, place: int) -> bool:
    """Whether a thing has nothing to be told, or something that wants its noun."""
    if any(other in pair for pair in speech.neqs):
        return True
    left = [edge for edge in speech.own(other) if edge != place]
    wanting = [edge for edge in left if _wants_noun(speech, edge, other)]
    return not left or bool(wanting)


def _wants_noun(speech: Speech, edge: int, other: str) -> bool:
    atom = speech.atoms[edge]
    if atom.relation == NAMED or atom.object == Var(other):
        return True
    return any(is_copular(one) for one in speech.phrases(edge).predicates)
