"""The questions over the embedded web: every one is proved, spread, leak-free and reproducible."""

import unicodedata
from collections import Counter

import pytest

from webenvs.corpora.corpus import MemoryCorpus
from webenvs.corpora.world.generate import build_world
from webenvs.rewards.answer import score
from webenvs.tasks.files import check_evidence, read_tasks, write_tasks
from webenvs.tasks.walk import multi_hop_tasks, verify_task

TASKS_DIGEST = "0f92f3f0d8fca257e922e19872530f607b5bb291acdd9ed2387669da98b0ab1c"


@pytest.fixture(scope="module")
def tiny():
    return build_world()


@pytest.fixture(scope="module")
def tasks(tiny):
    return multi_hop_tasks(tiny)


def folded(text):
    words = unicodedata.normalize("NFKC", text).casefold()
    return f" {''.join(c if c.isalnum() else ' ' for c in words)} "


def test_the_questions_of_the_tiny_web_never_change(tasks):
    assert tasks.digest == TASKS_DIGEST


def test_there_are_two_hundred_questions_of_each_length_and_no_two_are_alike(tasks):
    assert Counter(task.difficulty["hops"] for task in tasks) == {2.0: 200, 3.0: 200, 4.0: 200}
    assert len({task.question for task in tasks}) == len({task.id for task in tasks}) == 600


def test_every_question_is_proved_again_from_the_world(tiny, tasks):
    for task in tasks:
        verify_task(tiny, task)


def test_scanning_all_facts_finds_one_reading_of_every_tenth_question(tiny, tasks):
    for task in list(tasks)[::10]:
        readings = [{}]
        for subject, relation, value in task.meta["query"]["atoms"]:
            readings = [
                {**known, subject: fact.subject, value: fact.object}
                for known in readings
                for fact in tiny.facts
                if fact.relation == relation
                and fits(subject, fact.subject, known)
                and fits(value, fact.object, known)
            ]
        target = task.meta["query"]["target"]
        assert len(readings) == 1
        found = readings[0][target]
        relation = task.meta["query"]["atoms"][-1][1]
        assert tiny.spellings(found, relation)[0] == task.answers[0]


def fits(term, value, known):
    """Whether a term of a query may stand for the value, given what is known."""
    return known.get(term, value) == value if str(term).startswith("?") else term == value


def test_neither_answers_nor_intermediate_names_stand_in_a_question(tiny, tasks):
    aliases = {entity.name: entity.aliases for entity in tiny.entities.values()}
    for task in tasks:
        question = " ".join(folded(task.question).split())
        for hop in task.hops:
            for name in (hop.value, *aliases.get(hop.value, ())):
                assert f" {' '.join(folded(name).split())} " not in f" {question} "


def test_evidence_is_in_the_corpus_and_takes_a_page_a_hop(tiny, tasks):
    corpus = MemoryCorpus(tiny.pages())
    check_evidence(tasks, corpus)
    for task in tasks:
        for pages in task.evidence:
            assert len(set(pages)) == len(task.hops)
            assert all(corpus.index(url) is not None for url in pages)


def test_the_page_of_the_last_hop_shows_the_answer_and_the_pages_before_do_not(tiny, tasks):
    texts = {page.url: " ".join(folded(page.text).split()) for page in tiny.pages()}
    for task in tasks:
        if task.difficulty["starts"] > 1:
            continue
        spellings = [f" {' '.join(folded(name).split())} " for name in task.answers]
        for pages in task.evidence:
            shows = [any(name in f" {texts[url]} " for name in spellings) for url in pages]
            assert not any(shows[:-1])


def test_splits_are_eight_to_one_to_one_and_share_no_walk(tasks):
    sizes = Counter(task.split for task in tasks)
    assert 440 <= sizes["train"] <= 520
    assert min(sizes["validation"], sizes["test"]) >= 40
    walks = {}
    for task in tasks:
        walks.setdefault(str(task.meta["query"]["atoms"]), set()).add(task.split)
    assert all(len(splits) == 1 for splits in walks.values())


def test_a_walk_falls_into_one_split_whatever_the_seed(tiny, tasks):
    others = multi_hop_tasks(tiny, seed=1)
    split = {str(task.meta["query"]["atoms"]): task.split for task in tasks}
    shared = [task for task in others if str(task.meta["query"]["atoms"]) in split]
    assert shared
    assert len(shared) < len(others) / 2
    for task in shared:
        assert split[str(task.meta["query"]["atoms"])] == task.split


def test_answers_are_varied_and_of_all_types(tasks):
    types = Counter(task.answer_type for task in tasks)
    assert min(types[name] for name in ("text", "date", "number")) >= 60
    answers = Counter(task.answers[0] for task in tasks)
    assert max(answers.values()) <= 0.03 * len(tasks)
    relations = Counter(atom[1] for task in tasks for atom in task.meta["query"]["atoms"])
    assert len(relations) >= 40


def test_lengths_do_not_depend_on_each_other(tiny, tasks):
    alone = multi_hop_tasks(tiny, hops=(3, 3), limit=200)
    assert [task.id for task in alone] == [
        task.id for task in tasks if task.difficulty["hops"] == 3.0
    ]


def test_a_limit_counts_for_each_length(tiny):
    few = multi_hop_tasks(tiny, hops=(2, 5), limit=10)
    assert Counter(task.difficulty["hops"] for task in few) == dict.fromkeys(
        (2.0, 3.0, 4.0, 5.0), 10
    )


def test_the_stored_answer_and_every_alias_earn_the_full_answer_reward(tasks):
    for task in tasks:
        for said in (*task.answers, *(name for names in task.aliases.values() for name in names)):
            assert score(task, said) == 1.0


def test_a_task_file_brings_the_same_tasks_back_and_they_are_still_proved(tiny, tasks, tmp_path):
    write_tasks(tmp_path / "walks.jsonl", tasks)
    back = read_tasks(tmp_path / "walks.jsonl")
    assert back.digest == tasks.digest
    for task in back:
        verify_task(tiny, task)


@pytest.mark.parametrize("seed", [1, 2])
def test_other_webs_of_other_sizes_give_proved_questions_too(seed):
    world = build_world(seed, 150 * seed)
    tasks = multi_hop_tasks(world, seed=seed, limit=40)
    assert len(tasks) == 120
    for task in tasks:
        verify_task(world, task)
