"""2WikiMultihopQA: HotpotQA's layout, with the chain of facts as (subject, relation, object).

Types are comparison, inference, compositional and bridge_comparison. Where `evidences` is there, it
gives the hops: a fact needs the earlier facts whose object is its subject.
"""

from collections.abc import Sequence

from webenvs.corpora.corpus import Corpus
from webenvs.records import Hop, Split, Task
from webenvs.tasks.benchmarks.hotpotqa import answer_type, evidence, meta
from webenvs.tasks.benchmarks.passages import PassageFinder, passages_of
from webenvs.tasks.rows import Row

_KEPT = ("type", "answer_id", "entity_ids", "evidences_id")
_LEAST = 2


def tasks(rows: Sequence[Row], split: Split, corpus: Corpus | None) -> list[Task]:
    """One task per row; difficulty "hops" is the number of facts, at least two."""
    finder = PassageFinder(rows, corpus)
    return [_task(row, split, finder) for row in rows]


def _task(row: Row, split: Split, finder: PassageFinder) -> Task:
    answers = row.answers("answer", "answers")
    hops = _hops(row, finder)
    return Task(
        question=row.text("question"),
        answers=answers,
        answer_type=answer_type(answers),
        evidence=evidence(row, finder),
        hops=hops,
        difficulty={"hops": float(max(_LEAST, len(hops)))},
        split=split,
        meta=meta(row, "2wiki", _KEPT),
    )


def _hops(row: Row, finder: PassageFinder) -> tuple[Hop, ...]:
    if not row.has("evidences"):
        return ()
    facts = row.shaped(list[tuple[str, str, str]], "evidences")
    texts = dict(passages_of(row))
    return tuple(
        Hop(
            id=str(place + 1),
            fact=f"{relation} of {subject}",
            value=value,
            needs=tuple(
                str(earlier + 1) for earlier in range(place) if facts[earlier][2] == subject
            ),
            urls=(finder.url(subject, texts[subject]),) if subject in texts else (),
        )
        for place, (subject, relation, value) in enumerate(facts)
    )
