"""Which lists and tables the web has: lists by what they have in common, tables by what they show.

A list names everything that stands in one relation to one entity; some lists are tables with
further columns. A table gives one value each of many members of a type. Both go on on further pages
after CHUNK rows.
"""

from collections import defaultdict
from collections.abc import Sequence

from webenvs import seeding
from webenvs.corpora.world.addresses import list_url
from webenvs.corpora.world.articles import TYPES
from webenvs.corpora.world.budget import index_pages
from webenvs.corpora.world.dice import Dice
from webenvs.corpora.world.labels import label_of
from webenvs.corpora.world.ledger import Ledger
from webenvs.corpora.world.plan import CHUNK, LISTED, ONLY, Facts, Roll
from webenvs.corpora.world.prose import capital
from webenvs.corpora.world.relations import RELATIONS
from webenvs.corpora.world.schema import Relation

_LEAST_ROWS = 3
_LEAST_TABLE = 6
_TABLES = 0.5
"""The share of the room that tables get."""
_TABLE_OF_LIST = 0.5
"""The share of lists that are tables with further columns."""


def rolls_of(
    seed: int, ledger: Ledger, spots: bytearray, wanted: Sequence[int], room: int
) -> tuple[Roll, ...]:
    """Lists and tables on at most `room` pages, their index included; notes LISTED in `spots`.

    `wanted` are facts that had better stand in a table, in the order of their need.
    """
    tables = _tables(seed, ledger, spots, wanted, int(room * _TABLES))
    lists = _lists(seed, ledger, spots, room, len(tables))
    for roll in (*lists, *tables):
        for row in roll.rows:
            for fact in row:
                if fact >= 0:
                    spots[fact] |= LISTED
                    if (twin := ledger.twin(fact)) >= 0:
                        spots[twin] |= LISTED
    return (*lists, *tables)


def _lists(seed: int, ledger: Ledger, spots: bytearray, room: int, others: int) -> tuple[Roll, ...]:
    """The longest lists that the relations with a list title give."""
    groups: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
    for place, fact in enumerate(ledger.facts):
        if RELATIONS[fact.relation].roll and not spots[place] & ONLY:
            groups[(fact.relation, ledger.objects[place])].append(place)
    long = [key for key, group in groups.items() if len(group) >= _LEAST_ROWS]
    rolls: list[Roll] = []
    for key in sorted(long, key=lambda key: (-len(groups[key]), key)):
        pages = -(-len(groups[key]) // CHUNK)
        count = others + len(rolls) + pages
        if count + index_pages(count) > room:
            break
        relation, thing = key
        rolls += _list(seed, ledger, spots, relation, thing, groups[key])
    return tuple(rolls)


def _list(
    seed: int, ledger: Ledger, spots: bytearray, relation: str, thing: int, group: list[int]
) -> list[Roll]:
    """The pages of one list."""
    entity = ledger.entities[thing]
    title = RELATIONS[relation].roll.format(o=TYPES[entity.type].article + entity.title)
    dice = Dice(seed, "list", relation, entity.id)
    columns = _columns(relation, dice) if dice.chance(_TABLE_OF_LIST) else ()
    members = sorted(group, key=lambda fact: ledger.entities[ledger.subjects[fact]].id)
    rows = [(fact, *_cells(ledger, spots, fact, columns)) for fact in members]
    return _parts(title, relation, thing, columns, rows)


def _columns(relation: str, dice: Dice) -> tuple[str, ...]:
    """One or two further things that a table tells of the members of a list."""
    domain = RELATIONS[relation].domain
    able = [
        name
        for name, other in RELATIONS.items()
        if other.domain == domain and other.functional and not other.symmetric and name != relation
    ]
    return tuple(dice.some(able, 1 + dice.below(2)))


def _cells(ledger: Ledger, spots: bytearray, link: int, columns: Sequence[str]) -> Facts:
    """The facts in a row behind its first; -1 for what is unknown or stands elsewhere only."""
    if not columns:
        return ()
    about = {
        ledger.facts[fact].relation: fact
        for fact in ledger.about(ledger.subjects[link])
        if not spots[fact] & ONLY
    }
    return tuple(about.get(name, -1) for name in columns)


def _tables(
    seed: int, ledger: Ledger, spots: bytearray, wanted: Sequence[int], room: int
) -> tuple[Roll, ...]:
    """Tables of one relation each, drawn relation by relation while there is room."""
    groups: defaultdict[str, list[int]] = defaultdict(list)
    for fact in wanted:
        if not spots[fact] & ONLY and _in_table(RELATIONS[ledger.facts[fact].relation]):
            groups[ledger.facts[fact].relation].append(fact)
    rolls: list[Roll] = []
    drawn = seeding.shuffled(sorted(groups), seed, "tables")
    for relation in sorted(drawn, key=lambda name: not RELATIONS[name].symmetric):
        left = room - len(rolls) - index_pages(len(rolls)) - 1
        members = groups[relation][: max(0, left) * CHUNK]
        if len(members) >= _LEAST_TABLE:
            members.sort(key=lambda fact: ledger.entities[ledger.subjects[fact]].id)
            rows = [(-1, fact) for fact in members]
            rolls += _parts(table_title(relation), relation, -1, (relation,), rows)
    return tuple(rolls)


def _in_table(relation: Relation) -> bool:
    """Whether a table can show the relation: one value a row, or one pair a row."""
    return relation.functional or relation.symmetric


def table_title(relation: str) -> str:
    """Cities by population."""
    plural = TYPES[RELATIONS[relation].domain].words.plural
    return f"{capital(plural)} by {label_of(relation, RELATIONS[relation].domain).lower()}"


def _parts(
    title: str, relation: str, thing: int, columns: tuple[str, ...], rows: Sequence[Facts]
) -> list[Roll]:
    """The rows on as many pages as they need, of about equal length, each leading to the next."""
    count = -(-len(rows) // CHUNK)
    size = -(-len(rows) // count)
    count = -(-len(rows) // size)
    urls = [list_url(title, part) for part in range(count)]
    return [
        Roll(
            url=urls[part],
            title=title if count == 1 else f"{title} (page {part + 1} of {count})",
            relation=relation,
            object=thing,
            columns=columns,
            rows=tuple(rows[part * size : (part + 1) * size]),
            next=urls[part + 1] if part + 1 < count else "",
        )
        for part in range(count)
    ]
