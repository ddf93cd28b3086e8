"""The matrix of runs as data, cold starts shared, and runs as processes that go on where left."""

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from baselines.grpo import study, train
from baselines.grpo.config import Config
from baselines.grpo.presets import as_data
from baselines.grpo.show import matrix, results, runs
from baselines.grpo.show.results import Result
from baselines.show.evaluation import Evaluation
from webenvs.errors import SettingError, UnknownNameError

ONE = Evaluation(tasks=("a",), success=(1.0,))


def finished(folder):
    results.save(Result(config=as_data(Config()), before=ONE, after=ONE), folder)


def folder_of(arguments):
    place = arguments.index("--out") if "--out" in arguments else arguments.index("--resume")
    return Path(arguments[place + 1])


class Trainer:
    """Stands for the processes of the training: notes every start, and leaves a result."""

    def __init__(self, broken=()):
        self.started, self.broken = [], broken

    def __call__(self, arguments, log):
        self.started.append(list(arguments))
        folder = folder_of(arguments)
        if folder.parent.name in self.broken:
            log.write_text("it broke\n")
            return 2
        finished(folder)
        return 0

    @property
    def names(self):
        return [f"{folder_of(one).parent.name}/{folder_of(one).name}" for one in self.started]


@pytest.mark.parametrize("name", matrix.ARMS)
def test_every_arm_is_an_allowed_configuration(name):
    assert matrix.arm(name).config().preset == matrix.arm(name).preset


@pytest.mark.parametrize("one", matrix.COMPARISONS, ids=lambda one: f"{one.ours}-{one.theirs}")
def test_every_comparison_is_of_two_arms_that_differ(one):
    ours, theirs = matrix.arm(one.ours).config(), matrix.arm(one.theirs).config()
    assert as_data(ours) != as_data(theirs)


def test_every_arm_is_compared_with_another():
    compared = {name for one in matrix.COMPARISONS for name in (one.ours, one.theirs)}
    assert set(matrix.ARMS) - compared == set()


def test_arms_of_both_games_share_a_cold_start_that_shows_both():
    names = matrix.cold_names(["solo", "matpo", "mgrpo", "frozen-worker", "matpo-96"], {})
    assert set(names.values()) == {"cold-solo"}


def test_arms_of_another_game_have_their_own_where_each_shows_its_game_alone():
    names = matrix.cold_names(["solo", "matpo"], {"cold_games": []})
    assert len(set(names.values())) == 2


def test_arms_whose_players_see_something_else_have_a_cold_start_of_their_own():
    names = matrix.cold_names(["matpo", "matpo-no-recap", "matpo-no-summary"], {})
    assert len(set(names.values())) == 3


def test_a_cold_start_does_not_depend_on_which_arms_are_asked_for():
    assert matrix.cold_names(["mgrpo"], {}) == {"mgrpo": "cold-solo"}


def test_settings_of_every_arm_and_of_one_are_merged():
    config = matrix.arm("matpo-no-recap").config({"settings": {"turns": 5}})
    assert config.settings == {"turns": 5, "recap": False}


def test_an_unknown_arm_is_refused_with_the_nearest():
    with pytest.raises(UnknownNameError, match="Did you mean 'matpo-noisy'"):
        matrix.arm("matpo-noise")


def test_overrides_that_fit_no_arm_are_refused(tmp_path):
    with pytest.raises(SettingError, match="group = 1"):
        runs.planned(["solo"], [0], tmp_path, None, {"group": 1})


def test_a_run_begins_with_the_cold_start_of_its_seed(tmp_path):
    (one,) = runs.planned(["mgrpo"], [4], tmp_path, 7.5, {"lr": 0.001})
    cold = str(tmp_path / "cold-solo" / "seed-4")
    assert one.after.folder == cold
    assert list(one.arguments) == [
        *("--preset", "mgrpo-weighted", "--seed", "4"),
        *("--out", str(tmp_path / "mgrpo" / "seed-4"), "--minutes", "7.5"),
        *("--set", 'cold_games=["team","solo"]', "--set", "sampled_tokens=150000"),
        *("--set", "updates=1000", "--set", "lr=0.001"),
        *("--init", cold, "--robustness", "mild,moderate,severe"),
    ]


def test_a_cold_start_makes_no_update(tmp_path):
    (one,) = runs.planned(["matpo-no-recap"], [0], tmp_path)
    assert "updates=0" in one.after.arguments
    assert 'settings={"recap":false}' in one.after.arguments


@pytest.mark.parametrize("name", matrix.ARMS)
def test_the_training_reads_the_arguments_as_the_arm_means_them(tmp_path, name):
    (one,) = runs.planned([name], [3], tmp_path, None, {"settings": {"turns": 5}})
    parsed = train.main.make_context("train", list(one.arguments)).params
    named = {key: parsed[key] for key in ("preset", "seed", "out", "init")}
    asked = train.asked(train.settings_of(parsed["extra"], **named))
    meant = as_data(matrix.arm(name).config({"settings": {"turns": 5}, "seed": 3}))
    assert as_data(asked) == {**meant, "out": one.folder, "init": one.after.folder}


def test_delayed_trainers_are_two_processes():
    assert matrix.arm("mgrpo-delayed").program == matrix.DECOUPLED


def test_a_shared_cold_start_is_made_once_and_first(tmp_path):
    trainer = Trainer()
    planned = runs.planned(["matpo", "mgrpo"], [0, 1], tmp_path)
    assert runs.play(planned, 2, lambda _: None, trainer) == []
    assert sorted(trainer.names) == [
        *("cold-solo/seed-0", "cold-solo/seed-1"),
        *("matpo/seed-0", "matpo/seed-1", "mgrpo/seed-0", "mgrpo/seed-1"),
    ]
    for name in ("matpo", "mgrpo"):
        order = trainer.names
        assert order.index("cold-solo/seed-0") < order.index(f"{name}/seed-0")


def test_what_is_done_is_not_made_again(tmp_path):
    planned = runs.planned(["solo"], [0], tmp_path)
    runs.play(planned, 1, lambda _: None, Trainer())
    again = Trainer()
    assert runs.play(planned, 1, lambda _: None, again) == []
    assert again.started == []


def test_a_run_that_was_begun_goes_on_as_it_was(tmp_path):
    (one,) = runs.planned(["solo"], [0], tmp_path, None, {"lr": 0.01})
    begun = runs.command(one)
    assert "--resume" not in begun
    Path(one.folder).mkdir(parents=True)
    (Path(one.folder) / "config.json").write_text("{}")
    begun[begun.index("--out")] = "--resume"
    assert runs.command(one) == begun


def test_a_failed_run_is_told_with_the_end_of_its_log_and_the_others_go_on(tmp_path):
    told = []
    planned = runs.planned(["dapo", "gspo"], [0], tmp_path)
    failed = runs.play(planned, 1, told.append, Trainer(broken=("dapo",)))
    assert [run.label for run in failed] == ["dapo, seed 0"]
    assert any("FAILED" in said and "it broke" in said for said in told)
    assert planned[1].done()


def test_what_needs_a_failed_cold_start_is_not_made(tmp_path):
    trainer = Trainer(broken=("cold-solo",))
    planned = runs.planned(["solo", "dapo"], [0], tmp_path)
    failed = runs.play(planned, 1, lambda _: None, trainer)
    assert [run.name for run in failed] == ["solo", "dapo"]
    assert trainer.names == ["cold-solo/seed-0"]


def test_the_command_prints_what_is_left_without_running_it(tmp_path):
    arguments = ["--dry", "--only", "solo,gspo", "--seeds", "0,1", "--out", str(tmp_path)]
    shown = CliRunner().invoke(study.main, arguments)
    assert shown.exit_code == 0
    lines = shown.output.splitlines()
    assert lines[0] == "4 runs, 0 of them done."
    assert len([line for line in lines if "cold-solo" in line and "updates=0" in line]) == 2
    assert len(lines) == 1 + 2 + 4


def test_the_list_names_every_arm(monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")
    shown = CliRunner().invoke(study.main, ["--list"]).output
    assert [name for name in matrix.ARMS if name not in shown] == []


@pytest.mark.parametrize("seeds", ["", "a", "0,0", "-1"])
def test_seeds_that_are_none_are_refused(seeds):
    shown = CliRunner().invoke(study.main, ["--seeds", seeds, "--dry"])
    assert shown.exit_code == 2
    assert "whole numbers from 0" in shown.output


def test_an_unknown_arm_ends_the_command_with_one_sentence():
    shown = CliRunner().invoke(study.main, ["--only", "sol", "--dry"])
    assert shown.exit_code == 1
    assert "Did you mean 'solo'" in shown.output


def test_a_process_that_fails_leaves_its_log(tmp_path):
    broken = msgspec.structs.replace(
        runs.planned(["solo"], [0], tmp_path)[0], after=None, arguments=("--nonsense",)
    )
    told = []
    assert runs.play([broken], 1, told.append) == [broken]
    assert "--nonsense" in told[-1]


def test_the_module_answers_to_help():
    done = subprocess.run(
        [sys.executable, "-m", "baselines.grpo.study", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "--minutes-each" in done.stdout
