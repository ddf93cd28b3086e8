"""The task set contract: an ordered, immutable list of tasks with ids, splits and a keyed draw."""

from collections.abc import Iterable, Iterator
from typing import get_args

import msgspec

from webenvs import seeding
from webenvs.errors import TaskFileError, bad_setting, unknown_name
from webenvs.records import Split, Task


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

    def get(self, task_id: str) -> Task:
        """The task of that id; raises UnknownNameError."""
        if task_id not in self._by_id:
            raise unknown_name("task", task_id, self._by_id, f"in {self.name!r}")
        return self._by_id[task_id]

    def of_split(self, split: str) -> tuple[Task, ...]:
        """The tasks of a split, in order; raises SettingError if the split is empty or unknown."""
        if split not in self._by_split:
            raise bad_setting("split", split, "one of " + ", ".join(self._by_split))
        if not self._by_split[split]:
            held = ", ".join(f"{name} {len(tasks)}" for name, tasks in self._by_split.items())
            raise bad_setting("split", split, f"a split of {self.name!r} that has tasks ({held})")
        return self._by_split[split]

    def draw(self, seed: int, split: str) -> Task:
        """The task of an episode: a pure function of (seed, split), uniform over the split."""
        return seeding.choice(self.of_split(split), seed, split, "task")


def identified(task: Task) -> Task:
    """`task` with its content hash as id: 16 hexadecimal digits over all other fields."""
    content = msgspec.structs.replace(task, id="")
    return msgspec.structs.replace(task, id=seeding.digest(content)[:16])
