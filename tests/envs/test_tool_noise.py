"""Episodes in which tools have other names, other words, or are missing."""

import dataclasses
import json
import re

import pytest
from msgspec.structs import replace

from webenvs import catalog, seeding
from webenvs.actions.codec import CODECS
from webenvs.envs.game import DELEGATE
from webenvs.envs.parallel import ParallelTeamEnv
from webenvs.envs.session import Session
from webenvs.envs.team import TeamEnv
from webenvs.episodes import play, read_episodes, replay, write_episodes
from webenvs.noise.toolset import NAMES
from webenvs.players.message import close, request, say, say_all
from webenvs.records import MALFORMED, Message, Result
from webenvs.testing import check_aec, check_faces_agree, check_parallel

ME = "researcher_0"
RENAMED = "rename_tools:1,rename_arguments:1"
EVERYTHING = f"{RENAMED},reword:0.5,withdraw:0.7,handicap:0.5,timeout:0.2"
TEAM_NOISE = f"{EVERYTHING},cut_report:0.3,delay_report:0.4,lose_report:0.3,fail_worker:0.2"


def functions(session, player=ME):
    return [tool["function"] for tool in session.info(player)["tools"]]


def names(session, player=ME):
    return [function["name"] for function in functions(session, player)]


def shown(session, true, frame=0):
    """The name by which the player of a frame knows a tool."""
    return session.state.frames[frame].toolset.names[true]


def argument(session, true, name, frame=0):
    return session.state.frames[frame].toolset.arguments[true][name]


def text(session, player=ME):
    return session.observe(player)["text"]


def system(session, player=ME):
    return session.info(player)["messages"][0]["content"]


def able(observation, info):
    """Calls whatever its prompt lists with arguments of the right kind; closes after a while.

    It does not mind what `info` says of its tools later, and so calls some that are withdrawn.
    """
    key = (info["player"], observation["text"], observation["turn"])
    if info["closing"] or observation["turn"] >= 6 or seeding.uniform(*key) < 0.1:
        return close(info, f"It is Tarn, as asked in {request(info)}")
    listing = info["messages"][0]["content"].split("\n- ")[1:-1]
    calls = []
    for number in range(1 + seeding.integer(3, *key, "calls")):
        tool = seeding.choice(listing, *key, number)
        words = [*re.findall(r"https://\S+", observation["text"]), "river", "Alba"]
        values = {"integer": 1, "string": seeding.choice(words, *key, number, "word")}
        kinds = re.findall(r"^    (\w+) \((integer|string)", tool, re.MULTILINE)
        arguments = {name: values[kind] for name, kind in kinds}
        calls.append((tool.partition("(")[0], arguments))
    return say_all(tuple(calls))


def test_a_renamed_tool_is_called_by_its_shown_name_and_recorded_by_both(begin):
    session = begin(noise=RENAMED)
    name, query = shown(session, "search"), argument(session, "search", "query")
    turn = session.act(say(name, **{query: "river"}))
    assert (turn.calls[0].tool, turn.calls[0].arguments) == (name, {query: "river"})
    (result,) = turn.results
    assert (result.tool, result.status, result.urls[0]) == (
        "search",
        "ok",
        "https://small.example/alba",
    )
    assert text(session).startswith(f"[{name}] 1. Alba\n")
    assert session.info(ME)["statuses"] == ("ok",)


def test_what_the_web_answers_does_not_depend_on_the_names(begin):
    """The draws of other noise are keyed by true names."""
    plain, renamed = (begin(noise=f"timeout:0.5{more}") for more in ("", f",{RENAMED}"))
    name, query = shown(renamed, "search"), argument(renamed, "search", "query")
    for number in range(12):
        one = plain.act(say("search", query=f"river {number}")).results[0]
        other = renamed.act(say(name, **{query: f"river {number}"})).results[0]
        assert one == other
    assert plain.state.occurrences == renamed.state.occurrences


def test_only_the_shown_names_are_told(begin):
    session = begin(noise=RENAMED, calls={"search": 3, "fetch": 2})
    told = session.state.frames[0].toolset.names
    assert names(session) == [told[name] for name in ("search", "fetch", "click", "find")] + [
        "answer"
    ]
    for function in functions(session):
        assert f"- {function['name']}(" in system(session)
    assert f"3 calls of {told['search']}" in system(session)
    assert not re.search(r"\b(search|fetch|click|find)\(|calls of (search|fetch)", system(session))
    for true, others in NAMES.items():
        for name in set(others) - set(told.values()):
            assert f"- {name}(" not in system(session), true


def test_a_true_name_that_is_not_shown_is_an_unknown_tool(begin):
    session = begin(noise="rename_tools:1@search")
    turn = session.act(say("search", query="river"))
    assert turn.results[0].status == "unknown_tool"
    assert text(session).startswith("[search] There is no tool 'search'.")
    assert f"Your tools: {', '.join(names(session))}." in text(session)
    assert session.info(ME)["errors"] == ("policy_error",)
    assert session.info(ME)["budget"]["invalid"] == 2


def test_the_nearest_shown_name_is_named(begin):
    session = begin(noise="rename_tools:1@search")
    name = shown(session, "search")
    session.act(say(name[:-1] + "x", query="river"))
    assert f"Did you mean '{name}'?" in text(session)


def test_a_true_argument_that_is_not_shown_is_explained_in_shown_names(begin):
    session = begin(noise=RENAMED)
    name, query = shown(session, "search"), argument(session, "search", "query")
    turn = session.act(say(name, query="river"))
    (result,) = turn.results
    assert (result.tool, result.status) == ("search", "invalid_arguments")
    assert f'{name} needs the argument "{query}"' in text(session)
    assert f'{name} has no argument "query"' in text(session)
    assert f'"name":"{name}"' in text(session)
    assert text(session).startswith(f"[{name}] ")


def test_budgets_count_and_tell_shown_names(begin):
    session = begin(noise=RENAMED, calls={"search": 1})
    name, query = shown(session, "search"), argument(session, "search", "query")
    assert session.info(ME)["budget"][name] == 1
    session.act(say(name, **{query: "river"}))
    assert session.info(ME)["budget"][name] == 0
    assert "search" not in session.info(ME)["budget"]
    session.act(say(name, **{query: "town"}))
    assert text(session) == f"[{name}] Not executed: all 1 calls of {name} are used."


def test_a_repeated_call_is_a_duplicate_under_its_shown_name(begin):
    session = begin(noise=RENAMED)
    name, query = shown(session, "search"), argument(session, "search", "query")
    for words in ("river", "  river "):
        turn = session.act(say(name, **{query: words}))
    assert turn.results[0].status == "duplicate"
    assert text(session).startswith(f"[{name}] You made this call before.")


def test_pages_open_and_links_are_followed_under_other_names(begin, site):
    session = begin(noise=RENAMED)
    url, link = argument(session, "fetch", "url"), argument(session, "click", "link")
    page = argument(session, "fetch", "page")
    word = argument(session, "find", "text")
    session.act(say(shown(session, "fetch"), **{url: site("alba"), page: 1}))
    session.act(say(shown(session, "click"), **{link: 1}))
    assert session.state.frames[0].view.url == site("brena")
    turn = session.act(say(shown(session, "find"), **{word: "mayor"}))
    assert [turn.results[0].tool, turn.results[0].status] == ["find", "ok"]


@pytest.mark.parametrize("codec", CODECS)
def test_every_codec_writes_and_reads_the_shown_names(begin, codec):
    session = begin(noise=RENAMED, codec=codec, turns=20)
    assert names(session)[0] in system(session)
    kit = session.scenario.kit("researcher", session.state.frames[0].toolset)
    name, query = shown(session, "search"), argument(session, "search", "query")
    said = CODECS[codec].parse({"calls": [{"name": name, "arguments": {query: "river"}}]}, ())
    written = CODECS[codec].format(Message(thought="so", calls=said.calls), kit.tools)
    turn = session.act(written)
    assert turn.message == written
    assert [result.status for result in turn.results] == ["ok"]
    for tool in kit.tools[:-1]:
        (result,) = session.act(CODECS[codec].example(tool)).results
        assert (result.tool, result.status in MALFORMED) == (kit.true(tool.name), False)
    session.act("no call at all")
    assert name in text(session)


def test_other_words_and_another_order_reach_prompt_and_schemas(begin):
    for seed in range(8):
        session = begin(noise="reword:1", seed=seed)
        toolset = session.state.frames[0].toolset
        assert names(session) == [*toolset.order, "answer"]
        for function in functions(session)[:-1]:
            assert function["description"] == toolset.wording[function["name"]]
        places = [system(session).index(f"- {name}(") for name in names(session)]
        assert places == sorted(places)


def test_a_withdrawn_tool_is_there_until_its_turn_and_then_gone(begin):
    session = begin(noise="withdraw:1(turn=2)@search", calls={"search": 5})
    first = system(session)
    assert names(session)[0] == "search"
    for number in range(2):
        turn = session.act(say("search", query=f"river {number}"))
        assert turn.results[0].status == "ok"
    assert names(session) == ["fetch", "click", "find", "answer"]
    assert "search" not in session.info(ME)["budget"]
    (result,) = session.act(say("search", query="river 0")).results
    assert (result.status, result.error, result.executed) == ("withdrawn", "env_error", False)
    assert text(session) == (
        "[search] The tool search is no longer available. Your tools: fetch, click, find, answer."
    )
    assert session.state.frames[0].counts == {"search": 2}
    assert session.info(ME)["budget"]["invalid"] == 3, "it was not written wrong"
    assert session.info(ME)["errors"] == ("env_error",)
    assert session.noise(ME) == [
        {
            "call": "2.1",
            "tool": "search",
            "name": "withdraw",
            "detail": {"gone": {"search": 2}},
        }
    ]
    assert system(session) == first, "transcripts only grow"


def test_a_withdrawn_tool_is_no_longer_the_example_or_the_nearest_name(begin):
    session = begin(noise="withdraw:1(turn=1)@search")
    session.act("hm")
    assert '"name":"fetch"' in text(session)
    session.act(say("serch", query="river"))
    assert "Did you mean 'search'" not in text(session)
    assert "Your tools: fetch, click, find, answer." in text(session)


def test_a_withdrawn_tool_under_another_name_is_withdrawn_under_that(begin):
    session = begin(noise="withdraw:1(turn=1)@search,rename_tools:1@search")
    name = shown(session, "search")
    session.act(say("find", text="x"))
    assert name not in names(session)
    (result,) = session.act(say(name, query="river")).results
    assert (result.tool, result.status, result.noise) == ("search", "withdrawn", ("withdraw",))
    assert text(session).startswith(f"[{name}] The tool {name} is no longer available.")


def test_several_calls_of_one_message_each_have_their_own_result(begin, site):
    session = begin(noise="withdraw:1(turn=1)@search")
    session.act(say("find", text="x"))
    calls = (("search", {"query": "river"}), ("fetch", {"url": site("alba")}))
    assert [r.status for r in session.act(say_all(calls)).results] == ["withdrawn", "ok"]


def test_a_seat_with_a_handicap_was_never_told_of_the_tool(begin):
    session = begin(noise="handicap:1@find", calls={"find": 3})
    assert names(session) == ["search", "fetch", "click", "answer"]
    assert "find" not in system(session).replace("find out", "")
    assert "find" not in session.info(ME)["budget"]
    turn = session.act(say("find", text="x"))
    assert turn.results[0].status == "unknown_tool"


def test_workers_differ_by_their_handicap_and_share_the_rest(begin):
    found = set()
    for seed in range(20):
        session = begin(game="team", noise=f"{RENAMED},handicap:1", seed=seed)
        session.act(say_all((("delegate", {"task": "A"}), ("delegate", {"task": "B"}))))
        one, two = (session.state.frames[place].toolset for place in (1, 2))
        assert (one.names, one.arguments) == (two.names, two.arguments)
        assert len(names(session, "worker_0")) == len(names(session, "worker_1")) == 4
        found.add(one.gone == two.gone)
    assert found == {True, False}


def test_a_player_without_a_frame_is_told_the_tools_it_will_have(begin):
    session = begin(game="team", noise=f"{EVERYTHING}")
    before = names(session, "worker_1")
    assert before != names(begin(game="team"), "worker_1")
    session.act(say_all((("delegate", {"task": "A"}), ("delegate", {"task": "B"}))))
    assert names(session, "worker_1") == before


def test_what_was_done_to_tools_is_in_the_record_and_beside_the_first_observation(begin):
    session = begin(noise="rename_tools:1@search,withdraw:1(turn=3)@fetch")
    told = session.noise(ME)
    assert [(entry["name"], entry["call"], entry["tool"]) for entry in told] == [
        ("rename_tools", "", ""),
        ("withdraw", "", ""),
    ]
    assert told[1]["detail"] == {"gone": {"fetch": 3}}
    session.act(say("find", text="x"))
    assert session.noise(ME) == []
    told[1]["detail"]["gone"]["fetch"] = 0
    (frame,) = session.episode().frames
    assert frame.noise == ("rename_tools", "withdraw")
    assert frame.details["rename_tools"]["names"] == {"search": shown(session, "search")}
    assert frame.details["withdraw"] == {"gone": {"fetch": 3}}, "infos are copies"


@pytest.mark.parametrize("game", ["solo", "team"])
def test_tool_noise_of_strength_zero_changes_nothing(scenario, game):
    zero = ",".join(
        f"{name}:0"
        for name in ("rename_tools", "rename_arguments", "reword", "withdraw", "handicap")
    )
    lineup = catalog.lineup(able)
    for seed in range(10):
        one, other = (play(scenario(game=game, noise=n), lineup, seed) for n in ("none", zero))
        assert (one.turns, one.frames) == (other.turns, other.frames)


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("game", ["solo", "team"])
def test_episodes_replay_byte_for_byte(scenario, game, codec, tmp_path):
    noise = TEAM_NOISE if game == "team" else EVERYTHING
    made = scenario(game=game, noise=noise, codec=codec)
    played = [play(made, catalog.lineup(able), seed) for seed in range(6)]
    write_episodes(tmp_path / "noisy.jsonl", played)
    again = read_episodes(tmp_path / "noisy.jsonl")
    assert again == played
    for episode in again:
        assert replay(episode, scenario(game=game, noise=noise, codec=codec)) is None
    statuses = {r.status for e in played for turn in e.turns for r in turn.results}
    assert statuses >= {"ok", "withdrawn"}


def test_both_faces_of_a_team_agree_turn_for_turn(scenario):
    made = scenario(game="team", noise=TEAM_NOISE, workers=3)
    check_faces_agree(TeamEnv(made), ParallelTeamEnv(made), players=able, seeds=range(12))


def test_the_pettingzoo_faces_keep_their_contract(scenario):
    made = scenario(game="team", noise=TEAM_NOISE)
    check_aec(lambda render_mode=None: TeamEnv(made, render_mode), seeds=(0,))
    check_parallel(lambda render_mode=None: ParallelTeamEnv(made, render_mode), seeds=(0,))


@pytest.mark.parametrize("seed", range(4))
def test_a_session_can_be_saved_and_forked_at_every_message(begin, seed):
    session = begin(game="team", noise=TEAM_NOISE, seed=seed)
    branches = []
    while session.to_act:
        saved = json.loads(json.dumps(session.snapshot()))
        other = begin(game="team", noise=TEAM_NOISE, seed=99, task=1)
        other.restore(saved)
        branches += [other, session.fork()]
        player = session.to_act[0]
        session.act(able(session.observe(player), session.info(player)))
    for branch in branches:
        while branch.to_act:
            player = branch.to_act[0]
            branch.act(able(branch.observe(player), branch.info(player)))
        assert branch.episode() == session.episode()


def test_a_restored_session_tells_the_tools_of_the_restored_episode(begin):
    one, other = begin(noise=RENAMED, seed=1), begin(noise=RENAMED, seed=2)
    assert names(one) != names(other)
    other.restore(one.snapshot())
    assert names(one) == names(other)


def test_the_tools_of_a_walk_are_renamed_and_withdrawn_too():
    made = catalog.scenario("WebWalk-v0", noise=f"{RENAMED},withdraw:1(turn=2)@read")
    session = Session(made, made.tasks.draw(0, "train"), 0)
    walker = "walker_0"
    toolset = session.state.frames[0].toolset
    assert [toolset.names[name] for name in ("click", "back", "read")] == names(session, walker)[:3]
    assert "[start] " in text(session, walker)
    assert f"calls of {toolset.names['click']}" in system(session, walker)
    link = argument(session, "click", "link")
    assert session.act(say(shown(session, "click"), **{link: 0})).results[0].tool == "click"
    assert session.info(walker)["budget"][shown(session, "click")] == 14
    assert session.act(say(shown(session, "back"))).results[0].tool == "back"
    assert session.act(say(shown(session, "read"))).results[0].status == "withdrawn"


def test_a_team_of_walkers_plays_and_replays_under_noise():
    made = catalog.scenario("WebWalk-v0", game="walk-team", noise=TEAM_NOISE)
    for seed in range(6):
        episode = play(made, catalog.lineup(able), seed)
        assert replay(episode, made) is None


def test_a_web_tool_never_goes_by_the_name_of_another_tool_of_the_game(scenario):
    base = scenario(game="team", noise="rename_tools:1@worker/search")
    planner, worker = base.game.roles
    named = [replace(DELEGATE, name=name) for name in NAMES["search"][1:]]
    planner = replace(
        planner,
        delegate_tools=tuple(named),
        delegates={tool.name: "worker" for tool in named},
    )
    made = dataclasses.replace(base, game=replace(base.game, roles=(planner, worker)))
    for seed in range(20):
        session = Session(made, made.tasks.tasks[0], seed)
        assert names(session, "worker_0")[0] == NAMES["search"][0]


OWN = """
from webenvs.noise.model import Toolset
from webenvs.records import Record


class Tables(Record, frozen=True, kw_only=True):
    def tools(self, draw, tools, shown, desk):
        return Toolset(layout="table"), {}
"""


def test_the_web_is_told_how_a_frame_wants_its_hits_written(scenario, tmp_path, monkeypatch):
    (tmp_path / "own_toolset_for_tests.py").write_text(OWN)
    monkeypatch.syspath_prepend(tmp_path)
    base = scenario(noise="own_toolset_for_tests:Tables:1")
    heard = []

    class Listener:
        mixture, canonical = base.web.mixture, base.web.canonical
        corpus = base.web.corpus

        def call(self, call, view, scene, occurrence):
            heard.append(scene.layout)
            return Result(call=call.id, tool=call.tool, status="ok", content="x"), view

    session = Session(dataclasses.replace(base, web=Listener()), base.tasks.tasks[0], 0)
    session.act(say("search", query="river"))
    assert heard == ["table"]


def test_kits_are_made_once(begin):
    one, other = begin(noise="rename_tools:1"), begin(noise="rename_tools:1")
    made = one.scenario
    toolset = one.state.frames[0].toolset
    assert made.kit("researcher", toolset) is made.kit("researcher", other.state.frames[0].toolset)
    assert made.kit("researcher") is made.kits["researcher"]
