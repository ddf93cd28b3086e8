"""Evolved: questions explored long and easy, then made short and vague, round by round."""

from collections.abc import Sequence
from typing import Annotated

import msgspec

from webenvs.corpora.knowledge import Fact, Knowledge
from webenvs.errors import SettingError
from webenvs.records import Record
from webenvs.tasks.evolve import ROUNDS, Round, evolve
from webenvs.tasks.explore import Exploring, explore, first_question
from webenvs.tasks.families.family import Anchor, Desk, Draft, Family, split_of
from webenvs.tasks.kp.case import RuleSettings

_LOOSE = ("V4", "V5", "V7")
"""Rules that a long question need not keep: its clues say things several times on purpose."""


class Knobs(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far a question is explored and evolved; see `MEANINGS`."""

    round: Annotated[int, msgspec.Meta(ge=0, le=ROUNDS)] = ROUNDS
    distance: Annotated[int, msgspec.Meta(ge=1, le=8)] = 3
    facts: Annotated[int, msgspec.Meta(ge=2, le=40)] = 12
    clues: Annotated[int, msgspec.Meta(ge=0, le=4)] = 1
    reach: Annotated[int, msgspec.Meta(ge=1, le=8)] = 1
    pages: Annotated[int, msgspec.Meta(ge=1, le=10)] = 1


MEANINGS = {
    "round": f"how often the question was made shorter or vaguer, from 0 to {ROUNDS}",
    "distance": "fewest facts between where the walk began and the answer",
    "facts": "facts gathered by the walk that the question comes from",
    "clues": "most clues that hang off one thing on the way",
    "reach": "fewest facts between the answer and what the question names, a name being one",
    "pages": "fewest pages that answer it",
}
_LEVELS = {
    "easy": Knobs(round=0, distance=2, facts=8),
    "medium": Knobs(round=3, distance=2, facts=8, reach=2, pages=2),
    "hard": Knobs(round=4, reach=3, pages=2),
    "extreme": Knobs(round=ROUNDS, distance=4, reach=4, pages=3),
}


def anchors(desk: Desk) -> Sequence[Anchor]:
    """Every entity with facts, as a number: where the walk begins is drawn by it."""
    knowledge: Knowledge = desk.knowledge
    return [(entity,) for entity in knowledge.entities if knowledge.facts_about(entity)]


def draft(desk: Desk, anchor: Anchor, *key: object) -> Draft | None:
    """The question after the wanted round; None if it could not be evolved so far."""
    knowledge, knobs = desk.knowledge, desk.knobs
    exploring = Exploring(
        facts=max(knobs.facts, knobs.distance), distance=knobs.distance, clues=knobs.clues, tries=8
    )
    split = split_of(anchor)

    def fits(fact: Fact) -> bool:
        return split_of(("answer", *fact.key)) == split

    try:
        found = explore(knowledge, *key, settings=exploring, fits=fits)
    except SettingError:
        return None
    first = first_question(knowledge, found, exploring)
    rounds = evolve(knowledge, first, knobs.round, *key).rounds
    if len(rounds) <= knobs.round:
        return None
    last = rounds[knobs.round]
    rules = RuleSettings(reach=knobs.reach, documents=knobs.pages, skipped=_LOOSE)
    meta = {"round": knobs.round, "provenance": [_told(each) for each in rounds]}
    return Draft(query=last.query, question=last.question, rules=rules, meta=meta)


def _told(each: Round) -> dict[str, object]:
    """One round for the record: its edit, its question and its difficulty."""
    return {
        "edit": None if each.edit is None else each.edit,
        "question": each.question,
        "essential_reach": each.essential_reach,
        "min_docs": each.min_docs,
        "salience": round(each.salience, 3),
    }


FAMILY = Family(
    name="Evolved",
    summary="Long questions made short and vague, round by round (WebExplorer).",
    knobs=Knobs,
    levels=_LEVELS,
    meanings=MEANINGS,
    anchors=anchors,
    draft=draft,
)
