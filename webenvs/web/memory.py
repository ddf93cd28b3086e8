"""What noise has made of calls, remembered: rollouts of one question ask the same things."""

from collections.abc import Hashable
from typing import NamedTuple

from webenvs.records import Result
from webenvs.web.view import View

CHARACTERS = 8_000_000
"""The characters of content that are remembered at most."""

_KEY_CHARACTERS = 400  # about what a key takes


class Settled(NamedTuple):
    """What a call brings whenever it is made: its result, and what is open then.

    `failed_at` is the place of the cause that made it fail, None if none did.
    """

    result: Result
    view: View | None
    failed_at: int | None


class Memory:
    """Settled answers by what they depend on; all are forgotten at once when they are too many."""

    __slots__ = ("_characters", "_known")

    def __init__(self) -> None:
        self._known: dict[Hashable, Settled] = {}
        self._characters = 0

    def get(self, key: Hashable) -> Settled | None:
        """The answer under a key, or None."""
        return self._known.get(key)

    def keep(self, key: Hashable, answer: Settled) -> None:
        """Remember an answer."""
        self._characters += len(answer.result.content) + _KEY_CHARACTERS
        if self._characters > CHARACTERS:
            self._known = {}  # in one step, since threads share it
            self._characters = len(answer.result.content) + _KEY_CHARACTERS
        self._known[key] = answer
