"""A finished run evaluated again: the same where nothing changed, and told where something did."""

import shutil

import pytest
from click.testing import CliRunner

from baselines.grpo import reevaluate
from baselines.grpo.reevaluate import Again, keep, main, read
from baselines.grpo.show import results
from baselines.show.evaluation import Evaluation
from webenvs.errors import SettingError


@pytest.fixture(scope="module")
def finished(cold, tmp_path_factory):
    """A copy of a run that made its cold start alone."""
    return shutil.copytree(cold("solo"), tmp_path_factory.mktemp("again") / "run")


@pytest.fixture
def said():
    def of(*options):
        done = CliRunner().invoke(main, [str(option) for option in options])
        return done.exit_code, done.output

    return of


def test_a_policy_does_again_as_the_run_found(finished, said):
    status, output = said(finished, "--policy", "after,last")
    assert status == 0, output
    after = results.load(finished).after
    assert [one.evaluation.success for one in read(finished)[-2:]] == [after.success] * 2
    assert f"{100 * after.mean:.1f} %" in output


def test_every_noise_cap_and_way_of_drawing_is_a_line_and_is_kept(finished, said):
    status, output = said(
        finished, "--noise", "none,severe", "--context", "400,512", "--both", "-s", "eval_tasks=2"
    )
    assert status == 0, output
    found = [one for one in read(finished) if one.changes == {"eval_tasks": 2}]
    kinds = [(one.evaluation.context, one.evaluation.noise, one.greedy) for one in found]
    assert kinds == [(cap, noise, greedy) for cap in (400, 512) for noise in ("none", "severe")
                     for greedy in (False, True)]  # fmt: skip
    assert output.count(" %") == 8
    assert [len(one.evaluation.tasks) for one in found] == [2] * 8


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--policy", "afterr"), "Did you mean 'after'?"),
        (("--policy", "best"), "best.pt"),
        (("--noise", "mildd"), "Did you mean 'mild'?"),
        (("--context", "9999"), "at most 512, the positions of the model"),
        (("--context", "few"), "'few' is no whole number"),
        (("--served", "localhost"), "as vllm+http://localhost:8000#MODEL"),
    ],
)
def test_what_cannot_be_evaluated_is_told(finished, said, options, message):
    status, output = said(finished, *options)
    assert status == 2
    assert message in output


def test_a_folder_without_a_run_is_told(tmp_path, said):
    status, output = said(tmp_path)
    assert (status, "holds no run" in output) == (2, True)


def again(success, **changes):
    evaluation = Evaluation(tasks=("q",), success=(success,), noise="mild", context=96)
    return Again(policy="after", evaluation=evaluation, changes=changes)


def test_an_evaluation_takes_the_place_of_an_earlier_one_of_its_kind(tmp_path):
    for one in (again(0.0), again(0.25, queries=3), again(1.0)):
        keep(tmp_path, one)
    assert read(tmp_path) == (again(0.25, queries=3), again(1.0))


def test_a_file_of_evaluations_that_is_broken_is_told(tmp_path):
    (tmp_path / reevaluate.FILE).write_text("{")
    with pytest.raises(SettingError, match="holds no evaluations of a run"):
        read(tmp_path)
