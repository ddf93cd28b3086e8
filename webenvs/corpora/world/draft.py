"""A world before its pages are written: its cast, its history, and which page tells what."""

from collections.abc import Iterator
from dataclasses import dataclass

from webenvs.corpora.knowledge_file import Terms
from webenvs.corpora.world.articles import TYPES
from webenvs.corpora.world.cast import Cast, cast_of
from webenvs.corpora.world.desk import Desk
from webenvs.corpora.world.history import history_of
from webenvs.corpora.world.placement import Plan, article_count, plan_of
from webenvs.corpora.world.relations import RELATIONS
from webenvs.corpora.world.render import written_at
from webenvs.corpora.world.settings import WorldSettings
from webenvs.records import Page

Stating = tuple[tuple[int, int, int], ...]
"""What a page states: the number of a fact in the plan, and where its passage starts and ends."""


@dataclass(frozen=True)
class Draft:
    """Everything that is settled before a page is written; it is small beside the pages."""

    settings: WorldSettings
    cast: Cast
    desk: Desk

    @property
    def plan(self) -> Plan:
        """Which page tells what."""
        return self.desk.plan

    @property
    def terms(self) -> Terms:
        """What its facts are made of."""
        entities = [entity for group in self.cast.members.values() for entity in group]
        return Terms(
            name=self.settings.name,
            entities=tuple(sorted(entities, key=lambda entity: entity.id)),
            relations=tuple(relation.known for relation in RELATIONS.values()),
            types=tuple(row.words for row in TYPES.values()),
        )

    def pages(self, shard: int = 0, shards: int = 1) -> Iterator[tuple[Page, Stating]]:
        """The pages of one shard, in no particular order, each with what it states."""
        return written_at(self.desk, shard, shards)


def draft_of(settings: WorldSettings) -> Draft:
    """The draft of the world of these settings; raises SettingError if they do not fit together."""
    seed, pages, distractors = settings.seed, settings.pages, settings.distractors
    cast = cast_of(seed, article_count(pages, distractors), ambiguity=settings.ambiguity)
    facts = history_of(seed, cast, density=settings.density)
    plan = plan_of(seed, pages, cast, facts, distractors=distractors, length=settings.length)
    return Draft(settings, cast, Desk(seed, cast, plan))
