"""The loaders on public files: counts, items 0, 9 and last, and evidence that is really there."""

from collections import Counter

import msgspec
import pytest

from webenvs.corpora.corpus import MemoryCorpus
from webenvs.corpora.report import Tally
from webenvs.corpora.sources.paragraphs import read_paragraphs
from webenvs.records import Page
from webenvs.tasks.benchmarks.table import load
from webenvs.tasks.files import check_evidence, read_tasks, write_tasks


def paragraphs(path):
    pages = list(read_paragraphs(path, Tally()))
    return MemoryCorpus([page for page in pages if isinstance(page, Page)], name=path.stem)


def test_hotpotqa_has_a_hundred_questions_of_known_types_and_levels(real_data):
    tasks = load("hotpotqa", real_data / "hotpotqa_train100/hotpotqa_train.json").tasks
    assert len(tasks) == 100
    assert Counter(task.meta["type"] for task in tasks) == {"bridge": 78, "comparison": 22}
    levels = Counter(task.meta["level"] for task in tasks)
    assert levels == {"easy": 16, "medium": 69, "hard": 15}
    assert Counter(task.answer_type for task in tasks) == {"text": 91, "yesno": 9}
    assert {len(task.evidence[0]) for task in tasks} == {2}
    told = [(tasks[i].meta["id"], tasks[i].answers, tasks[i].evidence[0]) for i in (0, 9, 99)]
    assert told == [
        (
            "5a77ec115542992a6e59dff7",
            ("a spirit",),
            ("wiki://Al%C3%BB", "wiki://Lilu%20%28mythology%29"),
        ),
        (
            "5a8a2d7255429930ff3c0cdd",
            ("Studio 33",),
            ("wiki://Formula%20One%20Arcade", "wiki://Eddie%20Irvine"),
        ),
        (
            "5a8501655542997175ce1f58",
            ("Alice Nelson",),
            ("wiki://Lover%20Come%20Back%20%281961%20film%29", "wiki://Ann%20B.%20Davis"),
        ),
    ]


def test_musique_has_a_hundred_questions_of_known_hops(real_data):
    tasks = load("musique", real_data / "musique_train100/musique_train.json").tasks
    assert len(tasks) == 100
    assert Counter(task.difficulty["hops"] for task in tasks) == {2.0: 68, 3.0: 27, 4.0: 5}
    assert Counter(task.meta["id"].split("__")[0] for task in tasks) == {
        "2hop": 68, "3hop1": 24, "3hop2": 3, "4hop1": 3, "4hop3": 2,
    }  # fmt: skip
    # Eighteen supporting paragraphs are not the first text of their title.
    assert sum("#" in url for task in tasks for url in task.evidence[0]) == 18
    assert [(tasks[i].meta["id"], tasks[i].answers, tasks[i].evidence[0]) for i in (0, 9, 99)] == [
        (
            "2hop__150763_14904",
            ("G. Stanley Hall",),
            ("wiki://Journal%20of%20Psychotherapy%20Integration", "wiki://Adolescence"),
        ),
        (
            "2hop__479193_63835",
            ("the Treaty on the Functioning of the European Union",),
            (
                "wiki://Trade%20unions%20in%20Europe",
                "wiki://Treaties%20of%20the%20European%20Union",
            ),
        ),
        (
            "2hop__131644_88123",
            ("Dec. 10, 1817",),
            ("wiki://Pocahontas%20Mounds", "wiki://History%20of%20Mississippi"),
        ),
    ]


def test_musique_graphs_branch_as_their_ids_say(real_data):
    tasks = load("musique", real_data / "musique_train100/musique_train.json").tasks
    graphs = {task.meta["id"].split("__")[0]: [hop.needs for hop in task.hops] for task in tasks}
    assert graphs == {
        "2hop": [(), ("1",)],
        "3hop1": [(), ("1",), ("2",)],
        "3hop2": [(), (), ("1", "2")],
        "4hop1": [(), ("1",), ("2",), ("3",)],
        "4hop3": [(), ("1",), (), ("2", "3")],
    }


@pytest.mark.parametrize(
    ("name", "stem", "pages"),
    [
        ("hotpotqa", "hotpotqa_train100/hotpotqa_train", 994),
        ("musique", "musique_train100/musique_train", 1890),
    ],
)
def test_all_evidence_lies_in_the_corpus_of_the_same_release(real_data, name, stem, pages):
    corpus = paragraphs(real_data / f"{stem}_corpus.json")
    assert len(corpus) == pages
    alone = load(name, real_data / f"{stem}.json")
    check_evidence(alone, corpus)
    assert load(name, real_data / f"{stem}.json", corpus=corpus).tasks == alone.tasks


def test_nq_open_has_3610_questions(real_data):
    tasks = load("nq_open", real_data / "nq_open_dev/NQ-open.dev.jsonl").tasks
    assert len(tasks) == 3610
    assert [(tasks[i].question, tasks[i].answers) for i in (0, 9, 3609)] == [
        (
            "when was the last time anyone was on the moon",
            ("14 December 1972 UTC", "December 1972"),
        ),
        (
            "what is the maximum data rate for the 802.11a standard select one",
            ("54\N{NO-BREAK SPACE}Mbit/s",),
        ),
        ("what is the meaning of the name comanche", ("enemy",)),
    ]


def test_the_hipporag_sample_is_read_as_musique(real_data):
    (task,) = load("musique", real_data / "hipporag_sample/sample.json")
    assert (task.answers, task.evidence) == (
        ("Thomas C. Sudhof",),
        (("wiki://Thomas%20C.%20Sudhof",),),
    )


def test_a_benchmark_written_as_a_task_file_is_the_same_tasks(real_data, tmp_path):
    tasks = load("musique", real_data / "musique_train100/musique_train.json")
    write_tasks(tmp_path / "musique.jsonl", tasks)
    again = read_tasks(tmp_path / "musique.jsonl")
    assert (again.digest, again.name) == (tasks.digest, "musique")
    assert msgspec.json.encode(again.tasks) == msgspec.json.encode(tasks.tasks)
