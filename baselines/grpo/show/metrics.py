"""The metrics of a run on disk: a JSON line an update, and TensorBoard event files beside them."""

import json
import math
import sys
from collections.abc import Callable, Iterator, Mapping
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from webenvs.bench.report import put
from webenvs.errors import SettingError
from webenvs.records import Record

FILE = "metrics.jsonl"
FOLDER = "tensorboard"
TRAIN = "train"
EVALUATION = "evaluation"


class Line(Record, frozen=True, kw_only=True):
    """What was measured of one update: of its training, or of an evaluation after it."""

    kind: str
    update: int
    metrics: dict[str, float]


class Metrics(Record, frozen=True, kw_only=True):
    """All lines of a run, in the order written; `told` are sentences about lines that were cut."""

    train: tuple[Line, ...] = ()
    evaluations: tuple[Line, ...] = ()
    told: tuple[str, ...] = ()

    def series(self, name: str) -> tuple[tuple[int, float], ...]:
        """(update, value) of a training metric wherever it is finite."""
        return _series(self.train, name)

    def evaluated(self, name: str) -> tuple[tuple[int, float], ...]:
        """(update, value) of a metric of the evaluations wherever it is finite."""
        return _series(self.evaluations, name)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all training metrics, sorted."""
        return tuple(sorted({name for line in self.train for name in line.metrics}))


class Recorder:
    """Appends the metrics of a run to `metrics.jsonl` in its folder, and to TensorBoard's files."""

    def __init__(
        self,
        out: str | Path,
        tensorboard: bool = True,
        resumed: int | None = None,
        evaluated: int | None = None,
        tell: Callable[[str], None] | None = None,
    ) -> None:
        """Open the files of the run in `out`, made if need be.

        With `resumed` the run goes on behind that update: later lines, and a cut last one, are
        dropped, and so are evaluations after `evaluated` (by default the same), which are made
        again. Without `resumed` the files begin anew. `tell` says what went wrong without harm, by
        default on the error stream.
        """
        self._tell = tell or _to_error_stream
        folder = Path(out)
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / FILE
        behind = -1 if resumed is None else resumed
        ends = {TRAIN: behind, EVALUATION: behind if evaluated is None else min(evaluated, behind)}
        _rewound(self._path, ends, self._tell)
        self._file: TextIOWrapper | None = self._path.open("a", encoding="utf-8", newline="\n")
        self._board = _board(folder / FOLDER, resumed, self._tell) if tensorboard else None

    def log(self, update: int, metrics: Mapping[str, float]) -> None:
        """Append the metrics of the training of an update; raises SettingError when closed."""
        self._write(TRAIN, update, metrics)

    def evaluation(self, update: int, metrics: Mapping[str, float]) -> None:
        """Append the metrics of an evaluation of the policy after `update` updates."""
        self._write(EVALUATION, update, metrics)

    def close(self) -> None:
        """Flush and close all files; closing twice is allowed."""
        if self._file is not None:
            self._file.close()
            self._file = None
        if self._board is not None:
            self._board.close()
            self._board = None

    def __enter__(self) -> "Recorder":
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def _write(self, kind: str, update: int, metrics: Mapping[str, float]) -> None:
        if self._file is None:
            raise SettingError(f"The recorder of {self._path} is closed; open a new one.")
        numbers = {name: float(metrics[name]) for name in sorted(metrics)}
        line = {"kind": kind, "update": update, "metrics": _finite(numbers)}
        # One write of a whole line, flushed: a killed run loses at most the line it was writing.
        self._file.write(json.dumps(line, separators=(",", ":")) + "\n")
        self._file.flush()
        if self._board is not None:
            for name, value in numbers.items():
                self._board.add_scalar(_tag(kind, name), value, update)
            self._board.flush()


def read(out: str | Path) -> Metrics:
    """The metrics of the run in `out`, empty if it has none.

    A cut last line is skipped and told; any other line that is none raises SettingError.
    """
    path = Path(out) / FILE
    told: list[str] = []
    lines = list(_lines(path, told.append)) if path.exists() else []
    return Metrics(
        train=tuple(line for line in lines if line.kind == TRAIN),
        evaluations=tuple(line for line in lines if line.kind == EVALUATION),
        told=tuple(told),
    )


def _lines(path: Path, tell: Callable[[str], None]) -> Iterator[Line]:
    """The lines of a file; the last may be cut, by a kill or a full disk."""
    texts = path.read_bytes().split(b"\n")
    whole = texts[-1] == b""
    texts = texts[:-1] if whole else texts
    for place, text in enumerate(texts, 1):
        try:
            yield _line(text)
        except ValueError as error:
            if place < len(texts):
                raise SettingError(
                    f"{path}, line {place}, holds no metrics: {error}. Remove the line."
                ) from error
            tell(f"{path}: the last line, {place}, is cut and was skipped.")


def _line(text: bytes) -> Line:
    """A line of the file; raises ValueError if it is none."""
    value = json.loads(text)
    try:
        metrics = {
            str(name): math.nan if number is None else float(number)
            for name, number in value["metrics"].items()
        }
        return Line(kind=str(value["kind"]), update=int(value["update"]), metrics=metrics)
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"kind, update and metrics are needed, not {text[:80]!r}") from error


def _rewound(path: Path, ends: Mapping[str, int], tell: Callable[[str], None]) -> None:
    """Leave in the file only whole lines up to an update of each kind; -1 leaves none."""
    if not path.exists():
        return
    kept = []
    if max(ends.values()) >= 0:
        kept = [line for line in _lines(path, tell) if line.update <= ends.get(line.kind, -1)]
    texts = [
        json.dumps(
            {"kind": line.kind, "update": line.update, "metrics": _finite(line.metrics)},
            separators=(",", ":"),
        )
        for line in kept
    ]
    put(path, "".join(f"{text}\n" for text in texts))


def _finite(metrics: Mapping[str, float]) -> dict[str, float | None]:
    """The metrics as JSON knows them: what is no number, or none that ends, is null."""
    return {name: value if math.isfinite(value) else None for name, value in metrics.items()}


def _series(lines: tuple[Line, ...], name: str) -> tuple[tuple[int, float], ...]:
    return tuple(
        (line.update, line.metrics[name])
        for line in lines
        if math.isfinite(line.metrics.get(name, math.nan))
    )


def _tag(kind: str, name: str) -> str:
    """The name in TensorBoard: training metrics by role, evaluations under a heading of theirs."""
    return f"{EVALUATION}/{name}" if kind == EVALUATION else name


def _board(folder: Path, resumed: int | None, tell: Callable[[str], None]) -> Any:
    """TensorBoard's writer, or None and a sentence where its package is missing."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        tell(
            "TensorBoard is not installed, so no event files are written (pip install "
            f"tensorboard); {FILE} holds every metric."
        )
        return None
    purge = None if resumed is None else resumed + 1
    if resumed is None and folder.is_dir():
        for old in sorted(folder.glob("events.out.tfevents.*")):
            old.unlink()
    return SummaryWriter(str(folder), purge_step=purge)


def _to_error_stream(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")
