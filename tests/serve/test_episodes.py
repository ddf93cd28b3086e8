"""Episodes that trainers begin, look at and end; what is kept, for how long, and what is told."""

import asyncio
import json
import threading

import pytest

from webenvs.errors import SettingError
from webenvs.serve.limits import Limits

SECRETS = ("Tarn", "Monte Corvo")


class Clock:
    """A clock that is set by hand."""

    now = 0.0

    def __call__(self):
        return self.now


def begin(live, **row):
    answer = live.client.post("/episodes", json=row)
    assert answer.status_code == 201, answer.text
    return answer.json()


def step(live, name, tool, **arguments):
    body = {"episode_id": name, "action": {"tool": tool, "arguments": arguments}}
    return live.client.post("/step", json=body)


def test_an_episode_begins_as_in_process(start, envs):
    live, env = start(), envs()()
    told = begin(live, seed=7)
    env.reset(seed=7)
    assert told["text"] == env.text()
    assert told["messages"] == env.messages()
    assert told["tools"] == list(env.tools())
    assert told["task_id"] == env.session.task.id


@pytest.mark.parametrize(
    "row",
    [
        {"split": "train", "index": 1},
        {"split": "test", "seed": 3},
        {"split": "validation", "index": 0, "episode": 4},
    ],
    ids=["index", "seed", "episode"],
)
def test_a_row_names_the_episode_as_reset_does(serve, envs, row):
    env = envs()()
    env.reset(**row)
    told = begin(serve(), **row)
    assert (told["task_id"], told["messages"]) == (env.session.task.id, env.messages())


def test_no_score_is_told_before_the_end(serve):
    live = serve()
    name = begin(live)["episode_id"]
    step(live, name, "search", query="river")
    told = live.client.get(f"/episodes/{name}").json()
    assert "scores" not in told
    assert told["over"] is False


def test_the_score_at_the_end_is_that_of_the_environment(start, envs):
    live, env = start(), envs()()
    name = begin(live, split="train", index=0)["episode_id"]
    env.reset(split="train", index=0)
    for tool, arguments in (("search", {"query": "mayor"}), ("answer", {"text": "Tarn"})):
        step(live, name, tool, **arguments)
        env.call(tool, arguments)
    told = live.client.get(f"/episodes/{name}").json()
    assert told["scores"] == {"researcher_0": env.score()}
    assert told["scores"]["researcher_0"]["reward"] == 1.0


def test_an_episode_that_is_ended_is_scored_as_it_stands_and_forgotten(serve):
    live = serve()
    name = begin(live)["episode_id"]
    told = live.client.delete(f"/episodes/{name}").json()
    assert told["scores"]["researcher_0"]["reward"] == 0.0
    assert len(live.episodes) == 0
    again = live.client.get(f"/episodes/{name}")
    assert (again.status_code, "has been ended" in again.json()["detail"]) == (404, True)


def test_neither_answers_nor_evidence_stand_in_what_is_told_before_pages_are_read(serve):
    live = serve()
    told = [begin(live, split="train", index=index) for index in (0, 1)]
    told += [live.client.get(f"/episodes/{each['episode_id']}").json() for each in told]
    told.append(live.client.post("/Tasks-v0/tasks", json={"split": "train"}).json())
    told.append(live.client.get("/openapi.json").json())
    text = json.dumps(told)
    assert [secret for secret in SECRETS if secret in text] == []
    assert "small.example" not in text


def test_an_id_that_is_taken_is_refused(serve):
    live = serve()
    begin(live, episode_id="mine")
    answer = live.client.post("/episodes", json={"episode_id": "mine"})
    assert (answer.status_code, "'mine'" in answer.json()["detail"]) == (409, True)


@pytest.mark.parametrize(
    "name",
    ["", "a" * 201, "a\nb", "a/b", "a?b", "a#b", "..", "%2e"],
    ids=["empty", "long", "unprintable", "slash", "query", "fragment", "up", "escaped"],
)
def test_an_id_that_is_none_is_refused(serve, name):
    answer = serve().client.post("/episodes", json={"episode_id": name})
    assert (answer.status_code, "episode_id" in answer.json()["detail"]) == (422, True)


def test_no_more_episodes_are_kept_than_allowed(serve):
    live = serve(options={"limits": Limits(sessions=2)})
    begin(live), begin(live)
    answer = live.client.post("/episodes", json={})
    assert (answer.status_code, "keeps 2 episodes" in answer.json()["detail"]) == (503, True)


def test_an_episode_that_nobody_asks_for_is_forgotten(serve):
    clock = Clock()
    live = serve(options={"limits": Limits(idle=60), "clock": clock})
    old = begin(live)["episode_id"]
    clock.now = 40
    new = begin(live)["episode_id"]
    clock.now = 70
    assert live.client.get(f"/episodes/{new}").status_code == 200
    answer = live.client.get(f"/episodes/{old}")
    assert (answer.status_code, "idle for 60 s" in answer.json()["detail"]) == (404, True)
    assert len(live.episodes) == 1


def refused():
    raise SettingError("It is the turn of somebody else.")


@pytest.fixture
def kept(envs):
    """Play with one episode that is kept, in a loop of the test's own."""
    from webenvs.serve.episodes import Episodes, Row
    from webenvs.serve.work import Work

    def run(play):
        work = Work(2)

        async def begun():
            episodes = Episodes(envs(), Limits(), work)
            await play(episodes, await episodes.begin(Row()))

        try:
            asyncio.run(begun())
        finally:
            work.close()

    return run


def test_only_messages_that_were_played_are_counted(kept):
    counts = []

    async def play(episodes, one):
        await episodes.play(one, lambda: None)
        await episodes.step(one, one.env.call, "search", {"query": "river"})
        counts.append(one.steps)
        with pytest.raises(SettingError):
            await episodes.step(one, refused)
        counts.append(one.steps)

    kept(play)
    assert counts == [1, 1]


def test_nobody_is_let_in_while_the_message_of_one_that_left_is_played(kept):
    going, may = threading.Event(), threading.Event()
    told = []

    def slow():
        going.set()
        assert may.wait(10)
        told.append("first")

    async def play(episodes, one):
        first = asyncio.ensure_future(episodes.step(one, slow))
        await asyncio.to_thread(going.wait, 10)
        first.cancel()
        await asyncio.wait([first])
        told.append(one.turn.locked())
        second = asyncio.ensure_future(episodes.step(one, told.append, "second"))
        may.set()
        await second
        told.append(one.steps)

    kept(play)
    assert told == [True, "first", "second", 2]


def test_the_ids_of_other_episodes_are_not_told(serve):
    live = serve()
    name = begin(live)["episode_id"]
    answer = live.client.get(f"/episodes/{name[:-1]}x")
    assert answer.status_code == 404
    assert name not in answer.text


@pytest.mark.parametrize(
    ("row", "status", "said"),
    [
        ({"task_id": "none"}, 404, "There is no task 'none'"),
        ({"split": "trian"}, 422, "split"),
        ({"split": "train", "index": 99}, 422, "index = 99"),
        ({"seed": "x"}, 422, "seed"),
        ({"epsiode": 1}, 422, "Did you mean 'episode'?"),
    ],
    ids=["task", "split", "index", "seed", "misspelt"],
)
def test_a_wrong_row_is_refused_and_leaves_no_episode(serve, row, status, said):
    live = serve()
    answer = live.client.post("/episodes", json=row)
    assert (answer.status_code, said in answer.json()["detail"]) == (status, True), answer.text
    assert len(live.episodes) == 0


def test_an_id_whose_beginning_failed_is_free(serve):
    live = serve()
    live.client.post("/episodes", json={"episode_id": "mine", "task_id": "none"})
    assert begin(live, episode_id="mine")["episode_id"] == "mine"


def test_a_seat_is_played_with_the_players_of_the_server_at_the_others(serve, envs):
    settings = {"game": "team", "seat": "planner", "players": "worker=scripted"}
    live, env = serve(**settings), envs(**settings)()
    name = begin(live, seed=2)["episode_id"]
    env.reset(seed=2)
    seen = step(live, name, "delegate", task="Where does the Alba rise?").json()["observation"]
    assert seen["text"] == env.call("delegate", {"task": "Where does the Alba rise?"}).text


def test_every_seat_can_be_the_clients(serve):
    live = serve(game="team", workers=2)
    name = begin(live)["episode_id"]
    step(live, name, "delegate", task="Where does the Alba rise?")
    told = live.client.get(f"/episodes/{name}").json()
    assert told["to_act"] == ["worker_0"]
    assert set(live.client.delete(f"/episodes/{name}").json()["scores"]) == {
        "planner_0",
        "worker_0",
        "worker_1",
    }
