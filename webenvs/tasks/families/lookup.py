"""Lookup: one fact of one thing; levels differ in where it stands and how the thing is named."""

from collections.abc import Sequence
from typing import Literal

from webenvs import seeding
from webenvs.corpora.knowledge import Entity, Fact, Knowledge
from webenvs.records import Record
from webenvs.tasks.families.family import Anchor, Desk, Draft, Family
from webenvs.tasks.families.steps import fact_at, singles_out
from webenvs.tasks.kp.case import RuleSettings
from webenvs.tasks.kp.phrasing import is_clear
from webenvs.tasks.kp.query import NAMED, Atom, Const, Query, Var, const
from webenvs.tasks.kp.wording import question_of

Where = Literal["article", "elsewhere", "any"]
Naming = Literal["name", "shared", "alias"]


class Knobs(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a fact is hidden; see `MEANINGS`."""

    where: Where = "any"
    naming: Naming = "name"


MEANINGS = {
    "where": "pages of the fact: article (that of the thing named), elsewhere (not that), or any",
    "naming": "how the thing is named: by its own name, a shared name, or an alias",
}
_LEVELS = {
    "easy": Knobs(where="article"),
    "medium": Knobs(where="any"),
    "hard": Knobs(where="elsewhere"),
    "extreme": Knobs(where="elsewhere", naming="alias"),
}


def anchors(desk: Desk) -> Sequence[Anchor]:
    """Every fact that the knobs allow."""
    knowledge, knobs = desk.knowledge, desk.knobs
    return [fact.key for fact in knowledge.facts if _fits(knowledge, fact, knobs)]


def draft(desk: Desk, anchor: Anchor, *key: object) -> Draft | None:
    """The question for the object of the anchor's fact."""
    knowledge: Knowledge = desk.knowledge
    fact = fact_at(knowledge, anchor)
    subject = knowledge.entities[fact.subject]
    atoms: tuple[Atom, ...] = (Atom(const(fact.subject), fact.relation, Var("T")),)
    if desk.knobs.naming == "alias":
        alias = seeding.choice(subject.aliases, *key, "alias")
        atoms = (
            Atom(Var("V1"), NAMED, Const(members=(alias,))),
            Atom(Var("V1"), fact.relation, Var("T")),
        )
    query = Query(atoms=atoms)
    rules = RuleSettings(reach=1, documents=1)
    return Draft(query=query, question=question_of(knowledge, query, *key), rules=rules)


def _fits(knowledge: Knowledge, fact: Fact, knobs: Knobs) -> bool:
    subject = knowledge.entities[fact.subject]
    if not fact.places or not singles_out(knowledge, fact, forward=True):
        return False
    at_home = subject.url in fact.urls
    if (knobs.where == "article" and not at_home) or (knobs.where == "elsewhere" and at_home):
        return False
    return _named(knowledge, subject, knobs.naming)


def _named(knowledge: Knowledge, entity: Entity, naming: Naming) -> bool:
    """Whether the entity can be named in this way, and no other is named so too."""
    if naming == "alias":
        return any(len(knowledge.bearers(alias)) == 1 for alias in entity.aliases)
    shared = len(knowledge.bearers(entity.name)) > 1
    return is_clear(knowledge, entity) and (shared or naming == "name")


FAMILY = Family(
    name="Lookup",
    summary="One fact of one thing that the question names.",
    knobs=Knobs,
    levels=_LEVELS,
    meanings=MEANINGS,
    anchors=anchors,
    draft=draft,
)
