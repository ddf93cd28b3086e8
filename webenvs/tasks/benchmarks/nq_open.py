"""NQ-open: single questions with a list of accepted answers and no evidence."""

from collections.abc import Sequence

from webenvs.corpora.corpus import Corpus
from webenvs.records import Split, Task
from webenvs.tasks.rows import Row


def tasks(rows: Sequence[Row], split: Split, corpus: Corpus | None) -> list[Task]:
    """One task per row of {question, answer}."""
    return [
        Task(
            question=row.text("question"),
            answers=row.answers("answer", "answers"),
            split=split,
            meta={"benchmark": "nq_open"},
        )
        for row in rows
    ]
