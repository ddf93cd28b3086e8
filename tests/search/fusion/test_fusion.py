"""Fusing ranked lists: sums computed by hand, ties, weights, and that no order matters."""

import itertools
import math
from fractions import Fraction

import pytest

from webenvs.search.fusion.fusion import GRID, reciprocal_ranks, weighted_scores

ONE = [("a", 9.0), ("b", 5.0), ("c", 1.0)]
OTHER = [("b", 0.9), ("d", 0.8)]


def test_reciprocal_ranks_are_the_sums_of_the_paper():
    scores = reciprocal_ranks({"one": ONE, "other": OTHER}, {}, 60)
    assert scores == {
        "a": 1 / 61,
        "b": float(Fraction(1, 62) + Fraction(1, 61)),
        "c": 1 / 63,
        "d": 1 / 62,
    }


def test_a_page_missing_in_one_list_gets_nothing_from_it():
    alone = reciprocal_ranks({"one": ONE, "other": []}, {}, 60)
    assert alone == {"a": 1 / 61, "b": 1 / 62, "c": 1 / 63}


def test_mirrored_ranks_tie_exactly():
    scores = reciprocal_ranks(
        {"one": [("a", 2.0), ("b", 1.0)], "other": [("b", 2.0), ("a", 1.0)]}, {}, 60
    )
    assert scores["a"] == scores["b"] == float(Fraction(1, 61) + Fraction(1, 62))


def test_scores_do_not_count_for_reciprocal_ranks():
    flat = [(url, 0.0) for url, _ in ONE]
    assert reciprocal_ranks({"one": flat}, {}, 60) == reciprocal_ranks({"one": ONE}, {}, 60)


def test_weights_multiply_the_reciprocals():
    scores = reciprocal_ranks({"one": ONE, "other": OTHER}, {"other": 0.5}, 10)
    assert scores["b"] == float(Fraction(1, 12) + Fraction(1, 22))
    assert scores["d"] == 1 / 24


def test_a_weight_of_one_tenth_is_taken_as_the_float_it_is():
    scores = reciprocal_ranks({"one": ONE}, {"one": 0.1}, 0)
    assert scores == {"a": 0.1, "b": float(Fraction(0.1) / 2), "c": float(Fraction(0.1) / 3)}


def test_the_rank_constant_may_be_zero():
    assert reciprocal_ranks({"one": ONE}, {}, 0) == {"a": 1.0, "b": 0.5, "c": 1 / 3}


def test_every_reciprocal_sum_is_the_exact_one_correctly_rounded():
    lists = {
        name: [(f"u{(place * step) % 997:03d}", 0.0) for place in range(300)]
        for name, step in (("one", 1), ("other", 7), ("third", 331))
    }
    exact = {}
    for ranked in lists.values():
        for rank, (url, _) in enumerate(ranked, start=1):
            exact[url] = exact.get(url, 0) + Fraction(1, 60 + rank)
    assert reciprocal_ranks(lists, {}, 60) == {url: float(total) for url, total in exact.items()}


def test_weighted_scores_run_from_zero_to_one_and_add_up():
    scores = weighted_scores({"one": ONE, "other": OTHER}, {"other": 2})
    assert scores == {"a": 1.0, "b": 0.5 + 2.0, "c": 0.0, "d": 0.0}


def test_equal_scores_of_a_list_are_all_one():
    assert weighted_scores({"one": [("a", 3.0), ("b", 3.0)]}, {}) == {"a": 1.0, "b": 1.0}


def test_normalised_scores_lie_on_the_grid():
    scores = weighted_scores({"one": [("a", 3.0), ("b", 1.0), ("c", 0.0)]}, {})
    assert scores["b"] == round(GRID / 3) / GRID


def test_scores_of_any_size_can_be_weighed():
    scores = weighted_scores({"one": [("a", 1.7e308), ("b", 0.0), ("c", -1.7e308)]}, {})
    assert scores == {"a": 1.0, "b": 0.5, "c": 0.0}


def test_the_smallest_differences_are_no_division_by_zero():
    assert weighted_scores({"one": [("a", 5e-324), ("b", 0.0)]}, {}) == {"a": 1.0, "b": 1.0}


@pytest.mark.parametrize("fuse", [weighted_scores, lambda *given: reciprocal_ranks(*given, 60)])
def test_the_order_of_the_lists_changes_no_bit(fuse):
    weights = {"one": 0.1, "other": 0.7, "third": 1 / 3}
    lists = {
        name: [(f"u{(place * step) % 41:02d}", math.sqrt(40 - place)) for place in range(40)]
        for name, step in zip(weights, (1, 5, 17), strict=True)
    }
    fused = [fuse(dict(order), weights) for order in itertools.permutations(lists.items())]
    assert all(scores == fused[0] for scores in fused)


def test_no_lists_fuse_to_nothing():
    assert reciprocal_ranks({"one": [], "other": []}, {}, 60) == {}
    assert weighted_scores({"one": []}, {}) == {}
