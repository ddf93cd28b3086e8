"""The dense index of a corpus: its passages as whole-number vectors, frozen on disk and mapped."""

import itertools
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from webenvs.search.analyzer import Analyzer
from webenvs.search.dense.grid import on_grid, scale_for
from webenvs.search.dense.neighbours import Neighbours, write
from webenvs.search.dense.passages import Passage, cut, passages
from webenvs.search.dense.settings import DenseSettings
from webenvs.search.embedders.embedder import Embedder, Vectors
from webenvs.search.embedders.lsa import DIMS, Lsa, lsa_fingerprint
from webenvs.search.embedders.lsa_training import LARGEST_TRAINING, trained
from webenvs.search.frozen import Identity, damaged, load_array, opened, require
from webenvs.search.pages import Pages

FORMAT = "webenvs-dense-1"
PLACES = "passages.npy"
"""Page, first character and end of every passage, where pages are divided."""

Progress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and how much there is."""

_SAMPLE = 1_024
"""Pages from whose vectors the grid is found."""

_VECTORS = "vectors.part"


class Counts(NamedTuple):
    """What the manifest says in numbers; the scale of the grid is `scale` over `scale_under`."""

    pages: int
    passages: int
    dims: int
    cut_pages: int
    """Pages that were longer than what was embedded of them."""
    scale: int
    scale_under: int


class DenseIndex:
    """The index in one directory; it never changes and is safe to ask from many threads."""

    def __init__(self, directory: Path, identity: Identity, settings: DenseSettings) -> None:
        """Raises CorpusError if what is there is not the index with this identity."""
        told = opened(directory, identity).counts
        if set(told) != set(Counts._fields) or told["scale"] < 1 or told["scale_under"] < 1:
            raise damaged(directory, f"its counts are {told}")
        self.directory = directory
        self.counts = Counts(**told)
        count, dims = self.counts.passages, self.counts.dims
        self.scale = self.counts.scale / self.counts.scale_under
        self.neighbours = Neighbours(directory, settings.kind(count, dims), count, dims)
        self.embedder = Lsa.open(directory, Analyzer(settings.analyzer)) if _own(settings) else None
        if self.embedder and self.embedder.dims != dims:
            raise damaged(directory, f"its words have {self.embedder.dims} dimensions, not {dims}")
        self._places = _divided(directory, count) if settings.chunk_words else None
        if not settings.chunk_words and self.counts.pages != count:
            raise damaged(directory, f"it has {count} passages of {self.counts.pages} pages")

    def pages_of(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """The pages that these passages are of."""
        if self._places is None:
            return numbers
        pages: NDArray[np.int64] = self._places[numbers, 0].astype(np.int64)
        return pages

    def passages_of(self, mask: NDArray[np.bool_] | None) -> NDArray[np.bool_] | None:
        """The passages of the pages in `mask`."""
        return mask if mask is None or self._places is None else mask[self._places[:, 0]]

    def check(self, pages: int) -> None:
        """Raise CorpusError unless this is an index of so many pages, every part of it in order.

        Reads places, words and the numbers of vectors; the vectors themselves are not looked at.
        """
        require(self.directory, "number of pages", self.counts.pages, pages)
        if self._places is not None and not _in_order(self._places.astype(np.int64), pages):
            raise damaged(self.directory, f"{PLACES} is out of order")
        if self.embedder and not self.embedder.in_order():
            raise damaged(self.directory, "its words are out of order")
        if not self.neighbours.all_there():
            raise damaged(self.directory, "its clusters do not hold every passage once")

    def span(self, number: int) -> tuple[int, int] | None:
        """First character and end of a passage in the text of its page; None if it is all of it."""
        if self._places is None:
            return None
        _, start, end = self._places[number].tolist()
        return start, end


def identity_of(corpus: str, settings: DenseSettings, embedder: Embedder | None) -> Identity:
    """What tells the index of these pages and settings from every other."""
    analyzer = Analyzer(settings.analyzer)
    fingerprint = embedder.fingerprint if embedder else lsa_fingerprint(analyzer)
    return Identity(
        engine="dense",
        format=FORMAT,
        corpus=corpus,
        settings=settings.frozen(),
        fingerprints={"embedder": fingerprint},
    )


def build(
    pages: Pages,
    settings: DenseSettings,
    embedder: Embedder | None,
    directory: Path,
    progress: Progress | None = None,
) -> Mapping[str, int]:
    """Write the index of `pages` into an empty directory; returns its counts.

    Without an `embedder` one is trained on the pages. Vectors are held some hundred at a time; the
    index itself is made in memory.
    """
    tell = progress or _silent
    if embedder is None:
        embedder = _trained(pages, settings, tell)
        embedder.write(directory)
    if settings.index == "pq":
        settings.parts(embedder.dims)  # raises before anything long is done
    source = _Source(pages, settings, embedder)
    sample = source.vectors(_spread(len(pages), _SAMPLE))
    scale = scale_for(np.concatenate(list(sample.values())))
    raw = directory / _VECTORS
    places, cut = _written(source, sample, scale, raw, tell)
    count = len(places) // 3
    tell("index", 0, count)
    vectors = np.memmap(raw, dtype=np.int8, mode="r", shape=(count, embedder.dims))
    write(directory, vectors, settings)
    tell("index", count, count)
    del vectors
    raw.unlink()
    if settings.chunk_words:
        table = np.frombuffer(places, dtype=np.uint32).reshape(-1, 3)
        np.save(directory / PLACES, table, allow_pickle=False)
    over, under = scale.as_integer_ratio()
    return Counts(len(pages), count, embedder.dims, cut, over, under)._asdict()


class _Source:
    """The passages of pages and their vectors."""

    def __init__(self, pages: Pages, settings: DenseSettings, embedder: Embedder) -> None:
        self.pages = pages
        self.embedder = embedder
        self._prefix = settings.passage_prefix
        self._sizes = settings.chunk_words, settings.max_chunks
        self.batch = settings.batch

    def divided(self, number: int) -> tuple[list[Passage], bool]:
        """The passages of a page, and whether they leave out its end."""
        page = self.pages.page(number)
        found = passages(page, *self._sizes)
        return found, cut(page, found, self._sizes[0])

    def vectors(self, numbers: Sequence[int]) -> dict[int, Vectors]:
        """The vectors of some pages."""
        found = [self.divided(number)[0] for number in numbers]
        rows = self.encoded([passage for page in found for passage in page])
        pieces = np.split(rows, list(itertools.accumulate(map(len, found)))[:-1])
        return dict(zip(numbers, pieces, strict=True))

    def encoded(self, found: Sequence[Passage]) -> Vectors:
        """One row for each passage; one without a text has zeros, and no embedder is asked."""
        rows = np.zeros((len(found), self.embedder.dims), dtype=np.float32)
        held = [place for place, passage in enumerate(found) if passage.text]
        if held:
            texts = [self._prefix + found[place].text for place in held]
            rows[held] = self.embedder.encode(texts, "passage")
        return rows


def _written(
    source: _Source, sample: Mapping[int, Vectors], scale: float, raw: Path, tell: Progress
) -> tuple["array[int]", int]:
    """Write every vector to `raw`; returns places of passages, and how many pages were cut."""
    places, cut_pages, total = array("I"), 0, len(source.pages)
    with raw.open("wb") as stream:
        for batch in _batches(source):
            for number, (found, ends_early) in batch.items():
                cut_pages += ends_early
                for passage in found:
                    places.extend((number, passage.start, passage.end))
            stream.write(on_grid(_rows(source, batch, sample), scale).tobytes())
            tell("vectors", max(batch) + 1, total)
    return places, cut_pages


_Batch = dict[int, tuple[list[Passage], bool]]


def _rows(source: _Source, batch: _Batch, sample: Mapping[int, Vectors]) -> Vectors:
    """The vectors of a batch of pages in order; those of the sample are there already."""
    fresh = {number: found for number, (found, _) in batch.items() if number not in sample}
    rows = source.encoded([passage for found in fresh.values() for passage in found])
    pieces = np.split(rows, list(itertools.accumulate(map(len, fresh.values()))))
    known = dict(zip(fresh, pieces, strict=False))
    return np.concatenate([sample[one] if one in sample else known[one] for one in batch])


def _batches(source: _Source) -> Iterator[_Batch]:
    """Runs of pages, about a batch of passages each."""
    batch: _Batch = {}
    size = 0
    for number in range(len(source.pages)):
        batch[number] = source.divided(number)
        size += len(batch[number][0])
        if size >= source.batch:
            yield batch
            batch, size = {}, 0
    if batch:
        yield batch


def _trained(pages: Pages, settings: DenseSettings, tell: Progress) -> Lsa:
    """LSA trained on passages of pages, both spread evenly where there are too many."""
    numbers = _spread(len(pages), settings.training_pages)
    each = LARGEST_TRAINING // len(numbers)

    def texts() -> Iterator[str]:
        for place, number in enumerate(numbers):
            found = passages(pages.page(number), settings.chunk_words, settings.max_chunks)
            for chosen in _spread(len(found), each):
                yield settings.passage_prefix + found[chosen].text
            tell("training", place + 1, len(numbers))

    return trained(texts(), settings.dims or DIMS, Analyzer(settings.analyzer))


def _own(settings: DenseSettings) -> bool:
    return settings.family == "lsa"


def _spread(count: int, most: int) -> list[int]:
    chosen = min(count, most)
    return [place * count // chosen for place in range(chosen)]


def _divided(directory: Path, count: int) -> NDArray[np.uint32]:
    table = load_array(directory / PLACES)
    if table.shape != (count, 3) or table.dtype != np.uint32:
        raise damaged(directory, f"{PLACES} is {table.dtype} of shape {table.shape}")
    return table


def _in_order(places: NDArray[np.int64], pages: int) -> bool:
    """Whether every page has passages, in the order of the pages, and none overlaps another."""
    numbers, starts, ends = places.T
    steps = np.diff(numbers, prepend=-1)
    same = steps[1:] == 0
    return bool(
        np.isin(steps, (0, 1)).all()
        and steps[0] == 1
        and numbers[-1] == pages - 1
        and (starts <= ends).all()
        and (starts[1:] >= ends[:-1])[same].all()
    )


def _silent(_stage: str, _done: int, _total: int) -> None:
    """Tells nobody."""
