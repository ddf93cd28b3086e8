"""Alignment: chance with the right multiplicities, and the weights that are its expectation."""

from itertools import combinations
from statistics import fmean

import pytest

from baselines.grpo.advantages import group_advantages
from baselines.grpo.alignment import fifo_groups, multiplicities, smallest_cover
from webenvs.errors import SettingError, UnknownNameError

COUNTS = (2, 1, 3, 0, 7)


def drawn(counts, align_to, number=0):
    return multiplicities(counts, "random", align_to, ("run", number))


@pytest.mark.parametrize("mode", ["weighted", "random"])
@pytest.mark.parametrize("align_to", [1, 2, 4, 8])
def test_every_rollout_with_workers_counts_d_times(mode, align_to):
    found = multiplicities(COUNTS, mode, align_to, ("key",))
    totals = [align_to if count else 0 for count in COUNTS]
    assert [sum(times) for times in found] == pytest.approx(totals)
    assert [len(times) for times in found] == list(COUNTS)


def test_weights_are_d_over_the_number_of_workers():
    assert multiplicities(COUNTS[:4], "weighted", 6, ()) == ((3, 3), (6,), (2, 2, 2), ())


@pytest.mark.parametrize("mode", ["pooled", "fifo"])
def test_without_alignment_everyone_counts_once(mode):
    assert multiplicities((2, 0, 3), mode, 8, ()) == ((1, 1), (), (1, 1, 1))


def test_too_many_are_dropped_and_nobody_counts_twice():
    times = drawn((7,), 3)[0]
    assert sorted(times) == [0, 0, 0, 0, 1, 1, 1]


def test_too_few_are_all_kept_and_some_duplicated_once():
    times = drawn((5,), 8)[0]
    assert sorted(times) == [1, 1, 2, 2, 2]


def test_with_many_missing_a_worker_may_be_duplicated_again():
    several = [drawn((2,), 8, number)[0] for number in range(60)]
    assert all(min(times) >= 1 and sum(times) == 8 for times in several)
    assert len(set(several)) > 3


def test_the_draw_depends_on_key_and_place_alone():
    assert drawn((7, 7), 3, 4) == drawn((7, 7), 3, 4)
    assert len({drawn((7,), 3, number) for number in range(40)}) > 10
    assert any(first != second for first, second in (drawn((7, 7), 3, n) for n in range(5)))


@pytest.mark.parametrize(("count", "align_to"), [(3, 2), (3, 4), (2, 8), (5, 5), (1, 6)])
def test_the_random_multiplicity_is_d_over_d_k_on_average(count, align_to):
    draws = [drawn((count,), align_to, number)[0] for number in range(4000)]
    for worker in range(count):
        mean = fmean(times[worker] for times in draws)
        assert mean == pytest.approx(align_to / count, rel=0.05)


def test_the_mean_over_all_random_draws_is_the_weighted_mean():
    """S3: one rollout's 0.9 duplicated, the other's 0.1, 0.5, 0.5 cut to two in all three ways."""
    means = [fmean((0.9, 0.9, *kept)) for kept in combinations((0.1, 0.5, 0.5), 2)]
    weights = [m for times in multiplicities((1, 3), "weighted", 2, ()) for m in times]
    weighted = sum(m * r for m, r in zip(weights, (0.9, 0.1, 0.5, 0.5), strict=True)) / sum(weights)
    assert fmean(means) == pytest.approx(weighted, abs=1e-12)
    assert weighted == pytest.approx(0.633333, abs=1e-6)


def test_s3_surrogates_of_random_and_weighted_alignment():
    """Ratio 1.1 on the rollout of one worker, 1 on the other's; coefficients m / (D K')."""
    random = group_advantages((0.9, 0.5, 0.5), eps=0, weights=(2, 1, 1))
    assert (2 * 1.1 * random[0] + random[1] + random[2]) / 4 == pytest.approx(0.05, abs=1e-6)
    times = [m for rollout in multiplicities((1, 3), "weighted", 2, ()) for m in rollout]
    found = group_advantages((0.9, 0.1, 0.5, 0.5), eps=0, weights=times)
    ratios = (1.1, 1, 1, 1)
    surrogate = sum(m * r * a for m, r, a in zip(times, ratios, found, strict=True)) / 4
    assert surrogate == pytest.approx(0.044721, abs=1e-6)


def test_s5_the_smallest_d_that_covers_99_of_100_rollouts():
    pilot = [1] * 40 + [2] * 30 + [3] * 20 + [4] * 9 + [9]
    assert smallest_cover(pilot) == 4
    assert smallest_cover(pilot, 1.0) == 9
    assert smallest_cover(pilot, 0.9) == 3
    assert smallest_cover(list(reversed(pilot))) == 4


def test_a_share_is_exact_whatever_it_is_in_binary():
    assert 0.07 * 100 > 7
    assert smallest_cover([1] * 7 + [2] * 93, 0.07) == 1


def test_rollouts_without_workers_count_in_the_cover():
    assert smallest_cover([0] * 99 + [5]) == 0


def test_s6_a_queue_mixes_questions_where_groups_by_question_do_not():
    arrivals = [(query, worker) for worker in range(4) for query in ("a", "b")]
    by_queue = fifo_groups(arrivals, 4)
    by_query = [tuple(one for one in arrivals if one[0] == query) for query in ("a", "b")]

    def pure(groups):
        return all(len({query for query, _ in group}) == 1 for group in groups)

    assert pure(by_query)
    assert not pure(by_queue)


def test_a_queue_is_cut_as_it_came_and_the_rest_is_last():
    assert fifo_groups("abcdefg", 3) == (tuple("abc"), tuple("def"), tuple("g"))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: multiplicities((-1,), "weighted", 8, ()), "count = -1 is not allowed"),
        (lambda: multiplicities((1,), "weighted", 0, ()), "align_to = 0 is not allowed"),
        (lambda: smallest_cover(()), "at least one rollout"),
        (lambda: smallest_cover((1,), 0), "share = 0 is not allowed"),
        (lambda: fifo_groups((), 0), "size = 0 is not allowed"),
    ],
    ids=["count", "align_to", "no-pilot", "share", "size"],
)
def test_numbers_that_make_no_sense_are_refused(call, message):
    with pytest.raises(SettingError, match=message):
        call()


def test_an_unknown_mode_is_refused_with_the_nearest():
    with pytest.raises(UnknownNameError, match="Did you mean 'weighted'"):
        multiplicities((1,), "weigthed", 8, ())
