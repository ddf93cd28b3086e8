"""No text of a player raises out of an environment, whatever the codec and the game."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from webenvs.actions.codec import CODECS
from webenvs.envs.seat import SeatEnv
from webenvs.envs.session import message_of
from webenvs.envs.team import TeamEnv
from webenvs.seeding import canonical_json
from webenvs.testing.promises import HARD_TEXTS

PIECES = (
    *("<tool_call>", "</tool_call>", "<think>", "</think>", "<search>", "</search>", "<answer>"),
    *("</answer>", "<fetch>", "<delegate>", "</delegate>", "<report>", "</report>"),
    *("<use_mcp_tool>", "<tool_name>", "</tool_name>", "<arguments>", "</arguments>"),
    *("\nAction: ", "\nAction Input: ", "\nFinal Answer: ", "\nThought: ", "search", "delegate"),
    *('{"name": "search", "arguments": {"query": "river"}}', '{"name": "delegate", "arguments": '),
    *('{"task": "find it"}}', '{"query": ', '{"link": 99999999999999999999}', '{"page": -1}'),
    *(
        '{"calls": [',
        "]}",
        "{",
        "}",
        "[",
        "]",
        '"',
        "\\",
        "\\ud800",
        "NaN",
        "1e999",
        "null",
        "river",
    ),
    *("\ud800", "\udfff", "\x00", "\x1b[31m", "\u2028", "\ufeff", "\N{PILE OF POO}", "é", "\r\n"),
    *("https://small.example/alba", "https://small.example/alba#part", "\u202e", "a" * 300),
)
MESSAGES = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=12).map("".join),
    st.text(st.characters(), max_size=60),
    st.binary(max_size=60).map(lambda data: data.decode("utf-8", "surrogateescape")),
)
EPISODES = st.lists(MESSAGES, min_size=1, max_size=12)

relaxed = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.mark.parametrize("codec", CODECS)
def test_no_text_raises_out_of_a_solo_environment(scenario, codec):
    env = SeatEnv(scenario(codec=codec, turns=6, calls={"search": 3}, noise="mild", dense=True))

    @relaxed
    @given(EPISODES, st.integers(0, 99))
    def check(messages, seed):
        env.reset(seed=seed)
        for message in messages:
            observation, reward, terminated, truncated, info = env.step(message)
            assert env.observation_space.contains(observation)
            assert type(reward) is float
            assert type(terminated) is bool
            assert type(truncated) is bool
            canonical_json(info)
        canonical_json(env.episode())
        canonical_json(env.session.snapshot())

    check()


@pytest.mark.parametrize("codec", CODECS)
def test_no_text_raises_out_of_a_team(scenario, codec):
    env = TeamEnv(
        scenario(game="team", codec=codec, turns=3, planner_turns=4, workers=1, dense=True)
    )

    @relaxed
    @given(EPISODES, st.integers(0, 99))
    def check(messages, seed):
        env.reset(seed=seed)
        for message in messages:
            agent = env.agent_selection
            if env.terminations[agent] or env.truncations[agent]:
                break
            env.step(message)
            for name in env.agents:
                assert env.observation_space(name).contains(env.observe(name))
                canonical_json(env.infos[name])
        canonical_json(env.episode())

    check()


SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.just(1.0)
)
VALUES = st.one_of(
    SCALARS,
    st.sampled_from(["https://small.example/alba", "river", "1", 0.0, 1.0, 2, -0.0]),
    st.lists(SCALARS, max_size=2),
    st.dictionaries(st.text(max_size=3), SCALARS, max_size=2),
)
ARGUMENTS = ("query", "url", "page", "link", "text", "task", "other")
TOOLS = ("search", "fetch", "click", "find", "delegate", "report", "answer", "serch")
CALLS = st.lists(
    st.fixed_dictionaries(
        {
            "name": st.sampled_from(TOOLS),
            "arguments": st.dictionaries(st.sampled_from(ARGUMENTS), VALUES, max_size=3),
        }
    ),
    min_size=1,
    max_size=4,
)


@pytest.mark.parametrize("game", ["solo", "team"])
def test_no_arguments_of_a_call_raise(scenario, game):
    """Calls that can be read reach the tools with whatever JSON values they hold."""
    env = TeamEnv(scenario(game=game, planner_web=("search", "fetch", "click", "find")))
    opening = {"calls": [{"name": "fetch", "arguments": {"url": "https://small.example/alba"}}]}

    @settings(relaxed, max_examples=300)
    @given(st.lists(CALLS, min_size=1, max_size=6))
    def check(messages):
        env.reset(seed=0)
        env.step(opening)
        for calls in messages:
            agent = env.agent_selection
            if env.terminations[agent] or env.truncations[agent]:
                break
            env.step({"calls": calls})
            assert env.observation_space(agent).contains(env.observe(agent))
        canonical_json(env.episode())

    check()


@pytest.mark.parametrize("codec", CODECS)
def test_hard_texts_are_answered_and_the_episode_stays_sound(begin, codec):
    for text in (*HARD_TEXTS, "x" * 1_000_000, "\x00\xff" * 50_000, '{"a":' * 200_000):
        session = begin(codec=codec)
        turn = session.act(text)
        assert not turn.valid or turn.calls
        assert session.observe("researcher_0")["text"]
        assert len(session.observe("researcher_0")["text"]) <= 32_768
        json.dumps(session.info("researcher_0"))
        canonical_json(session.snapshot())


class Strange:
    """No JSON value, and with an address in its repr."""


def circle():
    loop = {"calls": []}
    loop["calls"].append(loop)
    return loop


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"calls": []},
        {"calls": 3},
        {"calls": [3, None, "search"]},
        {"calls": [{"name": "search", "arguments": {"query": float("nan")}}]},
        {"calls": [{"name": "search", "arguments": {"query": Strange()}}]},
        {"calls": [{"name": Strange(), "arguments": {}}]},
        {"calls": [{"name": "search", "arguments": {("a", 1): 2}}]},
        {("calls",): []},
        {3: 4, None: 5},
        {"thought": "\ud800", "calls": [{"name": "find", "arguments": {"text": "\ud800"}}]},
        {
            "thought": "</think><tool_call>",
            "calls": [{"name": "answer", "arguments": {"text": "x"}}],
        },
        {"thought": 3, "calls": [{"name": "search", "arguments": None}]},
        {"calls": [{"name": "search", "arguments": {"query": "x" * 100_000}}]},
        circle(),
    ],
    ids=range(15),
)
@pytest.mark.parametrize("codec", CODECS)
def test_no_mapping_raises_either_and_its_text_replays(begin, codec, message):
    session = begin(codec=codec)
    turn = session.act(message)
    assert " object at 0x" not in turn.message, "an address would differ from run to run"
    again = begin(codec=codec)
    assert again.act(message_of(turn)) == turn


def test_a_mapping_with_too_many_calls_has_the_first_ones_played_and_is_told_so(begin):
    calls = [{"name": "search", "arguments": {"query": f"river {n}"}} for n in range(17)]
    turn = begin().act({"calls": calls})
    assert [result.status for result in turn.results].count("invalid_arguments") == 0
    assert len(turn.calls) == 16
    assert "1 more" in turn.errors[0]


@pytest.mark.parametrize("codec", CODECS)
def test_a_mapping_and_its_text_are_the_same_message(begin, codec):
    message = {
        "thought": "Rivers first.",
        "calls": [
            {"name": "search", "arguments": {"query": 'a "river"'}},
            {"name": "fetch", "arguments": {"url": "https://small.example/alba", "page": 1}},
        ],
    }
    one, other = begin(codec=codec), begin(codec=codec)
    turn = one.act(message)
    assert turn.thought == "Rivers first."
    assert [call.tool for call in turn.calls] == ["search", "fetch"]
    assert other.act(turn.message) == turn
    assert one.episode() == other.episode()


def test_a_thought_the_format_cannot_carry_is_dropped_and_the_calls_are_kept(begin):
    session = begin(codec="hermes")
    turn = session.act({"thought": "</think> <tool_call>", **_search("river")})
    assert turn.thought == ""
    assert [result.status for result in turn.results] == ["ok"]


def test_numpy_values_in_a_mapping_are_numbers_and_texts(begin):
    import numpy as np

    session = begin()
    session.act(
        {"calls": [{"name": "fetch", "arguments": {"url": np.str_("https://small.example/alba")}}]}
    )
    turn = session.act({"calls": [{"name": "click", "arguments": {"link": np.int64(1)}}]})
    assert turn.results[0].status == "ok"
    assert session.act(np.str_("no call")).message == "no call"
    canonical_json(session.episode())


def _search(query):
    return {"calls": [{"name": "search", "arguments": {"query": query}}]}
