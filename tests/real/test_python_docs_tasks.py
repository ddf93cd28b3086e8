"""The questions over Python's HTML documentation hold on the pages of the installed package."""

import os
import re
from collections import Counter
from functools import cache
from itertools import pairwise
from pathlib import Path
from urllib.parse import urldefrag, urljoin

import msgspec
import pytest
from selectolax.lexbor import LexborHTMLParser, LexborNode

from webenvs.records import Hop, Task

FILE = Path(__file__).parents[1] / "data" / "python_docs_tasks.jsonl"
ROOT = "https://python-docs.example/"
DOCS = Path(os.environ.get("WEBENVS_PYTHON_DOCS", "/usr/share/doc/python3.11/html"))
NEAR = 500  # characters of page text between a hop's value and the words it belongs to

LINES = FILE.read_text("utf-8").splitlines()
TASKS = [msgspec.json.decode(line, type=Task, strict=True) for line in LINES]
each_task = pytest.mark.parametrize(
    "task", TASKS, ids=[f"line {number}" for number in range(1, len(TASKS) + 1)]
)


@pytest.fixture(scope="module")
def docs() -> Path:
    if not (DOCS / "index.html").is_file():
        pytest.skip(
            f"Python's HTML documentation is not in {DOCS}: install the Debian package "
            "python3.11-doc, or name its html folder in WEBENVS_PYTHON_DOCS"
        )
    return DOCS


def plain(text: str) -> str:
    """`text` with one kind of apostrophe and one blank for every run of blanks."""
    return re.sub(r"\s+", " ", text.replace("’", "'")).strip()


def file_of(url: str) -> Path:
    assert url.startswith(ROOT), url
    return DOCS / url.removeprefix(ROOT)


@cache
def main_part(url: str) -> LexborNode:
    tree = LexborHTMLParser(file_of(url).read_text("utf-8"))
    tree.strip_tags(["script", "style"])
    for block in tree.css("p, li, dt, dd, td, th, pre, div, h1, h2, h3, h4"):
        block.insert_after("\n")
    part = tree.css_first("div[role=main]")
    assert part is not None, f"{url} has no main part"
    return part


@cache
def visible_text(url: str) -> str:
    return plain(main_part(url).text(separator=""))


@cache
def linked_urls(url: str) -> frozenset[str]:
    targets = (anchor.attributes.get("href") or "" for anchor in main_part(url).css("a[href]"))
    return frozenset(urldefrag(urljoin(url, target)).url for target in targets)


def places(text: str, wanted: str) -> list[tuple[int, int]]:
    """Where `wanted` stands in `text` as whole words and whole numbers (3.1 is not in 3.10)."""
    pattern = rf"(?<!\w)(?<!\d\.){re.escape(plain(wanted))}(?!\w)(?!\.\d)"
    return [found.span() for found in re.finditer(pattern, text)]


def gap(first: tuple[int, int], second: tuple[int, int]) -> int:
    return max(first[0] - second[1], second[0] - first[1], 0)


def required_answers(task: Task) -> tuple[tuple[str, ...], ...]:
    """The groups of which one spelling each must be stated: a group per member of a set."""
    if task.answer_type == "set":
        return tuple((member,) for member in task.answers)
    return (task.answers,)


def given_away(task: Task) -> set[str]:
    """What the question must not say: its answers, the bridges, and the names of later pages."""
    spellings = {alias for group in task.aliases.values() for alias in group if len(alias) > 3}
    bridges = {hop.value for hop in task.hops}
    names = {file_of(url).stem for hop in task.hops[1:] for url in hop.urls}
    return {*task.answers, *spellings, *bridges, *names}


def test_the_file_holds_only_fields_that_the_records_have() -> None:
    task_fields = set(Task.__struct_fields__) - {"id"}
    for line in LINES:
        raw = msgspec.json.decode(line)
        assert set(raw) <= task_fields
        assert all(set(hop) <= set(Hop.__struct_fields__) for hop in raw["hops"])


def test_there_are_ten_twelve_and_eight_questions_of_one_two_and_three_hops() -> None:
    assert Counter(len(task.hops) for task in TASKS) == {1: 10, 2: 12, 3: 8}
    assert all(task.difficulty == {"hops": len(task.hops)} for task in TASKS)


def test_no_question_is_asked_twice() -> None:
    questions = Counter(plain(task.question).lower() for task in TASKS)
    assert questions.most_common(1)[0][1] == 1


def test_answers_of_several_kinds_are_asked_for() -> None:
    kinds = Counter(task.answer_type for task in TASKS)
    assert kinds["set"] >= 2
    assert min(kinds["text"], kinds["number"], kinds["date"]) >= 1


@each_task
def test_the_hops_form_a_chain_over_the_first_evidence(task: Task) -> None:
    assert [hop.id for hop in task.hops] == [str(place + 1) for place in range(len(task.hops))]
    assert [hop.needs for hop in task.hops] == [(), *((hop.id,) for hop in task.hops[:-1])]
    assert task.evidence[0] == tuple(url for hop in task.hops for url in hop.urls)
    assert len(task.meta["anchors"]) == len(task.hops)


@each_task
def test_the_last_hop_finds_the_answer(task: Task) -> None:
    value = task.hops[-1].value
    assert all(any(places(value, one) for one in group) for group in required_answers(task))


@each_task
def test_the_question_gives_away_neither_the_answer_nor_a_later_step(task: Task) -> None:
    question = plain(task.question).lower()
    said = [words for words in sorted(given_away(task)) if places(question, words.lower())]
    assert said == []


@each_task
def test_every_spelling_belongs_to_an_answer(task: Task) -> None:
    assert set(task.aliases) <= set(task.answers)


@each_task
def test_the_evidence_pages_exist(task: Task, docs: Path) -> None:
    urls = [url for together in task.evidence for url in together]
    assert [url for url in urls if not file_of(url).is_file()] == []


@each_task
def test_the_last_page_of_every_evidence_states_the_answer(task: Task, docs: Path) -> None:
    for together in task.evidence:
        text = visible_text(together[-1])
        for group in required_answers(task):
            assert any(places(text, answer) for answer in group), (together[-1], group)


@each_task
def test_every_hop_is_stated_on_its_pages_beside_the_words_it_belongs_to(
    task: Task, docs: Path
) -> None:
    for hop, anchor in zip(task.hops, task.meta["anchors"], strict=True):
        for url in hop.urls:
            text = visible_text(url)
            anchors = places(text, anchor)
            assert anchors, f"{anchor!r} is not on {url}"
            gaps = [gap(here, there) for here in places(text, hop.value) for there in anchors]
            assert min(gaps, default=NEAR + 1) <= NEAR, f"{hop.value!r} near {anchor!r} on {url}"


@each_task
def test_the_pages_can_be_clicked_through_unless_the_task_says_search(
    task: Task, docs: Path
) -> None:
    unlinked = [
        (here, there)
        for here, there in pairwise(task.evidence[0])
        if there not in linked_urls(here)
    ]
    assert bool(unlinked) == (task.meta.get("via") == "search"), unlinked
