"""What a codec writes, it reads back the same; what it cannot carry, it refuses to write."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webenvs.actions.codec import CODECS, codec
from webenvs.actions.reading import MAX_CALLS, MAX_CHARACTERS
from webenvs.errors import SettingError
from webenvs.records import Call, Message

NAMES = ("search", "fetch", "click", "find", "delegate", "report", "answer")
PRIMARY = ("query", "url", "link", "text", "task", "text", "text")
FORMATS = tuple(CODECS)
QUICK = settings(max_examples=200, deadline=None, derandomize=True, database=None)

marks = st.sampled_from(
    ("<", "</search>", "<tool_call>", "</think>", "\nAction: find", "{", '{"', "```", "\n", " ")
)
words = st.lists(st.one_of(st.text(max_size=8), marks), max_size=4).map("".join)
numbers = st.one_of(
    st.integers(), st.integers(10**300, 10**301), st.floats(allow_nan=False, allow_infinity=False)
)
scalars = st.one_of(st.none(), st.booleans(), numbers, words)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(words, inner, max_size=3)),
    max_leaves=6,
)
free_arguments = st.dictionaries(words, values, max_size=3)
places = st.integers(0, len(NAMES) - 1)
calls = st.one_of(
    st.tuples(places.map(NAMES.__getitem__), free_arguments),
    st.tuples(places, scalars).map(lambda pair: (NAMES[pair[0]], {PRIMARY[pair[0]]: pair[1]})),
)
plain_thoughts = st.text("abc Zé.,\n0", max_size=30).map(str.strip)


def message(thought, pairs):
    numbered = enumerate(pairs, 1)
    made = (Call(id=str(n), tool=name, arguments=given) for n, (name, given) in numbered)
    return Message(thought=thought, calls=tuple(made))


def same(one, other):
    """Equal in value and in type: 1, 1.0 and true are three things in JSON."""
    return one == other and msgspec.json.encode(one) == msgspec.json.encode(other)


@pytest.mark.parametrize("name", FORMATS)
def test_calls_with_any_json_arguments_read_back_the_same(name, tools):
    @QUICK
    @given(plain_thoughts, st.lists(calls, min_size=1, max_size=4))
    def check(thought, pairs):
        written = message(thought, pairs)
        assert same(codec(name).parse(codec(name).format(written, tools), tools), written)

    check()


@pytest.mark.parametrize("name", FORMATS)
def test_any_thought_reads_back_the_same_or_is_refused(name, tools):
    @QUICK
    @given(st.one_of(words, st.text(st.characters(), max_size=20)))
    def check(thought):
        written = message(thought, [("search", {"query": "x"})])
        try:
            text = codec(name).format(written, tools)
        except SettingError:
            return
        assert same(codec(name).parse(text, tools), written)

    check()


@pytest.mark.parametrize("name", ["hermes", "struct"])
def test_json_formats_carry_any_tool_name(name, tools):
    @QUICK
    @given(words.filter(str.strip).map(str.strip))
    def check(tool):
        written = message("", [(tool, {})])
        assert codec(name).parse(codec(name).format(written, tools), tools) == written

    check()


@pytest.mark.parametrize("name", FORMATS)
def test_a_mapping_says_the_same_as_the_text(name, tools):
    @QUICK
    @given(plain_thoughts, st.lists(calls, min_size=1, max_size=3))
    def check(thought, pairs):
        written = message(thought, pairs)
        listed = [{"name": tool, "arguments": given} for tool, given in pairs]
        assert same(codec(name).parse({"thought": thought, "calls": listed}, tools), written)

    check()


@pytest.mark.parametrize("name", FORMATS)
def test_the_example_of_every_tool_is_a_valid_call(name, tools):
    for tool in tools:
        read = codec(name).parse(codec(name).example(tool), tools)
        assert [call.tool for call in read.calls] == [tool.name]
        assert read.errors == ()


def test_xml_writes_the_primary_argument_plainly_where_that_reads_back(tools):
    pairs = [("search", {"query": "a b"}), ("click", {"link": 3}), ("click", {"link": "3"})]
    assert codec("xml").format(message("why", pairs), tools) == (
        '<think>why</think>\n<search>a b</search>\n<click>3</click>\n<click>{"link":"3"}</click>'
    )


@pytest.mark.parametrize("query", ["", " x", "a<b", '{"', '{"a": 1}', "```\n{}\n```"])
def test_xml_writes_json_where_plain_text_would_read_differently(query, tools):
    written = message("", [("search", {"query": query})])
    text = codec("xml").format(written, tools)
    assert text.startswith('<search>{"query":')
    assert codec("xml").parse(text, tools) == written


def test_hermes_never_writes_a_tag_inside_json(tools):
    text = codec("hermes").format(message("", [("answer", {"text": "</tool_call><b>"})]), tools)
    assert text == (
        '<tool_call>{"name":"answer","arguments":{"text":"\\u003c/tool_call>\\u003cb>"}}</tool_call>'
    )


def test_react_writes_labelled_lines(tools):
    text = codec("react").format(message("two\nlines", [("find", {"text": "a\nb"})]), tools)
    assert text == 'Thought: two\nlines\nAction: find\nAction Input: {"text":"a\\nb"}'


def test_mcp_xml_writes_the_block_of_matpo(tools):
    text = codec("mcp-xml").format(message("", [("find", {"text": "x"})]), tools)
    assert text == (
        "<use_mcp_tool>\n<server_name>webenvs</server_name>\n<tool_name>find</tool_name>\n"
        '<arguments>\n{"text":"x"}\n</arguments>\n</use_mcp_tool>'
    )


def test_struct_writes_one_object(tools):
    text = codec("struct").format(message("t", [("find", {"text": "x"})]), tools)
    assert text == '{"thought":"t","calls":[{"name":"find","arguments":{"text":"x"}}]}'


def nested(levels):
    value = {}
    for _ in range(levels - 1):
        value = {"a": value}
    return value


ONE = Call(id="1", tool="search", arguments={"query": "x"})
UNWRITABLE = {
    "errors": (Message(calls=(ONE,), errors=("bad",)), "with errors"),
    "no calls": (Message(thought="x"), "1 to 16 calls, not 0"),
    "too many calls": (message("", [("search", {})] * (MAX_CALLS + 1)), "not 17"),
    "wrong ids": (Message(calls=(Call(id="7", tool="search"),)), "ids of calls"),
    "blanks around the thought": (Message(thought="x ", calls=(ONE,)), "blanks"),
    "half a surrogate in the thought": (Message(thought="\ud800", calls=(ONE,)), "thought"),
    "half a surrogate in an argument": (message("", [("find", {"text": "\ud800"})]), "not JSON"),
    "not a number": (message("", [("find", {"text": float("nan")})]), "cannot carry the call"),
    "a tuple": (message("", [("find", {"text": (1,)})]), "cannot carry the call"),
    "an object": (message("", [("find", {"text": object()})]), "not JSON"),
    "keys that are numbers": (message("", [("find", {1: 2})]), "cannot carry the call"),
    "deep nesting": (message("", [("find", nested(33))]), "at most 32 levels"),
    "an endless number": (message("", [("find", {"text": 10**5000})]), "not JSON"),
    "too long": (message("", [("find", {"text": "x" * MAX_CHARACTERS})]), "at most 65,536"),
    "a nameless tool": (message("", [(" ", {})]), "cannot carry the call"),
}


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("case", UNWRITABLE)
def test_what_cannot_be_carried_is_refused_with_the_reason(name, case, tools):
    written, reason = UNWRITABLE[case]
    with pytest.raises(SettingError, match=reason):
        codec(name).format(written, tools)


@pytest.mark.parametrize("name", FORMATS)
def test_the_deepest_arguments_allowed_are_written(name, tools):
    written = message("", [("find", nested(32))])
    assert codec(name).parse(codec(name).format(written, tools), tools) == written


@pytest.mark.parametrize(
    ("name", "thought"),
    [
        ("hermes", "a </think> b"),
        ("hermes", "a <think> b</think>"),
        ("xml", "x</thinking>"),
        ("mcp-xml", "</think>"),
        ("react", "first\nAction: find"),
        ("react", "first\nThought: again"),
    ],
)
def test_a_thought_with_the_marks_of_the_format_is_refused(name, thought, tools):
    with pytest.raises(SettingError, match=f"the {name} format cannot carry the thought"):
        codec(name).format(Message(thought=thought, calls=(ONE,)), tools)


@pytest.mark.parametrize("name", ["xml", "react"])
def test_formats_that_must_know_the_tool_refuse_an_unknown_one(name, tools):
    with pytest.raises(SettingError, match="cannot carry the call of 'fly'"):
        codec(name).format(message("", [("fly", {})]), tools)
