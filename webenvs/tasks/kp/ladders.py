"""Ladders of vagueness: from a value to ever wider sets of values, each with the words for it.

A set holds only values that occur under the relation it is made for; its words fit into the
predicates of that relation, or, for subjects, into its nouns.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import cached_property
from typing import Literal
from weakref import WeakKeyDictionary

from webenvs.corpora.knowledge import (
    Entity,
    Fact,
    Knowledge,
    Relation,
    Value,
    ValueKind,
    spelled_date,
)
from webenvs.tasks.kp import english
from webenvs.tasks.kp.phrasing import is_copular, mention, named, phrases, words_of
from webenvs.tasks.kp.query import NAMED, Const, const

Side = Literal["subject", "object"]

MOST_MEMBERS = 1000
"""A wider set is no rung: its words would say next to nothing, and a join over it is slow."""

_LIES = re.compile(r"(?:lies|is|is located|is situated|belongs to|stands) (in \{x\})")
_MOST_REGIONS = 5


def rungs(
    knowledge: Knowledge, relation: str, value: Value, side: Side = "object"
) -> tuple[Const, ...]:
    """The ladder above a value on that side of a relation: each rung contains the one before it.

    Dates: in May 1931, in 1931, in the 1930s, in the 20th century. Years: the 1930s, the 20th
    century. Numbers: between 10,000 and 20,000, 10,000 and 50,000, 10,000 and 100,000. Entities:
    the regions they lie in (a city in Norland), else kind, type and the type's broader type. A
    century is counted from its year 1; a decade such as the 1900s is left out, because its words
    also mean the century. A rung may hold no more values than the one before, if none occurs.
    """
    if relation == NAMED:
        return ()
    found = knowledge.relation(relation)
    kind = found.kind if side == "object" else "entity"
    if kind == "entity":
        climbed = _entity_rungs(knowledge, found, str(value), side)
    else:
        climbed = _value_rungs(_occurring(knowledge, relation, side), kind, value)
    return tuple(rung for rung in climbed if 1 <= len(rung.members) <= MOST_MEMBERS)


def merges(
    knowledge: Knowledge, relation: str, value: Value, side: Side = "object"
) -> tuple[Const, ...]:
    """The sets of entities that share one attribute with an entity ("a club founded in 1966").

    One set of at least two entities of its type for each functional relation it is the subject of,
    in the order of the relations, after the one for its kind. Source: the merged entities of the
    Tongyi DeepResearch report, section 3.4.1.
    """
    if relation == NAMED or (side == "object" and knowledge.relation(relation).kind != "entity"):
        return ()
    entity = knowledge.entities[str(value)]
    listed = _occurring(knowledge, relation, side)
    noun = words_of(knowledge, entity.type).noun
    found = [_of_kind(listed, entity)] if entity.kind not in ("", noun) else []
    for fact in knowledge.facts_about(entity.id):
        shared = knowledge.relations[fact.relation]
        if not shared.functional or fact.relation == relation:
            continue
        alike = (other.subject for other in knowledge.facts_to(fact.object, fact.relation))
        members = [one for one in alike if one in listed and _type(knowledge, one) == entity.type]
        found.append(const(*members, label=_sharing(knowledge, entity, fact)))
    return tuple(one for one in found if 2 <= len(one.members) <= MOST_MEMBERS)


class _Occurring:
    """The values on one side of a relation, each once, in order and by type and kind."""

    def __init__(self, knowledge: Knowledge, relation: str, side: Side) -> None:
        facts = knowledge.facts_of(relation)
        self._values = frozenset(getattr(fact, side) for fact in facts)
        self._entities = knowledge.entities

    def __contains__(self, value: Value) -> bool:
        return value in self._values

    def between(self, low: Value, high: Value) -> list[Value]:
        """The values from `low` to `high`, both included."""
        start = bisect_left(self._sorted, low)
        return self._sorted[start : bisect_right(self._sorted, high)]

    def of(self, *names: str) -> list[str]:
        """The entities of a type, or of a type and kind."""
        return self._groups.get(names, [])

    @cached_property
    def _sorted(self) -> list[Value]:
        return sorted(self._values)

    @cached_property
    def _groups(self) -> dict[tuple[str, ...], list[str]]:
        groups: dict[tuple[str, ...], list[str]] = {}
        for value in self._sorted:
            entity = self._entities[str(value)]
            groups.setdefault((entity.type,), []).append(entity.id)
            groups.setdefault((entity.type, entity.kind), []).append(entity.id)
        return groups


_INDEXES: WeakKeyDictionary[Knowledge, dict[tuple[str, Side], _Occurring]] = WeakKeyDictionary()


def _occurring(knowledge: Knowledge, relation: str, side: Side) -> _Occurring:
    indexes = _INDEXES.setdefault(knowledge, {})
    if (relation, side) not in indexes:
        indexes[relation, side] = _Occurring(knowledge, relation, side)
    return indexes[relation, side]


def _value_rungs(listed: _Occurring, kind: ValueKind, value: Value) -> Iterator[Const]:
    if kind == "date":
        for first, last, label in _periods(str(value)):
            yield const(*listed.between(first, last), label=label)
        return
    for low, high, label in _years(int(value)) if kind == "year" else _numbers(int(value)):
        yield const(*listed.between(low, high), label=label)


def _periods(value: str) -> Iterator[tuple[str, str, str]]:
    """First day, last day and words of the month, year, decade and century of a date."""
    year, month, _ = value.split("-")
    name = spelled_date(value)[0].split(" ", 1)[1]
    yield f"{year}-{month}-01", f"{year}-{month}-31", f"in {name}"
    yield f"{year}-01-01", f"{year}-12-31", f"in {int(year)}"
    for low, high, label in _years(int(year)):
        yield f"{low:04}-01-01", f"{high:04}-12-31", f"in {label}"


def _years(year: int) -> Iterator[tuple[int, int, str]]:
    """First year, last year and words of the decade and century of a year."""
    if year < 1:
        return
    decade = year // 10 * 10
    if decade % 100:
        yield decade, decade + 9, f"the {decade}s"
    century = (year - 1) // 100
    yield century * 100 + 1, century * 100 + 100, f"the {_ordinal(century + 1)} century"


def _numbers(number: int) -> Iterator[tuple[int, int, str]]:
    """The nested ranges of a number: its first digit, its half of the power of ten, the whole."""
    size = abs(number)
    power = 10 ** (len(str(size)) - 1)
    digit = size // power
    least = power if power > 1 else 0
    ranges = [(digit * power, (digit + 1) * power)] if power > 1 else []
    ranges.append((least, 5 * power) if digit < 5 else (5 * power, 10 * power))
    ranges.append((least, 10 * power))
    for low, high in dict.fromkeys(ranges):
        if number < 0:
            low, high = -high, -low
        yield low, high, f"between {low:,} and {high:,}"


def _entity_rungs(
    knowledge: Knowledge, relation: Relation, entity_id: str, side: Side
) -> Iterator[Const]:
    entity = knowledge.entities[entity_id]
    listed = _occurring(knowledge, relation.name, side)
    words = words_of(knowledge, entity.type)
    regions = _regions(knowledge, entity_id)
    for region, where in regions:
        members = (one for one in _inside(knowledge, region, entity.type) if one in listed)
        inside = where.format(x=named(knowledge, knowledge.entities[region]))
        yield const(*members, label=f"{_indefinite(words.noun)} {inside}")
    if regions:
        return
    if entity.kind not in ("", words.noun):
        yield _of_kind(listed, entity)
    given = relation.domain if side == "subject" else relation.range
    if given == entity.type:
        return
    yield const(*listed.of(entity.type), label=_indefinite(words.noun))
    if words.broader and given != words.broader:
        alike = [one.name for one in knowledge.types.values() if one.broader == words.broader]
        wider = [one for name in alike for one in listed.of(name)]
        yield const(*wider, label=_indefinite(words.broader))


def _regions(knowledge: Knowledge, entity_id: str) -> list[tuple[str, str]]:
    """The regions an entity lies in, the nearest first, each with "in {x}"."""
    found: list[tuple[str, str]] = []
    inner = entity_id
    while len(found) < _MOST_REGIONS:
        step = next(_steps_out(knowledge, inner), None)
        if step is None or step[0] in (entity_id, *(region for region, _ in found)):
            break
        found.append(step)
        inner = step[0]
    return found


def _steps_out(knowledge: Knowledge, entity_id: str) -> Iterator[tuple[str, str]]:
    for fact in knowledge.facts_about(entity_id):
        where = _where(knowledge.relations[fact.relation])
        if where:
            yield str(fact.object), where


def _where(relation: Relation) -> str:
    """The words "in {x}" of a functional relation that says where something lies, else ""."""
    if not relation.functional or relation.kind != "entity":
        return ""
    matches = (_LIES.fullmatch(predicate) for predicate in relation.predicates)
    return next((match[1] for match in matches if match), "")


def _inside(knowledge: Knowledge, region: str, type_name: str) -> list[str]:
    """The entities of a type that lie in a region, or in a region of it."""
    places = [relation.name for relation in knowledge.relations.values() if _where(relation)]
    found: list[str] = []
    reached, depth = [region], 0
    while reached and depth < _MOST_REGIONS:
        facts = (
            fact for one in reached for name in places for fact in knowledge.facts_to(one, name)
        )
        reached = list(dict.fromkeys(fact.subject for fact in facts))
        found += [one for one in reached if _type(knowledge, one) == type_name]
        depth += 1
    return found


def _of_kind(listed: _Occurring, entity: Entity) -> Const:
    return const(*listed.of(entity.type, entity.kind), label=_indefinite(entity.kind))


def _sharing(knowledge: Knowledge, entity: Entity, fact: Fact) -> str:
    """The words for entities that share this fact: a club that was founded in 1966."""
    words = words_of(knowledge, entity.type)
    relation = phrases(knowledge, fact.relation)
    shared = mention(knowledge, fact.object, fact.relation)
    shared = {"date": f"on {shared}", "number": f"{shared} {relation.unit}".rstrip()}.get(
        relation.kind, shared
    )
    predicate = relation.predicates[0]
    if is_copular(predicate):
        return _indefinite(shared)
    clause = english.reduced(predicate) or f"{words.who} {predicate}"
    return f"{_indefinite(words.noun)} {english.fill(clause, shared)}"


def _type(knowledge: Knowledge, entity_id: str) -> str:
    return knowledge.entities[entity_id].type


def _indefinite(noun: str) -> str:
    return f"{english.article(noun)} {noun}"


def _ordinal(number: int) -> str:
    teen = 10 <= number % 100 <= 20
    ending = "th" if teen else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
