"""A whole run: every preset trains, goes on exactly where it stopped, and tells what is wrong."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

from baselines.grpo import checkpoint
from baselines.grpo.checkpoint import CheckpointError
from baselines.grpo.loop import DivergedError
from baselines.grpo.presets import PRESETS, as_data, config_from
from baselines.grpo.show import metrics, results
from baselines.grpo.train import Wishes, asked, main, run
from webenvs.errors import SettingError, WebenvsError

QUIET = Wishes(quiet=True)
GOES_ON = Wishes(quiet=True, resume=True)


@pytest.fixture(scope="session")
def made(cold, small):
    """A config of a preset on top of a shared cold start."""

    def of(preset, out, **changes):
        game = PRESETS[preset].changes["game"]
        return config_from(preset, {**small, "init": cold(game), "out": str(out), **changes})

    return of


def weights(folder):
    learners = checkpoint.load(folder).learners
    return {
        f"{name}/{weight}": tensor
        for name, state in learners.items()
        for weight, tensor in state.get("weights", {}).items()
    }


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


def numbers(folder):
    """The metrics of all updates but for times."""
    return [
        {name: value for name, value in line.metrics.items() if "time/" not in name}
        for line in metrics.read(folder).train
    ]


@pytest.mark.slow
@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_trains_for_two_updates(preset, made, tmp_path):
    result = run(made(preset, tmp_path / "run"), QUIET)
    assert (result.updates, len(result.after.tasks), result.stopped) == (2, 4, "")
    begun = weights(tmp_path / "run")
    assert all(torch.isfinite(tensor).all() for tensor in begun.values())
    trained = [line["tokens/trained"] for line in numbers(tmp_path / "run")]
    assert min(trained) > 0


@pytest.mark.slow
def test_frozen_workers_stay_as_they_were(made, cold, tmp_path):
    from transformers import AutoModelForCausalLM

    run(made("frozen-worker", tmp_path / "run"), QUIET)
    before = AutoModelForCausalLM.from_pretrained(f"{cold('team')}/cold/shared").state_dict()
    after = {
        name: AutoModelForCausalLM.from_pretrained(tmp_path / "run" / "models" / name).state_dict()
        for name in ("planner", "worker")
    }
    assert [same(before, after[name]) for name in ("planner", "worker")] == [False, True]


@pytest.mark.slow
def test_a_run_that_stopped_goes_on_to_the_same_weights(made, tmp_path):
    whole = made("mgrpo-weighted", tmp_path / "whole", updates=4)
    parts = made("mgrpo-weighted", tmp_path / "parts", updates=2)
    run(whole, QUIET)
    run(parts, QUIET)
    run(made("mgrpo-weighted", tmp_path / "parts", updates=4), GOES_ON)
    assert same(weights(tmp_path / "whole"), weights(tmp_path / "parts"))
    assert numbers(tmp_path / "whole") == numbers(tmp_path / "parts")


def test_a_run_leaves_models_episodes_and_a_report(cold):
    left = {name.relative_to(cold("team")).as_posix() for name in _files(cold("team"))}
    assert {
        "config.json", "metrics.jsonl", "last.pt", "result.json", "report.html", "before.json",
        "episodes/before.jsonl", "episodes/after.jsonl", "models/shared/model.safetensors",
        "cold/shared/model.safetensors", "cold/demonstrations/demonstrations.jsonl",
    } <= left  # fmt: skip


def _files(folder):
    return [path for path in Path(folder).rglob("*") if path.is_file()]


ALONE = """
import sys
def refused(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo"):
        raise RuntimeError(f"{event} {arguments}")
sys.addaudithook(refused)
from baselines.grpo.train import main
main()
"""


@pytest.mark.slow
def test_a_run_from_nothing_to_its_report_opens_no_network(small, tmp_path):
    fields = {**small, "updates": 1, "demonstrations": 8, "sft_steps": 2, "eval_tasks": 1}
    config = config_from("matpo-paper", {**fields, "out": str(tmp_path / "run")})
    command = [sys.executable, "-c", ALONE, *_options(config)]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "run" / "report.html").exists()


def test_a_run_without_updates_evaluates_its_cold_start_twice_alike(cold):
    result = results.load(cold("team"))
    assert result.before.success == result.after.success


def test_minutes_that_are_over_leave_the_cold_start_evaluated(made, tmp_path):
    result = run(made("grpo-solo", tmp_path / "run", minutes=1e-6), QUIET)
    assert (result.stopped, result.updates) == ("its minutes were used up", 0)
    assert len(result.before.tasks) == len(result.after.tasks) == 4


def test_robustness_is_evaluated_on_the_same_questions(made, tmp_path):
    config = made("grpo-solo", tmp_path / "run", updates=0)
    result = run(config, Wishes(quiet=True, robustness=("severe",)))
    assert [each.noise for each in result.further] == ["severe"]
    assert result.further[0].tasks == result.after.tasks


def test_weights_that_break_stop_the_run_and_say_where(made, tmp_path):
    config = made("grpo-solo", tmp_path / "run", lr=1e30, warmup=0, grad_clip=1e30)
    with pytest.raises(DivergedError, match=r"not finite in update 1: .*broken\.json; .*last\.pt"):
        run(config, QUIET)
    assert checkpoint.load(tmp_path / "run").update == 1
    assert "advantage" in (tmp_path / "run" / "broken.json").read_text()


def test_a_folder_that_holds_a_run_is_not_begun_in(cold, made):
    with pytest.raises(SettingError, match=r"out = .* a folder without a run in it; .* --resume"):
        run(made("matpo-paper", cold("team")), QUIET)


def test_a_run_goes_on_under_its_own_config_alone(cold, made):
    said = r"of another run: init was None .*; lr was 0\.001 and is now 0\.5"
    with pytest.raises(CheckpointError, match=said):
        run(made("matpo-paper", cold("team"), lr=0.5), GOES_ON)


def test_a_cold_start_of_another_model_is_refused(made, tmp_path):
    with pytest.raises(SettingError, match=r"init = .* a run of 'small', not of 'tiny'"):
        run(made("matpo-paper", tmp_path / "run", model="small"), QUIET)


def test_a_cold_start_of_one_role_alone_is_refused(made, tmp_path):
    with pytest.raises(CheckpointError, match="holds no run"):
        run(made("matpo-paper", tmp_path / "run", init=str(tmp_path / "none")), QUIET)


@pytest.mark.parametrize("field", ["noise", "settings", "codec"])
def test_a_game_that_cannot_be_is_told_before_the_cold_start(field, small, tmp_path):
    wrong = {"noise": ["mildd"], "settings": {"turn": 3}, "codec": "xmll"}[field]
    config = config_from("matpo-paper", {**small, "out": str(tmp_path / "run"), field: wrong})
    with pytest.raises(WebenvsError, match=r"Did you mean '(mild|turns|xml)'"):
        run(config, QUIET)
    assert not (tmp_path / "run" / "cold").exists()


def test_a_run_that_was_refused_at_its_beginning_is_begun_anew(made, tmp_path):
    out = tmp_path / "run"
    with pytest.raises(WebenvsError, match="init"):
        run(made("grpo-solo", out, model="small"), QUIET)
    assert run(made("grpo-solo", out, updates=0), QUIET).updates == 0


def test_a_garbled_evaluation_is_told_with_the_way_out(made, tmp_path):
    config = made("grpo-solo", tmp_path / "run", updates=0)
    run(config, QUIET)
    (tmp_path / "run" / "before.json").write_text('{"tasks": ')
    with pytest.raises(SettingError, match=r"before\.json holds no evaluation: .* Remove it"):
        run(config, GOES_ON)


def test_the_evaluation_of_the_cold_start_outlives_a_lost_checkpoint(made, tmp_path):
    config = made("grpo-solo", tmp_path / "run", updates=0)
    run(config, QUIET)
    (tmp_path / "run" / "last.pt").unlink()
    run(config, GOES_ON)
    assert [line.update for line in metrics.read(tmp_path / "run").evaluations] == [0]


def test_a_delayed_trainer_is_sent_to_the_program_that_has_it(made, tmp_path):
    with pytest.raises(SettingError, match=r"sync = 'delay-1' .* baselines\.grpo\.decoupled\.run"):
        run(made("mgrpo-paper", tmp_path / "run", sync="delay-1"), QUIET)


def test_an_opening_longer_than_the_context_is_told(made, tmp_path):
    with pytest.raises(SettingError, match=r"context = 40 is not allowed: .* opening of a"):
        run(made("matpo-paper", tmp_path / "run", context=40), QUIET)


@pytest.mark.slow
def test_an_interrupted_run_saves_and_says_how_to_go_on(made, tmp_path):
    out = tmp_path / "run"
    config = made("grpo-solo", out, updates=100_000)
    command = [sys.executable, "-m", "baselines.grpo.train", *_options(config)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ)
    _wait_for(lambda: len(numbers(out)) >= 2, process)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert f"its state is saved. Go on with: python -m baselines.grpo.train --resume {out}" in said
    done = checkpoint.load(out).update
    assert [line.update for line in metrics.read(out).train] == list(range(1, done + 1))
    run(made("grpo-solo", tmp_path / "other", updates=done), QUIET)
    assert same(weights(out), weights(tmp_path / "other"))


def _options(config):
    for name, value in as_data(config).items():
        yield from ("--set", f"{name}={json.dumps(value)}")


def _wait_for(ready, process):
    for _ in range(1200):
        if ready():
            return
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.1)
    raise AssertionError("the run made no update in two minutes")


@pytest.fixture
def said():
    """What the command says to options, and its exit status."""

    def of(*options):
        done = CliRunner().invoke(main, options)
        return done.exit_code, done.output

    return of


def test_the_presets_are_listed(said):
    status, output = said("--list")
    assert status == 0
    assert [line.split()[0] for line in output.splitlines()] == list(PRESETS)


def test_help_shows_commands_to_copy(said):
    assert (
        "python -m baselines.grpo.train --preset matpo-paper --model tiny --minutes 20"
        in said("--help")[1]
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--preset", "dpo"), "There is no preset 'dpo'. Did you mean 'dapo'?"),
        (("--set", "lrr=1"), "There is no setting of a training 'lrr'. Did you mean 'lr'?"),
        (("--set", "lr"), "'lr' is not NAME=VALUE."),
        (("-s", "settings=3", "-s", "settings.turns=4"), "settings = 3 is not allowed"),
        (("--minutes", "0"), "minutes = 0.0 is not allowed: minutes must be above 0, or none."),
        (("--preset", "mgrpo-paper", "-s", "game=solo"), "mgrpo-paper has workers"),
        (("--resume", "/nowhere"), "/nowhere holds no run"),
    ],
)
def test_wrong_options_end_with_one_message(said, options, message):
    status, output = said(*options)
    assert status == 2
    assert message in output


def test_options_with_points_are_parts_of_a_field():
    config = asked({"settings.turns": 6, "system.worker": "Be brief."})
    assert (config.settings, config.system) == ({"turns": 6}, {"worker": "Be brief."})


def test_a_mapping_and_its_parts_are_put_together():
    config = asked({"settings.turns": 6, "settings": {"top_k": 2}, "settings.calls": 9})
    assert config.settings == {"turns": 6, "top_k": 2, "calls": 9}


def test_a_run_that_goes_on_takes_its_fields_from_its_folder(cold):
    config = asked({"updates": 7, "settings.turns": 4}, Path(cold("team")))
    assert (config.updates, config.lr, config.settings) == (7, 1e-3, {"turns": 4})
