"""The tables of a summary for the terminal, readable on 100 columns and in black and white."""

from collections.abc import Sequence

from rich import box
from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from webenvs.bench import grids, sentences
from webenvs.bench.grids import Grid
from webenvs.bench.summary import Summary
from webenvs.text import one_line, printable

_GAP = 2
_NAME_WIDTH = 12
"""Longer names are folded where space is short."""


def show(
    summary: Summary, console: Console, *, title: str | None = None, all_tables: bool = True
) -> None:
    """Print `summary` to `console`; without `all_tables`, only scores and cost."""
    console.print(render(summary, console.width, title=title, all_tables=all_tables))


def render(
    summary: Summary, width: int = 100, *, title: str | None = None, all_tables: bool = True
) -> RenderableType:
    """`summary` as tables that rich can print; those too wide for `width` columns are split.

    Down to 60 columns no number is cut. The heading is `title`, the environment by default.
    """
    chosen = grids.grids(summary) if all_tables else (grids.scores(summary), grids.costs(summary))
    parts: list[RenderableType] = [Text(_plain(title or summary.env), style="bold")]
    parts.append(grids_shown(chosen, width))
    parts += [Text(), Text(_plain(sentences.power_line(summary)))]
    return Group(*parts)


def grids_shown(chosen: Sequence[Grid], width: int = 100) -> RenderableType:
    """Some tables one under another, those too wide for `width` columns split."""
    parts: list[RenderableType] = []
    for grid in (each for each in chosen if each.rows):
        parts += [Text(), drawn(grid, width)]
    return Group(*parts)


def drawn(grid: Grid, width: int = 100) -> RenderableType:
    """One grid with its title, as tables that rich can print; split where it is too wide."""
    parts: list[RenderableType] = [_title(grid)]
    for place, columns in enumerate(_split(grid, width)):
        parts += ([Text()] if place else []) + [_table(grid, columns)]
    return Group(*parts)


def _split(grid: Grid, width: int) -> list[list[int]]:
    """The columns of each table that a grid needs to fit, its keys first in every one."""
    widths = [
        max(cell_len(_plain(cell)) for cell in column)
        for column in zip(grid.header, *grid.rows, strict=True)
    ]
    keys = list(range(grid.keys))
    first = min(widths[0], _NAME_WIDTH) + sum(widths[place] + _GAP for place in keys[1:])
    tables: list[list[int]] = [keys.copy()]
    for group in _groups(grid):
        needed = first + sum(widths[place] + _GAP for place in [*tables[-1][len(keys) :], *group])
        if needed > width and len(tables[-1]) > len(keys):
            tables.append(keys.copy())
        tables[-1] += group
    return tables


def _groups(grid: Grid) -> list[list[int]]:
    """The columns after the keys, those that belong together in one list."""
    groups: list[list[int]] = []
    for place in range(grid.keys, len(grid.header)):
        if place in grid.glued:
            groups[-1].append(place)
        else:
            groups.append([place])
    return groups


def _table(grid: Grid, columns: Sequence[int]) -> Table:
    """Some columns of a grid: names folded where need be, numbers never cut."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    for place in columns:
        table.add_column(
            _plain(grid.header[place]),
            justify="left" if place in grid.words else "right",
            overflow="fold",
            no_wrap=place > 0,
            min_width=None if place else min(_NAME_WIDTH, max(len(row[0]) for row in grid.rows)),
            header_style="bold",
        )
    previous = ""
    for row in grid.rows:
        cells = [Text(_plain(row[place])) for place in columns]
        if row[0] == previous:
            cells[0] = Text()
        table.add_row(*cells)
        previous = row[0]
    return table


def _title(grid: Grid) -> Text:
    return Text.assemble((grid.title, "bold"), "  ", (_plain(grid.note), "dim"))


def _plain(text: str) -> str:
    """`text` as one printable line."""
    return one_line(printable(text))
