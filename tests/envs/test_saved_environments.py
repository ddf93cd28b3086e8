"""Environments save, restore and fork their episode, with what is still to be paid."""

import json

import pytest

from webenvs import catalog
from webenvs.envs.parallel import ParallelTeamEnv
from webenvs.envs.seat import SeatEnv
from webenvs.envs.team import TeamEnv
from webenvs.players.message import close, say, say_all

SETTINGS = {"noise": "timeout:0.3,drop:0.2", "dense": True, "reward": "evidence"}
BOTH = say_all((("delegate", {"task": "A"}), ("delegate", {"task": "B"})))
FETCH = say("fetch", url="https://small.example/alba")
REPORT = say("report", text="found")
ANSWER = say("answer", text="Tarn")
SOLO = (say("search", query="river"), FETCH, "hm", FETCH, ANSWER)
TEAM = (BOTH, FETCH, FETCH, REPORT, REPORT, ANSWER)


def first_task(env):
    return {"task_id": env.scenario.tasks.tasks[0].id}


def seat_steps(env, messages):
    return [env.step(message) for message in messages]


def aec_steps(env, messages):
    steps = []
    for message in messages:
        env.step(message)
        steps.append((env.agent_selection, env.last(), env.rewards, env.infos))
    return steps


def saved(env):
    """A snapshot after a journey through JSON."""
    return json.loads(json.dumps(env.snapshot()))


@pytest.mark.parametrize("length", range(len(SOLO)))
def test_a_seat_goes_back_and_on_alike(scenario, length):
    env = SeatEnv(scenario(**SETTINGS))
    env.reset(seed=3, options=first_task(env))
    seat_steps(env, SOLO[:length])
    data = saved(env)
    first = seat_steps(env, SOLO[length:])
    env.restore(data)
    assert seat_steps(env, SOLO[length:]) == first
    other = SeatEnv(scenario(**SETTINGS))
    other.reset(seed=99)
    other.restore(data)
    assert seat_steps(other, SOLO[length:]) == first
    assert other.episode() == env.episode()


@pytest.mark.parametrize("length", range(len(TEAM)))
def test_an_aec_game_goes_back_and_on_alike(scenario, length):
    env = TeamEnv(scenario(game="team", **SETTINGS))
    env.reset(seed=3, options=first_task(env))
    aec_steps(env, TEAM[:length])
    data = saved(env)
    first = aec_steps(env, TEAM[length:])
    other = TeamEnv(scenario(game="team", **SETTINGS))
    other.reset(seed=99)
    other.restore(data)
    assert aec_steps(other, TEAM[length:]) == first
    env.restore(data)
    assert env.agents == env.possible_agents
    assert aec_steps(env, TEAM[length:]) == first


def test_a_parallel_game_goes_back_and_on_alike(scenario):
    env = ParallelTeamEnv(scenario(game="team", **SETTINGS))
    env.reset(seed=3, options=first_task(env))
    env.step({"planner_0": BOTH})
    data = saved(env)

    def rest():
        return [
            env.step({"worker_0": FETCH, "worker_1": FETCH}),
            env.step({"worker_0": REPORT, "worker_1": REPORT}),
            env.step({"planner_0": ANSWER}),
        ]

    first = rest()
    assert env.agents == []
    env.restore(data)
    assert env.agents == env.possible_agents
    assert rest() == first
    ended = saved(env)
    env.reset(seed=1)
    env.restore(ended)
    assert env.agents == []


@pytest.mark.parametrize("make", [SeatEnv, TeamEnv, ParallelTeamEnv])
def test_forks_are_independent(scenario, make):
    env = make(scenario(**SETTINGS))
    env.reset(seed=3, options=first_task(env))

    def play(face, *messages):
        for message in messages:
            face.step({"researcher_0": message} if make is ParallelTeamEnv else message)
        return face.episode()

    play(env, SOLO[0])
    before = saved(env)
    fork = env.fork()
    right = play(fork, FETCH, ANSWER)
    assert saved(env) == before
    wrong = play(env.fork(), say("answer", text="Brena"))
    assert (right.answer, wrong.answer) == ("Tarn", "Brena")
    assert saved(env) == before
    assert play(env, FETCH, ANSWER) == right


class Counting:
    """A worker that remembers how often it was asked."""

    def __init__(self):
        self.asked = 0

    def reset(self, seat):
        self.asked = 0

    def __call__(self, observation, info):
        self.asked += 1
        return close(info, f"asked {self.asked}")


def test_a_fork_copies_the_players_of_the_other_seats(scenario):
    env = SeatEnv(scenario(game="team"), "planner", catalog.lineup({"worker": Counting}))
    env.reset(seed=0)
    assert env.step(say("delegate", task="A"))[0]["text"] == "[delegate] asked 1"
    fork = env.fork()
    assert fork.step(say("delegate", task="B"))[0]["text"] == "[delegate] asked 2"
    assert fork.step(say("delegate", task="C"))[0]["text"] == "[delegate] asked 3"
    assert env.step(say("delegate", task="D"))[0]["text"] == "[delegate] asked 2"


def test_what_is_owed_is_saved_and_paid_once(scenario):
    settings = {"game": "team", "dense": True, "reward": {"team_cost": 1.0}}
    env = TeamEnv(scenario(**settings))
    env.reset(seed=0)
    aec_steps(env, (BOTH, FETCH))
    data = saved(env)
    other = TeamEnv(scenario(**settings))
    other.reset(seed=5)
    other.restore(data)
    for game in (env, other):
        aec_steps(game, (say("search", query="river"), REPORT, REPORT))
        assert game.agent_selection == "planner_0"
        assert game.last()[1] == pytest.approx(2.0)


def test_reward_terms_add_up_to_what_a_seat_is_paid_for(scenario):
    players = {"worker": Counting}
    made = scenario(game="team", dense=True, reward={"team_cost": 0.5, "evidence": 1.0})
    env = SeatEnv(made, "worker", catalog.lineup({"planner": delegating, **players}))
    _, info = env.reset(seed=0, options=first_task(env))
    steps = [(0.0, info)]
    for message in (FETCH, say("search", query="river"), REPORT):
        _, reward, *_, info = env.step(message)
        steps.append((reward, info))
    for reward, info in steps[1:]:
        terms = info["reward_terms"]
        assert reward == pytest.approx(0.5 * terms.get("team_cost", 0) + terms.get("evidence", 0))
    assert sum(reward for reward, _ in steps) == pytest.approx(env.episode().rewards["worker_0"])


def delegating(observation, info):
    return BOTH if observation["turn"] == 0 else close(info, "Tarn")
