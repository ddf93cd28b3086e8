"""Days as texts write them, brought to YYYY-MM-DD; what cannot be read is no day."""

import datetime
import re

FIRST_YEAR = 1000
"""Before it, what looks like a year is a placeholder."""

_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
_PACKED = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T?\d{4,6}Z?)?\Z")
_DAY_FIRST = re.compile(
    r"(?:[A-Za-z]{3,9},?\s+)?(\d{1,2})[-\s/.]+([A-Za-z]{3})[a-z]*\.?[-\s/,]+(\d{4})"
)
_MONTH_FIRST = re.compile(r"([A-Za-z]{3})[a-z]*\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})")


def day_of(value: object) -> str:
    """The day that `value` begins with as YYYY-MM-DD, or "" if it is none.

    Read are dates and datetimes, whole numbers such as 20240501, ISO 8601 (2024-05-01T10:00Z),
    14-digit timestamps, RFC 2822 (Fri, 09 Aug 2013 23:54:35 GMT), 05-Jul-2001, and May 1, 2024,
    with English names of months.
    """
    if isinstance(value, datetime.date):
        return f"{value.year:04}-{value.month:02}-{value.day:02}"
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)  # 20240501
    if not isinstance(value, str):
        return ""
    text = value.strip()[:64]
    if found := _ISO.match(text) or _PACKED.match(text):
        return _day(found[1], int(found[2]), found[3])
    if found := _DAY_FIRST.match(text):
        return _day(found[3], _MONTHS.get(found[2].lower(), 0), found[1])
    if found := _MONTH_FIRST.match(text):
        return _day(found[3], _MONTHS.get(found[1].lower(), 0), found[2])
    return ""


def _day(year: str, month: int, day: str) -> str:
    if int(year) < FIRST_YEAR:
        return ""
    try:
        return datetime.date(int(year), month, int(day)).isoformat()
    except ValueError:
        return ""
