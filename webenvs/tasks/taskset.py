"""Where tasks come from: the contract, and the ordered, immutable list that fulfils it."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol, get_args, runtime_checkable

import msgspec

from webenvs import seeding
from webenvs.errors import TaskFileError, bad_choice, bad_setting, unknown_name
from webenvs.records import Split, Task

_HASH = 16
"""Hexadecimal digits of a content id."""


@runtime_checkable
class TaskSource(Protocol):
    """What every source of tasks offers: tasks by id, by split and by a keyed draw."""

    @property
    def name(self) -> str:
        """A short name for people."""
        ...

    @property
    def digest(self) -> str:
        """What tells it from other sources."""
        ...

    @property
    def size(self) -> str:
        """How many tasks it has, in words for people."""
        ...

    def get(self, task_id: str) -> Task:
        """The task of that id; raises UnknownNameError."""
        ...

    def of_split(self, split: str) -> Sequence[Task]:
        """The tasks of a split, in order; raises SettingError if the split is empty or unknown."""
        ...

    def draw(self, seed: int, split: str) -> Task:
        """The task of an episode: a pure function of (seed, split)."""
        ...


class TaskSet:
    """Tasks in a fixed order, found by id, drawn by (seed, split)."""

    def __init__(self, tasks: Iterable[Task], name: str) -> None:
        """Give every task its content id; raises TaskFileError if there is no task."""
        self.name = name
        self.tasks: tuple[Task, ...] = tuple(identified(task) for task in tasks)
        if not self.tasks:
            raise TaskFileError(f"The task set {name!r} holds no task.")
        self._by_id = {task.id: task for task in self.tasks}
        self._by_split: dict[str, tuple[Task, ...]] = {
            split: tuple(task for task in self.tasks if task.split == split)
            for split in get_args(Split)
        }
        self.digest = seeding.digest([task.id for task in self.tasks])

    def __len__(self) -> int:
        return len(self.tasks)

    def __iter__(self) -> Iterator[Task]:
        return iter(self.tasks)

    @property
    def size(self) -> str:
        """How many tasks it has."""
        return f"{len(self)} tasks"

    def get(self, task_id: str) -> Task:
        """The task of that id; raises UnknownNameError."""
        if task_id not in self._by_id:
            raise unknown_name("task", task_id, self._by_id, f"in {self.name!r}")
        return self._by_id[task_id]

    def of_split(self, split: str) -> tuple[Task, ...]:
        """The tasks of a split, in order; raises SettingError if the split is empty or unknown."""
        if not self._by_split[checked_split(split)]:
            held = ", ".join(f"{name} {len(tasks)}" for name, tasks in self._by_split.items())
            raise bad_setting("split", split, f"a split of {self.name!r} that has tasks ({held})")
        return self._by_split[split]

    def draw(self, seed: int, split: str) -> Task:
        """The task of an episode: a pure function of (seed, split), uniform over the split."""
        return seeding.choice(self.of_split(split), seed, split, "task")


def checked_split(split: str) -> str:
    """`split` itself; raises SettingError if there is no such split."""
    if split not in get_args(Split):
        raise bad_choice("split", split, get_args(Split))
    return split


def identified(task: Task, address: str = "") -> Task:
    """`task` with its id: 16 hexadecimal digits of a hash over all other fields.

    A generated task has its `address` behind the hash ("0a1b...@train:17"), from which it can be
    made again; an address that the id has already is kept.
    """
    address = address or task.id.partition("@")[2]
    # Defaults are left out of the JSON by identity, so the texts that have one must be interned.
    names = {name: sys.intern(getattr(task, name)) for name in ("answer_type", "family", "split")}
    told = msgspec.structs.replace(task, id="", **names)
    content = seeding.digest(told)[:_HASH]
    return msgspec.structs.replace(told, id=f"{content}@{address}" if address else content)
