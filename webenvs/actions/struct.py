"""The struct format: one JSON object with a thought and a list of calls; also for mappings."""

from collections.abc import Sequence
from typing import Any

from webenvs.actions.arguments import shown
from webenvs.actions.json_text import JsonTextError, decode
from webenvs.actions.reading import Draft
from webenvs.actions.writing import json_text
from webenvs.errors import nearest
from webenvs.records import Message, Tool

RULES = (
    'Write one JSON object and nothing else: {"thought": what you think, "calls": [a list of '
    '{"name": the tool, "arguments": {its arguments}}]}. Calls are carried out in that order.'
)

_FIELDS = ("thought", "calls")


def read(text: str, tools: Sequence[Tool]) -> Message:
    """The message of JSON text; a single call object, or a list of them, is read too."""
    draft = Draft()
    rest = draft.think_tags(text) if text.lstrip().startswith("<think") else text
    try:
        value = decode(rest)
    except JsonTextError as fault:
        draft.errors.append(f"the message {fault}")
        return draft.message()
    if isinstance(value, list):
        draft.read_objects(value)
    elif not isinstance(value, dict):
        draft.errors.append(f'the message must be an object with "calls", not {shown(value)}')
    elif "name" in value or "function" in value:
        draft.read_objects([value])
    else:
        _read_fields(draft, value)
    return draft.message()


def write(message: Message, tools: Sequence[Tool]) -> str:
    """The JSON text of a message."""
    calls = [{"name": call.tool, "arguments": call.arguments} for call in message.calls]
    thought = {"thought": message.thought} if message.thought else {}
    return json_text({**thought, "calls": calls})


def _read_fields(draft: Draft, value: dict[str, Any]) -> None:
    thought, calls = value.get("thought"), value.get("calls")
    if isinstance(thought, str):
        draft.think(thought)
    elif thought is not None:
        draft.errors.append(f'"thought" must be text, not {shown(thought)}')
    if isinstance(calls, dict):
        draft.read_objects([calls])
    elif isinstance(calls, list):
        draft.read_objects(calls)
    elif calls is not None:
        draft.errors.append(f'"calls" must be a list of calls, not {shown(calls)}')
    strangers = [field for field in value if field not in _FIELDS]
    if strangers:
        hint = nearest(strangers[0][:60], _FIELDS)
        meant = f', did you mean "{hint}"?' if hint else ";"
        draft.errors.append(
            f"the message has the unknown field {shown(strangers[0])}{meant} "
            'its fields are "thought" and "calls"'
        )
