"""WebWalk: facts that lie clicks deep in one web site, reached by its links alone (WebWalkerQA)."""

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec

from webenvs import seeding
from webenvs.corpora.knowledge import Knowledge
from webenvs.records import Record
from webenvs.tasks.click_paths import ClickQuestion, askable, multi_source, single_source
from webenvs.tasks.families.family import Anchor, Desk, Draft, Family
from webenvs.tasks.families.steps import fact_at
from webenvs.tasks.kp.case import RuleSettings
from webenvs.tasks.kp.wording import question_of
from webenvs.tasks.sites import on_site, site_of, site_roots

_Depth = Annotated[int, msgspec.Meta(ge=2, le=4)]
_Sum = Annotated[int, msgspec.Meta(ge=2, le=8)]
Sources = Literal["single", "multi", "any"]


class Knobs(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How deep the facts lie; see `MEANINGS`."""

    sources: Sources = "any"
    depth: _Depth = 3
    sums: tuple[_Sum, _Sum] = (5, 6)
    described: bool = False


MEANINGS = {
    "sources": "pages that are needed: single (one), multi (two) or any",
    "depth": "clicks from the front page to the page of a single-source question",
    "sums": "least and most clicks to the two pages of a multi-source question together",
    "described": "whether the question describes what it is about instead of naming it",
}
_LEVELS = {
    "easy": Knobs(depth=2, sums=(2, 4)),
    "medium": Knobs(),
    "hard": Knobs(depth=4, sums=(7, 8)),
    "extreme": Knobs(depth=4, sums=(7, 8), described=True),
}


def anchors(desk: Desk) -> Sequence[Anchor]:
    """Every fact that stands deep enough in a site, behind the site's root."""
    knowledge: Knowledge = desk.knowledge
    depths = _depths(desk.knobs)
    return [
        (root, *fact.key)
        for root in site_roots(knowledge.corpus)
        for depth in depths
        for fact in askable(knowledge, root, depth)
    ]


def draft(desk: Desk, anchor: Anchor, *key: object) -> Draft | None:
    """A question for the anchor's fact."""
    knowledge: Knowledge = desk.knowledge
    found = _found(knowledge, desk.knobs, anchor, *key)
    if found is None:
        return None
    question = on_site(knowledge, found.root, question_of(knowledge, found.query, *key))
    rules = RuleSettings(reach=1, documents=len(found.pages))
    return Draft(query=found.query, question=question, rules=rules, meta=found.meta)


def _depths(knobs: Knobs) -> tuple[int, ...]:
    """The depths at which the last page of a question can lie."""
    single = {knobs.depth} if knobs.sources != "multi" else set()
    multi = set(range(1, 5)) if knobs.sources != "single" else set()
    return tuple(sorted(single | multi))


def _found(
    knowledge: Knowledge, knobs: Knobs, anchor: Anchor, *key: object
) -> ClickQuestion | None:
    root, *told = anchor
    fact = fact_at(knowledge, told)
    site = site_of(knowledge, root)
    depth = site.depth(fact_at(site.knowledge, fact.key))
    wants = knobs.sources
    if wants == "any":
        wants = seeding.choice(("single", "multi"), *key, "sources")
    if wants == "single":
        if depth != knobs.depth:
            return None
        return single_source(knowledge, root, depth, *key, described=knobs.described, fact=fact)
    least, most = knobs.sums
    firsts = [other for other in range(1, 5) if least <= depth + other <= most]
    for first in seeding.shuffled(firsts, *key, "first"):
        found = multi_source(knowledge, root, (first, depth), *key, fact=fact)
        if found is not None:
            return found
    return None


FAMILY = Family(
    name="WebWalk",
    summary="Facts deep in one web site, reached by clicks alone (WebWalkerQA).",
    knobs=Knobs,
    levels=_LEVELS,
    meanings=MEANINGS,
    anchors=anchors,
    draft=draft,
)
