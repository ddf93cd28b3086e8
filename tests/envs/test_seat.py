"""The Gymnasium face: one live seat, the others played, resets that are pure functions."""

import copy
import pickle

import msgspec
import numpy as np
import pytest

from webenvs import catalog
from webenvs.envs.parallel import ParallelTeamEnv
from webenvs.envs.seat import SeatEnv
from webenvs.envs.team import TeamEnv
from webenvs.errors import SettingError, UnknownNameError
from webenvs.players.message import close, say, say_all
from webenvs.records import Episode

ANSWER = say("answer", text="Tarn")


def answering_planner(observation, info):
    """Answers at once."""
    return say("answer", text="Tarn")


def two_tasks_planner(observation, info):
    """Delegates twice, then answers with all it was told."""
    if observation["turn"] == 0:
        return say_all((("delegate", {"task": "A"}), ("delegate", {"task": "B"})))
    return say("answer", text=observation["text"])


def reporting_worker(observation, info):
    """Searches once, then reports."""
    return say("search", query="river") if observation["turn"] == 0 else close(info, "found")


def seat_env(scenario, seat, **settings):
    players = {"planner": two_tasks_planner, "worker": reporting_worker}
    return SeatEnv(scenario(game="team", **settings), seat, catalog.lineup(players))


def test_before_reset_there_is_no_episode(scenario):
    env = SeatEnv(scenario())
    for use in (lambda: env.session, lambda: env.step("x"), env.episode):
        with pytest.raises(SettingError, match="There is no episode yet: call reset first"):
            use()


def test_answered_terminates_with_the_reward_and_its_terms(scenario):
    env = SeatEnv(scenario())
    env.reset(seed=0, options={"task_id": env.scenario.tasks.tasks[0].id})
    observation, reward, terminated, truncated, info = env.step(ANSWER)
    assert (reward, terminated, truncated) == (1.0, True, False)
    assert info["reward_terms"] == {"answer": 1.0}
    assert info["end"] == "answered"
    assert observation["live"] == 0


def test_a_limit_truncates(scenario):
    env = SeatEnv(scenario(turns=1))
    env.reset(seed=0)
    assert env.step("hm")[2:4] == (False, False)
    assert env.step("hm")[2:4] == (False, True)


def test_stepping_after_the_end_repeats_the_end_and_pays_nothing(scenario):
    env = SeatEnv(scenario())
    env.reset(seed=0)
    env.step(ANSWER)
    assert env.step("more")[1:4] == (0.0, True, False)


def test_reset_names_a_task_or_draws_one_of_the_split(scenario):
    env = SeatEnv(scenario())
    tasks = env.scenario.tasks
    for task in tasks:
        assert env.reset(seed=5, options={"task_id": task.id})[1]["task_id"] == task.id
    drawn = {env.reset(seed=seed)[1]["task_id"] for seed in range(40)}
    assert drawn == {task.id for task in tasks.of_split("train")}
    only = env.reset(seed=1, options={"split": "test"})[1]["task_id"]
    assert only == tasks.of_split("test")[0].id


def test_unknown_options_are_ignored(scenario):
    env = SeatEnv(scenario())
    assert env.reset(seed=1, options={"options": 1}) == env.reset(seed=1)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"task_id": "0123"}, UnknownNameError, "no task '0123' in 'small'"),
        ({"task_id": 7}, UnknownNameError, "no task 7 in 'small'"),
        ({"split": "tran"}, SettingError, "split = 'tran' is not allowed.*train, validation, test"),
    ],
)
def test_a_wrong_task_or_split_is_named(scenario, options, error, words):
    with pytest.raises(error, match=words):
        SeatEnv(scenario()).reset(seed=0, options=options)


@pytest.mark.parametrize("seed", [-1, 1.5, "7"])
def test_a_seed_that_is_no_whole_number_is_refused(scenario, seed):
    for env in (SeatEnv(scenario()), TeamEnv(scenario(game="team"))):
        with pytest.raises(SettingError, match=r"seed = .* must be a whole number of at least 0"):
            env.reset(seed=seed)


@pytest.mark.parametrize("seed", [0, 2**31, 2**32 - 1, 2**63 - 1, 2**64, 2**70])
def test_any_whole_number_is_a_seed(scenario, seed):
    env = SeatEnv(scenario(noise="mild"))
    env.reset(seed=seed)
    env.step(say("search", query="river"))
    env.step(ANSWER)
    first = env.episode()
    assert first.seed == seed
    assert msgspec.json.decode(msgspec.json.encode(first), type=Episode) == first
    env.reset(seed=seed)
    env.step(say("search", query="river"))
    env.step(ANSWER)
    assert env.episode() == first


def test_reset_without_a_seed_goes_on_with_new_episodes(scenario):
    """T2: unseeded episodes are drawn from np_random, so that they repeat after a seeded one."""
    env = SeatEnv(scenario())

    def seeds():
        env.reset(seed=3)
        drawn = []
        for _ in range(5):
            env.reset()
            drawn.append(env.session.state.seed)
        return drawn

    assert seeds() == seeds()
    assert len(set(seeds())) == 5


def test_reset_forgets_the_last_episode(scenario):
    """T14: nothing of an earlier episode is left in the next."""
    env = SeatEnv(scenario(noise="mild"))
    fresh = env.reset(seed=1)
    for seed in range(20):
        env.reset(seed=seed)
        env.step(say("search", query="river"))
        env.step("no call")
    assert env.reset(seed=1) == fresh
    assert len(env.session.info("researcher_0")["messages"]) == 2


def test_the_planners_seat_gets_reports_from_played_workers(scenario):
    env = seat_env(scenario, "planner")
    _, info = env.reset(seed=0)
    assert info["role"] == "planner"
    observation, _, terminated, _, _ = env.step(
        say_all((("delegate", {"task": "A"}), ("delegate", {"task": "B"})))
    )
    assert observation["text"] == "[delegate] found\n\n[delegate] found"
    assert not terminated
    assert [turn.player for turn in env.episode().turns] == [
        "planner_0",
        *("worker_0", "worker_1") * 2,
    ]


def test_a_workers_seat_is_asked_when_it_has_a_task(scenario):
    env = seat_env(scenario, "worker")
    observation, info = env.reset(seed=0)
    assert observation["text"].startswith("Task: A")
    assert (observation["live"], info["player"]) == (1, "worker_0")
    _, reward, terminated, _, info = env.step(say("report", text="Tarn"))
    assert terminated, "the other worker and the planner went on to the end"
    assert env.episode().answer == "[delegate] Tarn\n\n[delegate] found"
    assert (reward, info["end"]) == (0.0, "answered")


def test_another_seat_of_a_role_is_named_by_its_player(scenario):
    env = seat_env(scenario, "worker_1")
    observation, _ = env.reset(seed=0)
    assert observation["text"].startswith("Task: B")
    assert env.seat == "worker_1"


def test_a_seat_that_is_never_asked_is_paid_at_its_first_step(scenario):
    lineup = catalog.lineup({"planner": answering_planner, "worker": reporting_worker})
    env = SeatEnv(scenario(game="team", reward={"answer": 1.0}), "planner", lineup)
    assert env.seat == "planner_0"
    made = scenario(game="team", reward={"answer": 1.0})
    worker = SeatEnv(made, "worker", lineup)
    observation, _ = worker.reset(seed=0, options={"task_id": made.tasks.tasks[0].id})
    assert observation["live"] == 0
    assert worker.step("")[1:4] == (0.0, True, False), "no frame, no pay"


def test_what_a_seat_gained_before_its_first_message_is_paid_with_it(scenario):
    made = scenario(game="team", workers=1, dense=True, reward={"team_cost": 1.0})
    lineup = catalog.lineup({"planner": two_tasks_planner, "worker": reporting_worker})
    env = SeatEnv(scenario(game="team", dense=True, reward={"team_cost": 1.0}), "worker_1", lineup)
    env.reset(seed=0)
    assert [turn.player for turn in env.episode().turns] == ["planner_0", "worker_0"]
    # worker_0 has searched before worker_1's first message; with its report and the end it is 1.
    assert env.step(say("report", text="b"))[1] == pytest.approx(1.0)
    assert env.episode().rewards["worker_1"] == pytest.approx(1.0)
    assert made.players == ("planner_0", "worker_0")


def test_seat_and_team_play_the_same_episode(scenario):
    players = {"planner": two_tasks_planner, "worker": reporting_worker}
    env = seat_env(scenario, "planner", noise="mild")
    observation, info = env.reset(seed=4)
    over = False
    while not over:
        observation, _, terminated, truncated, info = env.step(two_tasks_planner(observation, info))
        over = terminated or truncated
    team = TeamEnv(scenario(game="team", noise="mild"))
    team.reset(seed=4)
    for agent in team.agent_iter():
        observation, _, terminated, truncated, info = team.last()
        done = terminated or truncated
        team.step(None if done else players[team.scenario.role_of(agent)](observation, info))
    assert team.episode() == env.episode()


@pytest.mark.parametrize(
    ("seat", "words"),
    [
        ("boss", "seat = 'boss' is not allowed: seat must be one of planner, worker, planner_0"),
        ("worker_2", "worker_2"),
        ("", "seat = ''"),
    ],
)
def test_a_seat_that_does_not_exist_is_named(scenario, seat, words):
    with pytest.raises(SettingError, match=words):
        seat_env(scenario, seat)


def test_somebody_must_play_the_other_seats(scenario):
    with pytest.raises(SettingError, match="Somebody must play worker_0, worker_1: pass `players`"):
        SeatEnv(scenario(game="team"), "planner")


def test_a_wrong_render_mode_is_named(scenario):
    for make in (SeatEnv, TeamEnv, ParallelTeamEnv):
        with pytest.raises(SettingError, match=r"render_mode = 'rgb_array'.*ansi or human"):
            make(scenario(game="team"), render_mode="rgb_array")


def test_an_environment_pickles_with_functions_as_players(scenario):
    env = seat_env(scenario, "planner", noise="mild")
    env.reset(seed=0)
    copy = pickle.loads(pickle.dumps(env))
    message = say("delegate", task="A")
    assert env.step(message) == copy.step(message)
    assert env.episode() == copy.episode()


def test_a_scenario_made_by_hand_says_why_it_cannot_travel(scenario):
    import dataclasses

    made = dataclasses.replace(scenario(), rebuild=None)
    with pytest.raises(TypeError, match="made by hand, without `rebuild`"):
        pickle.dumps(made)


def test_turn_counts_stay_within_the_observation_space(scenario):
    env = SeatEnv(scenario(turns=3, invalid=9))
    observation, _ = env.reset(seed=0)
    seen = [observation, *(env.step("hm")[0] for _ in range(4))]
    assert [(o["turn"], o["turns_left"]) for o in seen] == [(0, 3), (1, 2), (2, 1), (3, 0), (0, 0)]
    assert all(env.observation_space.contains(o) for o in seen)


def test_rendering_for_people_prints_after_every_step(scenario, capsys):
    env = SeatEnv(scenario(), render_mode="human")
    env.reset(seed=0)
    env.step(say("search", query="river"))
    assert "-> researcher_0: <tool_call>" in capsys.readouterr().out


def test_a_generator_may_be_set_as_in_every_gymnasium_environment(scenario):
    env = SeatEnv(scenario())
    env.np_random = np.random.default_rng(5)
    env.reset()
    first = env.session.state.seed
    env.np_random = np.random.default_rng(5)
    env.reset()
    assert env.session.state.seed == first


def test_a_deep_copy_goes_on_alike_and_shares_the_scenario(scenario):
    env = SeatEnv(scenario(noise="mild"))
    env.reset(seed=2)
    twin = copy.deepcopy(env)
    assert twin.scenario is env.scenario
    assert twin.step(say("search", query="river")) == env.step(say("search", query="river"))
    assert len(twin.session.state.turns) == 1
