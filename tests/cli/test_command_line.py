"""The command line does what its help says, and refuses bad input with status 2 and one message."""

import json
import shutil
import subprocess
import sys

import pytest
from click.testing import CliRunner

from webenvs.cli.main import cli
from webenvs.search.lexical.index import Arrays


def invoke(*arguments):
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


@pytest.fixture
def pages(tmp_path):
    path = tmp_path / "pages.jsonl"
    rows = [
        {"url": "https://a.example/1", "title": "Ule", "text": "The Ule is a river in Norla."},
        {
            "url": "https://a.example/2",
            "title": "Norla",
            "text": "Norla is a country. Capital: Kelm.",
        },
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture
def corpus(tmp_path, pages):
    out = tmp_path / "corpus"
    result = invoke("corpus", "build", pages, "--out", out)
    assert result.exit_code == 0, result.output
    return out


@pytest.fixture
def tasks(tmp_path):
    path = tmp_path / "tasks.jsonl"
    task = {
        "question": "What is the capital of the country of the river Ule?",
        "answers": ["Kelm"],
        "evidence": [["https://a.example/1", "https://a.example/2"]],
        "split": "test",
    }
    path.write_text(json.dumps(task) + "\n")
    return path


def test_help_teaches_with_examples():
    result = invoke("--help")
    assert result.exit_code == 0
    assert "webenvs play MultiHop-v0 --player oracle" in result.output


@pytest.mark.parametrize("name", ["list", "play", "bench", "replay", "corpus", "show", "doctor"])
def test_every_command_has_help(name):
    assert invoke(name, "--help").exit_code == 0


def test_list_names_every_id_and_player():
    output = invoke("list").output
    assert "MultiHop-v0" in output
    assert "Tasks-v0" in output
    assert "oracle" in output


def test_show_prints_every_setting_and_an_example():
    from webenvs.envs.settings import MEANINGS

    output = invoke("show", "MultiHop-v0").output
    assert all(name in output for name in MEANINGS)
    assert "gym.make" in output


def test_doctor_finds_the_suite_deterministic():
    result = invoke("doctor")
    assert result.exit_code == 0
    assert "same bytes" in result.output


def test_task_prints_ids_and_one_task_as_json():
    first = invoke("task", "MultiHop-v0").output.splitlines()[0].split()[0]
    assert json.loads(invoke("task", "MultiHop-v0", first).output)["id"] == first


def test_a_human_reads_each_observation_once():
    commands = "search Ule\nanswer nobody\n"
    result = CliRunner().invoke(cli, ["play", "MultiHop-v0", "--player", "human"], commands)
    assert result.exit_code == 0, result.output
    assert result.output.count("\nQuestion: ") == 1
    assert "researcher_0 sees" not in result.output
    assert "'nobody'" in result.output


def test_what_others_do_is_shown_to_a_human():
    arguments = ["play", "MultiHop-v0", "--game", "team", "--player"]
    arguments.append("planner=human,worker=first-hit")
    result = CliRunner().invoke(cli, arguments, "delegate Find Ule\nanswer nobody\n")
    assert result.exit_code == 0, result.output
    assert "worker_0 sees" in result.output
    assert "planner_0 sees" not in result.output


def test_an_episode_played_and_recorded_replays(tmp_path):
    file = tmp_path / "ep.jsonl"
    result = invoke("play", "MultiHop-v0", "--player", "oracle", "--seed", 7, "--record", file)
    assert result.exit_code == 0
    assert "researcher_0 sees" in result.output
    checked = invoke("replay", file, "--check")
    assert checked.exit_code == 0
    assert "1 of 1 episodes replay byte for byte" in checked.output
    assert "researcher_0 sees" in invoke("replay", file).output


def test_a_tampered_episode_is_named_with_its_byte(tmp_path):
    file = tmp_path / "ep.jsonl"
    invoke("play", "MultiHop-v0", "--game", "team", "--player", "oracle", "--record", file)
    file.write_text(file.read_text().replace('"tool":"fetch"', '"tool":"fotch"', 1))
    checked = invoke("replay", file, "--check")
    assert checked.exit_code == 1
    assert "ep.jsonl, episode 1 does not replay: line" in checked.output
    assert "calls[0].tool, byte 1: recorded 'fotch', replayed 'fetch'" in checked.output
    assert "does not fit its hash" in checked.output


def test_bench_writes_a_report_and_episodes_that_replay(tmp_path):
    out, record = tmp_path / "report", tmp_path / "all.jsonl"
    result = invoke(
        "bench", "first-hit", "oracle", "--episodes", 4, "--workers", 1, "--out", out,
        "--record", record,
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    report = json.loads((out / "report.json").read_text())
    assert [player["player"] for player in report["sections"][0]["summary"]["players"]]
    assert (out / "report.html").read_text().startswith("<!doctype html>")
    assert "8 of 8" in invoke("replay", record, "--check").output


def test_a_corpus_is_built_searched_shown_and_verified(corpus):
    assert "pages               2" in invoke("corpus", "info", corpus).output
    assert "https://a.example/1" in invoke("corpus", "search", corpus, "river").output
    assert "No page matches" in invoke("corpus", "search", corpus, "zebra").output
    assert "Kelm" in invoke("corpus", "show", corpus, "https://a.example/2").output
    assert "is sound: 2 pages, 2 search indexes" in invoke("corpus", "verify", corpus).output


def test_tasks_of_a_file_are_played_on_a_built_corpus(corpus, tasks):
    result = invoke("bench", "oracle", "--env", "Tasks-v0", "--corpus", corpus, "--tasks", tasks,
                    "--episodes", 1, "--workers", 1)  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "100.0" in result.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("play", "MultHop-v0"), "Did you mean 'MultiHop-v0'?"),
        (("play", "MultiHop-v0", "--player", "orcale"), "Did you mean 'oracle'?"),
        (("play", "MultiHop-v0", "--player", "no.such:Thing"), "cannot import 'no.such'"),
        (("play", "MultiHop-v0", "--player", "json:Dumps"), "Did you mean 'dumps'?"),
        (("play", "MultiHop-v0", "--corpus", "/no/where"), "There is no corpus '/no/where'"),
        (("play", "MultiHop-v0", "--game", "duo"), "game = 'duo' is not allowed"),
        (("play", "MultiHop-v0", "--noise", "timeout:2"), "a rate from 0 to 1"),
        (("play", "MultiHop-v0", "--split", "dev"), "split = 'dev' is not allowed"),
        (("play", "MultiHop-v0", "-s", "turn=3"), "Did you mean 'turns'?"),
        (("play", "MultiHop-v0", "-s", "turns=0"), "turns = 0 is not allowed"),
        (("play", "MultiHop-v0", "-s", "turns"), "is not NAME=VALUE"),
        (("play", "MultiHop-v0", "--task", "zzz"), "There is no task"),
        (("play", "Tasks-v0", "--tasks", "/no/tasks.jsonl"), "There is no task set"),
        (("play", "MultiHop-v0", "--seed", "-1"), "-1 is not in the range x>=0"),
        (("bench", "oracle", "--seed", "-1"), "-1 is not in the range x>=0"),
        (("bench", "oracle", "--episodes", "0"), "episodes = 0 is not allowed"),
        (("bench", "oracle", "--episodes", "1", "--baseline", "x"), "baseline"),
        (("replay", "/no/file.jsonl"), "Cannot read /no/file.jsonl"),
        (("corpus", "info", "/no/where"), "/no/where"),
        (("corpus", "show", "tiny", "https://world.example/wiki/Nowhere"), "There is no page"),
    ],
)
def test_bad_input_ends_with_status_2_and_one_clear_message(arguments, said):
    result = invoke(*arguments)
    assert result.exit_code == 2, result.output
    assert said in result.output
    assert "Traceback" not in result.output


def test_questions_without_their_evidence_are_refused(tmp_path, corpus):
    path = tmp_path / "t.jsonl"
    path.write_text(json.dumps({"question": "q?", "answers": ["a"], "evidence": ["https://no/"]}))
    result = invoke("play", "Tasks-v0", "--corpus", corpus, "--tasks", path)
    assert result.exit_code == 2
    assert "https://no/" in result.output


def test_a_malformed_task_file_is_named_with_line_and_field(tmp_path, corpus):
    path = tmp_path / "t.jsonl"
    path.write_text('{"question": "q?", "answers": ["a"]}\n{"question": "q?", "answer": ["a"]}\n')
    result = invoke("play", "Tasks-v0", "--corpus", corpus, "--tasks", path)
    assert result.exit_code == 2
    assert "line 2" in result.output
    assert "answer" in result.output


def test_a_half_written_corpus_is_refused(corpus):
    data = max((p for p in corpus.iterdir() if p.is_file()), key=lambda p: p.stat().st_size)
    data.write_bytes(data.read_bytes()[:-3])
    for arguments in (("corpus", "info", corpus), ("corpus", "verify", corpus)):
        result = invoke(*arguments)
        assert result.exit_code == 2
        assert str(corpus) in result.output


@pytest.mark.parametrize("name", [*(f"{name}.npy" for name in Arrays._fields), "manifest.json"])
def test_a_changed_byte_of_a_search_index_is_found(corpus, name):
    (path,) = (corpus / "index").glob(f"bm25-*/{name}")
    content = bytearray(path.read_bytes())
    for place in (0, len(content) // 2, -1):
        content[place] ^= 1
        path.write_bytes(content)
        result = invoke("corpus", "verify", corpus)
        assert result.exit_code == 2
        assert str(path.parent) in result.output
        assert "Traceback" not in result.output
        content[place] ^= 1
    path.write_bytes(content)
    assert invoke("corpus", "verify", corpus).exit_code == 0


@pytest.mark.parametrize(
    "spoil",
    [
        lambda index: (index.parent / "unknown").mkdir(),
        lambda index: (index.parent / "note.txt").write_text("x"),
        lambda index: (index / "manifest.json").unlink(),
        lambda index: (index / "docs.npy").unlink(),
        lambda index: index.rename(index.with_name("0" * 64)),
    ],
    ids=["unknown", "a file", "no manifest", "no array", "another name"],
)
def test_what_is_no_index_of_the_corpus_is_named(corpus, spoil):
    (index,) = (corpus / "index").glob("bm25-*")
    spoil(index)
    result = invoke("corpus", "verify", corpus)
    assert result.exit_code == 2
    assert f"search index in {corpus}/index/" in result.output


def test_a_file_in_the_place_of_the_indexes_is_a_fault(corpus):
    shutil.rmtree(corpus / "index")
    assert "0 search indexes" in invoke("corpus", "verify", corpus).output
    (corpus / "index").write_text("")
    assert invoke("corpus", "verify", corpus).exit_code == 2


def test_building_over_an_existing_corpus_needs_a_word(pages, corpus):
    result = invoke("corpus", "build", pages, "--out", corpus)
    assert result.exit_code == 2
    assert invoke("corpus", "build", pages, "--out", corpus, "--overwrite").exit_code == 0


def test_of_two_pages_with_one_url_none_is_lost(tmp_path):
    path = tmp_path / "twice.jsonl"
    rows = [{"url": "https://a/", "title": "t", "text": text} for text in ("x", "y", "x")]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    result = invoke("corpus", "build", path, "--out", tmp_path / "out")
    assert result.exit_code == 0
    assert invoke("corpus", "show", tmp_path / "out", "https://a/#2").output.endswith("y\n\n")
    assert "same url            1" in result.output
    assert "duplicates          1" in result.output


def test_an_empty_corpus_is_refused(tmp_path):
    path = tmp_path / "none.jsonl"
    path.write_text("")
    result = invoke("corpus", "build", path, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "empty" in result.output


def test_docs_are_what_the_catalog_says(tmp_path):
    from pathlib import Path

    assert invoke("docs", tmp_path).exit_code == 0
    committed = Path(__file__).parents[2] / "docs" / "envs"
    for page in tmp_path.iterdir():
        assert page.read_text() == (committed / page.name).read_text(), "run `make docs`"


def test_a_player_of_ones_own_is_found_in_the_working_directory(tmp_path, monkeypatch):
    (tmp_path / "my_agent.py").write_text(
        "def policy(observation, info):\n"
        '    return {"calls": [{"name": "answer", "arguments": {"text": "x"}}]}\n'
    )
    monkeypatch.chdir(tmp_path)
    result = invoke("bench", "my_agent:policy", "--episodes", 2, "--workers", 1)
    assert result.exit_code == 0, result.output
    assert "my_agent:policy" in result.output.replace("\n", "")


SWEEP = ("bench", "first-hit", "oracle", "--noise-sweep", "--kinds", "drop,timeout(sticky)@fetch")


def test_a_noise_sweep_prints_tables_and_writes_figures_and_goes_on(tmp_path):
    arguments = (*SWEEP, "--strengths", "0,0.5,1", "--workers", 1, "--out", tmp_path)
    result = invoke(*arguments, "--episodes", 3)
    assert result.exit_code == 0, result.output
    assert "timeout(sticky)@fetch" in result.output
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"sweep.json", "sweep.md", "curves.svg", "heat.svg"}
    again = invoke(*arguments, "--episodes", 4)
    assert "10 episodes are left" in again.output


@pytest.mark.parametrize(
    ("fewer", "lost"),
    [
        (("--episodes", 1), "2 episodes"),
        (("--kinds", "drop"), "kind timeout(sticky)@fetch"),
        (("--strengths", "1"), "strength 0.5"),
    ],
    ids=["episodes", "kinds", "strengths"],
)
def test_a_sweep_that_asks_for_less_than_lies_there_is_refused(tmp_path, fewer, lost):
    arguments = (*SWEEP, "--strengths", "0.5,1", "--workers", 1, "--episodes", 2, "--out", tmp_path)
    assert invoke(*arguments).exit_code == 0
    before = (tmp_path / "sweep.json").read_bytes()
    result = invoke(*arguments, *fewer)
    assert result.exit_code == 2
    assert f"The sweep that lies there has {lost}, which would be lost" in result.output
    assert (tmp_path / "sweep.json").read_bytes() == before


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--kinds", "drpo"), "Did you mean 'drop'?"),
        (("--strengths", "0,half"), "is not numbers"),
        (("--strengths", "2"), "strengths = 2.0"),
        (("--baseline", "oracle"), "has no --baseline"),
    ],
)
def test_a_sweep_that_cannot_be_is_refused_with_a_message(more, said):
    result = invoke(*SWEEP, *more, "--episodes", 1)
    assert result.exit_code == 2
    assert said in result.output


def test_kinds_belong_to_a_sweep():
    result = invoke("bench", "oracle", "--kinds", "drop")
    assert result.exit_code == 2
    assert "belong to --noise-sweep" in result.output


def test_the_package_runs_as_a_program():
    found = subprocess.run(
        [sys.executable, "-m", "webenvs", "--version"], capture_output=True, text=True, check=True
    )
    assert found.stdout.startswith("webenvs, version")
