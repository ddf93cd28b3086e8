"""The demo's program plays both games and writes one report."""

from baselines.scripted import ladder


def test_the_ladder_prints_tables_and_writes_a_report(tmp_path, capsys):
    ladder.main(["--episodes", "3", "--workers", "1", "--out", str(tmp_path / "demo")])
    said = capsys.readouterr().out
    assert said.count("MultiHop-v0, solo") == 1
    assert "webenvs/MultiHop-v0" not in said
    assert "MultiHop-v0, team" in said
    assert (tmp_path / "demo" / "report.html").exists()
