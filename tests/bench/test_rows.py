"""The rows of a run: one order however they were played, and impossible ones refused by name."""

import pytest

from webenvs.bench.rows import ordered
from webenvs.errors import SettingError, UnknownNameError


def test_rows_come_in_one_order_however_they_were_played(make_run) -> None:
    run = make_run()
    turned = make_run(rows=run.rows[::-1])
    assert ordered(turned) == ordered(run)
    assert [row.player for row in ordered(turned).rows[:30]] == ["first-hit"] * 30


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"env": "webenvs/Other-v0"}, r"rows\[0\].env"),
        ({"correct": 1.2}, r"rows\[0\].correct = 1.2"),
        ({"correct": float("nan")}, r"rows\[0\].correct"),
        ({"reward": float("inf")}, r"rows\[0\].reward"),
        ({"terms": {"cost": float("nan")}}, r"rows\[0\].cost"),
        ({"hops": -1}, r"rows\[0\].hops"),
        ({"tokens": -5}, r"rows\[0\].tokens"),
        ({"calls": {"search": -1}}, r"rows\[0\].search"),
    ],
)
def test_a_row_that_cannot_be_is_named(make_run, make_row, changed, said) -> None:
    with pytest.raises(SettingError, match=said):
        ordered(make_run({"one": 1.0}, rows=[make_row(**changed)]))


def test_a_row_of_an_unknown_player_names_the_nearest(make_run, make_row) -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'researcher'"):
        ordered(make_run({"researcher": 1.0}, rows=[make_row("reseacher")]))


def test_an_episode_played_twice_is_refused(make_run, make_row) -> None:
    with pytest.raises(SettingError, match="task 'task-0003', seed 3, repeat 0"):
        ordered(make_run({"one": 1.0}, rows=[make_row(number=3), make_row(number=3)]))


@pytest.mark.parametrize("players", [(), ("one", "one")])
def test_players_must_be_there_and_differ(make_run, players) -> None:
    with pytest.raises(SettingError, match="players"):
        ordered(make_run(rows=[], players=players))
