"""Recorder: every finished episode is in a file that replays, whatever happens to the run."""

import gymnasium as gym
import numpy as np
import pytest
from click.testing import CliRunner
from gymnasium.utils.env_checker import check_env

from webenvs.cli.main import cli
from webenvs.episodes import read_episodes
from webenvs.errors import SettingError
from webenvs.players.message import say
from webenvs.testing import check_environment
from wrappers.recorder import Recorder
from wrappers.text_only import TextOnly


def make():
    return gym.make("webenvs:webenvs/MultiHop-v0", noise="mild")


def play(env, seed):
    """An episode of two searches and an answer; returns its fingerprint."""
    env.reset(seed=seed)
    for query in ("river", "town"):
        env.step(say("search", query=query))
    env.step(say("answer", text="no idea"))
    return env.unwrapped.episode().fingerprint


def fingerprints(folder):
    return [
        [episode.fingerprint for episode in read_episodes(path)]
        for path in sorted(folder.glob("*.jsonl"))
    ]


def test_files_hold_so_many_episodes_and_the_rest_comes_at_the_close(tmp_path):
    with Recorder(make(), tmp_path, every=2) as env:
        played = [play(env, seed) for seed in range(5)]
        assert fingerprints(tmp_path) == [played[:2], played[2:4]]
    assert fingerprints(tmp_path) == [played[:2], played[2:4], played[4:]]


def test_webenvs_replay_reads_them(tmp_path):
    with Recorder(make(), tmp_path, every=2) as env:
        for seed in range(3):
            play(env, seed)
    done = CliRunner().invoke(cli, ["replay", str(tmp_path), "--check"])
    assert done.exit_code == 0, done.output


def test_nothing_but_whole_files_lies_in_the_folder(tmp_path):
    with Recorder(make(), tmp_path) as env:
        play(env, 0)
    assert [path.name for path in tmp_path.iterdir()] == ["episodes-00000.jsonl"]


def test_a_later_run_counts_on(tmp_path):
    for seed in range(2):
        with Recorder(make(), tmp_path) as env:
            play(env, seed)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "episodes-00000.jsonl",
        "episodes-00001.jsonl",
    ]


def test_names_keep_recorders_apart(tmp_path):
    for name in ("env-1", "env"):
        with Recorder(make(), tmp_path, name=name) as env:
            play(env, 0)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "env-00000.jsonl",
        "env-1-00000.jsonl",
    ]


def test_an_episode_that_a_reset_cuts_off_is_left_out(tmp_path):
    with Recorder(make(), tmp_path) as env:
        env.reset(seed=9)
        env.step(say("search", query="river"))
        whole = play(env, 0)
    assert fingerprints(tmp_path) == [[whole]]


def test_steps_after_the_end_record_nothing_again(tmp_path):
    with Recorder(make(), tmp_path) as env:
        whole = play(env, 0)
        env.step(say("answer", text="again"))
    assert fingerprints(tmp_path) == [[whole]]


def test_without_an_episode_there_is_no_file(tmp_path):
    with Recorder(make(), tmp_path) as env:
        assert env.write() is None
    assert list(tmp_path.iterdir()) == []


def test_it_stands_outside_of_other_wrappers(tmp_path):
    with Recorder(TextOnly(make()), tmp_path) as env:
        whole = play(env, 0)
    assert fingerprints(tmp_path) == [[whole]]


@pytest.mark.filterwarnings("ignore:.*different from the unwrapped version")
def test_it_passes_gymnasiums_check(tmp_path):
    check_env(Recorder(make(), tmp_path), skip_render_check=True)


def test_it_keeps_the_contract_of_an_environment(tmp_path):
    check_environment(lambda: Recorder(make(), tmp_path))


def test_other_environments_are_refused(tmp_path):
    with pytest.raises(TypeError, match="episodes of webenvs environments"):
        Recorder(gym.make("CartPole-v1"), tmp_path)


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"every": 0}, "every = 0"), ({"name": "a/b"}, "name = 'a/b'")],
    ids=["every", "name"],
)
def test_wrong_settings_are_named(tmp_path, settings, message):
    with pytest.raises(SettingError, match=message):
        Recorder(make(), tmp_path, **settings)


def test_a_folder_that_is_a_file_is_told_at_once(tmp_path):
    (tmp_path / "taken").write_text("x")
    with pytest.raises(FileExistsError):
        Recorder(make(), tmp_path / "taken")


def test_the_features_view_is_recorded_as_the_messages_it_sent(tmp_path):
    with Recorder(gym.make("webenvs:webenvs/Lookup-v0", view="features"), tmp_path) as env:
        _, info = env.reset(seed=1)
        over = False
        while not over:
            slot = int(np.flatnonzero(info["action_mask"])[-1])
            _, _, terminated, truncated, info = env.step(slot)
            over = terminated or truncated
    done = CliRunner().invoke(cli, ["replay", str(tmp_path), "--check"])
    assert done.exit_code == 0, done.output
