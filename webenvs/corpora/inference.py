"""What facts tell of their relations: the kind of the objects, whether there is one a subject."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import msgspec

from webenvs.corpora.knowledge import Entity, Relation, Value, ValueKind
from webenvs.corpora.lines import Line
from webenvs.records import Record

_WHOLE = re.compile(r"-?\d{1,18}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_YEARS = range(1000, 2101)
_YEAR_DIGITS = 4


class Stated(Record, frozen=True, kw_only=True):
    """A fact as a line states it."""

    line: Line
    subject: str
    relation: str
    object: Value


def relation_of(
    name: str, declared: Line | None, facts: Sequence[Stated], entities: Mapping[str, Entity]
) -> Relation:
    """A relation as declared; what its declaration leaves out is what holds of the facts."""
    given: dict[str, Any] = dict(declared.fields) if declared else {"name": name}
    kind = str(given["range"]) if "range" in given else _kind(facts)
    values = kind in ("year", "date", "number")
    measured = {
        "domain": _type((one.subject for one in facts), entities),
        "range": kind if values else _type((str(one.object) for one in facts), entities),
        "functional": _one_each((one.subject, one.object) for one in facts),
        "inverse_functional": not values and _one_each((one.object, one.subject) for one in facts),
    }
    fields = {**measured, **given}
    if declared is not None:
        return declared.converted(fields, Relation)
    return msgspec.convert(fields, Relation)


def value_of(one: Stated, relation: Relation) -> Value:
    """The object of a fact as its relation wants it; raises CorpusError if it is none such."""
    kind, value = relation.kind, one.object
    if kind == "entity":
        return str(value)
    if kind == "date":
        if not isinstance(value, str) or not _is_date(value):
            raise one.line.error("object", value, f"{relation.name!r} wants a date as YYYY-MM-DD")
        return value
    if isinstance(value, str) and not _WHOLE.fullmatch(value):
        raise one.line.error("object", value, f"{relation.name!r} wants a {kind}, a whole number")
    return int(value)


def _kind(facts: Sequence[Stated]) -> ValueKind:
    """Years if all objects are whole numbers of four digits, else numbers, dates or entities."""
    texts = [str(one.object) for one in facts]
    if all(_is_date(text) for text in texts):
        return "date"
    if not all(_WHOLE.fullmatch(text) for text in texts):
        return "entity"
    years = all(len(text) == _YEAR_DIGITS and int(text) in _YEARS for text in texts)
    return "year" if years else "number"


def _is_date(text: str) -> bool:
    if not _DATE.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _type(ends: Any, entities: Mapping[str, Entity]) -> str:
    """The one type that all these entities have, or none."""
    types = {entities[end].type if end in entities else "" for end in ends}
    return types.pop() if len(types) == 1 else ""


def _one_each(pairs: Any) -> bool:
    """Whether nothing that comes first in a pair is paired with two things."""
    first: dict[Value, Value] = {}
    return all(first.setdefault(one, other) == other for one, other in pairs)
