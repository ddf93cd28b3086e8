"""Clients that others wrote, unchanged, at the doors of a server that runs as a process."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.serve.conftest import where
from webenvs import catalog
from webenvs.noise.model import Scene
from webenvs.records import Call

NOISE = "timeout:0.2,drop:0.3,shuffle:0.5"
ENV = ("MultiHop-v0", "--port", "0", "--noise", NOISE)
QUERY = "Where was the mentor of the head of state born?"


@pytest.fixture
def base(process):
    """The url of a server."""
    return where(process(*ENV)[1])


@pytest.fixture(scope="module")
def make():
    """Make the environment that the server has, in process."""
    return catalog.tool_envs("MultiHop-v0", noise=NOISE)


def searched(env, query, top_k):
    """What the web in process says to a search, and the hits in it as documents."""
    web = env.scenario.web.showing(top_k)
    scene = Scene(seed=0, role="researcher", tool="search")
    call = Call(id="1", tool="search", arguments={"query": query})
    return web.call(call, None, scene, 0)[0]


def queries(env, count=12):
    return [env.scenario.tasks.of_split("train")[place].question for place in range(count)]


@pytest.mark.trainer("skyrl_gym")
def test_skyrls_search_tool_reads_what_the_web_says(base, make):
    from skyrl_gym.tools import SearchToolGroup

    env, tools = make(), SearchToolGroup(f"{base}/retrieve", topk=3, log_requests=False)
    for query in queries(env):
        told, expected = json.loads(tools.search(query))["result"], searched(env, query, 3)
        assert told == numbered(env, expected, "Doc {}: {}\n")


@pytest.mark.trainer("skyrl_gym")
def test_skyrls_search_environment_plays_on_our_web(base, make):
    import skyrl_gym
    from omegaconf import OmegaConf

    task = make().scenario.tasks.of_split("train")[0]
    config = OmegaConf.create(
        {"search_url": f"{base}/retrieve", "topk": 3, "timeout": 30, "log_requests": False}
    )
    extras = {"reward_spec": {"ground_truth": {"target": list(task.answers)}}, "max_turns": 3}
    env = skyrl_gym.make("search", env_config=config, extras=extras)
    env.init([{"role": "user", "content": task.question}])
    step = env.step(f"<search>{task.question}</search>")
    seen = step["observations"][0]["content"]
    assert "Search error" not in seen
    expected = numbered(make(), searched(make(), task.question, 3), "Doc {}: {}\n")
    assert json.dumps({"result": expected}) in seen
    last = env.step(f"<answer>{task.answers[0]}</answer>")
    assert (last["done"], last["reward"]) == (True, 1.0)


@pytest.mark.trainer("gem")
def test_gems_search_tool_reads_what_the_web_says(base, make):
    from gem.tools.search_tool import SearchTool

    env, tool = make(), SearchTool(search_url=f"{base}/retrieve", topk=3, timeout=30)
    for query in queries(env):
        valid, failed, seen, _ = tool.execute_action(f"<search>{query}</search>")
        expected = numbered(env, searched(env, query, 3), "Doc {}(Title: {}) {}\n")
        assert (valid, failed) == (True, False), seen
        assert seen == f"\n\n<information>{expected}</information>\n\n"


def numbered(env, result, form):
    """A result as a client of Search-R1 numbers its documents; by the layout of the web."""
    if result.status == "empty":
        return ""
    contents = [result.content]
    if result.status == "ok":
        parts = iter(result.content.split("\n"))
        rows = [(line, next(parts), next(parts)) for line in parts]
        contents = [f'"{head.split(". ", 1)[1]}"\n{text.strip()}' for head, _, text in rows]
    shown = ""
    for place, each in enumerate(contents, start=1):
        title, _, text = each.partition("\n")
        shown += form.format(place, title, text) if "Title" in form else form.format(place, each)
    return shown


async def played(session, env):
    """The tools of an episode and what calls bring, checked against the environment."""
    env.reset(seed=5)
    calls = [("search", {"query": QUERY}), ("answer", {"text": "x"})]
    tools = (await session.list_tools()).tools
    assert [tool.name for tool in tools] == [each["function"]["name"] for each in env.tools()]
    for tool, given in calls:
        result = await session.call_tool(tool, given)
        assert result.content[0].text == env.call(tool, given).text


async def browsed(session, env):
    """What search and get_document bring, checked against the web."""
    result = await session.call_tool("search", {"query": QUERY})
    expected = searched(env, QUERY, env.scenario.web.top_k)
    if expected.status == "ok":
        rows = json.loads(result.content[0].text)
        assert [row["docid"] for row in rows] == list(expected.urls)
        read = await session.call_tool("get_document", {"docid": rows[0]["docid"]})
        assert read.content[0].text


@pytest.mark.trainer("mcp")
def test_the_client_of_mcp_2_plays_and_browses(base, make):
    from mcp import Client

    async def talk():
        async with Client(f"{base}/mcp?episode_id=mine&seed=5") as session:
            await played(session, make())
        async with Client(f"{base}/browse/mcp") as session:
            await browsed(session, make())

    asyncio.run(talk())


@pytest.mark.trainer("openenv")
def test_the_client_of_mcp_1_plays_and_browses(base, make):
    from mcp import ClientSession
    from mcp.client.streamable_http import streamablehttp_client

    async def talk():
        for path in ("/mcp?episode_id=mine&seed=5", "/browse/mcp"):
            async with (
                streamablehttp_client(base + path) as (reading, writing, _),
                ClientSession(reading, writing) as session,
            ):
                await session.initialize()
                if path.startswith("/browse"):
                    await browsed(session, make())
                else:
                    await played(session, make())

    asyncio.run(talk())


@pytest.mark.trainer("openenv")
def test_the_sdk_of_mcp_1_serves_trainers(base):
    from mcp import ClientSession
    from mcp.client.streamable_http import streamablehttp_client

    async def talk():
        async with (
            streamablehttp_client(f"{base}/trainer/mcp") as (reading, writing, _),
            ClientSession(reading, writing) as session,
        ):
            await session.initialize()
            begun = (await session.call_tool("begin", {"seed": 5})).structuredContent
            name = begun["episode_id"]
            templates = (await session.list_resource_templates()).resourceTemplates
            address = templates[0].uriTemplate.replace("{episode_id}", name)
            looked = json.loads((await session.read_resource(address)).contents[0].text)
            assert (looked["episode_id"], looked["over"]) == (name, False)
            with pytest.raises(Exception, match="no episode 'none'"):
                await session.read_resource("webenvs://episodes/none")

    asyncio.run(talk())


@pytest.mark.trainer("openenv")
def test_openenv_finds_nothing_to_complain_of(base, tmp_path):
    openenv, out = Path(sys.executable).with_name("openenv"), tmp_path / "report.json"
    command = [str(openenv), "validate", "--url", base, "--output", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(out.read_text())
    assert report["passed"], report
    assert report["summary"]["failed_criteria"] == []
    assert (report["mode"], report["standard_profile"]) == ("simulation", "openenv-http/1.x")


@pytest.mark.trainer("openenv")
def test_openenvs_client_plays_as_in_process(base, make):
    from openenv import GenericEnvClient

    env = make()
    with GenericEnvClient(base_url=base).sync() as client:
        for seed in range(3):
            env.reset(seed=seed)
            assert client.reset(seed=seed).observation["text"] == env.text()
            for tool, given in (("search", {"query": QUERY}), ("answer", {"text": "x"})):
                step = client.step({"tool": tool, "arguments": given})
                outcome = env.call(tool, given)
                assert step.observation["text"] == outcome.text
                assert (step.reward, step.done) == (outcome.reward, outcome.done)
            assert client.state()["step_count"] == 2


@pytest.mark.trainer("openenv")
def test_sixteen_of_openenvs_clients_at_once_each_play_their_own_episode(base, make):
    from openenv import GenericEnvClient

    async def play(seed):
        async with GenericEnvClient(base_url=base) as client:
            await client.reset(seed=seed)
            step = await client.step({"tool": "search", "arguments": {"query": QUERY}})
            await asyncio.sleep(0.2)  # all sixteen sockets are open at the same time
            last = await client.step({"message": "no call"})
            return step.observation["text"], last.observation["text"]

    async def all_at_once():
        return await asyncio.gather(*[play(seed) for seed in range(16)])

    def alone(seed):
        env = make()
        env.reset(seed=seed)
        return env.call("search", {"query": QUERY}).text, env.send("no call").text

    assert asyncio.run(all_at_once()) == [alone(seed) for seed in range(16)]


@pytest.mark.trainer("openenv")
def test_openenvs_client_of_tools_plays_a_session(base, make):
    from openenv.core.mcp_client import MCPToolClient

    env = make()
    env.reset(seed=0)

    async def talk():
        async with MCPToolClient(base_url=base, mode="production") as client:
            tools = await client.list_tools()
            seen = await client.call_tool("search", query=QUERY)
            return [tool.name for tool in tools], seen

    names, seen = asyncio.run(talk())
    assert names == [each["function"]["name"] for each in env.tools()]
    assert env.call("search", {"query": QUERY}).text in json.dumps(
        seen, ensure_ascii=False
    ).replace("\\n", "\n").replace('\\"', '"')
