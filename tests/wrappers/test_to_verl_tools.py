"""verl's own tool agent with our tools, and the interaction of its older releases."""

import asyncio
import importlib.metadata
import json
import sys

import pytest

from tests.wrappers import recorded
from tests.wrappers.token_server import Server
from webenvs.errors import SettingError

REAL = pytest.mark.trainer("verl")
INTERACTION = {"name": "webenvs", "env": "MultiHop-v0"}


class Data:
    """What a tool sees of verl's AgentData."""

    def __init__(self, **tools_kwargs):
        self.tools_kwargs, self.extra_fields = tools_kwargs, {}


def loop(tools, server):
    """verl's tool agent as its worker makes it."""
    from omegaconf import OmegaConf
    from verl.experimental.agent_loop.agent_loop import DictConfigWrap, ToolListWrap
    from verl.experimental.agent_loop.tool_agent_loop import ToolAgentLoop
    from verl.utils.dataset.rl_dataset import RLHFDataset

    many = {
        "max_user_turns": 30,
        "max_assistant_turns": 30,
        "max_parallel_calls": 1,
        "max_tool_response_length": 8000,
        "tool_response_truncate_side": "right",
        "format": "hermes",
    }
    rollout = {
        "prompt_length": 4096,
        "response_length": 24_000,
        "full_determinism": False,
        "multi_turn": many,
    }
    config = OmegaConf.create({"actor_rollout_ref": {"rollout": rollout}, "data": {}})
    wrapped = DictConfigWrap(config), server, server.tokenizer, None, RLHFDataset
    data = DictConfigWrap(config.data)
    return ToolAgentLoop(*wrapped, data, hf_model_type="qwen3", tools=ToolListWrap(tools))


def made(tmp_path, **settings):
    """The tools that verl reads from the file that we write."""
    from verl.tools.tool_registry import load_all_tools

    from wrappers import to_verl_tools

    to_verl_tools.write_tools(tmp_path / "tools.yaml", "MultiHop-v0", **settings)
    return load_all_tools(str(tmp_path / "tools.yaml"), None)


def interact(episode, texts, config=INTERACTION):
    """What the interaction answers to each text."""
    from wrappers.to_verl_tools import ResearchInteraction

    async def play():
        interaction, answers, chat = ResearchInteraction(config), [], []
        name = await interaction.start_interaction("one", **recorded.row(episode))
        for text in texts:
            chat.append({"role": "assistant", "content": text})
            answers.append(await interaction.generate_response(name, chat))
            chat.append({"role": "user", "content": answers[-1][1]})
        score = await interaction.calculate_score(name)
        await interaction.finalize_interaction(name)
        return answers, score

    return asyncio.run(play())


def test_without_verl_the_extra_is_named(monkeypatch):
    from wrappers.to_verl_tools import ResearchTool

    monkeypatch.setitem(sys.modules, "verl", None)
    with pytest.raises(ImportError, match=r"pip install 'webenvs\[verl\]'"):
        ResearchTool({}, None)


def test_an_untried_version_is_named_with_those_that_were_tried(monkeypatch):
    from wrappers.to_verl_tools import ResearchTool

    monkeypatch.setitem(sys.modules, "verl", type(sys)("verl"))
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "0.10.0")
    with pytest.raises(ImportError, match=r"0\.10\.0 .* from 0\.9\.1 to below 0\.10"):
        ResearchTool({}, None)


@REAL
@pytest.mark.parametrize("settings", [{}, {"reward": "evidence", "dense": True}], ids=str)
def test_a_recorded_episode_plays_again_in_verls_tool_agent(tmp_path, settings):
    from wrappers import to_verl_rows, to_verl_tools

    episode = recorded.episode("oracle", **settings)
    tools = made(tmp_path, **settings)
    row = next(to_verl_rows.tool_rows("MultiHop-v0", "train", 1, **settings))
    which = {"create_kwargs": recorded.row(episode)}
    kwargs = dict.fromkeys(row["extra_info"]["tools_kwargs"], which)
    server = Server(recorded.said(episode))

    async def play():
        asked = {"raw_prompt": row["prompt"], "tools_kwargs": kwargs, "extra_info": {}}
        return await loop(tools, server).run({}, **asked)

    told = asyncio.run(play()).extra_fields
    score = to_verl_tools.compute_score("", "", "", told)
    assert score == pytest.approx(recorded.reward(episode)) != 0
    assert len(told["tool_rewards"]) == len(recorded.said(episode))


@REAL
def test_all_tools_of_a_rollout_play_one_episode_and_rollouts_none_of_each_others(tmp_path):
    from verl.experimental.agent_loop.tool_agent_loop import AgentData

    tools = {tool.name: tool for tool in made(tmp_path)}
    kwargs = {name: {"create_kwargs": {"task_id": None, "seed": 3}} for name in tools}
    one, other = (AgentData([], None, None, None, None, {}, "", kwargs) for _ in range(2))

    async def call(data, name, **arguments):
        instance, _ = await tools[name].create()
        response, _, metrics = await tools[name].execute(instance, arguments, agent_data=data)
        await tools[name].release(instance)
        return response.text, metrics["end"]

    async def play():
        ended = await call(one, "answer", text="x")
        return ended, await call(one, "search", query="x"), await call(other, "search", query="x")

    ended, after, alone = asyncio.run(play())
    assert ended[1] == after[1] == "answered" and "over" in after[0]
    assert alone[1] is None


@REAL
@pytest.mark.parametrize("arguments", [{}, {"query": []}, {"quary": "x"}], ids=str)
def test_wrong_arguments_are_told_and_not_raised(tmp_path, arguments):
    tool = made(tmp_path)[0]
    data = Data(search={"create_kwargs": {"task_id": None, "seed": 3}})
    response, reward, _ = asyncio.run(tool.execute("", arguments, agent_data=data))
    assert response.text and reward == 0.0


@REAL
def test_a_row_that_does_not_say_which_episode_is_refused(tmp_path):
    tool = made(tmp_path)[0]
    with pytest.raises(SettingError, match="tool_rows"):
        asyncio.run(tool.execute("", {"query": "x"}, agent_data=Data()))


@REAL
def test_what_an_episode_is_worth_can_be_asked_at_any_time(tmp_path):
    tool = made(tmp_path, reward="evidence")[0]
    data = Data(search={"create_kwargs": {"task_id": None, "seed": 3}})
    assert asyncio.run(tool.calc_reward("", agent_data=data)) == 0.0


def test_the_file_of_tools_lists_them_with_schemas_and_settings(tmp_path):
    from wrappers import to_verl_tools

    to_verl_tools.write_tools(tmp_path / "tools.yaml", "MultiHop-v0", turns=5)
    listed = json.loads((tmp_path / "tools.yaml").read_text())["tools"]
    names = [row["tool_schema"]["function"]["name"] for row in listed]
    assert names == ["search", "fetch", "click", "find", "answer"]
    assert listed[0]["class_name"] == "wrappers.to_verl_tools.ResearchTool"
    assert listed[0]["config"]["settings"] == {"turns": 5}


def test_a_recorded_episode_plays_again_in_the_interaction():
    episode = recorded.episode("oracle")
    answers, score = interact(episode, recorded.said(episode))
    assert [answer[0] for answer in answers] == [False] * (len(answers) - 1) + [True]
    assert sum(answer[2] for answer in answers) == score == recorded.reward(episode) > 0


@pytest.mark.parametrize("text", [*recorded.GARBAGE, None])
def test_the_interaction_tells_what_is_no_call(text):
    answers, _ = interact(recorded.episode("oracle"), [text])
    assert not answers[0][0] and "could not be read" in answers[0][1]


def test_an_interaction_is_forgotten_at_its_end_and_may_be_twice():
    from wrappers.to_verl_tools import ResearchInteraction

    async def play():
        interaction = ResearchInteraction(INTERACTION)
        name = await interaction.start_interaction(None, seed=1)
        await interaction.finalize_interaction(name)
        await interaction.finalize_interaction(name)
        with pytest.raises(KeyError):
            await interaction.calculate_score(name)

    asyncio.run(play())


def test_tools_of_several_seats_are_refused(tmp_path):
    from wrappers import to_verl_tools

    with pytest.raises(SettingError, match="name a `seat`"):
        to_verl_tools.write_tools(tmp_path / "tools.yaml", "MultiHop-v0", game="team")


def test_an_interaction_of_several_seats_is_refused():
    from wrappers.to_verl_tools import ResearchInteraction

    interaction = ResearchInteraction({**INTERACTION, "settings": {"game": "team"}})
    with pytest.raises(SettingError, match="name a `seat`"):
        asyncio.run(interaction.start_interaction("one", seed=1))


@REAL
def test_a_real_fault_is_no_score_of_zero(tmp_path):
    from wrappers import to_verl_tools

    tools = made(tmp_path, **recorded.ABSENT)
    row = next(to_verl_rows_of(**recorded.ABSENT))
    server = Server([recorded.DELEGATION, "done"])

    async def play():
        asked = {"raw_prompt": row["prompt"], **row["extra_info"], "extra_info": {}}
        return await loop(tools, server).run({}, **asked)

    told = asyncio.run(play()).extra_fields
    with pytest.raises(RuntimeError, match="nobody is there"):
        to_verl_tools.compute_score("", "", "", told)


def to_verl_rows_of(**settings):
    """Rows for tools of one task."""
    from wrappers import to_verl_rows

    return to_verl_rows.tool_rows("MultiHop-v0", "train", 1, **settings)
