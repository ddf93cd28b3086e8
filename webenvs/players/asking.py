"""Asking code of a player's: what it raises becomes a PlayerError that says who, what and where."""

from collections.abc import Callable
from typing import TypeVar

from webenvs.errors import PlayerError
from webenvs.text import place, told

Answer = TypeVar("Answer")


def asked(failure: str, ask: Callable[..., Answer], *arguments: object) -> Answer:
    """What `ask(*arguments)` returns.

    Raises PlayerError `from` any error or exit inside it: `failure` (the sentence so far), type and
    text of the error, and file and line of the asked code.
    """
    try:
        return ask(*arguments)
    except (Exception, SystemExit) as error:
        raise PlayerError(f"{failure}: {told(error)}{place(error)}.") from error
