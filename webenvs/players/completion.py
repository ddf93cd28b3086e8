"""What a chat endpoint answers: one JSON object, or a stream of events, read into one completion.

Tolerant of what servers add or leave out (reasoning texts, missing counts, arguments as objects),
strict in what makes an answer: a choice with a message.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from webenvs.players.usage import Usage
from webenvs.records import Record

Raw = Mapping[str, Any] | Sequence[Mapping[str, Any]]
"""An answer as it came: a JSON object, or the events of a stream in order."""
DONE = b"data: [DONE]"
"""What ends a stream of events."""


class Completion(Record, frozen=True, kw_only=True):
    """The first choice of an answer: text, calls ({"name", "arguments"} as sent), and what it took.

    `finish` is the server's finish_reason: "length" where the limit of tokens cut the message.
    """

    text: str = ""
    calls: tuple[dict[str, Any], ...] = ()
    finish: str = ""
    usage: Usage = Usage(requests=1)


def decoded(content: bytes, *, stream: bool) -> Raw:
    """An answer's bytes as JSON; a stream is its events, unless the server sent one object anyway.

    Raises ValueError for what is neither, EOFError for a stream that broke off.
    """
    if stream and not content.lstrip().startswith(b"{"):
        return _events(content)
    return _object(content)


def read(raw: Raw) -> Completion:
    """The completion in an answer; raises ValueError where it holds no choice with a message."""
    answer = raw if isinstance(raw, Mapping) else _joined(raw)
    choices = answer.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(message, dict) or choice is None:
        raise ValueError("no choice with a message")
    calls = message.get("tool_calls")
    finish = choice.get("finish_reason")
    return Completion(
        text=_text(message.get("content")),
        calls=tuple(_call(call) for call in calls) if isinstance(calls, list) else (),
        finish=finish if isinstance(finish, str) else "",
        usage=_usage(answer.get("usage"), cut=finish == "length"),
    )


def _object(content: bytes) -> dict[str, Any]:
    """A JSON object; raises ValueError. Halves of surrogate pairs, which models write, are "?"."""
    try:
        try:
            return msgspec.json.decode(content, type=dict[str, Any])
        except msgspec.DecodeError:
            lenient = json.dumps(json.loads(content), ensure_ascii=False)
            return msgspec.json.decode(lenient.encode(errors="replace"), type=dict[str, Any])
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise ValueError(f"no JSON object: {error}") from error


def _events(content: bytes) -> list[dict[str, Any]]:
    """The events of a stream that came to its end."""
    events: list[dict[str, Any]] = []
    ended = False
    for line in content.splitlines():
        if not line.startswith(b"data:") or ended:
            continue
        data = line.removeprefix(b"data:").strip()
        ended = data == b"[DONE]"
        if data and not ended:
            events.append(_object(data))
    if not (ended or any(_finished(event) for event in events)):
        if not events:
            raise ValueError("no events")
        raise EOFError
    return events


def _finished(event: Mapping[str, Any]) -> bool:
    choices = event.get("choices")
    return isinstance(choices, list) and any(
        isinstance(choice, dict) and choice.get("finish_reason") for choice in choices
    )


def _joined(events: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The answer that the events of a stream make up."""
    texts: list[str] = []
    calls: dict[int, dict[str, Any]] = {}
    finish: Any = None
    usage: Any = None
    found = False
    for event in events:
        usage = event.get("usage") or usage
        choices = event.get("choices")
        first = choices[0] if isinstance(choices, list) and choices else None
        if not isinstance(first, dict) or first.get("index", 0) != 0:
            continue
        finish = first.get("finish_reason") or finish
        delta = first.get("delta")
        if not isinstance(delta, dict):
            continue
        found = True
        texts.append(_text(delta.get("content")))
        for place, part in enumerate(_listed(delta.get("tool_calls"))):
            _add(calls, part, place)
    if not found:
        return {}
    message = {"content": "".join(texts), "tool_calls": [calls[place] for place in sorted(calls)]}
    return {"choices": [{"message": message, "finish_reason": finish}], "usage": usage}


def _add(calls: dict[int, dict[str, Any]], part: Any, place: int) -> None:
    """Add a part of a call to those so far; parts of one call have the same index."""
    if not isinstance(part, dict):
        return
    index = part.get("index")
    call = calls.setdefault(
        index if isinstance(index, int) else place, {"function": {"name": "", "arguments": ""}}
    )
    function = part.get("function")
    if not isinstance(function, dict):
        return
    for field in ("name", "arguments"):
        value = function.get(field)
        if isinstance(value, str) and isinstance(call["function"][field], str):
            call["function"][field] += value
        elif value is not None:
            call["function"][field] = value


def _call(call: Any) -> dict[str, Any]:
    """A call as a message's mapping has it, whatever it is: the environment answers wrong ones."""
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(function, dict):
        return {"name": "", "arguments": call}
    return {"name": function.get("name"), "arguments": function.get("arguments")}


def _text(content: Any) -> str:
    """The text of a message's content, which may come in parts."""
    if isinstance(content, str):
        return content
    parts = [part.get("text") for part in _listed(content) if isinstance(part, dict)]
    return "".join([part for part in parts if isinstance(part, str)])


def _usage(told: Any, *, cut: bool) -> Usage:
    """The tokens that an answer says it took; `unknown` where it says nothing."""
    known = isinstance(told, dict) and _count(told.get("prompt_tokens")) is not None
    if not known:
        return Usage(requests=1, unknown=1, cut=int(cut))
    details = told.get("prompt_tokens_details")
    cached = details.get("cached_tokens") if isinstance(details, dict) else 0
    return Usage(
        requests=1,
        prompt=_count(told.get("prompt_tokens")) or 0,
        completion=_count(told.get("completion_tokens")) or 0,
        cached=_count(cached) or 0,
        cut=int(cut),
    )


def _count(value: Any) -> int | None:
    whole = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return value if whole else None


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
