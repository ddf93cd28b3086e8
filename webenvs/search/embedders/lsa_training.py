"""Training of latent semantic analysis: the leading directions of a corpus, in exact arithmetic.

The method is subspace iteration (Halko, Martinsson, Tropp, Finding structure with randomness, 2011,
algorithm 4.4). Between its steps every matrix is rounded to whole numbers so small that all sums of
the next product stay below 2**53; products are then exact in whatever order they are added up, and
the same pages give the same model to the last bit on every machine, with any library and any number
of threads. What is rounded away is below a millionth of the greatest number of each column.
"""

import importlib
from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from webenvs.errors import CorpusError
from webenvs.search.analyzer import Analyzer
from webenvs.search.embedders.eigen import Matrix, eigen, whitening
from webenvs.search.embedders.lsa import Lsa, Model, weighed
from webenvs.search.lexical.index import hash_of
from webenvs.search.lexical.weighting import log
from webenvs.seeding import generator

LARGEST_VOCABULARY = 2**16
"""So many terms at most, those of the most texts; the bounds below count on it."""

LARGEST_TRAINING = 100_000
"""So many texts at most; the bounds below count on it."""

_ROUNDS = 7
_SPARE = 16
_ENTRY_BITS = 14
_BASIS_BITS = 20
_GRAM_BITS = 18


def trained(texts: Iterable[str], dims: int, analyzer: Analyzer) -> Lsa:
    """The embedder trained on `texts`; it has `dims` dimensions even where the texts span fewer."""
    terms: dict[str, int] = {}
    rows = [_counted(analyzer.terms(text), terms) for text in texts]
    if len(rows) > LARGEST_TRAINING:
        raise ValueError(f"{len(rows)} texts are more than {LARGEST_TRAINING}")
    hashes, ranks, frequencies = _vocabulary(list(terms), rows)
    idf = np.array([1 + log((1 + len(rows)) / (1 + count)) for count in frequencies.tolist()])
    components = np.zeros((len(hashes), dims), dtype=np.int32)
    if len(hashes):
        found = _directions(_matrix(rows, ranks, idf), dims)
        components[:, : found.shape[1]] = found
    return Lsa(Model(hashes, idf, components), analyzer)


_Row = tuple[NDArray[np.int64], NDArray[np.int64]]


def _counted(found: list[str], terms: dict[str, int]) -> _Row:
    """The numbers of the terms of a text, given in order of first sight, and their counts."""
    counts = Counter(terms.setdefault(term, len(terms)) for term in found)
    return np.array(list(counts), dtype=np.int64), np.array(list(counts.values()), dtype=np.int64)


def _vocabulary(
    terms: list[str], rows: list[_Row]
) -> tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.int64]]:
    """The chosen terms' hashes, ascending; the place of each term, or -1; frequencies."""
    hashes = np.array([hash_of(term) for term in terms], dtype=np.uint64)
    frequencies = np.zeros(len(terms), dtype=np.int64)
    for numbers, _ in rows:
        frequencies[numbers] += 1
    chosen = np.lexsort((hashes, -frequencies))[:LARGEST_VOCABULARY]
    chosen = chosen[np.argsort(hashes[chosen])]
    if len(np.unique(hashes[chosen])) < len(chosen):
        raise CorpusError("Two terms of the corpus have the same hash.")
    ranks = np.full(len(terms), -1, dtype=np.int64)
    ranks[chosen] = np.arange(len(chosen))
    return hashes[chosen], ranks, frequencies[chosen]


def _matrix(rows: list[_Row], ranks: NDArray[np.int64], idf: NDArray[np.float64]) -> Any:
    """The sparse matrix of weights, [texts, terms]: rows of unit length in whole numbers."""
    columns, values, ends = [], [], [0]
    for numbers, counts in rows:
        places = ranks[numbers]
        held = places >= 0
        places = places[held]
        weights = weighed(counts[held], idf[places])
        length = float(np.sqrt(np.maximum((weights * weights).sum(), 1.0)))
        columns.append(places)
        values.append(np.rint(weights * (2**_ENTRY_BITS / length)))
        ends.append(ends[-1] + len(places))
    parts = np.concatenate(values), np.concatenate(columns), np.array(ends)
    return _sparse().csr_matrix(parts, shape=(len(rows), len(idf)))


def _directions(matrix: Any, dims: int) -> NDArray[np.int32]:
    """The leading right singular vectors of `matrix`, [terms, at most dims], in whole numbers.

    The bounds: entries of the matrix are below 2**14 and a row is of length 2**14, so of at most
    2**16 terms; a column has at most 2**17 entries.
    """
    turned = matrix.T.tocsr()
    width = min(dims + _SPARE, *matrix.shape)
    draw = generator("lsa", width)
    basis = draw.integers(-(2**10), 2**10 + 1, size=(matrix.shape[1], width)).astype(np.float64)
    for _ in range(_ROUNDS):
        texts = _whole_columns(matrix @ basis, _BASIS_BITS)  # sums below 2**42
        basis = _orthonormal(_whole_columns(turned @ texts, _GRAM_BITS))  # sums below 2**51
    texts = _whole(matrix @ basis, _GRAM_BITS)
    turns = eigen(texts.T @ texts).vectors[:, :dims]  # sums below 2**53
    found = basis @ _whole(turns, _BASIS_BITS)  # sums below 2**48
    top = np.abs(found).argmax(axis=0)
    signs = np.where(found[top, np.arange(found.shape[1])] < 0, -1.0, 1.0)
    return _whole(found * signs, _BASIS_BITS).astype(np.int32)


def _orthonormal(columns: Matrix) -> Matrix:
    """Columns at right angles and of equal length that span what `columns` span, as whole numbers.

    Done twice, because what is rounded away in the first pass leaves the angles slightly off
    (Yamamoto and others, Roundoff error analysis of the CholeskyQR2 algorithm, 2015).
    """
    for _ in range(2):
        turns = _whole_columns(whitening(columns.T @ columns), _BASIS_BITS)  # sums below 2**52
        columns = _whole_columns(columns @ turns, _GRAM_BITS)  # sums below 2**46
    lengths = np.sqrt((columns * columns).sum(axis=0))
    return _whole(columns / np.maximum(lengths, 1.0), _BASIS_BITS)


def _whole(array: Matrix, bits: int) -> Matrix:
    """`array` times a power of two, rounded to whole numbers of at most 2**bits in size."""
    _, exponent = np.frexp(np.abs(array).max(initial=0.0))
    return np.rint(np.ldexp(array, bits - int(exponent)))


def _whole_columns(array: Matrix, bits: int) -> Matrix:
    """`array` with every column times a power of two of its own, as whole numbers."""
    _, exponents = np.frexp(np.abs(array).max(axis=0))
    rounded: Matrix = np.rint(np.ldexp(array, bits - exponents))
    return rounded


def _sparse() -> Any:
    try:
        return importlib.import_module("scipy.sparse")
    except ImportError:
        raise CorpusError(
            "Training embeddings on a corpus needs SciPy: pip install 'webenvs[dense]'."
        ) from None
