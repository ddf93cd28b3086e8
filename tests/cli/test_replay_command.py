"""`webenvs replay`: files and folders, over processes, with what differs and a summary."""

import msgspec
import pytest
from click.testing import CliRunner

import webenvs
from webenvs import episodes
from webenvs.cli.main import cli
from webenvs.seeding import canonical_json


def invoke(*arguments):
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with files of two ids, one of them deep down."""
    top = tmp_path_factory.mktemp("runs")
    for name, file, count in (("Lookup-v0", "a.jsonl", 9), ("MultiHop-v0", "deep/b.jsonl", 4)):
        scenario = webenvs.scenario(name, noise="mild", turns=4)
        lineup = webenvs.lineup("random")
        played = [episodes.play(scenario, lineup, seed) for seed in range(count)]
        episodes.write_episodes(top / file, played)
    (top / "notes.txt").write_text("no episodes")
    return top


@pytest.fixture
def copy(folder, tmp_path):
    """The folder, to be changed."""
    for file in folder.rglob("*.jsonl"):
        target = tmp_path / file.relative_to(folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.read_bytes())
    return tmp_path


def changed(path, line, change, *, rehash=False):
    """A file with the data of one line (counted from 0) changed; hashes taken out on request."""
    rows = [msgspec.json.decode(text) for text in path.read_bytes().splitlines()]
    change(rows[line])
    if rehash:
        for row in rows:
            row.pop("hash", None)
    path.write_bytes(b"".join(canonical_json(row) + b"\n" for row in rows))


@pytest.mark.parametrize("workers", [1, 2])
def test_a_folder_is_checked_whole_by_any_number_of_processes(folder, workers):
    result = invoke("replay", folder, "--check", "-j", workers)
    assert result.exit_code == 0, result.output
    assert "13 of 13 episodes replay byte for byte." in result.output
    rows = {line.split()[0]: line.split()[1:] for line in result.output.splitlines()[1:3]}
    assert rows == {
        "webenvs/Lookup-v0": ["9", "9", "0"],
        "webenvs/MultiHop-v0": ["4", "4", "0"],
    }


def test_a_mismatch_names_file_episode_turn_field_and_byte(copy):
    path = copy / "deep" / "b.jsonl"
    changed(path, 1, lambda row: row.update(observation=f"!{row['observation']}"), rehash=True)
    result = invoke("replay", copy, "--check")
    assert result.exit_code == 1
    assert (
        f"{path}, episode 1 does not replay: line 2 (turn 0), observation, byte 0: recorded '!"
        in (result.output)
    )
    assert "12 of 13 episodes replay" in result.output


def test_a_hash_alone_that_does_not_fit_is_a_mismatch(copy):
    changed(copy / "a.jsonl", 1, lambda row: row.update(hash="0" * 16))
    result = invoke("replay", copy, "--check")
    assert result.exit_code == 1
    assert "a.jsonl, line 2: turn 0 does not fit its hash" in result.output
    assert "12 of 13 episodes replay" in result.output


def test_an_episode_that_cannot_be_read_leaves_the_others_to_be_checked(copy):
    path = copy / "a.jsonl"
    data = path.read_bytes()
    path.write_bytes(data.replace(b'"kind":"end"', b'"kind":"finis"', 1))
    result = invoke("replay", copy, "--check")
    assert result.exit_code == 1
    assert "kind = 'finis' must be 'episode', 'turn' or 'end'" in result.output
    assert "12 of 13 episodes replay" in result.output
    assert "(unreadable)" in result.output


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"noise": "tiemout:0.1"}, "no noise 'tiemout:0.1'. Did you mean 'timeout:RATE'"),
        ({"nois": "mild"}, "There is no setting 'nois'"),
        ({"noise": "not_here:Fog:0.1"}, "cannot import 'not_here'"),
    ],
    ids=repr,
)
def test_an_episode_whose_settings_cannot_be_had_leaves_the_others_to_be_checked(
    copy, settings, words
):
    changed(copy / "a.jsonl", 0, lambda row: row.update(settings=settings))
    result = invoke("replay", copy, "--check")
    assert result.exit_code == 1
    assert "a.jsonl, episode 1 does not replay: " in result.output
    assert words in result.output
    assert "12 of 13 episodes replay" in result.output


@pytest.mark.parametrize("data", [None, b""], ids=["no file", "an empty file"])
def test_a_folder_without_episodes_is_refused(tmp_path, data):
    if data is not None:
        (tmp_path / "x.jsonl").write_bytes(data)
    result = invoke("replay", tmp_path, "--check")
    assert result.exit_code == 2
    assert ("holds no episode" if data is not None else "no *.jsonl file") in result.output


def test_a_folder_is_shown_file_by_file(folder):
    output = invoke("replay", folder).output
    assert output.count("fingerprint") == 13


def test_episodes_on_objects_ask_for_their_corpus_and_tasks(tmp_path, scenario):
    path = tmp_path / "e.jsonl"
    episodes.write_episodes(path, [episodes.play(scenario(), webenvs.lineup("random"), 0)])
    result = invoke("replay", path, "--check")
    assert result.exit_code == 2
    assert "e.jsonl, episode 1: It was recorded on small@" in result.output
    assert "pass --corpus, --tasks" in result.output
