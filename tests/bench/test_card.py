"""The card of a task file, on a corpus of which every number is known."""

import pytest

from webenvs.bench.card import measure, write
from webenvs.bench.histogram import histogram
from webenvs.bench.overlap import overlaps
from webenvs.corpora.corpus import MemoryCorpus
from webenvs.records import Hop, Page, Task
from webenvs.search import engines

PAGES = (
    Page(url="https://a.example/kelm", title="Kelm", text="Kelm is a port. Its river is the Ask."),
    Page(url="https://a.example/sund", title="Sund", text="Sund is a spa town with a fair."),
    Page(url="https://a.example/ada", title="Ada Brandt", text="A novelist from Sund."),
)


def task(question, answer, **fields):
    return Task(question=question, answers=(answer,), **fields)


@pytest.fixture
def corpus():
    return MemoryCorpus(PAGES)


def card_of(corpus, *tasks):
    return measure(tasks, corpus, engines.retriever(corpus, "bm25", {}))


def test_an_answer_on_the_first_page_found_counts_in_every_top(corpus):
    card = card_of(corpus, task("Which river flows through the port Kelm?", "Ask"))
    assert card.found == {1: 1, 5: 1, 10: 1}
    assert card.snippet_only == 1


def test_the_title_of_the_first_hit_is_the_first_hit_players_answer(corpus):
    card = card_of(corpus, task("Which spa town has a fair?", "Sund"))
    assert card.first_hit == 1


def test_an_answer_in_the_question_is_a_leak(corpus):
    assert card_of(corpus, task("Is Sund a spa town called Sund?", "Sund")).leaks == 1
    assert card_of(corpus, task("Where is Sundale?", "Sund")).leaks == 0


def test_closed_book_is_the_commonest_answer_of_each_relation(corpus):
    asked = {"asked": "city >"}
    tasks = [
        task("one?", "Kelm", meta=asked),
        task("two?", "Kelm", meta=asked),
        task("three?", "Sund", meta=asked),
        task("four?", "1931", meta={"asked": "year >"}),
    ]
    assert card_of(corpus, *tasks).closed_book == 2


def test_twins_and_shapes_are_counted(corpus):
    meta = {"topology": "t", "shape": "s"}
    tasks = [task("same?", "a", meta=meta), task("same?", "b", meta={**meta, "shape": "u"})]
    card = card_of(corpus, *tasks)
    assert (card.twins, card.topologies, card.shapes) == (1, 1, 2)


def test_the_written_card_names_its_pictures_and_they_are_there(corpus, tmp_path):
    card = card_of(corpus, task("one?", "a", difficulty={"fetches": 3.0, "atoms": 4.0}))
    page = write(card, tmp_path / "card", "tasks.jsonl").read_text()
    assert "# tasks.jsonl" in page
    assert "1 tasks" in page
    for name in ("fetches.svg", "atoms.svg"):
        assert name in page
        assert (tmp_path / "card" / name).read_text().startswith("<svg")
    assert "question_words.svg" not in page


def test_a_histogram_has_a_bar_for_every_value_between_the_least_and_the_greatest():
    drawn = histogram([1, 1, 4], "pages")
    assert drawn.count('class="bar"') == 4
    assert "pages (number of tasks)" in drawn


def test_a_histogram_of_many_values_has_sixteen_bars():
    assert histogram([value / 7 for value in range(500)], "words").count('class="bar"') == 16


def test_overlaps_count_questions_chains_and_pages():
    hop = (Hop(id="h1", fact="Kelm lies on the Ask."),)
    one = task("one?", "a", hops=hop, evidence=(("u",),))
    other = task("two?", "a", hops=hop, evidence=(("u",),))
    row = overlaps({"a": [one], "b": [other]})[0]
    assert (row.questions, row.chains, row.evidence) == (0, 1, 1)
    assert overlaps({"a": [task("q", "a")], "b": [task("q", "b")]})[0].questions == 1


def test_tasks_without_hops_share_no_chain():
    assert overlaps({"a": [task("q", "a")], "b": [task("r", "b")]})[0].chains == 0
