"""Latent semantic analysis in whole numbers, against scikit-learn's and against itself."""

import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest

from webenvs.corpora.corpus import MemoryCorpus
from webenvs.errors import CorpusError
from webenvs.records import Page
from webenvs.search.analyzer import Analyzer
from webenvs.search.embedders.lsa import Lsa
from webenvs.search.embedders.lsa_training import trained

TEXTS = [
    "The cat sat on the mat with another cat",
    "Cats and kittens sleep on mats",
    "The stock market fell as banks sold shares",
    "Banks lend money and markets trade shares",
    "",
    "!!! ???",
]


@pytest.fixture(scope="module")
def texts(zipf):
    """The texts of 400 generated pages."""
    return [zipf.page(number).text or "w1x" for number in range(400)]


@pytest.fixture(scope="module")
def lsa(texts):
    """A model of 20 dimensions."""
    return trained(texts, 20, Analyzer())


def test_the_directions_catch_as_much_as_those_of_scikit_learn(hotpot):
    sklearn = pytest.importorskip("sklearn.decomposition")
    from webenvs.search.embedders import lsa_training

    pages = [hotpot.page(number) for number in range(200)]
    analyzer, terms = Analyzer(), {}
    rows = [lsa_training._counted(analyzer.terms(page.text), terms) for page in pages]
    _, ranks, frequencies = lsa_training._vocabulary(list(terms), rows)
    matrix = lsa_training._matrix(rows, ranks, 1 + np.log(201 / (1 + frequencies))) / 2**14
    found = lsa_training._directions(matrix * 2**14, 30).astype(float)
    found /= np.linalg.norm(found, axis=0)
    ours = ((matrix @ found) ** 2).sum()
    theirs = sklearn.TruncatedSVD(30, algorithm="arpack", random_state=0).fit_transform(matrix)
    assert ours > 0.99 * (theirs**2).sum()
    np.testing.assert_allclose(found.T @ found, np.eye(30), atol=1e-4)


def test_texts_about_the_same_are_alike():
    lsa = trained(TEXTS, 4, Analyzer())
    vectors = lsa.encode(TEXTS, "passage")
    likeness = vectors @ vectors.T
    assert likeness[0, 1] > 0.3 > likeness[0, 2]
    assert likeness[2, 3] > 0.3 > likeness[1, 3]


def test_vectors_are_of_unit_length(lsa, texts):
    np.testing.assert_allclose(np.linalg.norm(lsa.encode(texts, "passage"), axis=1), 1, atol=1e-6)


def test_a_text_has_the_same_vector_alone_and_among_others(lsa, texts):
    together = lsa.encode(texts[:40], "passage")
    alone = np.concatenate([lsa.encode([text], "query") for text in texts[:40]])
    assert (together == alone).all()


def test_the_order_of_words_does_not_count(lsa, texts):
    turned = " ".join(reversed(texts[0].split()))
    assert (lsa.encode([texts[0]], "query") == lsa.encode([turned], "query")).all()


@pytest.mark.parametrize("text", ["", "   ", "qqqq zzzz", "the of and", "?!"])
def test_a_text_without_a_known_word_has_zeros(lsa, text):
    assert not lsa.encode([text], "query").any()


def test_a_single_text_and_texts_without_words_can_be_trained_on():
    assert trained(["one cat"], 8, Analyzer()).encode(["cat"], "query").shape == (1, 8)
    assert not trained(["", "!"], 8, Analyzer()).encode(["cat"], "query").any()


def test_equal_texts_leave_one_direction():
    lsa = trained(["grey cat"] * 9, 8, Analyzer())
    vectors = lsa.encode(["grey cat", "grey"], "query")
    assert float(vectors[0] @ vectors[1]) > 0.99


def test_a_model_on_disk_says_the_same(lsa, texts, tmp_path):
    lsa.write(tmp_path)
    mapped = Lsa.open(tmp_path, Analyzer())
    assert (mapped.encode(texts[:9], "query") == lsa.encode(texts[:9], "query")).all()


def test_a_cut_model_is_refused(lsa, tmp_path):
    lsa.write(tmp_path)
    path = tmp_path / "lsa-components.npy"
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(CorpusError, match=r"lsa-components\.npy is broken"):
        Lsa.open(tmp_path, Analyzer())


def test_arrays_of_two_models_are_refused(lsa, tmp_path):
    lsa.write(tmp_path)
    np.save(tmp_path / "lsa-idf.npy", np.ones(3))
    with pytest.raises(CorpusError, match="its arrays differ"):
        Lsa.open(tmp_path, Analyzer())


def test_another_analyzer_has_another_fingerprint(lsa):
    assert lsa.fingerprint != Lsa(lsa.model, Analyzer("plain")).fingerprint


SCRIPT = """
import hashlib, sys
from webenvs.search.analyzer import Analyzer
from webenvs.search.embedders.lsa_training import trained
texts = sys.stdin.read().split("|")
lsa = trained(texts, 20, Analyzer())
parts = [*lsa.model, lsa.encode(texts, "passage")]
print(hashlib.sha256(b"".join(part.tobytes() for part in parts)).hexdigest())
"""


@pytest.mark.parametrize(
    "variables",
    [
        {"OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "1"},
        {"OPENBLAS_CORETYPE": "Nehalem", "NPY_DISABLE_CPU_FEATURES": "AVX512F AVX512CD AVX512_SKX"},
        {"OPENBLAS_CORETYPE": "Haswell", "OMP_NUM_THREADS": "4"},
    ],
)
def test_the_model_is_the_same_to_the_last_bit_with_any_kernel_and_threads(texts, lsa, variables):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT],
        input="|".join(texts),
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=True,
    )
    parts = [*lsa.model, lsa.encode(texts, "passage")]
    expected = hashlib.sha256(b"".join(part.tobytes() for part in parts)).hexdigest()
    assert done.stdout.strip() == expected


def test_pages_fold_in_that_were_not_trained_on(hotpot):
    lsa = trained([hotpot.page(number).text for number in range(0, 400, 2)], 50, Analyzer())
    corpus = MemoryCorpus([Page(url="u", title="t", text=hotpot.page(1).text)])
    assert lsa.encode([corpus.page(0).text], "passage").any()
