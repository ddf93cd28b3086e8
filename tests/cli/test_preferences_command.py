"""`webenvs preferences`: pairs of recorded episodes in a file, and errors in words."""

import json

import pytest
from click.testing import CliRunner

from webenvs import catalog
from webenvs.cli.main import cli
from webenvs.episodes import play, write_episodes


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """A file of some episodes of two players on the same tasks."""
    made = catalog.scenario("MultiHop-v0")
    tasks = made.tasks.of_split("train")[:6]
    path = tmp_path_factory.mktemp("played") / "episodes.jsonl"
    lineups = [catalog.lineup(name, made.game) for name in ("scripted", "first-hit")]
    write_episodes(path, [play(made, one, 0, task.id) for one in lineups for task in tasks])
    return path


def run(*arguments):
    return CliRunner().invoke(cli, ["preferences", *map(str, arguments)])


def test_pairs_are_written_and_counted(recorded, tmp_path):
    out = tmp_path / "pairs.jsonl"
    done = run(recorded, "--out", out)
    lines = out.read_text("utf-8").splitlines()
    assert done.exit_code == 0
    assert f"12 episodes, 0 left out; 12 transcripts part at 6 places; {6 - len(lines)} ties" in (
        done.output
    )
    assert f"{len(lines)} pairs in {out}" in done.output
    assert all(json.loads(line)["margin"] > 0 for line in lines)


def test_the_same_episodes_give_the_same_bytes(recorded, tmp_path):
    for name in ("one.jsonl", "other.jsonl"):
        run(recorded, "--native", "--out", tmp_path / name)
    assert (tmp_path / "one.jsonl").read_bytes() == (tmp_path / "other.jsonl").read_bytes()


def test_no_pair_is_an_error_that_says_what_was_compared(recorded, tmp_path):
    done = run(recorded, "--margin", 2, "--out", tmp_path / "pairs.jsonl")
    assert done.exit_code == 2
    assert "No pair: 12 episodes" in done.output
    assert not (tmp_path / "pairs.jsonl").exists()


def test_a_wrong_seat_is_named(recorded, tmp_path):
    done = run(recorded, "--seat", "worker", "--out", tmp_path / "pairs.jsonl")
    assert done.exit_code == 2
    assert "seat = 'worker' is not allowed: seat must be one of researcher" in done.output


def test_a_file_of_something_else_is_named(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text("{}\n")
    done = run(path, "--out", tmp_path / "pairs.jsonl")
    assert done.exit_code == 2
    assert "line 1" in done.output


def test_a_file_of_another_kind_is_refused(recorded, tmp_path):
    done = run(recorded, "--out", tmp_path / "pairs.txt")
    assert done.exit_code == 2
    assert ".jsonl or .parquet" in done.output
