"""The table of benchmark loaders: a new benchmark is one file here and one row below."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import get_args

from webenvs.corpora.corpus import Corpus
from webenvs.errors import TaskFileError, bad_choice, unknown_name
from webenvs.records import Split, Task
from webenvs.tasks.benchmarks import flashrag, hotpotqa, musique, nq_open, two_wiki
from webenvs.tasks.kp import webshaper
from webenvs.tasks.rows import Row, read_rows
from webenvs.tasks.taskset import TaskSet

Loader = Callable[[Sequence[Row], Split, Corpus | None], list[Task]]
"""loader(rows, split, corpus): the tasks of a file's rows; evidence is looked up in the corpus."""

LOADERS: dict[str, Loader] = {
    "2wiki": two_wiki.tasks,
    "flashrag": flashrag.tasks,
    "hotpotqa": hotpotqa.tasks,
    "musique": musique.tasks,
    "nq_open": nq_open.tasks,
    "webshaper": webshaper.tasks,
}


def load(
    name: str,
    path: str | os.PathLike[str],
    split: Split = "test",
    corpus: Corpus | None = None,
) -> TaskSet:
    """The tasks of a benchmark's file, named after the benchmark.

    `corpus` is where evidence urls are looked up by the text of the paragraph; without it they
    follow the order of the file's own paragraphs. Raises UnknownNameError for the name,
    SettingError for the split, TaskFileError for the file.
    """
    if name not in LOADERS:
        raise unknown_name("benchmark", name, LOADERS)
    if split not in get_args(Split):
        raise bad_choice("split", split, get_args(Split))
    found = LOADERS[name](read_rows(Path(path)), split, corpus)
    if not found:
        raise TaskFileError(f"{path}: no row of it is a task of {name!r}.")
    return TaskSet(found, name)
