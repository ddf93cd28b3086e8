"""The worlds of a run: which questions there are to train on and to be judged by, and where."""

from functools import lru_cache

from baselines.grpo.cold.sheets import chain_tasks, sheet_world
from baselines.grpo.config import Config
from baselines.grpo.records import Query
from webenvs import catalog, seeding
from webenvs.corpora.world.graph import World
from webenvs.envs.scenario import Scenario
from webenvs.errors import unknown_name
from webenvs.records import Task
from webenvs.tasks.taskset import TaskSet

_FIRST = {"train": 0, "heldout": 1_000_000}
"""Where the seeds of a split's worlds begin; the splits never meet."""


class Worlds:
    """The scenarios and questions of a configuration, made when first asked for."""

    def __init__(self, config: Config) -> None:
        self.config = config
        counts = {"train": config.train_worlds, "heldout": config.heldout_worlds}
        self.names = {
            split: tuple(f"sheets-{_FIRST[split] + n}" for n in range(count))
            for split, count in counts.items()
        }
        self._made: dict[tuple[str, str], Scenario] = {}

    def queries(self, split: str, noise: str = "none") -> tuple[Query, ...]:
        """The questions of a split ("train" or "heldout"), world by world; raises for others."""
        if split not in self.names:
            raise unknown_name("split", split, self.names)
        return tuple(
            Query(
                world=name,
                task=task.id,
                seed=seeding.integer(2**31, self.config.seed, split, name, task.id),
                hops=int(task.meta["hops"]),
                noise=noise,
            )
            for name in self.names[split]
            for task in self._tasks(name)
        )

    def scenario(self, world: str, noise: str = "none") -> Scenario:
        """The game of the configuration in a world, under noise."""
        key = (world, noise)
        if key not in self._made:
            config = self.config
            self._made[key] = catalog.scenario(
                config.env,
                corpus=self._world(world),
                tasks=self._tasks(world),
                game=config.game,
                codec=config.codec,
                reward=config.reward,
                noise=noise,
                **config.settings,
            )
        return self._made[key]

    def task(self, query: Query) -> Task:
        """The task of a question, answers included."""
        return self._tasks(query.world).get(query.task)

    def texts(self, split: str = "train") -> tuple[str, ...]:
        """All that the worlds of a split say, for the training of a tokenizer."""
        found = []
        for name in self.names[split]:
            corpus = self._world(name).corpus
            pages = (corpus.page(place) for place in range(len(corpus)))
            found += [f"{page.title}\n{page.text}" for page in pages]
            found += [task.question for task in self._tasks(name)]
        return tuple(found)

    def _world(self, name: str) -> World:
        return sheet_world(int(name.rpartition("-")[2]))

    def _tasks(self, name: str) -> TaskSet:
        return _tasks(name, self.config.hops, self.config.tasks_per_world)


@lru_cache(maxsize=512)
def _tasks(name: str, hops: tuple[int, int], count: int) -> TaskSet:
    return chain_tasks(sheet_world(int(name.rpartition("-")[2])), hops, count)
