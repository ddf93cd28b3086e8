"""On which side of a fact it is told: in the article of its subject or, rarely, of its object.

Most articles tell what their own entity stands in relation to and name nothing that points to it;
stubs are the other way round. So a page that leads from one entity to the next seldom also leads
on, and a chain of facts has to be followed from page to page.
"""

from collections import Counter
from collections.abc import Sequence

from webenvs import seeding
from webenvs.corpora.world.ledger import Ledger
from webenvs.corpora.world.plan import BOX, LISTED, NEWS, ONLY, PROSE, ROSTER, SITE
from webenvs.corpora.world.relations import RELATIONS

_STUBS = 0.18
_TOLD, _TOLD_AGAIN, _TOLD_BY_STUB = 0.72, 0.42, 0.08
"""Shares of facts told by their subject: of those told nowhere else yet, of others, of stubs'."""
_BOX_ONLY, _BOX_TOO = 0.4, 0.6
_MOST_BESIDE = 1
"""How many facts about itself a stub may tell beside what points to it."""
_SHOWN_AGAIN, _LEAK = 0.5, 0.008
_TABLE_SHARE, _TABLE_SHARE_BOTH = 0.2, 0.85
_ELSEWHERE = LISTED | NEWS | SITE
MOST_SHOWN = 16
"""The most entities that a sentence of an article enumerates."""
_UNIT = 1 << 16


class Luck:
    """Draws in bulk: four for each of many places, under one key."""

    def __init__(self, places: int, *key: object) -> None:
        """Make all draws at once."""
        raw = seeding.generator(*key, "luck").bit_generator
        self._draws: list[int] = raw.random_raw(places).tolist() if places else []

    def below(self, place: int, number: int, share: float) -> bool:
        """Whether draw `number` (0 to 3) of a place falls below `share`."""
        return (self._draws[place] >> 16 * number) % _UNIT < share * _UNIT


def stubs_of(seed: int, ledger: Ledger) -> bytearray:
    """Which entities have an article that leaves out most facts, 1 for yes.

    Those that are said to tell something always are none.
    """
    luck = Luck(len(ledger.entities), seed, "stubs")
    fixed = {relation.domain for relation in RELATIONS.values() if relation.fixed}
    return bytearray(
        entity.type not in fixed and luck.below(place, 0, _STUBS)
        for place, entity in enumerate(ledger.entities)
    )


def table_facts(ledger: Ledger, stubs: Sequence[int], luck: Luck) -> list[int]:
    """The facts that had better stand in a table: those of stubs first, then some others.

    Of facts that hold both ways most, one way each.
    """
    needy: list[int] = []
    others: list[int] = []
    for place, subject in enumerate(ledger.subjects):
        twin = ledger.twin(place)
        if twin >= 0:
            if place < twin and luck.below(place, 3, _TABLE_SHARE_BOTH):
                others.append(place)
        elif stubs[subject]:
            needy.append(place)
        elif luck.below(place, 3, _TABLE_SHARE):
            others.append(place)
    return needy + others


def spread(ledger: Ledger, spots: bytearray, stubs: Sequence[int], luck: Luck) -> None:
    """Note in `spots` which articles tell which fact, so that each stands somewhere."""
    for place in range(len(ledger.facts)):
        if ledger.twin(place) >= 0:
            _spread_pair(place, ledger, spots, luck)
        elif _must(place, ledger, spots, stubs, luck):
            spots[place] |= _form(place, ledger, luck)
    told = Counter(
        subject for place, subject in enumerate(ledger.subjects) if spots[place] & (PROSE | BOX)
    )
    shown: Counter[tuple[str, int]] = Counter()
    for place, fact in enumerate(ledger.facts):
        if spots[place] & ONLY or ledger.twin(place) >= 0:
            continue
        key = (fact.relation, ledger.objects[place])
        room = RELATIONS[fact.relation].rosters and shown[key] < MOST_SHOWN
        free = stubs[ledger.objects[place]] and told[ledger.objects[place]] <= _MOST_BESIDE
        if room and _shown(place, bool(free), spots, luck):
            spots[place] |= ROSTER
            shown[key] += 1
        if not spots[place]:
            spots[place] |= _form(place, ledger, luck)
            told[ledger.subjects[place]] += 1


def _spread_pair(place: int, ledger: Ledger, spots: bytearray, luck: Luck) -> None:
    """Note which of two articles tells a fact that holds both ways, if it stands nowhere else."""
    twin = ledger.twin(place)
    if place < twin and not (spots[place] | spots[twin]) & _ELSEWHERE:
        side = place if luck.below(place, 0, 0.5) else twin
        spots[side] |= _form(side, ledger, luck)


def _must(place: int, ledger: Ledger, spots: bytearray, stubs: Sequence[int], luck: Luck) -> bool:
    """Whether the subject's article tells the fact, by choice or because no other page can."""
    if spots[place] & ONLY:
        return False
    rosters = RELATIONS[ledger.facts[place].relation].rosters
    return _told(place, ledger, spots, stubs, luck) or not (spots[place] or rosters)


def _told(place: int, ledger: Ledger, spots: bytearray, stubs: Sequence[int], luck: Luck) -> bool:
    """Whether the subject's article tells the fact."""
    if RELATIONS[ledger.facts[place].relation].fixed:
        return True
    if stubs[ledger.subjects[place]]:
        return luck.below(place, 0, _TOLD_BY_STUB)
    return luck.below(place, 0, _TOLD_AGAIN if spots[place] & _ELSEWHERE else _TOLD)


def _form(place: int, ledger: Ledger, luck: Luck) -> int:
    """Whether a fact stands in the infobox, in a sentence, or in both."""
    functional = RELATIONS[ledger.facts[place].relation].functional
    if not functional or not luck.below(place, 1, _BOX_TOO):
        return PROSE
    return BOX if luck.below(place, 1, _BOX_ONLY) else BOX | PROSE


def _shown(place: int, free: bool, spots: bytearray, luck: Luck) -> bool:
    """Whether the object's article tells the fact; `free` ones tell little of their own."""
    if not free:
        return luck.below(place, 2, _LEAK)
    return not spots[place] or luck.below(place, 2, _SHOWN_AGAIN)
