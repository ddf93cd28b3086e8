"""The pages of a generated web, written from its plan, a shard at a time and in any order."""

from collections.abc import Callable, Iterator

from webenvs.corpora.world.addresses import housed, index_url
from webenvs.corpora.world.bulletins import Bulletins
from webenvs.corpora.world.cast import Cast
from webenvs.corpora.world.desk import Desk
from webenvs.corpora.world.encyclopedia import Encyclopedia
from webenvs.corpora.world.hubs import Hubs, index_places
from webenvs.corpora.world.plan import Plan
from webenvs.corpora.world.prose import Span
from webenvs.corpora.world.rolls import Rolls
from webenvs.corpora.world.sitepages import SitePages
from webenvs.records import Page

Written = tuple[Page, tuple[Span, ...]]
_Job = Callable[[], Iterator[Written]]


def pages_of(
    seed: int, cast: Cast, plan: Plan, shard: int = 0, shards: int = 1
) -> Iterator[Written]:
    """The pages of one of `shards` parts of the web, each with the facts that it states.

    A stated fact is its place in `plan.facts` and the characters of the page's text that state it.
    Every page is in exactly one shard; what a page says does not depend on the number of shards.
    """
    return written_at(Desk(seed, cast, plan), shard, shards)


def written_at(desk: Desk, shard: int, shards: int) -> Iterator[Written]:
    """`pages_of`, where the desk is there already: one serves all shards."""
    for number, job in enumerate(_jobs(desk)):
        if number % shards == shard:
            yield from job()


def _jobs(desk: Desk) -> Iterator[_Job]:
    """Every page, or every site, as something that writes it."""
    plan, bulletins = desk.plan, Bulletins(desk)
    encyclopedia, rolls, hubs = Encyclopedia(desk), Rolls(desk), Hubs(desk, bulletins)
    archives = {directory.url for directory in plan.directories}
    for site in plan.sites:
        archive = f"{site.root}archive/" in archives
        yield SitePages(desk, encyclopedia, bulletins, site, archive).pages
    for place, entity in enumerate(desk.entities):
        if not housed(entity.url):
            yield _one(encyclopedia.article, place)
    for item in plan.items:
        back = ("Archive", f"{plan.sites[item.site].root}archive/")
        own = ("News archive", index_url("News archive"))
        yield _one(bulletins.page, item, back if item.site >= 0 else own)
    for roll in plan.rolls:
        yield _one(rolls.roll, roll)
    for group in plan.namesakes:
        yield _one(encyclopedia.namesakes, group)
    for page in plan.distractors:
        yield _one(rolls.distractor, page)
    for directory in plan.directories:
        for level, part in index_places(len(directory.order)):
            yield _one(hubs.index, directory, level, part)
    for number in range(plan.notices):
        yield _one(hubs.notice, number)
    yield _one(hubs.main)


def _one(write: Callable[..., Written], *arguments: object) -> _Job:
    """A job that writes one page."""
    return lambda: iter((write(*arguments),))
