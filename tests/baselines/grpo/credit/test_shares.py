"""Shares: the coefficients of M5 in every mode, and the laws that tell the modes apart."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.grpo.shares import alone, coefficients
from webenvs.errors import SettingError, UnknownNameError

MODES = (
    "rollout-token-mean", "token-mean", "trajectory-mean", "planner-count", "session-equal",
    "constant",
)  # fmt: skip
M5 = (((4, 6), (5,)),)
"""One group: a planner of 4 tokens with a worker of 6, and a planner of 5; advantages +1, -1."""


def objective(ratios=(1.0,) * 6, mode="rollout-token-mean"):
    """J of M5: `ratios` are the clipped ones of the worker's tokens, all others are 1."""
    ((planner, worker), (other,)) = coefficients(M5, mode, 10)[0]
    return planner * 4 + worker * math.fsum(ratios) - other * 5


@pytest.mark.parametrize(
    ("mode", "expected", "whole"),
    [
        ("rollout-token-mean", (1 / 20, 1 / 20, 1 / 10), 0),
        ("token-mean", (1 / 15, 1 / 15, 1 / 15), 1 / 3),
        ("trajectory-mean", (1 / 12, 1 / 18, 1 / 15), 1 / 3),
        ("planner-count", (1 / 8, 1 / 12, 1 / 10), 1 / 2),
        ("session-equal", (1 / 16, 1 / 24, 1 / 10), 0),
        ("constant", (1 / 30, 1 / 30, 1 / 30), 1 / 6),
    ],
    ids=MODES,
)
def test_m5_coefficients_and_objective(mode, expected, whole):
    found = [coef for rollout in coefficients(M5, mode, 10)[0] for coef in rollout]
    assert found == pytest.approx(expected, abs=1e-12)
    assert objective(mode=mode) == pytest.approx(whole, abs=1e-12)


@pytest.mark.parametrize(("high", "expected"), [(0.2, 0.01), (0.28, 0.014)])
def test_m6_objective_with_one_worker_token_clipped(high, expected):
    assert objective((1 + high, 1, 1, 1, 1, 1)) == pytest.approx(expected, abs=1e-12)


ROLLOUTS = st.lists(st.lists(st.integers(1, 30), min_size=1, max_size=5), min_size=2, max_size=5)
GROUPS = st.lists(ROLLOUTS, min_size=1, max_size=3)
BRIEF = settings(max_examples=60, deadline=None)


def weights(groups, mode, length=10):
    """Coefficient times tokens, by group and rollout."""
    return [
        [
            math.fsum(n * c for n, c in zip(tokens, coefs, strict=True))
            for tokens, coefs in zip(group, found, strict=True)
        ]
        for group, found in zip(groups, coefficients(groups, mode, length), strict=True)
    ]


@BRIEF
@given(GROUPS, st.sampled_from(["rollout-token-mean", "session-equal"]))
def test_every_rollout_weighs_the_same_whatever_its_workers(groups, mode):
    for group in weights(groups, mode):
        assert group == pytest.approx([1 / len(groups) / len(group)] * len(group))


@BRIEF
@given(GROUPS, st.sampled_from([mode for mode in MODES if mode not in ("constant",)]))
def test_a_mean_weighs_one_in_all_unless_workers_are_added(groups, mode):
    whole = math.fsum(value for group in weights(groups, mode) for value in group)
    planners = sum(len(group) for group in groups)
    rows = sum(len(rollout) for group in groups for rollout in group)
    assert whole == pytest.approx(rows / planners if mode == "planner-count" else 1.0)


@BRIEF
@given(GROUPS)
def test_token_mean_is_one_number_for_the_whole_batch(groups):
    found = coefficients(groups, "token-mean")
    assert len({c for group in found for rollout in group for c in rollout}) == 1


@pytest.mark.parametrize("mode", MODES)
def test_what_has_no_tokens_counts_nowhere(mode):
    ((first, empty, worker), (other,)) = coefficients((((4, 0, 6), (5,)),), mode, 10)[0]
    assert empty == 0.0
    assert ((first, worker), (other,)) == coefficients(M5, mode, 10)[0]


def test_a_batch_without_tokens_or_groups_is_no_error():
    assert coefficients((((0,), (0, 0)),), "token-mean") == (((0.0,), (0.0, 0.0)),)
    assert coefficients((), "rollout-token-mean") == ()
    assert alone((((0, 1.0),), ()), "token-mean") == ((0.0,), ())


def test_workers_on_their_own_count_m_over_d_k_and_n():
    """M-GRPO: d = (2, 1, 3) to D = 2, so that m = 1, 2, 2/3, and K' = 3."""
    counted = (((5, 1.0), (10, 1.0), (4, 2.0), (3, 2 / 3), (6, 2 / 3), (2, 2 / 3)),)
    expected = [m / (2 * 3 * n) for n, m in counted[0]]
    assert alone(counted, "rollout-token-mean")[0] == pytest.approx(expected)


def test_on_their_own_groups_without_workers_do_not_dilute_the_others():
    both = alone((((5, 1.0), (5, 1.0)), ()), "rollout-token-mean")
    assert both == ((1 / 10, 1 / 10), ())


@BRIEF
@given(
    st.lists(
        st.lists(st.tuples(st.integers(1, 30), st.sampled_from([1.0, 2.0, 0.5])), min_size=1),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from([mode for mode in MODES if mode != "constant"]),
)
def test_on_its_own_a_role_weighs_one_in_all(groups, mode):
    found = alone(groups, mode)
    whole = math.fsum(
        n * c
        for group, coefs in zip(groups, found, strict=True)
        for (n, _), c in zip(group, coefs, strict=True)
    )
    assert whole == pytest.approx(1.0)


def test_on_its_own_a_role_is_divided_by_the_constant():
    assert alone((((5, 1.0), (7, 3.0)),), "constant", 10)[0] == pytest.approx((1 / 40, 3 / 40))


def test_what_was_dropped_has_no_share():
    assert alone((((5, 0.0), (5, 2.0)),), "rollout-token-mean") == ((0.0, 1 / 5),)


def test_on_its_own_what_has_no_tokens_counts_nowhere():
    assert alone((((0, 1.0), (5, 1.0)),), "rollout-token-mean") == ((0.0, 1 / 5),)


@pytest.mark.parametrize("function", [coefficients, alone])
def test_bad_aggregations_are_refused(function):
    with pytest.raises(UnknownNameError, match="Did you mean 'token-mean'"):
        function((), "token_mean")
    with pytest.raises(SettingError, match="length = 0 is not allowed"):
        function((), "constant")
