"""The frozen index: flat arrays of whole-number impacts, in memory or mapped from a directory.

Terms are found by binary search in sorted 64-bit hashes, so no process keeps a dictionary of them.
A rare term has postings (page numbers and impacts, ascending by page); a frequent one, in more than
an eighth of the pages, has a dense row with the impact of every page, zero where it is absent.
"""

import errno
import hashlib
import tempfile
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from webenvs.errors import CorpusError
from webenvs.records import Record
from webenvs.search.analyzer import Analyzer
from webenvs.search.settings import Bm25Settings
from webenvs.seeding import canonical_json

FORMAT = "webenvs-bm25-1"
MANIFEST = "manifest.json"


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


class File(Record, frozen=True, kw_only=True):
    """Size in bytes and SHA-256 of one array file."""

    size: int
    sha256: str


class Manifest(Record, frozen=True, kw_only=True):
    """What an index directory says about itself."""

    format: str
    corpus: str
    settings: dict[str, Any]
    analyzer: str
    pages: int
    terms: int
    postings: int
    scale: int
    files: dict[str, File]


class Index:
    """An index of one corpus under one set of settings; it never changes."""

    def __init__(
        self,
        arrays: Arrays,
        manifest: Manifest,
        settings: Bm25Settings,
        directory: Path | None = None,
    ) -> None:
        self.arrays = arrays
        self.manifest = manifest
        self.settings = settings
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

    def write(self, directory: Path) -> None:
        """Write the index as `directory`, all or nothing; an index that is there already stays."""
        directory.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=directory.parent, prefix=".index-") as aside:
            place = Path(aside) / "index"
            place.mkdir()
            files = {
                name: _save(place, name, getattr(self.arrays, name)) for name in Arrays._fields
            }
            manifest = msgspec.structs.replace(self.manifest, files=files)
            (place / MANIFEST).write_bytes(written(manifest))
            try:
                place.rename(directory)
            except OSError as error:
                if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
                    raise

    @classmethod
    def open(cls, directory: Path, corpus: str, settings: Bm25Settings) -> "Index":
        """Map the index in `directory`; raises CorpusError if it is of other pages or settings.

        Sizes and shapes are checked, hashes are not: see `verifying.verify`.
        """
        manifest = read_manifest(directory)
        require(directory, "format", manifest.format, FORMAT)
        require(directory, "corpus", manifest.corpus, corpus)
        require(directory, "settings", manifest.settings, settings.mapping("bm25"))
        require(directory, "analyzer", manifest.analyzer, Analyzer(settings.analyzer).fingerprint())
        for name in Arrays._fields:
            file = manifest.files.get(name)
            path = directory / f"{name}.npy"
            size = path.stat().st_size if path.is_file() else None
            require(directory, f"size of {path.name}", size, file and file.size)
        arrays = Arrays(*(_load(directory / f"{name}.npy") for name in Arrays._fields))
        _check_shapes(directory, arrays, manifest)
        return cls(arrays, manifest, settings, directory)

    def __reduce__(self) -> tuple[Any, ...]:
        if self.directory is None:
            return Index, (self.arrays, self.manifest, self.settings)
        return Index.open, (self.directory, self.manifest.corpus, self.settings)


def hash_of(term: str) -> int:
    """The 64-bit hash under which a term is filed: BLAKE2b of its UTF-8, big endian."""
    return int.from_bytes(hashlib.blake2b(term.encode(), digest_size=8).digest(), "big")


def read_manifest(directory: Path) -> Manifest:
    """What the index in `directory` says about itself; raises CorpusError if there is none."""
    path = directory / MANIFEST
    try:
        return msgspec.json.decode(path.read_bytes(), type=Manifest)
    except (FileNotFoundError, NotADirectoryError):
        raise CorpusError(f"There is no search index in {directory}: {path} is missing.") from None
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise CorpusError(f"The search index in {directory} is broken: {path}: {error}.") from None


def written(manifest: Manifest) -> bytes:
    """The bytes of a manifest file."""
    return canonical_json(manifest) + b"\n"


def file_of(path: Path) -> File:
    """Size and SHA-256 of the file at `path`, read whole."""
    with path.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    return File(size=path.stat().st_size, sha256=sha256)


def require(directory: Path, what: str, found: object, wanted: object) -> None:
    """Raise CorpusError, naming the index in `directory`, unless `found` equals `wanted`."""
    if found == wanted:
        return
    if isinstance(found, Mapping) and isinstance(wanted, Mapping):
        names = sorted(name for name in {*found, *wanted} if found.get(name) != wanted.get(name))
        found = {name: found.get(name) for name in names}
        wanted = {name: wanted.get(name) for name in names}
    raise CorpusError(
        f"The search index in {directory} does not fit: its {what} is {found!r}, "
        f"not {wanted!r}. Delete it to have it built anew."
    )


def _save(place: Path, name: str, array: NDArray[Any]) -> File:
    path = place / f"{name}.npy"
    np.save(path, array, allow_pickle=False)
    return file_of(path)


def _load(path: Path) -> NDArray[Any]:
    """A plain array over the mapped file: slices of a memmap itself are slow to make."""
    try:
        mapped = np.load(path, mmap_mode="r", allow_pickle=False)
        if mapped.offset + mapped.nbytes != path.stat().st_size:
            raise ValueError("its header does not fit its size")
    except Exception as error:  # NumPy evaluates the header: damage raises almost anything
        raise CorpusError(f"{path} is broken: {error}.") from error
    return np.asarray(mapped)


def _check_shapes(directory: Path, arrays: Arrays, manifest: Manifest) -> None:
    """Raise CorpusError unless types, lengths and places agree; postings and rows are not read."""
    terms, rows, starts = manifest.terms, len(arrays.dense_terms), arrays.starts
    postings = int(starts[-1]) if starts.shape == (terms + 1,) else 0
    wanted = {
        "hashes": (np.dtype(np.uint64), (terms,)),
        "starts": (np.dtype(np.int64), (terms + 1,)),
        "frequencies": (np.dtype(np.uint32), (terms,)),
        "ceilings": (np.dtype(np.uint16), (terms,)),
        "docs": (np.dtype(np.uint32), (postings,)),
        "impacts": (np.dtype(np.uint16), (postings,)),
        "dense_terms": (np.dtype(np.int64), (rows,)),
        "dense": (np.dtype(np.uint16), (rows, manifest.pages)),
    }
    for name, array in arrays._asdict().items():
        require(directory, f"{name}.npy", (array.dtype, array.shape), wanted[name])
    dense = [-1, *arrays.dense_terms.tolist(), terms]
    orders = {
        "starts.npy": starts[0] == 0 and bool((starts[1:] >= starts[:-1]).all()),
        "dense_terms.npy": all(low < high for low, high in pairwise(dense)),
        "scale": manifest.scale >= 1,
    }
    for what, sound in orders.items():
        if not sound:
            raise damaged(directory, f"{what} is out of order")


def damaged(directory: Path | None, why: object) -> CorpusError:
    """The error for an index whose arrays contradict each other."""
    place = f"in {directory}" if directory else "held in memory"
    return CorpusError(
        f"The search index {place} is damaged: {why}. Delete it to have it built anew."
    )
