"""What the news report and when: facts that relations with news templates hold, and small talk."""

import datetime
from collections.abc import Sequence

from webenvs import seeding
from webenvs.corpora.world.addresses import slug_of
from webenvs.corpora.world.dice import Dice
from webenvs.corpora.world.graph import ROOT
from webenvs.corpora.world.ledger import Ledger
from webenvs.corpora.world.plan import NEWS, ONLY, Item, Site
from webenvs.corpora.world.relations import RELATIONS

_FIRST_DAY, _DAYS = datetime.date(2015, 1, 1), 1700
_PRINTED = 0.4
"""The share of the news that newspapers with a site of their own print."""


def able_facts(seed: int, ledger: Ledger, spots: bytearray) -> list[int]:
    """The facts that can be news and are not yet, in the order in which they are taken."""
    able = [
        place
        for place, fact in enumerate(ledger.facts)
        if RELATIONS[fact.relation].news and not spots[place] & (NEWS | ONLY)
    ]
    return list(seeding.shuffled(able, seed, "news"))


def items_of(
    seed: int,
    ledger: Ledger,
    spots: bytearray,
    shares: Sequence[tuple[int, int]],
    sites: Sequence[Site],
) -> tuple[Item, ...]:
    """News for each (site, number of items), site -1 for the encyclopedia's own; notes NEWS.

    Facts first; when they run out, small talk, so that there are exactly as many items.
    """
    facts = able_facts(seed, ledger, spots)
    items = []
    for site, count in shares:
        root = sites[site].root if site >= 0 else f"{ROOT}/"
        for turn in range(count):
            fact = facts.pop() if facts else -1 - turn
            if fact >= 0:
                spots[fact] |= NEWS
            items.append(item_of(seed, ledger, fact, root, site))
    return tuple(sorted(items, key=lambda item: (item.site, item.day, item.url)))


def item_of(seed: int, ledger: Ledger, fact: int, root: str, site: int = -1) -> Item:
    """The item that reports `fact` below `root`; a negative one numbers an item without a fact."""
    dice = Dice(seed, "news", root, fact)
    day = (_FIRST_DAY + datetime.timedelta(dice.below(_DAYS))).isoformat()
    if fact < 0:
        url = f"{root}news/{day}/notice-{-fact}"
        return Item(url=url, day=day, fact=-1, template=dice.below(1 << 16), site=site)
    told = ledger.facts[fact]
    relation = RELATIONS[told.relation]
    name = slug_of(ledger.entities[ledger.subjects[fact]].name)
    return Item(
        url=f"{root}news/{day}/{name}-{fact}",
        day=day,
        fact=fact,
        template=dice.below(len(relation.news)),
        site=site,
    )


def printed_shares(seed: int, sites: Sequence[Site], papers: Sequence[int], room: int) -> list[int]:
    """How many items each of the newspapers prints, on `_PRINTED` of the room at most."""
    left = int(room * _PRINTED)
    counts = []
    for place in papers:
        wanted = 6 + Dice(seed, "printed", sites[place].root).below(30)
        counts.append(max(0, min(wanted, left - 2)))
        left -= counts[-1] + 2
    return counts
