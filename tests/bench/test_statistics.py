"""The statistics agree with published packages and say what they do not know."""

import random

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.power import NormalIndPower
from statsmodels.stats.proportion import proportion_confint

from webenvs import seeding
from webenvs.bench.statistics import (
    DIFFERENCE,
    RESAMPLES,
    SHARE,
    episodes_needed,
    mean,
    mean_interval,
    sign_flip,
    wilson,
)
from webenvs.errors import SettingError


def names(count: int, repeats: int = 1) -> list[str]:
    return [f"task-{number:05d}" for number in range(count) for _ in range(repeats)]


def draws(count: int, *key: object) -> list[float]:
    return [seeding.uniform("draw", number, *key) for number in range(count)]


@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
@pytest.mark.parametrize(("right", "of"), [(0, 1), (1, 1), (0, 64), (3, 17), (64, 64), (999, 1000)])
def test_wilson_agrees_with_statsmodels(right: int, of: int, level: float) -> None:
    interval = wilson(right, of, level)
    expected = proportion_confint(right, of, alpha=1 - level, method="wilson")
    assert (interval.low, interval.high) == pytest.approx(expected, abs=1e-8)


def test_wilson_of_64_right_of_64_is_not_a_point() -> None:
    interval = wilson(64, 64)
    assert (round(interval.low, 3), interval.high, interval.kind) == (0.943, 1.0, "wilson")


def test_wilson_without_trials_knows_nothing() -> None:
    interval = wilson(0, 0)
    assert (interval.low, interval.high) == (0.0, 1.0)


def test_wilson_refuses_more_successes_than_trials() -> None:
    with pytest.raises(SettingError, match="successes = 3"):
        wilson(3, 2)


@pytest.mark.parametrize("level", [0.0, 1.0, 95])
def test_a_level_outside_of_0_and_1_is_refused(level: float) -> None:
    with pytest.raises(SettingError, match="level"):
        wilson(1, 2, level)
    with pytest.raises(SettingError, match="level"):
        mean_interval([], [], ("k",), level)


def test_right_or_wrong_on_tasks_played_once_gets_wilson() -> None:
    values = [1.0, 0.0, 1.0, 1.0]
    assert mean_interval(values, names(4), ("k",)) == wilson(3, 4)


def test_repeated_tasks_get_a_bootstrap() -> None:
    values = [float(draw < 0.5) for draw in draws(60)]
    assert mean_interval(values, names(20, 3), ("k",)).kind == "bootstrap"


def test_values_between_0_and_1_get_a_bootstrap() -> None:
    assert mean_interval(draws(40), names(40), ("k",)).kind == "bootstrap"


def test_no_values_give_the_whole_range() -> None:
    interval = mean_interval([], [], ("k",), bounds=DIFFERENCE)
    assert (interval.low, interval.high, interval.kind) == (-1.0, 1.0, "bound")


def test_values_out_of_bounds_are_refused() -> None:
    with pytest.raises(SettingError, match=r"value = 1\.5"):
        mean_interval([1.5], ["t"], ("k",))


@pytest.mark.parametrize("count", [12, 60, 3000])
def test_the_bootstrap_agrees_with_scipy_at_the_widened_level(count: int) -> None:
    values = np.array(draws(count)) ** 2
    ours = mean_interval(values.tolist(), names(count), ("k",))
    widened = np.sqrt(count / (count - 1)) * scipy.stats.t.ppf(0.975, count - 1)
    theirs = scipy.stats.bootstrap(
        (values,),
        np.mean,
        confidence_level=1 - 2 * scipy.stats.norm.cdf(-widened),
        n_resamples=4000,
        method="percentile",
        batch=200,
        rng=np.random.default_rng(1),
    ).confidence_interval
    width = theirs.high - theirs.low
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.08 * width)


def test_a_cluster_bootstrap_is_wider_than_one_that_forgets_the_tasks() -> None:
    per_task = draws(40)
    values = [value for value in per_task for _ in range(5)]
    clustered = mean_interval(values, names(40, 5), ("k",))
    naive = mean_interval(values, names(200), ("k",))
    assert clustered.high - clustered.low > 1.8 * (naive.high - naive.low)


def test_equal_repeats_of_each_task_change_nothing() -> None:
    per_task = draws(40)
    once = mean_interval(per_task, names(40), ("k",))
    thrice = mean_interval([v for v in per_task for _ in range(3)], names(40, 3), ("k",))
    assert (thrice.low, thrice.high) == pytest.approx((once.low, once.high), abs=1e-8)


def test_tasks_played_more_often_weigh_more() -> None:
    values = [1.0] * 90 + [0.0, 0.1, 0.2, 0.3, 0.25] * 2
    clusters = [f"a{n % 6}" for n in range(90)] + [f"b{n}" for n in range(10)]
    interval = mean_interval(values, clusters, ("k",))
    assert interval.low < mean(values) < interval.high
    assert interval.high > 0.95


def test_the_same_key_gives_the_same_interval_and_another_key_another() -> None:
    values = draws(50)
    first, again, other = (mean_interval(values, names(50), (key,)) for key in "aab")
    assert first == again
    assert first != other


def test_the_order_of_the_values_does_not_matter() -> None:
    pairs = list(zip(draws(60), names(20, 3), strict=True))
    turned = seeding.shuffled(pairs, "order")
    assert mean_interval(*zip(*pairs, strict=True), ("k",)) == mean_interval(
        *zip(*turned, strict=True), ("k",)
    )


def test_the_global_random_state_is_left_alone() -> None:
    before = random.getstate(), np.random.get_state()[1].tobytes()
    mean_interval(draws(50), names(50), ("k",))
    assert before == (random.getstate(), np.random.get_state()[1].tobytes())


def test_intervals_of_small_samples_hold_the_truth_about_as_often_as_they_say() -> None:
    held = 0
    for trial in range(200):
        chances = draws(12, trial, "task")
        values = [
            float(seeding.uniform("play", trial, task, repeat) < chance)
            for task, chance in enumerate(chances)
            for repeat in range(3)
        ]
        interval = mean_interval(values, names(12, 3), (trial,))
        held += interval.low <= 0.5 <= interval.high
    assert 182 <= held <= 199


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_all_alike_on_repeated_tasks_is_wilson_on_the_number_of_tasks(value: float) -> None:
    interval = mean_interval([value] * 64 * 4, names(64, 4), ("k",))
    expected = wilson(64 * value, 64)
    assert interval.kind == "bound"
    assert (interval.low, interval.high) == pytest.approx((expected.low, expected.high), abs=1e-8)


def test_one_task_repeated_counts_as_one() -> None:
    interval = mean_interval([1.0] * 64, ["t"] * 64, ("k",))
    assert interval.low == pytest.approx(wilson(1, 1).low)


def test_equal_scores_between_0_and_1_still_have_an_interval() -> None:
    interval = mean_interval([0.5] * 30, names(30), ("k",))
    assert interval.kind == "bound"
    assert 0.4 < interval.low < 0.5 < interval.high < 0.6


def test_one_odd_task_does_not_make_the_interval_narrower() -> None:
    all_right = mean_interval([1.0] * 120, names(60, 2), ("k",))
    one_wrong = mean_interval([1.0] * 119 + [0.0], names(60, 2), ("k",))
    assert one_wrong.kind == "bound"
    assert one_wrong.low < all_right.low


def test_a_player_equal_to_the_baseline_differs_by_little_but_not_by_nothing() -> None:
    interval = mean_interval([0.0] * 64, names(64), ("k",), bounds=DIFFERENCE)
    assert interval.high == pytest.approx(wilson(0, 64).high)
    assert interval.low == -interval.high


def test_three_tasks_that_all_differ_get_a_wide_bound() -> None:
    interval = mean_interval([0.2, 0.5, 0.9], names(3), ("k",))
    assert interval.kind == "bound"
    assert interval.high - interval.low > 0.5


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 6)), min_size=1, max_size=25))
def test_every_interval_is_ordered_within_bounds_and_never_a_point(
    played: list[tuple[float, int]],
) -> None:
    values = [value for value, _ in played]
    interval = mean_interval(values, [str(task) for _, task in played], ("k",))
    assert 0 <= interval.low < interval.high <= 1
    if interval.kind != "bootstrap":
        assert interval.low - 1e-9 <= sum(values) / len(values) <= interval.high + 1e-9


def test_the_exact_sign_flip_test_agrees_with_scipy() -> None:
    values = [0.9, 0.4, -0.1, 0.3, 0.5, -0.2, 0.6, 0.1]
    expected = scipy.stats.permutation_test(
        (np.array(values), np.zeros(8)),
        lambda a, b: np.mean(a - b),
        permutation_type="samples",
        n_resamples=np.inf,
    ).pvalue
    assert sign_flip(values, names(8), ("k",)) == pytest.approx(expected)


def test_the_sampled_sign_flip_test_agrees_with_a_t_test() -> None:
    values = [draw - 0.44 for draw in draws(80)]
    expected = scipy.stats.ttest_1samp(values, 0).pvalue
    assert 0.01 < expected < 0.5
    assert sign_flip(values, names(80), ("k",)) == pytest.approx(expected, abs=0.03)


def test_whole_tasks_change_sign() -> None:
    values = [0.5] * 50
    assert sign_flip(values, ["t"] * 50, ("k",)) == 1.0
    assert sign_flip(values, names(50), ("k",)) == pytest.approx(1 / (RESAMPLES + 1))


@pytest.mark.parametrize("values", [[], [0.0] * 9])
def test_no_difference_is_no_evidence(values: list[float]) -> None:
    assert sign_flip(values, names(len(values)), ("k",)) == 1.0


def test_the_pairs_needed_agree_with_statsmodels() -> None:
    values = [draw - 0.4 for draw in draws(50)]
    expected = NormalIndPower(ddof=0).solve_power(
        0.03 / np.std(values, ddof=1), alpha=0.05, power=0.8, ratio=0
    )
    needed = episodes_needed(values, names(50), bounds=DIFFERENCE)
    assert needed == pytest.approx(expected, rel=0.002, abs=1)


def test_the_episodes_of_two_players_agree_with_statsmodels() -> None:
    values = draws(50)
    expected = NormalIndPower(ddof=0).solve_power(
        0.05 / np.std(values, ddof=1), alpha=0.1, power=0.9, ratio=1
    )
    needed = episodes_needed(values, names(50), gap=0.05, level=0.9, power=0.9, bounds=SHARE)
    assert needed == pytest.approx(expected, rel=0.002, abs=1)


def test_repeats_of_the_same_tasks_do_not_buy_power() -> None:
    per_task = draws(40)
    once = episodes_needed(per_task, names(40))
    thrice = episodes_needed([v for v in per_task for _ in range(3)], names(40, 3))
    assert thrice == pytest.approx(3 * once, rel=0.01)


def test_a_player_that_is_always_right_still_needs_some_episodes() -> None:
    assert 200 < episodes_needed([1.0] * 64, names(64)) < 2000


def test_power_needs_values_and_a_gap() -> None:
    assert episodes_needed([], []) is None
    with pytest.raises(SettingError, match="gap = 0"):
        episodes_needed([1.0], ["t"], gap=0)


@pytest.mark.parametrize("values", [[0.1] * 10, [0.1, 0.2, 0.3, 1e-9]])
def test_the_mean_does_not_depend_on_order(values: list[float]) -> None:
    assert mean(values) == mean(values[::-1])
    assert mean([]) is None
