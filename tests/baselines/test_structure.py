"""The structure ablation as a program: equal sizes, a table, counts as JSON."""

import json

import pytest

from baselines.scripted import structure
from webenvs.corpora.world.generate import build_world
from webenvs.errors import SettingError
from webenvs.tasks.kp.join import answer_of
from webenvs.testing.golden_world import golden_world


@pytest.fixture(scope="module")
def world():
    return build_world(0, 300).knowledge


def test_a_trio_has_one_answer_and_equal_sizes(world):
    for number in range(5):
        grown = structure.trio(world, 5, "key", number)
        assert list(grown) == ["layerwise", "sequential", "random"]
        assert {len(query.atoms) for query in grown.values()} == {5}
        assert len({answer_of(world, query) for query in grown.values()}) == 1
        assert grown == structure.trio(world, 5, "key", number)


def test_sizes_that_no_seed_has_grown_to_are_refused(world):
    with pytest.raises(SettingError, match="atoms = 2 is not allowed"):
        structure.trio(world, 2, "key")
    with pytest.raises(SettingError, match="ask for fewer atoms"):
        structure.trio(golden_world(), 60, "key")


def test_the_program_prints_a_table_and_writes_the_counts(tmp_path, capsys):
    out = tmp_path / "runs" / "counts.json"
    arguments = ["--queries", "6", "--atoms", "5", "--player", "oracle", "--workers", "1"]
    structure.main([*arguments, "--out", str(out)])
    shown = capsys.readouterr().out
    assert "6 queries of 5 atoms each, tiny" in shown
    assert "fail V8" in shown
    counts = json.loads(out.read_text())
    assert counts["random"]["failing"]["V5"] == 6
    assert counts["layerwise"]["failing"]["V7"] == 0
    assert counts["layerwise"]["right"] == 6
    structure.main([*arguments, "--out", str(out)])
    assert json.loads(out.read_text()) == counts


def test_counts_below_one_are_refused(capsys):
    with pytest.raises(SystemExit):
        structure.main(["--queries", "0"])
    assert "0 is not allowed: give at least 1" in capsys.readouterr().err
