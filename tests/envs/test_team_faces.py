"""The PettingZoo faces: who is asked, what everyone gets, and how an episode ends."""

import pickle

import pytest

from webenvs.envs.parallel import WAIT, ParallelTeamEnv
from webenvs.envs.team import TeamEnv
from webenvs.errors import SettingError
from webenvs.players.message import say, say_all

BOTH = say_all((("delegate", {"task": "A"}), ("delegate", {"task": "B"})))
REPORT = say("report", text="found")
ANSWER = say("answer", text="Tarn")
AGENTS = ["planner_0", "worker_0", "worker_1"]


@pytest.fixture
def aec(scenario):
    return lambda **settings: TeamEnv(scenario(game="team", **settings))


@pytest.fixture
def parallel(scenario):
    return lambda **settings: ParallelTeamEnv(scenario(game="team", **settings))


def first_task(env):
    return {"task_id": env.scenario.tasks.tasks[0].id}


def test_all_agents_are_there_from_reset_to_the_end(aec):
    env = aec()
    env.reset(seed=0)
    assert env.agents == env.possible_agents == AGENTS
    assert env.agent_selection == "planner_0"
    env.step(BOTH)
    assert env.agents == AGENTS
    assert env.agent_selection == "worker_0"
    env.step(REPORT)
    assert env.agent_selection == "worker_1"
    env.step(REPORT)
    env.step(ANSWER)
    assert all(env.terminations[agent] for agent in AGENTS)
    for _ in AGENTS:
        env.step(None)
    assert env.agents == []


def test_rewards_reach_an_agent_with_its_next_last(aec):
    env = aec(reward={"planner": {"answer": 2.0}, "worker": {"answer": 1.0}})
    env.reset(seed=0, options=first_task(env))
    for message in (BOTH, REPORT, REPORT):
        assert env.last()[1] == 0.0
        env.step(message)
    env.step(ANSWER)
    assert env.rewards == {"planner_0": 2.0, "worker_0": 1.0, "worker_1": 1.0}
    paid = {}
    while env.agents:
        paid[env.agent_selection] = env.last()[1]
        env.step(None)
    assert paid == {"planner_0": 2.0, "worker_0": 1.0, "worker_1": 1.0}


def test_dense_rewards_of_others_turns_accumulate(aec):
    env = aec(reward={"team_cost": 1.0}, dense=True)
    env.reset(seed=0)
    env.step(BOTH)
    env.step(say("search", query="river"))
    env.step(say("search", query="river"))
    env.step(REPORT)
    env.step(REPORT)
    assert env.agent_selection == "planner_0"
    assert env.last()[1] == pytest.approx(2.0)
    env.step(say("delegate", task="C"))
    env.step(REPORT)
    assert env.last()[1] == pytest.approx(0.0), "what was paid is not paid again"


def test_a_live_agent_must_send_a_message(aec):
    env = aec()
    env.reset(seed=0)
    with pytest.raises(SettingError, match="planner_0 is live and must send a message, not None"):
        env.step(None)


def test_a_dead_agent_must_send_none(aec):
    env = aec()
    env.reset(seed=0)
    env.step(ANSWER)
    with pytest.raises(ValueError, match="None"):
        env.step("more")


def test_faces_before_reset_have_no_episode(aec, parallel):
    for env in (aec(), parallel()):
        with pytest.raises(SettingError, match="There is no episode yet"):
            env.episode()
        assert env.agents == []
        env.close()


def test_spaces_are_the_same_objects_at_every_call(aec, parallel):
    """T10: PettingZoo seeds spaces, so they must not be made anew."""
    for env in (aec(), parallel()):
        for agent in AGENTS:
            assert env.observation_space(agent) is env.observation_space(agent)
            assert env.action_space(agent) is env.action_space(agent)
        assert env.observation_space("planner_0") == env.observation_space("worker_0")
        keys = set(env.observation_space("planner_0"))
        assert keys == {"text", "turn", "turns_left", "live"}, "T9, T10: api_test chokes on others"


def test_a_parallel_step_is_a_round(parallel):
    env = parallel()
    observations, infos = env.reset(seed=0, options=first_task(env))
    assert set(observations) == set(infos) == set(AGENTS)
    assert [observations[agent]["live"] for agent in AGENTS] == [1, 0, 0]
    observations, *_ = env.step({"planner_0": BOTH, "worker_0": WAIT, "worker_1": WAIT})
    assert [observations[agent]["live"] for agent in AGENTS] == [0, 1, 1]
    observations, *_ = env.step({"worker_0": REPORT, "worker_1": REPORT})
    assert [observations[agent]["live"] for agent in AGENTS] == [1, 0, 0]
    _, rewards, terminations, truncations, infos = env.step({"planner_0": ANSWER})
    assert rewards == dict.fromkeys(AGENTS, 1.0)
    assert terminations == dict.fromkeys(AGENTS, True)
    assert truncations == dict.fromkeys(AGENTS, False)
    assert set(infos) == set(AGENTS)
    assert env.agents == []


def test_what_a_waiting_agent_sends_is_not_played(parallel):
    env = parallel()
    env.reset(seed=0)
    env.step({"planner_0": BOTH, "worker_0": ANSWER, "worker_1": "nonsense"})
    assert [turn.player for turn in env.episode().turns] == ["planner_0"]


def test_a_live_agent_of_a_round_must_send_something(parallel):
    env = parallel()
    env.reset(seed=0)
    with pytest.raises(SettingError, match=r"must send a message: \['planner_0'\]"):
        env.step({"worker_0": WAIT})
    assert env.episode().turns == (), "nothing was half played"


def test_limits_of_workers_return_to_the_planner_and_its_own_end_truncates(parallel):
    env = parallel(turns=1, planner_turns=1)
    env.reset(seed=0)
    env.step({"planner_0": BOTH})
    env.step({"worker_0": REPORT, "worker_1": "hm"})
    observations, *_ = env.step({"worker_1": "hm"})
    assert observations["planner_0"]["live"] == 1
    _, rewards, terminations, truncations, _ = env.step({"planner_0": "hm"})
    assert rewards == dict.fromkeys(AGENTS, 0.0)
    assert truncations == dict.fromkeys(AGENTS, True)
    assert terminations == dict.fromkeys(AGENTS, False)


def test_stepping_an_ended_parallel_environment_does_nothing(parallel):
    env = parallel()
    env.reset(seed=0)
    env.step({"planner_0": ANSWER})
    assert env.step({}) == ({}, {}, {}, {}, {})


@pytest.mark.parametrize("make", [TeamEnv, ParallelTeamEnv])
def test_reset_is_a_pure_function_of_its_arguments(scenario, make):
    env = make(scenario(game="team"))
    env.reset(seed=5)
    first = env.session.snapshot()
    for seed in range(5):
        env.reset(seed=seed)
        env.reset()
    env.reset(seed=5)
    assert env.session.snapshot() == first
    env.reset(seed=5, options={"split": "test", "unknown": 1})
    assert env.session.task.split == "test"


@pytest.mark.parametrize("make", [TeamEnv, ParallelTeamEnv])
def test_unseeded_resets_follow_the_seeded_one(scenario, make):
    env = make(scenario(game="team"))

    def seeds():
        env.reset(seed=3)
        drawn = []
        for _ in range(4):
            env.reset()
            drawn.append(env.session.state.seed)
        return drawn

    assert seeds() == seeds()
    assert len(set(seeds())) == 4


def test_faces_pickle_in_the_middle_of_an_episode(aec, parallel):
    env = aec(noise="mild")
    env.reset(seed=0)
    env.step(BOTH)
    copy = pickle.loads(pickle.dumps(env))
    for message in (say("search", query="river"), REPORT, REPORT, ANSWER):
        env.step(message)
        copy.step(message)
    assert copy.episode() == env.episode()
    rounds = parallel(noise="mild")
    rounds.reset(seed=0)
    rounds.step({"planner_0": BOTH})
    other = pickle.loads(pickle.dumps(rounds))
    actions = {"worker_0": REPORT, "worker_1": REPORT}
    assert rounds.step(actions) == other.step(actions)


def test_render_shows_the_episode_as_text(scenario, capsys):
    env = TeamEnv(scenario(game="team"), render_mode="ansi")
    env.reset(seed=0, options={"task_id": scenario().tasks.tasks[0].id})
    env.step(BOTH)
    env.step(say("search", query="river"))
    shown = env.render()
    assert "Where was the mayor of the town on the Alba born?" in shown
    assert '-> planner_0: <tool_call>{"name":"delegate"' in shown
    assert "   search ok: 1. Alba" in shown
    quiet = ParallelTeamEnv(scenario(game="team"))
    quiet.reset(seed=0)
    assert quiet.render() is None
    assert capsys.readouterr().out == ""
    loud = ParallelTeamEnv(scenario(game="team"), render_mode="human")
    loud.reset(seed=0)
    loud.step({"planner_0": ANSWER})
    assert "End: answered, answer: 'Tarn'" in capsys.readouterr().out
    assert loud.render() is None


def test_a_solo_game_is_a_team_of_one(scenario):
    env = TeamEnv(scenario())
    env.reset(seed=0)
    assert env.agents == ["researcher_0"]
    env.step(say("answer", text="x"))
    assert env.terminations == {"researcher_0": True}
