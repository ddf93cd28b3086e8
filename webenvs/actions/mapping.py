"""Messages that a player returns as a mapping instead of text."""

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from webenvs.actions import struct
from webenvs.actions.json_text import TOO_DEEP
from webenvs.actions.reading import MAX_CHARACTERS
from webenvs.errors import PlayerError
from webenvs.records import Message
from webenvs.text import clip, printable


def read(message: object) -> Message:
    """The message of a mapping: its JSON text is read as the struct format reads it.

    Numbers and arrays of numpy count as numbers and lists. Raises PlayerError for no mapping.
    """
    if not isinstance(message, Mapping):
        raise PlayerError(
            f"a message must be text or a mapping with thought and calls, not {type(message)}"
        )
    try:
        text = written(dict(message))
    except RecursionError:
        return Message(errors=(f"the message {TOO_DEEP}",))
    except (TypeError, ValueError, OverflowError) as error:
        reason = clip(printable(str(error)), 200)
        return Message(errors=(f"the message is not JSON: {reason}",))
    return too_long(len(text)) if len(text) > MAX_CHARACTERS else struct.read(text, ())


def too_long(characters: int) -> Message:
    """The message that stands for one beyond the limit, which is not read."""
    return Message(
        errors=(
            f"the message has {characters:,} characters and was not read; "
            f"at most {MAX_CHARACTERS:,} are allowed",
        )
    )


def written(message: Mapping[Any, Any]) -> str:
    """A mapping as JSON text; raises TypeError, ValueError or RecursionError where it is none."""
    try:
        return msgspec.json.encode(message, enc_hook=_plain).decode()
    except UnicodeEncodeError:  # lone surrogates: escaped here, replaced when read
        return json.dumps(message, default=_plain)


def _plain(value: Any) -> Any:
    """A value of another library as JSON knows it."""
    if isinstance(value, Mapping):
        return dict(value)
    for kind in (str, int, float):
        if isinstance(value, kind):
            return kind(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} is no JSON value")
