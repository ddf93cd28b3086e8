"""Words and terms."""

import pickle
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webenvs.errors import UnknownNameError
from webenvs.search.analyzer import (
    ANALYZERS,
    QUERY_WORDS,
    WORD_CHARACTERS,
    Analyzer,
    lowered,
)


def test_inflections_of_one_word_share_a_term():
    assert len(set(Analyzer().terms("fly flies flying"))) == 1


def test_stop_words_are_left_out_and_repetitions_kept():
    assert Analyzer().terms("The cat and the cat") == ["cat", "cat"]


words, query_words = Analyzer().words, Analyzer().query_words


def test_the_terms_of_the_plain_analyzer_are_the_words():
    plain = Analyzer("plain")
    assert plain.terms("The Cats, the DOGS") == ["the", "cats", "the", "dogs"]


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("ﬁlm", "film"),
        ("ＡＢＣ", "abc"),
        ("cafe\N{COMBINING ACUTE ACCENT}", "café"),
        ("İstanbul", "istanbul"),
        ("ÉCOLE", "école"),
    ],
)
def test_compatible_spellings_are_one_word(written, plain):
    assert words(written) == [plain]


def test_lower_case_never_changes_the_length_for_any_character():
    grown = [code for code in range(sys.maxunicode + 1) if len(lowered(f"é{chr(code)}")) != 2]
    assert grown == []


LETTERS = st.sampled_from("aB z.ÉéŞΑΣσς\N{COMBINING ACUTE ACCENT}東")


@settings(deadline=None)
@given(st.text(LETTERS, min_size=1, max_size=40), st.integers(1, 200))
def test_a_long_text_is_lowered_like_a_short_one(text, times):
    assert lowered(text * times) == (text * times).lower()


@pytest.mark.parametrize("place", range(250, 262))
def test_the_form_of_a_small_sigma_depends_on_its_neighbours_anywhere(place):
    text = "é" * place + "Σ" + "é" * 4_000
    assert lowered(text) == text.lower()


def test_lone_surrogates_and_control_characters_are_no_words():
    assert words("a\ud800b\x00c") == ["a", "b", "c"]


def test_a_very_long_word_is_known_by_its_beginning():
    analyzer = Analyzer("plain")
    assert analyzer.terms("x" * 1_000_000) == ["x" * WORD_CHARACTERS]


def test_a_query_is_read_up_to_its_limits():
    assert len(query_words("a " * 500_000)) == QUERY_WORDS
    assert query_words("b" * 1_000_000) == ["b" * 4_096]


def test_a_compact_query_cannot_expand_beyond_the_limit():
    assert len(query_words("\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM} " * 4_096)) <= 1_024


def test_an_unknown_analyzer_is_named_with_the_nearest():
    with pytest.raises(UnknownNameError, match=r"'germn'.* Did you mean 'german'"):
        Analyzer("germn")


def test_the_fingerprints_of_all_analyzers_differ():
    assert len({Analyzer(name).fingerprint() for name in ANALYZERS}) == len(ANALYZERS)


@pytest.mark.parametrize("name", ANALYZERS)
def test_an_analyzer_survives_pickling(name):
    analyzer = Analyzer(name)
    assert pickle.loads(pickle.dumps(analyzer)).fingerprint() == analyzer.fingerprint()


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [
        ("german", "Häuser", "Haus"),
        ("french", "mangeaient", "manger"),
        ("russian", "книгами", "книга"),
        ("hindi", "किताबें", "किताब"),
        ("multilingual", "Łódź", "lodz"),
    ],
)
def test_two_spellings_of_a_word_share_a_term(name, one, other):
    analyzer = Analyzer(name)
    assert analyzer.terms(one) == analyzer.terms(other) != []


def test_marks_that_vowels_are_written_with_belong_to_their_word():
    assert Analyzer("hindi").words("हिन्दी किताब") == ["हिन्दी", "किताब"]


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("東京都", ["東京", "京都"]),
        ("a中b", ["a", "中", "b"]),
        ("データ・ベース", ["デー", "ータ", "ベー", "ース"]),
        ("ไทยดี", ["ไท", "ทย", "ยด", "ดี"]),
        ("ລາວ", ["ລາ", "າວ"]),
        ("ភាសា", ["ភា", "ាស", "សា"]),
        ("မြန်", ["မြ", "ြန", "န်"]),
        ("데이터 x", ["데이터", "x"]),
    ],
)
def test_scripts_without_blanks_become_overlapping_pairs(text, pairs):
    assert Analyzer("multilingual").words(text) == pairs


@given(st.text(max_size=60))
def test_the_multilingual_form_of_a_text_is_as_long_as_the_text(text):
    assert len(Analyzer("multilingual").script.seen(lowered(text))) == len(text)


def test_the_stems_are_those_that_version_1_was_defined_with():
    stems = Analyzer().terms("hoping hopping possibility relational biologist past evening news")
    assert stems == ["hope", "hop", "possibl", "relat", "biolog", "past", "evening", "news"]
