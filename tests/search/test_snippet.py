"""Passages: what they show, how long they are, what they cost."""

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webenvs.search.analyzer import Analyzer
from webenvs.search.snippet import SCANNED, WIDTH, needle, snippet

ANALYZER = Analyzer()
FILLER = "lorem ipsum dolor sit amet consectetur adipiscing elit sed eiusmod " * 20


def needles(**weights):
    heaviest_first = sorted(weights.items(), key=lambda item: -item[1])
    return [
        needle(word, ANALYZER.term_of(word), weight, ANALYZER.script)
        for word, weight in heaviest_first
    ]


def shown(text, width=WIDTH, **weights):
    return snippet(text, needles(**weights), ANALYZER, width)


def test_a_short_text_is_shown_whole_on_one_line():
    assert shown("  One\n\ttwo   three. ", four=1) == "One two three."


def test_without_a_match_the_beginning_is_shown():
    passage = shown(FILLER, absent=1)
    assert passage.startswith("lorem ipsum") and passage.endswith(" …")


def test_the_matching_passage_is_shown_with_marks_on_both_sides():
    passage = shown(f"{FILLER} zebras graze {FILLER}", zebra=1)
    assert passage.startswith("… ") and passage.endswith(" …") and "zebras graze" in passage


def test_the_end_of_a_text_carries_no_mark():
    assert shown(f"{FILLER} zebra", zebra=1).endswith(" zebra")


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ("fly", "flies"),
        ("flies", "fly"),
        ("hope", "hoping"),
        ("possible", "possibility"),
        ("possibility", "possibly"),
        ("dying", "dying"),
        ("universities", "University"),
        ("école", "ÉCOLES"),
    ],
)
def test_other_forms_of_a_word_are_found(asked, written):
    assert f"({written})" in shown(f"{FILLER} ({written}) {FILLER}", **{asked: 1})


def test_the_passage_with_most_weight_around_the_heaviest_word_wins():
    text = f"{FILLER} zebra alone {FILLER} zebra and lion and hyena {FILLER} lion {FILLER}"
    assert "zebra and lion and hyena" in shown(text, zebra=9, lion=3, hyena=2)


def test_words_before_and_after_are_gathered_in_whatever_form():
    text = f"{FILLER} zebra {FILLER} lions, then a zebra, then hyenas {FILLER}"
    assert "lions, then a zebra, then hyenas" in shown(text, zebra=9, lion=3, hyena=2)


def test_a_later_word_as_spelled_in_the_query_is_preferred_to_an_earlier_form():
    text = f"{FILLER} zebras graze {FILLER} zebra rests {FILLER}"
    assert "zebra rests" in shown(text, zebra=1)


def test_other_forms_after_the_last_word_as_spelled_are_looked_at_too():
    text = f"{FILLER} zebra rests {FILLER} zebras and lions {FILLER}"
    assert "zebras and lions" in shown(text, zebra=2, lion=1)


def test_of_equal_passages_the_first_is_shown():
    text = f"{FILLER} zebra one {FILLER} zebra two {FILLER}"
    assert "zebra one" in shown(text, zebra=1, lion=1)


def test_a_word_inside_another_is_no_match():
    assert "art gallery" in shown(f"{FILLER} cart party {FILLER} art gallery {FILLER}", art=1)


def test_a_word_after_many_others_that_contain_it_is_found():
    text = "cart party " * 200 + "(art)" + " cart party" * 200
    assert "(art)" in shown(text, art=1)


def test_when_only_others_contain_the_word_the_beginning_is_shown():
    assert shown("cart party " * 200, art=1).startswith("cart")


def test_a_match_beyond_the_scanned_part_is_not_searched_for():
    assert shown("x y " * (SCANNED // 4) + "zebra", zebra=1).startswith("x y")


def test_offsets_stay_right_after_a_letter_that_grows_in_lower_case():
    assert "zebra crossing" in shown("İ " * 400 + "zebra crossing " + FILLER, zebra=1)


def test_a_text_without_blanks_is_cut_anyway():
    passage = shown("x" * 1_000, absent=1)
    assert passage == "x" * WIDTH + " …"


def test_a_match_longer_than_the_width_is_cut():
    long = "zebra" + "x" * 500
    assert shown(f"{FILLER} {long} {FILLER}", width=40, **{long: 1}) == f"… {long[:40]} …"


def test_line_ends_of_every_kind_become_blanks():
    text = f"{FILLER} zebra\u2028one\x85two\rthree\tfour\n{FILLER}"
    assert "zebra one two three four" in shown(text, zebra=1)


SPOKEN = "zebra zebras lion lions fly flies art cart naïve école 東京 x_1 İ ﬁ — … . ;"
WORDS = st.sampled_from([*SPOKEN.split(), "\n", "\t", ""])
TEXTS = st.lists(WORDS, max_size=300).map(" ".join) | st.text(max_size=900)


@settings(max_examples=300, deadline=None)
@given(TEXTS, st.integers(5, 120))
def test_a_passage_is_never_longer_than_its_width_and_marks(text, width):
    passage = shown(text, width, zebra=3, lion=2, flies=2, art=1)
    assert len(passage) <= width + 4
    assert len(passage.splitlines()) <= 1


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_a_passage_holds_a_word_of_the_query_whenever_the_text_does(text):
    asked = {"zebra": 3, "lion": 2, "fly": 2, "art": 1}
    terms = {ANALYZER.term_of(word) for word in asked}
    text = f"{FILLER} {text} {FILLER}"
    held = terms & set(ANALYZER.terms(text))
    passage = shown(text, **asked)
    assert bool(terms & set(ANALYZER.terms(passage))) == bool(held)


def test_a_huge_page_costs_some_milliseconds():
    draw = random.Random(1)
    spoken = [draw.choice(["the", "cart", "c3", "zebras", "y" * 9]) for _ in range(7_000)]
    page = " ".join(spoken * 100)
    asked = needles(zebra=9, c=5, art=3, y=2, absent=1)
    before = time.process_time()
    for _ in range(5):
        snippet(page, asked, ANALYZER)
    assert (time.process_time() - before) / 5 < 0.1


@pytest.mark.parametrize(
    ("analyzer", "word", "text", "wanted"),
    [
        ("multilingual", "cafe", "ein Café am Platz", "Café am Platz"),
        ("multilingual", "京都", "新しい東京都の地図", "東京都の地図"),
        ("multilingual", "ไทย", "ภาษาไทยดี", "ภาษาไทยดี"),
        ("german", "Haus", "viele Häuser stehen", "Häuser stehen"),
        ("hindi", "किताब", "कुछ किताबें हैं", "किताबें हैं"),
        ("plain", "flies", "the flies fly", "flies fly"),
    ],
)
def test_every_analyzer_has_its_passages(analyzer, word, text, wanted):
    chosen = Analyzer(analyzer)
    asked = [
        needle(spoken, chosen.term_of(spoken), 1, chosen.script) for spoken in chosen.words(word)
    ]
    assert wanted in snippet(f"{FILLER} {text} {FILLER}", asked, chosen)
