"""The doors of MCP, asked by the client of the official SDK over a real socket."""

import asyncio
import json
import sys

import pytest

from webenvs.noise.model import Scene
from webenvs.records import Call

RENAMED = "rename_tools:1.0,rename_arguments:1.0"


@pytest.fixture
def with_client():
    """Run an async function with a client connected to a url."""
    from mcp import Client

    def run(url, talk):
        async def talked():
            async with Client(url) as client:
                return await talk(client)

        return asyncio.run(talked())

    return run


def begin(live, **row):
    return live.client.post("/episodes", json=row).json()["episode_id"]


def text(result):
    return result.content[0].text


def test_the_tools_of_an_episode_are_those_of_the_environment(listen, envs, with_client):
    live, env = listen(noise=RENAMED), envs(noise=RENAMED)()
    env.reset(seed=4)

    async def listed(client):
        return (await client.list_tools()).tools

    tools = with_client(f"{live.url}/mcp?episode_id={begin(live, seed=4)}", listed)
    schemas = [
        {"name": tool.name, "description": tool.description, "parameters": tool.input_schema}
        for tool in tools
    ]
    assert schemas == [tool["function"] for tool in env.tools()]
    assert schemas[0]["name"] != "search"


@pytest.mark.parametrize("noise", ["none", "moderate"])
def test_calls_bring_what_they_bring_in_process(listen, envs, with_client, noise):
    live, env = listen(noise=noise), envs(noise=noise)()
    calls = [
        ("search", {"query": "river"}),
        ("search", {"query": "river"}),
        ("fetch", {"url": "https://small.example/brena"}),
        ("click", {"link": 0}),
        ("serach", {"query": "x"}),
        ("find", {}),
        ("answer", {"text": "Tarn"}),
        ("search", {"query": "after the end"}),
    ]
    env.reset(seed=4)

    async def played(client):
        return [text(await client.call_tool(name, given)) for name, given in calls]

    heard = with_client(f"{live.url}/mcp?episode_id={begin(live, seed=4)}", played)
    assert heard == [env.call(name, given).text for name, given in calls]


def test_a_failed_call_says_so(listen, with_client):
    live = listen()

    async def called(client):
        return [
            (await client.call_tool(name, {"query": "x"})).is_error for name in ("search", "no")
        ]

    url = f"{live.url}/mcp?episode_id={begin(live)}"
    assert with_client(url, called) == [False, True]


def test_an_episode_can_be_named_by_a_header(listen, envs):
    import httpx2
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client

    live, env = listen(), envs()()
    env.reset(seed=3)
    headers = {"webenvs-episode-id": begin(live, seed=3)}

    async def called():
        async with (
            httpx2.AsyncClient(headers=headers) as http,
            streamable_http_client(f"{live.url}/mcp", http_client=http) as (reading, writing),
            ClientSession(reading, writing) as session,
        ):
            await session.initialize()
            return text(await session.call_tool("search", {"query": "river"}))

    assert asyncio.run(called()) == env.call("search", {"query": "river"}).text


def test_without_a_name_every_tool_asks_for_the_episode(listen, envs, with_client):
    live, env = listen(), envs()()
    env.reset(seed=3)
    name = begin(live, seed=3)

    async def called(client):
        tools = (await client.list_tools()).tools
        named = await client.call_tool("search", {"query": "river", "episode_id": name})
        return tools, named, await client.call_tool("search", {"query": "river"})

    tools, named, unnamed = with_client(f"{live.url}/mcp", called)
    assert all("episode_id" in tool.input_schema["required"] for tool in tools)
    assert text(named) == env.call("search", {"query": "river"}).text
    assert (unnamed.is_error, "episode_id" in text(unnamed)) == (True, True)


def test_a_url_that_says_which_episode_it_is_begins_it(listen, envs, with_client):
    live, env = listen(), envs()()
    env.reset(split="train", index=1, seed=6)

    async def called(client):
        return [text(await client.call_tool("search", {"query": "river"})) for _ in range(2)]

    url = f"{live.url}/mcp?episode_id=mine&split=train&index=1&seed=6"
    heard = with_client(url, called)
    assert heard == [env.call("search", {"query": "river"}).text for _ in range(2)]
    live.client.delete("/episodes/mine")

    async def again(client):
        return await client.call_tool("search", {"query": "river"})

    assert "has been ended" in text(with_client(url, again))


def test_an_unknown_episode_is_told(listen, with_client):
    async def called(client):
        return await client.call_tool("search", {"query": "river"})

    result = with_client(f"{listen().url}/mcp?episode_id=none", called)
    assert (result.is_error, "no episode 'none'" in text(result)) == (True, True)


def test_a_player_has_the_tools_of_its_role_and_plays_in_its_turn(listen, with_client):
    live = listen(game="team", workers=2)
    url = f"{live.url}/mcp?episode_id={begin(live)}&player="

    async def listed(client):
        return [tool.name for tool in (await client.list_tools()).tools]

    async def searched(client):
        return text(await client.call_tool("search", {"query": "river"}))

    assert with_client(url + "planner_0", listed) == ["delegate", "answer"]
    assert "turn of planner_0" in with_client(url + "worker_0", searched)
    assert "Did you mean 'worker_1'" in with_client(url + "worker1", searched)


def test_models_are_offered_nothing_that_tells_a_score(listen, with_client):
    live = listen()

    async def asked(client):
        capable = client.server_capabilities
        return [tool.name for tool in (await client.list_tools()).tools], capable.resources

    url = f"{live.url}/mcp?episode_id={begin(live)}"
    assert with_client(url, asked) == (["search", "fetch", "click", "find", "answer"], None)


def test_trainers_begin_look_at_and_finish_episodes(listen, envs, with_client):
    live, env = listen(), envs()()
    env.reset(split="train", index=0)
    env.call("answer", {"text": "Tarn"})

    async def trained(client):
        begun = await client.call_tool("begin", {"split": "train", "index": 0})
        name = begun.structured_content["episode_id"]
        before = (await client.read_resource(f"webenvs://episodes/{name}")).contents[0].text
        body = {"episode_id": name, "action": {"tool": "answer", "arguments": {"text": "Tarn"}}}
        await asyncio.to_thread(live.client.post, "/step", json=body)
        looked = await client.call_tool("look", {"episode_id": name})
        finished = await client.call_tool("finish", {"episode_id": name})
        return json.loads(before), looked.structured_content, finished.structured_content

    before, looked, finished = with_client(f"{live.url}/trainer/mcp", trained)
    assert "scores" not in before
    assert looked["scores"] == finished["scores"] == {"researcher_0": env.score()}
    assert len(live.episodes) == 0


@pytest.mark.parametrize("noise", ["none", "timeout:0.4,drop:0.4,garble:0.5"])
def test_browsing_finds_and_reads_what_the_web_has(listen, envs, with_client, noise, site):
    live, web = listen(noise=noise), envs(noise=noise)().scenario.web
    queries, urls = ["river", "chess", "mayor"], [site("alba"), site("veit"), site("none")]

    def asked(tool, **arguments):
        scene = Scene(seed=5, role="researcher", tool=tool)
        return web.call(Call(id="1", tool=tool, arguments=arguments), None, scene, 0)[0]

    async def browsed(client):
        found = [await client.call_tool("search", {"query": query}) for query in queries]
        return found, [await client.call_tool("get_document", {"docid": url}) for url in urls]

    found, read = with_client(f"{live.url}/browse/mcp?seed=5", browsed)
    for query, result in zip(queries, found, strict=True):
        expected = asked("search", query=query)
        rows = result.structured_content["result"]
        assert [row["docid"] for row in rows] == list(expected.urls)
        assert json.loads(text(result)) == rows if rows else text(result) == expected.content
    for url, result in zip(urls, read, strict=True):
        expected = asked("fetch", url=url)
        page = result.structured_content["result"]
        assert (page["text"] if page else text(result)) == expected.content


def test_browsing_refuses_what_it_does_not_have(listen, with_client):
    async def browsed(client):
        wrong = await client.call_tool("get_documnet", {"docid": "x"})
        return text(wrong), text(await client.call_tool("search", {}))

    unknown, missing = with_client(f"{listen().url}/browse/mcp", browsed)
    assert "Did you mean 'get_document'?" in unknown
    assert "query" in missing


def test_a_client_that_wants_a_standing_stream_is_told_there_is_none(serve):
    answer = serve().client.get("/mcp", headers={"accept": "text/event-stream"})
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_without_an_sdk_the_other_doors_work_and_this_one_says_what_to_install(envs, monkeypatch):
    from tests.serve.conftest import called
    from webenvs.serve.app import application

    monkeypatch.setitem(sys.modules, "mcp.server.streamable_http_manager", None)
    served = application(envs())
    monkeypatch.undo()
    assert served.speaks_mcp is False
    with called(served) as live:
        answer = live.client.post("/browse/mcp", json={})
        assert (answer.status_code, "webenvs[serve]" in answer.text) == (501, True)
        assert live.client.post("/retrieve", json={"query": "x"}).status_code == 200
