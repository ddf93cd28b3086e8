"""NeMo Gym's own server, agent and HTTP client play our episodes.

NeMo Gym asks for a later Python than this suite has; its wheel is installed all the same (see
`venvs/nemo.txt`). Without it the server stands on a base class of the same interface.
"""

import asyncio
import contextlib
import importlib.metadata
import json
import socket
import sys
import threading
import time
from types import SimpleNamespace

import pytest

import webenvs
from tests.wrappers import recorded
from webenvs.chat import native_messages
from webenvs.errors import SettingError

REAL = pytest.mark.trainer("nemo_gym")
SEARCH = {"name": "search", "arguments": '{"query": "river"}'}


def item(**fields):
    """One item of a response's output, as tests without NeMo Gym see it."""
    return SimpleNamespace(**fields)


def called(*calls):
    """A response that calls functions, with ids c0, c1, ..."""
    named = [
        {"type": "function_call", "call_id": f"c{at}", **call} for at, call in enumerate(calls)
    ]
    return item(output=[item(**call) for call in named])


@pytest.fixture
def server(monkeypatch):
    """Our server on a base class with NeMo Gym's interface: what can be tested anywhere."""
    from wrappers import to_nemo_gym

    class Standin:
        def __init__(self, config):
            self.config, self.session_state = config, {}

        async def close_session(self, session_id):
            self._cleanup_session(session_id)

        def _cleanup_session(self, session_id):
            self.session_state.pop(session_id, None)

    body = {k: v for k, v in vars(to_nemo_gym.ResearchServer).items() if k != "__init__"}
    body.pop("__dict__", None), body.pop("__weakref__", None)
    made = type("Server", (Standin,), body)
    monkeypatch.setattr(to_nemo_gym, "extract_text", said)

    def make(**config):
        chosen = {"env": "MultiHop-v0", "settings": {}, "native": True, "sessions": 9, **config}
        return made(SimpleNamespace(**chosen))

    return make


def said(response):
    """The text of a response, as NeMo Gym extracts it."""
    return "".join(entry.text for entry in response.output if entry.type == "message")


def written(text):
    """A response of text alone."""
    return item(output=[item(type="message", text=text)])


def test_without_nemo_gym_the_extra_is_named(monkeypatch):
    from wrappers import to_nemo_gym

    monkeypatch.setitem(sys.modules, "nemo_gym", None)
    with pytest.raises(ImportError, match=r"pip install 'webenvs\[nemo\]'"):
        to_nemo_gym.ResearchServer()


def test_an_untried_version_is_named_with_those_that_were_tried(monkeypatch):
    from wrappers import to_nemo_gym

    monkeypatch.setitem(sys.modules, "nemo_gym", type(sys)("nemo_gym"))
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "0.5.1")
    with pytest.raises(ImportError, match=r"0\.5\.1 .* from 0\.7\.0 to below 0\.8"):
        to_nemo_gym.ResearchServer()


def test_a_recorded_episode_plays_again_as_text(server):
    episode = recorded.episode("oracle")
    made = server(native=False)

    async def play():
        await made.reset(recorded.row(episode), "s")
        return [await made.step(written(text), {}, "s") for text in recorded.said(episode)]

    steps = asyncio.run(play())
    assert sum(step[1] for step in steps) == recorded.reward(episode) > 0
    assert [step[2] for step in steps] == [False] * (len(steps) - 1) + [True]
    assert steps[0][0] == episode.turns[1].observation


def test_each_call_is_answered_by_its_id_and_bad_ones_too(server):
    made = server()

    async def play():
        await made.reset({"seed": 3}, "s")
        return await made.step(called({**SEARCH, "arguments": "{"}, SEARCH), {}, "s")

    observation, *_, info = asyncio.run(play())
    outputs = info["tool_outputs"]
    assert [output["call_id"] for output in outputs] == ["c0", "c1"]
    assert "could not be read" in outputs[0]["output"] and "river" in outputs[1]["output"].lower()
    assert "could not be read" in observation


def test_a_message_without_a_call_is_told_in_native_words(server):
    made = server()

    async def play():
        await made.reset({"seed": 3}, "s")
        return await made.step(written("hm"), {}, "s")

    observation, *_, info = asyncio.run(play())
    assert "could not be read" in observation and "<tool_call>" not in observation
    assert info["tool_outputs"] == []


def test_a_session_that_is_not_known_truncates_and_is_not_valid(server):
    step = asyncio.run(server().step(written("x"), {}, "unknown"))
    assert step[1:4] == (0.0, False, True) and step[4]["valid"] is False


def test_an_episode_with_a_real_fault_ends_and_says_that_it_does_not_count(server):
    made = server(native=False, settings=recorded.ABSENT)

    async def play():
        await made.reset({"seed": 3}, "s")
        return await made.step(written(recorded.DELEGATION), {}, "s")

    *_, truncated, info = asyncio.run(play())
    assert truncated and not info["valid"]


def test_of_too_many_open_episodes_the_oldest_is_closed(server):
    made = server(sessions=2)

    async def play():
        for name in "abc":
            await made.reset({"seed": 1}, name)

    asyncio.run(play())
    assert list(made.session_state) == ["b", "c"]


def test_rows_say_which_episode_and_nothing_of_the_gold():
    from wrappers import to_nemo_gym

    row = next(to_nemo_gym.rows("MultiHop-v0", "train", 1))
    keys = {"responses_create_params", "agent_ref", "task_id", "split", "index", "seed"}
    assert set(row) == keys and not recorded.tells_gold(row)
    assert row["responses_create_params"]["tools"][0]["name"] == "search"
    assert "<tool_call>" not in row["responses_create_params"]["input"][0]["content"]


def test_rows_of_text_teach_the_codec_and_list_no_functions():
    from wrappers import to_nemo_gym

    row = next(to_nemo_gym.rows("MultiHop-v0", "train", 1, native=False))
    assert set(row["responses_create_params"]) == {"input"}
    assert "<tool_call>" in row["responses_create_params"]["input"][0]["content"]


class Model:
    """A server of NeMo Gym's Responses form that says, call by call, what was recorded."""

    def __init__(self, messages):
        self.messages, self.asked = list(messages), []

    def app(self):
        from fastapi import FastAPI, Request

        app = FastAPI()

        async def respond(request: Request) -> dict:
            self.asked.append(await request.json())
            return self._response(self.messages.pop(0))

        app.post("/v1/responses")(respond)
        return app

    def _response(self, message):
        number = len(self.asked)
        calls = [
            {
                "type": "function_call",
                "id": f"f{number}{at}",
                "call_id": f"call-{number}-{at}",
                "name": call.tool,
                "arguments": json.dumps(call.arguments),
                "status": "completed",
            }
            for at, call in enumerate(getattr(message, "calls", ()))
        ]
        text = {"type": "output_text", "text": message if not calls else "", "annotations": []}
        wrote = {"type": "message", "id": "m", "role": "assistant", "status": "completed"}
        return {
            "id": f"r{number}",
            "created_at": 0.0,
            "model": "recorded",
            "object": "response",
            "output": calls or [{**wrote, "content": [text]}],
            "parallel_tool_calls": True,
            "tool_choice": "auto",
            "tools": [],
        }


@contextlib.contextmanager
def served(app):
    """The port at which an app is served while the test runs."""
    import uvicorn

    listener = socket.create_server(("127.0.0.1", 0))
    made = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    thread = threading.Thread(target=made.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not made.started:
        time.sleep(0.01)
    try:
        yield listener.getsockname()[1]
    finally:
        made.should_exit = True
        thread.join()
        listener.close()


ADDRESS = {"host": "127.0.0.1", "port": 1, "entrypoint": ""}


def client(known):
    """NeMo Gym's client of the servers in its config."""
    from nemo_gym import server_utils
    from omegaconf import OmegaConf

    head = server_utils.BaseServerConfig(host="127.0.0.1", port=1)
    return server_utils.ServerClient(
        head_server_config=head, global_config_dict=OmegaConf.create(known)
    )


def our_server(**config):
    """Our server on NeMo Gym's own base class."""
    from wrappers import to_nemo_gym

    asked = to_nemo_gym.ResearchConfig(**ADDRESS, name="webenvs", **config)
    return to_nemo_gym.ResearchServer(config=asked, server_client=client({}))


def rolled_out(row, model, ours):
    """What NeMo Gym's agent returns for a row, over HTTP."""
    from nemo_gym import server_utils
    from responses_api_agents.gymnasium_agent import app as agents

    with served(ours.setup_webserver()) as web, served(model.app()) as mind:
        ports = {"resources_servers": ("webenvs", web), "responses_api_models": ("model", mind)}
        known = {
            name: {kind: {name: {"host": "127.0.0.1", "port": port}}}
            for kind, (name, port) in ports.items()
        }
        agent = agents.GymnasiumAgent(
            server_client=client(known),
            config=agents.GymnasiumAgentConfig(
                **ADDRESS,
                name="agent",
                resources_server={"type": "resources_servers", "name": "webenvs"},
                model_server={"type": "responses_api_models", "name": "model"},
                max_steps=40,
            ),
        )

        async def play():
            server_utils.set_global_aiohttp_client(server_utils.GlobalAIOHTTPAsyncClientConfig())
            try:
                body = agents.GymnasiumAgentRunRequest(**row)
                return await agent.run(SimpleNamespace(cookies={}), body)
            finally:
                await server_utils._GLOBAL_AIOHTTP_CLIENT.close()
                server_utils._GLOBAL_AIOHTTP_CLIENT = None

        return asyncio.run(play())


def row_of(episode, **settings):
    """The row of an episode that was recorded."""
    from wrappers import to_nemo_gym

    native = settings.pop("native", True)
    tasks = webenvs.tool_env("MultiHop-v0", **settings).scenario.tasks.of_split("train")
    index = [task.id for task in tasks].index(episode.task)
    listed = list(to_nemo_gym.rows("MultiHop-v0", "train", index + 1, native=native, **settings))
    return {**listed[index], **recorded.row(episode)}


@REAL
@pytest.mark.parametrize("settings", [{}, recorded.TEAM], ids=["solo", "planner"])
def test_a_recorded_episode_plays_again_with_native_calls(settings):
    episode = recorded.episode("oracle", **settings)
    player, ours = episode.frames[0].player, our_server(settings=settings)
    model = Model(turn for turn in episode.turns if turn.player == player)
    result = rolled_out(row_of(episode, **settings), model, ours)
    assert result.reward == pytest.approx(recorded.reward(episode)) != 0
    assert result.terminated and result.info["end"] == "answered"
    assert ours.session_state == {}


@REAL
def test_what_the_model_is_sent_is_our_native_transcript():
    episode = recorded.episode("oracle")
    model = Model(episode.turns)
    rolled_out(row_of(episode), model, our_server())
    env = webenvs.tool_env("MultiHop-v0")
    env.reset(**recorded.row(episode))
    for turn in episode.turns[:-1]:
        env.send(turn.message)
    ours = native_messages(env.session, env.player)
    sent = model.asked[-1]["input"]
    assert [entry["content"] for entry in sent[:2]] == [entry["content"] for entry in ours[:2]]
    outputs = [entry["output"] for entry in sent if entry.get("type") == "function_call_output"]
    assert outputs == [entry["content"] for entry in ours if entry["role"] == "tool"]


@REAL
def test_a_recorded_episode_plays_again_as_text_over_http():
    episode = recorded.episode("oracle")
    row = row_of(episode, native=False)
    result = rolled_out(row, Model(recorded.said(episode)), our_server(native=False))
    assert result.reward == recorded.reward(episode) > 0


@REAL
def test_a_model_that_writes_garbage_plays_to_an_end():
    episode = recorded.episode("oracle")
    texts = [text.replace("\ud800", "?") for text in recorded.GARBAGE] * 3
    result = rolled_out(row_of(episode), Model(texts), our_server())
    assert result.truncated and result.info["end"] == "invalid_limit"


@REAL
def test_a_rollout_that_breaks_off_leaves_no_episode_behind():
    ours = our_server()
    with pytest.raises(Exception, match="500"):
        rolled_out(row_of(recorded.episode("oracle")), Model([]), ours)
    assert ours.session_state == {}


def test_a_server_of_several_seats_is_refused(server):
    made = server(settings={"game": "team"})
    with pytest.raises(SettingError, match="name a `seat`"):
        asyncio.run(made.reset({"seed": 3}, "s"))


def test_rows_of_several_seats_are_refused():
    from wrappers import to_nemo_gym

    with pytest.raises(SettingError, match="name a `seat`"):
        next(to_nemo_gym.rows("MultiHop-v0", "train", 1, game="team"))


def test_rows_begin_where_and_with_the_seed_that_is_asked_for():
    from wrappers import to_nemo_gym

    (row,) = to_nemo_gym.rows("MultiHop-v0", "train", 1, start=2, seed=7)
    assert (row["index"], row["seed"]) == (2, 7)
