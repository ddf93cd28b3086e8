"""Progress bars on the error stream, so that output can be piped; shown at terminals only."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, ProgressColumn


@contextmanager
def counter(console: "Console", label: str) -> Iterator[Callable[[int], None]]:
    """A running count; call what it yields with the number done so far."""
    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TextColumn("{task.completed:,.0f}"),
        TimeElapsedColumn(),
    )
    with _progress(console, *columns) as progress:
        task = progress.add_task(label, total=None)
        yield lambda done: progress.update(task, completed=done)


@contextmanager
def bar(console: "Console", label: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar towards `total`; call what it yields with the number just done."""
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import TimeRemainingColumn as Remaining

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Remaining())
    with _progress(console, *columns) as progress:
        task = progress.add_task(label, total=total)
        yield lambda done: progress.advance(task, done)


def _progress(console: "Console", *columns: "ProgressColumn") -> "Progress":
    """What shows the columns; elsewhere than at a terminal it writes nothing, not even a line."""
    from rich.progress import Progress

    return Progress(*columns, console=console, transient=True, disable=not console.is_interactive)
