"""Tables in the facts, questions that join two of them, and how completely each was gathered.

A table is a set of entities of one type that share at least three single-valued relations; a union
task asks for the values of a column that two tables have in common (WebLeaper, arXiv 2510.24697).
Answers are sets; `rewards.members` scores them, ISR and ISE score the way there.
"""

from collections.abc import Iterable, Iterator, Sequence

from webenvs import seeding
from webenvs.corpora.knowledge import Fact, Knowledge, Value, plain
from webenvs.errors import QueryError, bad_setting
from webenvs.records import Record
from webenvs.tasks.kp.edges import sort_key
from webenvs.tasks.kp.graph import part_of
from webenvs.tasks.kp.join import values_of
from webenvs.tasks.kp.ladders import rungs
from webenvs.tasks.kp.query import Atom, Const, Query, Var, const, variables
from webenvs.tasks.kp.spelling import names_of

TARGET = "T"
_ROWS = ("X", "Y")
_CAP = 20_000


class Table(Record, frozen=True, kw_only=True):
    """Entities of one type, in order, and the relations that each has one stated object under."""

    type: str
    columns: tuple[str, ...]
    rows: tuple[str, ...]


class Drawing(Record, frozen=True, kw_only=True):
    """How to draw union tasks: `columns` and `rows` a table has at least, and the answer's size.

    `vague` is the share of conditions on dates and numbers that name a span; `tries` pairs of rows
    are drawn in all.
    """

    columns: int = 3
    rows: int = 4
    least: int = 2
    most: int = 10
    vague: float = 0.7
    tries: int = 2000

    def __post_init__(self) -> None:
        """Raise SettingError for what cannot be drawn."""
        for name, least in (("columns", 2), ("rows", 2), ("least", 1), ("tries", 1)):
            if getattr(self, name) < least:
                raise bad_setting(name, getattr(self, name), f"at least {least}")
        if self.most < self.least:
            raise bad_setting("most", self.most, f"at least least = {self.least}")
        if not 0 <= self.vague <= 1:
            raise bad_setting("vague", self.vague, "between 0 and 1")


class Union(Record, frozen=True, kw_only=True):
    """A union task: its query, its answers in order, the tables it joins and their columns."""

    query: Query
    answers: tuple[Value, ...]
    tables: tuple[Table, Table]
    joined: tuple[str, str]


def tables(knowledge: Knowledge, columns: int = 3, rows: int = 4) -> tuple[Table, ...]:
    """Every maximal table: no entity and no relation can be added without a gap.

    They are the maximal bicliques of entities of one type and their single-valued relations, with
    at least so many columns and rows; by type, then by columns.
    """
    found = []
    for name in knowledge.types:
        shared = {
            entity.id: relations
            for entity in knowledge.of_type(name)
            if len(relations := _columns_of(knowledge, entity.id)) >= columns
        }
        for kept in _closed(shared.values(), columns):
            members = tuple(entity for entity, relations in shared.items() if kept <= relations)
            if len(members) >= rows:
                found.append(Table(type=name, columns=tuple(sorted(kept)), rows=members))
    return tuple(sorted(found, key=lambda table: (table.type, table.columns)))


def cells(knowledge: Knowledge, table: Table) -> tuple[tuple[Value, ...], ...]:
    """The objects of each row under the columns, in the order of both."""
    return tuple(
        tuple(knowledge.facts_from(row, column)[0].object for column in table.columns)
        for row in table.rows
    )


def union_tasks(
    knowledge: Knowledge, *key: object, settings: Drawing | None = None
) -> Iterator[Union]:
    """Different union tasks in the order of their drawing.

    Each joins a row of one table to one of another where a column of each has the same value, and
    says one more thing of either row; asked for are all such values. Both conditions are needed,
    and the answer is a set of the size that the settings allow.
    """
    settings = settings or Drawing()
    found = tables(knowledge, settings.columns, settings.rows)
    meetings = _meetings(knowledge, found)
    if not meetings:
        return
    seen: set[Query] = set()
    for turn in range(settings.tries):
        drawn = _drawn(knowledge, meetings, settings, *key, turn)
        if drawn is not None and drawn.query not in seen:
            seen.add(drawn.query)
            yield drawn


def required(knowledge: Knowledge, query: Query) -> tuple[str, ...]:
    """The usual spelling of everything that a complete search finds: every value of each variable.

    In the order of the variables, then of the values, each once.
    """
    every = range(len(query.atoms))
    spelled = (
        names_of(knowledge, query, name, value)[0]
        for name in variables(query)
        for value in values_of(knowledge, part_of(query, every, name))
    )
    return tuple(dict.fromkeys(spelled))


def isr(found: Iterable[str], wanted: Iterable[str]) -> float:
    """Information-seeking rate: the share of the wanted items that were found; case is folded.

    1.0 if nothing is wanted.
    """
    items = {plain(item) for item in wanted}
    return len(items & {plain(item) for item in found}) / len(items) if items else 1.0


def ise(found: Iterable[str], wanted: Iterable[str], steps: int) -> float:
    """Information-seeking efficiency: wanted items found by step taken, n / T if all n are found.

    Raises SettingError for fewer steps than one.
    """
    if steps < 1:
        raise bad_setting("steps", steps, "at least 1")
    items = {plain(item) for item in wanted}
    return len(items & {plain(item) for item in found}) / steps


def _columns_of(knowledge: Knowledge, entity: str) -> frozenset[str]:
    """The relations under which the entity has exactly one object, and a page says which."""
    facts: dict[str, list[Fact]] = {}
    for fact in knowledge.facts_about(entity):
        facts.setdefault(fact.relation, []).append(fact)
    return frozenset(
        relation
        for relation, stated in facts.items()
        if knowledge.relation(relation).functional and len(stated) == 1 and stated[0].places
    )


def _closed(sets: Iterable[frozenset[str]], least: int) -> list[frozenset[str]]:
    """The sets and all their intersections that have at least `least` members, sorted."""
    closed: set[frozenset[str]] = set()
    for one in dict.fromkeys(sets):
        closed |= {one, *(one & other for other in closed)}
    return sorted((one for one in closed if len(one) >= least), key=sorted)


_Meeting = tuple[Table, str, Table, str]
"""Two tables, and of each the column that is joined."""


def _meetings(knowledge: Knowledge, found: Sequence[Table]) -> list[_Meeting]:
    """Every two tables with columns of one type of entity, a table and itself included."""
    columns = [
        (table, column)
        for table in found
        for column in table.columns
        if knowledge.relation(column).kind == "entity"
    ]
    return [
        (one, first, other, second)
        for place, (one, first) in enumerate(columns)
        for other, second in columns[place:]
        if knowledge.relation(first).range == knowledge.relation(second).range != ""
    ]


def _drawn(
    knowledge: Knowledge, meetings: Sequence[_Meeting], settings: Drawing, *key: object
) -> Union | None:
    """The union task of two rows that meet, or None if it is none."""
    one, first, other, second = seeding.choice(meetings, *key, "tables")
    row = seeding.choice(one.rows, *key, "row")
    value = knowledge.facts_from(row, first)[0].object
    partners = [
        fact.subject for fact in knowledge.facts_to(value, second) if fact.subject in other.rows
    ]
    if not partners:
        return None
    partner = seeding.choice(partners, *key, "partner")
    halves = [
        _half(knowledge, name, table, column, member, settings, *key)
        for name, table, column, member in (
            (_ROWS[0], one, first, row),
            (_ROWS[1], other, second, partner),
        )
    ]
    same = one.type == other.type
    atoms = (*halves[0], *halves[1])
    query = Query(atoms=atoms, target=TARGET, neqs=(_ROWS,) if same else ())
    answers = _answers(knowledge, query, settings)
    if not answers:
        return None
    return Union(query=query, answers=answers, tables=(one, other), joined=(first, second))


def _half(
    knowledge: Knowledge,
    name: str,
    table: Table,
    column: str,
    row: str,
    settings: Drawing,
    *key: object,
) -> tuple[Atom, Atom]:
    """What joins a row to the target, and what is said of it besides."""
    others = [one for one in table.columns if one != column]
    told = seeding.choice(others, *key, name, "condition")
    value = knowledge.facts_from(row, told)[0].object
    return (
        Atom(Var(name=name), column, Var(name=TARGET)),
        Atom(Var(name=name), told, _told(knowledge, told, value, settings, *key, name)),
    )


def _told(
    knowledge: Knowledge, relation: str, value: Value, settings: Drawing, *key: object
) -> Const:
    """The value as a condition: an entity as it is, a date or number by itself or as a span."""
    spans: Sequence[Const] = ()
    if knowledge.relation(relation).kind != "entity":
        spans = rungs(knowledge, relation, value)
    if not spans or seeding.uniform(*key, "vague") >= settings.vague:
        return const(value)
    return seeding.choice(spans, *key, "span")


def _answers(knowledge: Knowledge, query: Query, settings: Drawing) -> tuple[Value, ...]:
    """The answers, if there are as many as allowed and neither condition is idle; else none."""
    try:
        found = values_of(knowledge, query, _CAP)
        if not settings.least <= len(found) <= settings.most:
            return ()
        for idle in (1, 3):
            rest = part_of(query, (place for place in range(4) if place != idle))
            if values_of(knowledge, rest, _CAP) == found:
                return ()
    except QueryError:
        return ()
    return tuple(sorted(found, key=sort_key))
