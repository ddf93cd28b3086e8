"""The rungs between random and oracle: mixtures by keyed chance, and players that close early."""

import copy
import json

import pytest

from webenvs import catalog
from webenvs.episodes import play
from webenvs.players.message import say
from webenvs.players.mixed import Brief, Early, Fickle, Helped, Lucky, Mixed, Wavering
from webenvs.records import Seat, Task

RUNGS = ("early", "brief", "erratic", "wavering", "fickle", "lucky", "helped")
CALL = {"thought": "", "calls": []}


def one(observation, info):
    return {**CALL, "thought": "one"}


def other(observation, info):
    return {**CALL, "thought": "other"}


def closes(observation, info):
    return {**CALL, "thought": "closing" if info["closing"] else "going on"}


def sat(player, seed=0, name="worker_0"):
    player.reset(Seat(player=name, role=name.partition("_")[0], seed=seed))
    return player


ONE = {"*": lambda: one}
OTHER = {"*": lambda: other}
CLOSES = {"*": lambda: closes}


class Half(Mixed):
    """One of two constant players at every message."""

    usual = ONE
    other = OTHER
    rate = 0.5


class Days(Half):
    """One of them for a whole episode."""

    whole = True


class Closing(Mixed):
    """Closes after two messages."""

    usual = CLOSES
    most = 2


def said(player, count=400):
    return [player({"turn": turn}, {"closing": False})["thought"] for turn in range(count)]


def test_the_ladder_has_at_least_eight_players_that_exist():
    assert len(set(catalog.LADDER)) == len(catalog.LADDER) >= 8
    assert set(catalog.LADDER) <= set(catalog.PLAYERS)


@pytest.mark.parametrize("name", RUNGS)
@pytest.mark.parametrize(
    ("env", "game"),
    [("MultiHop", "solo"), ("MultiHop", "team"), ("WebWalk", "walk"), ("WebWalk", "walk-team")],
)
def test_every_rung_plays_every_game_and_can_be_read(seats, name, env, game):
    for episode in seats(env, game, name, range(3)):
        assert episode.valid
        assert all(turn.valid for turn in episode.turns)


@pytest.fixture
def seats():
    def start(env, game, name, seeds):
        made = catalog.scenario(env, game=game)
        return [play(made, catalog.lineup(name, made.game), seed) for seed in seeds]

    return start


def test_a_rung_repeats_itself_with_the_seed(seats):
    assert seats("MultiHop", "team", "erratic", [4]) == seats("MultiHop", "team", "erratic", [4])


def test_each_part_gets_its_share_of_the_messages():
    thoughts = said(sat(Half()))
    assert 160 <= thoughts.count("other") <= 240


def test_a_seat_has_its_own_chance():
    assert said(sat(Half(), name="worker_0")) != said(sat(Half(), name="worker_1"))


def test_a_whole_mixture_is_one_part_for_all_seats_of_an_episode():
    for seed in range(20):
        told = {tuple(said(sat(Days(), seed, name), 5)) for name in ("planner_0", "worker_1")}
        assert len(told) == 1
        assert len(set(*told)) == 1
    assert {said(sat(Days(), seed), 1)[0] for seed in range(20)} == {"one", "other"}


def test_who_closes_early_is_told_that_it_must_close_and_not_before():
    assert said(sat(Closing()), 4) == ["going on", "going on", "closing", "closing"]


def test_a_copy_goes_on_by_itself():
    player = sat(Half())
    said(player, 3)
    twin = copy.copy(player)
    assert said(player, 10) == said(twin, 10)


def test_a_copy_has_parts_of_its_own():
    player = sat(Wavering())
    twin = copy.copy(player)
    assert twin._other is not player._other


def test_a_mixed_player_has_to_be_seated():
    with pytest.raises(RuntimeError, match="has to be reset"):
        Wavering()({"turn": 0}, {"closing": False})


@pytest.mark.parametrize("kind", [Wavering, Early, Brief, Fickle])
def test_who_needs_no_gold_asks_for_none(kind):
    assert not getattr(kind, "reads_gold", False)


@pytest.mark.parametrize(("kind", "share"), [(Lucky, 1 / 3), (Helped, 1 / 2)])
def test_who_knows_the_answer_knows_it_in_its_share_of_the_episodes(kind, share, first_info):
    task = Task(question="q", answers=("Tarn",))
    knew = 0
    for seed in range(300):
        player = kind()
        player.reset(Seat(player="researcher_0", role="researcher", seed=seed, task=task))
        message = player({"text": "", "turn": 12}, first_info("Question: Who?", closing=True))
        knew += message["calls"][0]["arguments"]["text"] == "Tarn"
    assert abs(knew / 300 - share) < 0.09


def test_what_a_player_remembers_goes_on_in_another_that_sits_in_the_same_episode():
    player, twin = sat(Half()), sat(Half())
    said(player, 7)
    twin.restore(json.loads(json.dumps(player.snapshot())))
    assert said(twin, 20) == said(player, 20) != said(sat(Half()), 20)


@pytest.mark.parametrize("data", [{}, {"messages": "many"}, {"messages": 1, "more": 2}, None])
def test_what_is_no_memory_of_a_mixed_player_is_refused(data):
    player = sat(Half())
    with pytest.raises(ValueError, match=r"Object|Expected|missing"):
        player.restore(data)


def test_a_saved_environment_goes_on_with_the_chance_of_its_mixed_players(planner_env):
    env, twin = planner_env("erratic"), planner_env("erratic")
    for seed in range(3):
        env.reset(seed=seed)
        for task in "AB":
            env.step(say("delegate", task=f"Which river flows through {task}?"))
        twin.restore(json.loads(json.dumps(env.snapshot())))
        told = [
            each.step(say("delegate", task="Which river is the longest?"))[0]
            for each in (env, twin)
        ]
        assert told[0] == told[1]
        assert env.episode() == twin.episode()


@pytest.fixture
def planner_env():
    def make(name):
        return catalog.gym_env(
            env="MultiHop-v0", game="team", workers=1, seat="planner", players={"worker": name}
        )

    return make
