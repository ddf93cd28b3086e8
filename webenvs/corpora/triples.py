"""Knowledge from a file of triples over pages that are there already: what is true, and where.

JSON Lines, plain or gzipped, of two kinds of row:

- a fact: `{"subject": ..., "relation": ..., "object": ..., "evidence": [...]}`. Each item of
  `evidence` is a url, `{"url", "start", "end"}` or `{"url", "text"}`; of a url alone, the passage
  is the sentence or line that first spells the object.
- a declaration: `{"relation": {...}}`, `{"type": {...}}` or `{"entity": {...}}` with the fields of
  `Relation`, `EntityWords` or `Entity`. What is not declared is inferred from the facts.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from webenvs.corpora.corpus import Corpus
from webenvs.corpora.evidence import Evidence
from webenvs.corpora.inference import Stated, relation_of, value_of
from webenvs.corpora.knowledge import (
    VALUE_KINDS,
    Entity,
    EntityWords,
    Fact,
    Knowledge,
    Relation,
    Value,
)
from webenvs.corpora.lines import Line, read_lines
from webenvs.errors import CorpusError

_FACT = ("subject", "relation", "object", "evidence")
_DECLARED: Mapping[str, type[Any]] = {"relation": Relation, "type": EntityWords, "entity": Entity}


def read_knowledge(
    path: str | Path, corpus: Corpus, declarations: Sequence[str | Path] = (), name: str = ""
) -> Knowledge:
    """The knowledge that a file of triples tells over the pages of `corpus`.

    `declarations` are further files of rows, read first. Entities that are not declared are called
    by their id and have the page among their evidence that has their name for a title. Relations
    that are not declared have the kind of their objects (years, dates, numbers, else entities) and
    are functional where the facts are; so are the fields that a declaration leaves out. Raises
    CorpusError naming file, line, field and value: unknown fields and pages, facts stated twice,
    facts against a relation's declared `functional`, `inverse_functional` or `symmetric`, a passage
    that does not spell its object.
    """
    lines = [line for file in (*declarations, path) for line in read_lines(Path(file))]
    facts = [line for line in lines if "subject" in line.fields]
    rest = [line for line in lines if "subject" not in line.fields]
    types = _declared(rest, "type", "name")
    entities = _declared(rest, "entity", "id")
    stated = [_stated(line) for line in facts]
    relations = _relations(rest, stated, entities, types)
    typed = _typed(stated, relations)
    _check_flags(typed, relations)
    held = _entities(typed, relations, entities, corpus)
    evidence = Evidence(corpus, held, relations)
    return Knowledge(
        held.values(),
        relations.values(),
        types.values(),
        [_fact(one, evidence) for one in typed],
        corpus,
        name or Path(path).name.split(".")[0],
    )


def _declared(lines: Sequence[Line], kind: str, key: str) -> dict[str, Any]:
    """The declarations of one kind by their name or id; each only once."""
    found: dict[str, Any] = {}
    for line in lines:
        line.known(_DECLARED, "a row with 'subject' is a fact; any other one declares")
        if kind not in line.fields:
            continue
        inner = line.inside(kind)
        fields = dict(inner.fields)
        if kind == "type":
            fields.setdefault("noun", fields.get("name"))
            fields.setdefault("plural", f"{fields.get('noun')}s")
        if kind == "entity":
            fields.setdefault("name", fields.get("id"))
            fields.setdefault("type", "")
        made = inner.converted(fields, _DECLARED[kind])
        if getattr(made, key) in found:
            raise inner.error(key, getattr(made, key), f"this {kind} is declared already")
        found[getattr(made, key)] = made
    return found


def _stated(line: Line) -> Stated:
    line.known(_FACT)
    subject, relation = line.text("subject"), line.text("relation")
    value = line.value("object")
    if isinstance(value, bool) or not isinstance(value, int | str) or value == "":
        raise line.error("object", value, "an object is a text or a whole number")
    return Stated(line=line, subject=subject, relation=relation, object=value)


def _relations(
    lines: Sequence[Line],
    stated: Sequence[Stated],
    entities: Mapping[str, Entity],
    types: Mapping[str, EntityWords],
) -> dict[str, Relation]:
    """Each relation as declared, what is left out inferred from its facts."""
    given = {}
    for line in lines:
        if "relation" in line.fields:
            inner = line.inside("relation")
            if inner.text("name") in given:
                raise inner.error("name", inner.text("name"), "this relation is declared already")
            given[inner.text("name")] = inner
    grouped: dict[str, list[Stated]] = {name: [] for name in given}
    for one in stated:
        grouped.setdefault(one.relation, []).append(one)
    found = {}
    for name, facts in grouped.items():
        found[name] = relation_of(name, given.get(name), facts, entities)
        if types and name in given:
            _check_types(given[name], found[name], types)
    return found


def _check_types(line: Line, relation: Relation, types: Mapping[str, EntityWords]) -> None:
    for field, allowed in (("domain", list(types)), ("range", [*types, *VALUE_KINDS])):
        value = getattr(relation, field)
        if value and value not in allowed:
            raise line.error(field, value, "no declared type has that name", allowed)


def _typed(stated: Sequence[Stated], relations: Mapping[str, Relation]) -> list[Stated]:
    """The facts with their objects as the relation wants them; none twice."""
    found: dict[tuple[str, str, Value], Stated] = {}
    for one in stated:
        relation = relations[one.relation]
        made = msgspec.structs.replace(one, object=value_of(one, relation))
        key = (made.subject, made.relation, made.object)
        if key in found:
            where = found[key].line.place
            raise one.line.error("object", one.object, f"this fact is stated already at {where}")
        found[key] = made
    return list(found.values())


def _check_flags(stated: Sequence[Stated], relations: Mapping[str, Relation]) -> None:
    """Raise at the first fact that speaks against what its relation is declared to be."""
    keys = {(one.subject, one.relation, one.object) for one in stated}
    of_subject: dict[tuple[str, Value], Stated] = {}
    of_object: dict[tuple[str, Value], Stated] = {}
    for one in stated:
        relation, name = relations[one.relation], one.relation
        first = of_subject.setdefault((name, one.subject), one)
        if relation.functional and first is not one:
            has = f"{one.subject!r} has {first.object!r} at {first.line.place}"
            raise _contradiction(one, "object", "functional", has)
        first = of_object.setdefault((name, one.object), one)
        if relation.inverse_functional and first is not one:
            has = f"{one.object!r} is that of {first.subject!r} at {first.line.place}"
            raise _contradiction(one, "subject", "inverse_functional", has)
        if relation.symmetric and (one.object, name, one.subject) not in keys:
            has = f"{one.object!r} has no {one.subject!r}, and both ways must be stated"
            raise _contradiction(one, "object", "symmetric", has)


def _contradiction(one: Stated, field: str, flag: str, has: str) -> CorpusError:
    return one.line.error(
        field,
        getattr(one, field),
        f"{one.relation!r} is declared {flag}, but {has}: mend the facts or leave out {flag!r}",
    )


def _entities(
    stated: Sequence[Stated],
    relations: Mapping[str, Relation],
    declared: Mapping[str, Entity],
    corpus: Corpus,
) -> dict[str, Entity]:
    """All entities: those declared, and the ends of facts that are not."""
    found = dict(declared)
    for one in stated:
        relation = relations[one.relation]
        ends = [(one.subject, relation.domain)]
        if relation.kind == "entity":
            ends.append((str(one.object), relation.range))
        for end, kind in ends:
            if end not in found:
                found[end] = Entity(id=end, name=end, type=kind)
            elif not found[end].type and kind:
                found[end] = msgspec.structs.replace(found[end], type=kind)
        if not found[one.subject].url:
            url = _own_page(one, found[one.subject], corpus)
            found[one.subject] = msgspec.structs.replace(found[one.subject], url=url)
    for entity in declared.values():
        if entity.url and corpus.index(entity.url) is None:
            raise CorpusError(
                f"The entity {entity.id!r} has the url {entity.url!r}, which is no page of the "
                f"corpus {corpus.name!r}."
            )
    return found


def _own_page(one: Stated, entity: Entity, corpus: Corpus) -> str:
    """The page of a fact's evidence that has the entity's name for a title, or no url."""
    for item in one.line.items("evidence"):
        url = item if isinstance(item, str) else str(item.get("url", ""))
        index = corpus.index(url)
        if index is not None and corpus.page(index).title in (entity.name, entity.title):
            return url
    return ""


def _fact(one: Stated, evidence: Evidence) -> Fact:
    places = [evidence.place(one, item) for item in one.line.items("evidence")]
    return Fact(
        subject=one.subject,
        relation=one.relation,
        object=one.object,
        places=tuple(dict.fromkeys(places)),
    )
