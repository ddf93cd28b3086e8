"""FlashRAG and Search-R1: {id, question, golden_answers, metadata} for many benchmarks at once.

Evidence is known where `metadata` carries HotpotQA's supporting facts. Every other field goes to
meta, but for the paragraphs in `metadata.context`, which are pages.
"""

from collections.abc import Sequence
from typing import Any

from webenvs.corpora.corpus import Corpus
from webenvs.records import Split, Task
from webenvs.tasks.benchmarks.hotpotqa import evidence
from webenvs.tasks.benchmarks.passages import PassageFinder
from webenvs.tasks.rows import Row

_OWN = ("question", "golden_answers", "metadata")


def tasks(rows: Sequence[Row], split: Split, corpus: Corpus | None) -> list[Task]:
    """One task per row; all golden answers are alternatives."""
    inner = [_metadata(row) for row in rows]
    finder = PassageFinder(inner, corpus)
    return [_task(row, facts, split, finder) for row, facts in zip(rows, inner, strict=True)]


def _task(row: Row, facts: Row, split: Split, finder: PassageFinder) -> Task:
    kept = {name: value for name, value in row.fields.items() if name not in _OWN}
    known = {name: value for name, value in facts.fields.items() if name != "context"}
    return Task(
        question=row.text("question"),
        answers=row.answers("golden_answers"),
        evidence=evidence(facts, finder) if facts.has("supporting_facts") else (),
        split=split,
        meta={"benchmark": "flashrag", **kept, **({"metadata": known} if known else {})},
    )


def _metadata(row: Row) -> Row:
    found = row.shaped(dict[str, Any], "metadata") if row.has("metadata") else {}
    return Row(place=f"{row.place}, field metadata", fields=found)
