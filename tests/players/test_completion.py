"""Answers are read tolerantly, whole or in events, and refused where they are none."""

import json

import pytest

from tests.players.chat_server import pieces, said
from webenvs.players.completion import Completion, decoded, read
from webenvs.players.usage import Usage

COUNTED = {"prompt_tokens": 9, "completion_tokens": 4}
CALLS = [("search", {"query": "river \N{SNOWMAN}"}), ("answer", {"text": "Tarn"})]


def events(*values, end=b"data: [DONE]\n\n"):
    lines = [b"data: " + json.dumps(value).encode() + b"\n\n" for value in values]
    return b"".join(lines) + end


def stream(choice, **more):
    return [{"choices": [{"index": 0, **piece}], **more} for piece in pieces(choice)]


def read_bytes(content, streamed=False):
    return read(decoded(content, stream=streamed))


def whole(choice, **more):
    return read_bytes(json.dumps({"choices": [choice], **more}).encode())


@pytest.mark.parametrize(
    "choice",
    [
        said("Because."),
        said("Both.", CALLS),
        said("", CALLS, reasoning_content="so it is"),
        said("cut", finish="length"),
    ],
)
def test_a_stream_says_what_the_whole_answer_says(choice):
    streamed = read_bytes(events(*stream(choice), {"choices": [], "usage": COUNTED}), True)
    assert streamed == whole(choice, usage=COUNTED)


def test_calls_come_in_their_order_with_arguments_as_they_were_sent():
    found = whole(said("Both.", [("search", "{garbage"), ("answer", {"text": "x"})]))
    assert found.calls == (
        {"name": "search", "arguments": "{garbage"},
        {"name": "answer", "arguments": '{"text": "x"}'},
    )


def test_a_stream_that_breaks_off_is_no_answer():
    half = stream(said("A long thought about it."))[:3]
    with pytest.raises(EOFError):
        read_bytes(events(*half, end=b""), True)


def test_a_stream_without_its_last_line_is_whole_if_it_was_finished():
    assert read_bytes(events(*stream(said("x")), end=b""), True).text == "x"


def test_a_server_that_does_not_stream_is_read_all_the_same():
    content = json.dumps({"choices": [said("x")]}).encode()
    assert read_bytes(content, True).text == "x"


def test_comments_and_what_follows_the_end_are_no_events():
    content = b": hi\n\n" + events(*stream(said("x"))) + b"data: {broken\n\n"
    assert read_bytes(content, True).text == "x"


@pytest.mark.parametrize(
    ("usage", "read_as"),
    [
        (COUNTED, Usage(requests=1, prompt=9, completion=4)),
        (
            {**COUNTED, "prompt_tokens_details": {"cached_tokens": 3}},
            Usage(requests=1, prompt=9, completion=4, cached=3),
        ),
        ({**COUNTED, "prompt_tokens_details": None}, Usage(requests=1, prompt=9, completion=4)),
        (None, Usage(requests=1, unknown=1)),
        ({"prompt_tokens": "many"}, Usage(requests=1, unknown=1)),
        ({"prompt_tokens": -1}, Usage(requests=1, unknown=1)),
        ([], Usage(requests=1, unknown=1)),
    ],
)
def test_tokens_are_as_the_server_counts_them(usage, read_as):
    assert whole(said("x"), usage=usage).usage == read_as


@pytest.mark.parametrize(
    "content",
    [b"", b"null", b"[]", b"{}", b"\xff{", b"[" * 9999, b'{"choices": {}}', b'{"choices": [7]}'],
)
@pytest.mark.parametrize("streamed", [False, True])
def test_what_is_no_completion_is_a_value_error(content, streamed):
    with pytest.raises(ValueError):
        read_bytes(content, streamed)


def test_half_a_surrogate_pair_does_not_spoil_an_answer():
    assert read_bytes(b'{"choices": [{"message": {"content": "a \\ud800 b"}}]}').text == "a ? b"


def test_a_choice_other_than_the_first_is_left_alone():
    first, second = stream(said("x")), stream(said("other"))
    for event in second:
        event["choices"][0]["index"] = 1
    both = [event for pair in zip(first, second, strict=True) for event in pair]
    assert read_bytes(events(*both), True) == Completion(
        text="x", finish="stop", usage=Usage(requests=1, unknown=1)
    )
