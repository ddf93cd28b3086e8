"""PettingZoo-style modules, one per id."""

import pytest

from webenvs import zoo
from webenvs.catalog import ROWS
from webenvs.envs.parallel import ParallelTeamEnv
from webenvs.envs.team import TeamEnv


def test_there_is_a_module_for_every_id():
    assert dir(zoo) == sorted(name.lower().replace("-", "_") for name in ROWS)
    assert dir(zoo) == [
        "evolved_v0",
        "lookup_v0",
        "multihop_v0",
        "setquery_v0",
        "tasks_v0",
        "webwalk_v0",
    ]


def test_its_doors_make_both_faces_with_settings():
    module = zoo.multihop_v0
    assert type(module.raw_env(workers=3)) is TeamEnv
    assert type(module.parallel_env(workers=3)) is ParallelTeamEnv
    checked = module.env(workers=3, render_mode="ansi")
    assert checked.unwrapped.possible_agents[-1] == "worker_2"
    assert checked.render_mode == "ansi"
    with pytest.raises(Exception, match="reset"):
        checked.step("x")


def test_the_module_of_an_id_plays_its_own_team():
    assert zoo.webwalk_v0.raw_env(workers=3).possible_agents[-1] == "walker_2"
    assert zoo.webwalk_v0.parallel_env(workers=3).possible_agents[-1] == "walker_2"


def test_an_unknown_module_is_named_with_those_there_are():
    with pytest.raises(AttributeError, match=r"no module 'chess_v6'; it has .*multihop_v0"):
        zoo.chess_v6  # noqa: B018


def test_from_webenvs_zoo_import_works():
    from webenvs.zoo import tasks_v0

    assert tasks_v0.env is not None
