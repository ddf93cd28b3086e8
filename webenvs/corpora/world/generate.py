"""Building a generated web in memory; the same settings, the same bytes."""

from webenvs.corpora.corpus import MemoryCorpus
from webenvs.corpora.knowledge import Fact, Knowledge, Place
from webenvs.corpora.world.draft import draft_of
from webenvs.corpora.world.graph import World
from webenvs.corpora.world.settings import WorldSettings

__all__ = ["World", "WorldSettings", "build_world", "world_of"]


def build_world(
    seed: int = 0,
    pages: int = 300,
    *,
    density: float = 1.0,
    ambiguity: float = 0.5,
    distractors: float = 0.5,
    length: float = 1.0,
) -> World:
    """The world of these settings in memory; see `WorldSettings` for what they do.

    Preset `tiny` is seed 0 with 300 pages. Raises SettingError for a value that is not allowed.
    """
    return world_of(
        WorldSettings(
            seed=seed,
            pages=pages,
            density=density,
            ambiguity=ambiguity,
            distractors=distractors,
            length=length,
        )
    )


def world_of(settings: WorldSettings) -> World:
    """The world of these settings, all of it in memory: for thousands of pages, not for millions.

    `stream.write_world` writes the same world to disk without holding its pages. Raises
    SettingError if the settings do not fit together.
    """
    draft = draft_of(settings)
    places: dict[int, list[tuple[str, int, int]]] = {}
    pages = []
    for page, stating in draft.pages():
        pages.append(page)
        for fact, start, end in stating:
            places.setdefault(fact, []).append((page.url, start, end))
    corpus = MemoryCorpus(pages, settings.name)
    facts = [
        Fact(
            subject=fact.subject,
            relation=fact.relation,
            object=fact.object,
            places=tuple(Place(*place) for place in sorted(places.get(number, ()))),
        )
        for number, fact in enumerate(draft.plan.facts)
    ]
    terms = draft.terms
    knowledge = Knowledge(
        terms.entities, terms.relations, terms.types, facts, corpus, settings.name
    )
    return World(corpus, knowledge)
