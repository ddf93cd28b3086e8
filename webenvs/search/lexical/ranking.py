"""Scoring and selection: whole-number scores of many pages, and the best k of them, exactly.

Scores are sums of whole numbers and ties fall to the lower page number, so the answer is the same
whichever way it is reached. A small corpus is scored whole. In a large one pages are scored by the
rare terms first: in a pass over all pages, or only those that hold one where these are few. That
gives a bar, a score that k pages are known to reach; frequent terms that together cannot lift a
page over the bar alone are then looked up only for pages that may still get there (MaxScore: Turtle
and Flood, Query evaluation: strategies and optimizations, 1995).
"""

import threading
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

PRUNED_FROM = 30_000
"""The number of pages from which pruning pays."""

_COLUMNS = 512
_SAMPLED = 4
_FEW = 8
_LAST_PAGE = 2**32 - 1
_SPARSE = 16
"""Pages are gathered from postings of less than one page of so many, else all are passed over."""
_INTP, _INT32 = np.dtype(np.intp), np.dtype(np.int32)

Pages = NDArray[np.intp]
Scores = NDArray[np.int32]
Mask = NDArray[np.bool_]
Ranked = list[tuple[int, int]]


class Rare(NamedTuple):
    """A term with postings: page numbers, ascending, and impacts."""

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


Rows = Sequence[tuple[Frequent, int]]


class Scratch(threading.local):
    """The arrays that one thread scores in, kept between searches."""

    def __init__(self, pages: int) -> None:
        self.table = np.zeros((-(-max(1, pages) // _COLUMNS), _COLUMNS), dtype=np.int32)
        self.scores = self.table.reshape(-1)[:pages]
        self.peaks = np.zeros(_COLUMNS, dtype=np.int32)
        self.mask = np.zeros(pages, dtype=np.bool_)
        self.clean = True


def best(
    question: Question, k: int, scratch: Scratch, allowed: Mask | None = None
) -> list[tuple[int, int]]:
    """At most `k` pairs (score, page), the highest score first, then the lowest page.

    A page has a score if it holds any of the terms; the sum of all impacts must stay below 2**31.
    Only pages where `allowed` is true count, if it is given.
    """
    pages = len(scratch.scores)
    if pages >= PRUNED_FROM:
        postings = sum(len(term.docs) for term, _ in question.rare)
        if question.rare and postings * _SPARSE <= pages:
            found = _among_few(question, k, scratch, allowed)
            if found is not None:
                return found
        if len(question.frequent) > (not question.rare):
            return _rare_first(question, k, scratch, allowed)
    return _everywhere(question, k, scratch, allowed)


def _everywhere(question: Question, k: int, scratch: Scratch, allowed: Mask | None) -> Ranked:
    scores = _scored(question, scratch, allowed)
    if k <= _FEW:
        return _picked(scores, k)
    docs = np.greater_equal(scores, _peak(scratch, k), out=scratch.mask).nonzero()[0]
    return _ordered(docs, scores[docs], k)


def _scored(question: Question, scratch: Scratch, allowed: Mask | None) -> Scores:
    """The scores of all pages, in the scratch."""
    scores, scratch.clean = scratch.scores, False
    rows = [_times(row.impacts, count) for row, count in question.frequent]
    if len(rows) > 1:
        np.add(rows[0], rows[1], out=scores)
    else:
        scores[:] = rows[0] if rows else 0
    for row in rows[2:]:
        np.add(scores, row, out=scores)
    for postings, count in question.rare:
        np.add.at(scores, _pages(postings), _times(postings.impacts, count))
    if allowed is not None:
        scores *= allowed
    return scores


def _picked(scores: Scores, k: int) -> Ranked:
    """The best k one by one, each erased when it is found; of equal scores the first comes first.

    For small k nothing else is as fast: a search for the greatest value reads the array once.
    """
    ranked: Ranked = []
    for _ in range(min(k, len(scores))):
        page = int(scores.argmax())
        score = int(scores[page])
        if score == 0:
            break
        ranked.append((score, page))
        scores[page] = 0
    return ranked


def _rare_first(question: Question, k: int, scratch: Scratch, allowed: Mask | None) -> Ranked:
    """Every page is scored by the rare terms, those that may still be among the best by all.

    Without rare terms the heaviest row stands for them.
    """
    rows = sorted(question.frequent, key=_lift)
    first = () if question.rare else (rows.pop(),)
    scores = _scored(Question(question.rare, first), scratch, allowed)
    docs = np.greater_equal(scores, _peak(scratch, k), out=scratch.mask).nonzero()[0]
    bar = _bar(_lifted(scores[docs], docs, rows), k)
    added, looked_up, lift = _divided(rows, bar)
    for row, count in added:
        np.add(scores, _times(row.impacts, count), out=scores)
    if allowed is not None and added:
        scores *= allowed
    docs = np.greater_equal(scores, max(1, bar - lift), out=scratch.mask).nonzero()[0]
    return _settled(docs, scores[docs], looked_up, bar, k)


def _among_few(question: Question, k: int, scratch: Scratch, allowed: Mask | None) -> Ranked | None:
    """The best k if they provably all hold a rare term, at the cost of these terms; else None."""
    rare, frequent = question
    docs = np.concatenate([_pages(postings) for postings, _ in rare])
    scores = _partial(rare, docs, scratch)
    if allowed is not None:
        kept = allowed[docs]
        docs, scores = docs[kept], scores[kept]
    # A page stands here once for each of its rare terms, hence the multiple of k.
    place = k * len(rare)
    bar = _bar(scores, place)
    if frequent:
        some, first = np.unique(docs[scores >= bar], return_index=True)
        bar = _bar(_lifted(scores[scores >= bar][first], some, frequent), k)
        if bar <= sum(row.ceiling * count for row, count in frequent):
            return None
    lift = sum(row.ceiling * count for row, count in frequent)
    kept = scores >= max(1, bar - lift)
    docs, first = np.unique(docs[kept], return_index=True)
    return _settled(docs, scores[kept][first], frequent, bar, k)


def _partial(rare: Sequence[tuple[Rare, int]], docs: Pages, scratch: Scratch) -> Scores:
    """The scores of `docs` from the rare terms alone; leaves the scratch clean."""
    scores = scratch.scores
    if not scratch.clean:
        scores.fill(0)
    scratch.clean = False
    for postings, count in rare:
        np.add.at(scores, _pages(postings), _times(postings.impacts, count))
    found: Scores = scores[docs]
    scores[docs] = 0
    scratch.clean = True
    return found


def _lifted(scores: Scores, docs: Pages, rows: Sequence[tuple[Frequent, int]]) -> Scores:
    """`scores` of `docs` with what the rows add."""
    for row, count in rows:
        scores = scores + _times(row.impacts[docs], count)
    return scores


def _bar(scores: Scores, k: int) -> int:
    """The k-th highest score, which k pages reach; 0 if there are fewer.

    Negated, because many equal low values slow a partition.
    """
    return -int(np.partition(-scores, k - 1)[k - 1]) if k <= len(scores) else 0


def _divided(rows: Rows, bar: int) -> tuple[Rows, Rows, int]:
    """The rows to be added for every page, those to be looked up, and what these lift at most.

    The lightest of `rows`, which come first, are looked up: as many as stay below the bar.
    """
    lift, place = 0, 0
    while place < len(rows) and lift + _lift(rows[place]) < bar:
        lift += _lift(rows[place])
        place += 1
    return rows[place:], rows[:place], lift


def _settled(docs: Pages, scores: Scores, rows: Rows, bar: int, k: int) -> Ranked:
    """The best k of `docs`, which lack the rows only; those drop out that cannot reach the bar."""
    lift = sum(map(_lift, rows))
    for row, count in sorted(rows, key=_lift, reverse=True):
        lift -= row.ceiling * count
        scores = scores + _times(row.impacts[docs], count)
        kept = scores >= bar - lift
        docs, scores = docs[kept], scores[kept]
    return _ordered(docs, scores, k)


def _lift(row: tuple[Frequent, int]) -> int:
    return row[0].ceiling * row[1]


def _pages(postings: Rare) -> Pages:
    docs = postings.docs
    return docs if docs.dtype is _INTP else docs.astype(np.intp)  # type: ignore[return-value]


def _times(impacts: NDArray[np.uint16] | NDArray[np.int32], count: int) -> Scores:
    # Widened before anything is added or multiplied: 16 bits would wrap around.
    wide = impacts if impacts.dtype is _INT32 else impacts.astype(np.int32)
    return wide if count == 1 else wide * np.int32(count)  # type: ignore[return-value]


def _peak(scratch: Scratch, k: int) -> int:
    """A score of at least 1 that at least k pages reach, or 1.

    It is the k-th highest of the columns' peaks in one row of so many: each column holds at least
    one such page. Unlike a partition of the scores this stays fast where almost all are zero.
    """
    if k > _COLUMNS // 4:
        return 1
    np.maximum.reduce(scratch.table[::_SAMPLED], axis=0, out=scratch.peaks)
    scratch.peaks.sort()
    return max(1, int(scratch.peaks[-k]))


def _ordered(docs: Pages, scores: Scores, k: int) -> Ranked:
    keys: NDArray[np.int64] = scores.astype(np.int64) << 32
    keys += _LAST_PAGE
    keys -= docs
    keys.sort()
    return [(key >> 32, _LAST_PAGE - (key & _LAST_PAGE)) for key in keys[: -k - 1 : -1].tolist()]
