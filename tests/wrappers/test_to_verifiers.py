"""The verifiers taskset: gold passes, doing nothing does not, evaluations replay."""

import asyncio
import json
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import pytest

import webenvs
from tests.wrappers.chat_server import ChatServer, calling
from tests.wrappers.fresh import fresh
from tests.wrappers.verifiers_runs import ALONE, played
from webenvs.errors import SettingError

ROOT = Path(__file__).parents[2]
verifiers = pytest.mark.trainer("verifiers")


@pytest.fixture
def on_path(monkeypatch):
    """The adapters where verifiers looks for plugins, in this process and in commands."""
    monkeypatch.syspath_prepend(str(ROOT / "wrappers"))
    monkeypatch.setenv("PYTHONPATH", f"{ROOT / 'wrappers'}:{ROOT}")


def command(name, *arguments):
    """Run a command of verifiers; returns what it printed."""
    path = Path(sys.executable).with_name(name)
    done = subprocess.run([path, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


def episodes(folder):
    """The lines of a run's traces."""
    return [json.loads(line) for line in (folder / "traces.jsonl").read_text().splitlines()]


def researcher(env):
    """A model that searches once and then answers every second question right."""
    tasks = env.scenario.tasks.of_split(env.scenario.split)
    gold = {tasks[place].question: tasks[place].answers[0] for place in range(0, 8, 2)}

    def say(messages, tools):
        if not any(entry["role"] == "tool" for entry in messages):
            return calling(("search", {"query": "river"}), ("search", {"query": "lake"}))
        question = messages[1]["content"].removeprefix("Question: ")
        return calling(("answer", {"text": gold.get(question, "nobody")}))

    return say


def test_without_verifiers_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "verifiers.v1", None)
    with pytest.raises(ImportError, match=r"not installed: pip install 'webenvs\[verifiers\]'"):
        _ = fresh("to_verifiers").WebTaskset


@verifiers
def test_an_old_verifiers_is_named(monkeypatch):
    found = {"verifiers": "0.2.1"}
    real = metadata.version
    monkeypatch.setattr(metadata, "version", lambda name: found.get(name) or real(name))
    with pytest.raises(ImportError, match=r"verifiers 0\.2\.1 is installed.*from 0\.4"):
        _ = fresh("to_verifiers").WebHarness


@verifiers
def test_gold_passes_and_doing_nothing_does_not(tmp_path, on_path):
    printed = command(
        *("vf-validate", "to-verifiers", "-n", "50", "--taskset.env", "SetQuery-v0"),
        *("--runtime.type", "subprocess", "--no-rich", "-o", str(tmp_path)),
    )
    summary = json.loads(printed[printed.index("{") :])
    assert summary["checks"]["gold"]["valid"] == summary["checks"]["noop"]["valid"] == 50


@verifiers
def test_a_replayed_evaluation_has_the_rewards_of_the_environment(tmp_path, on_path):
    with ChatServer(researcher(webenvs.tool_env("MultiHop-v0"))) as server:
        command(
            *("vf-eval", "to-verifiers", "-n", "8", "-r", "2", "-m", "double"),
            *("--client.base-url", server.url, "--client.api-key-var", "NO_KEY", "--no-push"),
            *("--env.agent.runtime.type", "subprocess", "--no-rich"),
            *("-o", str(tmp_path), "--run.name", "run"),
        )
    command("vf-replay", str(tmp_path / "run"), "--no-rich", "-o", str(tmp_path / "again"))
    once, again = (
        {
            trace["id"]: (trace["rewards"], trace["metrics"])
            for one in run
            for trace in one["traces"]
        }
        for run in (episodes(tmp_path / "run"), episodes(tmp_path / "again"))
    )
    assert once == again
    rewards = [paid["reward"]["score"] for paid, _ in once.values()]
    assert sorted(rewards) == [0.0] * 8 + [1.0] * 8


@verifiers
def test_an_endpoint_is_sent_a_transcript_that_only_grows(on_path):
    with ChatServer(researcher(webenvs.tool_env("MultiHop-v0"))) as server:
        (episode,) = played(server.url, ALONE, 1)
    first, second = (body["messages"] for body in server.asked)
    assert second[: len(first)] == first
    said, *results = second[len(first) :]
    assert [call["id"] for call in said["tool_calls"]] == [m["tool_call_id"] for m in results]
    assert len(episode.traces[0].branches) == 1


@verifiers
def test_a_model_without_tools_plays_in_the_codec(on_path):
    def say(messages, tools):
        assert not tools
        return {"content": '<tool_call>{"name": "answer", "arguments": {"text": "x"}}</tool_call>'}

    with ChatServer(say) as server:
        (episode,) = played(server.url, ALONE, 1, native=False)
    assert episode.ok
    assert episode.traces[0].metrics == {"answer": 0.0}


@verifiers
def test_a_system_prompt_of_the_taskset_is_the_players(tmp_path, on_path):
    (tmp_path / "prompt.txt").write_text("Be quick.")
    with ChatServer(lambda *_: calling(("answer", {"text": "x"}))) as server:
        played(server.url, ALONE, 1, system_prompt=str(tmp_path / "prompt.txt"))
    assert server.asked[0]["messages"][0] == {"role": "system", "content": "Be quick."}


@verifiers
def test_a_failing_endpoint_is_an_error_and_no_zero(on_path):
    with ChatServer(lambda *_: calling(("answer", {"text": "x"}))) as server:
        url = server.url
    (episode,) = played(url, ALONE, 1)
    assert not episode.ok
    assert episode.traces[0].rewards == {}


@verifiers
def test_a_team_that_one_model_would_play_in_one_chat_is_refused(on_path):
    import to_verifiers

    from webenvs.envs.tooling.conversation import Conversation

    env = webenvs.tool_env("MultiHop-v0", game="team")
    env.reset(seed=3)
    trace = SimpleNamespace(state=SimpleNamespace(conversation=Conversation(env), alone=True))
    launched = to_verifiers.WebHarness.launch(None, None, trace, None, "", "")
    with pytest.raises(SettingError, match=r"name a `seat` .* to-verifiers-team"):
        asyncio.run(launched)
