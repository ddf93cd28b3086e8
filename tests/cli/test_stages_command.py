"""`webenvs stages`: the table, the gate at the command line, and what it refuses."""

import json

import pytest
from click.testing import CliRunner

from webenvs.cli.main import cli
from webenvs.cli.stages import side_of
from webenvs.envs.stages import STAGES


def invoke(*arguments):
    return CliRunner().invoke(cli, ["stages", *map(str, arguments)], env={"COLUMNS": "140"})


def compare(*arguments):
    return invoke("compare", *arguments, "--episodes", 2, "-j", 1)


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    out = tmp_path_factory.mktemp("gate") / "out"
    result = compare("toy", "S3:corpus=tiny,noise=mild,timeout:0.1", "--out", out, "--seed", 5)
    assert result.exit_code == 0, result.output
    return result.output, out


def test_the_list_names_every_stage_and_what_it_is():
    result = invoke("list")
    assert result.exit_code == 0
    for stage in STAGES.values():
        assert f"{stage.name} " in result.output
        assert stage.title in result.output


def test_a_comparison_prints_the_players_and_ends_with_a_verdict(compared):
    output, _ = compared
    assert "wavering" in output
    assert "romoted: rank correlation" in output
    assert output.rstrip().endswith("stages.md")


def test_a_comparison_writes_a_report_that_names_both_sides(compared):
    _, out = compared
    told = json.loads((out / "stages.json").read_text())
    assert [side["label"] for side in told["sides"]] == [
        "toy",
        "S3:corpus=tiny,noise=mild,timeout:0.1",
    ]
    assert told["sides"][1]["settings"]["noise"] == "mild,timeout:0.1"
    assert told["seed"] == 5
    assert (out / "stages.svg").read_text().startswith("<svg")


def test_the_options_hold_for_both_sides():
    chosen = [word for name in NAMES for word in ("-p", name)]
    result = compare("S0", "S1", "--game", "team", "-s", "reward=plan", *chosen)
    assert result.exit_code == 0, result.output
    assert "(team): S0 against S1" in result.output
    assert "brief" not in result.output


NAMES = ("random", "first-hit", "early", "erratic", "wavering", "lucky", "scripted", "oracle")


def test_a_verdict_below_the_threshold_is_no_failure():
    chosen = [word for name in NAMES for word in ("-p", name)]
    result = compare("S1", "S3:corpus=tiny,noise=timeout:1", "--threshold", "1.0", *chosen)
    assert result.exit_code == 0, result.output
    assert "Not promoted: rank correlation" in result.output


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        ("S2", {"stage": "S2"}),
        ("noisy", {"stage": "S3"}),
        ("s3:noise=severe", {"stage": "S3", "noise": "severe"}),
        ("S3:noise=mild,timeout:0.1,top_k=3", {"noise": "mild,timeout:0.1", "top_k": 3}),
        (
            "S3:noise=timeout:0.1(sticky,turns=2-8),drop:0.2",
            {"noise": "timeout:0.1(sticky,turns=2-8),drop:0.2"},
        ),
        ('S2:knobs={"hops": [2, 3]}', {"knobs": {"hops": [2, 3]}}),
        ("S4:recording=kept,api=my:search", {"recording": "kept", "api": "my:search"}),
    ],
)
def test_a_side_is_a_stage_with_settings_of_its_own(text, settings):
    assert settings.items() <= side_of(text).items()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("S1", "S7"), "There is no stage 'S7'. Did you mean"),
        (("S1", "niosy"), "Did you mean 'noisy'"),
        (("S1", ""), "There is no stage ''"),
        (("S1", "S2:top_k"), "'top_k' is not NAME=VALUE"),
        (("S1", "S2:stage=S3"), "names its stage twice"),
        (("S1", "S1:corpus=small"), "corpus must be 'tiny' on stage S1 (toy)"),
        (("S1", "S1", "-s", "stage=S1"), "A and B name the stages"),
        (("S1", "S1", "-p", "random", "-p", "oracle"), "at least 8 players"),
        (("S1", "S1", "--threshold", "2"), "threshold = 2.0 is not allowed"),
        (("S0", "S1"), "S0 and S1 do not pay the same"),
        (("S1", "S4"), "Stage S4 (replay) needs the setting recording"),
        (("S1", "S1", "--env", "MultiHopp"), "Did you mean 'MultiHop-v0'"),
        (("S1", "S1:game=team"), "name one game for both"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_status_2(arguments, words):
    result = compare(*arguments)
    assert result.exit_code == 2
    assert words in " ".join(result.output.split())
