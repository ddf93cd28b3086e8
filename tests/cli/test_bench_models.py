"""`webenvs bench --openai`: a model beside named players, and every wrong word told."""

import json
import signal
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner

from tests.players.chat_server import DROP, ChatServer, said, script, scripted
from webenvs import catalog
from webenvs.bench.run import trials
from webenvs.cli.main import cli

EPISODES = 4
PRICES = '["m"]\nprompt = 2.0\ncompletion = 10.0\n'


def invoke(*arguments):
    return CliRunner().invoke(cli, ["bench", *(str(argument) for argument in arguments)])


def report(out):
    return json.loads((out / "report.json").read_text())["sections"][0]


@pytest.fixture(scope="module")
def oracle():
    scenario = catalog.scenario("MultiHop-v0")
    return scripted(script(scenario, "oracle", trials(scenario, "oracle", EPISODES, 0))[0])


@pytest.fixture
def asked(oracle, tmp_path):
    """Run the command against a server with the oracle behind it; returns result and server."""

    def run(*arguments, server=None, model="m"):
        with server or ChatServer(oracle) as server:
            where = ("--openai", server.url, "--model", model, "--out", tmp_path / "out")
            counts = ("--episodes", EPISODES, "--workers", 1, "--retries", 0)
            return invoke(*arguments, *where, *counts), server

    return run


def test_a_model_stands_beside_named_players_with_tokens_and_cost(asked, tmp_path):
    (tmp_path / "prices.toml").write_text(PRICES)
    result, _ = asked("scripted", "--prices", tmp_path / "prices.toml")
    assert result.exit_code == 0, result.output
    assert "Models" in result.output
    players = report(tmp_path / "out")["summary"]["players"]
    assert [player["player"] for player in players] == ["scripted", "m"]
    assert players[1]["score"]["mean"] == 1.0
    used = players[1]["models"]
    usage = used["usage"]
    assert used["cost"] == pytest.approx((2 * usage["prompt"] + 10 * usage["completion"]) / 1e6)
    assert "models" not in players[0]
    assert "## " in (tmp_path / "out" / "report.md").read_text()


def test_the_baseline_may_be_the_model(asked):
    result, _ = asked("openai", "first-hit", "--baseline", "openai", "--text")
    assert result.exit_code == 0, result.output


def test_options_go_into_every_request(asked):
    result, server = asked(
        *("--temperature", 0.5, "--max-tokens", 99, "--stream", "--preset", "vllm"),
        *("--fields", '{"seed": 7}'),
    )
    assert result.exit_code == 0, result.output
    wanted = {"temperature": 0.5, "max_tokens": 99, "stream": True, "logprobs": True, "seed": 7}
    assert all(wanted.items() <= body.items() for body in server.bodies)


def test_the_key_comes_from_the_named_variable_and_is_written_nowhere(asked, tmp_path, monkeypatch):
    monkeypatch.setenv("SOME_KEY", "s3cret-key")
    path = tmp_path / "asked.jsonl"
    result, server = asked("--key-variable", "SOME_KEY", "--requests", path)
    assert set(server.keys) == {"Bearer s3cret-key"}
    written = [file.read_text() for file in (tmp_path / "out").iterdir()]
    assert not any("s3cret-key" in text for text in [result.output, path.read_text(), *written])


def test_the_same_command_asks_nothing_twice(asked, tmp_path):
    path = tmp_path / "asked.jsonl"
    first, server = asked("--requests", path)
    again, other = asked("--requests", path)
    assert server.bodies
    assert not other.bodies
    assert f"{len(server.bodies)} answers are known" in again.stderr
    assert first.stdout == again.stdout


def test_episodes_that_the_server_failed_are_told(asked, oracle):
    result, _ = asked("--concurrency", 1, server=ChatServer(oracle, faults=[DROP]))
    assert result.exit_code == 0
    assert "1 episodes had no answer from the server" in result.stderr
    assert "unreachable 1" in result.stderr
    assert "1 invalid episodes are left out" in " ".join(result.stdout.split())


def test_a_server_that_is_gone_ends_the_run_with_one_message(asked, oracle):
    result, _ = asked(server=ChatServer(oracle, always=DROP))
    assert result.exit_code == 2
    assert "The server is gone: 3 episodes in a row" in result.output


def test_a_model_that_never_calls_is_told_of_text(asked):
    result, _ = asked(server=ChatServer(lambda body: said("hm")))
    assert "With --text the model writes its calls" in " ".join(result.stderr.split())


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("scripted", "--model", "m"), "--model belongs to --openai"),
        (("scripted", "--max-tokens", "3"), "--max-tokens belongs to --openai"),
        (("openai",), "needs --openai URL"),
        (("planner=openai,worker=scripted", "--game", "team"), "needs --openai URL"),
        ((), "Missing argument 'PLAYER...'"),
        (("--openai", "http://localhost:1/v1"), "--openai needs --model NAME"),
        (("--openai", "localhost", "--model", "m"), "url = 'localhost'"),
        (("--openai", "http://localhost:1", "--model", "m", "--preset", "vlm"), "'vllm'"),
        (("--openai", "http://localhost:1", "--model", "m", "--fields", "[1]"), "no JSON object"),
        (
            ("--openai", "http://localhost:1", "--model", "m", "--fields", '{"model": 1}'),
            "sampling = 'model'",
        ),
        (
            ("--openai", "http://localhost:1", "--model", "m", "--key-variable", "NO_SUCH_KEY"),
            "NO_SUCH_KEY is not set",
        ),
        (("--openai", "http://localhost:1", "--model", "m", "--noise-sweep"), "plays no model"),
        (("--openai", "http://localhost:1", "--model", "scripted", "scripted"), "named once"),
    ],
)
def test_a_wrong_word_is_told_with_status_2(arguments, told):
    result = invoke(*arguments)
    assert result.exit_code == 2
    assert told in " ".join(result.output.split())


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="processes are not killed like this")
def test_a_run_that_was_killed_goes_on(oracle, tmp_path):
    path = tmp_path / "asked.jsonl"
    slow = ChatServer(lambda body: time.sleep(0.05) or oracle(body))
    code = "from webenvs.cli.main import main; main()"
    with slow:
        command = [
            *(sys.executable, "-c", code, "bench", "--openai", slow.url, "--model", "m"),
            *("--episodes", str(EPISODES), "--requests", str(path), "--concurrency", "1"),
        ]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while len(slow.bodies) < 6:
            time.sleep(0.01)
        process.kill()
        process.wait()
        known = path.read_bytes().count(b"\n")
        del slow.bodies[:]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert known >= 5
    assert f"{known} answers are known" in done.stderr
    assert len(slow.bodies) == path.read_bytes().count(b"\n") - known
    assert "100.0" in done.stdout
