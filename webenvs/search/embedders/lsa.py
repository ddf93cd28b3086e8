"""Latent semantic analysis: vectors of texts from the words of the corpus itself, exactly.

A text becomes the sum of the vectors of its terms, each times (1 + ln count) * idf, drawn to unit
length (Deerwester and others, Indexing by latent semantic analysis, 1990; weights as in Salton and
Buckley, 1988). Weights and vectors are whole numbers and every sum stays below 2**53, so a vector
is the same on every machine, and a query takes microseconds. `lsa_training` makes the model.
"""

import functools
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from webenvs.errors import CorpusError
from webenvs.search.analyzer import Analyzer
from webenvs.search.embedders.embedder import Use, Vectors
from webenvs.search.frozen import load_array
from webenvs.search.lexical.index import hash_of
from webenvs.search.lexical.weighting import log
from webenvs.seeding import digest

VERSION = 1
"""Raised whenever the same pages would give other vectors."""

DIMS = 256
"""Dimensions where nothing is said."""

WEIGHT = 2**8
"""A term's weight in a text is a whole number of such parts."""

_LARGEST_COUNT = 2**14
_KNOWN_WORDS = 400_000


class Model(NamedTuple):
    """The arrays of a model of t terms."""

    hashes: NDArray[np.uint64]
    """t term hashes, ascending."""
    idf: NDArray[np.float64]
    """The weight of each term."""
    components: NDArray[np.int32]
    """The vector of each term, [t, dims]."""


class Lsa:
    """An embedder over one model."""

    def __init__(self, model: Model, analyzer: Analyzer) -> None:
        self.model = model
        self._analyzer = analyzer
        self._rows = _Rows(model.hashes, analyzer)

    @property
    def fingerprint(self) -> str:
        """What the method is; with the corpus it decides every number of the model."""
        return lsa_fingerprint(self._analyzer)

    @property
    def dims(self) -> int:
        """The length of every vector."""
        return int(self.model.components.shape[1])

    def encode(self, texts: Sequence[str], use: Use) -> Vectors:
        """One row of unit length for each text; zeros for a text without a known word."""
        sums = np.zeros((len(texts), self.dims))
        for place, text in enumerate(texts):
            rows, weights = self._weighed(text)
            if len(rows):
                sums[place] = weights @ self.model.components[rows].astype(np.float64)
        return _units(sums)

    def _weighed(self, text: str) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The known terms of a text and their whole-number weights."""
        held = Counter(map(self._rows.__getitem__, self._analyzer.words(text)))
        held.pop(-1, None)
        rows = np.array(list(held), dtype=np.int64)
        counts = np.array(list(held.values()), dtype=np.int64)
        return rows, weighed(counts, self.model.idf[rows])

    def in_order(self) -> bool:
        """Whether the hashes of terms ascend and their weights are finite; reads all of them."""
        hashes, idf = self.model.hashes, self.model.idf
        return bool((hashes[1:] > hashes[:-1]).all() and np.isfinite(idf).all())

    def write(self, directory: Path) -> None:
        """Write the arrays of the model into `directory`."""
        for name, array in self.model._asdict().items():
            np.save(directory / f"lsa-{name}.npy", array, allow_pickle=False)

    @classmethod
    def open(cls, directory: Path, analyzer: Analyzer) -> "Lsa":
        """The model in `directory`, mapped; raises CorpusError if its arrays do not fit."""
        model = Model(*(load_array(directory / f"lsa-{name}.npy") for name in Model._fields))
        terms, kinds = len(model.hashes), [array.dtype for array in model]
        fits = model.idf.shape == (terms,) and model.components.shape[:-1] == (terms,)
        if not fits or kinds != [np.dtype(kind) for kind in (np.uint64, np.float64, np.int32)]:
            raise CorpusError(f"The model of words in {directory} is broken: its arrays differ.")
        return cls(model, analyzer)


def weighed(counts: NDArray[np.int64], idf: NDArray[np.float64]) -> NDArray[np.float64]:
    """The whole-number weights of terms that stand so often in a text."""
    return np.rint(_parts()[np.minimum(counts, _LARGEST_COUNT)] * idf * WEIGHT)


@functools.cache
def _parts() -> NDArray[np.float64]:
    """1 + ln count for every count from 1 on."""
    return np.array([0.0, *(1 + log(count) for count in range(1, _LARGEST_COUNT + 1))])


def lsa_fingerprint(analyzer: Analyzer) -> str:
    """A digest of the method and of what makes terms of words."""
    return digest(["lsa", VERSION, analyzer.fingerprint()])


def _units(sums: NDArray[np.float64]) -> Vectors:
    """Rows of whole numbers drawn to unit length, through whole numbers whose squares add exactly.

    With components below 2**20 and at most 4,096 of them the sum of squares is below 2**53.
    """
    reach = np.abs(sums).max(axis=1, initial=0.0, keepdims=True)
    _, exponents = np.frexp(np.maximum(reach, 1.0))
    short = np.rint(np.ldexp(sums, 20 - exponents))
    lengths = np.sqrt((short * short).sum(axis=1, keepdims=True))
    units: Vectors = (short / np.maximum(lengths, 1.0)).astype(np.float32)
    return units


class _Rows(dict[str, int]):
    """The row of each word, found on first sight; -1 if it is unknown. Emptied when grown large."""

    def __init__(self, hashes: NDArray[np.uint64], analyzer: Analyzer) -> None:
        super().__init__()
        self._hashes = hashes
        self._term_of = analyzer.term_of

    def __missing__(self, word: str) -> int:
        if len(self) >= _KNOWN_WORDS:
            self.clear()
        self[word] = row = self._row(self._term_of(word))
        return row

    def _row(self, term: str) -> int:
        if not term:
            return -1
        key = np.uint64(hash_of(term))
        place = int(self._hashes.searchsorted(key))
        return place if place < len(self._hashes) and self._hashes[place] == key else -1
