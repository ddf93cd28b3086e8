"""Chat messages, and tools as function schemas."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from webenvs.records import Tool

ChatMessage = dict[str, str]
"""{"role": "system" | "user" | "assistant" | "tool", "content": text}"""


class Native(Protocol):
    """What holds native chat: a `Session`."""

    def native(self, player: str) -> list[dict[str, Any]]:
        """See `native_messages`."""
        ...


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


def native_messages(session: Native, player: str) -> list[dict[str, Any]]:
    """The transcript of `player` in its frame as OpenAI's chat messages, with native tool calls.

    An assistant message has the thought as its content and the calls that could be read as its
    `tool_calls`, arguments as JSON text; what of it could not be read stands in its content. Each
    call is answered by one `tool` message with its `tool_call_id`, in the order of the calls; late
    reports, complaints about a message and the closing notice are the user's. Ids are nine digits
    that count messages (six) and calls (three) of the frame, which strict templates ask for too.
    The system message speaks of function calls and not of the codec; all else says what the
    transcript in the codec says. Each transcript of a frame is a prefix of the next; calls have no
    answers while their player waits, and none in the last message of a frame. [] for a player that
    has had nothing to do. Callers may keep and change what is returned.
    """
    return session.native(player)
