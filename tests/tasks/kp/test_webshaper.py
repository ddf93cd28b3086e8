"""WebShaper's released file: what is in it, counted; read tolerantly, written back as it was.

The counts are those of the specification, section 1.9, but for six that depend on a definition it
does not give; there the test says which number it gives and which this reading has.
"""

import json
import re
from collections import Counter
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

import pytest

from webenvs.corpora.corpus import MemoryCorpus
from webenvs.errors import TaskFileError
from webenvs.records import Page
from webenvs.tasks.benchmarks.table import load
from webenvs.tasks.kp import webshaper
from webenvs.tasks.kp.query import Atom, Const, Query, Var, const, variables_of
from webenvs.tasks.kp.webshaper import ShaperRow, formalization_of, items_of, read_webshaper

NAME = "agent_training_sets/webshaper.500.jsonl"


@pytest.fixture
def path(real_data):
    return real_data / NAME


@pytest.fixture
def rows(path):
    return read_webshaper(path)


def kind(text):
    if text == "?":
        return "?"
    return {"V@": "V", "@V": "V", "C@": "C", "@C": "C"}.get(text[:2], "bare")


def triples(row):
    return [item for item in row.formalization if len(item) == 3]


def spread(counts):
    return min(counts), median(counts), max(counts)


def test_it_has_500_rows_of_6080_items(rows):
    assert len(rows) == len({row.id for row in rows}) == len({row.question for row in rows}) == 500
    lengths = Counter(len(item) for row in rows for item in row.formalization)
    assert lengths == {3: 6005, 2: 33, 4: 13, 5: 25, 6: 3, 13: 1}
    assert sum(lengths.values()) == 6080


def test_453_rows_are_all_triples_and_411_conform_strictly(rows):
    whole = [row for row in rows if len(triples(row)) == len(row.formalization)]
    assert len(whole) == 453
    strict = [
        row
        for row in whole
        if all(kind(end) != "bare" for item in row.formalization for end in item[::2])
        and not any(" & " in text for item in row.formalization for text in item)
        and sum(end == "?" for item in row.formalization for end in item[::2]) == 1
    ]
    assert len(strict) == 411


def test_the_kinds_of_terms_are_paired_as_measured(rows):
    pairs = Counter((kind(item[0]), kind(item[2])) for row in rows for item in triples(row))
    assert pairs == {
        ("V", "C"): 3478, ("V", "V"): 1746, ("V", "?"): 491, ("C", "C"): 190, ("V", "bare"): 45,
        ("C", "V"): 39, ("?", "V"): 6, ("C", "bare"): 5, ("C", "?"): 3, ("?", "C"): 2,
    }  # fmt: skip


def test_the_target_is_a_question_mark_in_nearly_every_row(rows):
    objects = sum(item[2] == "?" for row in rows for item in triples(row))
    subjects = sum(item[0] == "?" for row in rows for item in triples(row))
    assert (objects, subjects) == (494, 8)
    marks = Counter(sum(text == "?" for item in row.formalization for text in item) for row in rows)
    assert marks == {1: 489, 2: 8, 3: 1, 0: 2}
    inside = [sum(text == "?" for item in triples(row) for text in item) for row in rows]
    assert inside.count(0) == 8
    assert sum(any("V@T" in item for item in row.formalization) for row in rows) == 19


def test_rows_hold_as_many_triples_variables_and_constants_as_measured(rows):
    assert spread([len(row.formalization) for row in rows]) == (2, 11, 47)
    held = [{text for item in row.formalization for text in item} for row in rows]
    assert spread([sum(kind(text) == "V" for text in texts) for texts in held]) == (1, 4, 15)
    assert spread([sum(kind(text) == "C" for text in texts) for texts in held]) == (0, 6, 34)


def test_urls_questions_and_answers_are_as_long_as_measured(rows):
    assert spread([len(set(row.urls)) for row in rows]) == (1, 7, 69)
    domains = [len({urlsplit(url).netloc for url in row.urls}) for row in rows]
    assert median(domains) == 6
    urls = [url for row in rows for url in row.urls]
    assert len(urls) == 4370
    assert sum("wikipedia.org" in urlsplit(url).netloc for url in urls) == 986  # 22.6 %
    assert spread([len(row.question) for row in rows]) == (116, 364.5, 1345)
    assert spread([len(row.answer) for row in rows]) == (1, 14, 168)


def test_answers_are_of_the_kinds_measured(rows):
    def told(answer):
        if re.fullmatch(r"[\d,.\s]+", answer):
            return "number"
        if re.search(r"\b(?:1\d{3}|20\d\d)\b", answer):
            return "year"
        return "digits" if re.search(r"\d", answer) else "text"

    kinds = Counter(told(row.answer) for row in rows)
    assert kinds == {"text": 330, "number": 89, "digits": 53, "year": 28}


def test_relations_are_an_open_vocabulary(rows):
    named = Counter(
        item[1].replace("_", " ").strip().lower() for row in rows for item in triples(row)
    )
    assert len(named) == 2810
    assert named.most_common(4) == [
        ("is a", 780),
        ("has name", 231),
        ("occurred in", 86),
        ("is part of", 60),
    ]


# What the queries look like as graphs: nodes are variables and constants (bare texts too), edges
# the atoms, parallel ones once, without those that lead to "?". All start from the thing that the
# first "?" is asked of.


def nodes(atom):
    return atom.subject, atom.object


def graph_of(row):
    """The node that "?" is asked of, and the neighbours of each node; None without "?"."""
    query = formalization_of(row).query
    if query.target != "?":
        return None
    asked = [end for atom in query.atoms if "?" in variables_of(atom) for end in nodes(atom)]
    near = {end: set() for atom in query.atoms for end in nodes(atom) if end != Var("?")}
    for atom in query.atoms:
        if "?" not in variables_of(atom):
            near[atom.subject].add(atom.object)
            near[atom.object].add(atom.subject)
    return next(end for end in asked if end != Var("?")), near


def distances(start, near):
    found, wave = {start: 0}, [start]
    for node in wave:
        for other in near[node]:
            if other not in found:
                found[other] = found[node] + 1
                wave.append(other)
    return found


def parts(near):
    left, count = set(near), 0
    while left:
        left -= set(distances(min(left, key=repr), near))
        count += 1
    return count


def has_cycle(near):
    edges = {frozenset((one, other)) for one in near for other in near[one] if one != other}
    return len(edges) > len(near) - parts(near)


def is_constant(node):
    return isinstance(node, Const)


def test_constants_lie_three_edges_away_in_most_rows(rows):
    graphs = [graph for graph in map(graph_of, rows) if graph]
    assert len(graphs) == 492
    farthest = Counter(
        max((far for node, far in distances(*graph).items() if is_constant(node)), default=0)
        for graph in graphs
    )
    # The specification has 198 at 3 and 113 at 4.
    assert farthest == {0: 15, 1: 18, 2: 100, 3: 197, 4: 114, 5: 39, 6: 8, 7: 1}


def test_most_rows_break_the_structure_that_the_paper_claims(rows):
    graphs = [graph for graph in map(graph_of, rows) if graph]
    apart = [parts(near) > 1 for _, near in graphs]
    cyclic = [has_cycle(near) for _, near in graphs]
    trees = [not one and not other for one, other in zip(apart, cyclic, strict=True)]
    # The specification has 39 disconnected, 177 with a cycle, 279 trees, 348 with a constant on
    # the node that "?" is asked of; it splits " & " for the first only.
    assert (sum(apart), sum(cyclic), sum(trees)) == (39, 180, 281)
    assert sum(any(map(is_constant, near[start])) for start, near in graphs) == 349


def test_constants_are_linked_to_constants_in_97_rows(rows):
    linked = [
        row
        for row in rows
        if any({kind(item[0]), kind(item[2])} <= {"C", "bare"} for item in triples(row))
    ]
    assert len(linked) == 97


def test_223_rows_are_clean_trees(rows):
    def clean(row):
        graph = graph_of(row)
        if graph is None or len(triples(row)) < len(row.formalization):
            return False
        atoms = formalization_of(row).query.atoms
        kinds = [[is_constant(end) for end in nodes(atom)] for atom in atoms]
        asked = [atom for atom in atoms if "?" in variables_of(atom)]
        shortcut = any(map(is_constant, (end for atom in asked for end in nodes(atom))))
        tree = parts(graph[1]) == 1 and not has_cycle(graph[1])
        return tree and not shortcut and [True, True] not in kinds

    # The specification has 223.
    assert sum(map(clean, rows)) == 221


def test_what_is_read_is_written_back_to_the_byte(path, rows, tmp_path):
    webshaper.write_webshaper(tmp_path / "new" / "again.jsonl", rows)
    assert (tmp_path / "new" / "again.jsonl").read_bytes() == path.read_bytes()
    assert [one.name for one in Path(tmp_path / "new").iterdir()] == ["again.jsonl"]


def test_every_triple_is_an_atom_and_the_rest_is_kept(rows):
    found = [formalization_of(row) for row in rows]
    assert sum(len(one.extras) for one in found) == 75
    assert sum(one.malformed for one in found) == 49
    assert sum(len(one.query.atoms) for one in found) == 6032


def test_it_loads_as_a_task_set(path):
    tasks = load("webshaper", path)
    assert len(tasks) == 500
    first = tasks.tasks[0]
    assert (first.family, first.answers, first.split) == ("WebShaper", ("12,000",), "test")
    assert first.meta["formalization"][-1] == ["V@M", "had number of spectators", "?"]
    assert (first.meta["id"][:8], len(first.meta["urls"]), first.evidence) == ("e31920d2", 5, ())
    assert webshaper.load(path)[499].question == tasks.tasks[499].question


ROW = {
    "id": "a",
    "question": "Who?",
    "answer": "Bela",
    "formalization": [["@VX", "plays for", "Kelm"], ["V@X", "is & born in", "C@old & C@Sund"]],
    "urls": ["https://x.example/b", "https://x.example/a", "https://x.example/b"],
    "note": "é",
}


def test_ampersands_are_split_in_pairs_only_when_they_match():
    def atoms(*item):
        row = ShaperRow(id="a", question="Who?", answer="b", formalization=(item,))
        return formalization_of(row).query.atoms

    assert atoms("V@X", "is & born in", "C@old & @CSund") == (
        Atom(Var("X"), "is", const("old")),
        Atom(Var("X"), "born in", const("Sund")),
    )
    assert atoms("V@X", "published by", "C@Taylor & Francis") == (
        Atom(Var("X"), "published by", const("Taylor & Francis")),
    )


def test_constants_stay_texts_and_odd_items_are_extras():
    row = ShaperRow(
        id="a",
        question="Who?",
        answer="b",
        formalization=(("?", "born in", "C@1990"), ("V@X", "is a club"), ("V@T", "x", "")),
    )
    found = formalization_of(row)
    assert found.query.target == "?"
    assert found.query.atoms[0].object == const("1990")
    assert (found.extras, found.malformed) == ((("V@X", "is a club"),), True)


def test_without_a_question_mark_the_target_is_t_if_there_is_one():
    def read(*items):
        row = ShaperRow(id="a", question="Who?", answer="b", formalization=items)
        return formalization_of(row)

    assert read(("V@T", "plays for", "C@x")).query.target == "T"
    assert not read(("V@T", "plays for", "C@x")).malformed
    assert read(("V@X", "plays for", "C@x")).malformed


def test_a_row_of_ones_own_is_read_with_all_its_fields(written, tmp_path):
    (row,) = read_webshaper(written([ROW]))
    assert row.rest == {"note": "é"}
    assert json.loads(webshaper.line_of(row)) == ROW
    assert "é" in webshaper.line_of(row)


def test_a_query_is_written_as_items():
    query = Query(
        atoms=(
            Atom(Var("X"), "bornIn", const(1990, 1991)),
            Atom(Var("T"), "playsFor", Var("X")),
            Atom(const("Kelm"), "in", Const(members=("a", "b"), label="the north")),
        )
    )
    assert items_of(query) == (
        ("V@X", "bornIn", "C@1990_1991"),
        ("?", "playsFor", "V@X"),
        ("C@Kelm", "in", "C@the north"),
    )


def test_urls_are_evidence_where_the_corpus_has_them_all(written):
    pages = [Page(url=f"https://x.example/{name}", title="", text="x") for name in "abc"]
    path = written([ROW])
    (task,) = load("webshaper", path, corpus=MemoryCorpus(pages))
    assert task.evidence == (("https://x.example/b", "https://x.example/a"),)
    (task,) = load("webshaper", path, corpus=MemoryCorpus(pages[1:]))
    assert task.evidence == ()
    assert (task.difficulty, task.meta["note"]) == ({"atoms": 3.0}, "é")


def test_a_wrong_field_is_named_with_its_line(written):
    path = written([ROW, {**ROW, "formalization": [["V@X", 3]]}])
    with pytest.raises(TaskFileError, match="line 2, field formalization: Expected 'str'"):
        read_webshaper(path)
