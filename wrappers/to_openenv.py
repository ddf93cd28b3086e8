"""OpenEnv 0.10: any id as an Environment, its app, and a client of that and of `webenvs serve`.

    from wrappers.to_openenv import WebAction, WebClient, app_of
    app = app_of("MultiHop-v0", sessions=16)          # uvicorn MODULE:app
    with WebClient(base_url="http://127.0.0.1:8000").sync() as env:
        seen = env.reset(split="train", index=3)
        seen = env.step(WebAction(tool="search", arguments={"query": "river"}))

Rewards are what a step brought; their sum is the episode's. `WebEnvironment` is the same without a
server. With `game="team"` all seats are the client's, and `to_act` says whose message is due.
"""

from functools import partial
from importlib import metadata
from typing import Any, get_args

import webenvs
from webenvs.envs.tool_env import Outcome
from webenvs.errors import SettingError
from webenvs.records import Split, Task

__all__ = ["WebAction", "WebClient", "WebEnvironment", "WebObservation", "WebState", "app_of"]

try:
    FOUND = metadata.version("openenv")
    if not FOUND.startswith("0.10."):
        raise ImportError
    from openenv.core.client_types import StepResult
    from openenv.core.env_client import EnvClient
    from openenv.core.env_server.http_server import create_app
    from openenv.core.env_server.interfaces import Environment
    from openenv.core.env_server.types import Action, Observation, State
    from pydantic import model_validator
except ImportError as missing:
    FOUND = "none" if isinstance(missing, metadata.PackageNotFoundError) else FOUND

    def __getattr__(name: str) -> Any:
        """Raise ImportError for what needs OpenEnv."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        need = f"{name} needs openenv 0.10.* (found: {FOUND})"
        raise ImportError(f"{need}: pip install 'webenvs[openenv]'")

else:

    class WebAction(Action):
        """One message: a call (`tool`, `arguments`), several `calls`, or a text (`message`).

        `player`, if given, is checked to be the one whose turn it is.
        """

        tool: str | None = None
        arguments: dict[str, Any] = {}  # noqa: RUF012 - pydantic copies it
        calls: list[dict[str, Any]] | None = None
        message: str | None = None
        player: str | None = None

        @model_validator(mode="after")
        def _says_one_thing(self) -> "WebAction":
            if sum(said is not None for said in (self.tool, self.calls, self.message)) != 1:
                raise ValueError("an action has one of tool (with arguments), calls or message")
            return self

    class WebObservation(Observation):
        """What `player` sees now, with the schemas of its `tools` and its chat `messages`.

        `statuses` and `errors` are those of the results in sight; a player that is `waiting` sees
        more when others have acted; an episode that is not `valid` is not to be trained on.
        """

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
        """An environment of its own for every session; what they read is shared."""

        SUPPORTS_CONCURRENT_SESSIONS = True

        def __init__(self, env: str = "MultiHop-v0", **settings: Any) -> None:
            """`settings` are what `webenvs.tool_env` takes."""
            super().__init__()
            self._env = webenvs.tool_env(env, **settings)
            self._id: str | None = None
            self._steps = 0

        def reset(
            self, seed: int | None = None, episode_id: str | None = None, **row: Any
        ) -> WebObservation:
            """Begin an episode; `row` is a task: `task_id`, or `split` and `index`."""
            self._env.reset(seed=seed or 0, **row)
            self._id, self._steps = episode_id, 0
            return self._seen(self._env.outcome(self._env.player)).model_copy(
                update={"reward": None}
            )

        def step(
            self, action: WebAction, timeout_s: float | None = None, **_: Any
        ) -> WebObservation:
            """Play a message; nothing that a model writes raises."""
            calls = action.calls or [{"name": action.tool, "arguments": action.arguments}]
            said = {"thought": "", "calls": calls} if action.message is None else action.message
            outcome = self._env.send(said, action.player)
            self._steps += 1
            return self._seen(outcome)

        @property
        def state(self) -> WebState:
            """Where the episode stands."""
            env, known = self._env, {"episode_id": self._id, "step_count": self._steps}
            if env.started:
                known |= {"task_id": env.session.task.id, "over": env.over}
            return WebState(**known)

        def list_splits(self) -> list[str]:
            """The splits that have tasks."""
            return [split for split in get_args(Split) if self._tasks(split)]
