"""Endless tasks: item (split, index) is made when it is asked for, a pure function of both."""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import overload

from webenvs import seeding
from webenvs.errors import bad_setting, unknown_name
from webenvs.records import Split, Task
from webenvs.tasks.taskset import checked_split, identified

Make = Callable[[Split, int], Task]
_CACHED = 20_000


class Generated:
    """The tasks of one family over one corpus.

    `make(split, index)` returns the task of that address for every index from 0 on; `items` is how
    many of each split episodes are drawn from and `of_split` shows. `key` tells the source from
    others.
    """

    def __init__(self, make: Make, name: str, key: object, items: int) -> None:
        """Raises SettingError for fewer items than one."""
        if items < 1:
            raise bad_setting("items", items, "at least 1")
        self.name = name
        self.items = items
        self.digest = seeding.digest(key)
        self._make = make
        self._made = lru_cache(maxsize=_CACHED)(self._identified)

    @property
    def size(self) -> str:
        """How many tasks it has."""
        return f"endless tasks, drawn from the first {self.items:,} of each split"

    def item(self, split: str, index: int) -> Task:
        """Task `index` of a split; raises SettingError for an unknown split or a negative index."""
        checked_split(split)
        if index < 0:
            raise bad_setting("index", index, "at least 0")
        return self._made(split, index)

    def get(self, task_id: str) -> Task:
        """The task of an id such as 0a1b2c3d4e5f6071@train:17; raises UnknownNameError."""
        split, _, index = task_id.partition("@")[2].partition(":")
        try:
            task = self.item(split, int(index))
        except ValueError:
            raise unknown_name("task", task_id, self._examples(), f"in {self.name!r}") from None
        if task.id != task_id:
            raise unknown_name("task", task_id, [task.id], f"in {self.name!r}")
        return task

    def of_split(self, split: str) -> "Shelf":
        """The first `items` tasks of a split."""
        return Shelf(self, checked_split(split))

    def draw(self, seed: int, split: str) -> Task:
        """The task of an episode: a pure function of (seed, split)."""
        return self.item(split, seeding.integer(self.items, seed, split, "item"))

    def _identified(self, split: Split, index: int) -> Task:
        return identified(self._make(split, index), f"{split}:{index}")

    def _examples(self) -> list[str]:
        return [self.item("train", 0).id]


class Shelf(Sequence[Task]):
    """The first items of one split, each made when it is read."""

    def __init__(self, source: Generated, split: str) -> None:
        self._source = source
        self._split = split

    def __len__(self) -> int:
        return self._source.items

    @overload
    def __getitem__(self, place: int) -> Task: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Task]: ...
    def __getitem__(self, place: int | slice) -> Task | Sequence[Task]:
        """The task at a place, or the tasks of a slice."""
        places = range(len(self))[place]
        if isinstance(places, int):
            return self._source.item(self._split, places)
        return [self._source.item(self._split, one) for one in places]

    def __iter__(self) -> Iterator[Task]:
        return (self._source.item(self._split, place) for place in range(len(self)))
