"""Scoring and selection: whole-number scores of many pages, and the best k of them, exactly.

Scores are sums of whole numbers and ties fall to the lower page number, so the answer is the same
whichever way it is reached. Two ways lead there. The plain one scores every page. The pruned one,
for large corpora, scores only pages with a rare term of the query, and is taken when the frequent
terms together cannot lift any other page into the best k (MaxScore: Turtle and Flood, 1995).
"""

import threading
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

PRUNED_FROM = 30_000
"""The number of pages from which pruning pays."""

_COLUMNS = 512
_FEW = 8
_LAST_PAGE = 2**32 - 1
_INTP, _INT32 = np.dtype(np.intp), np.dtype(np.int32)

Whole = NDArray[np.int64]


class Rare(NamedTuple):
    """A term with postings: page numbers and impacts."""

    docs: NDArray[np.uint32] | NDArray[np.intp]
    impacts: NDArray[np.uint16] | NDArray[np.int32]


class Frequent(NamedTuple):
    """A term with a dense row: an impact for every page, and the greatest of them."""

    impacts: NDArray[np.uint16] | NDArray[np.int32]
    ceiling: int


class Question(NamedTuple):
    """The terms of a query, each with how often it stands there; at least one."""

    rare: Sequence[tuple[Rare, int]]
    frequent: Sequence[tuple[Frequent, int]]


class Scratch(threading.local):
    """The arrays that one thread scores in, kept between searches."""

    def __init__(self, pages: int) -> None:
        self.table = np.zeros((-(-max(1, pages) // _COLUMNS), _COLUMNS), dtype=np.int32)
        self.scores = self.table.reshape(-1)[:pages]
        self.peaks = np.zeros(_COLUMNS, dtype=np.int32)
        self.mask = np.zeros(pages, dtype=np.bool_)
        self.clean = True


def best(question: Question, k: int, scratch: Scratch) -> list[tuple[int, int]]:
    """At most `k` pairs (score, page), the highest score first, then the lowest page.

    A page has a score if it holds any of the terms; the sum of all impacts must stay below 2**31.
    """
    if question.rare and len(scratch.scores) >= PRUNED_FROM:
        pruned = _among_rare(question, k, scratch)
        if pruned is not None:
            return pruned
    return _everywhere(question, k, scratch)


def _everywhere(question: Question, k: int, scratch: Scratch) -> list[tuple[int, int]]:
    scores, scratch.clean = scratch.scores, False
    rows = [_times(row.impacts, count) for row, count in question.frequent]
    if len(rows) > 1:
        np.add(rows[0], rows[1], out=scores)
    else:
        scores[:] = rows[0] if rows else 0
    for row in rows[2:]:
        np.add(scores, row, out=scores)
    for postings, count in question.rare:
        _scatter(scores, postings, count)
    if k <= _FEW:
        return _picked(scores, k)
    docs = np.greater_equal(scores, _bar(scratch, k), out=scratch.mask).nonzero()[0]
    return _ordered(docs, scores[docs], k)


def _picked(scores: NDArray[np.int32], k: int) -> list[tuple[int, int]]:
    """The best k one by one, each erased when it is found; of equal scores the first comes first.

    For small k nothing else is as fast: a search for the greatest value reads the array once.
    """
    ranked: list[tuple[int, int]] = []
    for _ in range(min(k, len(scores))):
        page = int(scores.argmax())
        score = int(scores[page])
        if score == 0:
            break
        ranked.append((score, page))
        scores[page] = 0
    return ranked


def _among_rare(question: Question, k: int, scratch: Scratch) -> list[tuple[int, int]] | None:
    """The best k if they provably all hold a rare term, else None."""
    rare, frequent = question
    candidates = sum(len(postings.docs) for postings, _ in rare)
    if candidates * 8 > len(scratch.scores) or (frequent and candidates < k):
        return None
    docs = np.concatenate([_pages(postings) for postings, _ in rare])
    scores = _partial(question, docs, scratch)
    lift = sum(row.ceiling * count for row, count in frequent)
    # A page stands here once for each of its rare terms, hence the multiple of k.
    place = k * len(rare)
    bar = _from_top(scores, place) if place <= len(scores) else 0
    if frequent and bar <= lift:
        return None
    kept = (scores >= bar - lift).nonzero()[0]
    docs, first = np.unique(docs[kept], return_index=True)
    scores = scores[kept][first]
    for row, count in frequent:
        scores = scores + _times(row.impacts[docs], count)
    return _ordered(docs, scores, k)


def _partial(question: Question, docs: NDArray[np.intp], scratch: Scratch) -> NDArray[np.int32]:
    """The scores of `docs` from the rare terms alone; leaves the scratch clean."""
    scores = scratch.scores
    if not scratch.clean:
        scores.fill(0)
    scratch.clean = False
    for postings, count in question.rare:
        _scatter(scores, postings, count)
    found: NDArray[np.int32] = scores[docs]
    scores[docs] = 0
    scratch.clean = True
    return found


def _scatter(scores: NDArray[np.int32], postings: Rare, count: int) -> None:
    np.add.at(scores, _pages(postings), _times(postings.impacts, count))


def _pages(postings: Rare) -> NDArray[np.intp]:
    docs = postings.docs
    return docs if docs.dtype is _INTP else docs.astype(np.intp)  # type: ignore[return-value]


def _times(impacts: NDArray[np.uint16] | NDArray[np.int32], count: int) -> NDArray[np.int32]:
    # Widened before anything is added or multiplied: 16 bits would wrap around.
    wide = impacts if impacts.dtype is _INT32 else impacts.astype(np.int32)
    return wide if count == 1 else wide * np.int32(count)  # type: ignore[return-value]


def _bar(scratch: Scratch, k: int) -> int:
    """A score of at least 1 that at least k pages reach, or 1.

    It is the k-th highest of the columns' peaks: each column holds at least one such page. Unlike a
    partition of the scores this stays fast where almost all of them are zero.
    """
    if k > _COLUMNS // 4:
        return 1
    np.maximum.reduce(scratch.table, axis=0, out=scratch.peaks)
    scratch.peaks.sort()
    return max(1, int(scratch.peaks[-k]))


def _from_top(scores: NDArray[np.int32], place: int) -> int:
    """The `place`-th highest score; negated, because many equal low values slow a partition."""
    return -int(np.partition(-scores, place - 1)[place - 1])


def _ordered(docs: NDArray[np.intp], scores: NDArray[np.int32], k: int) -> list[tuple[int, int]]:
    keys: Whole = scores.astype(np.int64) << 32
    keys += _LAST_PAGE
    keys -= docs
    keys.sort()
    return [(key >> 32, _LAST_PAGE - (key & _LAST_PAGE)) for key in keys[: -k - 1 : -1].tolist()]
