"""Ranks and distances, by hand and against SciPy."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.stats import rankdata, spearmanr

from webenvs.bench.ranks import jensen_shannon, ranks, ranks_of, spearman, total_variation

VALUES = st.lists(st.integers(0, 6), min_size=2, max_size=12)
COUNTS = st.dictionaries(st.sampled_from("abcd"), st.integers(0, 9))


def test_equal_values_share_the_mean_of_their_ranks():
    assert ranks_of([0.5, 0.1, 0.5, 0.9]) == [2.5, 1.0, 2.5, 4.0]


def test_values_that_differ_in_the_last_bit_share_a_rank():
    assert ranks_of([0.1 + 0.2, 0.3, 0.0]) == [2.5, 2.5, 1.0]


@given(VALUES)
def test_ranks_are_those_of_scipy(values):
    assert ranks_of(values) == list(rankdata(values))


@pytest.mark.parametrize(
    ("one", "other", "rho"),
    [
        ((1, 2, 3), (10, 20, 30), 1.0),
        ((1, 2, 3), (3, 2, 1), -1.0),
        ((1, 2, 3, 4), (1, 2, 4, 3), 0.8),  # 1 - 6 * 2 / (4 * 15)
        ((0, 0, 1), (0, 1, 1), 0.5),  # ranks 1.5 1.5 3 and 1 2.5 2.5
    ],
)
def test_the_correlation_of_ranks_is_as_computed_by_hand(one, other, rho):
    assert float(spearman(np.array(one), np.array(other))) == rho


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=3, max_size=12))
def test_the_correlation_of_ranks_is_that_of_scipy(pairs):
    one, other = (np.array(side, float) for side in zip(*pairs, strict=True))
    mine = float(spearman(one, other))
    if len(set(one)) == 1 or len(set(other)) == 1:
        assert math.isnan(mine)
    else:
        assert mine == pytest.approx(spearmanr(one, other).statistic)


def test_many_rows_are_ranked_one_by_one():
    rows = np.array([[1.0, 2.0, 3.0], [3.0, 1.0, 1.0]])
    assert ranks(rows).tolist() == [[1, 2, 3], [3, 1.5, 1.5]]
    assert spearman(rows, rows).tolist() == [1.0, 1.0]


@pytest.mark.parametrize(
    ("one", "other", "distance", "divergence"),
    [
        ({"a": 1}, {"a": 7}, 0.0, 0.0),
        ({"a": 1}, {"b": 1}, 1.0, 1.0),
        ({"a": 3, "b": 1}, {"a": 1, "b": 1}, 0.25, 0.048794941),
        ({}, {}, 0.0, 0.0),
        ({}, {"a": 0}, 0.0, 0.0),
        ({}, {"a": 2}, 1.0, 1.0),
        ({"a": 2}, {}, 1.0, 1.0),
    ],
)
def test_distances_are_as_computed_by_hand(one, other, distance, divergence):
    assert total_variation(one, other) == distance
    assert jensen_shannon(one, other) == pytest.approx(divergence, abs=1e-9)


@given(COUNTS, COUNTS)
def test_the_divergence_is_that_of_scipy(one, other):
    names = sorted({*one, *other})
    if sum(one.values()) and sum(other.values()):
        vectors = [[counts.get(name, 0) for name in names] for counts in (one, other)]
        assert jensen_shannon(one, other) == pytest.approx(
            jensenshannon(*vectors, base=2) ** 2, abs=1e-8
        )


@given(COUNTS, COUNTS)
def test_distances_have_no_direction_and_lie_between_nothing_and_one(one, other):
    for distance in (total_variation, jensen_shannon):
        assert distance(one, other) == distance(other, one)
        assert 0.0 <= distance(one, other) <= 1.0
