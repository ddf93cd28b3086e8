"""Nothing a player or a trainer is shown tells the answer before somebody found it."""

import json
import re
from itertools import chain

import gymnasium as gym
import pytest

import webenvs
from webenvs import catalog
from webenvs.catalog import ROWS
from webenvs.envs.session import Session
from webenvs.players.message import say
from webenvs.records import Hop, Task
from webenvs.tasks.taskset import TaskSet

MARKERS = ("zqanswerqz", "zqaliasqz", "zqfactqz", "zqvalueqz", "zqmetaqz", "zqfamilyqz")
VIEWS = (
    {},
    {"seat": "planner", "players": "random"},
    {"seat": "WORKER", "players": "random"},
    {"dense": True, "reward": "evidence", "noise": "mild"},
)


@pytest.fixture
def marked(small_corpus, site):
    """Tasks whose gold holds words that are on no page."""
    task = Task(
        question="Where was the mayor born?",
        answers=("zqanswerqz",),
        aliases={"zqanswerqz": ("zqaliasqz",)},
        evidence=((site("veit"),),),
        hops=(Hop(id="h1", fact="zqfactqz", value="zqvalueqz", urls=(site("veit"),)),),
        family="zqfamilyqz",
        meta={"note": "zqmetaqz", "root": site("alba"), "prefix": site("")},
        split="train",
    )
    tasks = TaskSet([task, *(_split(task, name) for name in ("validation", "test"))], "marked")
    return {"corpus": small_corpus, "tasks": tasks}


def _split(task, name):
    import msgspec

    return msgspec.structs.replace(task, split=name)


def games(name):
    """The settings of the games that an id is played as: alone, and as a team."""
    return {}, {"game": ROWS[name].team}


def shown(env, seed):
    """All that reset and the steps of a rollout return, as JSON."""
    env.action_space.seed(seed)
    yield env.reset(seed=seed)
    for _ in range(15):
        step = env.step(env.action_space.sample())
        yield step
        if step[2] or step[3]:
            return


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("view", VIEWS)
def test_observations_and_infos_of_the_gymnasium_face_hold_no_gold(marked, name, view):
    worker = catalog.scenario(name, game=ROWS[name].team, **marked).game.roles[-1].name
    view = {**view, "seat": worker} if view.get("seat") == "WORKER" else view
    env = gym.make(f"webenvs/{name}", disable_env_checker=True, **marked, **view)
    everything = json.dumps(list(chain.from_iterable(shown(env, seed) for seed in range(8))))
    assert "Where was the mayor born?" in everything
    assert [marker for marker in MARKERS if marker in everything] == []


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("player", ["random", "first-hit", "scripted"])
def test_players_that_do_not_read_the_gold_are_shown_none(marked, name, player):
    for game in games(name):
        scenario = catalog.scenario(name, **marked, **game)
        session = Session(scenario, scenario.tasks.draw(1, scenario.split), 1)
        players = webenvs.lineup(player).sit(scenario.players, session.task, 1)
        seen = []
        while session.to_act:
            acting = session.to_act[0]
            given = session.observe(acting), session.info(acting)
            seen.append(given)
            session.act(players[acting](*given))
        seen += [(session.observe(p), session.info(p)) for p in scenario.players]
        everything = json.dumps(seen)
        assert [marker for marker in MARKERS if marker in everything] == []


@pytest.mark.parametrize("name", ROWS)
def test_only_a_player_that_asks_for_the_gold_gets_the_task(marked, name):
    told = {}

    class Curious:
        def __init__(self, key):
            self.key = key

        def reset(self, seat):
            told[self.key] = seat.task

        def __call__(self, observation, info):
            return "hm"

    class Reading(Curious):
        reads_gold = True

    scenario = catalog.scenario(name, **marked)
    task = scenario.tasks.tasks[0]
    for key, player in (("curious", Curious("curious")), ("reading", Reading("reading"))):
        webenvs.lineup(player).sit(scenario.players, task, 0)
        assert key in told
    assert told == {"curious": None, "reading": task}


@pytest.mark.parametrize("name", ROWS)
def test_the_opening_of_a_task_does_not_contain_its_answer(name):
    env = gym.make(f"webenvs/{name}")
    scenario = env.unwrapped.scenario
    looked_at = 0
    for task in scenario.tasks.of_split("train")[:60]:
        if task.answer_type == "yesno":
            continue
        looked_at += 1
        opening = env.reset(seed=0, options={"task_id": task.id})
        for answer in task.answers:
            named = re.search(rf"\b{re.escape(answer)}\b", opening[0]["text"])
            assert not named, f"{task.question!r} names {answer!r}"
    assert looked_at > 50


@pytest.mark.parametrize("name", ROWS)
def test_noise_is_recorded_and_told_to_trainers_but_to_no_player(name):
    searches = ROWS[name].team == "team"
    noise = "drop" if searches else "rate_limited"
    env = gym.make(f"webenvs/{name}", noise=f"{noise}:0.9").unwrapped
    env.reset(seed=0)
    message = say("search", query="the city") if searches else say("click", link=0)
    observation, *_, info = env.step(message)
    assert env.episode().turns[0].results[0].noise == (noise,)
    assert [(entry["call"], entry["name"]) for entry in info["noise"]] == [("0.1", noise)]
    assert noise not in json.dumps([observation, info["messages"]])
    told = env.session.info(env.seat)
    assert "noise" not in told
    assert noise not in json.dumps({**told, "statuses": []})  # a failure's status is not hidden
