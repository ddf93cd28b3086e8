"""Near-duplicates are found by signatures that estimate how much two texts share."""

import numpy as np
import pytest

from webenvs.corpora.twins import (
    HASHES,
    LEAST_WORDS,
    MOST_CHARACTERS,
    MOST_WORDS,
    SHINGLE,
    Signatures,
    signature,
)
from webenvs.seeding import generator

GOLDEN = [60636938, 162455761, 348656965, 12998791]
WORDS = [f"word{number}" for number in range(3000)]


def text_of(seed, length=300):
    return [WORDS[place] for place in generator("twins", seed).integers(0, 3000, length)]


def jaccard(one, other):
    def shingles(words):
        return {tuple(words[place : place + SHINGLE]) for place in range(len(words) - SHINGLE + 1)}

    return len(shingles(one) & shingles(other)) / len(shingles(one) | shingles(other))


@pytest.mark.parametrize("changed", [0, 5, 20, 60])
def test_the_share_of_equal_values_estimates_the_jaccard_index(changed):
    errors = []
    for seed in range(30):
        words = text_of(seed)
        other = list(words)
        for place in range(changed):
            other[place * 5] = "changed" + str(place)
        same = float((signature(" ".join(words)) == signature(" ".join(other))).mean())
        errors.append(same - jaccard(words, other))
    assert abs(np.mean(errors)) < 0.03
    assert max(map(abs, errors)) < 0.25


def test_a_signature_is_the_same_everywhere():
    text = "the quick brown fox jumps over the lazy dog and runs away into the dark wood"
    assert signature(text)[:4].tolist() == GOLDEN
    assert signature(text.upper()).tolist() == signature(text).tolist()


def test_a_short_text_has_no_signature():
    assert not signature(" ".join(["word"] * (LEAST_WORDS - 1))).any()
    assert len(signature("")) == HASHES


def found(tmp_path, texts, order=None, likeness=0.8):
    with Signatures(tmp_path / "signatures") as signatures:
        for text in texts:
            signatures.add(" ".join(text))
        return signatures.twins(order or range(len(texts)), likeness)


def test_the_earlier_page_in_corpus_order_is_the_one_that_is_named(tmp_path):
    texts = [text_of(1), text_of(2), text_of(1)]
    assert found(tmp_path, texts) == {2: 0}
    assert found(tmp_path, texts, order=[2, 1, 0]) == {2: 0}
    assert found(tmp_path, texts, order=[1, 2, 0]) == {2: 1}


def test_only_texts_that_share_enough_are_twins(tmp_path):
    most = text_of(1)[:270] + text_of(2)[:30]
    assert found(tmp_path, [text_of(1), most], likeness=0.6) == {1: 0}
    assert found(tmp_path, [text_of(1), most], likeness=0.95) == {}


def test_many_copies_all_name_the_first(tmp_path):
    assert found(tmp_path, [text_of(1)] * 50) == dict.fromkeys(range(1, 50), 0)


def test_short_texts_are_never_twins(tmp_path):
    assert found(tmp_path, [["one"]] * 5) == {}


def test_nothing_has_no_twins(tmp_path):
    assert found(tmp_path, []) == {}


def test_no_more_words_and_characters_are_looked_at_than_the_limits_say():
    words = [str(number) for number in range(MOST_WORDS)]
    whole = signature(" ".join(words))
    assert signature(" ".join([*words, *text_of(1, 3000)])).tolist() == whole.tolist()
    blank = " ".join(text_of(1)) + " " * MOST_CHARACTERS
    assert signature(blank + " ".join(text_of(2))).tolist() == signature(blank).tolist()
