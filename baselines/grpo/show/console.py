"""A run in the terminal: a progress bar with the time left and a live learning curve, or lines."""

import math
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console as Terminal
from rich.console import Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from baselines.grpo.show import curve
from baselines.grpo.show.metrics import Metrics
from webenvs.text import one_line, printable

REWARD = "planner/reward"
SUCCESS = "success"

PARTS = 10
"""Plain lines of a stage whose size is known."""
QUIET_SECONDS = 120.0
"""After so long a plain line comes however little was done."""

_SMOOTHING = 0.7
_ROWS = 9
_NARROW = 44
_COLOURS = {"line": "cyan", "mark": "bold green", "axis": "dim"}


class Console:
    """Shows a run while it goes on: `stage` and `advance`, `update`, `evaluation`, `say`, `close`.

    At a terminal a bar and a learning curve are drawn anew after every update. Elsewhere (a file, a
    pipe, a dumb terminal) there is a plain line every `every` of a stage, by default at every tenth
    part of it, and after two minutes without one. `quiet` shows sentences and evaluations alone.
    Nothing is drawn by a thread, so processes can be forked at any time.
    """

    def __init__(
        self,
        total: int,
        minutes: float | None = None,
        *,
        quiet: bool = False,
        every: int | None = None,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin to show a run of `total` updates that ends after `minutes` at the latest."""
        self._terminal = _Stream(file=stream or sys.stderr, highlight=False)
        self._total, self._minutes, self._every = total, minutes, every
        self._clock, self._began = clock, clock()
        self._lined = self._began
        self._shown, self._quiet = self._terminal.is_interactive and not quiet, quiet
        self._pace = _Pace("training", total, 0, clock())
        self._note, self._gone = "", False
        self._line: list[curve.Point] = []
        self._marks: list[curve.Point] = []
        self._live: Live | None = None

    def restore(self, metrics: Metrics) -> None:
        """Take over the curve of a run that goes on."""
        self._line = list(_smooth(metrics.series(REWARD)))
        self._marks = [(float(update), value) for update, value in metrics.evaluated(SUCCESS)]

    def stage(self, label: str, total: int = 0, done: int = 0) -> None:
        """Begin a stage (demonstrations, cold start, training): `done` of `total` are done before.

        A stage of unknown size has 0.
        """
        self._pace = _Pace(label, total, done, self._clock())
        self._note = ""
        if not self._shown and not self._quiet:
            self._print(f"{label} ...")
        self._draw()

    def advance(self, done: int, numbers: Mapping[str, float] | None = None) -> None:
        """Show that `done` of the stage are done, and some numbers of it (a loss)."""
        before = self._pace.done
        self._pace = self._pace.at(done)
        self._note = _told(numbers or {})
        if self._lines_between(before, done):
            self._plainly(self._pace.said(self._left()), self._note)
        self._draw()

    def _lines_between(self, before: int, done: int) -> bool:
        """Whether a plain line is due at `done`, after `before`."""
        total = self._pace.total
        if self._every is not None:
            return done // self._every > before // self._every or done == total
        every, now = max(1, -(-total // PARTS)), self._clock()
        due = bool(total) and (done // every > before // every or done == total)
        if due or now - self._lined >= QUIET_SECONDS:
            self._lined = now
            return True
        return False

    def update(self, update: int, metrics: Mapping[str, float]) -> None:
        """Show an update of the training: its reward joins the curve."""
        reward = metrics.get(REWARD, math.nan)
        if math.isfinite(reward):
            before = self._line[-1][1] if self._line else reward
            self._line.append((float(update), _SMOOTHING * before + (1 - _SMOOTHING) * reward))
        chosen = {"reward": reward, "acc": metrics.get("acc", math.nan)}
        self.advance(update, chosen)

    def evaluation(self, update: int, success: float) -> None:
        """Show the success on held-out questions after `update` updates."""
        self._marks.append((update, success))
        self._print(f"held-out success after {update} updates: {100 * success:.1f} %")
        self._draw()

    def say(self, sentence: str) -> None:
        """Print a sentence, in every form."""
        self._print(sentence)
        self._draw()

    def close(self) -> None:
        """Leave the last drawing where it is and stop drawing; closing twice is allowed."""
        if self._live is not None:
            with self._unharmed():
                self._live.stop()
            self._live = None
        self._shown = False

    def __enter__(self) -> "Console":
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def _print(self, text: str) -> None:
        if self._gone:
            return
        line = _spelled(one_line(printable(text)), self._terminal)
        with self._unharmed():
            self._terminal.print(line, markup=False, soft_wrap=True)

    def _plainly(self, *parts: str) -> None:
        """A line of these parts where nothing is drawn; with the curve so far as one row."""
        if self._shown or self._quiet:
            return
        ascii_only = not _unicode(self._terminal)
        values = [value for _, value in self._line]
        row = curve.sparkline(values, 20, plain=ascii_only)
        self._print("  ".join(part for part in (*parts, row) if part))

    def _draw(self) -> None:
        if not self._shown:
            return
        with self._unharmed():
            if self._live is None:
                self._live = Live(console=self._terminal, auto_refresh=False)
                self._live.start()
            self._live.update(self._drawing(), refresh=True)

    @contextmanager
    def _unharmed(self) -> Iterator[None]:
        """A stream that is gone (a closed pipe) ends the show, never the run."""
        try:
            yield
        except (OSError, ValueError):
            self._shown, self._gone, self._live = False, True, None

    def _drawing(self) -> RenderableType:
        """The curve if there is room for it, and the bar."""
        width, height = self._terminal.size
        said = self._pace.said(self._left())
        if width < _NARROW or height < _ROWS + 6:
            return Text(
                _spelled(f"{said}  {self._note}", self._terminal), overflow="crop", no_wrap=True
            )
        parts: list[RenderableType] = []
        if _unicode(self._terminal):
            parts += self._curve(min(width, 100))
        bar = Table.grid(padding=(0, 1))
        share = self._pace.share
        bar.add_row(ProgressBar(total=1.0, completed=share, width=min(24, width // 3)), said)
        return Group(*parts, bar, Text(self._note, style="dim", overflow="crop", no_wrap=True))

    def _curve(self, width: int) -> list[RenderableType]:
        rows = curve.drawn(self._line, self._marks, (width, _ROWS), self._total)
        if not rows:
            return []
        legend = Text.assemble(
            ("        ⠒⠒ ", _COLOURS["line"]),
            ("reward in training, smoothed   ", "dim"),
            (f"{curve.MARK} ", _COLOURS["mark"]),
            ("held-out success", "dim"),
            overflow="crop",
            no_wrap=True,
        )
        lines = [
            Text.assemble(*((cell.sign, _COLOURS[cell.kind]) for cell in row), no_wrap=True)
            for row in rows
        ]
        return [*lines, legend]

    def _left(self) -> float | None:
        """The seconds left: those of the stage, or of the whole run if it must end before."""
        now = self._clock()
        stage = self._pace.left(now)
        if self._minutes is None:
            return stage
        run = max(0.0, 60 * self._minutes - (now - self._began))
        return run if stage is None else min(stage, run)


class _Stream(Terminal):
    """A terminal of rich that tells its user of a closed pipe, where rich would end the process."""

    def on_broken_pipe(self) -> None:
        """Raise what the stream raised."""
        raise BrokenPipeError


class _Pace:
    """How far a stage is, and how fast it went since it began."""

    def __init__(self, label: str, total: int, first: int, began: float, done: int = -1) -> None:
        self.label, self.total, self.first, self.began = label, total, first, began
        self.done = first if done < 0 else done

    def at(self, done: int) -> "_Pace":
        return _Pace(self.label, self.total, self.first, self.began, done)

    @property
    def share(self) -> float:
        return min(1.0, self.done / self.total) if self.total else 0.0

    def left(self, now: float) -> float | None:
        """The seconds left at the pace so far, None if it cannot be known."""
        if not self.total or self.done <= self.first:
            return None
        return (now - self.began) / (self.done - self.first) * max(0, self.total - self.done)

    def said(self, left: float | None) -> str:
        """The stage in words: training 34/100, 2:10 left."""
        count = f"{self.done:,}/{self.total:,}" if self.total else f"{self.done:,}"
        return f"{self.label} {count}" + ("" if left is None else f", {_clock_time(left)} left")


def _clock_time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _told(numbers: Mapping[str, float]) -> str:
    """Numbers by name with three decimals; what is not finite is left out."""
    return "  ".join(
        f"{name} {value:.3f}" for name, value in numbers.items() if math.isfinite(value)
    )


def _smooth(points: tuple[tuple[int, float], ...]) -> list[curve.Point]:
    """Exponential means, as they are drawn while a run goes on."""
    smooth: list[curve.Point] = []
    for update, value in points:
        before = smooth[-1][1] if smooth else value
        smooth.append((float(update), _SMOOTHING * before + (1 - _SMOOTHING) * value))
    return smooth


def _unicode(terminal: Terminal) -> bool:
    return terminal.encoding.lower().replace("-", "").startswith("utf")


def _spelled(text: str, terminal: Terminal) -> str:
    """The text as the terminal's encoding can carry it."""
    return text.encode(terminal.encoding, "replace").decode(terminal.encoding)
