"""Ctrl-C: a first one ends a run where nothing is lost, a second one ends it at once."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupts:
    """Listens for Ctrl-C and for termination while it is entered.

    What is `abandonable` changes nothing that a run keeps, so that it is left at once; anything
    else is finished first, and `asked` says that the run is to end. A second signal raises
    KeyboardInterrupt wherever the run is. Outside of the main thread nothing is listened to.
    """

    def __init__(self) -> None:
        self.asked = False
        self._abandonable = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> "Interrupts":
        """Begin to listen."""
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._heard) for number in _SIGNALS}
        return self

    def __exit__(self, *_: object) -> None:
        """Give the signals back to whom they belonged."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}

    @contextmanager
    def abandonable(self) -> Iterator[None]:
        """What is done inside may be left at any moment; raises KeyboardInterrupt if asked to."""
        self._abandonable = True
        try:
            if self.asked:
                raise KeyboardInterrupt
            yield
        finally:
            self._abandonable = False

    def _heard(self, _number: int, _frame: FrameType | None) -> None:
        again, self.asked = self.asked, True
        if again or self._abandonable:
            raise KeyboardInterrupt
