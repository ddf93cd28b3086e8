"""webenvs as a resources server of NeMo Gym, driven by its `gymnasium_agent`.

    # resources_servers/webenvs/app.py; its config names env and settings
    from wrappers.to_nemo_gym import ResearchServer
    ResearchServer.run_webserver()

    write_rows("train.jsonl", to_nemo_gym.rows("MultiHop-v0", "train", 1000, agent="my_agent"))

With `native` (the default) the model calls functions, and each call is answered by its id; without,
it writes calls as text in the codec. NeMo Gym asks for Python 3.13.14; its server, agent and client
were run under 3.11, with that demand overruled.
"""

import asyncio
from collections.abc import Iterator
from typing import Any

import webenvs
from webenvs.chat import native_messages, unanswered
from webenvs.envs.tooling.conversation import answered, spoken
from webenvs.envs.tooling.tool_env import ToolEnv, one_seat
from webenvs.trainers import trainer

try:
    from nemo_gym.base_resources_server import BaseResourcesServerConfig
    from nemo_gym.server_utils import SESSION_ID_KEY
    from resources_servers.gymnasium import GymnasiumServer, extract_text
except ImportError:  # said by `trainer` when it is needed
    BaseResourcesServerConfig = GymnasiumServer = object
    SESSION_ID_KEY, extract_text = "session_id", str

TESTED = ("0.7.0", "0.8")
"""The first version that was run, and the first that was not."""

LOST = "There is no such episode: it is over, was closed, or was never started here."


class ResearchConfig(BaseResourcesServerConfig):
    """Id and settings as in `webenvs.tool_env`; of more than `sessions` the oldest is closed."""

    env: str = "MultiHop-v0"
    settings: dict[str, Any] = {}  # noqa: RUF012 - pydantic copies it
    native: bool = True
    sessions: int = 4096


class ResearchServer(GymnasiumServer):
    """One episode a session, whose rewards the agent adds up to the score.

    `info["valid"]` is False after a real fault of the environment: leave such a rollout out.
    """

    config: ResearchConfig

    def __init__(self, **kwargs: Any) -> None:
        """Take what NeMo Gym hands a server; ImportError for versions that were not tried."""
        trainer("nemo-gym", TESTED, "webenvs[nemo]")
        super().__init__(**kwargs)

    def setup_webserver(self) -> Any:
        """The routes of NeMo Gym's Gymnasium server, and /close, which its agent may call."""
        from fastapi import Request

        async def close(request: Request) -> dict[str, bool]:
            await self.close_session(request.session.get(SESSION_ID_KEY))
            return {"closed": True}

        self._tools()  # what is wrong with the settings is said here
        app = super().setup_webserver()
        app.post("/close")(close)
        return app

    async def reset(
        self, metadata: dict[str, Any], session_id: str | None = None
    ) -> tuple[str | None, dict[str, Any]]:
        """Start the episode of a row; its `responses_create_params` hold what the model sees."""
        self._cleanup_session(session_id)
        tools = self._tools()
        await asyncio.to_thread(
            tools.reset, task_id=metadata.get("task_id"), seed=int(metadata.get("seed") or 0)
        )
        while len(self.session_state) >= self.config.sessions:
            self._cleanup_session(next(iter(self.session_state)))
        self.session_state[session_id] = tools
        return None, {"task_id": tools.session.task.id, "supports_explicit_close": True}

    def _tools(self) -> ToolEnv:
        return one_seat(webenvs.tool_env(self.config.env, **self.config.settings))

    async def step(
        self, action: Any, metadata: dict[str, Any], session_id: str | None = None
    ) -> tuple[str | None, float, bool, bool, dict[str, Any]]:
        """Play what the model said; nothing in it raises.

        A session that is not known truncates, and its rollout is not `valid`.
        """
        tools: ToolEnv | None = self.session_state.get(session_id)
        if tools is None:
            return None, 0.0, False, True, {"valid": False, "error": LOST}
        calls = [
            {"id": item.call_id, "function": {"name": item.name, "arguments": item.arguments}}
            for item in action.output
            if item.type == "function_call"
        ]
        message = spoken({"content": extract_text(action), "tool_calls": calls})
        outcome = await asyncio.to_thread(tools.send, message)
        player, native = tools.players[0], self.config.native
        chat = native_messages(tools.session, player) if native else tools.messages(player)
        told = [] if outcome.done else answered(calls, unanswered(chat))
        info: dict[str, Any] = {
            "statuses": list(outcome.statuses),
            "end": outcome.end,
            "valid": outcome.valid,
            "tool_outputs": [
                {"call_id": entry["tool_call_id"], "output": entry["content"]}
                for entry in told
                if "tool_call_id" in entry
            ],
        }
        said = [entry["content"] for entry in told if entry["role"] == "user" or not calls]
        observation = "\n\n".join(said) or None
        return observation, outcome.reward, outcome.terminated, outcome.truncated, info


def rows(
    env: str,
    split: str | None = None,
    count: int | None = None,
    *,
    start: int = 0,
    seed: int = 0,
    agent: str = "webenvs_agent",
    native: bool = True,
    **settings: Any,
) -> Iterator[dict[str, Any]]:
    """Rows of a data set, without the answer, for an `agent` of the config; see `ToolEnv.rows`."""
    tools = one_seat(webenvs.tool_env(env, **settings))
    for row in tools.rows(split, count, start=start, seed=seed):
        tools.reset(task_id=row["task_id"], seed=row["seed"])
        asked: dict[str, Any] = {"input": row.pop("prompt")}
        if native:
            asked["input"] = native_messages(tools.session, tools.player)
            kind = {"type": "function", "strict": False}
            asked["tools"] = [{**kind, **schema["function"]} for schema in tools.tools()]
        del row["question"]
        reference = {"type": "responses_api_agents", "name": agent}
        yield {"responses_create_params": asked, "agent_ref": reference, **row}
