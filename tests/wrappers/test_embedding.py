"""HashedText and embed: vectors that are the same everywhere, of length 1, ready for FAISS."""

import subprocess
import sys
from pathlib import Path

import faiss
import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from webenvs.errors import SettingError
from webenvs.testing import check_environment
from wrappers.embedding import HashedText, embed
from wrappers.text_only import TextOnly

TEXTS = ["The Alba is a river.", "Ilsa Veit was born in Tarn.", "Brena is a town on the Alba."]


def test_vectors_are_contiguous_float32_rows_of_length_1():
    rows = embed(TEXTS, 64)
    assert (rows.dtype, rows.shape) == (np.float32, (3, 64))
    assert rows.flags["C_CONTIGUOUS"]
    assert np.linalg.norm(rows, axis=1) == pytest.approx([1.0, 1.0, 1.0], abs=1e-6)


def test_a_text_without_words_is_all_zeros():
    assert not embed(["", " ... "], 16).any()


def test_the_number_of_texts_may_be_zero():
    assert embed([], 8).shape == (0, 8)


def test_case_and_punctuation_do_not_matter_and_order_does():
    same, shouted, turned = embed(["the old river", "THE old, river!", "river old the"], 256)
    assert np.array_equal(same, shouted)
    assert not np.array_equal(same, turned)


def test_one_word_fills_one_place_with_a_sign():
    row = embed(["river"], 32)[0]
    assert sorted(np.abs(row))[-2:] == [0.0, 1.0]


def test_a_word_twice_weighs_one_and_a_logarithm():
    """Of "a a" the word has 1 + log 2, the pair "a a" 1: their places hold these over the norm."""
    row = np.sort(np.abs(embed(["a a"], 4096)[0]))[-2:]
    weights = np.array([1.0, 1.0 + np.log(2.0)])
    assert row == pytest.approx(weights / np.linalg.norm(weights), abs=1e-6)


def test_the_same_vectors_in_another_process_with_another_hash_seed():
    code = f"from wrappers.embedding import embed\nprint(embed({TEXTS!r}, 64).tobytes().hex())\n"
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=root,
        env={"PYTHONHASHSEED": "77", "PYTHONPATH": str(root), "PATH": ""},
    )
    assert done.stdout.strip() == embed(TEXTS, 64).tobytes().hex()


def test_faiss_finds_the_text_that_shares_words():
    index = faiss.IndexFlatIP(512)
    index.add(embed(TEXTS))
    scores, places = index.search(embed(["Where was Ilsa Veit born?"]), 3)
    assert places[0][0] == 1
    assert scores[0][0] > 2 * scores[0][1]


def test_observations_of_both_text_forms_are_the_vectors_of_their_texts():
    env = HashedText(gym.make("webenvs:webenvs/MultiHop-v0"), 128)
    strings = HashedText(TextOnly(gym.make("webenvs:webenvs/MultiHop-v0")), 128)
    vector, _ = env.reset(seed=3)
    text = TextOnly(gym.make("webenvs:webenvs/MultiHop-v0")).reset(seed=3)[0]
    assert np.array_equal(vector, embed([text], 128)[0])
    assert np.array_equal(vector, strings.reset(seed=3)[0])


@pytest.mark.filterwarnings("ignore:.*different from the unwrapped version")
def test_it_passes_gymnasiums_check():
    check_env(HashedText(gym.make("webenvs:webenvs/MultiHop-v0"), 64), skip_render_check=True)


def test_it_keeps_the_contract_of_an_environment():
    check_environment(lambda: HashedText(gym.make("webenvs:webenvs/MultiHop-v0"), 64))


def test_the_spec_makes_the_same_wrapped_environment_again():
    env = HashedText(gym.make("webenvs:webenvs/MultiHop-v0"), 48)
    again = gym.make(env.spec)
    assert np.array_equal(env.reset(seed=1)[0], again.reset(seed=1)[0])


def test_observations_without_text_are_refused_and_the_way_out_named():
    with pytest.raises(TypeError, match="leave `view` out"):
        HashedText(gym.make("CartPole-v1"))


@pytest.mark.parametrize("dimension", [0, -3, 2.5, True])
def test_wrong_dimensions_are_named(dimension):
    with pytest.raises(SettingError, match="dimension = "):
        embed(["a"], dimension)


def test_a_text_alone_is_refused_where_several_are_expected():
    with pytest.raises(SettingError, match="texts = 'a river'"):
        embed("a river")
