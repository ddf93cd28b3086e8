"""Noise that can fall on nothing in a game is refused where it was asked for by name."""

import pytest

import webenvs
from webenvs.errors import SettingError, UnknownNameError

HITS = {"drop", "swap", "cut_snippet"}
"""What of the mild preset falls on search results."""


def noises(env, **settings):
    return [noise.name for noise in webenvs.scenario(env, **settings).web.mixture.noises]


def test_a_role_that_the_game_has_not_is_told_with_the_nearest():
    with pytest.raises(
        UnknownNameError, match=r"no role or tool 'wroker' for noise 'timeout'.*'worker'"
    ):
        noises("MultiHop-v0", game="team", noise="timeout:0.1@wroker")
    with pytest.raises(UnknownNameError, match="There is no role or tool 'worker'"):
        noises("MultiHop-v0", noise="mild@worker")


def test_a_tool_that_the_role_has_not_is_told_with_those_it_has():
    words = "tool of noise 'timeout' = 'search' .*a web tool that walker has: .*click"
    with pytest.raises(SettingError, match=words):
        noises("WebWalk-v0", noise="timeout:0.1@walker/search")


def test_a_role_without_web_tools_cannot_be_disturbed_unless_it_is_given_some():
    with pytest.raises(SettingError, match=r"can fall on nothing here.* by planner"):
        noises("MultiHop-v0", game="team", noise="timeout:0.1@planner")
    given = {"game": "team", "planner_web": ("search",)}
    assert noises("MultiHop-v0", **given, noise="timeout:0.1@planner") == ["timeout"]


def test_a_tool_that_no_role_has_is_refused():
    with pytest.raises(SettingError, match="'drop' can fall on nothing here: it disturbs search"):
        noises("WebWalk-v0", noise="drop:0.1@search")


@pytest.mark.parametrize("form", [str, lambda text: [text]])
def test_what_has_no_strength_is_checked_as_well(form):
    with pytest.raises(UnknownNameError, match="no role or tool 'wroker' for noise"):
        noises("MultiHop-v0", noise=form("timeout:0@wroker"))
    with pytest.raises(SettingError, match="tool of noise 'timeout' = 'search'"):
        noises("WebWalk-v0", noise=form("timeout:0@walker/search"))
    assert noises("MultiHop-v0", noise=form("timeout:0,drop:0@search,cut_report:0")) == []


def test_records_do_not_tell_of_noise_in_a_list_that_has_no_strength():
    drop = {"name": "drop", "strength": 0.2}
    scenario = webenvs.scenario("MultiHop-v0", noise=[{"name": "timeout", "strength": 0}, drop])
    assert scenario.settings == {"noise": [drop]}
    assert webenvs.scenario("MultiHop-v0", noise=["timeout:0"]).settings == {}


def test_what_names_no_target_is_left_out_where_it_fits_nothing():
    assert noises("WebWalk-v0", noise="drop:0.1,timeout:0.1") == ["timeout"]
    whole = noises("MultiHop-v0", noise="mild")
    assert noises("WebWalk-v0", noise="mild") == [n for n in whole if n not in HITS]
    assert set(whole) & HITS


def test_a_role_is_disturbed_alone():
    from webenvs.envs.session import Session
    from webenvs.players.message import say

    settings = {"game": "team", "planner_web": ("search",)}
    scenario = webenvs.scenario("MultiHop-v0", **settings, noise="timeout:1@worker")
    session = Session(scenario, scenario.tasks.draw(0, "train"), 0)
    turn = session.act(
        {
            "calls": [
                {"name": "search", "arguments": {"query": "river"}},
                {"name": "delegate", "arguments": {"task": "a"}},
            ]
        }
    )
    assert turn.results[0].status == "ok"
    assert session.act(say("search", query="river")).results[0].status == "timeout"


def test_a_misspelled_tool_behind_a_noise_is_told_with_the_nearest_tool():
    with pytest.raises(UnknownNameError, match=r"'serch' for noise 'drop'.*mean 'search'"):
        webenvs.scenario("MultiHop-v0", noise="drop:0.1@serch")
