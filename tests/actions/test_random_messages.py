"""No text whatever raises out of a codec or a game: 110,000 random messages, bombs, and timing."""

import itertools
import random
import time

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webenvs import catalog
from webenvs.actions.arguments import check_arguments
from webenvs.actions.codec import CODECS, codec
from webenvs.actions.reading import MAX_CALLS, MAX_CHARACTERS
from webenvs.envs.session import Session
from webenvs.records import Call, Message

FORMATS = tuple(CODECS)
MESSAGES = 22_000
SECONDS = 1.0
"""CPU time that one message may take: a thousand times what the slowest here needs."""

SOUP = (
    *("<think>", "</think>", "<thinking>", "</thinking>", "<tool_call>", "</tool_call>"),
    *("<use_mcp_tool>", "</use_mcp_tool>", "<server_name>", "<tool_name>", "</tool_name>"),
    *("<arguments>", "</arguments>", "<search>", "</search>", "<answer>", "</answer>", "<click>"),
    *("\nThought:", "\nAction:", "\nAction Input:", "\nFinal Answer:", "\nObservation:", "**"),
    *(
        '{"name":',
        '"search"',
        '"arguments":',
        '{"query":',
        '"calls":[',
        '"thought":',
        '"function":',
    ),
    *(
        "{",
        "}",
        "[",
        "]",
        '"',
        "'",
        "\\",
        "\\u",
        "\\ud800",
        "\\ud83d\\ude00",
        ",",
        ":",
        "```json\n",
    ),
    *("NaN", "-Infinity", "1e999", "9" * 40, "-0", "0.1", "true", "None", "null", "search[x]"),
    *(
        "\ud800",
        "\udfff",
        "\x00",
        "\x7f",
        "\u2028",
        "\ufeff",
        "é",
        "😀",
        "\r\n",
        "\n",
        " ",
        "<",
        ">",
    ),
)
VALUES = (
    None,
    True,
    3,
    -1.5,
    10**30,
    "x y",
    "a\nb",
    "<b>",
    '{"q"',
    ["x", [1]],
    {"a": {"b": None}},
    "",
)
NAMES = ("search", "fetch", "click", "find", "delegate", "report", "answer")
KEYS = ("query", "url", "link", "text", "task", "page")


def valid(chance, name, tools):
    """A message as some codec writes it, two times out of three as `name` does."""
    calls = tuple(
        Call(
            id=str(n + 1),
            tool=chance.choice(NAMES),
            arguments={
                chance.choice(KEYS): chance.choice(VALUES) for _ in range(chance.randrange(3))
            },
        )
        for n in range(chance.choice((1, 1, 1, 2, 3, MAX_CALLS)))
    )
    thought = chance.choice(("", "I should look it up.", "two\nlines"))
    return codec(chance.choice((name, name, chance.choice(FORMATS)))).format(
        Message(thought=thought, calls=calls), tools
    )


def mutated(chance, text, others):
    """`text` after some cuts, repeats, splices and insertions."""
    for _ in range(chance.choice((0, 1, 1, 2, 3, 6))):
        start, end = sorted((chance.randrange(len(text) + 1), chance.randrange(len(text) + 1)))
        other = chance.choice(others)
        cut = chance.randrange(len(other) + 1)
        piece = chance.choice((*SOUP, other[cut:], chr(chance.randrange(0x110000))))
        kept = chance.choice((text[start:], text[start + 1 :], text[end:], ""))
        text = (text[: chance.choice((start, end))] + piece * chance.choice((0, 1, 1, 2)) + kept)[
            :4000
        ]
    return text


def soup(chance):
    """Pieces of every format in any order."""
    return "".join(chance.choices(SOUP, k=chance.randrange(1, 40)))


def binary(chance):
    """Bytes that are no text."""
    return chance.randbytes(chance.randrange(200)).decode("utf-8", "surrogateescape")


def inspect(read, tools):
    """What holds of every message that was read, whatever was written."""
    assert type(read) is Message
    assert read.calls or read.errors
    assert len(read.calls) <= MAX_CALLS
    assert len(read.errors) <= 2 * MAX_CALLS + 2
    assert all(type(error) is str and 0 < len(error) < 500 for error in read.errors)
    assert read.thought == read.thought.strip()
    for place, call in enumerate(read.calls):
        assert call.id == str(place + 1)
        assert type(call.tool) is str and call.tool.strip()
        assert type(call.arguments) is dict
        for tool in tools:
            if tool.name == call.tool:
                check_arguments(tool, call.arguments)
    assert msgspec.json.decode(msgspec.json.encode(read), type=Message) == read


def played(name, game):
    """A game that plays every message sent to it, in episode after episode."""

    def play():
        scenario = catalog.scenario("MultiHop-v0", game=game, codec=name, turns=6, noise="mild")
        turn = None
        for seed in itertools.count():
            session = Session(scenario, scenario.tasks.draw(seed, "train"), seed)
            while not session.over:
                turn = session.act((yield turn))

    plays = play()
    next(plays)
    return plays


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS)
def test_no_random_message_raises_or_hangs(name, tools):
    chance = random.Random(f"random messages for {name}")
    others = [valid(chance, name, tools) for _ in range(300)]
    parse = codec(name).parse
    games = [played(name, game) for game in ("solo", "team")]
    with_calls = slowest = 0
    for number in range(MESSAGES):
        kind = chance.random()
        if kind < 0.8:
            text = mutated(chance, chance.choice(others), others)
        else:
            text = soup(chance) if kind < 0.95 else binary(chance)
        before = time.process_time()
        read = parse(text, tools)
        slowest = max(slowest, time.process_time() - before)
        with_calls += bool(read.calls)
        inspect(read, tools)
        turn = games[number % 2].send(text)
        assert turn.message == text or not text.isprintable()
    assert slowest < SECONDS
    assert with_calls > MESSAGES / 10, "the messages are too wild to test the reading of calls"


@pytest.mark.parametrize("name", FORMATS)
def test_no_text_of_hypothesis_raises(name, tools):
    pieces = st.one_of(st.sampled_from(SOUP), st.text(st.characters(), max_size=10))

    @settings(max_examples=300, deadline=None, derandomize=True, database=None)
    @given(st.lists(pieces, max_size=30).map("".join))
    def check(text):
        inspect(codec(name).parse(text, tools), tools)

    check()


def bombs():
    """Texts made to break readers, named."""
    texts = []
    wraps = {
        "bare": "{}",
        "hermes": '<tool_call>{{"name": "find", "arguments": {{"text": {}',
        "string": '<tool_call>{{"name": "find", "arguments": "{}"',
        "xml": "<find>{}</find>",
        "react": "Action: find\nAction Input: {}",
        "mcp": "<use_mcp_tool><tool_name>find</tool_name><arguments>{}</arguments>",
        "struct": '{{"calls": [{{"name": "find", "arguments": {{"text": {}',
    }
    cores = {
        "lists": "[" * 100_000,
        "closed lists": "[" * 30_000 + "]" * 30_000,
        "objects": '{"a":' * 12_000,
        "many objects": '{"a":' * 100_000,
        "a megabyte": "x" * 1_000_000,
        "quoted megabyte": '"' + "x" * 1_000_000 + '"',
        "digits": "9" * 60_000,
        "escapes": "\\" * 60_000,
        "half pairs": "\\ud800" * 10_000,
        "raw half pairs": "\ud800" * 60_000,
        "nul": "\x00" * 60_000,
    }
    for wrap, frame in wraps.items():
        for core, inside in cores.items():
            texts.append(pytest.param(frame.format(inside), id=f"{core} in {wrap}"))
    return texts


@pytest.mark.parametrize("text", bombs())
def test_no_bomb_raises_or_hangs(text, tools):
    for name in FORMATS:
        before = time.process_time()
        read = codec(name).parse(text, tools)
        assert time.process_time() - before < SECONDS
        inspect(read, tools)


@pytest.mark.parametrize("name", FORMATS)
def test_the_stack_that_is_left_does_not_change_what_is_read(name, tools):
    def deep(levels):
        return deep(levels - 1) if levels else codec(name).parse(text, tools)

    for depth in (30, 200, 700, 5000):
        value = '{"a":' * depth + "1" + "}" * depth
        text = f'<tool_call>{value}</tool_call><find>{value}</find>{{"calls": [{value}]}}'
        assert deep(0) == deep(500)


NASTY = (
    *("<tool_call>", "</tool_call>", "<tool_call>{", "<tool_call></tool_call>", "<use_mcp_tool>"),
    *(
        "<think>",
        "</think>",
        "<think></think>",
        "<think",
        "thinking",
        "<search>",
        "</search>",
        "<x>",
    ),
    *("<search></search>", "<x></x>", "<", "</", "<a", "\n", " ", "\t", "\n ", "**", "\n**"),
    *("\nAction", "\nAction:", "\nAction Input:", "\nThought:", "\nObservation ", "action input "),
    *("[", "{", '{"', '"', "\\", '\\"', "'", "\\'", ", ", ",", "```", "True", "\\ud800", "1", "é"),
    *('{"a":[],', "<find>{", "<find>{'", "\nAction: find[", "<use_mcp_tool><tool_name>"),
)


FRAMES = {
    "hermes": "<tool_call>{{{}",
    "xml": "<find>{{'{}</find>",
    "react": "Action: find\nAction Input: {{'{}",
    "mcp-xml": "<use_mcp_tool><tool_name>find</tool_name><arguments>{{'{}",
    "struct": '{{"calls": [{}',
}


@pytest.mark.slow
@pytest.mark.parametrize(("name", "frame"), [*((name, "{}") for name in FORMATS), *FRAMES.items()])
def test_the_time_grows_no_faster_than_the_text(name, frame, tools):
    def seconds(text, tries):
        times = []
        for _ in range(tries):
            before = time.process_time()
            codec(name).parse(text, tools)
            times.append(time.process_time() - before)
        return min(times)

    tags = "".join(f"<a{n}>" for n in range(20_000))
    for piece in (*NASTY, tags):
        endless = piece * (MAX_CHARACTERS // len(piece) + 1)
        long = frame.format(endless[: MAX_CHARACTERS - 100])
        if seconds(long, 1) < 0.02:
            continue
        short = frame.format(endless[: MAX_CHARACTERS // 4 - 25])
        taken = seconds(long, 3)
        # four times the text takes four times the time; sixteen times would be quadratic
        assert taken < 10 * seconds(short, 3), repr(piece)
        assert taken < SECONDS, repr(piece)
