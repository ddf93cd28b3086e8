"""The edge of a budget: one closing message, as a new message, and what follows it."""

import json

import pytest

from webenvs.players.message import say

RESEARCHER = "researcher_0"


def messages(session, player=RESEARCHER):
    return session.info(player)["messages"]


def notice(reason):
    return (
        f"{reason} This is your last message: call answer now, like this:\n"
        '<tool_call>{"name":"answer","arguments":{"text":"your text"}}</tool_call>'
    )


def test_after_the_last_turn_a_new_message_asks_to_close(begin):
    session = begin(turns=2)
    session.act(say("search", query="river"))
    assert not session.info(RESEARCHER)["closing"]
    assert session.observe(RESEARCHER)["turns_left"] == 1
    before = messages(session)
    session.act(say("search", query="town"))
    after = messages(session)
    assert session.info(RESEARCHER)["closing"]
    assert session.observe(RESEARCHER)["turns_left"] == 0
    assert after[: len(before)] == before
    assert [entry["role"] for entry in after[len(before) :]] == ["assistant", "tool", "user"]
    assert after[-1]["content"] == notice("You have used all your turns.")
    seen = session.observe(RESEARCHER)["text"]
    assert seen == after[-2]["content"] + "\n\n" + after[-1]["content"], "the result is still shown"
    assert not session.over


def test_closing_when_asked_is_an_answer_like_any_other(begin):
    session = begin(turns=1)
    session.act(say("search", query="river"))
    turn = session.act(say("answer", text=" Tarn "))
    assert turn.closing
    assert (session.state.end, session.state.answer) == ("answered", "Tarn")
    assert session.gained() == {RESEARCHER: 1.0}


@pytest.mark.parametrize("message", [say("search", query="town"), "I do not know.", ""])
def test_not_closing_when_asked_is_the_turn_limit(begin, message):
    session = begin(turns=1)
    session.act(say("search", query="river"))
    turn = session.act(message)
    assert turn.closing
    assert (session.state.end, session.state.answer) == ("turn_limit", None)
    assert session.episode().valid
    assert all(result.status == "over_budget" for result in turn.results)
    assert all(not result.executed for result in turn.results)
    assert session.observe(RESEARCHER) == {
        "text": "(The episode is over: turn_limit.)",
        "turn": 0,
        "turns_left": 0,
        "live": 0,
    }


def test_a_closing_message_may_hold_other_calls_before_the_closing_one(begin):
    session = begin(turns=1)
    session.act(say("search", query="river"))
    turn = session.act(
        {"calls": [{"name": "search", "arguments": {"query": "x"}}, {"name": "answer",
         "arguments": {"text": "Tarn"}}]}
    )  # fmt: skip
    assert [result.status for result in turn.results] == ["over_budget"]
    assert "only answer can be called now" in turn.results[0].content
    assert session.state.end == "answered"


def test_unreadable_messages_reach_their_own_limit(begin):
    session = begin(invalid=2, turns=10)
    session.act("let me think")
    seen = session.observe(RESEARCHER)["text"]
    assert seen == (
        "Your message could not be read: no tool call found\nA right call looks like:\n"
        '<tool_call>{"name":"search","arguments":{"query":"your query"}}</tool_call>'
    )
    assert session.info(RESEARCHER)["budget"]["invalid"] == 1
    session.act(say("serch", query="x"))
    assert messages(session)[-1]["content"] == notice(
        "Too many of your messages could not be read."
    )
    session.act("still thinking")
    assert session.state.end == "invalid_limit"


def test_a_message_with_one_good_call_does_not_count_as_unreadable(begin):
    session = begin(invalid=1)
    session.act(
        '<tool_call>{"name": "search", "arguments": {"query": "river"}}</tool_call>'
        "<tool_call>{</tool_call>"
    )
    assert session.info(RESEARCHER)["budget"]["invalid"] == 1
    assert not session.info(RESEARCHER)["closing"]
    seen = session.observe(RESEARCHER)["text"]
    assert seen.startswith("[search] 1. ")
    assert "\n\nYour message could not be read: tool call 2" in seen


def test_a_full_context_asks_to_close(begin, site):
    session = begin(characters=600, turns=10)
    session.act(say("fetch", url=site("chronicle")))
    assert messages(session)[-1]["content"] == notice("Your context is full.")
    assert session.info(RESEARCHER)["budget"]["characters"] == 0
    session.act(say("search", query="river"))
    assert session.state.end == "context_limit"


def test_the_players_own_words_fill_its_context_too(begin):
    session = begin(characters=2000, turns=10)
    session.act("<think>" + "so " * 700 + "</think>")
    assert session.info(RESEARCHER)["closing"]


@pytest.mark.parametrize("blank", ["", "  \n\t"])
def test_a_blank_answer_gives_up(begin, blank):
    session = begin()
    session.act(say("answer", text=blank))
    assert (session.state.end, session.state.answer) == ("gave_up", None)
    assert session.gained() == {RESEARCHER: 0.0}


def test_an_answer_without_a_text_is_a_mistake_and_not_an_end(begin):
    session = begin()
    turn = session.act(say("answer"))
    assert turn.results[0].status == "invalid_arguments"
    assert not session.over


def test_transcripts_only_grow(begin, site):
    session = begin(turns=4, invalid=2, noise="timeout:0.3", calls={"search": 2})
    earlier = messages(session)
    texts = [
        say("search", query="river"),
        "no call",
        say("search", query="river"),
        say("fetch", url=site("alba")),
        say("find", text="Alba"),
    ]
    for text in texts:
        session.act(text)
        now = messages(session)
        assert now[: len(earlier)] == earlier
        assert len(now) > len(earlier)
        earlier = now
    assert session.over


def test_an_info_that_is_changed_changes_no_transcript_and_no_other_episode(begin):
    session = begin()
    info = session.info(RESEARCHER)
    info["messages"][0]["content"] = "Forget the rules."
    info["tools"][0]["function"]["parameters"]["properties"].clear()
    info["budget"]["turns"] = 10_000
    fresh = session.info(RESEARCHER)
    assert fresh["messages"][0]["content"].startswith("You answer a question")
    assert fresh["budget"]["turns"] == 12
    for other in (begin(), session.fork()):
        assert other.info(RESEARCHER)["tools"][0]["function"]["parameters"]["properties"]


@pytest.mark.parametrize("room", [1000, 1500])
def test_no_observation_is_longer_than_the_space_allows(begin, site, room):
    session = begin(observation_characters=room, turns=2)
    for call in (say("fetch", url=site("chronicle")), say("fetch", url=site("chronicle"), page=1)):
        session.act({"calls": [*call["calls"], *say("search", query="river bridge town")["calls"]]})
        seen = session.observe(RESEARCHER)["text"]
        assert room - 10 < len(seen) <= room
    assert seen.endswith("</tool_call>"), "the closing notice is whole, the result was cut"
    assert " [...]\n\nYou have used all your turns." in seen


def test_acting_after_the_end_is_the_callers_mistake(begin):
    from webenvs.errors import SettingError

    session = begin()
    session.act(say("answer", text="Tarn"))
    assert session.to_act == ()
    with pytest.raises(SettingError, match="The episode is over: reset before acting again"):
        session.act(say("search", query="river"))


@pytest.mark.parametrize("message", [3, None, ["search"], b"text"])
def test_a_message_that_is_neither_text_nor_mapping_is_named(begin, message):
    from webenvs.errors import PlayerError

    kind = type(message).__name__
    with pytest.raises(PlayerError, match=f"text or a mapping with 'calls', not {kind}"):
        begin().act(message)


def test_the_system_message_tells_purpose_format_and_limits(begin):
    session = begin(turns=5, calls={"search": 4})
    system = messages(session)[0]["content"]
    assert system.startswith("You answer a question by searching and reading a frozen web.")
    assert system.endswith(
        "You have 5 messages, 4 calls of search. End by calling answer; nothing else counts as "
        "your result."
    )
    question = messages(session)[1]["content"]
    assert question == "Question: Where was the mayor of the town on the Alba born?"
    assert session.observe(RESEARCHER)["text"] == question


def test_info_offers_the_tools_as_function_schemas(begin):
    tools = begin().info(RESEARCHER)["tools"]
    names = [tool["function"]["name"] for tool in tools]
    assert names == ["search", "fetch", "click", "find", "answer"]
    assert all(tool["type"] == "function" for tool in tools)
    assert json.loads(json.dumps(tools)) == list(tools)
