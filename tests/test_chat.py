"""Chat messages and function schemas."""

from webenvs import chat
from webenvs.web.tools import CLICK, SEARCH


def test_a_message_has_role_and_content():
    assert chat.message("user", "hi") == {"role": "user", "content": "hi"}


def test_tools_become_function_schemas_in_order():
    schemas = chat.function_schemas((CLICK, SEARCH))
    assert [schema["function"]["name"] for schema in schemas] == ["click", "search"]
    assert schemas[1] == {
        "type": "function",
        "function": {
            "name": "search",
            "description": SEARCH.description,
            "parameters": {
                "type": "object",
                "properties": {"query": {"type": "string", "description": "What to search for."}},
                "required": ["query"],
            },
        },
    }


def test_what_is_unanswered_stands_behind_the_assistants_last_message():
    said = [chat.message(role, role) for role in ("system", "user", "assistant", "tool", "user")]
    assert chat.unanswered(said) == said[3:]


def test_a_chat_that_has_just_begun_is_unanswered_but_for_its_system_message():
    said = [chat.message("system", "rules"), chat.message("user", "question")]
    assert chat.unanswered(said) == said[1:]


def test_a_chat_that_the_assistant_ended_has_nothing_unanswered():
    assert (
        chat.unanswered([chat.message("user", "question"), chat.message("assistant", "answer")])
        == []
    )
