"""Progress bars on the error stream, so that output can be piped; shown at terminals only."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
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


@contextmanager
def stages(console: "Console") -> Iterator[Callable[[str, int, int], None]]:
    """A count or bar a stage; call what it yields with the stage, how much is done, how much is.

    A stage of unknown size (0) is a running count, one with nothing done yet a mere line, and no
    bar has a thread before the first count is told: until then processes can be forked.
    """
    with ExitStack() as shown:
        current: list[str] = []
        tell: list[Callable[[int], None]] = []
        reached = 0

        def told(stage: str, done: int, total: int) -> None:
            nonlocal reached
            if not done:
                console.print(f"{stage} ...", markup=False, soft_wrap=True)
                return
            if current != [stage]:
                shown.close()
                label = f"{stage} pages"
                made = bar(console, label, total) if total else counter(console, label)
                current[:], tell[:], reached = [stage], [shown.enter_context(made)], 0
            tell[0](done - reached if total else done)
            reached = done

        yield told


def _progress(console: "Console", *columns: "ProgressColumn") -> "Progress":
    """What shows the columns; elsewhere than at a terminal it writes nothing, not even a line."""
    from rich.progress import Progress

    return Progress(*columns, console=console, transient=True, disable=not console.is_interactive)
