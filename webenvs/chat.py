"""Chat messages, and tools as function schemas."""

from collections.abc import Mapping, Sequence
from typing import Any

from webenvs.records import Tool

ChatMessage = dict[str, str]
"""{"role": "system" | "user" | "assistant" | "tool", "content": text}"""


def message(role: str, content: str) -> ChatMessage:
    """A chat message."""
    return {"role": role, "content": content}


def unanswered(messages: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What was said since the assistant last spoke: what a chat that goes on is told next.

    Without the system's message, so that the transcript of a further frame goes on in one chat.
    """
    spoke = (place for place, entry in enumerate(messages, 1) if entry["role"] == "assistant")
    last = max(spoke, default=0)
    return [dict(entry) for entry in messages[last:] if entry["role"] != "system"]


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
