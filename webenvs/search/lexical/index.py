"""The frozen index: flat arrays of whole-number impacts, in memory or mapped from a directory.

Terms are found by binary search in sorted 64-bit hashes, so no process keeps a dictionary of them.
A rare term has postings (page numbers and impacts, ascending by page); a frequent one, in more than
an eighth of the pages, has a dense row with the impact of every page, zero where it is absent.
"""

import hashlib
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from webenvs.records import Record
from webenvs.search.analyzer import Analyzer
from webenvs.search.frozen import Identity, damaged, load_array, obtained, opened, require
from webenvs.search.lexical.settings import Bm25Settings

FORMAT = "webenvs-bm25-2"


class Arrays(NamedTuple):
    """The arrays of an index of n pages, t terms, p postings and r dense rows."""

    hashes: NDArray[np.uint64]
    """t term hashes, ascending; a term's place here is its number."""
    starts: NDArray[np.int64]
    """t + 1 places: the postings of term i are starts[i] to starts[i + 1]; none if it is dense."""
    frequencies: NDArray[np.uint32]
    """In how many pages each term lies."""
    ceilings: NDArray[np.uint16]
    """The greatest impact of each term."""
    docs: NDArray[np.uint32]
    """p page numbers."""
    impacts: NDArray[np.uint16]
    """p impacts."""
    dense_terms: NDArray[np.int64]
    """The numbers of the r dense terms, ascending."""
    dense: NDArray[np.uint16]
    """r rows of n impacts."""


class Counts(Record, frozen=True, kw_only=True):
    """The sizes of an index, and the units in which its impacts count a score of 1."""

    pages: int
    terms: int
    postings: int
    scale: int


class Index:
    """An index of one corpus under one set of settings; it never changes."""

    def __init__(
        self,
        arrays: Arrays,
        counts: Counts,
        identity: Identity,
        directory: Path | None = None,
    ) -> None:
        self.arrays = arrays
        self.counts = counts
        self.identity = identity
        self.directory = directory
        """Where the arrays are mapped from, or None if they are held in memory."""
        self._rows = {term: row for row, term in enumerate(arrays.dense_terms.tolist())}

    def term(self, term: str) -> int | None:
        """The number of a term, or None if no page holds it."""
        hashes = self.arrays.hashes
        key = np.uint64(hash_of(term))
        place = int(hashes.searchsorted(key))
        return place if place < len(hashes) and hashes[place] == key else None

    def row(self, number: int) -> NDArray[np.uint16] | None:
        """The impact of a dense term on every page, or None if the term has postings."""
        row = self._rows.get(number)
        return None if row is None else self.arrays.dense[row]

    def postings(self, number: int) -> tuple[NDArray[np.uint32], NDArray[np.uint16]]:
        """Pages and impacts of a term that is not dense."""
        start, end = int(self.arrays.starts[number]), int(self.arrays.starts[number + 1])
        return self.arrays.docs[start:end], self.arrays.impacts[start:end]

    def write(self, place: Path) -> Path | None:
        """The directory of this index in `place`, written there unless it is there already.

        None where nothing may be written.
        """
        return obtained(place, self.identity, self.save)

    def save(self, folder: Path) -> Mapping[str, int]:
        """Write the arrays into an empty folder; returns the counts."""
        for name, array in self.arrays._asdict().items():
            np.save(folder / f"{name}.npy", array, allow_pickle=False)
        counts: dict[str, int] = msgspec.to_builtins(self.counts)
        return counts

    @classmethod
    def open(cls, directory: Path, identity: Identity) -> "Index":
        """Map the index in `directory`; raises CorpusError if it is of other pages or settings.

        Sizes and shapes are checked, the content of the arrays is not: see `verifying.verify`.
        """
        manifest = opened(directory, identity)
        names = sorted(f"{name}.npy" for name in Arrays._fields)
        require(directory, "list of arrays", sorted(manifest.files), names)
        counts = _counts(directory, manifest.counts)
        arrays = Arrays(*(load_array(directory / f"{name}.npy") for name in Arrays._fields))
        _check_shapes(directory, arrays, counts)
        return cls(arrays, counts, identity, directory)

    def __reduce__(self) -> tuple[Any, ...]:
        if self.directory is None:
            return Index, (self.arrays, self.counts, self.identity)
        return Index.open, (self.directory, self.identity)


def identity_of(corpus: str, settings: Bm25Settings) -> Identity:
    """The identity of the index of the corpus with this digest under these settings."""
    return Identity(
        engine="bm25",
        format=FORMAT,
        corpus=corpus,
        settings=settings.indexed,
        fingerprints={"analyzer": Analyzer(settings.analyzer).fingerprint()},
    )


def hash_of(term: str) -> int:
    """The 64-bit hash under which a term is filed: BLAKE2b of its UTF-8, big endian."""
    return int.from_bytes(hashlib.blake2b(term.encode(), digest_size=8).digest(), "big")


def check_order(index: Index) -> None:
    """Raise CorpusError unless the places of postings ascend; reads all of them."""
    starts = index.arrays.starts
    if starts[0] != 0 or not bool((starts[1:] >= starts[:-1]).all()):
        raise damaged(index.directory, "starts.npy is out of order")


def _counts(directory: Path, values: Mapping[str, int]) -> Counts:
    try:
        return msgspec.convert(values, Counts)
    except msgspec.ValidationError as error:
        raise damaged(directory, error) from None


def _check_shapes(directory: Path, arrays: Arrays, counts: Counts) -> None:
    """Raise CorpusError unless types and lengths agree; places, postings and rows are not read."""
    terms, rows, starts = counts.terms, len(arrays.dense_terms), arrays.starts
    postings = int(starts[-1]) if starts.shape == (terms + 1,) else 0
    wanted = {
        "hashes": (np.dtype(np.uint64), (terms,)),
        "starts": (np.dtype(np.int64), (terms + 1,)),
        "frequencies": (np.dtype(np.uint32), (terms,)),
        "ceilings": (np.dtype(np.uint16), (terms,)),
        "docs": (np.dtype(np.uint32), (postings,)),
        "impacts": (np.dtype(np.uint16), (postings,)),
        "dense_terms": (np.dtype(np.int64), (rows,)),
        "dense": (np.dtype(np.uint16), (rows, counts.pages)),
    }
    for name, array in arrays._asdict().items():
        require(directory, f"{name}.npy", (array.dtype, array.shape), wanted[name])
    dense = [-1, *arrays.dense_terms.tolist(), terms]
    if not all(low < high for low, high in pairwise(dense)):
        raise damaged(directory, "dense_terms.npy is out of order")
    if counts.scale < 1:
        raise damaged(directory, f"its scale is {counts.scale}")
