"""Golden episodes: recorded once, replayed and played again byte for byte ever after."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import webenvs
from webenvs import catalog, episodes

HERE = Path(__file__).parent
FILES = [
    f"{row.id}.{game}.jsonl"
    for row in catalog.ROWS.values()
    for game in (row.settings.get("game", "solo"), row.team)
]
ADVICE = "if the change is meant: make golden, read the diff, raise the id's version"


@pytest.fixture(scope="module")
def anew(tmp_path_factory):
    """The golden files recorded now, by another process."""
    directory = tmp_path_factory.mktemp("golden")
    command = [sys.executable, "-W", "error", str(HERE / "record.py"), str(directory)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return directory


def test_every_id_and_game_has_its_file_and_there_are_no_others():
    assert sorted(path.name for path in HERE.glob("*.jsonl")) == sorted(FILES)


@pytest.mark.parametrize("name", FILES)
def test_golden_episodes_replay_without_their_players(name):
    for episode in episodes.read_episodes(HERE / name):
        scenario = webenvs.scenario(episode.env, **episode.settings)
        assert episodes.replay(episode, scenario) is None, ADVICE


@pytest.mark.parametrize("name", FILES)
def test_the_players_play_their_golden_episodes_again(anew, name):
    recorded = episodes.read_episodes(HERE / name)
    played = episodes.read_episodes(anew / name)
    for one, other in zip(recorded, played, strict=True):
        assert episodes.difference(one, other) is None, ADVICE
    assert (anew / name).read_bytes() == (HERE / name).read_bytes()


@pytest.mark.parametrize("name", FILES)
def test_golden_episodes_meet_many_rules(name):
    """Episodes that only succeed would guard little."""
    found = episodes.read_episodes(HERE / name)
    results = [result for e in found for turn in e.turns for result in turn.results]
    assert {"ok"} < {result.status for result in results}
    assert len({episode.end for episode in found}) > 1
    assert len({episode.settings.get("codec", "hermes") for episode in found}) == 5


def test_the_generated_web_and_its_tasks_are_those_of_the_goldens(anew):
    recorded = json.loads((HERE / "digests.json").read_text())
    assert json.loads((anew / "digests.json").read_text()) == recorded, ADVICE
