"""OpenEnv 0.10: any id as an Environment, its app, and a client of that and of `webenvs serve`.

    from wrappers.to_openenv import WebAction, WebClient, app_of
    app = app_of("MultiHop-v0", sessions=16)          # uvicorn MODULE:app
    with WebClient(base_url="http://127.0.0.1:8000").sync() as env:
        seen = env.reset(split="train", index=3)
        seen = env.step(WebAction(tool="search", arguments={"query": "river"}))

A reward is what a step brought; they add up to the episode's. `WebEnvironment` needs no server.
"""

from functools import partial
from typing import Any

import webenvs
from webenvs.trainers import trainer

__all__ = ["WebAction", "WebClient", "WebEnvironment", "WebObservation", "WebState", "app_of"]

try:
    trainer("openenv", ("0.10", "0.11"), "webenvs[openenv]")
    from openenv.core.client_types import StepResult
    from openenv.core.env_client import EnvClient
    from openenv.core.env_server.http_server import create_app
    from openenv.core.env_server.interfaces import Environment
    from openenv.core.env_server.types import Action, Observation, State
    from pydantic import Field

    from webenvs.serve import openenv_forms as wire
    from webenvs.serve.episodes import Kept
    from webenvs.serve.openenv_tasks import splits_of
except ImportError as error:
    MISSING = error

    def __getattr__(name: str) -> Any:
        """Raise ImportError for what needs OpenEnv."""
        raise MISSING if name in __all__ else AttributeError(name)

else:

    class WebAction(Action):
        """A call (`tool`, `arguments`), several `calls`, or a text (`message`), of `player`."""

        tool: str | None = None
        arguments: dict[str, Any] = Field(default_factory=dict)
        calls: list[dict[str, Any]] | None = None
        message: str | None = None
        player: str | None = None

    class WebObservation(Observation):
        """What `player` sees now; see `Observation` of `webenvs.serve.openenv_forms`."""

        text: str
        tools: list[dict[str, Any]]
        messages: list[dict[str, Any]]
        statuses: list[str]
        errors: list[str]
        end: str | None
        valid: bool
        player: str
        to_act: list[str]
        waiting: bool

    class WebState(State):
        """An episode from outside; `step_count` counts its messages."""

        task_id: str | None = None
        over: bool = False

    class WebEnvironment(Environment[WebAction, WebObservation, WebState]):
        """One session's environment; the web behind it is shared.

        Without a seed its n-th episode, counted from 0, has seed n, as on a socket of our server.
        """

        SUPPORTS_CONCURRENT_SESSIONS = True

        def __init__(self, env: str, **settings: Any) -> None:
            """`settings` are what `webenvs.tool_env` takes."""
            super().__init__()
            self._kept, self._resets = Kept("", webenvs.tool_env(env, **settings)), 0

        def reset(self, seed: int | None = None, episode_id: str | None = None, **row: Any) -> Any:
            """Begin an episode; `row` is a task: `task_id`, or `split` and `index`."""
            self._kept.env.reset(seed=self._resets if seed is None else seed, **row)
            self._resets += 1
            self._kept.label, self._kept.steps = episode_id or "", 0
            return _seen(wire.begun(self._kept.env))

        def step(self, action: WebAction, timeout_s: float | None = None, **_: Any) -> Any:
            """Play a message; nothing that a model writes raises."""
            said = wire.action_of(action.model_dump(exclude={"metadata"}, exclude_none=True))
            seen = _seen(wire.stepped(self._kept.env, said))
            self._kept.steps += 1
            return seen

        @property
        def state(self) -> WebState:
            """Where the episode stands."""
            return WebState(**wire.state_of(self._kept))

        def list_splits(self) -> list[str]:
            """The splits that have tasks."""
            return splits_of(self._kept.env.scenario)

        def num_tasks(self, split: str) -> int:
            """How many tasks a split has."""
            return len(self._kept.env.scenario.tasks.of_split(split))

        def list_tasks(self, split: str) -> list[dict[str, Any]]:
            """All tasks of a split: what `reset` takes, and the question."""
            return self.get_task_range(split)

        def get_task(self, split: str, index: int) -> dict[str, Any]:
            """One task; raises IndexError for a number that there is none of."""
            return self.get_task_range(split, index, index + 1)[0]

        def get_task_range(
            self, split: str, start: int | None = None, stop: int | None = None
        ) -> list[dict[str, Any]]:
            """The tasks from `start` to before `stop`."""
            tasks = self._kept.env.scenario.tasks.of_split(split)
            return [
                {"task_id": tasks[i].id, "split": split, "index": i, "question": tasks[i].question}
                for i in range(*slice(start, stop).indices(len(tasks)))
            ]

    class WebClient(EnvClient[WebAction, WebObservation, WebState]):
        """A typed session with a server of `app_of` or with `webenvs serve`."""

        def _step_payload(self, action: WebAction) -> Any:
            return action.model_dump(exclude={"metadata"}, exclude_none=True)

        def _parse_result(self, payload: dict[str, Any]) -> Any:
            return StepResult(_seen(payload), payload["reward"], payload["done"])

        def _parse_state(self, payload: dict[str, Any]) -> WebState:
            return WebState(**payload)

    def app_of(env: str = "MultiHop-v0", *, sessions: int = 16, **settings: Any) -> Any:
        """OpenEnv's own server of an id, for at most so many sessions at a time."""
        make = partial(WebEnvironment, env, **settings)
        make()  # what is wrong with the settings is said here
        return create_app(make, WebAction, WebObservation, env, sessions, state_cls=WebState)

    def _seen(answer: dict[str, Any]) -> WebObservation:
        """An answer of the wire as an observation."""
        return WebObservation(**answer["observation"], **{k: answer[k] for k in ("reward", "done")})
