"""Asking code of a player's: what it raises becomes a PlayerError that says who, what and where."""

import traceback
from collections.abc import Callable
from typing import TypeVar

from webenvs.errors import PlayerError
from webenvs.text import told

Answer = TypeVar("Answer")


def asked(failure: str, ask: Callable[..., Answer], *arguments: object) -> Answer:
    """What `ask(*arguments)` returns.

    Raises PlayerError `from` any error or exit inside it: `failure` (the sentence so far), type and
    text of the error, and file and line of the asked code.
    """
    try:
        return ask(*arguments)
    except (Exception, SystemExit) as error:
        raise PlayerError(f"{failure}: {told(error)}{_place(error)}.") from error


def _place(error: BaseException) -> str:
    """File and line of the asked code, as deep as it stays in the file it was entered in."""
    frames = traceback.extract_tb(error.__traceback__)[1:]
    own = [frame for frame in frames if frame.filename == frames[0].filename]
    return f" ({own[-1].filename}:{own[-1].lineno})" if own else ""
