"""What adapters ask before a trainer runs: it is there, in a tested version, and reads numbers."""

import pickle

import gymnasium as gym
import numpy as np
import pytest
from pettingzoo.test import api_test, parallel_api_test

import webenvs
from webenvs.errors import MissingPackageError, SettingError
from webenvs.trainers import check_numeric, lean, numeric_settings, trainer, with_mask


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Put a package of a name and a version on the path, with this code in its module."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def put(name, version, code=""):
        (tmp_path / f"{name}.py").write_text(code)
        info = tmp_path / f"{name}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")

    return put


@pytest.mark.parametrize("version", ["2.7", "2.7.1", "2.99.0", "2.10rc1"])
def test_a_tested_version_is_imported(install, version, monkeypatch):
    install("toy_trainer", version, "value = 7")
    monkeypatch.delitem(__import__("sys").modules, "toy_trainer", raising=False)
    assert trainer("toy-trainer", ("2.7", "3"), "webenvs[toy]").value == 7


@pytest.mark.parametrize("version", ["2.6.9", "3.0.0", "3.0.0a1", "10.0"])
def test_another_version_is_named_with_the_tested_ones(install, version):
    install("old_trainer", version)
    with pytest.raises(ImportError) as caught:
        trainer("old-trainer", ("2.7", "3"), "webenvs[toy]")
    assert str(caught.value) == (
        f"old-trainer {version} is installed; the adapter takes versions from 2.7 to below 3: "
        "pip install 'webenvs[toy]'."
    )


def test_a_missing_package_is_named_with_what_brings_it():
    with pytest.raises(MissingPackageError) as caught:
        trainer("no-such-trainer", ("1", "2"), "webenvs[toy]")
    assert str(caught.value) == "no-such-trainer is not installed: pip install 'webenvs[toy]'."


def test_a_package_that_lacks_another_says_which(install):
    install("half_trainer", "1.0", "import no_such_dependency")
    with pytest.raises(ImportError, match=r"cannot be imported \(No module named 'no_such_depend"):
        trainer("half-trainer", ("1", "2"), "webenvs[toy]")


def test_the_view_of_numbers_is_the_usual_one():
    assert numeric_settings({"turns": 3}, "Toy") == {"turns": 3, "view": "features"}


def test_another_view_is_refused():
    with pytest.raises(SettingError, match="view must be 'features' for Toy, which reads numbers"):
        numeric_settings({"view": "text"}, "Toy")


@pytest.mark.parametrize("games", [0, -1, 2.0, True], ids=["none", "less", "fraction", "bool"])
def test_a_number_of_games_that_is_none_is_refused_by_name(games):
    with pytest.raises(SettingError, match=f"games = {games} is not allowed: .* at least 1"):
        numeric_settings({}, "Toy", games=games)


@pytest.mark.parametrize(
    "make",
    [
        lambda: gym.make("webenvs/MultiHop-v0"),
        lambda: webenvs.aec("MultiHop-v0"),
        lambda: webenvs.parallel("MultiHop-v0"),
    ],
    ids=["gymnasium", "aec", "parallel"],
)
def test_an_environment_of_text_is_told_which_view_to_use(make):
    with pytest.raises(SettingError, match=r"Toy reads numbers, .*: make it with view='features'"):
        check_numeric(make(), "Toy")


@pytest.mark.parametrize("mask", ["observation", "info"])
@pytest.mark.parametrize("make", [webenvs.aec, webenvs.parallel], ids=["aec", "parallel"])
def test_players_of_numbers_with_equal_spaces_are_taken(make, mask):
    check_numeric(make("MultiHop-v0", view="features", mask=mask, workers=2), "Toy")


def test_players_with_different_spaces_are_refused():
    game = webenvs.parallel("MultiHop-v0", view="features", mask="info")
    game.action_spaces["worker_0"] = gym.spaces.Discrete(3)
    with pytest.raises(SettingError, match=r"Toy shares parameters .* different spaces: .*\(3\)"):
        check_numeric(game, "Toy")


def test_a_lean_environment_tells_the_mask_alone():
    env, same = (gym.make("webenvs/MultiHop-v0", view="features") for _ in range(2))
    env = lean(env)
    (seen, info), (wanted, full) = env.reset(seed=3), same.reset(seed=3)
    for slot in (0, 53):
        assert list(info) == ["action_mask"]
        np.testing.assert_array_equal(seen, wanted)
        np.testing.assert_array_equal(info["action_mask"], full["action_mask"])
        (seen, *rest, info), (wanted, *also, full) = env.step(slot), same.step(slot)
        assert rest == also


@pytest.mark.filterwarnings("ignore:Observation numpy array is all zeros")  # who waits sees nothing
@pytest.mark.parametrize("make", [webenvs.aec, webenvs.parallel], ids=["aec", "parallel"])
def test_a_lean_game_passes_pettingzoos_own_tests_and_tells_what_it_is_asked_for(make):
    game = lean(make("MultiHop-v0", view="features", mask="info"), "end", "valid", "absent")
    if make is webenvs.aec:
        api_test(game, num_cycles=60)
    else:
        parallel_api_test(game, num_cycles=60)
    told = game.reset(seed=1)
    infos = game.infos if told is None else told[1]
    assert infos == {agent: {"end": None, "valid": True} for agent in game.possible_agents}


def test_a_lean_game_can_be_copied():
    game = lean(webenvs.parallel("MultiHop-v0", view="features", mask="info"))
    game.reset(seed=1)
    copy = pickle.loads(pickle.dumps(game))
    slots = dict.fromkeys(game.possible_agents, 0)
    assert repr(game.step(slots)) == repr(copy.step(slots))


def test_a_mask_is_put_into_the_observation():
    env = with_mask(gym.make("webenvs/MultiHop-v0", view="features"))
    seen, info = env.reset(seed=3)
    for slot in (0, 53):
        assert env.observation_space.contains(seen)
        assert seen["action_mask"] is info["action_mask"]
        seen, _, _, _, info = env.step(slot)
