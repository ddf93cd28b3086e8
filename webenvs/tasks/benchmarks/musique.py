"""MuSiQue: questions of two to four hops whose decomposition is a graph.

Fields: `id`, `question`, `answer`, `paragraphs` (title, paragraph_text or text, is_supporting), and
if there `answer_aliases`, `question_decomposition`, `answerable`. The unanswerable twins of
MuSiQue-Full (answerable = false) have no answer in their paragraphs and are left out.
"""

import re
from collections.abc import Sequence
from typing import Any

from webenvs.corpora.corpus import Corpus
from webenvs.records import Hop, Split, Task
from webenvs.tasks.benchmarks.passages import PassageFinder, passages_of
from webenvs.tasks.rows import Row

_REFERENCE = re.compile(r"#(\d{1,2})(?!\d)")
_HOPS_OF_ID = re.compile(r"(\d)hop")


def tasks(rows: Sequence[Row], split: Split, corpus: Corpus | None) -> list[Task]:
    """One task per answerable row; difficulty "hops" counts the steps of the decomposition."""
    finder = PassageFinder(rows, corpus)
    return [_task(row, split, finder) for row in rows if row.fields.get("answerable") is not False]


def _task(row: Row, split: Split, finder: PassageFinder) -> Task:
    answers = row.answers("answer", "answers")
    urls = [finder.url(title, text) for title, text in passages_of(row)]
    hops = _hops(row, urls)
    aliases = row.shaped(tuple[str, ...], "answer_aliases") if row.has("answer_aliases") else ()
    read = (url for hop in hops for url in hop.urls)
    return Task(
        question=row.text("question"),
        answers=answers,
        aliases={answers[0]: aliases} if aliases else {},
        evidence=(tuple(dict.fromkeys((*read, *_supporting(row, urls)))),),
        hops=hops,
        difficulty={"hops": float(_hop_count(row, hops))},
        split=split,
        meta={"benchmark": "musique", "id": row.value("id")},
    )


def _supporting(row: Row, urls: Sequence[str]) -> list[str]:
    """The urls of the paragraphs marked as supporting; raises if none is."""
    paragraphs = row.shaped(list[dict[str, Any]], "paragraphs")
    marked = [
        url
        for url, paragraph in zip(urls, paragraphs, strict=True)
        if paragraph.get("is_supporting")
    ]
    if not marked:
        raise row.error("paragraphs", "no paragraph is marked is_supporting")
    return marked


def _hops(row: Row, urls: Sequence[str]) -> tuple[Hop, ...]:
    """The steps, numbered from 1; "#1" in a step's question refers to the first, if earlier."""
    if not row.has("question_decomposition"):
        return ()
    steps = row.shaped(list[dict[str, Any]], "question_decomposition")
    return tuple(_hop(row, step, place, urls) for place, step in enumerate(steps, start=1))


def _hop(row: Row, step: dict[str, Any], place: int, urls: Sequence[str]) -> Hop:
    inner = Row(place=f"{row.place}, field question_decomposition, step {place}", fields=step)
    question, index = inner.text("question"), step.get("paragraph_support_idx")
    if index is not None and not (isinstance(index, int) and 0 <= index < len(urls)):
        raise inner.error("paragraph_support_idx", f"{index!r} is no paragraph of the row")
    references = sorted({int(number) for number in _REFERENCE.findall(question)})
    return Hop(
        id=str(place),
        fact=question,
        value=inner.answers("answer")[0],
        needs=tuple(str(earlier) for earlier in references if 0 < earlier < place),
        urls=() if index is None else (urls[index],),
    )


def _hop_count(row: Row, hops: Sequence[Hop]) -> int:
    """The steps; without a decomposition, what the id says ("3hop1__..."), else one."""
    named = _HOPS_OF_ID.match(str(row.value("id")))
    return len(hops) or (int(named[1]) if named else 1)
