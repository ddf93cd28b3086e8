"""WebShaper's own file of questions with their formalisations: read tolerantly, written as it was.

Row: `id`, `question`, `answer`, `formalization` (lists of texts, most of them triples), `urls`.
"""

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from webenvs.corpora.corpus import Corpus
from webenvs.records import Record, Split, Task
from webenvs.tasks.kp.query import Atom, Const, Query, Term, Var
from webenvs.tasks.kp.text import TARGET, term_of
from webenvs.tasks.rows import Row, read_rows
from webenvs.writing import written_aside

_OWN = ("id", "question", "answer", "formalization", "urls")
_AND = " & "
_DEFAULT_TARGET = "T"


class Formalization(Record, frozen=True, kw_only=True):
    """What the items of a row say: a query, and the items that are no triple, as they stand.

    `malformed` says that something had to be left out or guessed: extras, or no target.
    """

    query: Query
    extras: tuple[tuple[str, ...], ...] = ()
    malformed: bool = False


class ShaperRow(Record, frozen=True, kw_only=True):
    """One row of the file, nothing changed; `rest` holds fields that are not WebShaper's."""

    id: str
    question: str
    answer: str
    formalization: tuple[tuple[str, ...], ...]
    urls: tuple[str, ...] = ()
    rest: dict[str, Any] = msgspec.field(default_factory=dict)


def read_webshaper(path: str | os.PathLike[str]) -> tuple[ShaperRow, ...]:
    """The rows of a file, in order; raises TaskFileError naming file, line and field."""
    return tuple(_row(row) for row in read_rows(Path(path)))


def write_webshaper(path: str | os.PathLike[str], rows: Iterable[ShaperRow]) -> None:
    """Write rows in the layout of WebShaper's file; it appears whole or not at all."""
    with written_aside(path) as aside, aside.open("w", encoding="utf-8", newline="\n") as out:
        out.writelines(f"{line}\n" for line in map(line_of, rows))


def line_of(row: ShaperRow) -> str:
    """A row as its line of the file, without the line end."""
    fields: dict[str, Any] = {name: getattr(row, name) for name in _OWN}
    return json.dumps({**fields, **row.rest}, ensure_ascii=False)


def formalization_of(row: ShaperRow) -> Formalization:
    """The query that a row tells.

    Terms are read in either order of prefix ("V@X", "@VX"), bare texts as constants; all constants
    are texts. Where relation and object are joined by " & " in equal numbers, each pair is an atom.
    The target is "?" on either side (all occurrences are one variable), else the variable T. Items
    of another length than three are kept in `extras`.
    """
    triples = [item for item in row.formalization if len(item) == 3]
    atoms = tuple(atom for item in triples for atom in _atoms(item))
    extras = tuple(item for item in row.formalization if len(item) != 3)
    names = {
        term.name for atom in atoms for term in (atom.subject, atom.object) if type(term) is Var
    }
    target = TARGET if TARGET in names else _DEFAULT_TARGET
    query = Query(atoms=atoms, target=target)
    return Formalization(query=query, extras=extras, malformed=bool(extras) or target not in names)


def items_of(query: Query) -> tuple[tuple[str, str, str], ...]:
    """A query as items of the file: the target as "?", unions by their label or joined by "_".

    Modes, inequalities, post operators and the members behind a label have no place there; `text`
    keeps them.
    """

    def written(term: Term) -> str:
        if isinstance(term, Var):
            return TARGET if term.name == query.target else f"V@{term.name}"
        return "C@" + (term.label or "_".join(str(member) for member in term.members))

    return tuple((written(one.subject), one.relation, written(one.object)) for one in query.atoms)


def tasks(rows: Sequence[Row], split: Split, corpus: Corpus | None) -> list[Task]:
    """One task per row; its urls are evidence where the corpus has them all, else only in meta."""
    return [_task(_row(row), split, corpus) for row in rows]


def load(path: str | os.PathLike[str], split: Split = "test") -> list[Task]:
    """The tasks of a file; for a task set, load "webshaper" with `benchmarks.table`."""
    return tasks(read_rows(Path(path)), split, None)


def _task(row: ShaperRow, split: Split, corpus: Corpus | None) -> Task:
    urls = tuple(dict.fromkeys(row.urls))
    known = corpus is not None and urls and all(corpus.index(url) is not None for url in urls)
    found = formalization_of(row)
    return Task(
        question=row.question,
        answers=(row.answer,),
        evidence=(urls,) if known else (),
        family="WebShaper",
        difficulty={"atoms": float(len(found.query.atoms))},
        split=split,
        meta={
            "benchmark": "webshaper",
            "id": row.id,
            "formalization": [list(item) for item in row.formalization],
            "malformed": found.malformed,
            "urls": list(row.urls),
            **row.rest,
        },
    )


def _row(row: Row) -> ShaperRow:
    return ShaperRow(
        id=str(row.value("id")),
        question=row.text("question"),
        answer=row.answers("answer")[0],
        formalization=row.shaped(tuple[tuple[str, ...], ...], "formalization"),
        urls=row.shaped(tuple[str, ...], "urls") if row.has("urls") else (),
        rest={name: value for name, value in row.fields.items() if name not in _OWN},
    )


def _atoms(item: tuple[str, ...]) -> Iterator[Atom]:
    """The atoms of a triple; one, or a pair of relation and object each."""
    subject, relation, value = item
    relations, values = relation.split(_AND), value.split(_AND)
    if len(relations) != len(values):
        relations, values = [relation], [value]
    for one, other in zip(relations, values, strict=True):
        yield Atom(_term(subject), one, _term(other))


def _term(text: str) -> Term:
    """A term whose constants stay texts: the file tells no number from a name."""
    term = term_of(text)
    return Const(members=(str(term.members[0]),)) if isinstance(term, Const) else term
