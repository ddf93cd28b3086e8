"""The mapping form of messages, and what a player reads from its info."""

from webenvs.players.message import close, request, say, say_all, tool_names


def test_a_message_of_one_call_carries_its_arguments_and_thought():
    assert say("search", "Hm.", query="Alba") == {
        "thought": "Hm.",
        "calls": [{"name": "search", "arguments": {"query": "Alba"}}],
    }


def test_several_calls_keep_their_order():
    message = say_all((("fetch", {"url": "a"}), ("find", {"text": "b"})))
    assert [call["name"] for call in message["calls"]] == ["fetch", "find"]


def test_the_last_tool_closes_the_frame(first_info):
    info = first_info("Task: Read.", tools=("search", "report"), role="worker")
    assert tool_names(info) == ("search", "report")
    assert close(info, "Done.") == say("report", text="Done.")


def test_a_question_is_read_without_its_label(first_info):
    assert request(first_info("Question: Who is it: Ann or Bo?")) == "Who is it: Ann or Bo?"


def test_a_task_is_read_without_the_question_it_serves(first_info):
    asked = "Task: Find A.\n\nThen B.\n\nIt serves to answer this question: Who is C?"
    assert request(first_info(asked)) == "Find A.\n\nThen B."


def test_a_question_of_several_paragraphs_is_read_whole(first_info):
    assert request(first_info("Question: Here is a text.\n\nWho?")) == "Here is a text.\n\nWho?"
