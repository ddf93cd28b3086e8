"""OpenEnv's wire: routes, sockets and JSON-RPC, each an episode as it is in process."""

import asyncio
import json
import time

import pytest

from webenvs.serve.limits import Limits

SCRIPT = (
    {"tool": "search", "arguments": {"query": "river"}},
    {"message": "no call at all"},
    {"calls": [{"name": "search", "arguments": {"query": "mayor"}}, {"name": "find"}]},
    {"tool": "serach", "arguments": {"query": "x"}},
    {"tool": "answer", "arguments": {"text": "Tarn"}},
)


def message(action):
    """An action as `ToolEnv.send` takes it."""
    if "message" in action:
        return action["message"]
    calls = action.get("calls") or [{"name": action["tool"], "arguments": action["arguments"]}]
    return {"thought": "", "calls": calls}


def told(outcome, env):
    """What OpenEnv's wire says of an outcome."""
    observation = {
        "text": outcome.text,
        "tools": list(env.tools(outcome.player)),
        "messages": env.messages(outcome.player),
        "statuses": list(outcome.statuses),
        "errors": list(outcome.errors),
        "end": outcome.end,
        "valid": outcome.valid,
        "player": outcome.player,
        "to_act": list(env.to_act),
        "waiting": outcome.waiting,
    }
    return {"observation": observation, "reward": outcome.reward, "done": outcome.done}


def played(env, seed):
    """The answers to the script in process."""
    env.reset(seed=seed)
    return [told(env.send(message(action)), env) for action in SCRIPT]


class Talk:
    """The client's end of a socket: say something, hear the answer."""

    def __init__(self, socket):
        self.socket = socket

    def __call__(self, kind, data=None):
        said = {"type": kind} | ({} if data is None else {"data": data})
        self.socket.send_text(json.dumps(said))
        return json.loads(self.socket.receive_text())


@pytest.fixture
def talk(serve):
    """Open a socket of a server that is called directly."""
    import contextlib

    with contextlib.ExitStack() as stack:

        def opened(live, path="/ws"):
            return Talk(stack.enter_context(live.client.websocket_connect(f"ws://127.0.0.1{path}")))

        yield opened


@pytest.mark.parametrize("noise", ["none", "moderate"])
def test_a_socket_plays_an_episode_as_in_process(serve, talk, envs, noise):
    live = serve(noise=noise)
    say = talk(live)
    for seed in range(3):
        env = envs(noise=noise)()
        env.reset(seed=seed)
        assert say("reset", {"seed": seed})["data"]["observation"]["text"] == env.text()
        heard = [say("step", action)["data"] for action in SCRIPT]
        assert heard == played(env, seed)


def test_step_rewards_add_up_to_the_score(serve, talk, envs):
    settings = {"dense": True, "reward": {"answer": 1.0, "evidence": 0.5}}
    say, env = talk(serve(**settings)), envs(**settings)()
    say("reset", {"seed": 1})
    paid = sum(say("step", action)["data"]["reward"] for action in SCRIPT)
    played(env, 1)
    assert paid == pytest.approx(env.score()["reward"])


def test_resets_without_a_seed_go_on_from_seed_to_seed(serve, talk, envs):
    say, env = talk(serve()), envs()()
    for seed in range(4):
        env.reset(seed=seed)
        assert say("reset")["data"]["observation"]["text"] == env.text()


def test_the_state_names_the_episode_and_counts_its_steps(serve, talk):
    say = talk(serve())
    say("reset", {"seed": 1, "episode_id": "mine"})
    say("step", SCRIPT[0])
    state = say("state")["data"]
    assert (state["episode_id"], state["step_count"], state["over"]) == ("mine", 1, False)


def test_tools_are_listed_without_playing(serve, talk, envs):
    say, env = talk(serve()), envs()()
    say("reset", {"seed": 1})
    env.reset(seed=1)
    listed = say("step", {"type": "list_tools"})["data"]["observation"]["tools"]
    assert [tool["name"] for tool in listed] == [each["function"]["name"] for each in env.tools()]
    assert say("state")["data"]["step_count"] == 0


def test_a_call_in_the_words_of_openenv_is_played(serve, talk, envs):
    say, env = talk(serve()), envs()()
    say("reset", {"seed": 1})
    env.reset(seed=1)
    action = {"type": "call_tool", "tool_name": "search", "arguments": {"query": "river"}}
    seen = say("step", action)["data"]["observation"]
    assert seen["result"] == env.call("search", {"query": "river"}).text


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("{", "INVALID_JSON"),
        ("[]", "UNKNOWN_TYPE"),
        ('{"type": "rest"}', "UNKNOWN_TYPE"),
        ('{"type": "step", "data": {}}', "VALIDATION_ERROR"),
        ('{"type": "step", "data": {"tool": "search"}}', "VALIDATION_ERROR"),
        ('{"type": "reset", "data": {"seed": -1}}', "VALIDATION_ERROR"),
        ('{"type": "reset", "data": {"task_id": "none"}}', "VALIDATION_ERROR"),
    ],
    ids=["broken", "list", "type", "action", "before-reset", "seed", "task"],
)
def test_a_wrong_message_is_answered_and_the_socket_goes_on(serve, talk, said, code):
    say = talk(serve())
    say.socket.send_text(said)
    answer = json.loads(say.socket.receive_text())
    assert (answer["type"], answer["data"]["code"]) == ("error", code)
    assert say("reset")["type"] == "observation"


def test_a_socket_that_closes_leaves_no_episode(serve):
    live = serve()
    with live.client.websocket_connect("ws://127.0.0.1/ws") as socket:
        Talk(socket)("reset")
        assert len(live.episodes) == 1
    assert emptied(live)


def test_a_client_that_is_lost_in_mid_episode_leaves_no_episode(listen):
    """The connection is cut without a word while a step is being played."""
    import websockets.sync.client

    live = listen()
    for _ in range(8):
        with websockets.sync.client.connect(live.url.replace("http", "ws") + "/ws") as socket:
            socket.send('{"type": "reset"}')
            socket.recv()
            socket.send(json.dumps({"type": "step", "data": SCRIPT[0]}))
            socket.socket.shutdown(2)
    assert emptied(live)


def emptied(live):
    """Whether the server comes to keep no episode within some seconds."""
    for _ in range(500):
        if len(live.episodes) == 0:
            return True
        time.sleep(0.01)
    return False


def test_a_silent_socket_is_told_and_closed(serve):
    from starlette.websockets import WebSocketDisconnect

    live = serve(options={"limits": Limits(idle=0.05)})
    with live.client.websocket_connect("ws://127.0.0.1/ws") as socket:
        assert "idle" in socket.receive_text()
        with pytest.raises(WebSocketDisconnect):
            socket.receive_text()
    assert emptied(live)


def test_a_socket_beyond_the_limit_is_told_and_closed(serve, talk):
    live = serve(options={"limits": Limits(sessions=1)})
    talk(live)
    over = talk(live)
    answer = json.loads(over.socket.receive_text())
    assert answer["data"]["code"] == "CAPACITY_REACHED"


def test_a_session_has_one_socket(serve, talk):
    live = serve()
    name = live.client.post("/episodes", json={}).json()["episode_id"]
    talk(live, f"/ws?session_id={name}")
    other = talk(live, f"/ws?session_id={name}")
    assert "another socket" in other.socket.receive_text()


def test_the_episode_of_a_socket_is_not_ended_by_others(serve, talk):
    live = serve()
    name = live.client.post("/episodes", json={}).json()["episode_id"]
    talk(live, f"/ws?session_id={name}")("state")
    answer = live.client.delete(f"/episodes/{name}")
    assert (answer.status_code, "socket" in answer.json()["detail"]) == (409, True)


def test_sixteen_sockets_at_once_each_play_their_own_episode(listen, envs):
    import websockets

    live = listen(noise="moderate")

    async def play(seed):
        async with websockets.connect(live.url.replace("http", "ws") + "/ws") as socket:

            async def say(kind, data):
                await socket.send(json.dumps({"type": kind, "data": data}))
                return json.loads(await socket.recv())["data"]

            await say("reset", {"seed": seed})
            return [await say("step", action) for action in SCRIPT]

    async def all_at_once():
        return await asyncio.gather(*[play(seed) for seed in range(16)])

    heard = asyncio.run(all_at_once())
    assert heard == [played(envs(noise="moderate")(), seed) for seed in range(16)]
    assert emptied(live)


def test_over_http_an_episode_is_named(start, envs):
    live, env = start(), envs()()
    live.client.post("/reset", json={"seed": 2, "episode_id": "mine"})
    heard = [
        live.client.post("/step", json={"episode_id": "mine", "action": action}).json()
        for action in SCRIPT
    ]
    assert heard == played(env, 2)
    state = live.client.get("/state", params={"episode_id": "mine"}).json()
    assert (state["step_count"], state["over"]) == (len(SCRIPT), True)


def test_over_http_a_reset_without_a_name_keeps_nothing(serve):
    live = serve()
    assert live.client.post("/reset", json={"seed": 2}).json()["done"] is False
    assert len(live.episodes) == 0
    refused = live.client.post("/step", json={"action": SCRIPT[0]})
    assert (refused.status_code, "/ws" in refused.json()["detail"]) == (422, True)


def test_over_http_a_second_reset_begins_again(serve):
    live = serve()
    for _ in range(2):
        live.client.post("/reset", json={"seed": 2, "episode_id": "mine"})
        live.client.post("/step", json={"episode_id": "mine", "action": SCRIPT[0]})
    state = live.client.get("/state", params={"episode_id": "mine"}).json()
    assert state["step_count"] == 1


def test_over_http_a_reset_that_is_refused_leaves_the_episode_as_it_was(serve):
    live = serve()
    live.client.post("/reset", json={"seed": 2, "episode_id": "mine"})
    live.client.post("/step", json={"episode_id": "mine", "action": SCRIPT[0]})
    wrong = live.client.post("/reset", json={"task_id": "none", "episode_id": "mine"})
    assert wrong.status_code == 404
    state = live.client.get("/state", params={"episode_id": "mine"}).json()
    assert state["step_count"] == 1


def test_the_environment_tells_what_it_is(serve):
    client = serve().client
    assert client.get("/health").json() == {"status": "healthy", "sessions": 0}
    assert client.get("/metadata").json()["name"] == "Tasks-v0"
    assert {"action", "observation", "state"} == set(client.get("/schema").json())
    assert client.get("/state").json()["episode_id"] is None
    assert client.get("/list_environments").json() == ["Tasks-v0"]


def test_tasks_are_told_as_rows_of_reset(serve, envs):
    client, tasks = serve().client, envs()().scenario.tasks.of_split("train")
    assert client.get("/tasks-v0/splits").json()[0] == {"name": "train", "type": "train"}
    assert client.post("/Tasks-v0/num_tasks", json={"split": "train"}).json() == {"num_tasks": 2}
    listed = client.post("/Tasks-v0/tasks", json={"split": "train"}).json()["tasks"]
    assert [row["task_id"] for row in listed] == [task.id for task in tasks]
    body = {"split": "train", "start": 1, "stop": 9}
    assert client.post("/Tasks-v0/task_range", json=body).json()["tasks"] == listed[1:]
    one = client.post("/Tasks-v0/task", json={"split": "train", "index": 1}).json()["task"]
    assert one == listed[1]
    begun = client.post("/episodes", json=one).json()
    assert begun["task_id"] == one["task_id"]


@pytest.mark.parametrize(
    ("path", "body", "status", "said"),
    [
        ("/Task-v0/tasks", {"split": "train"}, 404, "Did you mean 'Tasks-v0'?"),
        ("/Tasks-v0/tasks", {"split": "tarin"}, 422, "split"),
        ("/Tasks-v0/tasks", {}, 422, "split"),
        ("/Tasks-v0/task", {"split": "train", "index": 2}, 422, "index = 2"),
        ("/Tasks-v0/task", {"split": "train"}, 422, "index"),
        ("/Tasks-v0/tasks", {"split": "train"}, 422, "at most 1"),
    ],
    ids=["name", "split", "none", "index", "no-index", "many"],
)
def test_a_wrong_question_about_tasks_is_refused(serve, path, body, status, said):
    live = serve(options={"limits": Limits(tasks=1)})
    answer = live.client.post(path, json=body)
    assert (answer.status_code, said in answer.json()["detail"]) == (status, True), answer.text


def rpc(live, method, **params):
    body = {"jsonrpc": "2.0", "id": 4, "method": method, "params": params}
    answer = live.client.post("/mcp", json=body)
    assert answer.status_code == 200
    return answer.json()


def test_json_rpc_plays_a_session(serve, envs):
    live, env = serve(), envs()()
    name = rpc(live, "openenv/session/create", seed=3)["result"]["session_id"]
    env.reset(seed=3)
    tools = rpc(live, "tools/list", session_id=name)["result"]["tools"]
    assert [tool["name"] for tool in tools] == [each["function"]["name"] for each in env.tools()]
    call = {"name": "search", "arguments": {"query": "river"}}
    result = rpc(live, "tools/call", session_id=name, **call)["result"]
    assert result["content"][0]["text"] == env.call("search", {"query": "river"}).text
    assert rpc(live, "openenv/session/close", session_id=name)["result"]["closed"] is True
    assert len(live.episodes) == 0


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("tools/lits", {}, -32601),
        ("tools/list", {}, -32602),
        ("tools/list", {"session_id": "none"}, -32602),
        ("openenv/session/close", {"session_id": "none"}, -32602),
        ("openenv/session/create", {"task_id": "none"}, -32602),
    ],
)
def test_wrong_json_rpc_is_answered_with_its_code(serve, method, params, code):
    assert rpc(serve(), method, **params)["error"]["code"] == code


@pytest.mark.parametrize("body", [b"{", b"{}", b"[]", b'{"jsonrpc": "2.0"}'])
def test_what_is_no_json_rpc_is_answered_in_it(serve, body):
    answer = serve().client.post("/mcp", content=body)
    assert (answer.status_code, answer.json()["jsonrpc"]) == (200, "2.0")
    assert "error" in answer.json()


def test_json_rpc_over_a_socket_has_an_episode_of_its_own(serve, talk, envs):
    say, env = talk(serve(), "/mcp").socket, envs()()
    env.reset(seed=0)
    call = {"name": "search", "arguments": {"query": "river"}}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
    say.send_text(json.dumps(body))
    text = json.loads(say.receive_text())["result"]["content"][0]["text"]
    assert text == env.call("search", {"query": "river"}).text


def test_json_rpc_within_a_socket_plays_the_episode_of_the_socket(serve, talk, envs):
    say, env = talk(serve()), envs()()
    say("reset", {"seed": 5})
    env.reset(seed=5)
    call = {"name": "search", "arguments": {"query": "river"}}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
    heard = say("mcp", body)["data"]["result"]["content"][0]["text"]
    assert heard == env.call("search", {"query": "river"}).text
