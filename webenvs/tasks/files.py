"""Task files: our own JSON Lines layout, read, written and checked against a corpus."""

import os
from collections.abc import Iterable, Sequence
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any, get_args

import msgspec

from webenvs.corpora.corpus import Corpus
from webenvs.errors import TaskFileError, bad_choice, nearest
from webenvs.records import AnswerType, Hop, Split, Task
from webenvs.rewards import date, number, yesno
from webenvs.tasks.benchmarks import flashrag
from webenvs.tasks.rows import Row, read_rows
from webenvs.tasks.taskset import TaskSet, identified
from webenvs.writing import written_aside

_NAMES = Task.__struct_fields__
_HOP_NAMES = Hop.__struct_fields__
_READERS = {"number": number.read, "date": date.read, "yesno": yesno.read}
_LISTED = 3
_BRACKETS = ("[", "(")


def read_tasks(path: str | os.PathLike[str], split: Split = "test") -> TaskSet:
    """The tasks of a file, plain or gzipped, named after it.

    Each row is a JSON object with `question` and `answers` (a list, a text or a number) and, if
    wanted, the other fields of `Task`: `evidence` is a url, a list of urls (one set) or a list of
    such lists (alternatives). A file whose first row has `golden_answers` is read as FlashRAG's
    layout. `split` is that of rows that name none. An `id` of one's own moves to `meta`. Raises
    TaskFileError naming file, line and field, or the two lines that are one task.
    """
    file = Path(path)
    if split not in get_args(Split):
        raise bad_choice("split", split, get_args(Split))
    rows = read_rows(file)
    flash = "golden_answers" in rows[0].fields
    tasks = TaskSet(
        flashrag.tasks(rows, split, None) if flash else [_task(row, split) for row in rows],
        Path(file.stem).stem if file.suffix == ".gz" else file.stem,
    )
    _check_twins(rows, tasks)
    return tasks


def write_tasks(path: str | os.PathLike[str], tasks: Iterable[Task]) -> None:
    """Write tasks with their ids, one per line; the file appears whole or not at all.

    A link is followed. Raises SettingError for a place that is no regular file.
    """
    with written_aside(path) as aside, aside.open("wb") as out:
        for task in tasks:
            out.write(msgspec.json.encode(identified(task)) + b"\n")


def check_evidence(tasks: TaskSet, corpus: Corpus) -> None:
    """Raise TaskFileError if a task has evidence but no alternative of it is all in the corpus."""
    missing = [
        (task.question, url) for task in tasks if (url := _first_missing(task, corpus)) is not None
    ]
    if not missing:
        return
    shown = "; ".join(f"{question!r} needs {url!r}" for question, url in missing[:_LISTED])
    more = f"; and {len(missing) - _LISTED} more" if len(missing) > _LISTED else ""
    raise TaskFileError(
        f"{tasks.name}: the evidence of {len(missing)} of {len(tasks)} questions is not in the "
        f"corpus {corpus.name!r} ({len(corpus)} pages): {shown}{more}."
    )


def _first_missing(task: Task, corpus: Corpus) -> str | None:
    """The first missing url of the first alternative, or None if some alternative is all there."""
    missing = [
        next((url for url in urls if corpus.index(url) is None), None) for urls in task.evidence
    ]
    return None if None in missing or not missing else missing[0]


def _check_twins(rows: Sequence[Row], tasks: TaskSet) -> None:
    """Raise if two rows are one task; each row has made the task at its place."""
    places: dict[str, str] = {}
    for row, task in zip(rows, tasks, strict=True):
        if task.id in places:
            raise TaskFileError(
                f"{row.place}: this is the task of {places[task.id]} again ({task.question!r})."
            )
        places[task.id] = row.place


def _task(row: Row, split: Split) -> Task:
    row.known(_NAMES)
    answers = row.answers("answers")
    task = Task(
        question=row.text("question"),
        answers=answers,
        answer_type=row.choice("answer_type", get_args(AnswerType), "text"),
        aliases=_aliases(row, answers),
        evidence=_evidence(row),
        hops=_hops(row),
        family=row.text("family") if row.has("family") else "Tasks",
        difficulty=row.shaped(dict[str, float], "difficulty") if row.has("difficulty") else {},
        split=row.choice("split", get_args(Split), split),
        meta=row.shaped(dict[str, Any], "meta") if row.has("meta") else {},
    )
    _check_type(row, task)
    return _with_id(row, task)


def _check_type(row: Row, task: Task) -> None:
    """Raise if an answer cannot be read as what the answer type says."""
    read = _READERS.get(task.answer_type)
    for answer in task.answers:
        if read is not None and read(answer) is None:
            problem = f"{answer!r} cannot be read, though answer_type is {task.answer_type!r}"
            raise row.error("answers", problem)


def _aliases(row: Row, answers: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    aliases = row.shaped(dict[str, tuple[str, ...]], "aliases") if row.has("aliases") else {}
    for name in aliases:
        if name not in answers:
            hint = nearest(name, answers)
            meant = f"; did you mean {hint!r}?" if hint else ""
            raise row.error("aliases", f"{name!r} is none of the answers{meant}")
    return aliases


def _evidence(row: Row) -> tuple[tuple[str, ...], ...]:
    """The alternatives; a url or a flat list of urls is the only one."""
    if not row.has("evidence"):
        return ()
    given = row.value("evidence")
    if isinstance(given, str) and given.strip() and not given.lstrip().startswith(_BRACKETS):
        return ((given.strip(),),)
    found = row.shaped(list[str | list[str]], "evidence")
    if any(isinstance(item, str) for item in found):
        found = [found]
    for alternative in found:
        if not alternative or not all(isinstance(url, str) and url for url in alternative):
            problem = "must be a list of urls, or a list of such lists, none of them empty"
            raise row.error("evidence", problem)
    return tuple(tuple(alternative) for alternative in found)


def _hops(row: Row) -> tuple[Hop, ...]:
    """The hops; they must be a graph without circles over known ids."""
    if not row.has("hops"):
        return ()
    for item in row.shaped(list[dict[str, Any]], "hops"):
        Row(place=f"{row.place}, field hops", fields=item).known(_HOP_NAMES)
    hops: tuple[Hop, ...] = row.shaped(tuple[Hop, ...], "hops")
    ids = [hop.id for hop in hops]
    for hop in hops:
        if ids.count(hop.id) > 1:
            raise row.error("hops", f"two hops have the id {hop.id!r}")
        for need in hop.needs:
            if need not in ids:
                raise row.error("hops", f"hop {hop.id!r} needs {need!r}, which is no hop")
    try:
        TopologicalSorter({hop.id: hop.needs for hop in hops}).prepare()
    except CycleError as wrong:
        raise row.error("hops", f"hops need each other in a circle: {wrong.args[1]}") from None
    return hops


def _with_id(row: Row, task: Task) -> Task:
    """The task; an id that is not its content id (with or without address) moves to meta["id"]."""
    named = identified(task)
    if not row.has("id"):
        return named
    content, _, address = str(row.value("id")).partition("@")
    if content == named.id:
        return identified(task, address)
    if "id" in task.meta:
        problem = f"{row.value('id')!r} is not the content id {named.id!r} and meta has an id too"
        raise row.error("id", problem)
    return msgspec.structs.replace(task, meta={**task.meta, "id": row.value("id")})
