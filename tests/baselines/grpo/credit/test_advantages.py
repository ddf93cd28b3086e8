"""Advantages against the golden numbers of the specification, and the laws that they keep."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.grpo.advantages import group_advantages
from webenvs.errors import SettingError, UnknownNameError

M1 = (0.9875, 0.05, 0.975, 0.04)
"""Rewards of the four rollouts of M1; they have 2, 0, 1 and 3 workers."""


def close(values):
    return pytest.approx(values, abs=1e-6)


@pytest.mark.parametrize(
    ("kind", "deviation", "expected"),
    [
        ("grpo", "population", (1.732051, -0.577350, -0.577350, -0.577350)),
        ("grpo", "sample", (1.5, -0.5, -0.5, -0.5)),
        ("grpo", "none", (0.75, -0.25, -0.25, -0.25)),
        ("rloo", "population", (1, -1 / 3, -1 / 3, -1 / 3)),
        ("dr-grpo", "population", (0.75, -0.25, -0.25, -0.25)),
    ],
)
def test_one_right_of_four_by_every_kind(kind, deviation, expected):
    assert group_advantages((1, 0, 0, 0), kind, deviation, eps=0) == close(expected)


@pytest.mark.parametrize(
    ("rewards", "deviation", "expected"),
    [
        (M1, "population", (1.013277, -0.989247, 0.986577, -1.010607)),
        (M1, "sample", (0.877524, -0.856713, 0.854401, -0.875211)),
        ((0.9875, 0.1, 0.975, 0.04), "population", (1.012573, -0.933102, 0.985169, -1.064640)),
        ((0.05, 0.05, 0.05, 0.04), "population", (0.577350, 0.577350, 0.577350, -1.732051)),
        ((0.05, 0.05, 0.05, 0.04), "sample", (0.5, 0.5, 0.5, -1.5)),
        ((1.0, 0.1, 0.0, 0.1), "population", (1.723281, -0.492366, -0.738549, -0.492366)),
    ],
    ids=["M2", "M2-sample", "M2-planner-format", "M7", "M7-sample", "S2"],
)
def test_golden_groups(rewards, deviation, expected):
    assert group_advantages(rewards, "grpo", deviation, eps=0) == close(expected)


@pytest.mark.parametrize(
    ("rewards", "weights", "expected"),
    [
        ((0.9, 0.1, 0.5, 0.5), None, (1.414214, -1.414214, 0, 0)),
        ((0.9, 0.5, 0.5), (2, 1, 1), (1, -1, -1)),
        (
            (0.9, 0.1, 0.5, 0.5),
            (1, 1 / 3, 1 / 3, 1 / 3),
            (0.894427, -1.788854, -0.447214, -0.447214),
        ),
        (
            (0.9, 0.7, 0.4, 0.6, 0.0),
            (1, 1, 2, 1, 1),
            (1.414214, 0.707107, -0.353553, 0.353553, -1.767767),
        ),
        (
            (0.9, 0.7, 0.4, 0.6, 0.2, 0.0),
            None,
            (1.426935, 0.768350, -0.219529, 0.439057, -0.878114, -1.536700),
        ),
        (
            (0.9, 0.7, 0.4, 0.6, 0.2, 0.0),
            (1 / 2, 1 / 2, 1, 1 / 3, 1 / 3, 1 / 3),
            (1.496860, 0.768658, -0.323645, 0.404557, -1.051847, -1.780049),
        ),
    ],
    ids=["S3-pooled", "S3-random", "S3-weighted", "S4-random", "S4-pooled", "S4-weighted"],
)
def test_golden_worker_groups(rewards, weights, expected):
    assert group_advantages(rewards, eps=0, weights=weights) == close(expected)


def test_eps_is_added_to_the_deviation():
    assert group_advantages((1, 0), eps=0.5) == close((0.5, -0.5))


REWARDS = st.lists(st.integers(-100, 100).map(lambda whole: whole / 8), min_size=2, max_size=9)
KINDS = st.sampled_from(
    [("grpo", "population"), ("grpo", "sample"), ("grpo", "none"), ("rloo", "none")]
)
BRIEF = settings(max_examples=60, deadline=None)


@BRIEF
@given(REWARDS, KINDS, st.integers(-50, 50))
def test_a_constant_added_to_all_rewards_changes_nothing(rewards, kind, shift):
    moved = [reward + shift for reward in rewards]
    assert group_advantages(moved, *kind, eps=0) == close(group_advantages(rewards, *kind, eps=0))


@BRIEF
@given(REWARDS, KINDS, st.sampled_from([0.001, 0.5, 3.0, 1000.0]))
def test_scale_is_taken_out_by_a_deviation_and_kept_without_one(rewards, kind, scale):
    found = group_advantages([scale * reward for reward in rewards], *kind, eps=0)
    kept = scale if kind[1] == "none" else 1.0
    expected = [kept * value for value in group_advantages(rewards, *kind, eps=0)]
    assert found == pytest.approx(expected, rel=1e-6, abs=1e-6)


@BRIEF
@given(st.data(), REWARDS, KINDS)
def test_the_order_of_rollouts_does_not_matter(data, rewards, kind):
    order = data.draw(st.permutations(range(len(rewards))))
    found = group_advantages([rewards[place] for place in order], *kind, eps=0)
    straight = group_advantages(rewards, *kind, eps=0)
    assert found == close([straight[place] for place in order])


@BRIEF
@given(REWARDS, KINDS)
def test_advantages_of_a_group_add_up_to_nothing(rewards, kind):
    assert math.fsum(group_advantages(rewards, *kind, eps=0)) == close(0.0)


@BRIEF
@given(REWARDS)
def test_the_deviation_of_advantages_is_one_unless_all_rewards_are_equal(rewards):
    found = group_advantages(rewards, eps=0)
    square = math.fsum(value**2 for value in found) / len(found)
    assert square == close(0.0 if len(set(rewards)) == 1 else 1.0)


@BRIEF
@given(REWARDS)
def test_rloo_is_g_over_g_minus_one_of_the_distance_from_the_mean(rewards):
    number = len(rewards)
    expected = [number / (number - 1) * value for value in group_advantages(rewards, "dr-grpo")]
    assert group_advantages(rewards, "rloo") == close(expected)


@BRIEF
@given(st.lists(st.tuples(st.integers(-9, 9), st.integers(1, 4)), min_size=2, max_size=6))
def test_whole_weights_are_copies(pairs):
    rewards, weights = zip(*pairs, strict=True)
    copies = [reward for reward, weight in pairs for _ in range(weight)]
    firsts = [sum(weights[:place]) for place in range(len(pairs))]
    expected = group_advantages(copies, eps=0)
    found = group_advantages(rewards, eps=0, weights=weights)
    assert found == close([expected[first] for first in firsts])


@BRIEF
@given(REWARDS, KINDS, st.sampled_from([0.01, 8.0]))
def test_only_the_proportion_of_weights_matters(rewards, kind, scale):
    weights = [1 + place % 3 for place in range(len(rewards))]
    scaled = [scale * weight for weight in weights]
    found = group_advantages(rewards, *kind, eps=0, weights=scaled)
    assert found == close(group_advantages(rewards, *kind, eps=0, weights=weights))


def test_equal_weights_have_the_ordinary_sample_deviation():
    plain = group_advantages(M1, "grpo", "sample", eps=0)
    assert group_advantages(M1, "grpo", "sample", eps=0, weights=(7.0,) * 4) == close(plain)


@pytest.mark.parametrize("nothing", [None, math.nan])
def test_what_has_no_reward_is_left_out_and_is_no_zero(nothing):
    found = group_advantages((1, nothing, 0, 0, 0), eps=0)
    assert math.isnan(found[1])
    assert (found[0], *found[2:]) == close((1.732051, -0.577350, -0.577350, -0.577350))


def test_what_has_no_weight_is_compared_but_not_counted():
    found = group_advantages((1, 0, 5), eps=0, weights=(1, 1, 0))
    assert found == close((1, -1, 9))
    assert group_advantages((1, 1, 5), eps=0, weights=(1, 1, 0)) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize("kind", ["grpo", "rloo", "dr-grpo"])
@pytest.mark.parametrize("rewards", [(), (0.7,), (0.7, None), (0.7, 0.7, 0.7), (0.0, 0.0)], ids=str)
def test_without_two_that_differ_advantages_are_zero(kind, rewards):
    found = [value for value in group_advantages(rewards, kind, eps=0) if not math.isnan(value)]
    assert found == [0.0] * sum(reward is not None for reward in rewards)


def test_rounding_is_no_difference():
    assert group_advantages((0.1 + 0.2, 0.3, 0.3), eps=0) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "grop"}, "Did you mean 'grpo'"),
        ({"deviation": "populaton"}, "Did you mean 'population'"),
    ],
    ids=["kind", "deviation"],
)
def test_unknown_names_are_refused(options, message):
    with pytest.raises(UnknownNameError, match=message):
        group_advantages((1, 0), **options)


@pytest.mark.parametrize(
    ("rewards", "options", "message"),
    [
        ((1, 0), {"eps": -1.0}, r"eps = -1\.0 is not allowed"),
        ((1, math.inf), {}, "reward = inf is not allowed"),
        ((1, 0), {"weights": (1,)}, "one for each of the 2 rewards"),
        ((1, 0), {"weights": (1, -1)}, "weight = -1 is not allowed"),
        ((1, 0), {"weights": (1, math.nan)}, "weight = nan is not allowed"),
    ],
    ids=["eps", "infinite", "too-few-weights", "negative-weight", "nan-weight"],
)
def test_numbers_that_make_no_sense_are_refused(rewards, options, message):
    with pytest.raises(SettingError, match=message):
        group_advantages(rewards, **options)
