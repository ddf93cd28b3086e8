"""The table of codecs, what they teach, and what all of them accept besides their own text."""

from types import MappingProxyType

import numpy as np
import pytest

from webenvs.actions.codec import CODECS, codec
from webenvs.actions.reading import MAX_CALLS, MAX_CHARACTERS, NO_CALL
from webenvs.errors import PlayerError, UnknownNameError
from webenvs.records import Call, Message, Tool

FORMATS = tuple(CODECS)


def struct(*pairs, **rest):
    return {"calls": [{"name": name, "arguments": given} for name, given in pairs], **rest}


def test_the_codecs_are_found_by_name():
    assert FORMATS == ("hermes", "xml", "react", "mcp-xml", "struct")
    assert [codec(name).name for name in FORMATS] == list(FORMATS)


def test_an_unknown_codec_is_named_with_the_nearest():
    with pytest.raises(UnknownNameError, match=r"no codec 'hermse'\. Did you mean 'hermes'"):
        codec("hermse")


@pytest.mark.parametrize("name", FORMATS)
def test_instructions_teach_the_format_and_list_every_tool(name, tools):
    taught = codec(name).instructions(tools)
    assert codec(name).example(tools[0]) in taught
    assert "- fetch(url, page?): The tool named fetch." in taught
    assert "    page (integer of at least 1): which part of the page" in taught
    assert taught.count("\n- ") == len(tools)


@pytest.mark.parametrize("name", FORMATS)
def test_the_example_in_the_instructions_reads_without_errors(name, tools):
    example = codec(name).instructions(tools).split("Example:\n")[1].split("\n\nTools")[0]
    read = codec(name).parse(example, tools)
    assert (read.errors, read.calls[0].tool) == ((), "search")


def test_instructions_without_tools_say_only_the_rules():
    assert codec("hermes").instructions(()).endswith("left out):\n")


def test_a_default_is_listed():
    page = {"type": "integer", "default": 3}
    back = Tool(name="turn", description="d", parameters={"properties": {"p": page}}, primary="p")
    assert "    p (integer, default 3)" in codec("xml").instructions((back,))
    assert codec("xml").example(back) == "<turn>3</turn>"


@pytest.mark.parametrize("name", FORMATS)
def test_a_mapping_is_read_by_every_codec(name, tools):
    said = struct(("search", {"query": "x"}), ("fly", {}), thought=" why ")
    assert codec(name).parse(MappingProxyType(said), tools) == Message(
        thought="why",
        calls=(Call(id="1", tool="search", arguments={"query": "x"}), Call(id="2", tool="fly")),
    )


def test_the_arguments_of_a_mapping_are_copied(tools):
    said = struct(("search", {"query": ["x"]}))
    read = codec("hermes").parse(said, tools)
    said["calls"][0]["arguments"]["query"].append("y")
    assert read.calls[0].arguments == {"query": ["x"]}


def test_values_of_numpy_count_as_numbers_text_and_lists(tools):
    given = {
        "link": np.int64(3),
        "part": np.float32(0.5),
        "half": np.float64(0.25),
        "yes": np.bool_(True),
        "text": np.str_("a"),
        "list": np.arange(2),
        "map": MappingProxyType({"a": 1}),
    }
    assert codec("xml").parse(struct(("click", given)), tools).calls[0].arguments == {
        "link": 3,
        "part": 0.5,
        "half": 0.25,
        "yes": True,
        "text": "a",
        "list": [0, 1],
        "map": {"a": 1},
    }


def test_half_a_surrogate_pair_in_a_mapping_is_replaced(tools):
    read = codec("hermes").parse(struct(("find", {"text": "a\udc00"}), thought="\ud800"), tools)
    assert (read.thought, read.calls[0].arguments) == ("�", {"text": "a�"})


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ({}, NO_CALL),
        ({"calls": []}, NO_CALL),
        ({"calls": [{"arguments": {}}]}, "tool call 1 has no tool name"),
        ({"calls": [{"name": 3}]}, "tool call 1 has no tool name"),
        ({"calls": ["search"]}, 'tool call 1 must be an object with "name" and "arguments", not'),
        ({"calls": "search"}, '"calls" must be a list of calls, not "search"'),
        ({"thought": 3}, '"thought" must be text, not 3'),
        ({"thougt": "x"}, 'unknown field "thougt", did you mean "thought"? its fields are'),
        ({"action": "x"}, 'unknown field "action"; its fields are "thought" and "calls"'),
        (struct(("find", {"text": object()})), "the message is not JSON: object is no JSON value"),
        (struct(("find", {"text": 10**5000})), "the message is not JSON: Exceeds the limit"),
        (struct(("find", {None: 1})), "the message is not JSON: NoneType is no JSON value"),
        (struct(("find", {"text": {"\ud800": float("nan")}})), "holds NaN, which JSON has no"),
    ],
)
def test_a_wrong_mapping_is_an_error_in_words(message, error, tools):
    errors = codec("hermes").parse(message, tools).errors
    assert len(errors) == 1
    assert error in errors[0]


def test_a_mapping_within_itself_is_an_error(tools):
    message = {"calls": []}
    message["calls"].append(message)
    errors = codec("struct").parse(message, tools).errors
    assert errors == ("the message is nested deeper than 32 levels",)


@pytest.mark.parametrize("message", [None, 3, b"<search>", ["x"]])
def test_what_is_neither_text_nor_mapping_is_an_error_of_the_player(message, tools):
    with pytest.raises(PlayerError, match="must be text or a mapping"):
        codec("hermes").parse(message, tools)


@pytest.mark.parametrize("name", FORMATS)
def test_a_message_beyond_the_limit_is_not_read(name, tools):
    call = codec(name).format(Message(calls=(Call(id="1", tool="find"),)), tools)
    error = "the message has 65,537 characters and was not read; at most 65,536 are allowed"
    long = call.ljust(MAX_CHARACTERS + 1)
    assert codec(name).parse(long, tools) == Message(errors=(error,))
    assert codec(name).parse(long[:-1], tools).errors == ()


def test_a_mapping_beyond_the_limit_is_not_read(tools):
    errors = codec("xml").parse(struct(("find", {"text": "x" * 10**6})), tools).errors
    assert "at most 65,536 are allowed" in errors[0]


@pytest.mark.parametrize("name", FORMATS)
def test_calls_beyond_the_limit_are_dropped_with_an_error(name, tools):
    one = codec(name).format(Message(calls=(Call(id="1", tool="find"),)), tools)
    many = "\n".join([one] * 20) if name != "struct" else struct(*[("find", {})] * 20)
    read = codec(name).parse(many, tools)
    assert [call.id for call in read.calls] == [str(n + 1) for n in range(MAX_CALLS)]
    assert read.errors == ("at most 16 tool calls are read from one message; 4 more were dropped",)


@pytest.mark.parametrize("name", FORMATS)
def test_text_without_a_call_is_an_error_and_a_thought(name, tools):
    read = codec(name).parse("I give up.", tools)
    assert read.calls == ()
    assert len(read.errors) == 1
    assert read.thought == ("I give up." if name != "struct" else "")


@pytest.mark.parametrize("name", ["hermes", "xml", "react", "mcp-xml"])
def test_json_of_the_struct_form_is_no_call_in_other_formats(name, tools):
    text = codec("struct").format(Message(calls=(Call(id="1", tool="find"),)), tools)
    assert codec(name).parse(text, tools).errors == (NO_CALL,)
