"""Episodes go into Minari data sets, come back as they were, and replay."""

import sys

import pytest

from webenvs.errors import AbsentError, EpisodeFileError, SettingError

VIEWS = {
    "text": {},
    "planner": {"seat": "planner", "players": "scripted"},
    "react": {"codec": "react", "noise": "mild"},
    "features": {"view": "features"},
    "features of a worker": {"view": "features", "seat": "worker", "players": "scripted"},
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Minari's data sets stand in a folder of this test."""
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path))
    return tmp_path


def test_without_minari_the_extra_is_named(monkeypatch):
    from wrappers import to_minari

    monkeypatch.setitem(sys.modules, "minari", None)
    with pytest.raises(ImportError, match=r"minari is not installed: pip install 'webenvs\[minari"):
        to_minari.collect("webenvs/x-v0", "MultiHop-v0")


@pytest.mark.trainer("minari")
@pytest.mark.parametrize("data_format", ["hdf5", "arrow"])
@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS.keys())
def test_episodes_come_back_as_they_were_played(folder, view, data_format):
    import minari

    from wrappers.to_minari import collect, replay

    about = {"data_format": data_format}
    made = collect("webenvs/hops-v0", "MultiHop-v0", episodes=4, about=about, **view)
    read = minari.load_dataset("webenvs/hops-v0")
    assert made.total_episodes == replay(read) == 4
    assert read.total_steps == made.total_steps > 4
    for episode in read:
        _contained(read.observation_space, episode.observations, len(episode.rewards) + 1)
        assert all(read.action_space.contains(action) for action in episode.actions)


def _contained(space, columns, count):
    rows = columns if not isinstance(columns, dict) else None
    for step in range(count):
        row = rows[step] if rows is not None else {key: columns[key][step] for key in columns}
        assert space.contains(row)


@pytest.mark.trainer("minari")
def test_players_are_taken_by_name(folder):
    from wrappers.to_minari import collect

    oracle = collect("webenvs/oracle-v0", "MultiHop-v0", player="oracle", episodes=5)
    chance = collect("webenvs/chance-v0", "MultiHop-v0", player="random", episodes=5)
    assert [episode.rewards.sum() for episode in oracle] == [1.0] * 5
    assert sum(episode.rewards.sum() for episode in chance) == 0.0


@pytest.mark.trainer("minari")
def test_a_changed_observation_does_not_replay(folder):
    from wrappers.to_minari import collect, replay

    made = collect("webenvs/hops-v0", "MultiHop-v0", episodes=2)
    import gymnasium as gym

    other = gym.make("webenvs:webenvs/MultiHop-v0", noise="severe")
    with pytest.raises(EpisodeFileError, match=r"Episode 0 does not replay: observations\[\d+\]"):
        replay(made, other)


@pytest.mark.trainer("minari")
@pytest.mark.parametrize("episodes", [0, -1, 1.5, True])
def test_a_wrong_count_is_refused(folder, episodes):
    from wrappers.to_minari import collect

    with pytest.raises(SettingError, match="episodes must be a whole number of at least 1"):
        collect("webenvs/hops-v0", "MultiHop-v0", episodes=episodes)


@pytest.mark.trainer("minari")
def test_an_id_that_is_taken_is_refused_before_anything_is_played(folder):
    from wrappers.to_minari import collect

    collect("webenvs/hops-v0", "MultiHop-v0", episodes=1)
    with pytest.raises(SettingError, match=r"dataset_id = 'webenvs/hops-v0' is not allowed"):
        collect("webenvs/hops-v0", "MultiHop-v0", episodes=1)


@pytest.fixture
def absent(monkeypatch):
    """A player by import path whose server is gone under the first `episodes` seeds."""
    import types

    from webenvs.players.scripted import ScriptedResearcher

    def name(episodes):
        class Absent:
            def __init__(self):
                self.present = ScriptedResearcher()

            def reset(self, seat):
                self.gone = seat.seed < episodes

            def __call__(self, observation, info):
                if self.gone:
                    raise AbsentError("nobody there")
                return self.present(observation, info)

        module = types.ModuleType("absent_worker")
        module.Absent = Absent
        monkeypatch.setitem(sys.modules, "absent_worker", module)
        return "absent_worker:Absent"

    return name


@pytest.mark.trainer("minari")
def test_an_episode_that_a_real_fault_ended_is_left_out(folder, absent):
    from wrappers.to_minari import collect, replay

    seated = {"seat": "planner", "players": {"worker": absent(1)}}
    made = collect("webenvs/faults-v0", "MultiHop-v0", episodes=3, **seated)
    assert made.total_episodes == 2
    assert [told["seed"] for told in made.storage.get_episode_metadata([0, 1])] == [1, 2]
    assert replay(made) == 2


@pytest.mark.trainer("minari")
def test_where_every_episode_breaks_nothing_is_made(folder, absent):
    import minari

    from wrappers.to_minari import collect

    seated = {"seat": "planner", "players": {"worker": absent(99)}}
    with pytest.raises(SettingError, match="A fault ended each of the 2 episodes: none is left"):
        collect("webenvs/faults-v0", "MultiHop-v0", episodes=2, **seated)
    assert minari.list_local_datasets() == {}
