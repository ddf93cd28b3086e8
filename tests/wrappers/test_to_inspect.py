"""Inspect AI plays our episodes: its accuracy and standard error are those of our own bench."""

import importlib.metadata
import json
import statistics
import sys

import pytest

from tests.players.chat_server import ChatServer, said, script, scripted
from webenvs import catalog
from webenvs.bench.run import run, trials
from webenvs.errors import SettingError
from wrappers import to_inspect

REAL = pytest.mark.trainer("inspect_ai")
EPISODES, SEED = 12, 3
TEAM = {"game": "team", "workers": 2}


def evaluated(task, server, tmp_path, **options):
    """The log of an evaluation against a local server."""
    import inspect_ai
    from inspect_ai.model import get_model

    (log,) = inspect_ai.eval(
        task,
        model=get_model("openai-api/local/m", base_url=server.url, api_key="none", memoize=False),
        log_dir=str(tmp_path),
        display="none",
        **options,
    )
    return log


def metrics(log):
    return {
        score.name: {name: metric.value for name, metric in score.metrics.items()}
        for score in log.results.scores
    }


def table(scenario, player, episodes=EPISODES):
    return scripted(script(scenario, player, trials(scenario, player, episodes, SEED))[0])


def by_content(brain):
    """A brain that is asked with other ids of calls than it was told of."""

    def said_to(body):
        ids = {}
        messages = json.loads(json.dumps(body["messages"]))
        number = 0
        for entry in messages:
            if entry["role"] == "assistant":
                number += 1
                entry["content"] = entry.get("content") or ""
                for place, call in enumerate(entry.get("tool_calls") or (), start=1):
                    ids[call["id"]] = call["id"] = f"{number:06d}{place:03d}"
                    arguments = json.loads(call["function"]["arguments"])
                    call["function"]["arguments"] = json.dumps(
                        arguments, separators=(",", ":"), ensure_ascii=False
                    )
            if entry["role"] == "tool":
                entry["tool_call_id"] = ids[entry["tool_call_id"]]
        return brain({**body, "messages": messages})

    return said_to


def test_without_inspect_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "inspect_ai", None)
    with pytest.raises(ImportError, match=r"pip install 'webenvs\[inspect\]'"):
        to_inspect.research()


def test_an_untried_version_is_named_with_those_that_were_tried(monkeypatch):
    monkeypatch.setitem(sys.modules, "inspect_ai", type(sys)("inspect_ai"))
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "0.3.1")
    with pytest.raises(ImportError, match=r"0\.3\.1 .* from 0\.3\.285 to below 0\.4"):
        to_inspect.research()


@REAL
@pytest.mark.parametrize("noise", [None, "mild"])
def test_accuracy_and_standard_error_are_those_of_bench(tmp_path, noise):
    settings = {} if noise is None else {"noise": noise}
    scenario = catalog.scenario("MultiHop-v0", **settings)
    task = to_inspect.research(episodes=EPISODES, seed=SEED, settings=settings)
    with ChatServer(by_content(table(scenario, "scripted"))) as server:
        log = evaluated(task, server, tmp_path)
    assert log.status == "success", log.error
    rows = run(scenario, ["scripted"], episodes=EPISODES, seed=SEED)[0].rows
    for name, measure in [("correct", "accuracy"), ("reward", "mean")]:
        values = [getattr(row, name) for row in rows]
        found = metrics(log)[name]
        assert found[measure] == pytest.approx(statistics.mean(values))
        assert found["stderr"] == pytest.approx(statistics.stdev(values) / EPISODES**0.5)
    assert 0 < metrics(log)["correct"]["accuracy"] < 1, "a score that tells something"
    assert [sample.scores["correct"].value for sample in log.samples] == [
        row.correct for row in rows
    ]


@REAL
def test_epochs_play_the_same_episodes_again_and_samples_at_once_do_not_mix(tmp_path):
    scenario = catalog.scenario("MultiHop-v0", **TEAM)
    task = to_inspect.research(episodes=4, seed=SEED, epochs=2, settings=TEAM)
    with ChatServer(by_content(table(scenario, "scripted", 4))) as server:
        log = evaluated(task, server, tmp_path, max_samples=8, max_connections=8)
        assert server.most > 1
    rows = run(scenario, ["scripted"], episodes=4, seed=SEED)[0].rows
    assert len(log.samples) == 8
    for sample in log.samples:
        row = rows[sample.id]
        assert sample.scores["correct"].value == row.correct
        assert sample.scores["reward"].value == pytest.approx(row.reward)
        assert sample.metadata["task"] == row.task
        assert sample.store[to_inspect.NAME]["calls"] == row.calls
    assert metrics(log)["correct"]["accuracy"] == pytest.approx(
        statistics.mean(row.correct for row in rows)
    )


@REAL
def test_a_seat_is_played_beside_named_players(tmp_path):
    scenario = catalog.scenario("MultiHop-v0", game="team")
    task = to_inspect.research(episodes=4, seed=SEED, seat="planner", players="worker=scripted")
    with ChatServer(by_content(table(scenario, "scripted", 4))) as server:
        log = evaluated(task, server, tmp_path)
    rows = run(scenario, ["scripted"], episodes=4, seed=SEED)[0].rows
    found = [sample.scores["reward"].value for sample in log.samples]
    assert found == [pytest.approx(row.reward) for row in rows]
    roles = [message.role for message in log.samples[0].messages]
    assert roles[:3] == ["system", "user", "assistant"]


@REAL
def test_several_calls_and_garbage_are_answered_one_by_one(tmp_path):
    import inspect_ai
    from inspect_ai.model import ChatMessageAssistant, ModelOutput, ModelUsage, get_model
    from inspect_ai.tool import ToolCall

    def call(number, arguments, **more):
        return ToolCall(id=f"c{number}", function="search", arguments=arguments, **more)

    def write(messages, tools, choice, config):
        spoken = sum(message.role == "assistant" for message in messages)
        calls = [
            [
                call(1, {"query": "river"}),
                call(2, {}, parse_error="no"),
                call(3, {"query": "lake"}),
            ],
            None,
            [ToolCall(id="c4", function="answer", arguments={"text": "Tarn"})],
        ][spoken]
        message = ChatMessageAssistant(content="Well.", tool_calls=calls)
        return ModelOutput(model="m", choices=[{"message": message}], usage=ModelUsage())

    model = get_model("mockllm/model", custom_outputs=write)
    (log,) = inspect_ai.eval(
        to_inspect.research(episodes=1), model=model, log_dir=str(tmp_path), display="none"
    )
    assert log.status == "success", log.error.traceback[-900:]
    (sample,) = log.samples
    told = [(m.role, getattr(m, "tool_call_id", None)) for m in sample.messages[3:]]
    assert told == [
        *[("tool", "c1"), ("tool", "c2"), ("tool", "c3"), ("user", None)],
        *[("assistant", None), ("user", None), ("assistant", None)],
    ]
    assert "[search]" in sample.messages[3].text
    assert "could not be read" in sample.messages[4].text
    assert sample.scores["correct"].answer == "Tarn"
    assert sample.store[to_inspect.NAME]["calls"] == {"search": 2}


@REAL
def test_a_message_limit_ends_an_episode_that_is_scored_as_it_is(tmp_path):
    search = said("", [("search", {"query": "river"})])
    task = to_inspect.research(episodes=2, message_limit=6)
    with ChatServer(lambda body: search) as server:
        log = evaluated(task, server, tmp_path)
    assert log.status == "success"
    for sample in log.samples:
        assert sample.limit.type == "message"
        assert sample.scores["correct"].value == 0.0
        assert sample.store[to_inspect.NAME]["end"] is None


@REAL
def test_an_episode_that_a_real_fault_ended_is_not_scored(tmp_path, monkeypatch):
    def broken(observation, info):
        from webenvs.errors import AbsentError

        if info["task_id"] == lost:
            raise AbsentError("nobody there")
        return {"calls": [{"name": "report", "arguments": {"text": "Tarn"}}]}

    scenario = catalog.scenario("MultiHop-v0", game="team")
    lost = trials(scenario, "m", 3, 0)[1].task
    task = to_inspect.research(episodes=3, seat="planner", players={"worker": broken})

    def brain(body):
        told = body["messages"][-1]["role"] == "tool"
        return said("", [("answer", {"text": "x"})] if told else [("delegate", {"task": "x"})])

    with ChatServer(brain) as server:
        log = evaluated(task, server, tmp_path)
    assert log.status == "success"
    values = [sample.scores["correct"].value for sample in log.samples]
    assert [value != value for value in values] == [False, True, False]
    (correct, _) = log.results.scores
    assert (correct.scored_samples, correct.unscored_samples) == (2, 1)


@REAL
def test_the_model_of_a_role_writes_for_it(tmp_path):
    import inspect_ai
    from inspect_ai.model import ModelOutput, ModelUsage, get_model

    def calls(tool, **arguments):
        output = ModelOutput.for_tool_call("m", tool, arguments)
        return output.model_copy(update={"usage": ModelUsage()})

    def worker(messages, tools, choice, config):
        return calls("report", text="found it")

    def planner(messages, tools, choice, config):
        told = messages[-1].role == "tool"
        return calls("answer", text=messages[-1].text) if told else calls("delegate", task="look")

    (log,) = inspect_ai.eval(
        to_inspect.research(episodes=1, settings=TEAM),
        model=get_model("mockllm/model", custom_outputs=planner),
        model_roles={"worker": get_model("mockllm/other", custom_outputs=worker)},
        log_dir=str(tmp_path),
        display="none",
    )
    assert log.status == "success", log.error.traceback[-900:]
    assert log.samples[0].scores["correct"].answer == "[delegate] found it"


@REAL
def test_inspect_finds_the_task_in_the_file(tmp_path):
    import inspect_ai

    search = said("", [("answer", {"text": "x"})])
    with ChatServer(lambda body: search) as server:
        log = evaluated(
            "wrappers/to_inspect.py@research",
            server,
            tmp_path,
            task_args={"env": "Lookup-v0", "episodes": 2, "settings": {"noise": "mild"}},
        )
    assert inspect_ai.__version__
    assert log.eval.task_args["env"] == "Lookup-v0"
    assert log.results.completed_samples == 2


@REAL
def test_wrong_settings_are_told_before_anything_is_asked():
    with pytest.raises(SettingError, match="episodes"):
        to_inspect.research(episodes=0)
    with pytest.raises(SettingError, match="nois"):
        to_inspect.research(settings={"nois": "mild"})
