"""A first signal waits for what must not be torn, and leaves at once what may be."""

import os
import signal
import threading

import pytest

from baselines.grpo.interrupts import Interrupts


def send(number=signal.SIGINT):
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["int", "term"])
def test_a_signal_is_noted_while_something_is_finished(number):
    with Interrupts() as interrupts:
        send(number)
        assert interrupts.asked


def test_what_is_abandonable_is_left_at_once():
    with Interrupts() as interrupts, pytest.raises(KeyboardInterrupt), interrupts.abandonable():
        send()
        raise AssertionError("it went on")


def test_nothing_abandonable_is_begun_once_the_end_was_asked_for():
    with Interrupts() as interrupts:
        send()
        with pytest.raises(KeyboardInterrupt), interrupts.abandonable():
            raise AssertionError("it was begun")


def test_behind_what_is_abandonable_things_are_finished_again():
    with Interrupts() as interrupts:
        with interrupts.abandonable():
            pass
        send()
        assert interrupts.asked


def test_a_second_signal_ends_at_once():
    with Interrupts() as interrupts:
        send()
        with pytest.raises(KeyboardInterrupt):
            send()
        assert interrupts.asked


def test_the_signals_are_given_back():
    before = signal.getsignal(signal.SIGINT)
    with Interrupts():
        assert signal.getsignal(signal.SIGINT) != before
    assert signal.getsignal(signal.SIGINT) == before


def test_in_another_thread_nothing_is_listened_to():
    before, seen = signal.getsignal(signal.SIGINT), []

    def listen():
        with Interrupts():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=listen)
    thread.start()
    thread.join()
    assert seen == [before]
