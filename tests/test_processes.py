"""Work spread over processes."""

import os

import pytest

from webenvs.errors import SettingError
from webenvs.processes import spread


def desk(factor):
    return factor


def times(factor, number):
    return factor * number


def process(factor, number):
    return os.getpid()


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_results_come_in_the_order_of_the_jobs_whatever_the_workers(workers):
    assert list(spread((desk, (3,)), times, range(7), workers)) == [0, 3, 6, 9, 12, 15, 18]


def test_one_worker_works_in_this_process_and_two_do_not():
    assert set(spread((desk, (1,)), process, range(3), 1)) == {os.getpid()}
    assert os.getpid() not in set(spread((desk, (1,)), process, range(3), 2))


def test_no_worker_is_refused():
    with pytest.raises(SettingError, match="workers"):
        list(spread((desk, (1,)), times, range(3), 0))


def test_jobs_are_taken_only_a_few_ahead_of_the_results():
    taken = []
    jobs = (taken.append(number) or number for number in range(1_000))
    results = spread((desk, (3,)), times, jobs, 2)
    assert next(results) == 0
    assert len(taken) < 20
    results.close()
