"""Noise on tools: which names, words and tools a seat gets, drawn once an episode."""

import pytest

from webenvs.actions.codec import CODECS
from webenvs.envs.game import ANSWER, DELEGATE, REPORT
from webenvs.errors import SettingError
from webenvs.noise.compact import noise_from
from webenvs.noise.model import Scene
from webenvs.noise.toolset import ARGUMENTS, NAMES, WORDING
from webenvs.noise.weather import Mixture, toolset
from webenvs.records import Call, Message, Tool
from webenvs.web.tools import TOOLS, web_tools

ALL = tuple(TOOLS)
TAKEN = (*TOOLS, ANSWER.name, DELEGATE.name, REPORT.name)
SOLO = ("search", "fetch", "click", "find")
SEEDS = range(300)


def shown(noise, seed=0, tools=SOLO, player="worker_0", turns=12, episode=0, taken=TAKEN):
    scene = Scene(seed=seed, role=player.rpartition("_")[0], episode=episode)
    mixture = Mixture(noise_from(noise))
    return toolset(mixture, scene, player, web_tools(tools), turns, taken)


def test_no_other_name_stands_for_two_tools_or_is_the_name_of_one():
    names = [name for others in NAMES.values() for name in others]
    assert len(names) == len(set(names))
    assert not set(names) & set(TAKEN)
    assert set(NAMES) == set(ALL) == set(WORDING)


def test_every_argument_has_other_names_none_of_which_its_tool_has():
    for name, tool in TOOLS.items():
        properties = tool.parameters["properties"]
        assert set(ARGUMENTS.get(name, {})) == set(properties)
        for others in ARGUMENTS.get(name, {}).values():
            assert len(set(others)) >= 4


@pytest.mark.parametrize("codec", CODECS)
def test_every_codec_carries_every_other_name(codec):
    for true, names in NAMES.items():
        for name in names:
            tool = Tool(name=name, description="", parameters=TOOLS[true].parameters, primary="")
            calls = (Call(id="1", tool=name, arguments={"query": "a b"}),)
            message = Message(thought="so", calls=calls)
            text = CODECS[codec].format(message, (tool, ANSWER))
            assert CODECS[codec].parse(text, (tool, ANSWER)) == message


def test_no_two_tools_are_shown_under_one_name():
    for seed in SEEDS:
        toolset_, done = shown("rename_tools:1", seed, ALL)
        assert set(toolset_.names) == set(ALL)
        assert len(set(toolset_.names.values())) == len(ALL)
        assert not set(toolset_.names.values()) & set(TAKEN)
        assert done == {"rename_tools": {"names": toolset_.names}}


def test_a_name_that_the_game_has_already_is_never_taken():
    taken = (*TAKEN, *NAMES["search"][1:])
    assert {shown("rename_tools:1", s, taken=taken)[0].names["search"] for s in range(40)} == {
        NAMES["search"][0]
    }
    full = (*TAKEN, *NAMES["search"], "search_2")
    assert shown("rename_tools:1", taken=full)[0].names["search"] == "search_3"


def test_no_two_arguments_of_a_tool_are_shown_under_one_name():
    for seed in SEEDS:
        arguments = shown("rename_arguments:1", seed, ALL)[0].arguments
        assert set(arguments) == {*ALL} - {"back"}
        for tool, names in arguments.items():
            assert set(names) == set(TOOLS[tool].parameters["properties"])
            assert len({*names, *names.values()}) == 2 * len(names)


def test_rewording_changes_words_and_order_and_nothing_else():
    orders = set()
    for seed in range(50):
        changed, _ = shown("reword:1", seed)
        assert sorted(changed.order) == sorted(SOLO)
        assert all(changed.wording[name] in WORDING[name] for name in SOLO)
        assert not changed.names
        assert not changed.gone
        orders.add(changed.order)
    assert len(orders) > 10


def test_noise_on_tools_can_be_narrowed_to_some_of_them():
    assert set(shown("rename_tools:1@search+find")[0].names) == {"search", "find"}
    for seed in range(50):
        changed, _ = shown("reword:1@fetch+click", seed)
        assert set(changed.wording) == {"fetch", "click"}
        assert (changed.order[0], changed.order[3]) == ("search", "find")
        assert set(shown("withdraw:1@find", seed)[0].gone) == {"find"}


def test_a_tool_is_withdrawn_in_the_first_half_but_not_at_once():
    gone = [shown("withdraw:1", seed, turns=9)[0].gone for seed in SEEDS]
    assert {len(entry) for entry in gone} == {1}
    assert {turn for entry in gone for turn in entry.values()} == {1, 2, 3, 4}
    assert {name for entry in gone for name in entry} == set(SOLO)


def test_when_a_tool_is_withdrawn_is_an_option():
    assert {*shown("withdraw:1(turn=7)", 3)[0].gone.values()} == {7}
    with pytest.raises(SettingError, match=r"withdraw.*>= 1"):
        noise_from("withdraw:1(turn=0)")


def test_the_last_web_tool_is_neither_withdrawn_nor_withheld():
    assert shown("withdraw:1,handicap:1", tools=("fetch",)) == (None, {})
    for seed in SEEDS:
        both, done = shown("withdraw:1,handicap:1", seed, tools=("search", "fetch"))
        assert len(both.gone) == 1
        assert list(done) == ["withdraw"]


def test_a_handicap_is_a_tool_that_was_never_there():
    changed, done = shown("handicap:1")
    assert set(changed.gone.values()) == {0}
    assert done == {"handicap": {"gone": changed.gone}}


def test_seats_of_a_role_share_all_but_their_handicap():
    for noise in ("rename_tools:1", "rename_arguments:1", "reword:1", "withdraw:1"):
        assert all(
            shown(noise, seed, player="worker_0") == shown(noise, seed, player="worker_1")
            for seed in range(20)
        )
    pairs = [[shown("handicap:1", s, player=f"worker_{n}") for n in (0, 1)] for s in range(20)]
    assert any(one != other for one, other in pairs)


@pytest.mark.parametrize(
    "name", ["rename_tools", "rename_arguments", "reword", "withdraw", "handicap"]
)
def test_tools_misbehave_at_the_declared_rate(name):
    struck = sum(shown(f"{name}:0.3", seed)[0] is not None for seed in range(2000))
    assert abs(struck / 2000 - 0.3) < 0.05
    assert shown(f"{name}:0") == (None, {})


def test_schedules_over_episodes_hold_for_tools():
    noise = "rename_tools:1(ramp=episodes:0-10)"
    assert shown(noise, episode=0) == (None, {})
    assert shown(noise, episode=10)[0] is not None


def test_models_of_tools_compose():
    both, done = shown("rename_tools:1,rename_arguments:1,reword:1,withdraw:1,handicap:1")
    assert both.names and both.arguments and both.wording and both.order
    assert len(both.gone) == 2
    assert len(done) == 5
