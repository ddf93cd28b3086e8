"""Chat messages and function schemas."""

from webenvs import chat
from webenvs.web import CLICK, SEARCH


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


def test_a_transcript_shows_each_message_under_its_role():
    shown = chat.transcript([chat.message("system", "Be brief."), chat.message("user", "Why?")])
    assert shown == "## system\nBe brief.\n\n## user\nWhy?"
    assert chat.transcript([]) == ""
