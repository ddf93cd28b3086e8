"""The table that `bench` prints: every number, no line too wide, and no name that is obeyed."""

import io

import pytest
from rich.console import Console

from webenvs.bench import grids, table
from webenvs.bench.summary import summarise


def shown(run, width: int = 100, **options) -> str:
    out = io.StringIO()
    table.show(summarise(run), Console(file=out, width=width, color_system=None), **options)
    return out.getvalue()


def test_the_table_says_score_interval_kind_and_difference(make_run) -> None:
    said = shown(make_run({"first-hit": 0.0, "oracle": 1.0}, episodes=64))
    line = next(line for line in said.splitlines() if line.startswith("oracle"))
    assert line.split() == [
        *("oracle", "64", "100.0", "[94.3,", "100.0]", "wilson"),
        *("+100.0", "[+88.7,", "+100.0]", "bound", "<0.001"),
    ]


def test_no_line_is_wider_than_100_columns_and_no_number_is_cut(make_run) -> None:
    run = make_run({"package.module:LongPlayerName_v2": 0.4, "b" * 60: 0.6}, episodes=300)
    said = shown(run)
    assert max(map(len, said.splitlines())) <= 100
    assert "…" not in said
    for player in summarise(run).players:
        assert f"{100 * player.score.interval.high:.1f}]" in said


@pytest.mark.parametrize("width", [60, 80, 100])
def test_narrow_terminals_get_more_tables_and_lose_nothing(make_run, width: int) -> None:
    run = make_run({"researcher-1": 0.4, "oracle": 1.0}, episodes=300)
    said = shown(run, width)
    assert max(map(len, said.splitlines())) <= width
    assert "…" not in said
    cells = said.split()
    for grid in grids.grids(summarise(run)):
        for row in grid.rows:
            assert all(part in cells for cell in row for part in cell.split())
    heads = [line for line in said.splitlines() if line.startswith("player ")]
    assert len(heads) > 5 if width <= 80 else len(heads) == 5


def test_an_interval_is_not_parted_from_its_score_and_kind(make_run) -> None:
    heads = [line.split() for line in shown(make_run(), 60).splitlines()]
    assert ["player", "n", "score", "interval", "by"] in heads
    assert ["player", "diff", "interval", "by", "p"] in heads


def test_numbers_stand_under_each_other(make_run) -> None:
    said = shown(make_run({"one": 0.0, "two": 1.0}, episodes=20))
    lines = [line for line in said.splitlines() if " wilson " in line]
    assert len({line.index("wilson") for line in lines[:2]}) == 1
    assert len({line.index("]") for line in lines[:2]}) == 1


def test_control_characters_in_a_name_do_not_reach_the_terminal(make_run) -> None:
    said = shown(make_run({"bad\x1b[31mred\nname\udc80": 0.5}))
    assert "\x1b" not in said
    assert "red name" in said


def test_markup_in_a_name_is_shown_as_it_is(make_run) -> None:
    assert "[red]x[/red]" in shown(make_run({"[red]x[/red]": 0.5}))


def test_the_short_form_has_scores_and_cost_only(make_run) -> None:
    said = shown(make_run(), all_tables=False)
    assert "Scores" in said
    assert "Cost" in said
    assert "Ends" not in said


def test_the_power_line_is_there_for_pairs_and_for_a_player_alone(make_run) -> None:
    assert "3-point gap to first-hit" in shown(make_run(), width=300)
    assert "to another such player" in shown(make_run({"one": 0.5}), width=300)
    assert "Without a valid episode" in shown(make_run({"one": 0.5}, rows=[]), width=300)
