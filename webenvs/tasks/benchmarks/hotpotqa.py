"""HotpotQA: two-hop questions over Wikipedia paragraphs, in the official or a column layout.

Fields: `_id` (or `id`), `question`, `answer`, `supporting_facts`, and if there `context`, `type`,
`level`. The evidence is the set of supporting titles. The public test set has no answers and is
refused.
"""

from collections.abc import Sequence
from typing import Any

from webenvs.corpora.corpus import Corpus
from webenvs.records import AnswerType, Split, Task
from webenvs.tasks.benchmarks.passages import PassageFinder, passages_of
from webenvs.tasks.rows import Row

HOPS = 2


def tasks(rows: Sequence[Row], split: Split, corpus: Corpus | None) -> list[Task]:
    """One task per row; `type` and `level` go to meta, every question has two hops."""
    finder = PassageFinder(rows, corpus)
    return [_task(row, split, finder) for row in rows]


def _task(row: Row, split: Split, finder: PassageFinder) -> Task:
    answers = row.answers("answer", "answers")
    return Task(
        question=row.text("question"),
        answers=answers,
        answer_type=answer_type(answers),
        evidence=evidence(row, finder),
        difficulty={"hops": float(HOPS)},
        split=split,
        meta=meta(row, "hotpotqa", ("type", "level")),
    )


def answer_type(answers: Sequence[str]) -> AnswerType:
    """Comparison questions are answered by a bare "yes" or "no"; all others by a text."""
    return "yesno" if {answer.lower() for answer in answers} <= {"yes", "no"} else "text"


def supporting_titles(row: Row) -> list[str]:
    """The distinct titles of the supporting facts, in order; column form is read too."""
    found = row.shaped(list[Any] | dict[str, list[Any]], "supporting_facts")
    titles = found.get("title") if isinstance(found, dict) else [_title(fact) for fact in found]
    if not titles or not all(isinstance(title, str) for title in titles):
        raise row.error("supporting_facts", "must be a list of [title, sentence number]")
    return list(dict.fromkeys(titles))


def evidence(row: Row, finder: PassageFinder) -> tuple[tuple[str, ...], ...]:
    """The one set of urls of the supporting paragraphs."""
    texts = dict(passages_of(row))
    return (tuple(finder.url(title, texts.get(title)) for title in supporting_titles(row)),)


def meta(row: Row, benchmark: str, fields: Sequence[str]) -> dict[str, Any]:
    """The benchmark's name, the row's own id, and those of `fields` that it has."""
    kept: dict[str, Any] = {"benchmark": benchmark}
    if row.has("_id", "id"):
        kept["id"] = row.value("_id", "id")
    return kept | {field: row.value(field) for field in fields if row.has(field)}


def _title(fact: object) -> object:
    return fact[0] if isinstance(fact, list | tuple) and fact else None
