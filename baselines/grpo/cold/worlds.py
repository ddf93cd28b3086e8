"""The worlds of a run: which questions there are to train on and to be judged by, and where."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from baselines.grpo.cold.sheets import chain_tasks, sheet_world
from baselines.grpo.config import SHEETS, Config
from baselines.grpo.records import Query
from webenvs import catalog, seeding
from webenvs.corpora.world.graph import World
from webenvs.envs.scenario import Scenario
from webenvs.errors import unknown_name
from webenvs.records import Task
from webenvs.tasks.taskset import TaskSet

SHEET_SETTINGS: Mapping[str, Any] = {"top_k": 1, "search": {"title_weight": 3}}
"""What worlds of sheets set beside the defaults of the environment: one hit, found by its title."""
SPLITS = ("train", "heldout")

_HELDOUT = 1_000_000
"""The seed of the first held-out world of sheets; training never comes so far."""


class Worlds:
    """The scenarios and questions of a configuration, made when first asked for.

    Worlds of sheets differ from split to split. Of any other corpus there is one, and its held-out
    questions are those of its tasks' split "test".
    """

    def __init__(self, config: Config) -> None:
        self.config = config
        self._made: dict[tuple[str, str], Scenario] = {}

    def names(self, split: str) -> tuple[str, ...]:
        """The worlds of a split ("train" or "heldout"); raises UnknownNameError for others."""
        if split not in SPLITS:
            raise unknown_name("split", split, SPLITS)
        if self.config.worlds != SHEETS:
            return (self.config.worlds,)
        if split == "train":
            return tuple(f"{SHEETS}-{n}" for n in range(self.config.train_worlds))
        return tuple(f"{SHEETS}-{_HELDOUT + n}" for n in range(self.config.heldout_worlds))

    def queries(self, split: str, noise: str = "none") -> tuple[Query, ...]:
        """The questions of a split, world by world."""
        return tuple(
            Query(
                world=name,
                task=task.id,
                seed=seeding.integer(2**31, self.config.seed, split, name, task.id),
                hops=int(task.meta.get("hops", len(task.hops))),
                noise=noise,
            )
            for name in self.names(split)
            for task in self._asked(name, split)
        )

    def scenario(self, world: str, noise: str = "none") -> Scenario:
        """The game of the configuration in a world, under noise; always the same object."""
        key = (world, noise)
        if key not in self._made:
            config = self.config
            own: dict[str, Any] = {"corpus": world}
            if _is_sheet(world):
                own = {"corpus": _sheets(world), "tasks": self._tasks(world), **SHEET_SETTINGS}
            self._made[key] = catalog.scenario(
                config.env,
                **own
                | {
                    "game": config.game,
                    "codec": config.codec,
                    "reward": config.reward,
                    "noise": noise,
                    **config.settings,
                },
            )
        return self._made[key]

    def task(self, query: Query) -> Task:
        """The task of a question, answers included."""
        if _is_sheet(query.world):
            return self._tasks(query.world).get(query.task)
        return self.scenario(query.world).tasks.get(query.task)

    def _asked(self, world: str, split: str) -> tuple[Task, ...]:
        if _is_sheet(world):
            return self._tasks(world).tasks
        source = self.scenario(world).tasks
        found = source.of_split("train" if split == "train" else "test")
        return tuple(found[place] for place in range(min(len(found), self.config.tasks_per_world)))

    def _tasks(self, name: str) -> TaskSet:
        return _tasks(name, self.config.hops, self.config.tasks_per_world)


def _is_sheet(world: str) -> bool:
    return world.startswith(f"{SHEETS}-")


def _sheets(name: str) -> World:
    return sheet_world(int(name.rpartition("-")[2]))


@lru_cache(maxsize=512)
def _tasks(name: str, hops: tuple[int, int], count: int) -> TaskSet:
    return chain_tasks(_sheets(name), hops, count)
