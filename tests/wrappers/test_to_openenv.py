"""OpenEnv: an Environment equal to ToolEnv, its server, and a client of that and of our own."""

import contextlib
import importlib
import importlib.metadata
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import webenvs
from tests.wrappers.fresh import fresh

openenv = pytest.mark.trainer("openenv")
LAKE = {"query": "lake"}


@contextlib.contextmanager
def listening(app):
    """Serve an application on the loopback; yields its address."""
    import uvicorn

    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(20)


@pytest.fixture(scope="module")
def adapter():
    return importlib.import_module("wrappers.to_openenv")


@pytest.fixture(scope="module")
def own_server(adapter):
    """OpenEnv's server of the adapter."""
    with listening(adapter.app_of("MultiHop-v0", sessions=16)) as url:
        yield url


@pytest.fixture(scope="module")
def our_server():
    """`webenvs serve`, which knows no OpenEnv."""
    from webenvs import catalog
    from webenvs.serve.app import application

    with listening(application(catalog.tool_envs("MultiHop-v0")).asgi) as url:
        yield url


@pytest.fixture(params=["own_server", "our_server"])
def server(request):
    return request.getfixturevalue(request.param)


def local(**row):
    """The same episode without any adapter."""
    env = webenvs.tool_env("MultiHop-v0")
    env.reset(**row)
    return env


def test_without_openenv_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "openenv", None)
    with pytest.raises(ImportError, match=r"not installed: pip install 'webenvs\[openenv\]'"):
        _ = fresh("to_openenv").WebClient


@openenv
def test_an_old_openenv_is_named(monkeypatch):
    monkeypatch.setattr(importlib.metadata, "version", lambda _: "0.4.1")
    with pytest.raises(ImportError, match=r"openenv 0\.4\.1 is installed.*from 0\.10"):
        _ = fresh("to_openenv").WebEnvironment


@openenv
def test_an_environment_in_process_is_the_tool_env(adapter):
    env, same = adapter.WebEnvironment("MultiHop-v0"), local(seed=3)
    seen = env.reset(seed=3, episode_id="mine")
    assert (seen.text, seen.reward, seen.done) == (same.text(), None, False)
    assert seen.tools == list(same.tools())
    gold = same.session.task.answers[0]
    for tool, arguments in (("search", LAKE), ("answer", {"text": gold})):
        seen = env.step(adapter.WebAction(tool=tool, arguments=arguments))
        outcome = same.call(tool, arguments)
        assert (seen.text, seen.reward, seen.done) == (outcome.text, outcome.reward, outcome.done)
    assert (env.state.episode_id, env.state.step_count, env.state.over) == ("mine", 2, True)
    assert seen.reward == 1.0


@openenv
def test_a_team_is_played_by_whoever_is_due(adapter):
    env = adapter.WebEnvironment("MultiHop-v0", game="team", workers=2)
    env.reset(seed=3)
    tasks = [{"name": "delegate", "arguments": {"task": word}} for word in "ab"]
    assert env.step(adapter.WebAction(calls=tasks)).to_act == ["worker_0", "worker_1"]
    seen = env.step(adapter.WebAction(tool="report", arguments={"text": "x"}, player="worker_0"))
    assert (seen.player, seen.waiting) == ("worker_0", True)


@openenv
def test_tasks_are_named_without_their_answers(adapter):
    env = adapter.WebEnvironment("MultiHop-v0")
    assert env.list_splits() == ["train", "validation", "test"]
    first, second = env.get_task_range("test", 0, 2)
    assert env.get_task("test", 1) == second != first
    assert set(second) == {"task_id", "split", "index", "question"}
    assert env.reset(**second).text.endswith(second["question"])
    with pytest.raises(IndexError):
        env.get_task("test", env.num_tasks("test"))


@openenv
def test_a_typed_client_plays_what_is_played_in_process(adapter, server):
    same = local(split="train", index=3)
    with adapter.WebClient(base_url=server).sync() as env:
        seen = env.reset(split="train", index=3)
        assert seen.observation.text == same.text()
        seen = env.step(adapter.WebAction(tool="search", arguments=LAKE))
        outcome = same.call("search", LAKE)
        assert (seen.observation.text, seen.reward) == (outcome.text, outcome.reward)
        assert seen.observation.messages == same.messages()
        answer = '<tool_call>{"name": "answer", "arguments": {"text": "x"}}</tool_call>'
        assert env.step(adapter.WebAction(message=answer)).done
        assert (env.state().step_count, env.state().task_id) == (2, same.session.task.id)


@openenv
def test_an_action_that_says_two_things_is_refused(adapter, server):
    with adapter.WebClient(base_url=server).sync() as env:
        env.reset(seed=3)
        with pytest.raises(RuntimeError, match="one of tool"):
            env.step(adapter.WebAction(tool="search", arguments=LAKE, message="hm"))
        assert env.state().step_count == 0


@openenv
def test_sixteen_sessions_are_apart(adapter, server):
    import asyncio

    async def one(index):
        async with adapter.WebClient(base_url=server) as env:
            await env.reset(split="train", index=index)
            return (await env.step(adapter.WebAction(tool="search", arguments=LAKE))).observation

    async def all_of_them():
        return await asyncio.gather(*(one(index) for index in range(16)))

    for index, seen in enumerate(asyncio.run(all_of_them())):
        same = local(split="train", index=index)
        same.call("search", LAKE)
        assert seen.messages == same.messages()


@openenv
def test_openenvs_own_checks_pass(server):
    command = Path(sys.executable).with_name("openenv")
    done = subprocess.run(
        [command, "validate", "--url", server], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@openenv
def test_episodes_without_a_seed_are_counted_by_environment(adapter):
    def texts(env):
        return [env.reset(seed=seed).text for seed in (None, 7, None, None)]

    one, other = (texts(adapter.WebEnvironment("MultiHop-v0")) for _ in range(2))
    assert one == other == [local(seed=seed).text() for seed in (0, 7, 2, 3)]


@openenv
def test_a_reset_that_fails_is_not_counted(adapter):
    env = adapter.WebEnvironment("MultiHop-v0")
    with pytest.raises(LookupError):
        env.reset(task_id="no such task")
    assert env.reset().text == local(seed=0).text()


@openenv
def test_episodes_of_a_session_without_seeds_are_counted_by_both_servers(adapter, server):
    with adapter.WebClient(base_url=server).sync() as env:
        seen = [env.reset().observation.text for _ in range(3)]
    assert seen == [local(seed=seed).text() for seed in range(3)]


@openenv
def test_a_server_with_a_wrong_seat_is_not_made(adapter):
    with pytest.raises(ValueError, match=r"Did you mean 'planner'\?"):
        adapter.app_of("MultiHop-v0", seat="plannr")
