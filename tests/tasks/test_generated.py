"""Endless tasks: each item a pure function of its address, found again by its id."""

import msgspec
import pytest

from webenvs.errors import SettingError, UnknownNameError
from webenvs.records import Task
from webenvs.tasks.generated import Generated
from webenvs.tasks.taskset import TaskSource, identified


def numbered(split, index):
    return Task(question=f"Which number follows {index}?", answers=(str(index + 1),), split=split)


@pytest.fixture
def source():
    return Generated(numbered, "numbers", "key", 50)


def test_it_is_a_source_of_tasks(source):
    assert isinstance(source, TaskSource)
    assert source.size == "endless tasks, drawn from the first 50 of each split"


def test_an_item_says_in_its_id_where_it_stands_and_is_found_by_it(source):
    task = source.item("test", 7)
    assert task.id.endswith("@test:7")
    assert Generated(numbered, "numbers", "key", 1).get(task.id) == task


def test_items_go_on_beyond_those_that_are_drawn_from(source):
    assert source.item("train", 10**9).answers == ("1000000001",)


def test_an_id_whose_hash_is_not_that_of_the_item_is_unknown(source):
    right = source.item("train", 3).id
    with pytest.raises(UnknownNameError, match=right):
        source.get("0" * 16 + "@train:3")


@pytest.mark.parametrize(
    "name", ["", "abc", "abc@train", "abc@train:x", "abc@nowhere:1", "a@test:-1"]
)
def test_a_name_that_is_no_id_raises_and_shows_what_an_id_looks_like(source, name):
    with pytest.raises(UnknownNameError, match="@train:0"):
        source.get(name)


def test_a_draw_depends_on_seed_and_split_alone_and_stays_among_the_first_items(source):
    drawn = [source.draw(seed, "train") for seed in range(200)]
    assert drawn == [source.draw(seed, "train") for seed in range(200)]
    assert {int(task.id.rpartition(":")[2]) for task in drawn} <= set(range(50))
    assert len({task.id for task in drawn}) > 40


def test_the_first_items_of_a_split_are_a_sequence(source):
    shelf = source.of_split("validation")
    assert len(shelf) == 50
    assert shelf[49] == source.item("validation", 49)
    assert shelf[-1] == shelf[49]
    assert list(shelf)[:3] == list(shelf[:3])
    with pytest.raises(IndexError):
        shelf[50]


def test_an_unknown_split_raises(source):
    with pytest.raises(SettingError, match="train, validation, test"):
        source.of_split("dev")


@pytest.mark.parametrize("items", [0, -1])
def test_a_source_of_no_items_raises(items):
    with pytest.raises(SettingError, match="items"):
        Generated(numbered, "numbers", "key", items)


def test_a_negative_index_raises(source):
    with pytest.raises(SettingError, match="index"):
        source.item("train", -1)


def test_the_hash_in_an_id_does_not_depend_on_the_address():
    task = numbered("train", 1)
    assert identified(task, "train:1").id == f"{identified(task).id}@train:1"
    assert identified(identified(task, "train:1")).id == identified(task, "train:1").id


def test_the_id_of_a_task_does_not_depend_on_where_its_texts_come_from():
    read = msgspec.json.decode(b'{"question": "q", "answers": ["a"], "split": "test"}', type=Task)
    assert identified(read).id == identified(Task(question="q", answers=("a",), split="test")).id
    assert msgspec.json.encode(identified(read)) == msgspec.json.encode(
        identified(Task(question="q", answers=("a",)))
    )
