"""Chat messages, and tools as function schemas."""

from collections.abc import Sequence
from typing import Any

from webenvs.records import Tool

ChatMessage = dict[str, str]
"""{"role": "system" | "user" | "assistant" | "tool", "content": text}"""


def message(role: str, content: str) -> ChatMessage:
    """A chat message."""
    return {"role": role, "content": content}


def function_schemas(tools: Sequence[Tool]) -> tuple[dict[str, Any], ...]:
    """The tools as OpenAI function schemas, in order."""
    return tuple(
        {
            "type": "function",
            "function": {
                "name": tool.name,
                "description": tool.description,
                "parameters": tool.parameters,
            },
        }
        for tool in tools
    )
