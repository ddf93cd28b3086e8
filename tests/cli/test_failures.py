"""What goes wrong around the command line costs one message and status 2, and no finished work."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from webenvs.cli.main import cli

PLAY = ("play", "MultiHop-v0", "--player")
BENCH = ("bench", "first-hit", "--episodes", 2, "--workers", 1)


def invoke(*arguments, **settings):
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], **settings)


def refused(*arguments):
    """The message of a command that ends with status 2."""
    result = invoke(*arguments)
    assert result.exit_code == 2, result.output
    assert isinstance(result.exception, SystemExit)
    return result.stderr


def command(*arguments, **settings):
    """The command in a process of its own."""
    code = "from webenvs.cli.main import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], capture_output=True, **settings
    )


@pytest.fixture
def module(tmp_path, monkeypatch):
    """A function that writes a module and returns its name, one of its own each time."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)

    def write(text):
        name = f"player_{len(list(tmp_path.glob('*.py')))}_{abs(sum(map(ord, text)))}"
        (tmp_path / f"{name}.py").write_text(text)
        return name

    return write


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "file"
    path.write_text("")
    return path


@pytest.mark.parametrize("option", ["--out", "--record"])
def test_bench_refuses_a_target_that_cannot_be_written_before_it_plays(file, option, module):
    name = module("def play(observation, info):\n    raise ValueError('played')\n")
    said = refused("bench", f"{name}:play", "--workers", 1, option, file / "deep" / "x")
    assert f"Cannot read or write {file / 'deep' / 'x'}: Not a directory." in said
    assert "played" not in said


def test_a_device_is_refused_before_anything_is_played(tmp_path, module):
    name = module("def play(observation, info):\n    raise ValueError('played')\n")
    os.mkfifo(pipe := tmp_path / "pipe")
    said = refused("bench", f"{name}:play", "--workers", 1, "--record", pipe)
    assert f"{pipe} is no regular file" in said
    assert pipe.is_fifo()


def test_play_refuses_a_recording_that_cannot_be_written_before_it_plays(file):
    result = invoke(*PLAY, "oracle", "--record", file / "x")
    assert result.exit_code == 2
    assert "sees" not in result.output


def test_a_good_target_is_left_as_it_was_when_the_run_fails(tmp_path, module):
    name = module("def play(observation, info):\n    raise ValueError('no')\n")
    before = sorted(tmp_path.iterdir())
    place = tmp_path / "new"
    refused("bench", f"{name}:play", "--workers", 1, "--out", place, "--record", place / "e.jsonl")
    assert sorted(p for p in tmp_path.iterdir() if p.name != "__pycache__") == before


def test_a_recording_that_fails_at_the_end_does_not_lose_the_report(tmp_path, module):
    """The player puts a folder where the recording shall come."""
    record = tmp_path / "e.jsonl"
    name = module(
        "from pathlib import Path\n"
        "def play(observation, info):\n"
        f"    Path({str(record)!r}).mkdir(exist_ok=True)\n"
        "    return ''\n"
    )
    arguments = ("--episodes", 1, "--workers", 1, "--out", tmp_path / "r", "--record", record)
    said = refused("bench", f"{name}:play", *arguments)
    assert "Is a directory" in said
    assert json.loads((tmp_path / "r" / "report.json").read_text())["sections"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_one_message():
    with open("/dev/full", "wb") as full:  # noqa: PTH123 - a device
        code = "from webenvs.cli.main import main; main()"
        done = subprocess.run(
            [sys.executable, "-c", code, "list"], stdout=full, stderr=subprocess.PIPE
        )
    assert done.returncode == 2
    assert done.stderr == b"Error: Cannot read or write: No space left on device.\n"


def test_a_terminal_of_ascii_shows_any_episode(tmp_path):
    tasks = tmp_path / "tasks.jsonl"
    tasks.write_text('{"question": "K\\u00f6ln?", "answers": ["K\\u00f6ln"], "split": "test"}\n')
    variables = os.environ | {"LC_ALL": "C", "PYTHONIOENCODING": "ascii"}
    done = command("play", "Tasks-v0", "--tasks", tasks, env=variables)
    assert done.returncode == 0, done.stderr
    assert b"K?ln" in done.stdout


@pytest.mark.parametrize("player", [":x", "x:", "a b:x", ".:x", "my-agent:x"])
def test_a_player_that_is_no_module_and_name_is_refused_with_the_form(player):
    assert "a name, or package.module:Name" in refused(*PLAY, player)


@pytest.mark.parametrize("player", ["my_agent", "json"])
def test_a_module_without_a_name_is_refused_with_the_form(player):
    assert "A player of your own is package.module:Name." in refused(*PLAY, player)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("raise RuntimeError('no key')", "RuntimeError: no key."),
        ("def (", "SyntaxError: "),
        ("raise SystemExit(0)", "SystemExit: 0."),
        ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'."),
    ],
    ids=["error", "syntax", "exit", "import"],
)
@pytest.mark.parametrize("start", [PLAY, ("bench",)], ids=["play", "bench"])
def test_a_module_that_cannot_be_imported_is_named_with_the_cause(module, text, cause, start):
    name = module(text + f"  # {start[0]}")
    said = refused(*start, f"{name}:Policy")
    assert f"Player '{name}:Policy': cannot import '{name}': {cause}" in said


FAILING = "def play(observation, info):\n    {}\n"


@pytest.mark.parametrize(
    ("line", "cause"),
    [("raise KeyError('q')", "KeyError: 'q'"), ("import sys; sys.exit(0)", "SystemExit: 0")],
    ids=["error", "exit"],
)
@pytest.mark.parametrize("workers", [1, 2])
def test_a_player_that_fails_in_bench_is_told_in_one_line(module, line, cause, workers):
    name = module(FAILING.format(line) + "\n" * workers)
    said = refused("bench", f"{name}:play", "--episodes", 1, "--workers", workers)
    (told,) = [row for row in said.splitlines() if row.startswith("Error")]
    assert "The player of researcher_0 failed on task" in told
    assert f"{cause} (" in told
    assert told.endswith(f"{name}.py:2).")


def test_a_human_is_benched_in_one_process_and_it_is_said():
    given = ("bench", "human", "--episodes", 1, "--workers", 2)
    result = invoke(*given, input="answer x\n")
    assert result.exit_code == 0, result.output
    assert "A human plays: all is played in one process" in result.stderr
    assert "> " in result.stdout
    assert "gave_up" not in result.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("-s", 'reward={"answer":1'), "is not JSON: "),
        (("-s", 'reward={"answer":NaN}'), "is not JSON: "),
        (("-s", "hops=[2,"), "is not JSON: "),
        (("-s", "game=solo", "--game", "team"), "'game' is given twice"),
        (("-s", "turns=3", "-s", " turns =4"), "'turns' is given twice"),
        (("--corpus", ""), "There is no corpus ''"),
        (("--tasks", ""), "There is no task set ''"),
        (("--record", ""), "The path is empty."),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(arguments, said):
    assert said in refused("play", "MultiHop-v0", *arguments)


def test_an_empty_place_is_refused(tmp_path):
    assert "The path is empty." in refused(*BENCH, "--out", "")
    assert "The path is empty." in refused("corpus", "build", tmp_path, "--out", "")
    assert "The path is empty." in refused("corpus", "verify", "")
    assert "The path is empty." in refused("replay", "")


def test_the_two_meanings_of_workers_are_told_apart():
    assert "-s workers=N" in invoke("bench", "--help").output


def test_the_preset_has_information_and_is_verified_as_generated():
    info = invoke("corpus", "info", "tiny").stdout
    digest = info.split()[-1]
    assert info.split()[:2] == ["name", "world-0-300"]
    verified = invoke("corpus", "verify", "tiny")
    assert verified.exit_code == 0
    assert verified.stdout.startswith("tiny is generated and has no files: ")
    assert verified.stdout.endswith(f"digest {digest}\n")


def test_nothing_but_errors_is_written_where_there_is_no_terminal(tmp_path):
    pages = tmp_path / "p.jsonl"
    pages.write_text('{"url": "https://a/", "title": "t", "text": "x"}\n')
    assert invoke(*BENCH).stderr == ""
    assert invoke("corpus", "build", pages, "--out", tmp_path / "c").stderr.startswith("indexing")
