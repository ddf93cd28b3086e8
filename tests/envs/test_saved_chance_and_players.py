"""Snapshots are exact also in what stands beside the episode: chance, other players, wrappers."""

import json
from collections.abc import Mapping

import gymnasium as gym
import pytest

from webenvs import catalog
from webenvs.envs.parallel import ParallelTeamEnv
from webenvs.envs.seat import SeatEnv
from webenvs.envs.team import TeamEnv
from webenvs.envs.vector import TextVectorEnv
from webenvs.errors import PlayerError, SettingError
from webenvs.players.message import close, say, say_all

NOISY = {"noise": "timeout:0.3,drop:0.3", "dense": True, "reward": "evidence"}
TWO = say_all((("delegate", {"task": "the river"}), ("delegate", {"task": "the town"})))
ANSWER = say("answer", text="Tarn")


def saved(env):
    """A snapshot after a journey through JSON, with its keys in another order."""
    return json.loads(json.dumps(env.snapshot(), sort_keys=True))


def to_the_end(env):
    """All that the seat sees until the end of its episode, and the episode."""
    steps = [env.step(TWO)]
    while not (steps[-1][2] or steps[-1][3]):
        steps.append(env.step(ANSWER if steps[-1][0]["turn"] > 2 else TWO))
    return steps, env.episode()


@pytest.fixture
def planner(scenario):
    """Make an environment at the planner's seat whose workers `players` play."""

    def make(players="random", **settings):
        made = scenario(game="team", **{**NOISY, **settings})
        return SeatEnv(made, "planner", catalog.lineup({"worker": players}))

    return make


def test_a_seat_with_players_of_chance_goes_back_and_on_exactly(planner):
    env = planner()
    env.reset(seed=6)
    env.step(TWO)
    data = saved(env)
    first = to_the_end(env)
    env.restore(data)
    assert to_the_end(env) == first
    other = planner()
    other.reset(seed=1)
    to_the_end(other)
    other.restore(data)
    assert to_the_end(other) == first


def test_an_environment_can_be_restored_before_its_first_reset(planner):
    env = planner()
    env.reset(seed=6)
    env.step(TWO)
    fresh = planner()
    assert not fresh.started
    fresh.restore(saved(env))
    assert to_the_end(fresh) == to_the_end(env)


def test_a_fork_has_players_with_a_memory_of_their_own(planner):
    env = planner()
    env.reset(seed=6)
    env.step(TWO)
    data = saved(env)
    twins = [env.fork(), env.fork()]
    assert to_the_end(twins[0]) == to_the_end(twins[1])
    assert saved(env) == data
    assert to_the_end(env)[1] == twins[0].episode()


class Notebook:
    """A worker that keeps notes in a list and reports how many there are."""

    def __init__(self):
        self.notes = []

    def reset(self, seat):
        self.notes = []

    def snapshot(self):
        return {"notes": list(self.notes)}

    def restore(self, data):
        if not isinstance(data, Mapping) or "boom" in data["notes"]:
            raise ValueError("these are no notes")
        self.notes = list(data["notes"])

    def __call__(self, observation, info):
        self.notes.append(observation["text"])
        return close(info, f"note {len(self.notes)}")


def report_of(step):
    return step[0]["text"]


def test_a_players_memory_is_saved_restored_and_forked(planner):
    env = planner(Notebook, workers=1)
    env.reset(seed=0)
    env.step(say("delegate", task="A"))
    data = saved(env)
    assert "note 2" in report_of(env.step(say("delegate", task="B")))
    twin = env.fork()
    assert "note 3" in report_of(twin.step(say("delegate", task="C")))
    assert "note 3" in report_of(env.step(say("delegate", task="D")))
    env.restore(data)
    assert "note 2" in report_of(env.step(say("delegate", task="E")))


def test_a_player_that_refuses_its_memory_leaves_all_as_it_was(planner):
    class Refusing(Notebook):
        def restore(self, data):
            if "boom" in data["notes"]:
                raise ValueError("these are no notes")
            super().restore(data)

    worker = Refusing()
    env = planner(worker, workers=1)
    env.reset(seed=0)
    worker.notes.append("boom")
    data = saved(env)
    worker.notes[:] = ["kept"]
    before = saved(env)
    with pytest.raises(PlayerError, match=r"worker_0 cannot be given its memory.*no notes"):
        env.restore(data)
    assert saved(env) == before
    assert worker.notes == ["kept"]


def test_a_refused_snapshot_leaves_other_players_in_their_episode(scenario):
    """An oracle that had been told another task would answer that from now on."""
    made = scenario(game="team", workers=1)
    worker = SeatEnv(made, "worker", catalog.lineup({"planner": "oracle"}))
    tasks = [task.id for task in made.tasks.tasks[:2]]
    worker.reset(seed=0, options={"task_id": tasks[0]})
    data = saved(worker)
    worker.reset(seed=0, options={"task_id": tasks[1]})
    with pytest.raises(SettingError, match="damaged"):
        worker.restore({**data, "due": {}})
    while not worker.session.over:
        worker.step(say("report", text="done"))
    assert worker.episode().answer == "Monte Corvo"
    worker.restore(data)
    while not worker.session.over:
        worker.step(say("report", text="done"))
    assert worker.episode().answer == "Tarn", "the oracle is told the task of the snapshot"


def test_a_snapshot_taken_with_other_players_is_refused(planner):
    env, other = planner("random"), planner("scripted")
    env.reset(seed=0)
    other.reset(seed=0)
    with pytest.raises(SettingError, match="holds the memory of worker_0, worker_1, and here it"):
        other.restore(saved(env))
    with pytest.raises(SettingError, match="memory of nobody, and here it is worker_0, worker_1"):
        env.restore(saved(other))


def test_a_player_without_memory_methods_begins_as_after_its_reset(planner):
    class Counting:
        def reset(self, seat):
            self.asked = 0

        def __call__(self, observation, info):
            self.asked += 1
            return close(info, f"asked {self.asked}")

    env = planner(Counting, workers=1)
    env.reset(seed=0)
    env.step(say("delegate", task="A"))
    env.restore(saved(env))
    assert "asked 1" in report_of(env.step(say("delegate", task="B")))


def tasks_of(env, resets):
    """The tasks and seeds of further episodes without a seed."""
    found = []
    for _ in range(resets):
        env.reset()
        found.append((env.session.task.id, env.session.state.seed))
    return found


@pytest.mark.parametrize("make", [SeatEnv, TeamEnv, ParallelTeamEnv])
@pytest.mark.parametrize("before", [0, 2], ids=["no reset without a seed yet", "two of them"])
def test_resets_without_a_seed_go_on_alike(scenario, make, before):
    env = make(scenario())
    env.reset(seed=4)
    tasks_of(env, before)
    data = saved(env)
    twin = env.fork()
    first = tasks_of(env, 3)
    assert tasks_of(twin, 3) == first
    assert len({seed for _, seed in first}) == 3
    env.restore(data)
    assert tasks_of(env, 3) == first


def test_a_replaced_generator_is_not_saved_by_halves(scenario):
    import numpy as np

    env = SeatEnv(scenario())
    env.reset(seed=1)
    env.np_random = np.random.Generator(np.random.MT19937(1))
    with pytest.raises(SettingError, match=r"PCG64.*not MT19937"):
        env.snapshot()


def test_a_snapshot_of_another_face_or_seat_is_refused(scenario, planner):
    env = planner()
    env.reset(seed=0)
    game = TeamEnv(env.scenario)
    game.reset(seed=0)
    with pytest.raises(SettingError, match="it is of the seat planner_0, this one is TeamEnv"):
        game.restore(saved(env))
    worker = SeatEnv(env.scenario, "worker", catalog.lineup({"*": "random"}))
    with pytest.raises(SettingError, match="it is of the seat planner_0, this one is the seat wor"):
        worker.restore(saved(env))
    assert not worker.started


def test_changed_accounts_are_refused_and_nothing_is_taken(planner):
    env = planner()
    env.reset(seed=0)
    env.step(TWO)
    before = saved(env)
    for change in ({"due": {"planner_0": 7.0}}, {"terms": {}}, {"memories": {}}, {"chance": {}}):
        with pytest.raises(SettingError, match="damaged"):
            env.restore({**before, **change})
    with pytest.raises(SettingError, match="no snapshot"):
        env.restore({"session": before["session"]})
    assert saved(env) == before


def test_agents_that_wait_for_their_last_step_are_saved(scenario):
    """PettingZoo steps every agent once more after the end; a snapshot may come in between."""
    env = TeamEnv(scenario(game="team", **NOISY))
    env.reset(seed=3)
    env.step(TWO)
    for _ in range(2):
        env.step(say("report", text="x"))
    env.step(ANSWER)
    env.step(None)
    data = saved(env)
    twin = env.fork()

    def rest(game):
        seen = []
        while game.agents:
            seen.append((game.agent_selection, game.last(), list(game.agents), dict(game.rewards)))
            game.step(None)
        return seen

    first = rest(env)
    assert len(first) == 2
    assert rest(twin) == first
    other = TeamEnv(env.scenario)
    other.restore(data)
    assert rest(other) == first
    done = saved(env)
    other.restore(done)
    assert other.agents == []


def vector(mode="NextStep", **settings):
    return catalog.vector_env(
        env="MultiHop-v0", num_envs=3, autoreset_mode=mode, turns=3, **{**NOISY, **settings}
    )


def vector_steps(envs, count):
    found = []
    for number in range(count):
        texts = [say("search", query=f"{place} {number}") for place in range(3)]
        if number % 3 == 1:
            texts[1] = ANSWER
        taken = envs.step(tuple(texts))
        plain = {name: list(values) for name, values in taken[0].items()}
        infos = {name: list(values) for name, values in taken[4].items() if name[0] != "f"}
        found.append((plain, *(values.tolist() for values in taken[1:4]), infos))
    return found


@pytest.mark.parametrize("mode", ["NextStep", "SameStep"])
def test_a_vector_environment_goes_back_and_on_exactly(mode):
    envs = vector(mode)
    envs.reset(seed=2)
    vector_steps(envs, 2)
    data = saved(envs)
    assert mode != "NextStep" or data["over"] == [False, True, False]
    twin = envs.fork()
    first = vector_steps(envs, 9)
    assert vector_steps(twin, 9) == first
    envs.restore(data)
    assert vector_steps(envs, 9) == first
    other = vector(mode)
    other.restore(data)
    assert vector_steps(other, 9) == first
    assert sum(any(step[2]) for step in first) > 1


def test_a_vector_environment_takes_all_parts_or_none():
    envs = vector()
    envs.reset(seed=2)
    data = saved(envs)
    vector_steps(envs, 1)
    before = saved(envs)
    for change, words in (
        ({"envs": data["envs"][:2]}, "holds 3 parts"),
        ({"over": [0, 0, 0]}, "holds 3 parts"),
        ({"autoreset": "Disabled"}, "autoreset mode is Disabled, this one's is NextStep"),
        ({"envs": [*data["envs"][:2], {**data["envs"][2], "due": {}}]}, "damaged"),
        ({"more": 1}, "no snapshot of a vector"),
    ):
        with pytest.raises(SettingError, match=words):
            envs.restore({**data, **change})
    assert saved(envs) == before


def test_parts_that_were_restored_go_back_when_a_later_player_refuses(scenario):
    made = scenario(game="team", workers=1)
    workers = [Notebook(), Notebook()]
    envs = TextVectorEnv(
        [
            lambda w=worker: SeatEnv(made, "planner", catalog.lineup({"worker": w}))
            for worker in workers
        ]
    )
    envs.reset(seed=0)
    workers[0].notes.append("there")
    workers[1].notes.append("boom")
    data = saved(envs)
    for worker in workers:
        worker.notes[:] = ["here"]
    envs.step((say("delegate", task="A"),) * 2)
    before = saved(envs)
    with pytest.raises(PlayerError, match="no notes"):
        envs.restore(data)
    assert saved(envs) == before


def test_wrapped_parts_are_refused_rather_than_saved_by_halves(scenario):
    made = scenario()
    envs = TextVectorEnv([lambda: gym.wrappers.TimeLimit(SeatEnv(made), 5)] * 2)
    envs.reset(seed=0)
    for wrong in (envs.snapshot, envs.fork):
        with pytest.raises(SettingError, match=r"cannot be saved: they are <TimeLimit.*without wr"):
            wrong()


def test_a_snapshot_is_shorter_than_twice_what_was_shown_and_a_little():
    env = gym.make("webenvs/MultiHop-v0", turns=30).unwrapped
    env.reset(seed=3)
    urls = list(env.session.task.evidence[0])
    for number in range(19):
        tool = say("search", query=f"town {number}") if number % 2 else say("fetch", url=urls[0])
        env.step(tool if number != 4 else say("read"))
    shown = {result.content for turn in env.session.state.turns for result in turn.results}
    assert len(json.dumps(env.snapshot())) < 2 * sum(map(len, shown)) + 10_000
