"""Where each fact is told: on which articles, lists and news items, so that facts are spread.

A fact about two entities stands on the article of its subject, or of its object, or both; some
stand on a list as well, and some only in the news. Facts with a year or a number stand with their
subject, or in the news.
"""

import datetime
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from webenvs import seeding
from webenvs.corpora.knowledge import Entity, Fact, Place
from webenvs.corpora.world.articles import TYPES
from webenvs.corpora.world.cast import Cast
from webenvs.corpora.world.graph import ROOT
from webenvs.corpora.world.relations import RELATIONS
from webenvs.errors import bad_setting
from webenvs.records import Record

CHUNK = 40
"""Entries on one index page."""
_SUBJECT, _BOTH = 0.5, 0.6
"""A draw below the first: subject's article; below the second: both; above: the object's."""
_LIST_SHARE, _NAMESAKE_SHARE = 0.08, 0.04
_LEAST_LIST = 3
_Object = tuple[str, str]


class Roll(Record, frozen=True, kw_only=True):
    """A list page: everything that stands in one relation to one entity."""

    url: str
    title: str
    relation: str
    object: str
    facts: tuple[Fact, ...]


class News(Record, frozen=True, kw_only=True):
    """A news item: its date, the fact it reports and the template it is told by."""

    url: str
    date: datetime.date
    fact: Fact
    template: int


class Namesakes(Record, frozen=True, kw_only=True):
    """A disambiguation page: all entities that share a name or a surname."""

    url: str
    title: str
    name: str
    members: tuple[str, ...]


class Plan(Record, frozen=True, kw_only=True):
    """What every page tells: `told` by subject, `shown` by (object, relation), and other pages.

    `archive_parts` is the number of pages of the news archive; `facts` are all facts, each with the
    urls of the pages that state it.
    """

    facts: tuple[Fact, ...]
    told: dict[str, tuple[Fact, ...]]
    shown: dict[_Object, tuple[Fact, ...]]
    rolls: tuple[Roll, ...]
    news: tuple[News, ...]
    namesakes: tuple[Namesakes, ...]
    archive_parts: int


def plan_of(seed: int, pages: int, cast: Cast, facts: Sequence[Fact]) -> Plan:
    """The plan of a web of exactly `pages` pages; raises SettingError if the facts are too few."""
    entities = {entity.id: entity for group in cast.members.values() for entity in group}
    rolls = _rolls(facts, entities, round(pages * _LIST_SHARE))
    namesakes = _namesakes(entities, round(pages * _NAMESAKE_SHARE))
    indexes = sum(index_parts(len(group)) for group in cast.members.values())
    slots = pages - (len(entities) + len(rolls) + len(namesakes) + indexes + 1)
    wanted = slots * CHUNK // (CHUNK + 1)
    news = _news(seed, facts, entities, wanted)
    if len(news) < wanted:
        raise bad_setting("pages", pages, "a number whose news the facts of this seed can fill")
    placed, told, shown = _sides(seed, facts, entities, rolls, news)
    return Plan(
        facts=placed,
        told=told,
        shown=shown,
        rolls=rolls,
        news=news,
        namesakes=namesakes,
        archive_parts=slots - wanted,
    )


def index_parts(entries: int) -> int:
    """How many pages an index of that many entries fills."""
    return max(1, -(-entries // CHUNK))


def _sides(
    seed: int,
    facts: Sequence[Fact],
    entities: Mapping[str, Entity],
    rolls: tuple[Roll, ...],
    news: tuple[News, ...],
) -> tuple[tuple[Fact, ...], dict[str, tuple[Fact, ...]], dict[_Object, tuple[Fact, ...]]]:
    """The facts with their urls; those that subjects' articles tell; those that objects' show."""
    listed = {(fact.subject, fact.relation): roll.url for roll in rolls for fact in roll.facts}
    reported = {(item.fact.subject, item.fact.relation): item.url for item in news}
    told: defaultdict[str, list[Fact]] = defaultdict(list)
    shown: defaultdict[_Object, list[Fact]] = defaultdict(list)
    placed = []
    for fact in facts:
        key = (fact.subject, fact.relation)
        pages = {url for url in (listed.get(key), reported.get(key)) if url}
        with_subject, with_object = _articles(seed, fact, key in listed, key in reported)
        if with_subject:
            told[fact.subject].append(fact)
            pages.add(entities[fact.subject].url)
        if with_object:
            shown[(str(fact.object), fact.relation)].append(fact)
            pages.add(entities[str(fact.object)].url)
        placed.append(
            Fact(
                subject=fact.subject,
                relation=fact.relation,
                object=fact.object,
                places=tuple(Place(url) for url in sorted(pages)),
            )
        )
    told_once = {subject: tuple(group) for subject, group in told.items()}
    return tuple(placed), told_once, {key: tuple(group) for key, group in shown.items()}


def _articles(seed: int, fact: Fact, listed: bool, reported: bool) -> tuple[bool, bool]:
    """Whether the subject's and the object's article state the fact."""
    relation = RELATIONS[fact.relation]
    draw = seeding.uniform(seed, fact.subject, fact.relation, "side")
    if reported:
        return draw < _SUBJECT, False
    if relation.fixed or not relation.rosters:
        return True, False
    if listed:
        return draw < _BOTH, False
    return draw < _BOTH, draw >= _SUBJECT


def _rolls(facts: Sequence[Fact], entities: Mapping[str, Entity], most: int) -> tuple[Roll, ...]:
    """The longest lists that the relations with a list title give, `most` of them."""
    groups: defaultdict[tuple[str, str], list[Fact]] = defaultdict(list)
    for fact in facts:
        if RELATIONS[fact.relation].roll:
            groups[(fact.relation, str(fact.object))].append(fact)
    long = [key for key, group in groups.items() if len(group) >= _LEAST_LIST]
    chosen = sorted(long, key=lambda key: (-len(groups[key]), key))[:most]
    rolls = []
    for relation, thing in chosen:
        article = TYPES[entities[thing].type].article
        title = RELATIONS[relation].roll.format(o=article + entities[thing].title)
        members = sorted(groups[(relation, thing)], key=lambda fact: fact.subject)
        rolls.append(
            Roll(
                url=f"{ROOT}/wiki/{title.replace(' ', '_')}",
                title=title,
                relation=relation,
                object=thing,
                facts=tuple(members),
            )
        )
    return tuple(rolls)


def _news(
    seed: int, facts: Sequence[Fact], entities: Mapping[str, Entity], wanted: int
) -> tuple[News, ...]:
    """News items about `wanted` facts that relations with news templates hold, oldest first."""
    able = [fact for fact in facts if RELATIONS[fact.relation].news]
    chosen = seeding.shuffled(able, seed, "news")[:wanted]
    items = []
    for fact in chosen:
        key = (seed, "news", fact.subject, fact.relation)
        day = datetime.date(2015, 1, 1) + datetime.timedelta(seeding.integer(1700, *key, "day"))
        slug = f"{fact.relation}-{entities[fact.subject].id}".replace("_", "-").lower()
        items.append(
            News(
                url=f"{ROOT}/news/{day.isoformat()}/{slug}",
                date=day,
                fact=fact,
                template=seeding.integer(len(RELATIONS[fact.relation].news), *key, "template"),
            )
        )
    return tuple(sorted(items, key=lambda item: item.url))


def _namesakes(entities: Mapping[str, Entity], most: int) -> tuple[Namesakes, ...]:
    """Pages for names borne by two or more, then for surnames borne by three or more."""
    bearers: defaultdict[str, list[str]] = defaultdict(list)
    families: defaultdict[str, list[str]] = defaultdict(list)
    for entity in entities.values():
        bearers[entity.name].append(entity.id)
        if entity.type == "person":
            families[entity.name.rsplit(" ", 1)[-1]].append(entity.id)
    rows = [(name, "disambiguation", bearers[name]) for name in sorted(bearers)]
    sizes = Counter({name: len(members) for name, members in families.items()})
    rows += [(name, "surname", families[name]) for name, _ in sorted(sizes.items())]
    least = {"disambiguation": 2, "surname": _LEAST_LIST}
    pages = [
        Namesakes(
            url=f"{ROOT}/wiki/{name.replace(' ', '_')}_({what})",
            title=f"{name} ({what})",
            name=name,
            members=tuple(sorted(members)),
        )
        for name, what, members in rows
        if len(members) >= least[what]
    ]
    return tuple(pages[:most])
