"""Benchmark loaders on small rows written here, in every spelling that goes round."""

import pytest

from webenvs.corpora.corpus import MemoryCorpus
from webenvs.errors import SettingError, TaskFileError, UnknownNameError
from webenvs.records import Hop, Page
from webenvs.tasks.benchmarks.table import load
from webenvs.tasks.files import check_evidence

HOTPOT = {
    "_id": "5a",
    "question": "Who was taller?",
    "answer": "yes",
    "type": "comparison",
    "level": "hard",
    "supporting_facts": [["Ann B.", 0], ["Bob/C", 1], ["Ann B.", 2]],
    "context": [["Ann B.", ["One.", " Two."]], ["Bob/C", ["Three."]], ["Far", ["Off."]]],
}
MUSIQUE = {
    "id": "3hop1__1_2_3",
    "question": "Who rules the land of the river of Arn?",
    "answer": "Queen Eve",
    "answer_aliases": ["Eve"],
    "answerable": True,
    "paragraphs": [
        {"idx": 0, "title": "Arn", "paragraph_text": "A town.", "is_supporting": True},
        {"idx": 1, "title": "Arn", "paragraph_text": "A song.", "is_supporting": False},
        {"idx": 2, "title": "Arn", "paragraph_text": "A river.", "is_supporting": True},
        {"idx": 3, "title": "Eve", "paragraph_text": "A queen.", "is_supporting": True},
    ],
    "question_decomposition": [
        {"id": 1, "question": "River of the #1 town?", "answer": "Bel", "paragraph_support_idx": 2},
        {"id": 2, "question": "Land of #1 ?", "answer": "Cor", "paragraph_support_idx": 0},
        {"id": 3, "question": "Who rules #2 by #1 ?", "answer": "Eve", "paragraph_support_idx": 3},
    ],
}


def loaded(name, path, **options):
    return load(name, path, **options).tasks


def without(row, *names, **changed):
    return {name: value for name, value in row.items() if name not in names} | changed


def test_hotpotqa_gives_evidence_type_level_and_two_hops(written):
    (task,) = loaded("hotpotqa", written([HOTPOT]), split="train")
    assert task.evidence == (("wiki://Ann%20B.", "wiki://Bob%2FC"),)
    assert task.meta == {
        "benchmark": "hotpotqa", "id": "5a", "type": "comparison", "level": "hard",
    }  # fmt: skip
    assert (task.answers, task.answer_type, task.split) == (("yes",), "yesno", "train")
    assert task.difficulty == {"hops": 2.0}


@pytest.mark.parametrize(
    "changed",
    [
        {"supporting_facts": str(HOTPOT["supporting_facts"]), "context": str(HOTPOT["context"])},
        {"supporting_facts": '[["Ann B.", 0], ["Bob/C", 1]]', "context": None},
        {
            "supporting_facts": {"title": ["Ann B.", "Bob/C"], "sent_id": [0, 1]},
            "context": {"title": ["Ann B.", "Bob/C"], "sentences": [["One."], ["Three."]]},
        },
        {"_id": None, "id": "5a"},
        {"answer": ["yes"]},
    ],
)
def test_hotpotqa_is_read_in_its_redistributed_spellings(written, changed):
    (usual,) = loaded("hotpotqa", written([HOTPOT]))
    (other,) = loaded("hotpotqa", written([HOTPOT | changed]))
    assert other == usual


def test_two_texts_of_one_title_are_told_apart_by_their_order(written):
    other = without(HOTPOT, context=[["Bob/C", ["Another."]], ["Ann B.", ["One.", " Two."]]])
    first, second = loaded("hotpotqa", written([HOTPOT, other]))
    assert first.evidence == (("wiki://Ann%20B.", "wiki://Bob%2FC"),)
    assert second.evidence == (("wiki://Ann%20B.", "wiki://Bob%2FC#2"),)


def test_two_wiki_gives_the_chain_of_facts_as_hops(written):
    facts = [["Ann B.", "mother", "Bob/C"], ["Bob/C", "born in", "Oslo"], ["Eve", "of", "Oslo"]]
    row = without(HOTPOT, "level", evidences=facts, answer="Oslo", answer_id="Q585")
    (task,) = loaded("2wiki", written([row]))
    assert task.hops == (
        Hop(id="1", fact="mother of Ann B.", value="Bob/C", urls=("wiki://Ann%20B.",)),
        Hop(id="2", fact="born in of Bob/C", value="Oslo", needs=("1",), urls=("wiki://Bob%2FC",)),
        Hop(id="3", fact="of of Eve", value="Oslo"),
    )
    assert task.difficulty == {"hops": 3.0}
    assert task.meta == {
        "benchmark": "2wiki", "id": "5a", "type": "comparison", "answer_id": "Q585",
    }  # fmt: skip
    (bare,) = loaded("2wiki", written([HOTPOT]))
    assert (bare.hops, bare.difficulty) == ((), {"hops": 2.0})


def test_musique_gives_the_graph_of_its_decomposition(written):
    (task,) = loaded("musique", written([MUSIQUE]))
    # "#1" in the first step is part of its wording: a step refers to earlier ones only.
    assert [hop.needs for hop in task.hops] == [(), ("1",), ("1", "2")]
    assert [hop.urls for hop in task.hops] == [("wiki://Arn#3",), ("wiki://Arn",), ("wiki://Eve",)]
    assert [hop.value for hop in task.hops] == ["Bel", "Cor", "Eve"]
    assert task.evidence == (("wiki://Arn#3", "wiki://Arn", "wiki://Eve"),)
    assert task.aliases == {"Queen Eve": ("Eve",)}
    assert task.difficulty == {"hops": 3.0}


def test_musique_without_a_decomposition_counts_its_hops_by_the_id(written):
    (task,) = loaded("musique", written([without(MUSIQUE, "question_decomposition")]))
    assert (task.hops, task.difficulty) == ((), {"hops": 3.0})
    assert task.evidence == (("wiki://Arn", "wiki://Arn#3", "wiki://Eve"),)
    row = without(MUSIQUE, "question_decomposition", "answer_aliases", id="sample/1")
    (plain,) = loaded("musique", written([row]))
    assert (plain.difficulty, plain.aliases) == ({"hops": 1.0}, {})


def test_the_unanswerable_twins_of_musique_are_left_out(written):
    twin = without(MUSIQUE, answerable=False)
    assert len(loaded("musique", written([MUSIQUE, twin]))) == 1
    with pytest.raises(TaskFileError, match="no row of it is a task of 'musique'"):
        load("musique", written([twin]))


def test_a_corpus_tells_paragraphs_of_one_title_apart_by_their_text(written):
    texts = {"wiki://Arn": "A river.", "wiki://Arn#2": "A town.", "wiki://Eve": "A queen."}
    corpus = MemoryCorpus(Page(url=url, title="t", text=text) for url, text in texts.items())
    tasks = load("musique", written([MUSIQUE]), corpus=corpus)
    assert tasks.tasks[0].evidence == (("wiki://Arn", "wiki://Arn#2", "wiki://Eve"),)
    check_evidence(tasks, corpus)


def test_a_paragraph_whose_text_the_corpus_lacks_is_found_missing(written):
    corpus = MemoryCorpus([Page(url="wiki://Arn", title="Arn", text="A river.")])
    tasks = load("musique", written([MUSIQUE]), corpus=corpus)
    with pytest.raises(TaskFileError, match=r"1 of 1 .* needs 'wiki://Arn#2'"):
        check_evidence(tasks, corpus)


def test_nq_open_takes_every_answer(written):
    (task,) = loaded("nq_open", written([{"question": "how many", "answer": ["one", "1"]}]))
    assert (task.answers, task.evidence) == (("one", "1"), ())


def test_flashrag_finds_evidence_in_the_metadata_and_keeps_the_rest(written):
    facts = {"title": ["Ann B.", "Far"], "sent_id": [0, 0]}
    metadata = {"supporting_facts": facts, "type": "bridge", "context": HOTPOT["context"]}
    row = {"id": "dev_1", "question": "q", "golden_answers": ["a"], "metadata": metadata}
    plain = {"id": "dev_2", "question": "r", "golden_answers": ["b"], "choices": ["b", "c"]}
    first, second = loaded("flashrag", written([row, plain]))
    assert first.evidence == (("wiki://Ann%20B.", "wiki://Far"),)
    assert first.meta["metadata"] == {"supporting_facts": facts, "type": "bridge"}
    assert second.meta == {"benchmark": "flashrag", "id": "dev_2", "choices": ["b", "c"]}


@pytest.mark.parametrize(
    ("name", "row", "problem"),
    [
        ("hotpotqa", without(HOTPOT, "answer"), "field answer: missing (also not as answers)."),
        ("hotpotqa", without(HOTPOT, "supporting_facts"), "field supporting_facts: missing."),
        ("hotpotqa", without(HOTPOT, supporting_facts=[3]), "must be a list of [title, sentence"),
        ("hotpotqa", without(HOTPOT, supporting_facts=[]), "must be a list of [title, sentence"),
        ("hotpotqa", without(HOTPOT, supporting_facts="[["), "is neither JSON nor a Python"),
        ("hotpotqa", without(HOTPOT, supporting_facts="[" * 9999), "field supporting_facts: "),
        ("hotpotqa", without(HOTPOT, context=[["Ann B."]]), "field context: cannot be read as"),
        ("musique", without(MUSIQUE, paragraphs=[3]), "field paragraphs: cannot be read as par"),
        ("2wiki", without(HOTPOT, evidences=[["a", "b"]]), "field evidences: "),
        ("musique", without(MUSIQUE, "id"), "field id: missing."),
        ("flashrag", {"question": "q"}, "field golden_answers: missing."),
        ("nq_open", {"question": "q", "answer": []}, "field answer: the list is empty"),
        (
            "musique",
            without(
                MUSIQUE,
                "question_decomposition",
                paragraphs=[{"idx": 0, "title": "Arn", "text": "A town."}],
            ),
            "field paragraphs: no paragraph is marked is_supporting",
        ),
        (
            "musique",
            without(
                MUSIQUE,
                question_decomposition=[
                    {"question": "q", "answer": "a", "paragraph_support_idx": 9}
                ],
            ),
            "step 1, field paragraph_support_idx: 9 is no paragraph of the row",
        ),
    ],
)
def test_a_wrong_row_is_named_with_its_line(written, name, row, problem):
    path = written([row])
    with pytest.raises(TaskFileError) as caught:
        load(name, path)
    assert str(caught.value).startswith(f"{path} line 1, field ")
    assert problem in str(caught.value)


def test_a_step_without_a_paragraph_shows_no_page(written):
    steps = [{"question": "q", "answer": "a", "paragraph_support_idx": None}]
    (task,) = loaded("musique", written([without(MUSIQUE, question_decomposition=steps)]))
    assert task.hops[0].urls == ()


def test_unknown_names_and_splits_are_refused(written):
    with pytest.raises(UnknownNameError, match="Did you mean 'hotpotqa'"):
        load("hotpot_qa", written([HOTPOT]))
    with pytest.raises(SettingError, match="one of train, validation, test"):
        load("hotpotqa", written([HOTPOT]), split="dev")
