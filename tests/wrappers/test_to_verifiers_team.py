"""The team game in verifiers: a seat a role, a trace a delegation, a reward for all of them."""

import sys
from pathlib import Path

import pytest

import webenvs
from tests.wrappers.chat_server import ChatServer, calling
from tests.wrappers.fresh import fresh
from tests.wrappers.verifiers_runs import TEAM, played

ROOT = Path(__file__).parents[2]
SETTINGS = {"workers": 2, "reward": "mgrpo"}
verifiers = pytest.mark.trainer("verifiers")


@pytest.fixture
def on_path(monkeypatch):
    """The adapters where verifiers looks for plugins."""
    monkeypatch.syspath_prepend(str(ROOT / "wrappers"))


def team(env):
    """A model in all seats: a planner that delegates three times and knows every answer."""
    tasks = env.scenario.tasks.of_split(env.scenario.split)
    gold = {tasks[place].question: tasks[place].answers[0] for place in range(6)}

    def say(messages, tools):
        names = {tool["function"]["name"] for tool in tools}
        told = any(entry["role"] == "tool" for entry in messages)
        if "delegate" in names and not told:
            return calling(*(("delegate", {"task": f"Look up {word}."}) for word in "abc"))
        if "delegate" in names:
            question = messages[1]["content"].removeprefix("Question: ")
            return calling(("answer", {"text": gold[question]}))
        return calling(("report", {"text": "nothing"}) if told else ("search", {"query": "lake"}))

    return say


@pytest.fixture
def model():
    with ChatServer(team(webenvs.tool_env("MultiHop-v0"))) as server:
        yield server


def test_without_verifiers_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "verifiers.v1", None)
    with pytest.raises(ImportError, match=r"not installed: pip install 'webenvs\[verifiers\]'"):
        _ = fresh("to_verifiers_team").TeamEnv


@verifiers
def test_every_delegation_has_a_trace_with_the_teams_reward(on_path, model):
    for episode in played(model.url, TEAM, 4, settings=SETTINGS):
        assert episode.ok
        seats = sorted(trace.agent.name for trace in episode.traces)
        assert seats == ["planner", "worker", "worker", "worker"]
        assert [trace.reward for trace in episode.traces] == [1.0] * 4


@verifiers
def test_a_seat_is_paid_what_its_player_earned(on_path, model):
    fields = TEAM | {"credit": "seat"}
    (episode,) = played(model.url, fields, 1, settings=SETTINGS)
    env = webenvs.tool_env("MultiHop-v0", game="team", **SETTINGS)
    row = next(env.rows(count=1))
    env.reset(**row)
    env.act([("delegate", {"task": f"Look up {word}."}) for word in "abc"])
    while env.player != "planner_0":
        searched = any("lake" in entry["content"] for entry in env.messages())
        tool, arguments = (
            ("report", {"text": "nothing"}) if searched else ("search", {"query": "lake"})
        )
        env.call(tool, arguments)
    env.call("answer", {"text": env.session.task.answers[0]})
    for trace in episode.traces:
        assert trace.reward == pytest.approx(env.score(trace.task.data.name)["reward"])


@verifiers
def test_a_seat_that_is_not_trained_is_marked(on_path, model):
    (episode,) = played(model.url, TEAM | {"trainable": ["worker"]}, 1, settings=SETTINGS)
    marks = {trace.agent.name: trace.agent.trainable for trace in episode.traces}
    assert marks == {"planner": False, "worker": True}


@verifiers
def test_workers_of_a_round_are_asked_at_the_same_time(on_path):
    import threading

    both = threading.Barrier(2, timeout=20)
    say = team(webenvs.tool_env("MultiHop-v0"))

    def meeting(messages, tools):
        said = say(messages, tools)
        if said["tool_calls"][0]["function"]["name"] == "search" and "c." not in str(messages[-1]):
            both.wait()  # raises unless two searches are under way
        return said

    with ChatServer(meeting) as server:
        fields = TEAM | {"max_concurrent_agents": 2}
        (episode,) = played(server.url, fields, 1, settings=SETTINGS)
    assert episode.ok


@verifiers
def test_a_seat_can_have_a_model_of_its_own(on_path, model):
    played(model.url, TEAM | {"worker": {"model": "small"}}, 1, settings=SETTINGS)
    used = {
        body["model"]: {tool["function"]["name"] for tool in body["tools"]} for body in model.asked
    }
    assert "delegate" in used["double"]
    assert "report" in used["small"]


@verifiers
def test_a_seat_at_its_limit_of_turns_says_nothing_more(on_path, model):
    fields = TEAM | {"worker": {"max_turns": 1}}
    (episode,) = played(model.url, fields, 1, settings=SETTINGS)
    assert episode.ok
    turns = {trace.agent.name: trace.num_turns for trace in episode.traces}
    assert turns == {"planner": 2, "worker": 1}


@verifiers
def test_a_failing_seat_fails_the_episode(on_path):
    with ChatServer(lambda *_: {"content": ""}) as server:
        url = server.url
    (episode,) = played(url, TEAM, 1)
    assert not episode.ok
    assert all(trace.reward == 0 and not trace.ok for trace in episode.traces)


@verifiers
def test_a_system_prompt_for_all_roles_is_refused(tmp_path, on_path, model):
    (tmp_path / "prompt.txt").write_text("Be quick.")
    (episode,) = played(model.url, TEAM, 1, system_prompt=str(tmp_path / "prompt.txt"))
    assert "by role" in episode.errors[0].message


@verifiers
def test_a_role_can_have_a_system_prompt_of_its_own(on_path, model):
    played(model.url, TEAM | {"system": {"worker": "You work."}}, 1, settings=SETTINGS)
    prompts = {body["messages"][0]["content"] for body in model.asked}
    assert "You work." in prompts
    assert len(prompts) == 2
