"""How each codec reads text as models write it: what is forgiven, and what is said of the rest."""

import sys

import pytest

from webenvs.actions.codec import codec
from webenvs.actions.reading import NO_CALL

TOOLS = "The tools are: search, fetch, click, find, delegate, report, answer"


def tag(text):
    return f"<tool_call>{text}</tool_call>"


def block(name="search", arguments='{"query": "x"}'):
    return (
        "<use_mcp_tool>\n<server_name>any</server_name>\n"
        f"<tool_name>{name}</tool_name>\n<arguments>\n{arguments}\n</arguments>\n</use_mcp_tool>"
    )


SEARCH = '{"name": "search", "arguments": {"query": "x"}}'
READ = [("search", {"query": "x"})]

FORGIVEN = [
    ("hermes", tag(SEARCH), READ),
    ("hermes", tag(f"\n{SEARCH}\n"), READ),
    ("hermes", f"<tool_call>{SEARCH}", READ),
    ("hermes", f"<tool_call>{SEARCH}<tool_call>{SEARCH}", READ * 2),
    ("hermes", tag(f"[{SEARCH}, {SEARCH}]"), READ * 2),
    ("hermes", tag(f"```json\n{SEARCH}\n```"), READ),
    ("hermes", tag(f"```\n{SEARCH}```"), READ),
    ("hermes", tag(SEARCH.replace("arguments", "parameters")), READ),
    ("hermes", tag('{"name": " search ", "arguments": "{\\"query\\": \\"x\\"}"}'), READ),
    ("hermes", tag("{'name': 'search', 'arguments': {'query': 'x',},}"), READ),
    (
        "hermes",
        tag("{'name': 'find', 'arguments': {'a': 'it\\'s \"b\"', 'c': [True, None]}}"),
        [("find", {"a": 'it\'s "b"', "c": [True, None]})],
    ),
    (
        "hermes",
        tag('{"name": "find", "arguments": {"text": "True, None,}"},}'),
        [("find", {"text": "True, None,}"})],
    ),
    (
        "hermes",
        tag('{"name": "find", "arguments": {"text": "a\nb\tc"}}'),
        [("find", {"text": "a\nb\tc"})],
    ),
    (
        "hermes",
        tag('{"name": "find", "arguments": {"text": "\\ud83d\\ude00 \\ud83d!"}}'),
        [("find", {"text": "😀 �!"})],
    ),
    (
        "hermes",
        tag('{"name": "find", "arguments": {"text": "a", "text": "b"}}'),
        [("find", {"text": "b"})],
    ),
    (
        "hermes",
        tag('{"name": "find", "arguments": {"text": 123456789012345678901234567890}}'),
        [("find", {"text": 123456789012345678901234567890})],
    ),
    (
        "hermes",
        tag('{"name": "find", "arguments": {"text": 12345678901234567890123,}}'),
        [("find", {"text": 12345678901234567890123})],
    ),
    ("hermes", tag('{"name": "find", "arguments": {"text": 0.5,}}'), [("find", {"text": 0.5})]),
    ("hermes", tag('{"name": "find"}'), [("find", {})]),
    ("hermes", tag('{"name": "find", "arguments": null}'), [("find", {})]),
    ("hermes", tag('{"name": "find", "arguments": " "}'), [("find", {})]),
    ("hermes", tag('{"id": "7", "type": "function", "function": ' + SEARCH + "}"), READ),
    ("hermes", "<think>never closed " + tag(SEARCH), READ),
    ("hermes", tag('{"name": "fly", "arguments": {}}'), [("fly", {})]),
    ("xml", "<search>\nx\n</search>", READ),
    ("xml", "<search>x", READ),
    ("xml", "<search>x\n<answer>y", [*READ, ("answer", {"text": "y"})]),
    ("xml", '<search>{"query": "x"}</search>', READ),
    ("xml", '<search>```json\n{"query": "x"}\n```</search>', READ),
    ("xml", "<search>{x}</search>", [("search", {"query": "{x}"})]),
    ("xml", "<search>[1]</search>", [("search", {"query": "[1]"})]),
    ("xml", "<search></search>", [("search", {})]),
    ("xml", "<click>3</click>", [("click", {"link": 3})]),
    ("xml", "<click>the third</click>", [("click", {"link": "the third"})]),
    ("xml", '<click>"3"</click>', [("click", {"link": '"3"'})]),
    ("xml", f"<click>{'[' * 2000}</click>", [("click", {"link": "[" * 2000})]),
    ("xml", "a<br>b <search>x</search> </p>", READ),
    ("xml", "<answer>use <b>bold</b></answer>", [("answer", {"text": "use <b>bold</b>"})]),
    ("react", 'Thought: t\nAction: search\nAction Input: {"query": "x"}', READ),
    ("react", "Action: search\nAction Input: x", READ),
    ("react", "action : `search`\naction input : x", READ),
    ("react", "**Thought:** t\n**Action:** search\n**Action Input:** x", READ),
    ("react", "Action: search[x]", READ),
    ("react", "Action: search\nwhy not\nAction Input: x", READ),
    ("react", 'Action: search\nAction Input: {"query": "x"}\n\nI wait.', READ),
    ("react", 'Action: search\nAction Input: ```json\n{"query": "x"}\n```', READ),
    ("react", 'Action: search\nAction Input: {\n"query":\n"x"\n}', READ),
    ("react", "Action: find", [("find", {})]),
    ("react", "Action: find[x", []),
    (
        "react",
        "Action: click[3]\nThought: then\nAction: search\nAction Input: x",
        [("click", {"link": 3}), *READ],
    ),
    ("react", "Final Answer: it is\n42", [("answer", {"text": "it is\n42"})]),
    ("mcp-xml", block(), READ),
    ("mcp-xml", block().removesuffix("\n</arguments>\n</use_mcp_tool>"), READ),
    ("mcp-xml", block(arguments=""), [("search", {})]),
    ("mcp-xml", "<use_mcp_tool><tool_name>find</use_mcp_tool>", [("find", {})]),
    ("mcp-xml", "<use_mcp_tool><tool_name>find\n<arguments>{}</arguments>", [("find", {})]),
    ("mcp-xml", block() + block("fly", "{'a': 1}"), [*READ, ("fly", {"a": 1})]),
    ("struct", '{"thought": "t", "calls": [' + SEARCH + "]}", READ),
    ("struct", '{"calls": ' + SEARCH + "}", READ),
    ("struct", f"```json\n{SEARCH}\n```", READ),
    ("struct", f"[{SEARCH}, {SEARCH}]", READ * 2),
    ("struct", f" <think>t</think>\n{SEARCH}", READ),
    ("struct", '{"function": ' + SEARCH + "}", READ),
]


@pytest.mark.parametrize(("name", "text", "calls"), FORGIVEN)
def test_what_is_meant_is_read(name, text, calls, tools):
    read = codec(name).parse(text, tools)
    assert [(call.tool, call.arguments) for call in read.calls] == calls
    assert (read.errors == ()) == bool(calls)


FAULTS = [
    ("hermes", "", NO_CALL),
    ("hermes", "I will search.", NO_CALL),
    ("hermes", tag(""), "tool call 1 is empty"),
    (
        "hermes",
        tag(SEARCH[:-1]),
        "tool call 1 is not valid JSON: a closing quote, bracket or brace is missing",
    ),
    (
        "hermes",
        tag(SEARCH[:-4]),
        "tool call 1 is not valid JSON: a closing quote, bracket or brace is missing",
    ),
    (
        "hermes",
        tag('{"name": "find" "arguments": {}}'),
        "tool call 1 is not valid JSON: expecting ',' delimiter at `\"arguments\": {}}`",
    ),
    ("hermes", tag(SEARCH + "}"), "tool call 1 is not valid JSON: extra data at `}`"),
    (
        "hermes",
        tag("search for x"),
        "tool call 1 is not valid JSON: expecting value at `search for x`",
    ),
    ("hermes", tag("[3]"), 'tool call 1 must be an object with "name" and "arguments", not 3'),
    ("hermes", tag("'x'"), 'tool call 1 must be an object with "name" and "arguments", not "x"'),
    ("hermes", tag('{"arguments": {}}'), "tool call 1 has no tool name"),
    ("hermes", tag('{"name": {}, "arguments": {}}'), "tool call 1 has no tool name"),
    (
        "hermes",
        tag('{"name": "find", "text": "x"}'),
        'tool call 1 has the field "text": put arguments inside "arguments"',
    ),
    (
        "hermes",
        tag('{"name": "find", "arguments": "x"}'),
        'tool call 1 (find): "arguments" is not valid JSON: expecting value at `x`',
    ),
    (
        "hermes",
        tag('{"name": "find", "arguments": ["x"]}'),
        'tool call 1 (find): "arguments" must be an object, not a list',
    ),
    (
        "hermes",
        tag('{"name": "find", "arguments": {"a": NaN}}'),
        "tool call 1 holds NaN, which JSON has no number for",
    ),
    (
        "hermes",
        tag('{"name": "find", "arguments": {"a": -1e999}}'),
        "tool call 1 holds -1e999, which JSON has no number for",
    ),
    (
        "hermes",
        tag('{"name": "find", "arguments": {"a": ' + "9" * 5000 + "}}"),
        "tool call 1 holds a number of too many digits",
    ),
    (
        "hermes",
        tag('{"name": "find", "arguments": {"a": ' + "[" * 32 + "]" * 32 + "}}"),
        'tool call 1 (find): "arguments" is nested deeper than 32 levels',
    ),
    ("hermes", tag("[" * 60 + "]" * 60), "tool call 1 is nested deeper than 32 levels"),
    ("hermes", tag("[" * 30_000), "tool call 1 is nested deeper than 32 levels"),
    ("hermes", tag('{"a":' * 10_000 + "'"), "tool call 1 is nested deeper than 32 levels"),
    ("hermes", tag("```" + "[" * 30_000 + "```"), "tool call 1 is nested deeper than 32 levels"),
    (
        "xml",
        "<serch>x</serch>",
        'tool call 1 calls "serch", but there is no such tool; did you mean "search"? ' + TOOLS,
    ),
    (
        "xml",
        "<information>x</information>",
        'tool call 1 calls "information", but there is no such tool. ' + TOOLS,
    ),
    (
        "xml",
        "<serch>x",
        'tool call 1 calls "serch", but there is no such tool; did you mean "search"? ' + TOOLS,
    ),
    ("xml", "</search>", NO_CALL),
    ("xml", "<think><search>x</search></think>", NO_CALL),
    ("xml", "1 < 2 <", NO_CALL),
    (
        "xml",
        '<search>{"query": "x</search>',
        "tool call 1 (search) is not valid JSON: a closing quote, bracket or brace is missing",
    ),
    (
        "react",
        "Action Input: x",
        'tool call 1 has an "Action Input:" without an "Action:" line before it',
    ),
    ("react", "Action:\nAction Input: x", 'tool call 1 has no tool name after "Action:"'),
    (
        "react",
        "Action: serch[x]",
        'tool call 1 calls "serch", but there is no such tool; did you mean "search"? ' + TOOLS,
    ),
    (
        "react",
        'Action: search\nAction Input: {"query": x}',
        "tool call 1 (search) is not valid JSON: expecting value at `x}`",
    ),
    ("react", "The Action: search", NO_CALL),
    ("mcp-xml", block().replace("tool_name", "tool"), "tool call 1 has no <tool_name>"),
    ("mcp-xml", block(""), "tool call 1 has no tool name"),
    (
        "mcp-xml",
        block(arguments='["query": "x"]'),
        'tool call 1 (search): "arguments" is not valid JSON: '
        "expecting ',' delimiter at `: \"x\"]`",
    ),
    ("struct", "", "the message is empty"),
    ("struct", "search x", "the message is not valid JSON: expecting value at `search x`"),
    ("struct", "3", 'the message must be an object with "calls", not 3'),
    ("struct", "[]", NO_CALL),
]


@pytest.mark.parametrize(("name", "text", "error"), FAULTS)
def test_a_wrong_call_is_an_error_that_says_why(name, text, error, tools):
    read = codec(name).parse(text, tools)
    assert read.calls == ()
    assert read.errors == (error,)


def test_a_process_that_reads_only_shorter_numbers_gets_the_same_words(tools):
    text = tag('{"name": "find", "arguments": {"text": ' + "9" * 1000 + ",}}")
    usual = sys.get_int_max_str_digits()
    try:
        sys.set_int_max_str_digits(640)
        errors = codec("hermes").parse(text, tools).errors
    finally:
        sys.set_int_max_str_digits(usual)
    assert errors == ("tool call 1 holds a number of too many digits",)


def test_calls_beside_a_wrong_one_are_read(tools):
    read = codec("hermes").parse(tag("?") + tag(SEARCH) + tag('{"name": 1}'), tools)
    assert [(call.id, call.tool) for call in read.calls] == [("1", "search")]
    assert [error[:12] for error in read.errors] == ["tool call 1 ", "tool call 3 "]


def test_an_unknown_field_beside_arguments_is_an_error_but_the_call_is_read(tools):
    read = codec("hermes").parse(tag('{"name": "find", "arguments": {}, "why": 1}'), tools)
    assert len(read.calls) == 1
    assert read.errors == ('tool call 1 has the unknown field "why"',)


def test_an_observation_that_the_player_wrote_itself_ends_the_reading(tools):
    made_up = "Action: search\nAction Input: x\nObservation: found\nFinal Answer: y"
    read = codec("react").parse(made_up, tools)
    assert [call.tool for call in read.calls] == ["search"]
    assert read.errors == (
        'nothing is read from "Observation:" on: observations come from the tools',
    )


def test_a_final_answer_of_a_role_without_that_tool_is_an_error(tools):
    errors = codec("react").parse("Final Answer: 42", tools[:2]).errors
    said = (
        'tool call 1 is a "Final Answer:", but this role has no tool "answer"; '
        "the tools are: search, fetch"
    )
    assert errors == (said,)


def test_an_unknown_tool_of_a_role_without_tools_is_an_error():
    errors = codec("xml").parse("<search>x</search>", ()).errors
    assert errors == ('tool call 1 calls "search", but there is no such tool. The tools are: none',)


@pytest.mark.parametrize(
    ("name", "text", "thought"),
    [
        ("hermes", f"<think>\na\n</think>\n{tag(SEARCH)}", "a"),
        ("hermes", f"a</think>{tag(SEARCH)}", "a"),
        ("hermes", f"a{tag(SEARCH)}b", "a\nb"),
        ("hermes", f"<think>a</think>b<think>c</think>{tag(SEARCH)}", "a\nc\nb"),
        ("hermes", f"<think>a {tag('{}')}</think>{tag(SEARCH)}", f"a {tag('{}')}"),
        ("hermes", f"<thinking>a</thinking>{tag(SEARCH)}", "a"),
        ("hermes", f"<think>a</think>b</think>{tag(SEARCH)}", "a\nb"),
        ("hermes", f"<think>a {tag(SEARCH)}", "a"),
        ("hermes", f"I think {tag(SEARCH)}", "I think"),
        ("hermes", f"\ud800{tag(SEARCH)}", "�"),
        ("hermes", f"é{tag(SEARCH)}", "é"),
        ("xml", "<think>a</think> b <i> c <search>x</search> d", "a\nb <i> c\nd"),
        ("react", "a\nThought: b\nAction: search\nc\nAction Input: x\nThought: d", "a\nb\nc\nd"),
        ("mcp-xml", f"<think>a</think>b{block()}c", "a\nb\nc"),
        ("struct", '{"thought": " a ", "calls": [' + SEARCH + "]}", "a"),
        ("struct", f"<think>a</think>{SEARCH}", "a"),
    ],
)
def test_the_thought_is_kept_apart(name, text, thought, tools):
    read = codec(name).parse(text, tools)
    assert read.thought == thought
    assert [call.arguments for call in read.calls] == [{"query": "x"}]
