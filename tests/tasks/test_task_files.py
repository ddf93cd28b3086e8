"""Task files: what is read, what is refused and where, what is written, what the corpus holds."""

import gzip
import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webenvs.corpora.corpus import MemoryCorpus
from webenvs.errors import SettingError, TaskFileError
from webenvs.records import Hop, Page, Task
from webenvs.tasks.files import check_evidence, read_tasks, write_tasks
from webenvs.tasks.taskset import TaskSet

FULL = {
    "question": "Which towns lie on the river?",
    "answers": ["Arn", "Bel"],
    "answer_type": "set",
    "aliases": {"Arn": ["Arn upon Sea"]},
    "evidence": [["u1", "u2"], ["u3"]],
    "hops": [{"id": "1", "value": "the river"}, {"id": "2", "needs": ["1"], "urls": ["u1"]}],
    "family": "SetQuery",
    "split": "validation",
    "difficulty": {"hops": 2},
    "meta": {"source": "own", "tags": [1, None]},
}


def one(path):
    (task,) = read_tasks(path)
    return task


def refused(path):
    with pytest.raises(TaskFileError) as caught:
        read_tasks(path)
    return str(caught.value)


def test_every_field_of_the_layout_is_read(written):
    task = one(written([FULL]))
    assert task == Task(
        id=task.id,
        question="Which towns lie on the river?",
        answers=("Arn", "Bel"),
        answer_type="set",
        aliases={"Arn": ("Arn upon Sea",)},
        evidence=(("u1", "u2"), ("u3",)),
        hops=(Hop(id="1", value="the river"), Hop(id="2", needs=("1",), urls=("u1",))),
        family="SetQuery",
        split="validation",
        difficulty={"hops": 2.0},
        meta={"source": "own", "tags": [1, None]},
    )
    assert len(task.id) == 16


def test_question_and_answers_are_enough_and_null_means_left_out(written):
    path = written([{"question": "q", "answers": "a", "evidence": None, "meta": None}])
    task = one(path)
    assert (task.answers, task.answer_type, task.split) == (("a",), "text", "test")
    assert read_tasks(path).name == "some"
    assert read_tasks(path, "train").tasks[0].split == "train"


@pytest.mark.parametrize(
    ("answers", "read"),
    [("a", ("a",)), (42, ("42",)), (1.5, ("1.5",)), (True, ("yes",)), (["a", 7], ("a", "7"))],
)
def test_answers_may_be_a_text_a_number_or_a_list(written, answers, read):
    assert one(written([{"question": "q", "answers": answers}])).answers == read


def test_a_flat_list_of_evidence_is_one_set(written):
    task = one(written([{"question": "q", "answers": "a", "evidence": ["u1", "u2"]}]))
    assert task.evidence == (("u1", "u2"),)
    assert one(written([{"question": "q", "answers": "a", "evidence": []}])).evidence == ()


@pytest.mark.parametrize(
    ("evidence", "read"),
    [
        ("https://a.example/x", (("https://a.example/x",),)),
        ('["u1", "u2"]', (("u1", "u2"),)),
        ("(['u1'], ['u2'])", (("u1",), ("u2",))),
    ],
)
def test_a_text_of_evidence_is_a_url_or_says_a_list(written, evidence, read):
    assert one(written([{"question": "q", "answers": "a", "evidence": evidence}])).evidence == read


def test_a_gzipped_file_is_read_and_named_without_its_endings(written):
    path = written(gzip.compress(json.dumps(FULL).encode()), "some.jsonl.gz")
    tasks = read_tasks(path)
    assert tasks.name == "some"
    assert tasks.tasks == read_tasks(written([FULL])).tasks


def test_a_damaged_gzip_is_refused(written):
    whole = gzip.compress(json.dumps(FULL).encode())
    for content in (whole[:-9], whole[:12] + b"\xff" + whole[13:], whole + b"x"):
        assert ": damaged gzip (" in refused(written(content, "some.jsonl.gz"))


@pytest.mark.parametrize("name", ["golden_answers", "answers"])
def test_two_rows_that_are_one_task_are_refused_with_both_lines(written, name):
    row = {"question": "q", name: ["a"]}
    path = written([row, {**row, "question": "r"}, row])
    assert refused(path) == f"{path} line 3: this is the task of {path} line 1 again ('q')."


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_what_is_no_regular_file_is_refused_without_waiting(tmp_path, make):
    make(tmp_path / "tasks.jsonl")
    assert refused(tmp_path / "tasks.jsonl").endswith("cannot be read (not a regular file).")


@pytest.mark.parametrize(
    "content",
    [
        b'\xef\xbb\xbf{"question":"q","answers":"a"}\r\n\r\n{"question":"r","answers":"b"}',
        b'\n\n[{"question":"q","answers":"a"},\n {"question":"r","answers":"b"}]\n',
        b'\xef\xbb\xbf[{"question":"q","answers":"a"},{"question":"r","answers":"b"}]',
    ],
)
def test_marks_line_ends_blank_lines_and_arrays_are_accepted(written, content):
    assert [task.question for task in read_tasks(written(content))] == ["q", "r"]


def test_a_line_separator_inside_a_text_does_not_end_the_row(written):
    rows = '{"question":"q\u2028r\u0085s","answers":"a"}\n'
    assert one(written(rows)).question == "q\u2028r\u0085s"


def test_the_flashrag_layout_is_known_by_its_first_row(written):
    rows = [{"id": "test_0", "question": "q", "golden_answers": ["a", "b"], "metadata": {"x": 1}}]
    task = one(written(rows))
    assert task.answers == ("a", "b")
    assert task.meta == {"benchmark": "flashrag", "id": "test_0", "metadata": {"x": 1}}


def test_an_id_of_ones_own_moves_to_meta_and_stays_there(written, tmp_path):
    tasks = read_tasks(written([{"id": "q1", "question": "q", "answers": "a"}]))
    assert tasks.tasks[0].meta == {"id": "q1"}
    write_tasks(tmp_path / "again.jsonl", tasks)
    assert read_tasks(tmp_path / "again.jsonl").tasks == tasks.tasks


BASE = {"question": "q", "answers": ["a"]}


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"question": "q"}, "field answers: missing."),
        ({"answers": "a"}, "field question: missing."),
        ({"question": "q", "answer": "a"}, "field answer: unknown field; did you mean 'answers'?"),
        ({**BASE, "zzz": 1}, "field zzz: unknown field; allowed: id, question, answers"),
        ({**BASE, "question": "  "}, "field question: '  ' is not a text"),
        ({**BASE, "question": 3}, "field question: 3 is not a text"),
        ({**BASE, "answers": []}, "field answers: the list is empty"),
        ({**BASE, "answers": ["a", {}]}, "field answers: {} is not an answer"),
        ({**BASE, "answers": "x" * 99 + "\n", "family": []}, "field family: [] is not a text"),
        ({**BASE, "answer_type": "txt"}, "did you mean 'text'? allowed: text, number, date"),
        ({**BASE, "answer_type": 7}, "field answer_type: 7; allowed: text"),
        ({**BASE, "answer_type": "number"}, "field answers: 'a' cannot be read, though answer_ty"),
        ({**BASE, "answer_type": "date"}, "though answer_type is 'date'"),
        ({**BASE, "answer_type": "yesno"}, "though answer_type is 'yesno'"),
        ({**BASE, "split": "dev"}, "field split: 'dev'; allowed: train, validation, test"),
        ({**BASE, "aliases": {"b": ["c"]}}, "field aliases: 'b' is none of the answers"),
        ({**BASE, "aliases": {"A": ["c"]}}, "none of the answers; did you mean 'a'?"),
        ({**BASE, "aliases": {"a": "c"}}, "field aliases: Expected 'array', got 'str'"),
        ({**BASE, "evidence": " "}, "field evidence: ' ' is neither JSON nor"),
        ({**BASE, "evidence": "[u1]"}, "field evidence: '[u1]' is neither JSON nor"),
        ({**BASE, "evidence": [["u1"], []]}, "field evidence: must be a list of urls"),
        ({**BASE, "evidence": ["u1", ["u2"]]}, "field evidence: must be a list of urls"),
        ({**BASE, "evidence": [3]}, "field evidence: Expected 'str | array', got 'int'"),
        ({**BASE, "hops": [{"value": "x"}]}, "field hops: Object missing required field 'id'"),
        ({**BASE, "hops": [{"id": "1", "vale": "x"}]}, "field vale: unknown field; did you mean"),
        ({**BASE, "hops": [{"id": "1"}, {"id": "1"}]}, "two hops have the id '1'"),
        ({**BASE, "hops": [{"id": "1", "needs": ["2"]}]}, "hop '1' needs '2', which is no hop"),
        (
            {**BASE, "hops": [{"id": "1", "needs": ["2"]}, {"id": "2", "needs": ["1"]}]},
            "field hops: hops need each other in a circle: ['1', '2', '1']",
        ),
        ({**BASE, "difficulty": {"hops": "two"}}, "field difficulty: Expected 'float', got 'str'"),
        ({**BASE, "meta": [1]}, "field meta: Expected 'object', got 'array'"),
        ({**BASE, "meta": "{'x': 1j}"}, "field meta: Encoding objects of type complex is unsupp"),
        ({**BASE, "meta": r"{'x': '\ud800'}"}, "field meta: 'utf-8' codec can't encode character"),
        ({**BASE, "id": "q1", "meta": {"id": "q2"}}, "field id: 'q1' is not the content id"),
        ([1], "item 1: 1 is not a JSON object"),
    ],
)
def test_a_wrong_field_is_named_with_its_line(written, row, problem):
    path = written("\n" + json.dumps(BASE) + "\n\n" + json.dumps(row))
    message = refused(written(json.dumps(row))) if isinstance(row, list) else refused(path)
    assert message.startswith(f"{path} item 1" if isinstance(row, list) else f"{path} line 4")
    assert problem in message


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "the file holds no row"),
        ("\r\n \n", "the file holds no row"),
        ("[]", "the file holds no row"),
        ('{"question":"q","answers":"a"}\n{"question":', " line 2: not JSON (Input data was trunc"),
        ("\n3\n", " line 2: 3 is not a JSON object"),
        ("[{}", "begins like a JSON array but is none"),
        ('{"question":"q","answers":NaN}', " line 1: not JSON"),
        ("[" * 9999, "begins like a JSON array but is none"),
        ('{"a":' * 9999, " line 1: not JSON"),
        (b'{"question":"q"}\n{"\xff', " line 2: not UTF-8"),
    ],
)
def test_a_file_that_is_no_rows_is_refused(written, content, problem):
    assert problem in refused(written(content))


def test_a_missing_file_and_an_unknown_split_are_refused(tmp_path, written):
    assert refused(tmp_path / "none.jsonl").endswith("cannot be read (No such file or directory).")
    with pytest.raises(SettingError, match="one of train, validation, test"):
        read_tasks(written([BASE]), "dev")


NAMES = st.text(st.characters(codec="utf-8"), min_size=1).filter(str.strip)


@given(
    question=NAMES,
    answers=st.lists(NAMES, min_size=1, max_size=3),
    evidence=st.lists(st.lists(NAMES, min_size=1, max_size=2), max_size=2),
    meta=st.dictionaries(NAMES, st.integers(-9, 9) | st.floats(0, 1) | NAMES, max_size=2),
)
def test_what_is_written_is_read_again(tmp_path_factory, question, answers, evidence, meta):
    path = tmp_path_factory.mktemp("round") / "deep" / "tasks.jsonl"
    urls = tuple(tuple(alternative) for alternative in evidence)
    tasks = TaskSet(
        [Task(question=question, answers=tuple(answers), evidence=urls, meta=meta)], "tasks"
    )
    write_tasks(path, tasks)
    assert read_tasks(path).tasks == tasks.tasks


def test_nothing_half_written_remains(written, tmp_path):
    path = written([BASE])
    before = path.read_bytes()

    def broken():
        yield Task(question="q", answers=("a",))
        raise RuntimeError("the source broke")

    with pytest.raises(RuntimeError, match="the source broke"):
        write_tasks(path, broken())
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def pages(*urls):
    return MemoryCorpus([Page(url=url, title=url, text="x") for url in urls], name="small")


def questions(*evidence):
    return TaskSet(
        [Task(question=f"q{n}", answers=("a",), evidence=urls) for n, urls in enumerate(evidence)],
        "asked",
    )


def test_evidence_is_there_if_one_alternative_is_whole():
    tasks = questions((), (("u1",),), (("u9",), ("u1", "u2")))
    check_evidence(tasks, pages("u1", "u2"))


def test_missing_evidence_is_counted_and_the_first_questions_named():
    missing = (("u1", "u9"), ("u8",))
    with pytest.raises(TaskFileError) as caught:
        check_evidence(questions((("u1",),), missing), pages("u1"))
    assert str(caught.value) == (
        "asked: the evidence of 1 of 2 questions is not in the corpus 'small' (1 pages): "
        "'q1' needs 'u9'."
    )
    with pytest.raises(TaskFileError, match=r"5 of 5 .* 'q2' needs 'u9'; and 2 more\.$"):
        check_evidence(questions(*[missing] * 5), pages("u1"))
