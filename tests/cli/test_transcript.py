"""A transcript shows the start of every result, and nothing that commands the terminal."""

import json

import pytest
from click.testing import CliRunner

from webenvs import catalog, episodes
from webenvs.cli.main import cli
from webenvs.cli.transcript import seen_lines
from webenvs.players.message import say_all

LONG = "word " * 200


def test_every_result_is_clipped_by_itself():
    lines = seen_lines(f"[search] {LONG}\n\n[fetch] {LONG}", 40)
    assert [line[:8] for line in lines] == ["[search]", "", "[fetch] "]
    assert [len(line) for line in lines] == [40, 0, 40]


def test_the_paragraphs_of_one_result_are_clipped_together():
    assert len(seen_lines("[fetch] one\n\ntwo [a] " + LONG, 40)[-1]) < 40


def test_refusals_complaints_and_closing_messages_are_parts_of_their_own():
    def play(observation, info):
        calls = (("fetch", {"url": page}), ("search", {"query": "river"}), ("nope", {}))
        return say_all(calls) if observation["turn"] == 0 else "no call here"

    scenario = catalog.scenario("MultiHop-v0", turns=2)
    page = scenario.web.corpus.url(0)
    turns = episodes.play(scenario, catalog.lineup(play), 0).turns
    parts = ["\n".join(seen_lines(turn.observation, 80)).split("\n\n") for turn in turns]
    starts = [[part.split()[0] for part in shown] for shown in parts]
    assert starts == [["Question:"], ["[fetch]", "[search]", "[nope]"], ["Your", "You"]]
    assert "This is your last message" in parts[2][1]


@pytest.fixture
def hostile(tmp_path):
    """A corpus and tasks in which every text holds an escape sequence."""
    bad = "red \x1b[31m river"
    pages, tasks = tmp_path / "pages.jsonl", tmp_path / "tasks.jsonl"
    page = {"url": "https://a.example/1", "title": bad, "text": bad, "links": []}
    pages.write_text(json.dumps(page) + "\n")
    task = {"question": bad, "answers": [bad], "evidence": [["https://a.example/1"]]}
    tasks.write_text(json.dumps(task | {"split": "test"}) + "\n")
    out = tmp_path / "corpus"
    built = CliRunner().invoke(cli, ["corpus", "build", str(pages), "--out", str(out)])
    assert built.exit_code == 0, built.output
    return ["--corpus", str(out), "--tasks", str(tasks)], str(out)


@pytest.mark.parametrize("player", ["oracle", "human"])
def test_control_characters_of_pages_and_tasks_do_not_reach_the_terminal(hostile, player):
    settings, out = hostile
    given = "search river\nanswer x\n"
    play = ["play", "Tasks-v0", *settings, "--player", player]
    result = CliRunner().invoke(cli, play, input=given)
    assert result.exit_code == 0, result.output
    assert "red \ufffd[31m river" in result.output
    assert "\x1b" not in result.output
    for arguments in (["search", out, "river"], ["show", out, "https://a.example/1"]):
        output = CliRunner().invoke(cli, ["corpus", *arguments]).output
        assert "\x1b" not in output
        assert "river" in output


def test_play_and_bench_call_an_end_by_one_name():
    silent = CliRunner().invoke(cli, ["play", "MultiHop-v0", "--player", "human"], input="")
    assert "\ngave_up\n" in silent.output
