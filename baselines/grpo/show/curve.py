"""A learning curve as characters: a line of braille dots with marks on it, or one row of blocks."""

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from webenvs.bench.svg import Scale, ticks

Point = tuple[float, float]

MARK = "●"
_BLANK = 0x2800
_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
"""The bits of a braille character: two columns of four dots, from the top."""
_BLOCKS = "▁▂▃▄▅▆▇█"
_PLAIN = "_.-=+*#%"
_AXIS = 7


class Cell(NamedTuple):
    """A character of the drawing, and which series it shows: line, mark, or neither (axis)."""

    sign: str
    kind: str


def drawn(
    line: Sequence[Point], marks: Sequence[Point], size: tuple[int, int], last: float
) -> list[list[Cell]]:
    """Rows of at most `size` = (columns, rows) cells: `line` in dots, `marks` upon it.

    x runs from 0 to `last`, y from 0 (or the least value below it) to a round number above the
    greatest. An axis with three numbers stands at the left. Values that are not finite are left
    out. Empty where there is no room for a drawing, or nothing to draw.
    """
    columns, rows = size[0] - _AXIS, size[1]
    line, marks = _finite(line), _finite(marks)
    if columns < 4 or rows < 2 or not (line or marks):
        return []
    values = [y for _, y in [*line, *marks]]
    low, high = min(0.0, *values), ticks(max(max(values), 1e-3), 4)[-1]
    right = max([last, *(x for x, _ in [*line, *marks])]) or 1.0
    across, up = Scale(0.0, right, 0, 2 * columns - 1), Scale(low, high, 4 * rows - 1, 0)
    bits = _line_bits([(across.at(x), up.at(y)) for x, y in line])
    cells = [
        [_braille(bits.get((column, row), 0)) for column in range(columns)] for row in range(rows)
    ]
    for x, y in marks:
        cells[int(up.at(y)) // 4][int(across.at(x)) // 2] = Cell(MARK, "mark")
    names = {0: high, rows - 1: low} | ({rows // 2: _value_of(up, rows // 2)} if rows > 4 else {})
    return [[*_axis(names.get(place)), *row] for place, row in enumerate(cells)]


def sparkline(values: Sequence[float], width: int, *, plain: bool = False) -> str:
    """The values as blocks of eight heights, their means where they are more than `width`.

    `plain` takes signs of ASCII for terminals that know no others. The lowest block is 0, or the
    least value below it. Empty without finite values.
    """
    known = [value for value in values if math.isfinite(value)]
    if not known or width < 1:
        return ""
    count = min(width, len(known))
    edges = [place * len(known) // count for place in range(count + 1)]
    means = [
        math.fsum(known[start:stop]) / (stop - start) for start, stop in itertools.pairwise(edges)
    ]
    low, high = min(0.0, *means), max(*means, 1e-9)
    signs = _PLAIN if plain else _BLOCKS
    return "".join(signs[round((mean - low) / (high - low) * (len(signs) - 1))] for mean in means)


def _value_of(up: Scale, row: int) -> float:
    """The value in the middle of a row of cells."""
    return up.low + (4 * row + 1.5 - up.start) / (up.stop - up.start) * (up.high - up.low)


def _line_bits(dots: Sequence[Point]) -> Mapping[tuple[int, int], int]:
    """The braille bits of each (column, row) that the way through these dots touches."""
    bits: dict[tuple[int, int], int] = {}
    for (x, y), (later_x, later_y) in zip(dots, [*dots[1:], *dots[-1:]], strict=True):
        steps = max(1, math.ceil(max(abs(later_x - x), abs(later_y - y))))
        for step in range(steps + 1):
            column = round(x + (later_x - x) * step / steps)
            row = round(y + (later_y - y) * step / steps)
            cell = (column // 2, row // 4)
            bits[cell] = bits.get(cell, 0) | _DOTS[column % 2][row % 4]
    return bits


def _braille(bits: int) -> Cell:
    return Cell(chr(_BLANK + bits), "line") if bits else Cell(" ", "axis")


def _axis(value: float | None) -> list[Cell]:
    """The number of a row, right-aligned, and the axis."""
    number = "" if value is None else f"{value:.2f}"
    return [Cell(sign, "axis") for sign in f"{number[: _AXIS - 2]:>{_AXIS - 2}} │"]


def _finite(points: Sequence[Point]) -> list[Point]:
    return [(x, y) for x, y in points if math.isfinite(x) and math.isfinite(y)]
