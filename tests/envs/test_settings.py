"""Every setting: described, bounded, and named when it is wrong."""

import dataclasses

import msgspec
import pytest

from webenvs import catalog
from webenvs.envs.game import ANSWER, REPORT, Game, Role, check_game
from webenvs.envs.settings import MEANINGS, Settings, game_of, settings_from
from webenvs.errors import SettingError, UnknownNameError
from webenvs.records import Budget
from webenvs.web.tools import TOOLS


def test_every_setting_has_a_sentence_of_meaning():
    names = [field.name for field in msgspec.structs.fields(Settings)]
    assert list(MEANINGS) == names
    assert all(len(meaning) > 5 for meaning in MEANINGS.values())


def test_nothing_given_is_all_defaults():
    assert settings_from({}) == Settings()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"turnz": 3}, "There is no setting 'turnz'. Did you mean 'turns'?"),
        ({"no_such_thing_at_all": 3}, "There is no setting 'no_such_thing_at_all'"),
        ({"turns": 0}, "turns = 0 is not allowed: expected `int` >= 1"),
        ({"turns": "3"}, "turns = '3' is not allowed: expected `int`, got `str`"),
        ({"turns": 2.5}, "turns = 2.5 is not allowed: expected `int`, got `float`"),
        ({"turns": None}, "turns = None is not allowed"),
        (
            {"game": "teams"},
            r"must be solo or team or walk or walk-team \(did you mean 'team'\?\)\.$",
        ),
        (
            {"game": None},
            r"game = None is not allowed: game must be solo or team or walk or walk-team\.$",
        ),
        ({"workers": 65}, "workers = 65 is not allowed: expected `int` <= 64"),
        ({"calls": {"fetch": True}}, r"calls\['fetch'\] = True is not allowed"),
        (
            {"calls": {"search": 0}},
            r"calls\['search'\] = 0 is not allowed: .* whole number of at least 1",
        ),
        ({"calls": {"serch": 2}}, r"calls = 'serch' is not allowed.*did you mean 'search'\?"),
        ({"calls": 3}, 'calls = 3 is not allowed: .* a mapping, such as {"search": 8}'),
        ({"planner_web": "search"}, r'= .search. is not allowed: .* such as \["search"\]\.$'),
        ({"planner_web": [3]}, r"planner_web = \[3\] is not allowed: planner_web\[0\]: expected"),
        ({"knobs": 3}, r'knobs = 3 is not allowed: .* a mapping, such as {"hops": \[2, 4\]}'),
        ({"items": 0}, "items = 0 is not allowed: expected `int` >= 1"),
        ({"level": 3}, "level = 3 is not allowed: expected `str`"),
        ({"search": {3: 1}}, r"search = {3: 1} is not allowed: expected `str`, got `int`"),
        ({"planner_web": ("fetsh",)}, r"planner_web = 'fetsh' .*did you mean 'fetch'\?"),
        ({"report_role": "usr"}, r"must be tool or user \(did you mean 'user'\?\)"),
        ({"result_role": "tol"}, r"must be tool or user \(did you mean 'tool'\?\)"),
        ({"report_characters": 49}, "report_characters = 49 is not allowed"),
        ({"top_k": 0}, "top_k = 0 is not allowed"),
        ({"top_k": 101}, "top_k = 101 is not allowed"),
        ({"page_characters": 199}, "page_characters = 199 is not allowed"),
        ({"observation_characters": 999}, "observation_characters = 999 is not allowed"),
        ({"dense": "yes"}, "dense = 'yes' is not allowed: expected `bool`, got `str`"),
        ({"noise": {"timeout": 0.1}}, "Noise has no field 'timeout'.* It has: name, strength"),
        ({"noise": 3}, "noise = 3 is not allowed: noise must be a text, a Noise, a mapping"),
    ],
)
def test_a_wrong_setting_is_named_with_its_value_and_what_is_allowed(values, words):
    with pytest.raises(SettingError, match=words):
        settings_from(values)


def test_a_misspelt_knob_of_the_family_is_named_with_the_right_one():
    with pytest.raises(SettingError, match=r"'hop'. Did you mean 'hops'.* Knobs: hops, pages\."):
        settings_from({"hop": [2, 3]}, knobs=("hops", "pages"))


@pytest.mark.parametrize(
    ("values", "error", "words"),
    [
        (
            {"codec": "hermez"},
            UnknownNameError,
            "There is no codec 'hermez'. Did you mean 'hermes'",
        ),
        ({"retriever": "bm52"}, UnknownNameError, "no retriever 'bm52'. Did you mean 'bm25'"),
        ({"reward": "webdance"}, UnknownNameError, "preset 'webdance'. Did you mean 'webdancer'"),
        ({"reward": {"answr": 1}}, UnknownNameError, "reward term 'answr'. Did you mean 'answer'"),
        ({"reward": {"boss": {"answer": 1}}}, UnknownNameError, "no role 'boss'"),
        ({"metric": "f2"}, UnknownNameError, "There is no metric 'f2'. Did you mean 'f1'"),
        ({"noise": "mlid"}, UnknownNameError, "There is no noise 'mlid'. Did you mean 'mild'"),
        ({"noise": "drop:2"}, SettingError, "a rate from 0 to 1"),
        ({"split": "tets"}, SettingError, "split = 'tets' is not allowed"),
        ({"search": {"k2": 1}}, UnknownNameError, "no setting 'k2' of search. Did you mean 'k1'"),
        ({"search": {"k1": -1}}, SettingError, "k1 = -1 is not allowed"),
    ],
)
def test_a_wrong_name_inside_a_setting_is_named_when_the_scenario_is_made(
    scenario, values, error, words
):
    with pytest.raises(error, match=words):
        scenario(**values)


def test_a_split_without_tasks_is_named_with_what_there_is(scenario, small_tasks):
    from webenvs.tasks.taskset import TaskSet

    only = TaskSet(small_tasks.of_split("test"), "only test")
    with pytest.raises(SettingError, match=r"'only test' that has tasks .train 0, validation 0"):
        scenario(tasks=only, split="train")


def test_the_solo_table_has_one_role_with_the_whole_web():
    game = game_of(settings_from({"turns": 3, "calls": {"search": 2}, "characters": 99}))
    (researcher,) = game.roles
    assert game.players() == ("researcher_0",)
    assert researcher.web == ("search", "fetch", "click", "find")
    assert researcher.closing is ANSWER
    assert researcher.budget == Budget(turns=3, calls={"search": 2}, characters=99, invalid=3)


def test_the_team_table_has_a_planner_and_worker_seats():
    game = game_of(
        settings_from(
            {
                "game": "team",
                "workers": 3,
                "planner_turns": 4,
                "delegations": 5,
                "turns": 6,
                "calls": {"fetch": 1},
                "recap": False,
                "report_characters": 60,
            }
        )
    )
    assert game.players() == ("planner_0", "worker_0", "worker_1", "worker_2")
    planner, worker = game.role("planner"), game.role("worker")
    assert planner.budget == Budget(turns=4, workers=5, invalid=3)
    assert planner.web == ()
    assert worker.budget == Budget(turns=6, calls={"fetch": 1}, invalid=3)
    assert (worker.recap, worker.report_characters, worker.closing) == (False, 60, REPORT)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"observation_characters": 10}, "observation_characters = 10"),
        ({"result_role": "system"}, "result_role = 'system' .* tool or user"),
        ({"split": "dev"}, "split = 'dev'"),
    ],
)
def test_a_scenario_made_by_hand_is_checked_too(scenario, change, words):
    with pytest.raises(SettingError, match=words):
        dataclasses.replace(scenario(), **change)


def role(**fields):
    return Role(**{"name": "lone", "purpose": "p", "web": (), "closing": ANSWER, **fields})


@pytest.mark.parametrize(
    ("fields", "seats", "words"),
    [
        ({"web": ("surf",)}, {"lone": 1}, r"'lone' names web tools that do not exist: \['surf'\]"),
        ({"delegates": {"ask": "ghost"}}, {"lone": 1}, r"roles without a row: \['ghost'\]"),
        ({}, {}, "'lone' has no seat"),
        ({}, {"lone": 0}, "'lone' has no seat"),
    ],
)
def test_a_table_that_does_not_hold_together_is_refused(fields, seats, words):
    with pytest.raises(SettingError, match=words):
        check_game(Game(name="g", roles=(role(**fields),), seats=seats), TOOLS)


def test_a_new_game_is_a_new_table(scenario):
    """A reasoner with a nested explorer, which has a scout of its own: no new code."""
    from webenvs.envs.game import DELEGATE
    from webenvs.envs.session import Session
    from webenvs.players.message import say

    nested = Game(
        name="nested",
        roles=(
            role(name="reasoner", delegates={"delegate": "explorer"}, delegate_tools=(DELEGATE,)),
            role(
                name="explorer",
                web=("search",),
                closing=REPORT,
                delegates={"delegate": "scout"},
                delegate_tools=(DELEGATE,),
            ),
            role(name="scout", web=("fetch",), closing=REPORT),
        ),
        seats={"reasoner": 1, "explorer": 1, "scout": 1},
    )
    made = dataclasses.replace(scenario(), game=nested)
    session = Session(made, made.tasks.tasks[0], 0)
    order = []
    for message in (
        say("delegate", task="explore"),
        say("delegate", task="scout"),
        say("fetch", url="https://small.example/veit"),
        say("report", text="Tarn, says the page"),
        say("report", text="Tarn, says the scout"),
        say("answer", text="Tarn"),
    ):
        order.append(session.to_act[0])
        session.act(message)
    assert order == ["reasoner_0", "explorer_0", *["scout_0"] * 2, "explorer_0", "reasoner_0"]
    assert session.episode().rewards["reasoner_0"] == 1.0
    assert [frame.parent for frame in session.episode().frames] == [None, 0, 1]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("search", {"k1": object()}),
        ("sandbox", {"failover": [{"retriever": "bm25", "search": {"k1": object()}}]}),
    ],
    ids=["search", "failover"],
)
def test_a_setting_that_json_cannot_hold_is_named(name, value):
    with pytest.raises(SettingError, match=rf"(?s){name} = .* made of what JSON can hold"):
        catalog.scenario("MultiHop-v0", **{name: value})
