"""The catalog: names that are found, names that are not, and what making something costs."""

import json

import gymnasium as gym
import pytest

import webenvs
from webenvs import catalog
from webenvs.catalog import PLAYERS, ROWS
from webenvs.corpora.corpus import MemoryCorpus
from webenvs.envs.seat import SeatEnv
from webenvs.envs.settings import MEANINGS
from webenvs.errors import (
    CorpusError,
    PlayerError,
    SettingError,
    TaskFileError,
    UnknownNameError,
)
from webenvs.players.message import close
from webenvs.players.oracle import OraclePlanner
from webenvs.players.random import RandomPlayer
from webenvs.players.scripted import ScriptedPlanner
from webenvs.records import Page, Task
from webenvs.search.engines import TABLE
from webenvs.tasks.taskset import TaskSet


def closing(observation, info):
    """A player of one line."""
    return close(info, "x")


@pytest.mark.parametrize("spelling", ["MultiHop-v0", "webenvs/MultiHop-v0", "MultiHop"])
def test_an_id_is_found_with_and_without_namespace_and_version(spelling):
    assert catalog.row(spelling).id == "MultiHop-v0"


@pytest.mark.parametrize("name", ROWS)
def test_every_row_says_what_it_asks_and_has_tags(name):
    row = ROWS[name]
    assert row.id == name
    assert row.summary.endswith(".")
    assert row.tags
    json.dumps(row.settings)


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: catalog.scenario("MultiHopp-v0"), UnknownNameError, "Did you mean 'MultiHop-v0'"),
        (lambda: catalog.scenario("MultiHop-v7"), UnknownNameError, "environment 'MultiHop-v7'"),
        (
            lambda: webenvs.aec("Chess"),
            UnknownNameError,
            "no environment 'Chess'. Allowed: Evolved-v0, ",
        ),
        (lambda: webenvs.scenario("Tasks", corpus="tny"), UnknownNameError, "Did you mean 'tiny'"),
        (lambda: webenvs.scenario("Tasks", corpus="/no/such"), UnknownNameError, "/no/such"),
        (lambda: webenvs.scenario("Tasks", corpus=3), SettingError, "corpus = 3 is not allowed"),
        (lambda: webenvs.scenario("Tasks", corpus=None), SettingError, "a path, or a Corpus"),
        (lambda: webenvs.scenario("Tasks", corpus=MemoryCorpus), SettingError, "or a Corpus"),
        (
            lambda: webenvs.scenario("Tasks", tasks=[1]),
            SettingError,
            r"tasks = \[1\] is not allowed",
        ),
        (lambda: webenvs.scenario("Tasks", tasks=None), SettingError, "a path, or a TaskSource"),
        (
            lambda: webenvs.scenario("Tasks", tasks="multi-hopp"),
            UnknownNameError,
            "no task set 'multi-hopp'. Did you mean 'multi-hop'",
        ),
        (
            lambda: webenvs.scenario("Tasks", tasks="hotpotq:/no/such.json"),
            UnknownNameError,
            "no benchmark 'hotpotq'. Did you mean 'hotpotqa'",
        ),
        (
            lambda: webenvs.scenario("Tasks", tasks="hotpotqa:/no/such.json"),
            TaskFileError,
            "/no/such.json: cannot be read",
        ),
        (lambda: webenvs.scenario("Tasks", turnz=3), SettingError, "Did you mean 'turns'"),
        (lambda: webenvs.scenario("MultiHop", hop=[2, 3]), SettingError, "Did you mean 'hops'"),
        (lambda: webenvs.scenario("Lookup", hops=[2, 3]), SettingError, "no setting 'hops'"),
        (
            lambda: webenvs.scenario("MultiHop", hops="2-4"),
            SettingError,
            "hops = '2-4' is not allowed: hops must be ",
        ),
        (
            lambda: webenvs.scenario("MultiHop", hops=(4, 2)),
            SettingError,
            r"^hops = \(4, 2\) is not allowed.*least <= most",
        ),
        (
            lambda: webenvs.scenario("MultiHop", hops=(1, 2, 3)),
            SettingError,
            r"hops = \(1, 2, 3\) is not allowed",
        ),
        (
            lambda: webenvs.scenario("MultiHop", knobs={"hop": [2, 3]}),
            SettingError,
            "no knob 'hop'. Did you mean 'hops'",
        ),
        (
            lambda: webenvs.scenario("MultiHop", knobs=3, hops=[2, 3]),
            SettingError,
            "knobs = 3 is not allowed: knobs must be a mapping",
        ),
        (lambda: webenvs.scenario("MultiHop", level="mild"), SettingError, "easy, medium, hard"),
        (lambda: webenvs.lineup("scriptd"), UnknownNameError, "Did you mean 'scripted'"),
        (lambda: webenvs.lineup("planner=random,worker=rndom"), UnknownNameError, "'rndom'"),
        (lambda: webenvs.lineup(3), SettingError, "players = 3 is not allowed"),
        (lambda: webenvs.lineup({"worker": None}), SettingError, "players = None"),
        (
            lambda: webenvs.lineup("no_such_module:Player"),
            PlayerError,
            "cannot import 'no_such_module'",
        ),
        (
            lambda: webenvs.lineup("webenvs.players.random:RandomPlayr"),
            UnknownNameError,
            "Did you mean 'RandomPlayer'",
        ),
    ],
)
def test_what_does_not_exist_is_named_with_the_nearest_that_does(make, error, words):
    with pytest.raises(error, match=words):
        make()


def test_knobs_stand_beside_the_settings_and_are_recorded_under_their_name():
    beside = catalog.scenario("MultiHop", hops=(2, 3))
    assert json.loads(json.dumps(beside.settings)) == {"knobs": {"hops": [2, 3]}}
    assert catalog.scenario("MultiHop", **beside.settings).tasks is beside.tasks
    assert catalog.scenario("MultiHop", knobs={"hops": [5, 6]}, hops=[2, 3]).tasks is beside.tasks
    assert len(beside.tasks.draw(3, "train").hops) in (2, 3)


def test_tasks_given_as_objects_have_no_knobs(small_corpus, small_tasks):
    with pytest.raises(SettingError, match="There is no setting 'hops'"):
        catalog.scenario("MultiHop", corpus=small_corpus, tasks=small_tasks, hops=[2, 3])


def test_wrong_settings_reach_the_user_of_gymnasium_unchanged():
    with pytest.raises(SettingError, match="Did you mean 'turns'"):
        gym.make("webenvs/MultiHop-v0", turnz=3)
    with pytest.raises(SettingError, match="one of planner, worker, planner_0, worker_0"):
        gym.make("webenvs/MultiHop-v0", seat="plan")
    with pytest.raises(UnknownNameError, match="Did you mean 'random'"):
        gym.make("webenvs/MultiHop-v0", seat="planner", players="randm")


@pytest.mark.parametrize("number", [0, -1, 2.0])
def test_a_vector_environment_needs_at_least_one_part(number):
    with pytest.raises(SettingError, match=f"num_envs = {number} is not allowed"):
        gym.make_vec("webenvs/MultiHop-v0", num_envs=number)


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({"players": "random"}, SettingError, "left out: researcher_0 is the only seat"),
        ({"seat": "planner", "players": "planer=random"}, UnknownNameError, "mean 'planner'"),
        ({"seat": "planner", "players": {"wrker": closing}}, UnknownNameError, "mean 'worker'"),
        ({"seat": "worker", "players": "researcher=random"}, UnknownNameError, "in the team game"),
        ({"seat": "planner", "players": "planner=random"}, SettingError, "the only planner is"),
        (
            {"seat": "worker", "workers": 1, "players": {"worker": closing}},
            SettingError,
            "the only worker is your own seat",
        ),
    ],
)
def test_players_that_have_no_seat_are_refused_when_the_environment_is_made(settings, error, words):
    with pytest.raises(error, match=words):
        gym.make("webenvs/MultiHop-v0", **settings)
    with pytest.raises(error, match=words):
        gym.make_vec("webenvs/MultiHop-v0", num_envs=1, **settings)


def test_another_seat_of_ones_own_role_may_be_given_a_player():
    asked = []

    def worker(observation, info):
        asked.append(info["player"])
        return close(info, "x")

    env = gym.make("webenvs/MultiHop-v0", seat="worker_1", players={"worker": worker}).unwrapped
    env.reset(seed=0)
    assert set(asked) == {"worker_0"}


def test_roles_without_a_player_are_played_by_the_default_one_where_the_game_is_known():
    made = catalog.scenario("MultiHop", game="team")
    lineup = webenvs.lineup({"worker": closing}, made.game)
    seated = lineup.sit(made.players, made.tasks.draw(0, made.split), 0)
    assert type(seated["planner_0"]) is ScriptedPlanner
    assert seated["worker_1"] is closing


def test_the_players_of_all_other_roles_are_the_right_ones_of_each_role():
    made = catalog.scenario("MultiHop", game="team")
    lineup = webenvs.lineup({"worker": closing, "*": "oracle"})
    seated = lineup.sit(made.players, made.tasks.draw(0, made.split), 0)
    assert type(seated["planner_0"]) is OraclePlanner


def test_questions_whose_evidence_is_not_in_the_corpus_are_refused(small_corpus):
    tasks = TaskSet([Task(question="Q?", answers=("a",), evidence=(("https://gone",),))], "lost")
    with pytest.raises(TaskFileError, match="evidence of 1 of 1 questions is not in the corpus"):
        catalog.scenario("Tasks", corpus=small_corpus, tasks=tasks)


def test_an_empty_corpus_and_two_pages_of_one_url_are_refused():
    with pytest.raises(CorpusError, match="The corpus is empty"):
        MemoryCorpus([])
    page = Page(url="u", title="t", text="x")
    with pytest.raises(CorpusError, match="Two pages have the url 'u'"):
        MemoryCorpus([page, page])


def test_a_directory_that_is_no_corpus_is_refused(tmp_path):
    with pytest.raises(CorpusError, match=tmp_path.name):
        catalog.scenario("Tasks", corpus=str(tmp_path))


def test_a_path_may_be_a_path_object_and_settings_keep_its_text(tmp_path, small_corpus, site):
    from webenvs.corpora import store

    store.write((small_corpus.page(n) for n in range(5)), tmp_path / "built", "built")
    file = tmp_path / "tasks.jsonl"
    file.write_text('{"question": "Who is the mayor?", "answers": "Ilsa Veit"}\n')
    made = catalog.scenario("Tasks", corpus=tmp_path / "built", tasks=file)
    assert made.settings["corpus"] == str(tmp_path / "built")
    assert made.settings["tasks"] == str(file)
    json.dumps(made.settings)
    env = SeatEnv(made)
    assert "Who is the mayor?" in env.reset(seed=0)[0]["text"]


@pytest.mark.parametrize("engine", TABLE)
def test_the_setting_of_the_engine_names_every_engine(engine):
    assert engine in MEANINGS["retriever"].partition(": ")[2].split(", ")


def test_corpora_and_engines_are_opened_once_a_process():
    one, other = catalog.scenario("MultiHop"), catalog.scenario("Tasks", turns=3)
    assert one.web.corpus is other.web.corpus
    assert one.web.retriever is other.web.retriever
    assert catalog.scenario("MultiHop", search={"k1": 0.9}).web.retriever is not one.web.retriever


def test_the_parts_of_a_vector_environment_share_a_scenario():
    env = gym.make_vec("webenvs/MultiHop-v0", num_envs=3)
    assert len({id(part.unwrapped.scenario) for part in env.envs}) == 1
    seats = gym.make_vec("webenvs/MultiHop-v0", num_envs=2, seat="worker", players="random")
    assert [part.unwrapped.seat for part in seats.envs] == ["worker_0", "worker_0"]
    env.close()
    seats.close()


@pytest.mark.parametrize("engine", [name for name, row in TABLE.items() if not row.needs])
def test_every_engine_that_needs_no_settings_works_without_them(engine):
    hits = catalog.scenario("MultiHop", retriever=engine).web.retriever.search("city river", 3)
    assert len(hits) == 3


@pytest.mark.parametrize(
    "spec",
    [
        "random",
        "webenvs.players.random:RandomPlayer",
        RandomPlayer,
        RandomPlayer(),
        closing,
        {"planner": "oracle", "worker": closing},
        "planner=scripted, worker=webenvs.players.first_hit:FirstHit",
        {"planner": "scripted", "*": "random"},
    ],
    ids=range(8),
)
def test_a_lineup_is_written_in_many_ways(spec):
    made = catalog.scenario("MultiHop", game="team")
    players = webenvs.lineup(spec).sit(made.players, made.tasks.draw(0, made.split), 0)
    assert list(players) == ["planner_0", "worker_0", "worker_1"]
    assert all(callable(player) for player in players.values())


def test_a_class_is_made_once_a_seat_and_an_instance_is_shared():
    seats = ("worker_0", "worker_1")
    task = Task(question="Q?", answers=("a",))
    made = webenvs.lineup(RandomPlayer).sit(seats, task, 0)
    assert made["worker_0"] is not made["worker_1"]
    shared = webenvs.lineup(closing).sit(seats, task, 0)
    assert shared["worker_0"] is shared["worker_1"]


def test_a_role_that_nobody_plays_is_named():
    lineup = webenvs.lineup({"planner": closing})
    with pytest.raises(UnknownNameError, match="player for role 'worker'"):
        lineup.sit(("worker_0",), Task(question="Q?", answers=("a",)), 0)


def test_a_player_that_cannot_be_called_is_named():
    class Mute:
        pass

    with pytest.raises(PlayerError, match="player of worker_0 must be callable; Mute is not"):
        webenvs.lineup({"worker": Mute}).sit(("worker_0",), Task(question="Q", answers=("a",)), 0)


@pytest.mark.parametrize("name", PLAYERS)
def test_every_player_of_the_table_can_be_made_for_every_role(name):
    seats = ("researcher_0", "planner_0", "worker_0", "walker_0")
    players = webenvs.lineup(name).sit(seats, Task(question="Q?", answers=("a",)), 0)
    assert len(players) == 4


def test_the_seat_of_a_team_needs_no_other_word_for_the_game():
    env = gym.make("webenvs/MultiHop-v0", seat="worker").unwrapped
    assert env.scenario.game.name == "team"
    solo = gym.make("webenvs/MultiHop-v0", seat="researcher", game="solo").unwrapped
    assert solo.seat == "researcher_0"
    walking = gym.make("webenvs/WebWalk-v0", seat="walker").unwrapped
    assert walking.scenario.game.name == "walk-team"
    assert gym.make("webenvs/WebWalk-v0").unwrapped.scenario.game.name == "walk"


def test_the_face_offers_what_it_lists():
    assert sorted(webenvs.__all__) == webenvs.__all__
    assert all(hasattr(webenvs, name) for name in webenvs.__all__)


@pytest.mark.parametrize("make", [webenvs.aec, webenvs.parallel, webenvs.scenario])
@pytest.mark.parametrize("setting", [{"seat": "planner"}, {"players": {"worker": "scripted"}}])
def test_where_every_seat_is_yours_none_is_named(make, setting):
    with pytest.raises(SettingError, match="must be left out: every seat of this game is yours"):
        make("MultiHop-v0", **setting)
