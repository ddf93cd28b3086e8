"""The rules of collapse speak on synthetic series that break down, and only on those."""

import math

import pytest

from baselines.grpo.monitor import alarms

QUIET = [0.1, 0.2, 0.15, 0.3, 0.25, 0.2, 0.4, 0.35, 0.3, 0.4] * 4
RISING = [0.2 + 0.015 * update for update in range(40)]


def history(**series):
    """An update a value, under "planner/NAME"."""
    names = [name.replace("__", "/") for name in series]
    return [dict(zip(names, values, strict=True)) for values in zip(*series.values(), strict=True)]


def levels(**series):
    return [(alarm.level, alarm.metric) for alarm in alarms(history(**series))]


def test_a_run_that_learns_raises_no_alarm():
    entropy = [1.0 - 0.01 * update for update in range(40)]
    assert levels(planner__reward=RISING, planner__entropy=entropy, planner__valid=[0.9] * 40) == []


def test_a_noisy_reward_raises_no_alarm():
    assert levels(planner__reward=QUIET) == []


def test_nothing_is_said_of_a_short_history():
    assert levels(planner__reward=[0.8] * 10 + [0.0] * 9) == []


def test_a_reward_at_less_than_half_of_its_best_has_collapsed():
    assert levels(planner__reward=[0.8] * 20 + [0.3] * 10) == [("collapse", "planner/reward")]


def test_a_reward_at_two_thirds_of_its_best_is_warned_of():
    assert levels(planner__reward=[0.9] * 20 + [0.6] * 10) == [("warning", "planner/reward")]


def test_a_reward_that_was_never_high_cannot_collapse():
    assert levels(planner__reward=[0.05] * 20 + [0.0] * 10) == []


def test_a_vanished_entropy_is_a_collapse():
    got = levels(
        planner__entropy=[0.8] * 20 + [0.001] * 10, planner__reward=[0.8] * 20 + [0.6] * 10
    )
    assert got[0] == ("collapse", "planner/entropy")


def test_a_vanished_entropy_beside_the_best_reward_is_only_warned_of():
    got = levels(planner__entropy=[0.8] * 20 + [0.001] * 10, planner__reward=RISING[:30])
    assert got == [("warning", "planner/entropy")]


def test_an_exploding_entropy_is_a_collapse():
    got = levels(planner__entropy=[0.3] * 20 + [2.0] * 10, planner__reward=[0.8] * 20 + [0.6] * 10)
    assert got[0] == ("collapse", "planner/entropy")


def test_exploding_contexts_are_a_collapse():
    got = levels(worker__tokens=[100.0] * 20 + [400.0] * 10, worker__reward=[0.8] * 20 + [0.6] * 10)
    assert got[0] == ("collapse", "worker/tokens")


def test_calls_that_are_no_longer_valid_are_a_collapse():
    assert levels(worker__valid=[0.95] * 20 + [0.5] * 10) == [("collapse", "worker/valid")]


def test_episodes_that_no_longer_search_are_a_collapse():
    assert levels(no_search=[0.0] * 20 + [0.7] * 10) == [("collapse", "no_search")]


def test_roles_are_judged_by_themselves():
    got = levels(planner__reward=RISING[:30], worker__reward=[0.8] * 20 + [0.1] * 10)
    assert got == [("collapse", "worker/reward")]


def test_updates_without_a_number_are_left_out():
    values = [0.8] * 20 + [0.3] * 10
    gapped = [{"planner/reward": value} for value in values]
    gapped[5:5] = [{}, {"planner/reward": math.nan}]
    assert alarms(gapped) == alarms([{}, {}, *history(planner__reward=values)])


@pytest.mark.parametrize("name", ["planner/reward", "reward"])
def test_an_alarm_says_what_fell_from_where_to_where(name):
    (alarm,) = alarms([{name: value} for value in [0.8] * 20 + [0.2] * 10])
    assert str(alarm) == (
        f"Collapse at update 29: the reward has fallen far below its best ({name} 0.2, was 0.8)."
    )
