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


def router_of(scenario: Scenario, name: str, limits: Limits, work: Work) -> APIRouter:
    """The routes /list_environments and /{env_name}/splits, tasks, num_tasks, task, task_range."""
    router = APIRouter(tags=["tasks"])

    def check(env_name: str) -> None:
        if env_name.lower() != name.lower():
            raise unknown_name("environment", env_name, [name], "on this server")

    async def wanted(env_name: str, request: Request) -> tuple[str, Wanted, Sequence[Task]]:
        check(env_name)
        asked = form_of((await body_of(request)).fields, Wanted)
        return asked.split, asked, await work.run(scenario.tasks.of_split, asked.split)

    @router.get("/list_environments", response_model=None)
    async def list_environments() -> Response:
        """The environment that this server has."""
        return answer([name])

    @router.get("/{env_name}/splits", response_model=None)
    async def splits(env_name: str) -> Response:
        """The splits that have tasks."""
        check(env_name)
        held = await work.run(splits_of, scenario)
        return answer([{"name": split, "type": split} for split in held])

    @router.post("/{env_name}/num_tasks", response_model=None)
    async def num_tasks(env_name: str, request: Request) -> Response:
        """How many tasks a split has."""
        _, _, tasks = await wanted(env_name, request)
        return answer({"num_tasks": len(tasks)})

    @router.post("/{env_name}/tasks", response_model=None)
    async def tasks_of(env_name: str, request: Request) -> Response:
        """All tasks of a split."""
        split, _, tasks = await wanted(env_name, request)
        rows = await work.run(_rows, tasks, split, (0, len(tasks)), limits.tasks)
        return answer({"tasks": rows, "env_name": name})

    @router.post("/{env_name}/task_range", response_model=None)
    async def task_range(env_name: str, request: Request) -> Response:
        """Some tasks of a split, in order."""
        split, asked, tasks = await wanted(env_name, request)
        stop = len(tasks) if asked.stop is None else min(asked.stop, len(tasks))
        rows = await work.run(_rows, tasks, split, (asked.start or 0, stop), limits.tasks)
        return answer({"tasks": rows})

    @router.post("/{env_name}/task", response_model=None)
    async def task(env_name: str, request: Request) -> Response:
        """One task of a split."""
        split, asked, tasks = await wanted(env_name, request)
        index = asked.index
        if index is None or index >= len(tasks):
            raise bad_setting("index", index, f"0 to {len(tasks) - 1} in the split {split!r}")
        row = await work.run(_rows, tasks, split, (index, index + 1), limits.tasks)
        return answer({"task": row[0]})

    return router


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
