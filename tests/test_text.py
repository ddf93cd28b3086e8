"""Strings: printable, clipped, on one line, in sentences."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webenvs import text

quick = settings(max_examples=200, deadline=None, derandomize=True, database=None)
MARK = "\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize(
    ("given_text", "wanted"),
    [
        ("plain é 中 \U0001f4a9", "plain é 中 \U0001f4a9"),
        ("tab\tline\nreturn\r", "tab\tline\nreturn\r"),
        ("\x00\x08\x0b\x0c\x0e\x1f\x7f", MARK * 7),
        ("a\ud800b\udfffc", f"a{MARK}b{MARK}c"),
        ("\u2028\u202e\ufeff\x80", "\u2028\u202e\ufeff\x80"),
        ("", ""),
    ],
)
def test_printable_replaces_what_utf8_or_a_terminal_cannot_carry(given_text, wanted):
    assert text.printable(given_text) == wanted


@quick
@given(st.text(st.characters()))
def test_printable_text_encodes_keeps_its_length_and_stays(value):
    once = text.printable(value)
    once.encode()
    assert len(once) == len(value)
    assert text.printable(once) == once


def test_clip_marks_where_it_cut():
    assert text.clip("abcdefghij", 10) == "abcdefghij"
    assert text.clip("abcdefghijk", 10) == "abcd [...]"
    assert text.clip("abcdefghijk", 3) == " [."
    assert text.clip("abcdefghijk", 0) == ""
    assert text.clip("abcdefghijk", 5, mark="~") == "abcd~"


@quick
@given(st.text(), st.integers(0, 30))
def test_clip_is_never_longer_than_its_limit(value, limit):
    assert len(text.clip(value, limit)) <= limit


def test_one_line_turns_every_run_of_blanks_into_one():
    assert text.one_line("  a\n\n b\t\u2003c ") == "a b c"
    assert text.one_line(" \n ") == ""


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ('He said "so." Then left.', ['He said "so."', "Then left."]),
        ("(It rained.) [1] It stopped.", ["(It rained.)", "[1] It stopped."]),
        ("It is 3.5 km. 12 more follow.", ["It is 3.5 km.", "12 more follow."]),
        ("line one\n\nline two", ["line one", "line two"]),
        ("no end e.g. here", ["no end e.g. here"]),
        ("", []),
        (" \n ", []),
    ],
)
def test_sentences(value, wanted):
    assert text.sentences(value) == wanted


@pytest.mark.parametrize(("value", "wanted"), [("", 0), ("a", 1), ("abcd", 1), ("abcde", 2)])
def test_tokens_are_a_quarter_of_the_characters_rounded_up(value, wanted):
    assert text.tokens(value) == wanted
