"""The number metric: what number a short text states, and whether it is the gold's."""

import re
import unicodedata
from collections.abc import Sequence
from fractions import Fraction

from webenvs.rewards import normal

LONGEST = 200
"""A longer text is prose, not a number."""

_TOKEN = re.compile(
    r"(?P<literal>(?<![\w.,])[-+]?(?:(?:\d{1,3}(?:[, ]\d{3})+|\d+)(?:\.\d+)?|\.\d+)"
    r"(?:e[-+]?\d{1,3}(?!\d))?+(?!e[-+]?\d)(?![.,]?\d))(?:(?P<letter>k|mn?|bn?|tn?)(?!\w))?"
    r"|\d+e[-+]?\d+|(?P<word>[^\W\d_]+)",
    re.ASCII,
)
_CURRENCY = re.compile(r"([-+]?) ?[$£¥€₹₩₽] ?")

_SMALL = {
    **{"zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7},
    **{"eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13},
    **{"fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18},
    **{"nineteen": 19},
}
_TENS = {
    **{"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50},
    **{"sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90},
}
_SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_LETTERS = {
    **{"k": 10**3, "m": 10**6, "mn": 10**6},
    **{"b": 10**9, "bn": 10**9, "t": 10**12, "tn": 10**12},
}
_DENIAL = re.compile(r"(?:\b(?:not|nor|(?P<no>no))|n['’]t)[ -]+$")
_SIGNS = frozenset({"minus", "negative"})
_SPOKEN = frozenset({*_SMALL, *_TENS, *_SCALES, *_SIGNS, "hundred"})

Token = Fraction | str


def number(answer: str, golds: Sequence[str], tolerance: float = 0.0) -> float:
    """1.0 if the answer states the number of a gold; a gold that states none is compared as text.

    Equality is exact unless `tolerance` is given: |answer - gold| <= tolerance * |gold|.
    """
    said = read(answer)
    return float(any(_right(answer, said, gold, tolerance) for gold in golds))


def _right(answer: str, said: Fraction | None, gold: str, tolerance: float) -> bool:
    wanted = read(gold)
    if wanted is None:
        return normal.extended(answer) == normal.extended(gold)
    return said is not None and abs(said - wanted) <= Fraction(tolerance) * abs(wanted)


def read(text: str) -> Fraction | None:
    """The one number that `text` states, or None if it states none, or several.

    Read are digits with thousands separators ("1,234.5", "12 000"), exponents, a currency sign
    before, a per cent sign or unit after (both without effect: "12%" is 12), the minus sign of
    typography, English number words ("forty-two") and scales: thousand to trillion as words ("3.5
    million"), k, m, mn, b, bn, t and tn directly after digits ("3.5M"; so "5m" is five million and
    "5 m" is 5). Commas as decimal signs, ranges, versions ("1.2.3") and exponents of more than
    three digits are no number; nor is one after "not", or one in words after "no" ("no one"; "no.
    1" and "no 1" are 1). Other words around are passed over, and one number stated twice is one
    number.
    """
    if len(text) > LONGEST:
        return None
    plain = " ".join(unicodedata.normalize("NFKC", text).split()).lower()
    plain = _CURRENCY.sub(r" \1", plain.replace("\N{MINUS SIGN}", "-"))
    values = {_value(run) for run in _runs(plain)}
    return values.pop() if len(values) == 1 else None


def _runs(text: str) -> list[list[Token]]:
    """The runs of number tokens with only blanks, hyphens, commas or "and" between them."""
    runs: list[list[Token]] = []
    run: list[Token] = []
    going, end = False, 0
    for match in _TOKEN.finditer(text):
        token = _token(match)
        going = going and not text[end : match.start()].strip(" -,")
        end = match.end()
        if token is None:
            going = going and match["word"] == "and"
        elif going:
            run.append(token)
        else:
            run, going = [token], True
            if not _denied(text, match):
                runs.append(run)
    return runs


def _denied(text: str, first: re.Match[str]) -> bool:
    """Whether the run that begins there is no statement: "not 5", "no one"."""
    found = _DENIAL.search(text, 0, first.start())
    return found is not None and (found["no"] is None or first["word"] is not None)


def _token(match: re.Match[str]) -> Token | None:
    if match["literal"]:
        value = Fraction(match["literal"].replace(",", "").replace(" ", ""))
        return value * _LETTERS.get(match["letter"], 1)
    return match["word"] if match["word"] in _SPOKEN else None


def _value(run: Sequence[Token]) -> Fraction | None:
    """The value of a run such as [3.5, "million"] or ["two", "hundred", "five"], or None."""
    sign = -1 if run[0] in _SIGNS else 1
    total, part, last = Fraction(0), None, None
    for token in run[1:] if sign < 0 else run:
        if isinstance(token, str) and token in _SCALES:
            scale = _SCALES[token]
            if last is not None and scale >= last:
                return None
            total, part, last = total + (1 if part is None else part) * scale, None, scale
        else:
            part = _extended(part, token)
            if part is None:
                return None
    if part is None and last is None:
        return None
    return sign * (total + (part or 0))


def _extended(part: Fraction | None, token: Token) -> Fraction | None:
    """The part of a number below its scale, with one more token; None if that is no English."""
    if isinstance(token, Fraction):
        return token if part is None else None
    if token == "hundred":
        return 100 * (Fraction(1) if part is None else part)
    if token in _SIGNS:
        return None
    value = _SMALL[token] if token in _SMALL else _TENS[token]
    if part is None or part % 100 == 0:
        return (part or Fraction(0)) + value
    fits = 0 < value < 10 and part % 10 == 0 and part % 100 >= 20
    return part + value if fits else None
