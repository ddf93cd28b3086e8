"""Where each fact is told: in which articles, lists, news and sites, so that facts are spread.

All decisions about a web are taken here, and no text is written: see `plan` for their form.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from webenvs.corpora.knowledge import Entity, Fact
from webenvs.corpora.world import budget
from webenvs.corpora.world.addresses import housed, index_url, wiki_url
from webenvs.corpora.world.articles import TYPES
from webenvs.corpora.world.cast import Cast
from webenvs.corpora.world.distractors import distractors_of
from webenvs.corpora.world.ledger import Ledger
from webenvs.corpora.world.listing import rolls_of
from webenvs.corpora.world.news import items_of, printed_shares
from webenvs.corpora.world.plan import (
    CHUNK,
    OTHER_INDEX,
    Directory,
    Distractor,
    Item,
    Namesakes,
    Plan,
    Roll,
    Site,
    entities_of,
)
from webenvs.corpora.world.sites import least_room, site_pages, sites_of
from webenvs.corpora.world.spread import Luck, spread, stubs_of, table_facts
from webenvs.errors import bad_setting

__all__ = ["Plan", "article_count", "plan_of"]

article_count = budget.article_count

_LEAST_BEARERS = {"disambiguation": 2, "surname": 3}
_LEAST_INDEX = 20
"""Types with fewer members than this share one index."""
_LARGE = 1000
"""From so many pages on, sites are large."""


def plan_of(
    seed: int,
    pages: int,
    cast: Cast,
    facts: Sequence[Fact],
    *,
    distractors: float = 0.5,
    length: float = 1.0,
) -> Plan:
    """The plan of a web of exactly `pages` pages; raises SettingError if the cast is too large."""
    entities = entities_of(cast)
    indexes = _entity_indexes(cast)
    room = pages - 1 - len(entities) - _index_pages(indexes)
    ledger = Ledger(entities, facts)
    due = least_room(ledger)
    if room < due:
        least = pages - room + due
        raise bad_setting("pages", pages, f"at least {least:,} for {len(entities):,} articles")
    wanted = round(pages * budget.distractor_share(distractors))
    odd = min(wanted, budget.most_within(int((room - due) * budget.MOST_ODD)))
    room -= budget.with_index(odd)
    spots = bytearray(len(facts))
    sites, rolls, groups, items, notices = _fill(seed, ledger, spots, pages, room)
    titles = {group.title.casefold() for group in groups}
    oddities = distractors_of(seed, entities, titles, odd)
    return Plan(
        facts=tuple(facts),
        spots=bytes(spots),
        rolls=rolls,
        items=items,
        namesakes=groups,
        sites=sites,
        distractors=oddities,
        directories=(*indexes, *_other_indexes(entities, sites, rolls, groups, items, oddities)),
        notices=notices,
        length=length,
    )


def _fill(
    seed: int, ledger: Ledger, spots: bytearray, pages: int, room: int
) -> tuple[tuple[Site, ...], tuple[Roll, ...], tuple[Namesakes, ...], tuple[Item, ...], int]:
    """Sites, lists, disambiguation pages and news that fill `room` pages, and what is left over.

    Notes in `spots` where every fact stands.
    """
    for_sites = max(least_room(ledger), int(room * budget.SITES))
    sites = sites_of(seed, ledger, spots, for_sites, pages >= _LARGE)
    groups = _namesakes(ledger.entities, int(room * budget.NAMESAKES))
    stubs = stubs_of(seed, ledger)
    luck = Luck(len(ledger.facts), seed, "facts")
    wanted = table_facts(ledger, stubs, luck)
    rolls = rolls_of(seed, ledger, spots, wanted, int(room * budget.ROLLS))
    left = room - sum(budget.with_index(len(made)) for made in (groups, rolls))
    left -= sum(site_pages(site, ledger) for site in sites) + budget.index_pages(len(sites))
    papers = [
        place for place, site in enumerate(sites) if ledger.entities[site.owner].type == "newspaper"
    ]
    shares = [
        (place, count)
        for place, count in zip(papers, printed_shares(seed, sites, papers, left), strict=True)
        if count > 0
    ]
    left -= sum(budget.with_index(count) for _, count in shares)
    own = budget.most_within(left - budget.notices(left))
    items = items_of(seed, ledger, spots, [*shares, (-1, own)], sites)
    spread(ledger, spots, stubs, luck)
    return sites, rolls, groups, items, left - budget.with_index(own)


def _index_pages(directories: Iterable[Directory]) -> int:
    """How many pages the indexes have."""
    return sum(budget.index_pages(len(directory.order)) for directory in directories)


def _entity_indexes(cast: Cast) -> tuple[Directory, ...]:
    """An index of each large type, and one of all others."""
    entities = entities_of(cast)
    groups: defaultdict[str, list[int]] = defaultdict(list)
    for place, entity in enumerate(entities):
        if housed(entity.url):
            continue
        large = len(cast.members[entity.type]) >= _LEAST_INDEX
        groups[TYPES[entity.type].title if large else OTHER_INDEX].append(place)
    return tuple(
        _directory(title, "entity", sorted(group, key=lambda place: entities[place].id))
        for title, group in groups.items()
    )


def _other_indexes(
    entities: Sequence[Entity],
    sites: Sequence[Site],
    rolls: Sequence[Roll],
    groups: Sequence[Namesakes],
    items: Sequence[Item],
    oddities: Sequence[Distractor],
) -> tuple[Directory, ...]:
    """Indexes of everything that is no article; one for each newspaper's archive."""
    by_owner = sorted(range(len(sites)), key=lambda place: entities[sites[place].owner].id)
    found = [
        _directory("Directory of websites", "site", by_owner),
        _directory("Lists and tables", "roll", _sorted_by_title(rolls)),
        _directory("Shared names", "namesakes", _sorted_by_title(groups)),
        _directory("Miscellany", "distractor", _sorted_by_title(oddities)),
    ]
    printed: defaultdict[int, list[int]] = defaultdict(list)
    for place, item in enumerate(items):
        printed[item.site].append(place)
    for site, order in printed.items():
        if site < 0:
            found.append(_directory("News archive", "item", order))
        else:
            title = f"Archive of {entities[sites[site].owner].title}"
            url = f"{sites[site].root}archive/"
            found.append(Directory(title=title, url=url, what="item", order=tuple(order)))
    return tuple(directory for directory in found if directory.order)


def _sorted_by_title(
    pages: Sequence[Roll] | Sequence[Namesakes] | Sequence[Distractor],
) -> list[int]:
    """The places of the pages in the order of their titles and urls."""
    return sorted(range(len(pages)), key=lambda place: (pages[place].title, pages[place].url))


def _directory(title: str, what: str, order: Iterable[int]) -> Directory:
    """An index of the encyclopedia."""
    return Directory(title=title, url=index_url(title), what=what, order=tuple(order))


def _namesakes(entities: Sequence[Entity], room: int) -> tuple[Namesakes, ...]:
    """Pages for names borne by two or more, then for surnames borne by three or more."""
    bearers: defaultdict[str, list[int]] = defaultdict(list)
    families: defaultdict[str, list[int]] = defaultdict(list)
    for place, entity in enumerate(entities):
        bearers[entity.name].append(place)
        if entity.type == "person":
            families[entity.name.rsplit(" ", 1)[-1]].append(place)
    rows = [(name, "disambiguation", members) for name, members in sorted(bearers.items())]
    rows += [(name, "surname", members) for name, members in sorted(families.items())]
    found = [
        Namesakes(
            url=wiki_url(f"{name} ({what})"),
            title=f"{name} ({what})",
            name=name,
            members=tuple(sorted(members, key=lambda place: entities[place].id)[:CHUNK]),
        )
        for name, what, members in rows
        if len(members) >= _LEAST_BEARERS[what]
    ]
    return tuple(found[: budget.most_within(room)])
