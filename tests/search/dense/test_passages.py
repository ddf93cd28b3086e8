"""The passages of a page."""

from itertools import pairwise

import pytest

from webenvs.records import Page
from webenvs.search.dense.passages import BEGINNING, passages


def page(text, title="Title"):
    return Page(url="https://a.test/", title=title, text=text)


def test_an_undivided_page_is_its_title_and_beginning():
    text = "x" * (BEGINNING + 5)
    (only,) = passages(page(text), 0, 1)
    assert only.text == f"Title\n{text[:BEGINNING]}"
    assert (only.start, only.end) == (0, len(text))


def test_chunks_have_so_many_words_and_the_title_before_each():
    text = " one  two three\nfour five "
    found = passages(page(text), 2, 9)
    assert [one.text for one in found] == ["Title\none  two", "Title\nthree\nfour", "Title\nfive"]
    assert [text[one.start : one.end] for one in found] == ["one  two", "three\nfour", "five"]


def test_no_more_chunks_are_made_than_allowed():
    assert len(passages(page("a b c d e f"), 2, 2)) == 2


@pytest.mark.parametrize("words", [0, 3])
def test_a_page_without_text_has_one_passage(words):
    (only,) = passages(page("  "), words, 9)
    assert only.text == "Title"


def test_a_page_with_nothing_has_one_empty_passage():
    (only,) = passages(page("", title=" "), 3, 9)
    assert only.text == ""


def test_a_script_without_blanks_is_cut_by_length():
    found = passages(page("漢" * 100), 2, 99)
    assert {len(one.text) - len("Title\n") for one in found} == {24, 100 % 24}
    assert found[-1].end == 100


def test_a_word_is_not_cut_where_a_blank_is_near():
    found = passages(page("abc " * 3 + "x" * 30), 2, 99)
    assert [one.text.removeprefix("Title\n") for one in found][:2] == ["abc abc", "abc"]


@pytest.mark.parametrize("text", ["a " * 50_000, "\n" * 200_000, "a" * 200_000, " a" * 100_000])
def test_chunks_cover_every_word_of_a_huge_page(text):
    found = passages(page(text), 100, 10_000)
    assert sum(text.count("a", one.start, one.end) for one in found) == text.count("a")
    assert all(one.end <= other.start for one, other in pairwise(found))
