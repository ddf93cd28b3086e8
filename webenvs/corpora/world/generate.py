"""Building a generated web: cast, history, placement, pages; the same settings, the same bytes."""

from webenvs.corpora.corpus import MemoryCorpus
from webenvs.corpora.knowledge import Knowledge
from webenvs.corpora.world.articles import TYPES
from webenvs.corpora.world.cast import cast_of
from webenvs.corpora.world.graph import World
from webenvs.corpora.world.history import history_of
from webenvs.corpora.world.placement import plan_of
from webenvs.corpora.world.relations import RELATIONS
from webenvs.corpora.world.render import pages_of
from webenvs.errors import bad_setting

__all__ = ["LEAST_PAGES", "World", "build_world"]

LEAST_PAGES = 100
_ARTICLE_SHARE = 0.74


def build_world(seed: int = 0, pages: int = 300) -> World:
    """A world of exactly `pages` pages, a pure function of its arguments.

    Preset `tiny` is seed 0 with 300 pages. About three quarters of the pages are articles. Raises
    SettingError for a size below 100 pages.
    """
    if pages < LEAST_PAGES:
        raise bad_setting("pages", pages, f"at least {LEAST_PAGES}")
    cast = cast_of(seed, round(pages * _ARTICLE_SHARE))
    plan = plan_of(seed, pages, cast, history_of(seed, cast))
    entities = [entity for group in cast.members.values() for entity in group]
    name = f"world-{seed}-{pages}"
    corpus = MemoryCorpus(pages_of(seed, cast, plan), name)
    relations = [relation.known for relation in RELATIONS.values()]
    types = [row.words for row in TYPES.values()]
    knowledge = Knowledge(entities, relations, types, plan.facts, corpus, name)
    return World(corpus, knowledge)
