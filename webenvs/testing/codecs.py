"""The check of a codec."""

from collections.abc import Mapping
from typing import Any

from webenvs.actions.arguments import check_arguments
from webenvs.actions.codec import Codec
from webenvs.envs.game import ANSWER, DELEGATE, REPORT
from webenvs.errors import PlayerError, SettingError
from webenvs.records import Call, Message, Tool
from webenvs.testing.promises import HARD_TEXTS, promise, promise_equal, quietly
from webenvs.web.tools import TOOLS

_TOOLS: tuple[Tool, ...] = (*TOOLS.values(), DELEGATE, REPORT, ANSWER)
_ARGUMENTS: Mapping[str, tuple[dict[str, Any], ...]] = {
    "search": ({"query": "rivers of the north"}, {"query": 'a "quote", a \\ and an é'}),
    "fetch": ({"url": "https://a.example/b?c=d#e"}, {"url": "https://a.example", "page": 2}),
    "click": ({"link": 0}, {"link": 41}),
    "find": ({"text": "{braces} and [brackets]"}, {"text": "two words"}),
    "back": ({},),
    "read": ({"part": 2}, {}),
    "delegate": ({"task": "Find out when it began.\nSay where you read it."},),
    "report": ({"text": "It began in 1720."}, {"text": ""}),
    "answer": ({"text": "1720"}, {"text": "中文 answer"}),
}


def check_codec(codec: Codec) -> None:
    """Check every promise of `Codec` with the suite's own tools.

    What `format` writes, `parse` reads back equal: every tool, with and without a thought, several
    calls. Hard texts are read without raising and say what is wrong where there is no call. Every
    tool is named in `instructions` and its `example` is a right call. A mapping is a message.
    """
    for message in _messages():
        text = quietly(lambda m=message: codec.format(m, _TOOLS), f"format must write {message}")  # type: ignore[misc]  # binds the message
        promise_equal(codec.parse(text, _TOOLS), message, f"parse must read back {text!r}")
    for hard in HARD_TEXTS:
        read = quietly(lambda t=hard: codec.parse(t, _TOOLS), f"parse must take {hard[:40]!r}")  # type: ignore[misc]  # binds the text
        promise(bool(read.calls or read.errors), f"{hard[:40]!r} has no call: an error must say so")
    instructions = codec.instructions(_TOOLS)
    for tool in _TOOLS:
        promise(tool.name in instructions, f"instructions must name the tool {tool.name!r}")
        _check_example(codec, tool)
    mapping = {"thought": "", "calls": [{"name": "click", "arguments": {"link": 3}}]}
    promise_equal(
        codec.parse(mapping, _TOOLS),
        Message(calls=(Call(id="1", tool="click", arguments={"link": 3}),)),
        "parse must read a mapping",
    )
    _check_refusals(codec)


def _messages() -> list[Message]:
    calls = [
        Call(id="1", tool=tool, arguments=arguments)
        for tool, forms in _ARGUMENTS.items()
        for arguments in forms
    ]
    single = [Message(thought=thought, calls=(call,)) for call in calls for thought in ("", "So.")]
    search = _ARGUMENTS["search"]
    several = tuple(
        Call(id=str(number), tool="search", arguments=arguments)
        for number, arguments in enumerate((*search, *search), start=1)
    )
    return [*single, Message(thought="Four at once.", calls=several)]


def _check_example(codec: Codec, tool: Tool) -> None:
    read = codec.parse(codec.example(tool), _TOOLS)
    promise(
        len(read.calls) == 1 and not read.errors and read.calls[0].tool == tool.name,
        f"The example of {tool.name!r} must be one right call of it: {read}",
    )
    trouble = check_arguments(tool, read.calls[0].arguments)[1]
    promise(trouble is None, f"The example of {tool.name!r} must have right arguments: {trouble}")


def _check_refusals(codec: Codec) -> None:
    try:
        codec.format(Message(errors=("no tool call found",)), _TOOLS)
    except SettingError:
        pass
    else:
        raise AssertionError("format must raise SettingError for a message with errors")
    try:
        codec.parse(3, _TOOLS)  # type: ignore[arg-type]  # on purpose
    except PlayerError:
        return
    raise AssertionError("parse must raise PlayerError for what is neither text nor a mapping")
