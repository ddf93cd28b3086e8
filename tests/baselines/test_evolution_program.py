"""The program that plays questions at each round of their evolution prints one table."""

import pytest

from baselines.scripted import evolution


def test_every_round_has_a_row_with_an_interval(capsys):
    evolution.main(["--episodes", "2", "--workers", "1", "--first", "1", "--last", "2"])
    said = capsys.readouterr().out
    rows = [line.split() for line in said.splitlines() if "scripted" in line]
    assert [row[1] for row in rows] == ["1", "2"]
    assert all("%" in row and "to" in row for row in rows)


def test_other_players_can_be_measured(capsys):
    options = ["--episodes", "2", "--workers", "1", "--last", "0", "--seed", "3"]
    evolution.main([*options, "--player", "oracle", "--player", "first-hit"])
    said = capsys.readouterr().out
    assert "oracle" in said
    assert "first-hit" in said
    assert "100.0 %" in said


def test_rounds_in_the_wrong_order_are_refused(capsys):
    with pytest.raises(SystemExit):
        evolution.main(["--first", "4", "--last", "2"])
    assert "--first 4 comes after --last 2" in capsys.readouterr().err
