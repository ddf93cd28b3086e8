"""Calibration errors on hand-computed cases and on bad input."""

import math
import random

import pytest

from webenvs.errors import SettingError
from webenvs.rewards import calibration


def test_fewer_than_a_hundred_pairs_are_one_bin():
    # Mean confidence 0.6, accuracy 0.5: the distance is 0.1.
    assert calibration.hle([80, 40], [True, False]) == pytest.approx(0.1)


def test_the_last_bin_takes_the_rest():
    # 199 pairs are one bin of 199; of 200 pairs the surer hundred is a bin of its own.
    sure, unsure = [100.0] * 100, [0.0] * 100
    right, wrong = [True] * 100, [False] * 100
    assert calibration.hle(unsure[1:] + sure, right[1:] + wrong) == pytest.approx(
        abs(100 / 199 - 99 / 199)
    )
    assert calibration.hle(unsure + sure, right + wrong) == pytest.approx(1.0)


def test_browsecomp_plus_leaves_out_its_last_bin():
    confidence = [0.0] * 100 + [100.0] * 100
    assert calibration.browsecomp_plus(confidence, [False] * 200) == 0.0
    assert calibration.browsecomp_plus(confidence, [True] * 200) == pytest.approx(
        100 * math.sqrt(0.5)
    )


def test_the_order_of_the_answers_does_not_matter():
    draw = random.Random(7)
    pairs = [(draw.randrange(0, 100, 10), draw.random() < 0.5) for _ in range(250)]
    mixed = draw.sample(pairs, len(pairs))
    assert calibration.hle(*zip(*pairs, strict=True)) == calibration.hle(*zip(*mixed, strict=True))


def test_browsecomp_zh_puts_each_edge_into_the_upper_bin_and_counts_the_unreadable_as_0():
    # 20 opens the second bin: alone there, |0.2 - 1| = 0.8. None and 0: |0 - 0.5| = 0.5.
    value = calibration.browsecomp_zh([20, None, 0], [True, True, False])
    assert value == pytest.approx(100 * (0.8 / 3 + 0.5 * 2 / 3))


@pytest.mark.parametrize(
    ("confidence", "correct", "problem"),
    [
        ([], [], "0 values"),
        ([50], [True, False], "as long as correct (2 values)"),
        ([101], [True], "percentages from 0 to 100"),
        ([float("nan")], [True], "percentages from 0 to 100"),
    ],
)
def test_bad_pairs_are_refused(confidence, correct, problem):
    with pytest.raises(SettingError) as caught:
        calibration.hle(confidence, correct)
    assert problem in str(caught.value)
