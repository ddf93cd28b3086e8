"""Conversations: only growing, under the ids of the model, one a frame, harmless to bad calls."""

import json

import pytest

import webenvs
from webenvs.envs.tooling.conversation import UNREAD, Conversation, Conversations


def call(name, arguments, number=0):
    """A tool call as an API writes it."""
    written = arguments if isinstance(arguments, str) else json.dumps(arguments)
    function = {"name": name, "arguments": written}
    return {"id": f"their-{number}", "type": "function", "function": function}


def said(*calls, content=None):
    """An assistant message."""
    return {"role": "assistant", "content": content, "tool_calls": list(calls) or None}


@pytest.fixture
def env():
    made = webenvs.tool_env("MultiHop-v0")
    made.reset(seed=3)
    return made


def test_a_request_begins_with_the_one_before_and_its_answer(env):
    talk = Conversation(env)
    first = talk.request()["messages"]
    message = said(call("search", {"query": "lake"}), content="hm")
    talk.hear(message)
    talk.play()
    second = talk.request()["messages"]
    assert second[: len(first) + 1] == [*first, message]
    assert len(second) == len(first) + 2


def test_results_stand_under_the_ids_of_the_model(env):
    talk = Conversation(env)
    talk.request()
    talk.hear(said(call("search", {"query": "lake"}, 7), call("search", {"query": "river"}, 5)))
    talk.play()
    lake, river = talk.request()["messages"][-2:]
    assert (lake["tool_call_id"], river["tool_call_id"]) == ("their-7", "their-5")
    assert "lake" in lake["content"].lower()


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        *(("search", "{"), ("search", "[1]"), ("search", '"x"')),
        *((name, {"query": "lake"}) for name in (None, "", " ", 3)),
    ],
)
def test_a_call_that_cannot_be_read_is_answered_too(env, name, arguments):
    talk = Conversation(env)
    talk.request()
    talk.hear(said(call(name, arguments, 1), call("search", {"query": "river"}, 2)))
    talk.play()
    told = [entry for entry in talk.request()["messages"] if entry["role"] == "tool"]
    assert [entry["tool_call_id"] for entry in told] == ["their-1", "their-2"]
    assert told[0]["content"] == UNREAD != told[1]["content"]


def test_a_message_of_text_is_played_as_one(env):
    talk = Conversation(env)
    talk.request()
    talk.hear({"role": "assistant", "content": "no idea"})
    assert not talk.play().done
    assert talk.request()["messages"][-1]["role"] == "user"


def test_nothing_heard_is_an_empty_message(env):
    talk = Conversation(env)
    talk.request()
    talk.play()
    assert env.episode().turns[0].message == ""


def test_in_the_codec_no_tools_are_offered(env):
    talk = Conversation(env, native=False)
    assert talk.request() == {"messages": env.messages()}
    text = '<tool_call>{"name": "search", "arguments": {"query": "lake"}}</tool_call>'
    talk.hear({"role": "assistant", "content": text})
    talk.play()
    assert talk.request()["messages"] == env.messages()


def test_another_system_prompt_stands_for_the_environments(env):
    talk = Conversation(env, system="Be quick.")
    assert talk.request()["messages"][0] == {"role": "system", "content": "Be quick."}


def test_every_frame_has_a_conversation_of_its_own():
    env = webenvs.tool_env("MultiHop-v0", game="team", workers=1)
    env.reset(seed=3)
    table = Conversations(env)
    while not env.over:
        for talk in table.due():
            told = talk.request()["messages"]
            planner, again = talk.player == "planner_0", len(told) > 2
            tool = ("answer" if again else "delegate") if planner else "report"
            field = "task" if tool == "delegate" else "text"
            talk.hear(
                said(
                    *(call(tool, {field: f"part {n}"}, n) for n in range(1 + (tool == "delegate")))
                )
            )
            talk.play()
    talks = table.of_frame.values()
    assert [talk.player for talk in talks] == ["planner_0", "worker_0", "worker_0"]
    assert ["part 0" in str(talk.messages) for talk in talks] == [True, True, False]


def test_a_broken_episode_has_no_score(env):
    talk = Conversation(env)
    assert talk.score()["reward"] == 0
    env.session.state.end, env.session.state.fault = "aborted", "the disk is gone"
    with pytest.raises(RuntimeError, match="the disk is gone"):
        talk.score()


def test_what_was_said_is_played_once(env):
    talk = Conversation(env)
    talk.request()
    talk.hear(said(call("search", {"query": "lake"}, 0)))
    talk.play()
    talk.play()
    assert [len(turn.calls) for turn in env.episode().turns] == [1, 0]
