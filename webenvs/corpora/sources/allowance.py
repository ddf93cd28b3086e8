"""How much of a marked-up text is read: as much as its parser can do in about a second."""

import re
from collections.abc import Callable, Mapping

from webenvs.records import Record

WORK = 1_200_000
"""What the lines, marks and characters of a text may cost together, in about microseconds."""

_BESIDE_BARS = str.maketrans("", "", "-:| \t>*+.)0123456789")
_QUOTED = " \t>\r\n"
_BORDER = re.compile(r"\s*=+(?: +=+)+\s*")


Columns = Callable[[str, str, int], int]
"""The columns of the table that a line is in, from it, the line before it, and its columns."""


class Prices(Record, frozen=True, kw_only=True):
    """What a parser takes for a character, a line, each of some marks, and a cell of a table.

    Measured as the dearest text made of each; in about microseconds.
    """

    character: int
    line: int
    marks: Mapping[str, int]
    cell: int
    columns: Columns


def _piped(line: str, _before: str, columns: int) -> int:
    """Of Markdown: dashes between bars begin a table, a blank line ends it."""
    if not line.strip(_QUOTED):
        return 0
    if "|" in line and "-" in line and not line.translate(_BESIDE_BARS).strip():
        return line.count("|") + 1
    return columns


def _ruled(line: str, before: str, columns: int) -> int:
    """Of reStructuredText: a border of several rules begins a table, a blank after one ends it."""
    if _BORDER.fullmatch(line):
        return len(line.split())
    if not line.strip() and _BORDER.fullmatch(before):
        return 0
    return columns


MARKDOWN = Prices(
    character=1,
    line=45,
    marks=dict.fromkeys("[!", 15) | dict.fromkeys("]*_~`<&\\|>#+-", 8),
    cell=30,
    columns=_piped,
)
"""A row of a table has as many cells as the table has columns, however short its line is."""
RST = Prices(
    character=2,
    line=180,
    marks={**dict.fromkeys("*_`|[:", 8), "-": 12, ",": 60, ".. _": 350},
    cell=190,
    columns=_ruled,
)


def affordable(text: str, prices: Prices) -> str:
    """The lines at the beginning of `text` that cost no more than `WORK` together.

    Where already the first costs more, as many characters of it as do not.
    """
    spent = start = columns = 0
    before = ""
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        line = text[start:end]
        columns = prices.columns(line, before, columns)
        before = line
        spent += _price(line, prices) + columns * prices.cell
        if spent > WORK:
            return text[:start] if text[:start].strip() else text[: _most(text, prices)]
        start = end
    return text


def _price(line: str, prices: Prices) -> int:
    marks = sum(line.count(mark) * price for mark, price in prices.marks.items())
    return prices.line + prices.character * len(line) + marks


def _most(text: str, prices: Prices) -> int:
    """The characters of a line that can be afforded."""
    spent = prices.line
    for place, character in enumerate(text):
        spent += prices.character + prices.marks.get(character, 0)
        if spent > WORK:
            return place
    return len(text)
