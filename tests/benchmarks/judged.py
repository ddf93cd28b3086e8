"""Test collections: pages, queries, and which pages are relevant to which query."""

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from webenvs.corpora.corpus import MemoryCorpus
from webenvs.records import Page


class Collection(NamedTuple):
    """Queries by id, and for each the grade of every relevant page (above 0) by url."""

    name: str
    corpus: MemoryCorpus
    queries: Mapping[str, str]
    grades: Mapping[str, Mapping[str, int]]


def hotpotqa(data: Path) -> Collection:
    """The sample of HotpotQA: 994 paragraphs; those with supporting facts are relevant."""
    folder = data / "hotpotqa_train100"
    paragraphs = json.loads((folder / "hotpotqa_train_corpus.json").read_text("utf-8"))
    rows = json.loads((folder / "hotpotqa_train.json").read_text("utf-8"))
    corpus = MemoryCorpus(
        Page(url=title, title=title, text=" ".join(sentences))
        for title, sentences in paragraphs.items()
    )
    return Collection(
        "HotpotQA sample",
        corpus,
        {row["_id"]: row["question"] for row in rows},
        {row["_id"]: {title: 1 for title, _ in row["supporting_facts"]} for row in rows},
    )


def musique(data: Path) -> Collection:
    """The sample of MuSiQue: 1,890 passages; the supporting ones are relevant."""
    folder = data / "musique_train100"
    passages = json.loads((folder / "musique_train_corpus.json").read_text("utf-8"))
    rows = json.loads((folder / "musique_train.json").read_text("utf-8"))
    numbers = {(one["title"], one["text"]): f"doc://{n:05d}" for n, one in enumerate(passages)}
    corpus = MemoryCorpus(
        Page(url=url, title=title, text=text) for (title, text), url in numbers.items()
    )
    grades = {
        row["id"]: {
            numbers[one["title"], one["paragraph_text"]]: 1
            for one in row["paragraphs"]
            if one["is_supporting"]
        }
        for row in rows
    }
    return Collection(
        "MuSiQue sample", corpus, {row["id"]: row["question"] for row in rows}, grades
    )


def beir(folder: Path) -> Collection:
    """A folder of corpus.jsonl, queries.jsonl and qrels.tsv (or qrels/test.tsv), as BEIR has them.

    Judgements are lines of query, document and grade, or of query, anything, document and grade (as
    trec_eval reads them); a line whose grade is no number is a heading.
    """
    corpus = MemoryCorpus(
        Page(url=str(row["_id"]), title=row.get("title") or "", text=row["text"] or "-")
        for row in _lines(folder / "corpus.jsonl")
    )
    file = folder / "qrels.tsv"
    grades: dict[str, dict[str, int]] = {}
    for query, url, grade in _judgements(file if file.is_file() else folder / "qrels" / "test.tsv"):
        if grade > 0:
            grades.setdefault(query, {})[url] = grade
    queries = {str(row["_id"]): row["text"] for row in _lines(folder / "queries.jsonl")}
    judged = {name: text for name, text in queries.items() if name in grades}
    return Collection(folder.name, corpus, judged, grades)


def _lines(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def _judgements(path: Path) -> list[tuple[str, str, int]]:
    found = []
    with path.open(encoding="utf-8") as file:
        for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            fields = row if len(row) > 1 else " ".join(row).split()
            if len(fields) in (3, 4) and fields[-1].strip().lstrip("-").isdecimal():
                found.append((fields[0], fields[-2], int(fields[-1])))
    return found
