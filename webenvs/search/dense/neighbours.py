"""The nearest of many whole-number vectors, through FAISS, exactly and the same everywhere.

Vectors are stored as bytes and compared by inner products that float32 computes exactly (see
`grid`); cluster centres and the code book of shortened vectors are whole numbers too, so every
comparison that FAISS makes is exact. Where FAISS lets equal distances fall differently on different
processors (its search for a single nearest vector, its queue of bounded length), it is not asked.
The files are mapped, so that all processes share them.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from webenvs.errors import CorpusError
from webenvs.search.dense import clusters
from webenvs.search.dense.grid import Whole
from webenvs.search.dense.settings import DenseSettings, Kind
from webenvs.search.frozen import load_array

faiss: Any = importlib.import_module("faiss")  # its types do not fit what it does

INDEX = "vectors.faiss"
FULL = "vectors.npy"
"""The vectors in full, where the index holds shortened ones."""

EXACT_UP_TO = 50_000
"""Where a filter lets no more vectors pass, all of them are looked at."""

_BYTES = faiss.ScalarQuantizer.QT_8bit_direct_signed
_INNER = faiss.METRIC_INNER_PRODUCT
_BATCH = 16_384
_TRAINED_EACH = 40
"""Vectors that a cluster is trained on."""

_CODES = 256
_CODE_TRAINING = 32_768


class Found(NamedTuple):
    """Vectors by number, the nearest first, and their inner products with the query.

    `floor` is the score from which on others may have been left out: every eligible vector above
    it is here. It is None where nothing was left out, or where asking for more would find no more.
    """

    scores: NDArray[np.int64]
    numbers: NDArray[np.int64]
    floor: int | None


class Knobs(NamedTuple):
    """How widely an index is searched (see DenseSettings)."""

    nprobe: int
    ef_search: int
    candidates: int


def write(directory: Path, vectors: Whole, settings: DenseSettings) -> None:
    """Write the index of `vectors` [n, d] into `directory`; a mapped array is read in batches."""
    count, dims = vectors.shape
    kind = settings.kind(count, dims)
    make = _clustered if kind in _CLUSTERED else _plain
    with _one_thread():  # a graph that several threads build depends on their timing
        _save(make(kind, vectors, settings), directory / INDEX)
    if kind == "pq":
        np.save(directory / FULL, vectors, allow_pickle=False)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Let FAISS work in this thread alone.

    For one query it would wake all others, wait for them, and hang in a forked process that lacks
    them.
    """
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(threads)


def _save(index: Any, path: Path) -> None:
    try:
        faiss.write_index(index, str(path))
    except RuntimeError as error:  # a full disk, say
        raise OSError(f"{path} cannot be written: {_last_line(error)}.") from None


def _last_line(error: RuntimeError) -> str:
    return str(error).strip().splitlines()[-1]


class Neighbours:
    """The index in one directory, mapped; safe to ask from many threads."""

    def __init__(self, directory: Path, kind: Kind, count: int, dims: int) -> None:
        """Raises CorpusError if the file is no index of `count` vectors of `dims` dimensions."""
        self.kind = kind
        self.count = count
        path = directory / INDEX
        try:
            index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
        except RuntimeError as error:
            raise CorpusError(f"{path} is broken: {_last_line(error)}.") from None
        if type(index) is not _TYPES[kind] or (index.ntotal, index.d) != (count, dims):
            raise CorpusError(
                f"{path} is broken: it is {type(index).__name__} of {index.ntotal} vectors of "
                f"{index.d} dimensions, not {_TYPES[kind].__name__} of {count} of {dims}."
            )
        self._index = index
        wanted = np.dtype(np.int8), (count, dims)
        self._full = load_array(directory / FULL) if kind == "pq" else None
        if self._full is not None and (self._full.dtype, self._full.shape) != wanted:
            told = f"{self._full.dtype} of shape {self._full.shape}"
            raise CorpusError(f"{directory / FULL} is broken: it is {told}.")

    def nearest(
        self, query: Whole, wanted: int, knobs: Knobs, passing: NDArray[np.bool_] | None = None
    ) -> Found:
        """About `wanted` of the vectors nearest to `query` [d], of those that are `passing`.

        flat and ivf return that many and a floor, as does hnsw under a filter; else hnsw and pq
        return what they can find, whatever is wanted, so that fewer are the first of more.
        """
        with _one_thread():
            return self._nearest(query, wanted, knobs, passing)

    def all_there(self) -> bool:
        """Whether every vector is in one cluster, where there are clusters; reads their numbers."""
        if self.kind not in _CLUSTERED:
            return True
        lists = self._index.invlists
        sizes = [lists.list_size(number) for number in range(lists.nlist)]
        if sum(sizes) != self.count:
            return False
        held = [
            faiss.rev_swig_ptr(lists.get_ids(number), size).copy()
            for number, size in enumerate(sizes)
            if size
        ]
        return bool((np.sort(np.concatenate(held)) == np.arange(self.count)).all())

    def _nearest(
        self, query: Whole, wanted: int, knobs: Knobs, passing: NDArray[np.bool_] | None
    ) -> Found:
        chosen = _Chosen(passing)
        few = passing is not None and chosen.count <= EXACT_UP_TO
        row = query.astype(np.float32)[None]
        if self.kind == "pq":
            return self._shortened(query, knobs, chosen, few=few)
        if self.kind == "ivf":
            return self._in_clusters(row, wanted, 0 if few else knobs.nprobe, chosen)
        if self.kind == "hnsw" and passing is None:
            return self._along_links(row, knobs.ef_search)
        # FAISS does not filter along links without its bounded queue: all that pass are looked at.
        index = faiss.downcast_index(self._index.storage) if self.kind == "hnsw" else self._index
        wanted = min(wanted, self.count)
        parameters = faiss.SearchParameters(sel=chosen.selector)
        return self._found(wanted, index.search(row, wanted, params=parameters))

    def _along_links(self, row: Any, width: int) -> Found:
        """The nearest that are met when the best `width` are followed."""
        width = min(self.count, width)
        parameters = faiss.SearchParametersHNSW(efSearch=width, bounded_queue=False)
        found = self._found(width, self._index.search(row, width, params=parameters))
        return found._replace(floor=None)

    def _in_clusters(self, row: Any, wanted: int, probed: int, chosen: _Chosen) -> Found:
        """The nearest in the `probed` nearest clusters, or in all of them if that is 0."""
        probed = min(probed or self._index.nlist, self._index.nlist)
        parameters = faiss.SearchParametersIVF(nprobe=probed, sel=chosen.selector)
        wanted = min(wanted, self.count)
        answer = self._index.search(row, wanted, params=parameters)
        return self._found(wanted, answer)

    def _shortened(self, query: Whole, knobs: Knobs, chosen: _Chosen, *, few: bool) -> Found:
        """The candidates that the shortened vectors suggest, scored in full."""
        assert self._full is not None
        if few:
            numbers = np.flatnonzero(chosen.passing)
        else:
            row = query.astype(np.float32)[None]
            found = self._in_clusters(row, knobs.candidates, knobs.nprobe, chosen)
            numbers = np.sort(found.numbers)
        scores = self._full[numbers].astype(np.int32) @ query.astype(np.int32)
        order = np.argsort(-scores, kind="stable")
        return Found(scores[order].astype(np.int64), numbers[order], None)

    def _found(self, wanted: int, answer: tuple[NDArray[np.float32], NDArray[np.int64]]) -> Found:
        held = answer[1][0] >= 0
        scores = answer[0][0][held].astype(np.int64)
        cut = wanted < self.count and bool(held.all())
        return Found(scores, answer[1][0][held], int(scores[-1]) if cut else None)


class _Chosen:
    """The vectors that pass a filter, as FAISS wants them; without a filter all do."""

    def __init__(self, passing: NDArray[np.bool_] | None) -> None:
        self.passing = passing if passing is not None else np.zeros(0, dtype=np.bool_)
        self.count = int(np.count_nonzero(self.passing))
        self.selector = None
        if passing is not None:
            self._bits = np.packbits(passing, bitorder="little")
            self.selector = faiss.IDSelectorBitmap(len(passing), faiss.swig_ptr(self._bits))


def _plain(kind: Kind, vectors: Whole, settings: DenseSettings) -> Any:
    """An index without clusters: the vectors in a row, or joined in a graph."""
    dims = vectors.shape[1]
    if kind == "flat":
        index = faiss.IndexScalarQuantizer(dims, _BYTES, _INNER)
    else:
        index = faiss.IndexHNSWSQ(dims, _BYTES, settings.hnsw_links, _INNER)
        index.hnsw.efConstruction = settings.ef_construction
        index.is_trained = True
    for _, piece in _batches(vectors):
        index.add(piece.astype(np.float32))
    return index


def _clustered(kind: Kind, vectors: Whole, settings: DenseSettings) -> Any:
    """An index of vectors by cluster, in full or shortened."""
    count, dims = vectors.shape
    lists = settings.clusters(count)
    centres = clusters.directions(_spread(vectors, _TRAINED_EACH * lists), lists)
    coarse = faiss.IndexFlatIP(dims)
    coarse.add(centres.astype(np.float32))
    book = None
    if kind == "ivf":
        index = faiss.IndexIVFScalarQuantizer(coarse, dims, lists, _BYTES, _INNER, False)
    else:
        book = _code_book(_spread(vectors, _CODE_TRAINING), settings.parts(dims))
        index = faiss.IndexIVFPQ(coarse, dims, lists, len(book), 8, _INNER)
        index.by_residual = False
        faiss.copy_array_to_vector(book.astype(np.float32).reshape(-1), index.pq.centroids)
    index.is_trained = True
    for start, piece in _batches(vectors):
        codes = _bytes(piece) if book is None else _codes(piece, book)
        numbers = np.arange(start, start + len(piece))
        _filed(index, clusters.nearest(piece, centres), numbers, codes)
    coarse.this.disown()
    index.own_fields = True
    return index


def _bytes(vectors: Whole) -> NDArray[np.uint8]:
    """The vectors as FAISS stores them: each component plus 128."""
    shifted: NDArray[np.uint8] = vectors.view(np.uint8) ^ np.uint8(128)
    return shifted


def _filed(index: Any, labels: NDArray[np.int64], numbers: Any, codes: NDArray[np.uint8]) -> None:
    """Add the vectors of these numbers and codes to the lists of their clusters."""
    width = index.coarse_code_size()
    lists = labels.astype("<u8").view(np.uint8).reshape(len(labels), 8)[:, :width]
    index.add_sa_codes(np.hstack([lists, codes]), numbers)


def _codes(vectors: Whole, book: clusters.Centres) -> NDArray[np.uint8]:
    """The number of the nearest centroid for each part of each vector."""
    pieces = vectors.reshape(len(vectors), len(book), -1)
    labels = [clusters.nearest_by_distance(pieces[:, part], one) for part, one in enumerate(book)]
    return np.stack(labels, axis=1).astype(np.uint8)


def _batches(vectors: Whole) -> Iterator[tuple[int, Whole]]:
    for start in range(0, len(vectors), _BATCH):
        yield start, np.ascontiguousarray(vectors[start : start + _BATCH])


def _code_book(vectors: Whole, parts: int) -> clusters.Centres:
    """The 256 whole-number centroids of each part of the vectors: [parts, 256, d / parts]."""
    pieces = vectors.reshape(len(vectors), parts, -1)
    books = [clusters.centroids(pieces[:, part].copy(), _CODES) for part in range(parts)]
    return np.stack(books)


def _spread(vectors: Whole, most: int) -> Whole:
    """At most so many of the vectors, spread evenly, in memory."""
    chosen = min(len(vectors), most)
    return vectors[np.arange(chosen) * len(vectors) // chosen]


_CLUSTERED = ("ivf", "pq")
_TYPES: dict[Kind, Any] = {
    "flat": faiss.IndexScalarQuantizer,
    "ivf": faiss.IndexIVFScalarQuantizer,
    "hnsw": faiss.IndexHNSWSQ,
    "pq": faiss.IndexIVFPQ,
}
