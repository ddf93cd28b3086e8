"""The kinds of question of CRAWLQA, each a query with what is computed on top, and its words.

WebDancer (arXiv 2505.22648) names COUNT, MULTI-HOP and INTERSECTION; the others complete the
taxonomy that it borrows. Builders make the query of given things; `of_kind` draws the things.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, get_args

import msgspec

from webenvs import seeding
from webenvs.corpora.knowledge import Fact, Knowledge, Value
from webenvs.errors import bad_setting, nearest
from webenvs.tasks.kp import english
from webenvs.tasks.kp.join import answer_of, values_of
from webenvs.tasks.kp.phrasing import mention, phrases, superlative
from webenvs.tasks.kp.query import NAMED, Atom, Const, Post, Query, Term, Var, const
from webenvs.tasks.kp.wording import question_of

Kind = Literal[
    "COUNT",
    "MULTI-HOP",
    "INTERSECTION",
    "COMPARE",
    "SUPERLATIVE",
    "DIFFERENCE",
    "ORDINAL",
    "YES/NO",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
Condition = tuple[str, Value]
"""A relation and the object that something has under it: ("playsFor", "FC Norla")."""

_TRIES = 200
_MEMBERS = (3, 20)
"""The least and most members of a set that is counted or ranked."""
_BLOCK = 10
_YES_NO = "YES/NO"
_ORDINALS = {2: "second", 3: "third", 4: "fourth", 5: "fifth"}
_EXTREME = re.compile(r"\b(earliest|latest|most|fewest|greatest|least)\b")
_TARGET = Var("T")


def joined(*conditions: Condition) -> Query:
    """Who has all of these: INTERSECTION, if there are several."""
    return Query(atoms=tuple(Atom(_TARGET, name, const(value)) for name, value in conditions))


def counted(*conditions: Condition) -> Query:
    """COUNT: how many have all of these."""
    return msgspec.structs.replace(joined(*conditions), post=Post(op="COUNT"))


def led(start: Value, *relations: str) -> Query:
    """MULTI-HOP: what one comes to from `start` by these relations, one after the other."""
    names = [*(f"X{number}" for number in range(1, len(relations))), _TARGET.name]
    ends: list[Term] = [const(start), *(Var(name) for name in names)]
    return Query(
        atoms=tuple(
            Atom(ends[place], relation, ends[place + 1]) for place, relation in enumerate(relations)
        )
    )


def compared(knowledge: Knowledge, relation: str, one: str, other: str) -> Query:
    """COMPARE: of two entities, told by their names, the one whose object is less."""
    first, second = (joined((NAMED, knowledge.entities[end].name)) for end in (one, other))
    return msgspec.structs.replace(first, post=Post(op="COMPARE", relation=relation, other=second))


def ranked(conditions: Sequence[Condition], relation: str, *, most: bool, rank: int = 1) -> Query:
    """SUPERLATIVE: of those who have all conditions the first by a relation; ORDINAL: a later."""
    post = Post(op="ARGMAX" if most else "ARGMIN", relation=relation, rank=rank)
    return msgspec.structs.replace(joined(*conditions), post=post)


def apart(relation: str, one: Value, other: Value) -> Query:
    """DIFFERENCE: how far the objects of two subjects lie apart."""
    return msgspec.structs.replace(
        led(one, relation), post=Post(op="DIFF", other=led(other, relation))
    )


def same(relation: str, one: Value, other: Value) -> Query:
    """YES/NO: whether two subjects have the same object."""
    return msgspec.structs.replace(
        led(one, relation), post=Post(op="SAME", other=led(other, relation))
    )


def of_kind(knowledge: Knowledge, kind: str, *key: object) -> Query | None:
    """A query of that kind with exactly one answer, drawn by the key.

    An INTERSECTION of several things is asked as their number. None if 200 draws give no such
    query; raises SettingError for an unknown kind.
    """
    if kind not in _DRAWS:
        near = nearest(kind, _DRAWS)
        meant = f" (did you mean {near!r}?)" if near else ""
        raise bad_setting("kind", kind, f"one of {', '.join(KINDS)}{meant}")
    for turn in range(_TRIES if knowledge.facts else 0):
        fact = seeding.choice(knowledge.facts, *key, kind, turn, "fact")
        query = _DRAWS[kind](knowledge, fact, (*key, kind, turn))
        if query is not None and len(answer_of(knowledge, query)) == 1:
            return query
    return None


def kind_at(index: int, *key: object) -> Kind:
    """The kind of question number `index` of a mixture: of ten in a row one at most is YES/NO.

    All kinds but that come equally often, give or take one in ten. Raises SettingError below 0.
    """
    if index < 0:
        raise bad_setting("index", index, "at least 0")
    block, place = divmod(index, _BLOCK)
    others = [kind for kind in KINDS if kind != _YES_NO]
    start = block * (_BLOCK - 1)
    row = [others[(start + number) % len(others)] for number in range(_BLOCK - 1)]
    return seeding.shuffled([*row, KINDS[-1]], *key, block, "kinds")[place]


def worded(knowledge: Knowledge, query: Query, *key: object) -> str:
    """The question that a query of these kinds asks, in English."""
    post = query.post
    if post is not None and post.op == "SAME" and post.other is not None:
        return _asked_same(knowledge, query, post.other, *key)
    if post is None or post.rank == 1:
        return question_of(knowledge, query, *key)
    first = msgspec.structs.replace(query, post=msgspec.structs.replace(post, rank=1))
    verb = superlative(phrases(knowledge, post.relation), post.op == "ARGMAX")
    place = _ORDINALS.get(post.rank, f"{post.rank}th")
    later = _EXTREME.sub(rf"{place} \1", verb, count=1)
    return question_of(knowledge, first, *key).replace(verb, later)


def _asked_same(knowledge: Knowledge, query: Query, other: Query, *key: object) -> str:
    """A question such as "Is the club of Ada Brandt the same as that of Cem Dahl?"."""
    relation = phrases(knowledge, query.atoms[0].relation)
    noun = seeding.choice(relation.nouns, *key, "noun")
    one, two = (mention(knowledge, _start(side), "") for side in (query, other))
    second = f"that of {two}" if noun.endswith(" of {x}") else english.fill(noun, two)
    return f"Is {english.fill(noun, one)} the same as {second}?"


def _start(query: Query) -> Value:
    """The thing that a one-step query starts from."""
    subject = query.atoms[0].subject
    if not isinstance(subject, Const):
        raise bad_setting("query", query.atoms[0].relation, "one that starts from a given thing")
    return subject.members[0]


Draw = Callable[[Knowledge, Fact, tuple[object, ...]], Query | None]


def _draw_count(knowledge: Knowledge, fact: Fact, key: tuple[object, ...]) -> Query | None:
    """How many share the fact's object."""
    found = values_of(knowledge, joined((fact.relation, fact.object)))
    return counted((fact.relation, fact.object)) if _is_set(found) else None


def _draw_hops(knowledge: Knowledge, fact: Fact, key: tuple[object, ...]) -> Query | None:
    """On from the fact's object, to something that is not its subject."""
    onward = knowledge.facts_about(fact.object) if _is_thing(knowledge, fact) else ()
    if not onward or fact.object == fact.subject:
        return None
    then = seeding.choice(onward, *key, "then")
    query = led(fact.subject, fact.relation, then.relation)
    return query if fact.subject not in values_of(knowledge, query) else None


def _draw_intersection(knowledge: Knowledge, fact: Fact, key: tuple[object, ...]) -> Query | None:
    """Who shares two facts of one subject, each of which several share."""
    more = seeding.choice(knowledge.facts_about(fact.subject), *key, "more")
    conditions = ((fact.relation, fact.object), (more.relation, more.object))
    sets = [values_of(knowledge, joined(condition)) for condition in conditions]
    both = values_of(knowledge, joined(*conditions))
    if any(len(alone) <= len(both) for alone in sets):
        return None
    return joined(*conditions) if len(both) == 1 else counted(*conditions)


def _draw_comparison(knowledge: Knowledge, fact: Fact, key: tuple[object, ...]) -> Query | None:
    """Two things whose names are theirs alone."""
    other = _like(knowledge, fact, key, equal=False)
    if other is None or _is_thing(knowledge, fact):
        return None
    names = [knowledge.entities[one.subject].name for one in (fact, other)]
    if any(len(knowledge.bearers(name)) > 1 for name in names):
        return None
    return compared(knowledge, fact.relation, fact.subject, other.subject)


def _draw_superlative(knowledge: Knowledge, fact: Fact, key: tuple[object, ...]) -> Query | None:
    """The first of those who share the fact's object, by a value that each of them has."""
    return _draw_ranked(knowledge, fact, key, 1)


def _draw_ordinal(knowledge: Knowledge, fact: Fact, key: tuple[object, ...]) -> Query | None:
    """The second or third of them."""
    return _draw_ranked(knowledge, fact, key, 2 + seeding.integer(2, *key, "rank"))


def _draw_ranked(
    knowledge: Knowledge, fact: Fact, key: tuple[object, ...], rank: int
) -> Query | None:
    measured = [
        one.relation
        for one in knowledge.facts_about(fact.subject)
        if _is_single(knowledge, one) and not _is_thing(knowledge, one)
        if one.relation != fact.relation
    ]
    found = values_of(knowledge, joined((fact.relation, fact.object)))
    if not measured or not _is_set(found) or rank >= len(found):
        return None
    relation = seeding.choice(measured, *key, "measure")
    most = seeding.integer(2, *key, "most") == 1
    return ranked(((fact.relation, fact.object),), relation, most=most, rank=rank)


def _draw_difference(knowledge: Knowledge, fact: Fact, key: tuple[object, ...]) -> Query | None:
    other = _like(knowledge, fact, key, equal=False)
    if other is None or _is_thing(knowledge, fact):
        return None
    return apart(fact.relation, fact.subject, other.subject)


def _draw_same(knowledge: Knowledge, fact: Fact, key: tuple[object, ...]) -> Query | None:
    """Two subjects of one relation, in half of the draws with the same object."""
    other = _like(knowledge, fact, key, equal=seeding.integer(2, *key, "equal") == 1)
    return None if other is None else same(fact.relation, fact.subject, other.subject)


_DRAWS: Mapping[str, Draw] = {
    "COUNT": _draw_count,
    "MULTI-HOP": _draw_hops,
    "INTERSECTION": _draw_intersection,
    "COMPARE": _draw_comparison,
    "SUPERLATIVE": _draw_superlative,
    "DIFFERENCE": _draw_difference,
    "ORDINAL": _draw_ordinal,
    "YES/NO": _draw_same,
}


def _like(knowledge: Knowledge, fact: Fact, key: tuple[object, ...], *, equal: bool) -> Fact | None:
    """Another fact of the relation, of a subject of the same type, with the same object or not.

    None for a relation under which a subject may have several objects.
    """
    if not _is_single(knowledge, fact):
        return None
    pool = knowledge.facts_to(fact.object, fact.relation) if equal else ()
    pool = pool or knowledge.facts_of(fact.relation)
    other = seeding.choice(pool, *key, "like")
    one, two = knowledge.entities[fact.subject], knowledge.entities[other.subject]
    fits = one.id != two.id and one.type == two.type and (fact.object == other.object) == equal
    return other if fits else None


def _is_set(found: Sequence[Value]) -> bool:
    return _MEMBERS[0] <= len(found) <= _MEMBERS[1]


def _is_single(knowledge: Knowledge, fact: Fact) -> bool:
    """Whether a subject has at most one object under the fact's relation."""
    return knowledge.relation(fact.relation).functional


def _is_thing(knowledge: Knowledge, fact: Fact) -> bool:
    """Whether the fact's object is an entity."""
    return knowledge.relation(fact.relation).kind == "entity"
