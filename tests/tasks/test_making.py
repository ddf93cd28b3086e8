"""Making many tasks: the same file whatever the workers, resumable, twins dropped."""

import pytest

from webenvs.errors import SettingError
from webenvs.records import Task
from webenvs.tasks.files import read_tasks
from webenvs.tasks.generated import Generated
from webenvs.tasks.making import CHUNK, make_tasks, with_twins

made = []


def numbered(split, index):
    made.append(index)
    return Task(question=f"Which number follows {index}?", answers=(str(index + 1),), split=split)


def doubled(split, index):
    return Task(question=f"What is {index // 2}?", answers=("x",), split=split)


def few(split, index):
    return Task(question=f"What is {index % 7}?", answers=("x",), split=split)


def source(make, key="key"):
    return Generated(make, "numbers", key, 10)


@pytest.fixture(autouse=True)
def fresh():
    made.clear()


def test_the_first_n_tasks_of_a_split_are_written(tmp_path):
    out = tmp_path / "tasks.jsonl"
    told = make_tasks((source, (numbered,)), out, split="validation", n=30)
    tasks = read_tasks(out).tasks
    assert [task.id for task in tasks] == [
        source(numbered).item("validation", index).id for index in range(30)
    ]
    assert (told.tasks, told.twins) == (30, 0)


def test_nothing_is_left_beside_the_file(tmp_path):
    make_tasks((source, (numbered,)), tmp_path / "tasks.jsonl", n=3)
    assert [path.name for path in tmp_path.iterdir()] == ["tasks.jsonl"]


def test_two_processes_write_the_same_bytes_as_one(tmp_path):
    for workers in (1, 2):
        make_tasks((source, (numbered,)), tmp_path / str(workers), n=60, workers=workers)
    assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes()


def test_tasks_whose_question_came_before_are_dropped_and_made_up_for(tmp_path):
    out = tmp_path / "tasks.jsonl"
    told = make_tasks((source, (doubled,)), out, n=40)
    assert len({task.question for task in read_tasks(out)}) == 40
    assert told.twins >= 40


def test_a_source_with_too_few_questions_raises_and_says_how_many_it_has(tmp_path):
    with pytest.raises(SettingError, match="only 7 different questions"):
        make_tasks((source, (few,)), tmp_path / "tasks.jsonl", n=50)
    assert not (tmp_path / "tasks.jsonl").exists()


def stopping(split, index):
    if index == 2 * CHUNK + 1 and not stopped:
        stopped.append(index)
        raise KeyboardInterrupt
    return numbered(split, index)


stopped = []


def test_a_stopped_run_goes_on_where_it_was(tmp_path):
    stopped.clear()
    out = tmp_path / "tasks.jsonl"
    with pytest.raises(KeyboardInterrupt):
        make_tasks((source, (stopping,)), out, n=4 * CHUNK)
    assert not out.exists()
    made.clear()
    make_tasks((source, (stopping,)), out, n=4 * CHUNK)
    assert min(made) == 2 * CHUNK
    assert len(read_tasks(out)) == 4 * CHUNK


def test_other_settings_start_clean(tmp_path):
    stopped.clear()
    out = tmp_path / "tasks.jsonl"
    with pytest.raises(KeyboardInterrupt):
        make_tasks((source, (stopping, "one")), out, n=4 * CHUNK)
    made.clear()
    make_tasks((source, (stopping, "other")), out, n=4 * CHUNK)
    assert min(made) == 0


def test_a_half_written_plan_counts_as_none(tmp_path):
    parts = tmp_path / ".tasks.jsonl.parts"
    parts.mkdir()
    (parts / "plan.json").write_text('{"source"')
    (parts / "000000.jsonl").write_text("rubbish")
    make_tasks((source, (numbered,)), tmp_path / "tasks.jsonl", n=3)
    assert len(read_tasks(tmp_path / "tasks.jsonl")) == 3


def test_progress_adds_up_to_the_items_made(tmp_path):
    steps = []
    make_tasks((source, (numbered,)), tmp_path / "tasks.jsonl", n=60, progress=steps.append)
    assert sum(steps) == 3 * CHUNK


@pytest.mark.parametrize("n", [0, -5])
def test_no_task_is_refused(tmp_path, n):
    with pytest.raises(SettingError, match="n ="):
        make_tasks((source, (numbered,)), tmp_path / "tasks.jsonl", n=n)


def reworded(split, index):
    meta = {"shape": str(index // 2)}
    return Task(question=f"What is {index}?", answers=("x",), split=split, meta=meta)


def test_a_query_in_other_words_is_a_twin(tmp_path):
    told = make_tasks((source, (reworded,)), tmp_path / "tasks.jsonl", n=20)
    shapes = [task.meta["shape"] for task in read_tasks(tmp_path / "tasks.jsonl")]
    assert len(set(shapes)) == 20
    assert told.twins >= 20


def test_twins_in_a_file_break_v16():
    tasks = [
        Task(id=str(n), question=f"q{n}", answers=("x",), meta={"shape": "s"}) for n in range(2)
    ]
    found = with_twins(tasks, [None, None])
    assert found[0] is None
    assert found[1].rule == "V16"
