"""The official GAIA scorer, traps included: the gold alone decides how an answer is read."""

import re
import string
from collections.abc import Sequence

_SEPARATOR = re.compile("[,;]")
_BLANK = re.compile(r"\s")
_MONEY = str.maketrans("", "", "$%,")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def gaia(answer: str, golds: Sequence[str]) -> float:
    """1.0 if GAIA's scorer accepts the answer against any gold.

    A gold that Python's float() reads is a number; else one with a comma or semicolon is a list;
    else it is a string. So gold "1,000" is a list and refuses "1000", gold "100%" is a string and
    accepts "100", gold "inf" accepts anything that is no number, and "nan" nothing.
    """
    return float(any(_right(answer, gold) for gold in golds))


def _right(answer: str, gold: str) -> bool:
    if (number := _float(gold)) is not None:
        return _equal_number(answer, number)
    if _SEPARATOR.search(gold):
        return _equal_list(_SEPARATOR.split(answer), _SEPARATOR.split(gold))
    return _plain(answer).translate(_PUNCTUATION) == _plain(gold).translate(_PUNCTUATION)


def _equal_list(answers: list[str], golds: list[str]) -> bool:
    """Piece by piece, in order; strings keep their punctuation here."""
    return len(answers) == len(golds) and all(
        _plain(answer) == _plain(gold)
        if (number := _float(gold)) is None
        else _equal_number(answer, number)
        for answer, gold in zip(answers, golds, strict=True)
    )


def _equal_number(answer: str, gold: float) -> bool:
    """Whether the answer is that number once $, % and commas are gone; unreadable is infinity."""
    said = _float(answer.translate(_MONEY))
    return (float("inf") if said is None else said) == gold


def _float(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _plain(text: str) -> str:
    return _BLANK.sub("", text).lower()
