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
