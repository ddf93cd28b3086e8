"""ToolEnv: tools as functions, one seat or all, equal to the other faces, harmless to misuse."""

import gymnasium as gym
import pytest

import webenvs
from webenvs.envs.tooling.tool_env import one_seat
from webenvs.errors import SettingError, UnknownNameError


def play_oracle(env, player="oracle"):
    """Play an episode of all seats with named players; returns what each was paid."""
    lineup = webenvs.lineup(player, env.scenario.game)
    seated = lineup.sit(env.players, env.session.task, env.session.state.seed)
    paid = dict.fromkeys(env.players, 0.0)
    while not env.over:
        due = env.player
        message = seated[due](env.session.observe(due), env.info(due))
        paid[due] += env.send(message, due).reward
    for name in env.players:
        paid[name] += env.outcome(name).reward
    return paid


def test_calls_are_those_of_the_gymnasium_face():
    tools, text = webenvs.tool_env("MultiHop-v0"), gym.make("webenvs/MultiHop-v0")
    first = tools.reset(seed=7)
    observation, _ = text.reset(seed=7)
    assert first == observation["text"]
    outcome = tools.call("search", {"query": "river"})
    message = {"calls": [{"name": "search", "arguments": {"query": "river"}}]}
    observation, reward, _, _, info = text.step(message)
    assert (outcome.text, outcome.reward, outcome.done) == (observation["text"], reward, False)
    assert outcome.statuses == info["statuses"]
    assert tools.messages() == list(info["messages"])


def test_text_and_calls_are_one_game():
    env = webenvs.tool_env("MultiHop-v0")
    env.reset(seed=3)
    called = env.call("search", {"query": "lake"}).text
    env.reset(seed=3)
    text = '<tool_call>{"name": "search", "arguments": {"query": "lake"}}</tool_call>'
    assert env.send(text).text == called


def test_several_calls_are_one_message():
    env = webenvs.tool_env("MultiHop-v0")
    env.reset(seed=3)
    env.act([("search", {"query": "lake"}), ("search", {"query": "river"})])
    assert len(env.session.state.turns) == 1
    assert len(env.episode().turns[0].results) == 2


@pytest.mark.parametrize("dense", [False, True])
def test_what_everyone_was_paid_is_its_score(dense):
    env = webenvs.tool_env("MultiHop-v0", game="team", reward="matpo", dense=dense)
    env.reset(seed=5)
    paid = play_oracle(env)
    assert paid == {name: pytest.approx(env.score(name)["reward"]) for name in env.players}
    assert paid["planner_0"] > 0


def test_a_score_before_the_end_is_what_a_dense_game_would_have_paid():
    plain = webenvs.tool_env("MultiHop-v0", reward="evidence")
    dense = webenvs.tool_env("MultiHop-v0", reward="evidence", dense=True)
    for env in (plain, dense):
        env.reset(seed=5)
        env.call("search", {"query": "lake"})
    assert plain.score() == dense.score() == plain.score()


def test_one_seat_is_the_seat_of_the_gymnasium_face():
    setting = {"seat": "planner", "players": {"worker": "scripted"}}
    tools = webenvs.tool_env("MultiHop-v0", **setting)
    seat = gym.make("webenvs/MultiHop-v0", **setting)
    tools.reset(seed=2)
    _, info = seat.reset(seed=2)
    task = info["messages"][1]["content"].removeprefix("Question: ")
    outcome = tools.call("delegate", {"task": task})
    call = {"calls": [{"name": "delegate", "arguments": {"task": task}}]}
    assert outcome.text == seat.step(call)[0]["text"]
    assert not outcome.waiting


def test_who_delegates_waits_and_the_workers_are_due():
    env = webenvs.tool_env("MultiHop-v0", game="team", workers=2)
    env.reset(seed=2)
    outcome = env.act([("delegate", {"task": "a"}), ("delegate", {"task": "b"})])
    assert outcome.waiting and not outcome.done
    assert env.to_act == ("worker_0", "worker_1")
    env.call("report", {"text": "nothing"})
    env.call("report", {"text": "nothing"})
    assert env.player == "planner_0"
    assert "nothing" in env.text()


def test_another_players_turn_is_refused():
    env = webenvs.tool_env("MultiHop-v0", game="team")
    env.reset(seed=2)
    with pytest.raises(SettingError, match="turn of planner_0, not of worker_0"):
        env.call("report", {"text": ""}, "worker_0")


def test_a_seat_of_somebody_else_is_unknown():
    env = webenvs.tool_env("MultiHop-v0", seat="planner")
    env.reset(seed=2)
    with pytest.raises(UnknownNameError, match="worker_0"):
        env.call("report", {"text": ""}, "worker_0")


@pytest.mark.parametrize(
    ("tool", "arguments"), [("serch", {"query": "x"}), ("search", {}), ("search", {"query": []})]
)
def test_a_models_mistake_is_an_outcome(tool, arguments):
    env = webenvs.tool_env("MultiHop-v0")
    env.reset(seed=1)
    outcome = env.call(tool, arguments)
    assert outcome.errors == ("policy_error",) or "could not be read" in outcome.text
    assert not outcome.done


def test_a_call_after_the_end_does_nothing():
    env = webenvs.tool_env("MultiHop-v0")
    env.reset(seed=1)
    env.call("answer", {"text": "x"})
    before = env.episode()
    late = env.call("search", {"query": "x"})
    assert late.done and late.reward == 0.0
    assert env.episode() == before


def test_rows_start_the_tasks_they_name_and_hold_nothing_of_the_gold():
    env = webenvs.tool_env("MultiHop-v0")
    rows = list(env.rows("validation", 3, start=1))
    assert [row["index"] for row in rows] == [1, 2, 3]
    for row in rows:
        assert set(row) == {"task_id", "split", "index", "seed", "question", "prompt"}
        env.reset(**row)
        assert env.session.task.id == row["task_id"]
        assert env.messages() == row["prompt"]
        by_index = env.reset(split="validation", index=row["index"])
        assert row["question"] in by_index


@pytest.mark.parametrize("index", [-1, 1_000_000, True, "0"])
def test_an_index_out_of_range_is_named(index):
    env = webenvs.tool_env("MultiHop-v0")
    with pytest.raises(SettingError, match=r"index = .* is not allowed: .*0 to"):
        env.reset(index=index)


def test_a_snapshot_goes_on_where_it_was_taken():
    env = webenvs.tool_env("MultiHop-v0", seat="planner")
    env.reset(seed=2)
    env.call("delegate", {"task": "find the lake"})
    saved, twin = env.snapshot(), env.fork()
    there = env.call("answer", {"text": "x"})
    env.restore(saved)
    assert env.call("answer", {"text": "x"}) == there == twin.call("answer", {"text": "x"})


def test_players_without_another_seat_are_refused():
    with pytest.raises(SettingError, match="every seat is yours"):
        webenvs.tool_env("MultiHop-v0", players="oracle")


def test_a_message_is_spelled_as_the_transcript_holds_it():
    env = webenvs.tool_env("MultiHop-v0")
    env.reset(seed=3)
    call = {"calls": [{"name": "search", "arguments": {"query": "lake"}}]}
    spelled = env.session.spelled(call)
    env.send(call)
    assert env.messages()[2] == {"role": "assistant", "content": spelled}


def test_no_message_is_spelled_after_the_end():
    env = webenvs.tool_env("MultiHop-v0")
    env.reset(seed=3)
    env.call("answer", {"text": "x"})
    with pytest.raises(SettingError, match="over"):
        env.session.spelled("x")


def test_the_prompt_of_a_row_is_what_the_callers_seat_is_told_first():
    env = webenvs.tool_env("MultiHop-v0", seat="worker", players={"planner": "scripted"})
    row = next(env.rows("train", 1))
    assert env.reset(**row) == row["prompt"][1]["content"]
    assert row["prompt"] == env.messages()


def test_a_task_that_never_asks_the_seat_has_no_row():
    answer = {"calls": [{"name": "answer", "arguments": {"text": "x"}}]}
    players = {"planner": lambda observation, info: answer}
    env = webenvs.tool_env("MultiHop-v0", seat="worker", players=players)
    assert list(env.rows("train", 3)) == []


@pytest.mark.parametrize(
    "wrong",
    [{"start": -2}, {"start": 1.0}, {"count": -1}, {"count": "5"}, {"count": True}],
    ids=["before", "fraction", "less", "text", "bool"],
)
def test_rows_that_cannot_be_counted_are_refused_by_name(wrong):
    ((name, value),) = wrong.items()
    refused = f"{name} = {value!r} is not allowed: {name} must be a whole number of at least 0"
    with pytest.raises(SettingError, match=refused):
        list(webenvs.tool_env("MultiHop-v0").rows("train", **{"count": 1, **wrong}))


def test_no_rows_can_be_asked_for():
    assert list(webenvs.tool_env("MultiHop-v0").rows("train", 0)) == []


@pytest.mark.parametrize(("seat", "meant"), [("planer", "planner"), ("wroker", "worker")])
def test_a_misspelt_seat_is_told_the_nearest(seat, meant):
    with pytest.raises(SettingError, match=f"seat = {seat!r} is not.*Did you mean {meant!r}"):
        webenvs.tool_env("MultiHop-v0", seat=seat, players={"worker": "scripted"})


def test_a_misspelt_split_is_told_the_nearest():
    with pytest.raises(SettingError, match=r"split = 'trian' is not.*Did you mean 'train'"):
        webenvs.tool_env("MultiHop-v0").reset(split="trian")


def test_making_rows_leaves_a_running_episode_alone():
    env = webenvs.tool_env("MultiHop-v0", seat="planner", players={"worker": "scripted"})
    env.reset(seed=2)
    before = env.snapshot()
    list(env.rows("train", 3))
    assert env.snapshot() == before


def test_a_seat_that_is_nearly_right_is_told_the_right_one():
    with pytest.raises(SettingError, match=r"seat = 'plannr' .*planner.*Did you mean 'planner'\?"):
        webenvs.tool_env("MultiHop-v0", seat="plannr")


@pytest.mark.parametrize("settings", [{}, {"seat": "worker"}], ids=["solo", "seat"])
def test_one_seat_is_handed_on(settings):
    env = webenvs.tool_env("MultiHop-v0", **settings)
    assert one_seat(env) is env


def test_several_seats_are_told_to_name_one():
    env = webenvs.tool_env("MultiHop-v0", game="team", workers=1)
    with pytest.raises(SettingError) as caught:
        one_seat(env, "`rollout`")
    assert str(caught.value) == (
        "players = ('planner_0', 'worker_0') is not allowed: players must be one player: name a "
        "`seat` ('planner' or 'worker'), or take `rollout` for whole games."
    )
