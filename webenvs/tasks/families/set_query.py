"""SetQuery: conditions on one thing, grown by the operators of the set algebra (WebShaper)."""

from collections.abc import Sequence
from typing import Annotated

import msgspec

from webenvs import seeding
from webenvs.corpora.knowledge import Knowledge
from webenvs.records import Record, Split
from webenvs.tasks.families.family import Anchor, Desk, Draft, Family, split_of
from webenvs.tasks.kinds import of_kind, worded
from webenvs.tasks.kp.case import RuleSettings
from webenvs.tasks.kp.drivers import Strategy, grow, seed_about
from webenvs.tasks.kp.query import Query

COMPUTED = ("COUNT", "SUPERLATIVE", "COMPARE", "DIFFERENCE", "ORDINAL")
_DRAWS = 60
_Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
_Count = Annotated[int, msgspec.Meta(ge=1, le=16)]


class Knobs(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far a question grows; see `MEANINGS`."""

    layers: Annotated[int, msgspec.Meta(ge=0, le=6)] = 2
    atoms: _Count = 7
    strategy: Strategy = "layerwise"
    computed: _Share = 0.15
    reach: Annotated[int, msgspec.Meta(ge=1, le=8)] = 2
    pages: Annotated[int, msgspec.Meta(ge=1, le=10)] = 2
    one_shot: Annotated[int, msgspec.Meta(ge=0, le=100)] = 3


MEANINGS = {
    "layers": "layers of expansion: each hides every constant behind further conditions",
    "atoms": "most conditions of a question",
    "strategy": "how it grows: layerwise, sequential (a chain) or random",
    "computed": f"share of questions with something to compute ({', '.join(COMPUTED)})",
    "reach": "fewest facts between the answer and what the question names",
    "pages": "fewest pages that answer it",
    "one_shot": "hits among which the question as a query must not find the answer; 0: any",
}
_LEVELS = {
    "easy": Knobs(layers=0, atoms=2, computed=0.0, reach=1, pages=1, one_shot=1),
    "medium": Knobs(),
    "hard": Knobs(layers=3, atoms=9, computed=0.2, pages=3, one_shot=5),
    "extreme": Knobs(layers=4, atoms=12, computed=0.25, reach=3, pages=4, one_shot=10),
}


def anchors(desk: Desk) -> Sequence[Anchor]:
    """Every entity that bears its names alone: the answers."""
    knowledge: Knowledge = desk.knowledge
    return [
        (entity.id,)
        for entity in knowledge.entities.values()
        if all(len(knowledge.bearers(name)) == 1 for name in entity.names)
    ]


def draft(desk: Desk, anchor: Anchor, *key: object) -> Draft | None:
    """A question about the anchor: a seed that describes it, grown."""
    knowledge, knobs = desk.knowledge, desk.knobs
    seed = _seed(knowledge, knobs, anchor, *key)
    if seed is None:
        return None
    grown = grow(
        knowledge,
        seed,
        knobs.strategy,
        layers=knobs.layers if knobs.strategy == "layerwise" else None,
        atoms=knobs.atoms,
        key=key,
    )
    meta = {
        "strategy": knobs.strategy,
        "provenance": [f"{edit.operator}: {edit.message}" for edit in grown.edits],
    }
    return Draft(
        query=grown.query,
        question=worded(knowledge, grown.query, *key),
        rules=RuleSettings(reach=knobs.reach, documents=knobs.pages, one_shot=knobs.one_shot),
        meta=meta,
    )


def _seed(knowledge: Knowledge, knobs: Knobs, anchor: Anchor, *key: object) -> Query | None:
    """A small question with one answer: something computed, or one that describes the anchor."""
    if seeding.uniform(*key, "computed") < knobs.computed:
        return _computed(knowledge, split_of(anchor), *key)
    return seed_about(knowledge, anchor[0], *key)


def _computed(knowledge: Knowledge, split: Split, *key: object) -> Query | None:
    """A question with something to compute, of those that belong to the split by what they say."""
    for turn in range(_DRAWS):
        kind = seeding.choice(COMPUTED, *key, turn, "kind")
        query = of_kind(knowledge, kind, *key, turn)
        if query is not None and split_of(_told(query)) == split:
            return query
    return None


def _told(query: Query) -> Anchor:
    """What a query says, whichever of two things it names first."""
    parts = [query.atoms]
    if query.post is not None and query.post.other is not None:
        parts.append(query.post.other.atoms)
    return tuple(sorted(seeding.digest(part) for part in parts))


FAMILY = Family(
    name="SetQuery",
    summary="Conditions on one thing, each hidden behind further ones (WebShaper).",
    knobs=Knobs,
    levels=_LEVELS,
    meanings=MEANINGS,
    anchors=anchors,
    draft=draft,
)
