"""Building an index: pages are read in corpus order, counted in blocks, and laid out by term."""

from __future__ import annotations  # array.array takes a subscript at run time from 3.12 only

from array import array
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from webenvs.errors import CorpusError
from webenvs.search.analyzer import Analyzer
from webenvs.search.lexical.index import Arrays, Counts, Index, hash_of, identity_of
from webenvs.search.lexical.settings import Bm25Settings
from webenvs.search.lexical.weighting import factor, idf_of, impacts_of, norms_of, scale_for
from webenvs.search.pages import Pages

DENSE_SHARE = 8
"""A term in more than one page of so many gets a dense row."""

_BLOCK_TOKENS = 4_000_000


class _Block(NamedTuple):
    """Postings of a run of pages, ordered by term number, then page."""

    terms: NDArray[np.uint32]
    docs: NDArray[np.uint32]
    counts: NDArray[np.uint32]


class _Postings(NamedTuple):
    """All postings, ordered by term, then page."""

    frequencies: NDArray[np.uint32]
    docs: NDArray[np.uint32]
    counts: NDArray[np.uint32]


class _Terms(dict[str, int]):
    """From words to term numbers, given in order of first sight from 1; 0 is a stop word."""

    def __init__(self, analyzer: Analyzer) -> None:
        super().__init__()
        self._analyzer = analyzer
        self.numbers: dict[str, int] = {"": 0}

    def of(self, text: str) -> Iterator[int]:
        """The numbers of the words of `text`."""
        return map(self.__getitem__, self._analyzer.words(text))

    def __missing__(self, word: str) -> int:
        term = self._analyzer.term_of(word)
        number = self[word] = self.numbers.setdefault(term, len(self.numbers))
        return number


def build_index(pages: Pages, settings: Bm25Settings) -> Index:
    """The index of `pages` in memory; raises CorpusError if urls are out of order.

    While it builds, it holds every posting twice and a dictionary of all words.
    """
    terms = _Terms(Analyzer(settings.analyzer))
    lengths = np.zeros(len(pages), dtype=np.int64)
    blocks = list(_blocks(pages, settings, terms, lengths))
    hashes, ranks = _hashed(list(terms.numbers))
    postings = _by_term(blocks, ranks)
    blocks.clear()
    return _index(pages, settings, hashes, postings, lengths)


def _blocks(
    pages: Pages, settings: Bm25Settings, terms: _Terms, lengths: NDArray[np.int64]
) -> Iterator[_Block]:
    """The counted pages; fills in `lengths`."""
    tokens, ends, first, before = array("I"), array("Q"), 0, ""
    for number in range(len(pages)):
        page = pages.page(number)
        if number and page.url <= before:
            raise CorpusError(f"The pages are not in order: {page.url!r} comes after {before!r}.")
        before = page.url
        tokens.extend(terms.of(page.text))
        for _ in range(settings.title_weight):
            tokens.extend(terms.of(page.title))
        ends.append(len(tokens))
        if len(tokens) >= _BLOCK_TOKENS or number == len(pages) - 1:
            yield _count(tokens, ends, first, lengths)
            tokens, ends, first = array("I"), array("Q"), number + 1


def _count(tokens: array[int], ends: array[int], first: int, lengths: NDArray[np.int64]) -> _Block:
    terms = np.frombuffer(tokens, dtype=np.uint32) if tokens else np.zeros(0, np.uint32)
    sizes = np.diff(np.frombuffer(ends, dtype=np.uint64), prepend=np.uint64(0)).astype(np.int64)
    docs = np.repeat(np.arange(first, first + len(sizes), dtype=np.int64), sizes)
    kept = terms > 0
    terms, docs = terms[kept], docs[kept]
    lengths[first : first + len(sizes)] = np.bincount(docs - first, minlength=len(sizes))
    keys, counts = np.unique((terms.astype(np.int64) << 32) | docs, return_counts=True)
    return _Block((keys >> 32).astype(np.uint32), keys.astype(np.uint32), counts.astype(np.uint32))


def _hashed(terms: list[str]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """The sorted hashes of all terms but the first (the stop word), and each term's place there."""
    hashes = np.fromiter(map(hash_of, terms), dtype=np.uint64, count=len(terms))[1:]
    order = np.argsort(hashes, kind="stable")
    sorted_hashes = hashes[order]
    twins = np.flatnonzero(sorted_hashes[1:] == sorted_hashes[:-1])
    if len(twins):
        pair = [terms[1 + order[twins[0] + offset]] for offset in (0, 1)]
        raise CorpusError(f"The terms {pair[0]!r} and {pair[1]!r} have the same 64-bit hash.")
    ranks = np.zeros(len(terms), dtype=np.int64)
    ranks[1 + order] = np.arange(len(order))
    return sorted_hashes, ranks


def _by_term(blocks: list[_Block], ranks: NDArray[np.int64]) -> _Postings:
    """All postings by rank of their term; blocks come in page order, so pages stay ascending."""
    frequencies = np.zeros(len(ranks) - 1, dtype=np.int64)
    for block in blocks:
        frequencies += np.bincount(ranks[block.terms], minlength=len(frequencies))
    free = np.cumsum(frequencies) - frequencies
    docs = np.zeros(int(frequencies.sum()), dtype=np.uint32)
    counts = np.zeros_like(docs)
    for block in blocks:
        heads = np.flatnonzero(np.diff(block.terms, prepend=np.uint32(0)))
        sizes = np.diff(heads, append=len(block.terms))
        owners = ranks[block.terms[heads]]
        places = np.arange(len(block.terms)) + np.repeat(free[owners] - heads, sizes)
        docs[places] = block.docs
        counts[places] = block.counts
        free[owners] += sizes
    return _Postings(frequencies.astype(np.uint32), docs, counts)


def _index(
    pages: Pages,
    settings: Bm25Settings,
    hashes: NDArray[np.uint64],
    postings: _Postings,
    lengths: NDArray[np.int64],
) -> Index:
    idf = idf_of(postings.frequencies, len(lengths), settings)
    scale = scale_for(idf, settings)
    norms = norms_of(lengths, settings)
    tops = idf * factor(settings) * scale
    impacts = np.zeros(len(postings.docs), dtype=np.uint16)
    starts = np.concatenate([[0], np.cumsum(postings.frequencies, dtype=np.int64)])
    for piece, first, last in _pieces(starts):
        top = np.repeat(tops[first:last], postings.frequencies[first:last])
        impacts[piece] = impacts_of(postings.counts[piece], norms[postings.docs[piece]], top)
    counts = Counts(pages=len(lengths), terms=len(hashes), postings=len(impacts), scale=scale)
    arrays = _arrays(hashes, postings, impacts, starts, len(lengths))
    return Index(arrays, counts, identity_of(pages.digest, settings))


def _pieces(starts: NDArray[np.int64]) -> Iterator[tuple[slice, int, int]]:
    """Runs of whole terms of about a block's size, so that passing arrays stay small."""
    first = 0
    while first < len(starts) - 1:
        reach = int(np.searchsorted(starts, starts[first] + _BLOCK_TOKENS, side="right")) - 1
        last = max(first + 1, reach)
        yield slice(int(starts[first]), int(starts[last])), first, last
        first = last


def _arrays(
    hashes: NDArray[np.uint64],
    postings: _Postings,
    impacts: NDArray[np.uint16],
    starts: NDArray[np.int64],
    pages: int,
) -> Arrays:
    """The final layout: frequent terms move from the postings into dense rows."""
    frequencies = postings.frequencies
    ceilings = np.maximum.reduceat(impacts, starts[:-1]) if len(hashes) else impacts[:0]
    frequent = frequencies.astype(np.int64) * DENSE_SHARE > pages
    dense_terms = np.flatnonzero(frequent).astype(np.int64)
    dense = np.zeros((len(dense_terms), pages), dtype=np.uint16)
    for row, term in enumerate(dense_terms.tolist()):
        piece = slice(starts[term], starts[term + 1])
        dense[row, postings.docs[piece]] = impacts[piece]
    kept = np.repeat(~frequent, frequencies)
    sizes = np.where(frequent, 0, frequencies).astype(np.int64)
    return Arrays(
        hashes=hashes,
        starts=np.concatenate([[0], np.cumsum(sizes)]),
        frequencies=frequencies,
        ceilings=ceilings,
        docs=postings.docs[kept],
        impacts=impacts[kept],
        dense_terms=dense_terms,
        dense=dense,
    )
