"""Making and verifying many tasks: in parallel, resumable, the same whatever the workers."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from webenvs.errors import SettingError, bad_setting
from webenvs.processes import Setup, spread
from webenvs.records import Record, Task
from webenvs.seeding import digest
from webenvs.tasks.files import read_tasks, write_tasks
from webenvs.tasks.kp.task import Flaw, flaws
from webenvs.tasks.taskset import checked_split

CHUNK = 25
"""Items that one process makes at a time, and that a stopped run loses at most."""
_MOST_TRIED = 4
"""Items made for each task wanted, before the world counts as exhausted."""

Progress = Callable[[int], None]


class Made(Record, frozen=True, kw_only=True):
    """What a run made: tasks written, items made, items dropped as twins of earlier questions."""

    tasks: int
    items: int
    twins: int


class _Plan(Record, frozen=True, kw_only=True):
    """What identifies a run; a run with another plan starts clean."""

    source: str
    code: str
    split: str
    chunk: int = CHUNK


def make_tasks(
    rebuild: Setup,
    out: Path,
    *,
    split: str = "train",
    n: int = 1000,
    workers: int = 1,
    progress: Progress | None = None,
) -> Made:
    """Write the first `n` tasks of a split with different questions to `out`, one JSON a line.

    `rebuild` returns the `Generated` source. Finished chunks lie in a hidden folder beside `out`
    until the end, so that the same command goes on where it was stopped; other settings start
    clean. Raises SettingError if the source has not enough different questions.
    """
    if n < 1:
        raise bad_setting("n", n, "at least 1")
    checked_split(split)
    source = rebuild[0](*rebuild[1])
    parts = out.with_name(f".{out.name}.parts")
    _open_parts(parts, _Plan(source=source.digest, code=_code(), split=split))
    try:
        kept = _made(source, parts, rebuild, split=split, n=n, workers=workers, progress=progress)
        write_tasks(out, kept.tasks[:n])
    except BaseException:
        if not any(parts.glob("0*.jsonl")):
            shutil.rmtree(parts)
        raise
    shutil.rmtree(parts)
    return Made(tasks=n, items=kept.items, twins=kept.items - len(kept.tasks))


def _made(
    source: Any,
    parts: Path,
    rebuild: Setup,
    *,
    split: str,
    n: int,
    workers: int,
    progress: Progress | None,
) -> "_Kept":
    """Tasks without twins, at least `n`; every finished chunk lies in `parts`."""
    kept = _Kept()
    chunks, wanted = 0, -(-n // CHUNK)
    while len(kept.tasks) < n:
        todo = [number for number in range(chunks, wanted) if not _part(parts, number).exists()]
        if progress and chunks == 0:
            progress((wanted - len(todo)) * CHUNK)
        for _ in spread(rebuild, _make_part, [(parts, split, one) for one in todo], workers):
            if progress:
                progress(CHUNK)
        for number in range(chunks, wanted):
            kept.take(read_tasks(_part(parts, number)).tasks)
        chunks, wanted = wanted, wanted + -(-max(n - len(kept.tasks), 0) // CHUNK)
        if kept.items >= _MOST_TRIED * n and len(kept.tasks) < n:
            raise SettingError(
                f"n = {n} is not allowed: {source.name!r} has only {len(kept.tasks)} different "
                f"questions in its first {kept.items} items of split {split!r}; take a larger "
                "corpus, or a smaller n."
            )
    return kept


class _Kept:
    """Tasks without twins: no question comes twice, and no query in other words (rule V16)."""

    def __init__(self) -> None:
        self.tasks: list[Task] = []
        self.items = 0
        self._seen: set[str] = set()

    def take(self, tasks: Sequence[Task]) -> None:
        """Keep those that are new."""
        for task in tasks:
            self.items += 1
            marks = {task.question, str(task.meta.get("shape", task.question))}
            if not marks & self._seen:
                self.tasks.append(task)
            self._seen |= marks


def verify_tasks(
    rebuild: Setup, tasks: Sequence[Task], *, workers: int = 1, progress: Progress | None = None
) -> list[Flaw | None]:
    """For every task the first rule it breaks, or None; proved again from the corpus alone.

    `rebuild` returns (knowledge, retriever).
    """
    chunks = [tasks[start : start + CHUNK] for start in range(0, len(tasks), CHUNK)]
    found: list[Flaw | None] = []
    for part in spread(rebuild, _verify_part, chunks, workers):
        found += part
        if progress:
            progress(len(part))
    return with_twins(tasks, found)


def with_twins(tasks: Sequence[Task], found: Sequence[Flaw | None]) -> list[Flaw | None]:
    """The flaws, and rule V16 for tasks that ask what an earlier one asks."""
    first: dict[object, str] = {}
    told = []
    for task, flaw in zip(tasks, found, strict=True):
        shape = task.meta.get("shape")
        twin = first.setdefault(shape, task.id) if shape is not None else task.id
        if flaw is None and twin != task.id:
            flaw = Flaw(rule="V16", message=f"the graph of its query is that of the task {twin}")
        told.append(flaw)
    return told


def _make_part(source: Any, job: tuple[Path, str, int]) -> int:
    parts, split, number = job
    items = range(number * CHUNK, (number + 1) * CHUNK)
    write_tasks(_part(parts, number), [source.item(split, index) for index in items])
    return number


def _verify_part(desk: Any, tasks: Sequence[Task]) -> list[Flaw | None]:
    knowledge, retriever = desk
    return [next(iter(flaws(knowledge, task, retriever)), None) for task in tasks]


def _code() -> str:
    """What tells the code that makes tasks from other versions of it: a hash of its files."""
    folder = Path(__file__).parent
    files = sorted(folder.rglob("*.py"))
    told = [(path.relative_to(folder).as_posix(), path.read_text("utf-8")) for path in files]
    return digest(told)


def _part(parts: Path, number: int) -> Path:
    return parts / f"{number:06d}.jsonl"


def _open_parts(parts: Path, plan: _Plan) -> None:
    """The folder of finished chunks: kept if they are of the same plan, else made new."""
    note = parts / "plan.json"
    told = msgspec.json.encode(plan)
    if not note.exists() or note.read_bytes() != told:
        shutil.rmtree(parts, ignore_errors=True)
        parts.mkdir(parents=True)
        aside = parts / "plan.part"
        aside.write_bytes(told)
        aside.replace(note)
