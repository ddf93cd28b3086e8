r"""Verifiers 0.4: a taskset of any id, and a harness that plays it in this process, without uv.

Put this file where Python finds it (`export PYTHONPATH=wrappers`); its id is then `to-verifiers`.
Teams of several models: `to_verifiers_team.py`.

    vf-validate to-verifiers -n 50 --runtime.type subprocess
    vf-eval to-verifiers -n 50 -m MODEL --client.base-url http://127.0.0.1:8000/v1 \
        --env.agent.runtime.type subprocess --no-push --no-rich --env.taskset.env Lookup-v0
"""

from collections.abc import Iterator
from typing import Any

import httpx

import webenvs
from webenvs.envs.tooling.conversation import Conversation
from webenvs.envs.tooling.tool_env import ToolEnv, one_seat
from webenvs.trainers import trainer

__all__ = ["WebHarness", "WebTaskset"]

try:
    trainer("verifiers", ("0.4", "0.5"), "webenvs[verifiers]", "verifiers.v1")
    import verifiers.v1 as vf
    from pydantic import Field
    from verifiers.v1.dialects.chat import message_to_wire
except ImportError as error:
    MISSING = error

    def __getattr__(name: str) -> Any:
        """Raise ImportError for what needs verifiers."""
        raise MISSING if name in __all__ else AttributeError(name)

else:
    TLS = httpx.create_ssl_context()  # made once: it costs more than a request

    class WebConfig(vf.TasksetConfig):
        """Tasks of an id; `settings` is what else `webenvs.tool_env` takes, `seed` every episode's.

        `native` has calls as tool calls of the API; else they are text in the game's codec.
        """

        env: str = "MultiHop-v0"
        split: str | None = None
        seed: int = 0
        native: bool = True
        settings: dict[str, Any] = Field(default_factory=dict)

    class WebData(vf.TaskData):
        """A task as it is recorded, without its answer; `row` is what begins an episode."""

        env: str
        native: bool
        settings: dict[str, Any]
        row: dict[str, Any]

    class WebState(vf.State):
        """A player's conversation; `alone`: the harness plays it, not an Env of several seats."""

        conversation: Any = None
        alone: bool = True

    class WebTask(vf.Task[WebData, WebState]):
        """A question; its reward is the environment's, its metrics the terms of that."""

        key = property(lambda self: str(self.data.row["task_id"]))

        def open(self, **defaults: Any) -> ToolEnv:
            """A new episode of the task; `defaults` are settings where it has none of its own."""
            env = webenvs.tool_env(self.data.env, **(defaults | self.data.settings))
            env.reset(**self.data.row)
            return env

        async def setup(self, trace: Any) -> None:
            """Begin the episode."""
            trace.state.conversation = self._talk()

        async def validate(self, runtime: Any) -> bool:
            """Whether the oracle's play, through the same tools, is worth 1."""
            env = self.open()
            lineup = webenvs.lineup("oracle", env.scenario.game)
            players = lineup.sit(env.players, env.session.task, env.session.state.seed)
            while not env.over:
                env.send(players[env.player](env.session.observe(env.player), env.info()))
            return env.score()["reward"] >= 1.0

        @vf.reward
        async def reward(self, trace: Any) -> float:
            """What the player has, were the episode over now."""
            return self._score(trace)["reward"]

        @vf.metric
        async def terms(self, trace: Any) -> dict[str, float]:
            """The terms of the reward, unweighted."""
            return {name: v for name, v in self._score(trace).items() if name != "reward"}

        def _talk(self) -> Conversation:
            system = self.data.system_prompt
            return Conversation(self.open(), native=self.data.native, system=system)

        def _score(self, trace: Any) -> dict[str, float]:
            """The score of the episode; that of a saved trace is played again."""
            talk = getattr(trace.state, "conversation", None)
            if talk is None:
                talk = self._talk()
                for message in trace.assistant_messages:
                    talk.hear(message_to_wire(message))
                    talk.play()
            return talk.score()

    class WebTaskset(vf.Taskset[WebTask, WebConfig]):
        """The tasks of a split, in order."""

        def load(self) -> Iterator[WebTask]:
            """One task a row of `ToolEnv.rows`."""
            config = self.config
            game = {name: getattr(config, name) for name in ("env", "native", "settings")}
            env = webenvs.tool_env(config.env, **config.settings)
            for found in env.rows(config.split, seed=config.seed):
                row = {name: found[name] for name in ("task_id", "split", "index", "seed")}
                data = WebData(id=row["task_id"], prompt=found["question"], row=row, **game)
                yield WebTask(data, config.task)

    class WebHarness(vf.Harness[vf.HarnessConfig]):
        """Asks the endpoint for a player's messages and plays them."""

        APPENDS_SYSTEM_PROMPT = SUPPORTS_RESUME = True
        EXECUTES_CODE = NEEDS_CONTAINER = False

        async def launch(
            self, ctx: Any, trace: Any, runtime: Any, endpoint: str, secret: str, *_: Any
        ) -> Any:
            """Play to the end; of a player that is not alone, hear one message and leave it."""
            talk, headers = trace.state.conversation, {"Authorization": f"Bearer {secret}"}
            if trace.state.alone:
                one_seat(talk.env, "--env.id to-verifiers-team")
            async with httpx.AsyncClient(headers=headers, timeout=None, verify=TLS) as http:
                while True:
                    body = {"model": ctx.model, **talk.request()}
                    answer = await http.post(f"{endpoint}/chat/completions", json=body)
                    if answer.is_error:
                        return vf.ProgramResult(1, "", answer.text)
                    talk.hear(answer.json()["choices"][0]["message"])
                    if not trace.state.alone or talk.play().done:
                        return vf.ProgramResult(0, "", "")
