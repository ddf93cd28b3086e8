"""Tables, union tasks over two of them, and the rates of gathering."""

import itertools

import pytest

from webenvs.corpora.world.generate import build_world
from webenvs.errors import SettingError
from webenvs.tasks.kp.graph import part_of
from webenvs.tasks.kp.join import values_of
from webenvs.tasks.kp.query import Atom, Query, Var, const
from webenvs.tasks.tables import Drawing, Table, cells, ise, isr, required, tables, union_tasks
from webenvs.testing.golden_world import golden_world


@pytest.fixture(scope="module")
def golden():
    return golden_world()


@pytest.fixture(scope="module")
def tiny():
    return build_world(0, 300).knowledge


def test_the_tables_of_the_golden_world(golden):
    clubs, players = tables(golden, 3, 3)
    assert clubs == Table(
        type="club",
        columns=("foundedIn", "homeGround", "isA"),
        rows=("FC Norla", "SV Ostra", "TS Velm"),
    )
    assert players.columns == ("bornIn", "bornInCity", "playsFor")
    assert cells(golden, players)[:2] == ((1990, "Kelm", "FC Norla"), (1991, "Sund", "FC Norla"))
    assert tables(golden, 3, 4) == (players,)
    assert tables(golden, 4, 2) == ()


def test_tables_have_no_gap_and_cannot_grow(tiny):
    found = tables(tiny)
    assert len({table.type for table in found}) >= 6
    for table in found:
        assert len(table.columns) >= 3
        assert len(table.rows) >= 4
        owned = {
            entity.id: {
                name
                for name, relation in tiny.relations.items()
                if relation.functional
                and len(facts := tiny.facts_from(entity.id, name)) == 1
                and facts[0].places
            }
            for entity in tiny.of_type(table.type)
        }
        columns = set(table.columns)
        assert set(table.rows) == {entity for entity in owned if columns <= owned[entity]}
        assert set.intersection(*(owned[row] for row in table.rows)) == columns
        assert all(len(row) == len(table.columns) for row in cells(tiny, table))


def test_union_tasks_join_two_tables_where_both_conditions_are_needed(tiny):
    drawn = list(itertools.islice(union_tasks(tiny, 0), 6))
    assert len(drawn) == 6
    assert len({task.query for task in drawn}) == 6
    for task in drawn:
        assert values_of(tiny, task.query) == task.answers
        assert 2 <= len(task.answers) <= 10
        for idle in (1, 3):
            rest = part_of(task.query, {0, 1, 2, 3} - {idle})
            assert len(values_of(tiny, rest)) > len(task.answers)
        for table, column in zip(task.tables, task.joined, strict=True):
            assert column in table.columns
        same = task.tables[0].type == task.tables[1].type
        assert task.query.neqs == ((("X", "Y"),) if same else ())


def test_conditions_on_years_are_spans_or_single_years_as_asked(tiny):
    def spans(vague):
        drawn = union_tasks(tiny, 0, settings=Drawing(vague=vague, least=1, tries=250))
        conditions = [task.query.atoms[place].object for task in drawn for place in (1, 3)]
        return sum(len(condition.members) > 1 for condition in conditions)

    assert spans(1.0) > 0
    assert spans(0.0) == 0


def test_a_drawing_depends_on_its_key_alone(tiny):
    def drawn(seed):
        found = union_tasks(tiny, seed, settings=Drawing(least=1))
        return [task.query for task in itertools.islice(found, 3)]

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)


def test_where_no_tables_meet_there_is_no_task(golden):
    assert list(union_tasks(golden, 0, settings=Drawing(columns=5))) == []


def test_what_is_required_are_the_values_of_every_variable(golden):
    query = Query(
        atoms=(
            Atom(Var(name="X"), "bornInCity", Var(name="T")),
            Atom(Var(name="X"), "bornIn", const(1990, 1991)),
            Atom(Var(name="Y"), "locatedIn", Var(name="T")),
        )
    )
    wanted = required(golden, query)
    assert wanted == (
        *("Kelm", "Sund"),
        *("Ada Brandt", "Bela Korr", "Cem Dahl"),
        *("Hohen Park", "Linden Hall", "Velm Field"),
    )
    assert isr(["kelm", "Ada  Brandt", "Nobody"], wanted) == 2 / 8
    assert ise(["kelm", "Ada  Brandt", "Nobody"], wanted, 4) == 2 / 4


def test_rates_at_their_ends():
    assert isr([], []) == 1.0
    assert isr([], ["a"]) == 0.0
    assert isr(["a", "A", "b"], ["a", "b"]) == 1.0
    assert ise(["a", "b"], ["a", "b"], 5) == 2 / 5
    with pytest.raises(SettingError, match="steps = 0 is not allowed"):
        ise([], [], 0)


@pytest.mark.parametrize(
    ("field", "value", "allowed"),
    [
        ("columns", 1, "at least 2"),
        ("rows", 1, "at least 2"),
        ("least", 0, "at least 1"),
        ("tries", 0, "at least 1"),
        ("most", 1, "at least least = 2"),
        ("vague", -0.1, "between 0 and 1"),
    ],
)
def test_settings_that_can_draw_nothing_are_errors(field, value, allowed):
    with pytest.raises(SettingError, match=f"{field} = {value} is not allowed.*{allowed}"):
        Drawing(**{field: value})
