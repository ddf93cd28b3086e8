"""Scoring and selection on bare arrays."""

import numpy as np
import pytest

from webenvs.search.lexical.ranking import Frequent, Question, Rare, Scratch, best

PAGES = 31_000


def brute(parts, k, allowed=None):
    """Every page scored in whole numbers of 64 bits, and sorted with a stable sort."""
    scores = np.zeros(PAGES, dtype=np.int64)
    for docs, impacts, count in parts:
        scores[docs] += impacts.astype(np.int64) * count
    if allowed is not None:
        scores[~allowed] = 0
    order = np.argsort(-scores, kind="stable")[:k].tolist()
    return [(int(scores[page]), page) for page in order if scores[page]]


@pytest.mark.parametrize("wide", [False, True], ids=["as mapped", "widened"])
@pytest.mark.parametrize("ceiling", [3, 3_000], ids=["light rows", "heavy rows"])
@pytest.mark.parametrize(
    ("rare_terms", "rows"), [(1, 0), (3, 0), (0, 1), (0, 3), (1, 1), (2, 3), (3, 4)]
)
@pytest.mark.parametrize("share", [None, 0.5, 0.002, 0.0], ids=["all", "half", "few", "none"])
def test_the_best_are_those_of_brute_force(wide, ceiling, rare_terms, rows, share):
    draw = np.random.Generator(np.random.PCG64(rare_terms * 10 + rows))
    rare, frequent, parts = [], [], []
    for _ in range(rare_terms):
        docs = np.sort(draw.choice(PAGES, 900, replace=False)).astype(np.uint32)
        impacts = draw.integers(1, 2_000, 900).astype(np.uint16)
        count = int(draw.integers(1, 3))
        parts.append((docs, impacts, count))
        kinds = (np.intp, np.int32) if wide else (np.uint32, np.uint16)
        rare.append((Rare(docs.astype(kinds[0]), impacts.astype(kinds[1])), count))
    for _ in range(rows):
        row = draw.integers(0, ceiling + 1, PAGES).astype(np.uint16)
        count = int(draw.integers(1, 3))
        parts.append((np.arange(PAGES), row, count))
        frequent.append((Frequent(row.astype(np.int32) if wide else row, ceiling), count))
    allowed = None if share is None else draw.random(PAGES) < share
    scratch, wanted = Scratch(PAGES), brute(parts, 130, allowed)
    for k in (1, 8, 9, 130):
        assert best(Question(rare, frequent), k, scratch, allowed) == wanted[:k]


def test_sums_of_narrow_rows_do_not_wrap():
    row = np.full(10, 65_535, dtype=np.uint16)
    question = Question([], [(Frequent(row, 65_535), 1_000)] * 2)
    assert best(question, 1, Scratch(10)) == [(131_070_000, 0)]
