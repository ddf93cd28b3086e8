"""A model behind a server plays as the same player does in this process, whatever it writes."""

import json

import pytest

import webenvs
from tests.players.chat_server import (
    BUSY,
    CUT,
    DROP,
    GARBAGE,
    RATE,
    STALL,
    ChatServer,
    said,
    script,
    scripted,
)
from webenvs import catalog
from webenvs.actions.codec import CODECS
from webenvs.bench.run import Trial, trials
from webenvs.episodes import play
from webenvs.errors import PlayerError, SettingError, UnknownNameError
from webenvs.players.chat_model import ChatModel, checked_sampling, plain_messages, preset
from webenvs.players.endpoint import Endpoint
from webenvs.players.usage import Usage, total
from webenvs.testing import check_player

ME = "researcher_0"
SEARCH = ("search", {"query": "river"})
ANSWER = ("answer", {"text": "Tarn"})


def asked(scenario, server, trial=None, *, pauses=None, timeout=5.0, retries=3, **settings):
    """An episode of a model behind a server, and the model."""
    pause = (lambda seconds: None) if pauses is None else pauses.append
    with Endpoint(server.url, "m", key="", timeout=timeout, retries=retries, pause=pause) as there:
        model = ChatModel(there, **settings)
        trial = trial or trials(scenario, "m", 1, 0)[0]
        return play(scenario, catalog.lineup(model), trial.seed, trial.task), model


def in_order(*choices):
    """A brain that says these one after another, the last one again and again."""
    left = list(choices)
    return lambda body: left.pop(0) if len(left) > 1 else left[0]


@pytest.mark.parametrize("stream", [None, True])
@pytest.mark.parametrize("game", ["solo", "team"])
@pytest.mark.parametrize("player", ["scripted", "oracle", "random"])
def test_native_calls_play_the_very_episode(player, game, stream):
    scenario = catalog.scenario("MultiHop-v0", game=game, noise="mild")
    todo = trials(scenario, player, 4, 3)
    answers, episodes = script(scenario, player, todo)
    with ChatServer(scripted(answers)) as server:
        for trial, episode in zip(todo, episodes, strict=True):
            found, _ = asked(scenario, server, trial, sampling={"stream": stream})
            assert found == episode
    assert all(body["tools"][-1]["type"] == "function" for body in server.bodies)


@pytest.mark.parametrize("codec", CODECS)
def test_text_in_any_codec_plays_the_very_episode(codec):
    scenario = catalog.scenario("MultiHop-v0", game="team", codec=codec)
    todo = trials(scenario, "scripted", 2, 3)
    answers, episodes = script(scenario, "scripted", todo)
    with ChatServer(scripted(answers)) as server:
        found = [asked(scenario, server, trial, text=True)[0] for trial in todo]
    assert found == episodes
    assert all("tools" not in body for body in server.bodies)


def test_text_transcripts_have_roles_that_take_turns():
    entries = [
        {"role": role, "content": content}
        for role, content in [("system", "a"), ("user", "b"), ("assistant", "c"), ("tool", "d")]
    ]
    plain = plain_messages([*entries, {"role": "user", "content": "e"}])
    assert [entry["role"] for entry in plain] == ["system", "user", "assistant", "user"]
    assert plain[-1]["content"] == "d\n\ne"


def test_several_calls_of_a_message_have_results_of_their_own(scenario):
    brain = in_order(said("Both.", [SEARCH, ("search", {"query": "town"})]), said("", [ANSWER]))
    with ChatServer(brain) as server:
        episode, _ = asked(scenario(), server)
    assert len(episode.turns[0].results) == 2
    sent = server.bodies[1]["messages"]
    assert [entry["role"] for entry in sent[2:]] == ["assistant", "tool", "tool"]
    assert [call["id"] for call in sent[2]["tool_calls"]] == [
        entry["tool_call_id"] for entry in sent[3:]
    ]


@pytest.mark.parametrize(
    "calls",
    [
        [("search", '{"query": "riv')],
        [("search", "[1, 2]")],
        [("search", "42")],
        [("", "{}")],
        [("no_such_tool", {})],
        [("search", {"query": ["not", "text"], "more": {}})],
        [("search", "{" * 5000)],
    ],
)
def test_garbage_for_arguments_is_answered_by_the_environment(scenario, calls):
    with ChatServer(in_order(said("", calls), said("", [ANSWER]))) as server:
        episode, _ = asked(scenario(), server)
    assert (episode.end, episode.valid) == ("answered", True)
    told = server.bodies[1]["messages"][-1]
    assert told["role"] in ("tool", "user")
    assert len(told["content"]) > 20
    for entry in server.bodies[1]["messages"]:
        for call in entry.get("tool_calls", ()):
            assert isinstance(json.loads(call["function"]["arguments"]), dict)


@pytest.mark.parametrize(
    "message",
    [
        {"role": "assistant"},
        {"content": None},
        {"content": ""},
        {"content": 7},
        {"content": "\ud800 half", "tool_calls": None},
        {"content": [{"type": "text", "text": "thinking"}]},
        {"content": "x", "tool_calls": "search"},
        {"content": "x", "tool_calls": [None, 3, {}]},
        {"content": "x", "tool_calls": [{"function": "search"}]},
        {"content": "x", "tool_calls": [{"function": {"name": ["a"], "arguments": 3}}]},
        {"content": None, "reasoning_content": "hm", "reasoning": {}},
    ],
)
@pytest.mark.parametrize("text", [False, True])
def test_no_message_of_a_model_raises(scenario, message, text):
    with ChatServer(lambda body: {"message": message, "finish_reason": "stop"}) as server:
        episode, _ = asked(scenario(), server, text=text)
    assert (episode.end, episode.valid) == ("invalid_limit", True)


def test_arguments_may_come_as_an_object(scenario):
    call = {"function": {"name": "answer", "arguments": {"text": "Tarn"}}}
    choice = {"message": {"content": None, "tool_calls": [call]}}
    with ChatServer(lambda body: choice) as server:
        episode, _ = asked(scenario(), server)
    assert episode.answer == "Tarn"


def test_calls_that_the_server_left_in_the_text_are_read_there(scenario):
    text = '<tool_call>{"name": "answer", "arguments": {"text": "Tarn"}}</tool_call>'
    with ChatServer(lambda body: said(text)) as server:
        episode, model = asked(scenario(), server)
    assert episode.answer == "Tarn"
    assert not model.called


def test_reasoning_is_not_sent_back_and_thoughts_are(scenario):
    first = said("<think>deep</think>I search.", [SEARCH], reasoning_content="secret")
    with ChatServer(in_order(first, said("", [ANSWER]))) as server:
        asked(scenario(), server)
    sent = server.bodies[1]["messages"][2]
    assert sent["content"] == "deep\nI search."
    assert "secret" not in json.dumps(server.bodies[1])


def test_a_message_cut_at_its_limit_is_counted_and_answered(scenario):
    cut = said("", [("search", '{"query": "ri')], finish="length")
    with ChatServer(in_order(cut, said("", [ANSWER]))) as server:
        episode, model = asked(scenario(), server)
    assert episode.end == "answered"
    assert model.usage[ME].cut == 1


def test_tokens_are_counted_a_seat_and_an_episode():
    scenario = catalog.scenario("MultiHop-v0", game="team")
    todo = trials(scenario, "oracle", 1, 3)
    answers, _ = script(scenario, "oracle", todo)
    with ChatServer(scripted(answers)) as server:
        episode, model = asked(scenario, server, todo[0])
    used = {seat: usage for seat, usage in model.usage.items() if usage.requests}
    turns = {seat: sum(turn.player == seat for turn in episode.turns) for seat in used}
    assert {seat: usage.requests for seat, usage in used.items()} == turns
    lengths = [len(json.dumps(body["messages"])) // 4 for body in server.bodies]
    assert total(used.values()) == Usage(
        requests=len(lengths),
        prompt=sum(lengths),
        completion=7 * len(lengths),
        cached=sum(length // 2 for length in lengths),
    )


@pytest.mark.parametrize("stream", [None, True])
def test_a_server_that_counts_nothing_is_noted(scenario, stream):
    with ChatServer(lambda body: said("", [ANSWER]), usage=False) as server:
        _, model = asked(scenario(), server, sampling={"stream": stream})
    assert model.usage[ME] == Usage(requests=1, unknown=1)


@pytest.mark.parametrize("stream", [None, True])
@pytest.mark.parametrize("fault", [GARBAGE, BUSY, RATE, CUT, DROP, STALL])
def test_what_passes_is_asked_again_and_changes_nothing(scenario, fault, stream):
    pauses = []
    with ChatServer(lambda body: said("", [ANSWER]), faults=[fault, fault]) as server:
        episode, model = asked(
            scenario(),
            server,
            pauses=pauses,
            timeout=0.2 if fault == STALL else 5.0,
            sampling={"stream": stream},
        )
    assert (episode.end, episode.valid, model.fault) == ("answered", True, None)
    assert pauses == ([3.0, 3.0] if fault == RATE else [0.5, 1.0])
    assert server.bodies[0] == server.bodies[1] == server.bodies[2]


@pytest.mark.parametrize(
    ("always", "fault"),
    [(GARBAGE, "malformed"), (BUSY, "status"), (CUT, "broken"), (DROP, "unreachable")],
)
def test_a_server_that_fails_for_good_ends_the_episode_as_a_real_fault(scenario, always, fault):
    with ChatServer(lambda body: said("", [ANSWER]), always=always) as server:
        episode, model = asked(scenario(), server)
    assert (episode.end, episode.valid, episode.rewards) == ("aborted", False, {})
    assert model.fault.fault == fault
    assert model.fault.passing


def test_a_server_that_dies_in_mid_episode_aborts_it(scenario):
    with ChatServer(in_order(said("", [SEARCH])), faults=["", *[DROP] * 9]) as server:
        episode, _ = asked(scenario(), server)
    assert (len(episode.turns), episode.end, episode.valid) == (1, "aborted", False)


def test_messages_too_long_for_the_model_are_its_own_limit(scenario):
    told = (400, b"This model's maximum context length is 4096 tokens.")
    with ChatServer(lambda body: said("", [SEARCH]), faults=["", *[told] * 9]) as server:
        episode, model = asked(scenario(), server)
    assert (episode.end, episode.valid) == ("invalid_limit", True)
    assert model.usage[ME].too_long > 0


def test_a_server_without_tools_is_told_the_way_out(scenario):
    told = (400, b'"auto" tool choice requires --enable-auto-tool-choice to be set')
    with ChatServer(lambda body: said(), always=told) as server:
        episode, model = asked(scenario(), server)
        assert "--text" in str(model.fault)
        _, text_model = asked(scenario(), server, text=True)
    assert not episode.valid
    assert "--text" not in str(text_model.fault)


def test_a_model_at_another_seat_plays_with_the_caller():
    scenario = catalog.scenario("MultiHop-v0", game="team")
    trial = trials(scenario, "oracle", 1, 3)[0]
    answers, (episode,) = script(scenario, "oracle", [trial])
    with ChatServer(scripted(answers)) as server, Endpoint(server.url, "m", key="") as there:
        env = webenvs.tool_env("MultiHop-v0", seat="planner", players={"worker": ChatModel(there)})
        env.reset(seed=trial.seed, task_id=trial.task)
        oracle = catalog.lineup("oracle").sit(env.players, env.session.task, trial.seed)
        while not env.over:
            env.send(oracle[env.player](env.session.observe(env.player), env.info()))
        assert env.episode() == episode


def test_a_model_whose_server_is_gone_ends_the_episode_of_the_caller():
    with Endpoint("http://127.0.0.1:9/v1", "m", key="", retries=0, timeout=0.5) as there:
        env = webenvs.tool_env("MultiHop-v0", seat="planner", players={"worker": ChatModel(there)})
        env.reset(seed=0)
        outcome = env.call("delegate", {"task": "find it"})
        assert (outcome.end, outcome.valid, outcome.truncated) == ("aborted", False, True)
        assert "cannot be reached" in env.info()["fault"]


def test_a_model_keeps_the_contract_of_players():
    scenario = catalog.scenario("MultiHop-v0")
    answers = {}
    for seed in (0, 1, 2):
        task = scenario.tasks.draw(seed, scenario.split)
        trial = Trial(player="scripted", task=task.id, seed=seed, repeat=0)
        answers |= script(scenario, "scripted", [trial])[0]
    with ChatServer(scripted(answers)) as server, Endpoint(server.url, "m", key="") as there:
        check_player(ChatModel(there))


def test_what_a_model_has_taken_is_saved(scenario):
    with ChatServer(lambda body: said("", [ANSWER])) as server, Endpoint(server.url, "m") as there:
        model, other = ChatModel(there), ChatModel(there)
        play(scenario(), catalog.lineup(model), 0)
        other.restore(json.loads(json.dumps(model.snapshot())))
        assert other.usage == model.usage
        with pytest.raises(ValueError, match="requests"):
            other.restore({ME: {"requests": "many"}})


def test_a_native_player_without_native_chat_says_so():
    model = ChatModel(Endpoint("http://127.0.0.1:9/v1", "m", key=""))
    with pytest.raises(PlayerError, match="native chat"):
        model({"text": "", "turn": 0}, {"player": ME, "messages": (), "tools": ()})


def test_sampling_goes_into_every_request(scenario):
    sampling = {**preset("vllm"), "temperature": 0.2, "seed": None, "max_tokens": 9}
    with ChatServer(lambda body: said("", [ANSWER])) as server:
        asked(scenario(), server, sampling=sampling)
    rest = {k: v for k, v in server.bodies[0].items() if k not in ("model", "messages", "tools")}
    assert rest == {
        "return_token_ids": True,
        "logprobs": True,
        "temperature": 0.2,
        "max_tokens": 9,
    }


def test_a_stream_tells_its_tokens_unless_that_is_left_out():
    assert checked_sampling({"stream": True})["stream_options"] == {"include_usage": True}
    assert checked_sampling({"stream": True, "stream_options": None}) == {"stream": True}


def test_sampling_of_the_players_own_fields_is_refused():
    with pytest.raises(SettingError, match="messages"):
        checked_sampling({"messages": []})


def test_an_unknown_preset_is_told_with_the_nearest():
    with pytest.raises(UnknownNameError, match="Did you mean 'vllm'"):
        preset("vlm")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_json_cannot_say_is_refused_by_name(value):
    with pytest.raises(SettingError, match=r"temperature = .* is not allowed: .* finite"):
        checked_sampling({"temperature": value})
