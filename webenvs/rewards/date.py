"""The date metric: what day, month or year a short text states, at the precision of the gold."""

import re
import unicodedata
from collections.abc import Sequence

from webenvs.rewards import normal

LONGEST = 200
"""A longer text is prose, not a date."""

Date = tuple[int, ...]
"""(year), (year, month) or (year, month, day); years before Christ are negative."""

_MONTHS = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    "|sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)
_MONTH = rf"(?P<name>{_MONTHS})\b\.?"
_DAY = r"(?<!\w)(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>\d{1,4})(?!\d)(?: ?(?P<era>bce?|ad|ce)\b)?"
_ALONE = r"(?<![\w.,/-])"
_DONE = r"(?!\w|[-/.,]\d)"

_FORMS = tuple(
    re.compile(pattern, re.ASCII)
    for pattern in (
        rf"{_ALONE}(?P<year>\d{{4}})([-/.])(?P<month>\d{{1,2}})\2(?P<day>\d{{1,2}})(?!\d)",
        rf"{_ALONE}(?P<first>\d{{1,2}})([-/.])(?P<second>\d{{1,2}})\2(?P<year>\d{{4}})(?!\d)",
        rf"{_DAY} (?:of )?{_MONTH},? ?(?:of )?{_YEAR}",
        rf"\b{_MONTH} (?:the )?{_DAY}(?:, ?| ){_YEAR}",
        rf"{_ALONE}(?P<year>\d{{4}})-(?P<month>\d{{2}}){_DONE}",
        rf"\b{_MONTH},? (?:of )?{_YEAR}",
        rf"{_ALONE}(?P<year>\d{{1,4}}) ?(?P<era>bce?|ad|ce)\b",
        rf"\b(?P<era>ad|ce) (?P<year>\d{{1,4}}){_DONE}",
        rf"{_ALONE}(?P<year>\d{{4}}){_DONE}",
        r"^(?P<year>\d{1,3})(?P<era>)$",
    )
)
_ERAS = (("b.c.e.", "bce"), ("b.c.", "bc"), ("a.d.", "ad"), ("c.e.", "ce"))
_ORDER = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def date(answer: str, golds: Sequence[str]) -> float:
    """1.0 if the answer states the date of a gold, as precisely as the gold or more so.

    Gold "1999" accepts "3 March 1999"; gold "3 March 1999" refuses "1999". A gold that states no
    date is compared as text.
    """
    said = read(answer)
    return float(any(_right(answer, said, gold) for gold in golds))


def _right(answer: str, said: Date | None, gold: str) -> bool:
    wanted = read(gold)
    if wanted is None:
        return normal.extended(answer) == normal.extended(gold)
    return said is not None and said[: len(wanted)] == wanted


def read(text: str) -> Date | None:
    """The one date that `text` states, or None if it states none, several, or an impossible one.

    Read are ISO dates, "3 March 1999", "March 3rd, 1999", "Dec. 1817", "March 44 BC", years of four
    digits (fewer with an era or alone), and numeric dates whose day and month cannot be mixed up
    ("14/3/1999" but not "3/4/1999"). Other words around are passed over.
    """
    if len(text) > LONGEST:
        return None
    plain = " ".join(unicodedata.normalize("NFKC", text).split()).lower()
    for spelling, era in _ERAS:
        plain = plain.replace(spelling, era)
    found: set[Date | None] = set()
    for form in _FORMS:
        found |= {_date(match.groupdict()) for match in form.finditer(plain)}
        plain = form.sub(" ; ", plain)
    return found.pop() if len(found) == 1 else None


def _date(parts: dict[str, str | None]) -> Date | None:
    """The date of a match, or None if there is no such day."""
    year = _year(parts["year"] or "", parts.get("era"))
    month, day = _month(parts), int(parts.get("day") or 0)
    if parts.get("first"):
        month, day = _told_apart(int(parts["first"] or 0), int(parts["second"] or 0))
    if year is None or month is None:
        return None
    if not month:
        return (year,)
    if not parts.get("day") and not parts.get("first"):
        return (year, month)
    return (year, month, day) if 1 <= day <= _length(year, month) else None


def _year(digits: str, era: str | None) -> int | None:
    """The year; one or two digits without an era are no year."""
    year = int(digits)
    if year == 0 or (len(digits) < 3 and era is None):
        return None
    return -year if era in ("bc", "bce") else year


def _month(parts: dict[str, str | None]) -> int | None:
    """1 to 12, 0 if the match holds no month, None if there is no such month."""
    if name := parts.get("name"):
        return _ORDER.index(name[:3]) + 1
    month = int(parts.get("month") or 0)
    if parts.get("month") and not 1 <= month <= 12:
        return None
    return month


def _told_apart(first: int, second: int) -> tuple[int | None, int]:
    """(month, day) of two numbers in unknown order; month None if both orders are possible."""
    if first == second or (second > 12 >= first):
        return (first if 1 <= first <= 12 else None), second
    return (second if first > 12 and 1 <= second <= 12 else None), first


def _length(year: int, month: int) -> int:
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 28 if month == 2 and year > 0 and not leap else _LENGTHS[month - 1]
