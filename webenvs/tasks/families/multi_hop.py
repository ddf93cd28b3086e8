"""MultiHop: a chain of facts from something named to the answer, no two of them on one page."""

from collections.abc import Sequence
from typing import Annotated

import msgspec

from webenvs import seeding
from webenvs.corpora.knowledge import Fact, Knowledge, Value
from webenvs.errors import bad_setting
from webenvs.records import Record
from webenvs.tasks.families.family import Anchor, Desk, Draft, Family
from webenvs.tasks.families.steps import Step, fact_at, singles_out, steps_to
from webenvs.tasks.kp.case import RuleSettings
from webenvs.tasks.kp.phrasing import is_clear
from webenvs.tasks.kp.query import Atom, Query, Term, Var, const
from webenvs.tasks.kp.wording import question_of

LONGEST = 6
_MEETING_SHARE = 0.25
_Hops = Annotated[int, msgspec.Meta(ge=2, le=LONGEST)]


class Knobs(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long the chain is; see `MEANINGS`."""

    hops: tuple[_Hops, _Hops] = (2, 4)
    pages: Annotated[int, msgspec.Meta(ge=0, le=LONGEST)] = 0

    def __post_init__(self) -> None:
        """Raise SettingError unless the least comes before the most."""
        if self.hops[0] > self.hops[1]:
            raise bad_setting("hops", self.hops, "(least, most) with least <= most")


MEANINGS = {
    "hops": f"least and most facts of the chain, from 2 to {LONGEST}",
    "pages": "fewest pages that answer it; 0: as many as it has facts, no two on one page",
}
_LEVELS = {
    "easy": Knobs(hops=(2, 2)),
    "medium": Knobs(hops=(2, 4)),
    "hard": Knobs(hops=(4, 4)),
    "extreme": Knobs(hops=(5, LONGEST)),
}


def anchors(desk: Desk) -> Sequence[Anchor]:
    """Every fact that singles out one of its ends."""
    knowledge: Knowledge = desk.knowledge
    return [fact.key for fact in knowledge.facts if fact.places and _directions(knowledge, fact)]


def draft(desk: Desk, anchor: Anchor, *key: object) -> Draft | None:
    """A question whose last fact is the anchor's, drawn backward from the answer; or None."""
    knowledge: Knowledge = desk.knowledge
    least, most = desk.knobs.hops
    hops = least + seeding.integer(most - least + 1, *key, "hops")
    fact = fact_at(knowledge, anchor)
    forward = seeding.choice(_directions(knowledge, fact), *key, "direction")
    meeting = hops > 2 and seeding.uniform(*key, "meeting") < _MEETING_SHARE
    length = hops - 2 if meeting else hops
    chain = _chain(knowledge, Step(fact=fact, forward=forward), length, *key)
    if chain is None:
        return None
    query = _query(knowledge, chain, meeting, *key)
    if query is None:
        return None
    rules = RuleSettings(reach=1, documents=desk.knobs.pages or hops)
    question = question_of(knowledge, query, *key)
    return Draft(query=query, question=question, rules=rules, meta={"hops": hops})


def _directions(knowledge: Knowledge, fact: Fact) -> tuple[bool, ...]:
    """In which directions the fact singles out its other end."""
    ways = (True, False)
    return tuple(way for way in ways if singles_out(knowledge, fact, forward=way))


def _chain(knowledge: Knowledge, last: Step, length: int, *key: object) -> list[Step] | None:
    """Steps from the last to the first, each leading to where the one before it starts; or None."""
    chain = [last]
    visited = {last.known, last.found}
    while len(chain) < length:
        here = chain[-1].known
        able = [
            step
            for step in steps_to(knowledge, here)
            if step.known not in visited and _goes_on(knowledge, step, len(chain) + 1 == length)
        ]
        if not able or not isinstance(here, str):
            return None
        chain.append(seeding.choice(able, *key, "step", len(chain)))
        visited.add(chain[-1].known)
    return chain


def _goes_on(knowledge: Knowledge, step: Step, first: bool) -> bool:
    """Whether a chain can start with the step's known end (if it is the first) or lead to it."""
    if not first:
        return step.known in knowledge.entities
    return step.known not in knowledge.entities or _can_name(knowledge, step.known)


def _query(
    knowledge: Knowledge, chain: Sequence[Step], meeting: bool, *key: object
) -> Query | None:
    """The query of a chain; with a `meeting`, its start is described by two facts instead."""
    start = chain[-1].known
    atoms = []
    for place, step in enumerate(chain):
        found: Term = Var("T" if place == 0 else f"V{place}")
        known: Term = Var(f"V{place + 1}")
        if place + 1 == len(chain) and not meeting:
            if start in knowledge.entities and not _can_name(knowledge, start):
                return None
            known = const(start)
        subject, value = (known, found) if step.forward else (found, known)
        atoms.append(Atom(subject, step.fact.relation, value))
    if meeting:
        clues = _clues(knowledge, start, {step.fact.key for step in chain}, *key)
        if len(clues) < 2:
            return None
        name = Var(f"V{len(chain)}")
        atoms += [Atom(name, fact.relation, const(fact.object)) for fact in clues]
    return Query(atoms=tuple(atoms))


def _clues(knowledge: Knowledge, entity: Value, used: set[Anchor], *key: object) -> list[Fact]:
    """Two facts about the entity, neither of which describes it alone; or fewer."""
    able = [
        fact
        for fact in knowledge.facts_about(entity)
        if fact.key not in used
        and fact.places
        and len(knowledge.facts_to(fact.object, fact.relation)) > 1
        and _can_name(knowledge, fact.object)
    ]
    return sorted(seeding.shuffled(able, *key, "clues")[:2], key=lambda fact: fact.relation)


def _can_name(knowledge: Knowledge, value: Value) -> bool:
    """Whether a question can name an entity so that it means no other; values always can be."""
    entity = knowledge.entities.get(str(value))
    return entity is None or is_clear(knowledge, entity)


FAMILY = Family(
    name="MultiHop",
    summary="A chain of facts, each leading to the next.",
    knobs=Knobs,
    levels=_LEVELS,
    meanings=MEANINGS,
    anchors=anchors,
    draft=draft,
)
