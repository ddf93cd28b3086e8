"""The clock of a run keeps time for what must come at the end."""

from baselines.grpo.budget import COLD_SHARE, MARGIN, REPORT_SECONDS, Budget


class Clock:
    """A clock that is set by hand."""

    def __init__(self):
        self.time = 100.0

    def __call__(self):
        return self.time


def budget(minutes, used=0.0):
    clock = Clock()
    return Budget(minutes, used, clock), clock


def spend(one, clock, what, seconds):
    with one.timed(what):
        clock.time += seconds


def test_without_a_bound_there_is_always_time():
    one, clock = budget(None)
    spend(one, clock, "update", 1e9)
    assert (one.left, one.room_for("update"), one.for_cold_start()) == (None, True, None)


def test_time_before_a_run_went_on_counts():
    one, clock = budget(10.0, used=500.0)
    clock.time += 20.0
    assert (one.used, one.left) == (520.0, 80.0)


def test_the_last_evaluation_keeps_its_time():
    one, clock = budget(10.0)
    spend(one, clock, "evaluation", 60.0)
    clock.time += 600.0 - 60.0 - 60.0 * MARGIN - REPORT_SECONDS
    assert one.room_for("evaluation")
    clock.time += 0.5
    assert not one.room_for("evaluation")


def test_the_longest_update_is_what_the_next_is_reckoned_with():
    one, clock = budget(1.0)
    spend(one, clock, "update", 20.0)
    spend(one, clock, "update", 1.0)
    clock.time += 60.0 - 21.0 - 20.0 * MARGIN - REPORT_SECONDS + 0.5
    assert not one.room_for("update")


def test_the_cold_start_has_its_share_less_what_was_used():
    one, clock = budget(10.0)
    clock.time += 40.0
    assert one.for_cold_start(0.5) == 0.5 * (COLD_SHARE * 600.0 - 40.0)


def test_a_cold_start_that_is_late_still_gets_a_moment():
    one, clock = budget(1.0)
    clock.time += 50.0
    assert one.for_cold_start() == 1.0


def test_progress_is_counted_from_the_first_update_on():
    budget = Budget(1.0, used=40.0, now=lambda: 0.0)
    assert (budget.progress(20.0), budget.progress(40.0)) == (0.5, 0.0)


def test_progress_ends_with_the_minutes():
    assert Budget(1.0, used=90.0, now=lambda: 0.0).progress(20.0) == 1.0


def test_without_minutes_there_is_no_progress():
    assert Budget(None, used=90.0, now=lambda: 0.0).progress(0.0) == 0.0
