"""Scoring and selection on bare arrays."""

from collections import Counter

import numpy as np
import pytest

from webenvs.search.ranking import Frequent, Question, Rare, Scratch, best

PAGES = 31_000


def brute(parts, k):
    scores = Counter()
    for docs, impacts, count in parts:
        for page, impact in zip(docs.tolist(), impacts.tolist(), strict=True):
            scores[page] += impact * count
    ranked = sorted((-score, page) for page, score in scores.items() if score)
    return [(-score, page) for score, page in ranked[:k]]


@pytest.mark.parametrize("wide", [False, True], ids=["as mapped", "widened"])
@pytest.mark.parametrize("ceiling", [3, 3_000], ids=["light rows", "heavy rows"])
@pytest.mark.parametrize(("rare_terms", "rows"), [(1, 0), (3, 0), (0, 1), (1, 1), (2, 3)])
def test_the_best_are_those_of_brute_force(wide, ceiling, rare_terms, rows):
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
    scratch, wanted = Scratch(PAGES), brute(parts, 130)
    for k in (1, 8, 9, 130):
        assert best(Question(rare, frequent), k, scratch) == wanted[:k]


def test_sums_of_narrow_rows_do_not_wrap():
    row = np.full(10, 65_535, dtype=np.uint16)
    question = Question([], [(Frequent(row, 65_535), 1_000)] * 2)
    assert best(question, 1, Scratch(10)) == [(131_070_000, 0)]
