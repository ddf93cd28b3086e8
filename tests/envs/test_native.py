"""Native chat: calls with ids, an answer for each, only ever growing, and saying what text says."""

import json

import pytest

from webenvs import seeding
from webenvs.actions.codec import CODECS
from webenvs.chat import native_messages
from webenvs.envs.native import example
from webenvs.envs.session import Session
from webenvs.envs.toolsets import kit_of
from webenvs.players.message import close, request, say, say_all

ME, PLANNER, ONE, TWO = "researcher_0", "planner_0", "worker_0", "worker_1"
GARBAGE = '{"query": '


def after(session, *messages):
    for message in messages:
        session.act(message)
    return session


def roles(messages):
    return [entry["role"] for entry in messages]


def function(entry, number=0):
    return entry["tool_calls"][number]["function"]


def test_an_episode_opens_with_function_calls_instead_of_the_codec(begin):
    session = begin()
    system, user = native_messages(session, ME)
    text = session.info(ME)["messages"]
    assert user == text[1]
    assert "interface for function calls" in system["content"]
    assert "<tool_call>" in text[0]["content"]
    assert "<tool_call>" not in system["content"]
    assert system["content"].partition("\n\n")[0] == text[0]["content"].partition("\n\n")[0]
    assert system["content"].endswith(text[0]["content"].rpartition("\n\n")[2])


def test_a_call_has_an_id_its_thought_and_one_result(begin):
    session = after(begin(), say("search", "Look for it.", query="river"))
    said, told = native_messages(session, ME)[2:]
    assert said == {
        "role": "assistant",
        "content": "Look for it.",
        "tool_calls": [
            {
                "id": "000001001",
                "type": "function",
                "function": {"name": "search", "arguments": '{"query":"river"}'},
            }
        ],
    }
    assert told == {
        "role": "tool",
        "tool_call_id": "000001001",
        "content": session.observe(ME)["text"],
    }


def test_every_call_of_a_message_has_a_result_of_its_own(begin):
    calls = (("search", {"query": "river"}), ("fetch", {"url": "x"}), ("search", {"query": "town"}))
    session = after(begin(), say_all(calls))
    said, *told = native_messages(session, ME)[2:]
    ids = [call["id"] for call in said["tool_calls"]]
    assert [entry["tool_call_id"] for entry in told] == ids
    assert len(set(ids)) == 3
    assert [entry["content"].partition("]")[0] for entry in told] == [
        "[search",
        "[fetch",
        "[search",
    ]
    assert "Alba" in told[0]["content"]
    assert "Brena" in told[2]["content"]


def test_a_repeated_call_is_answered_as_one(begin):
    session = after(begin(), say("search", query="river"), say("search", query="river"))
    first, again = (entry for entry in native_messages(session, ME) if entry["role"] == "tool")
    assert "You made this call before" in again["content"]
    assert first["content"].removeprefix("[search] ") in again["content"]
    assert first["tool_call_id"] != again["tool_call_id"]


def test_text_without_a_call_is_content_that_the_user_answers(begin):
    session = after(begin(), "Let me see.")
    said, told = native_messages(session, ME)[2:]
    assert said == {"role": "assistant", "content": "Let me see."}
    assert told["role"] == "user"
    assert "no tool call found" in told["content"]
    assert told["content"].endswith('{"name":"search","arguments":{"query":"your query"}}')


def test_arguments_that_are_no_json_stand_in_the_content_and_other_calls_count(begin):
    calls = [
        {"name": "search", "arguments": GARBAGE},
        {"name": "search", "arguments": '{"query": "river"}'},
    ]
    session = after(begin(), {"thought": "Both.", "calls": calls})
    said, result, complaint = native_messages(session, ME)[2:]
    assert said["content"] == "Both.\n" + json.dumps(calls[0], separators=(",", ":"))
    assert [json.loads(function(said)["arguments"])] == [{"query": "river"}]
    assert len(said["tool_calls"]) == 1
    assert (result["role"], complaint["role"]) == ("tool", "user")
    assert "Alba" in result["content"]
    assert "not valid JSON" in complaint["content"]


def test_a_refused_call_is_shown_a_right_one_in_native_words(begin):
    session = after(begin(), say("search", words="river"))
    told = native_messages(session, ME)[-1]["content"]
    assert told.endswith(
        'A right call looks like:\n{"name":"search","arguments":{"query":"your query"}}'
    )
    assert "needs the argument" in told


def test_the_closing_notice_is_the_users(begin):
    session = after(begin(turns=1), say("search", query="river"))
    said, told, notice = native_messages(session, ME)[2:]
    assert roles([said, told, notice]) == ["assistant", "tool", "user"]
    assert told["content"].startswith("[search] 1. Alba")
    assert notice["content"] == (
        "You have used all your turns. This is your last message: call answer now, like this:\n"
        '{"name":"answer","arguments":{"text":"your text"}}'
    )


def test_the_last_message_of_an_episode_has_its_call_and_no_result(begin):
    calls = (("search", {"query": "river"}), ("answer", {"text": "Tarn"}))
    session = after(begin(), say_all(calls))
    assert session.over
    *_, said = native_messages(session, ME)
    assert [call["function"]["name"] for call in said["tool_calls"]] == ["search", "answer"]


def test_a_delegation_is_answered_by_its_report_once_it_is_there(begin):
    session = after(begin(game="team", workers=2), say_all((("delegate", {"task": "A"}),) * 2))
    waiting = native_messages(session, PLANNER)
    assert roles(waiting) == ["system", "user", "assistant"]
    after(session, say("report", text="found A"))
    now = native_messages(session, PLANNER)
    assert now[:3] == waiting
    assert [entry["content"] for entry in now[3:]] == [
        "[delegate] found A",
        "[delegate] You made this call before. Its result:\nfound A",
    ]


def test_results_and_reports_are_answers_in_the_order_of_their_calls(begin):
    calls = (("delegate", {"task": "A"}), ("search", {"query": "river"}))
    session = begin(game="team", planner_web=("search",))
    after(session, say_all(calls), say("report", text="found A"))
    said, *told = native_messages(session, PLANNER)[2:]
    assert [entry["tool_call_id"] for entry in told] == [call["id"] for call in said["tool_calls"]]
    assert told[0]["content"] == "[delegate] found A"
    assert told[1]["content"].startswith("[search] 1. Alba")


def test_a_late_report_is_the_users_and_its_call_was_answered_before(begin):
    session = begin(game="team", noise="delay_report:1", planner_web=("search",))
    after(session, say("delegate", task="A"), say("report", text="found A"))
    after(session, say("search", query="river"))
    said, told, searched, found, late = native_messages(session, PLANNER)[2:]
    assert told["tool_call_id"] == said["tool_calls"][0]["id"]
    assert "still on its way" in told["content"]
    assert found["tool_call_id"] == searched["tool_calls"][0]["id"]
    assert late == {
        "role": "user",
        "content": "[delegate] Late report on the task 'A':\nfound A",
    }


def test_a_worker_sees_its_own_frame_alone(begin):
    session = begin(game="team", workers=1)
    after(session, say("delegate", task="A"), say("search", query="river"))
    mine = native_messages(session, ONE)
    assert roles(mine) == ["system", "user", "assistant", "tool"]
    assert mine[2]["tool_calls"][0]["id"] == "000001001", "ids tell nothing of others' messages"
    after(session, say("report", text="found A"), say("delegate", task="B"))
    assert roles(native_messages(session, ONE)) == ["system", "user"]


def test_a_player_that_has_had_nothing_to_do_has_no_transcript(begin):
    assert native_messages(begin(game="team"), TWO) == []


def test_a_result_beyond_the_limit_of_an_observation_is_cut_alike(begin, site):
    session = begin(observation_characters=1000)
    page = {"url": site("chronicle")}
    after(session, say_all((("fetch", page), ("search", {"query": "river"}))))
    cut, rest = native_messages(session, ME)[-2:]
    assert cut["content"] == session.observe(ME)["text"]
    assert cut["content"].endswith(" [...]")
    assert rest["content"].startswith("(Not shown")


def test_callers_may_change_what_they_were_given(begin):
    session = after(begin(), say("search", query="river"))
    kept = json.dumps(native_messages(session, ME))
    for entry in native_messages(session, ME):
        entry.clear()
    assert json.dumps(native_messages(session, ME)) == kept


NOISE = (
    "rename_tools:0.5,rename_arguments:0.5,withdraw:0.5,timeout:0.2,cut_report:0.3,"
    "delay_report:0.4,lose_report:0.3,fail_worker:0.2"
)


def restless(session, player):
    """A message of several calls, right and wrong ones, that depends on where the player is."""
    info, text = session.info(player), session.observe(player)["text"]
    key = (player, text, len(info["messages"]))
    if seeding.uniform(*key) < 0.15:
        return close(info, f"It is Tarn, as asked in {request(info)}")
    words = ["river", "Alba", "https://small.example/alba", "https://small.example/veit"]
    calls = []
    for number in range(seeding.integer(4, *key, "calls")):
        schema = seeding.choice(info["tools"][:-1], *key, number)["function"]
        word = seeding.choice(words, *key, number, "word")
        arguments = dict.fromkeys(schema["parameters"].get("required", ()), word)
        calls.append({"name": schema["name"], "arguments": arguments})
    if seeding.uniform(*key, "wrong") < 0.2:
        calls.insert(0, {"name": "search", "arguments": GARBAGE})
    if seeding.uniform(*key, "text") < 0.1:
        return "I <think>wonder</think> about it."
    return {"thought": "Well." if len(calls) % 2 else "", "calls": calls}


def well_formed(messages):
    """Whether every tool message answers a call of the assistant message before it, in order."""
    due = []
    for entry in messages:
        if entry["role"] == "tool":
            assert entry["tool_call_id"] == due.pop(0)
        else:
            assert not due
        if entry["role"] == "assistant":
            due = [call["id"] for call in entry.get("tool_calls", ())]
            assert all(
                isinstance(json.loads(call["function"]["arguments"]), dict)
                for call in entry.get("tool_calls", ())
            )
    return True


def spoken(messages):
    """The lines of what the environment said, in no order."""
    told = [entry["content"] for entry in messages if entry["role"] in ("tool", "user")]
    return sorted(line for text in told for line in text.split("\n") if line)


def in_native_words(session, frame):
    """The transcript of a frame in the codec, but for its examples of right calls."""
    codec, kit = session.scenario.codec, kit_of(session.scenario, frame)
    messages = []
    for entry in frame.messages:
        text = entry["content"]
        for tool in kit.tools:
            text = text.replace(codec.example(tool), example(tool))
        messages.append({**entry, "content": text})
    return messages


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("game", ["solo", "team"])
def test_under_all_noise_transcripts_grow_and_say_what_the_text_says(begin, codec, game):
    wide = {"planner_web": ("search", "fetch"), "workers": 2} if game == "team" else {}
    late, calls = 0, 0
    for seed in range(12):
        session = begin(game=game, codec=codec, noise=NOISE, seed=seed, turns=8, **wide)
        before = {}
        while not session.over:
            player = session.to_act[0]
            messages = native_messages(session, player)
            frame = next(
                frame for frame in session.state.frames if frame.player == player and not frame.end
            )
            old = before.get(frame.index, [])
            assert messages[: len(old)] == old
            assert well_formed(messages)
            assert spoken(messages) == spoken(in_native_words(session, frame))
            before[frame.index] = messages
            late += sum("Late report" in entry["content"] for entry in messages)
            calls += sum(len(entry.get("tool_calls", ())) for entry in messages)
            session.act(restless(session, player))
        copy = Session.blank(session.scenario)
        copy.restore(json.loads(json.dumps(session.snapshot())))
        for player in session.scenario.players:
            assert native_messages(copy, player) == native_messages(session, player)
    assert calls > 50
    assert late > 0 or game == "solo"
