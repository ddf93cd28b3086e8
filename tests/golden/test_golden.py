"""Golden episodes: recorded once, replayed and played again byte for byte ever after."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import webenvs
from webenvs import catalog, episodes
from webenvs.noise.presets import PRESETS

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


def test_noise_has_the_fingerprints_of_every_id_game_and_preset():
    kept = {tuple(name.split()[:3]) for name in recorded_noise()}
    wanted = {
        (row.id, game, preset)
        for row in catalog.ROWS.values()
        for game in (row.settings.get("game", "solo"), row.team)
        for preset in PRESETS
    }
    assert kept == wanted, "a preset or an id came or went: make golden"


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_does_to_episodes_what_it_did_when_they_were_recorded(anew, preset):
    played = json.loads((anew / "noise.json").read_text())
    changed = [
        name
        for name, fingerprint in recorded_noise().items()
        if name.split()[2] == preset and played.get(name) != fingerprint
    ]
    assert not changed, (
        f"{len(changed)} episodes differ from those recorded under noise {preset!r}. "
        f"If the preset or a model was meant to change: make golden, and say in the changelog "
        f"which; if only this preset differs, look at its text in webenvs/noise/presets.py first."
    )


def recorded_noise():
    return json.loads((HERE / "noise.json").read_text())
