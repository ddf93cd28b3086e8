"""OpenEnv's task routes: what there is to play, and nothing of the answers."""

from collections.abc import Sequence
from typing import Any, get_args

import msgspec
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from webenvs.envs.scenario import Scenario
from webenvs.errors import SettingError, bad_setting, unknown_name
from webenvs.records import Split, Task
from webenvs.serve.bodies import answer, body_of, form_of
from webenvs.serve.limits import Limits
from webenvs.serve.place import Place
from webenvs.serve.work import Work


class Wanted(msgspec.Struct, kw_only=True):
    """Tasks of a split: number `index`, or those from `start` to before `stop`."""

    split: str
    index: Place | None = None
    start: Place | None = None
    stop: Place | None = None


class TaskRoutes:
    """What answers /list_environments and /{env_name}/splits, tasks, num_tasks, task, task_range.

    The routes of an environment take any name in their path; only that of the server is served.
    """

    def __init__(self, scenario: Scenario, name: str, limits: Limits, work: Work) -> None:
        """`name` is the id of the environment."""
        self._scenario, self._name, self._limits, self._work = scenario, name, limits, work

    def router(self) -> APIRouter:
        """The six routes."""
        router = APIRouter(tags=["tasks"])
        router.get("/list_environments", response_model=None)(self.list_environments)
        router.get("/{env_name}/splits", response_model=None)(self.splits)
        for route in (self.num_tasks, self.tasks, self.task_range, self.task):
            router.post(f"/{{env_name}}/{route.__name__}", response_model=None)(route)
        return router

    async def list_environments(self) -> Response:
        """The environment that this server has."""
        return answer([self._name])

    async def splits(self, env_name: str) -> Response:
        """The splits that have tasks."""
        self._check(env_name)
        held = await self._work.run(splits_of, self._scenario)
        return answer([{"name": split, "type": split} for split in held])

    async def num_tasks(self, env_name: str, request: Request) -> Response:
        """How many tasks a split has."""
        _, tasks = await self._wanted(env_name, request)
        return answer({"num_tasks": len(tasks)})

    async def tasks(self, env_name: str, request: Request) -> Response:
        """All tasks of a split."""
        asked, tasks = await self._wanted(env_name, request)
        rows = await self._rows(tasks, asked.split, (0, len(tasks)))
        return answer({"tasks": rows, "env_name": self._name})

    async def task_range(self, env_name: str, request: Request) -> Response:
        """Some tasks of a split, in order."""
        asked, tasks = await self._wanted(env_name, request)
        stop = len(tasks) if asked.stop is None else min(asked.stop, len(tasks))
        return answer({"tasks": await self._rows(tasks, asked.split, (asked.start or 0, stop))})

    async def task(self, env_name: str, request: Request) -> Response:
        """One task of a split."""
        asked, tasks = await self._wanted(env_name, request)
        split, index = asked.split, asked.index
        if index is None or index >= len(tasks):
            raise bad_setting("index", index, f"0 to {len(tasks) - 1} in the split {split!r}")
        return answer({"task": (await self._rows(tasks, split, (index, index + 1)))[0]})

    def _check(self, env_name: str) -> None:
        if env_name.lower() != self._name.lower():
            raise unknown_name("environment", env_name, [self._name], "on this server")

    async def _wanted(self, env_name: str, request: Request) -> tuple[Wanted, Sequence[Task]]:
        """What is asked for, and all tasks of that split."""
        self._check(env_name)
        asked = form_of((await body_of(request)).fields, Wanted)
        return asked, await self._work.run(self._scenario.tasks.of_split, asked.split)

    async def _rows(
        self, tasks: Sequence[Task], split: str, span: tuple[int, int]
    ) -> list[dict[str, Any]]:
        return await self._work.run(_rows, tasks, split, span, self._limits.tasks)


def splits_of(scenario: Scenario) -> list[str]:
    """The splits that are not empty, in their usual order."""
    held = []
    for split in get_args(Split):
        try:
            scenario.tasks.of_split(split)
        except SettingError:
            continue
        held.append(split)
    return held


def _rows(
    tasks: Sequence[Task], split: str, span: tuple[int, int], most: int
) -> list[dict[str, Any]]:
    """What `reset` takes for each task, and its question; raises SettingError for too many."""
    first, stop = span
    if stop - first > most:
        fact = f"{stop - first} are too many; ask for a task_range of at most {most}"
        raise SettingError(f"tasks: {fact}.")
    return [
        {
            "task_id": tasks[index].id,
            "split": split,
            "index": index,
            "question": tasks[index].question,
        }
        for index in range(first, stop)
    ]
