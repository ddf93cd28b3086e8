"""`webenvs tasks`: made, proved again, shown, described, compared."""

import json

import pytest
from click.testing import CliRunner

from webenvs.cli.main import cli


def webenvs(*arguments):
    return CliRunner().invoke(cli, [str(one) for one in arguments], catch_exceptions=False)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    path = tmp_path_factory.mktemp("made") / "tasks.jsonl"
    result = webenvs("tasks", "make", "--family", "MultiHop-v0", "--n", 12, "--out", path)
    assert result.exit_code == 0, result.output
    assert "12 tasks" in result.output
    return path


def test_the_made_tasks_are_those_of_the_environment(made):
    from webenvs import catalog

    source = catalog.scenario("MultiHop-v0").tasks
    lines = [json.loads(line) for line in made.read_text().splitlines()]
    assert [line["id"] for line in lines] == [source.item("train", n).id for n in range(12)]


def test_made_tasks_are_proved_again(made):
    result = webenvs("tasks", "verify", made, "--workers", 1)
    assert result.exit_code == 0
    assert "12 of 12 tasks are proved on tiny" in result.output


def test_a_forged_answer_is_found_and_its_rule_named(made, tmp_path):
    lines = [json.loads(line) for line in made.read_text().splitlines()]
    lines[3]["answers"] = ["Nobody"]
    lines[3].pop("aliases", None)
    lines[3]["answer_type"] = "text"
    del lines[3]["id"]
    forged = tmp_path / "forged.jsonl"
    forged.write_text("\n".join(json.dumps(line) for line in lines))
    result = webenvs("tasks", "verify", forged, "--workers", 1)
    assert result.exit_code == 1
    assert "breaks V2: answers is ('Nobody',)" in result.output
    assert "11 of 12" in result.output


def test_show_prints_questions_answers_and_facts(made):
    result = webenvs("tasks", "show", made, "--n", 2)
    assert result.output.count("answer:") == 2
    assert "h1:" in result.output
    assert "... and 10 more" in result.output


def test_show_prints_one_task_as_json(made):
    first = json.loads(made.read_text().splitlines()[0])
    result = webenvs("tasks", "show", made, first["id"])
    assert json.loads(result.output)["question"] == first["question"]


def test_the_card_is_written_beside_the_file(made):
    result = webenvs("tasks", "card", made)
    assert result.exit_code == 0, result.output
    card = made.with_name("tasks.jsonl.card") / "README.md"
    assert str(card) in result.output
    assert "12 tasks" in card.read_text()


def test_overlap_counts_what_files_share(made, tmp_path):
    other = tmp_path / "test.jsonl"
    webenvs("tasks", "make", "--family", "MultiHop-v0", "--n", 5, "--split", "test", "--out", other)
    result = webenvs("tasks", "overlap", made, other)
    assert result.exit_code == 0
    assert result.output.splitlines()[-1].split() == ["tasks.jsonl", "test.jsonl", "0", "0", "0"]
    assert webenvs("tasks", "overlap", made).exit_code == 2


def test_made_tasks_play_as_a_task_file(made):
    options = ("--env", "Tasks-v0", "--tasks", made, "--split", "train", "--episodes", 4)
    result = webenvs("bench", "oracle", *options, "--workers", 1)
    assert result.exit_code == 0
    assert "100" in result.output


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--family", "MultiHop"), None),
        (("--family", "SetQery-v0"), "SetQuery-v0"),
        (("--family", "Tasks-v0", "-s", "tasks=nowhere.jsonl"), "nowhere.jsonl"),
        (("--family", "MultiHop-v0", "--level", "mild"), "easy, medium, hard, extreme"),
        (("--family", "MultiHop-v0", "-s", "hops=[2,9]"), "hops"),
        (("--family", "MultiHop-v0", "--split", "dev"), "train, validation, test"),
        (("--family", "MultiHop-v0", "--corpus", "huge"), "tiny"),
        (("--family", "MultiHop-v0", "--n", "0"), "n = 0"),
    ],
)
def test_bad_input_names_the_way_out(tmp_path, options, told):
    extra = () if "--n" in options else ("--n", 1)
    result = webenvs("tasks", "make", "--out", tmp_path / "x.jsonl", *extra, *options)
    assert result.exit_code == (0 if told is None else 2), result.output
    if told is not None:
        assert told in result.output
        assert not list(tmp_path.iterdir())


def test_the_help_of_make_teaches_an_example():
    assert "webenvs tasks make --family SetQuery-v0" in webenvs("tasks", "make", "--help").output
