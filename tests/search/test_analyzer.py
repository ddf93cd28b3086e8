"""Words and terms."""

import pickle
import sys

import pytest

from webenvs.errors import SettingError
from webenvs.search.analyzer import (
    QUERY_WORDS,
    WORD_CHARACTERS,
    Analyzer,
    AnalyzerSettings,
    lowered,
    query_words,
    words,
)


def test_inflections_of_one_word_share_a_term():
    assert len(set(Analyzer().terms("fly flies flying"))) == 1


def test_stop_words_are_left_out_and_repetitions_kept():
    assert Analyzer().terms("The cat and the cat") == ["cat", "cat"]


def test_without_stemmer_and_stop_list_terms_are_the_words():
    plain = Analyzer(AnalyzerSettings(stemmer="none", stopwords="none"))
    assert plain.terms("The Cats, the DOGS") == ["the", "cats", "the", "dogs"]


def test_stop_words_can_be_left_out_without_stemming():
    assert Analyzer(AnalyzerSettings(stemmer="none")).terms("the flies") == ["flies"]


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


def test_lone_surrogates_and_control_characters_are_no_words():
    assert words("a\ud800b\x00c") == ["a", "b", "c"]


def test_a_very_long_word_is_known_by_its_beginning():
    analyzer = Analyzer(AnalyzerSettings(stemmer="none"))
    assert analyzer.terms("x" * 1_000_000) == ["x" * WORD_CHARACTERS]


def test_a_query_is_read_up_to_its_limits():
    assert len(query_words("a " * 500_000)) == QUERY_WORDS
    assert query_words("b" * 1_000_000) == ["b" * 4_096]


def test_a_compact_query_cannot_expand_beyond_the_limit():
    assert len(query_words("\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM} " * 4_096)) <= 1_024


@pytest.mark.parametrize("field", ["stemmer", "stopwords"])
def test_an_unknown_setting_value_names_what_is_allowed(field):
    with pytest.raises(SettingError, match=rf"{field} = 'german' .* 'english' or 'none'"):
        AnalyzerSettings(**{field: "german"})


def test_the_fingerprint_tells_analyzers_apart():
    kinds = [
        AnalyzerSettings(stemmer=stemmer, stopwords=stopwords)
        for stemmer in ("english", "none")
        for stopwords in ("english", "none")
    ]
    assert len({Analyzer(kind).fingerprint() for kind in kinds}) == 4


def test_an_analyzer_survives_pickling():
    analyzer = Analyzer(AnalyzerSettings(stopwords="none"))
    assert pickle.loads(pickle.dumps(analyzer)).terms("The flies") == ["the", "fli"]


def test_the_stems_are_those_that_version_1_was_defined_with():
    stems = Analyzer().terms("hoping hopping possibility relational biologist past evening news")
    assert stems == ["hope", "hop", "possibl", "relat", "biolog", "past", "evening", "news"]
