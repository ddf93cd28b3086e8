"""The command of two trainers: what it refuses, and how it looks after its processes."""

import sys
from dataclasses import replace

import pytest
from click.testing import CliRunner

from baselines.grpo.decoupled.run import Sides, SidesError, address_of, commands, main
from baselines.grpo.decoupled.running import Site, check_decoupled, run_id
from baselines.grpo.presets import config_from
from webenvs.errors import SettingError

WELL = [sys.executable, "-S", "-c", "pass"]
REFUSES = [sys.executable, "-S", "-c", "raise SystemExit(2)"]
DIES = [sys.executable, "-S", "-c", "import os; os.kill(os.getpid(), 9)"]
STAYS = [sys.executable, "-S", "-c", "import time; time.sleep(600)"]


def dies_once(mark):
    text = (
        "import os, pathlib; mark = pathlib.Path({!r}); there = mark.exists(); mark.touch();"
        "there or os.kill(os.getpid(), 9)"
    )
    return [sys.executable, "-S", "-c", text.format(str(mark))]


def told(*arguments):
    result = CliRunner().invoke(main, list(arguments))
    return result.exit_code, result.output


def test_both_sides_end_well():
    sides = Sides({"worker": WELL, "planner": WELL}, restarts=0)
    sides.run()
    assert [side.returncode for side in sides.running.values()] == [0, 0]


def test_a_side_that_dies_is_started_again(tmp_path):
    sides = Sides({"worker": dies_once(tmp_path / "mark"), "planner": WELL}, restarts=1)
    sides.run()
    assert sides.restarted == {"worker": 1, "planner": 0}


def test_a_workers_side_that_was_done_comes_back_for_a_planners_that_dies(tmp_path):
    sides = Sides({"worker": WELL, "planner": dies_once(tmp_path / "mark")}, restarts=1)
    sides.run()
    assert [side.returncode for side in sides.running.values()] == [0, 0]


def test_a_side_that_dies_again_and_again_ends_the_run():
    with pytest.raises(SidesError, match="planner's side ended with code -9"):
        Sides({"worker": STAYS, "planner": DIES}, restarts=1).run()


def test_a_mistake_is_not_tried_again():
    sides = Sides({"worker": STAYS, "planner": REFUSES}, restarts=3)
    with pytest.raises(SidesError, match="ended with code 2"):
        sides.run()
    assert sides.restarted["planner"] == 0


def test_the_other_side_is_ended_with_a_run_that_failed():
    sides = Sides({"worker": STAYS, "planner": REFUSES}, restarts=0)
    with pytest.raises(SidesError):
        sides.run()
    assert sides.running["worker"].returncode is not None


def test_each_side_has_a_command_of_its_own(tmp_path):
    made = commands(Site(folder=tmp_path, ray_address="127.0.0.1:6379", store="ray"))
    assert [line[line.index("--side") + 1] for line in made.values()] == ["worker", "planner"]
    assert all(line[line.index("--ray-address") + 1] == "127.0.0.1:6379" for line in made.values())


def test_an_address_is_a_host_and_a_port():
    assert address_of("10.0.0.1:5000") == ("10.0.0.1", 5000)


@pytest.mark.parametrize("text", ["5000", "host:", "host:port", ":5000", "host:70000"])
def test_what_is_no_address_is_refused(text):
    with pytest.raises(SettingError, match="HOST:PORT"):
        address_of(text)


def test_one_model_is_refused():
    with pytest.raises(SettingError, match="worker_model = None"):
        check_decoupled(config_from("mgrpo-shared"))


def test_rollouts_on_ray_actors_are_refused():
    with pytest.raises(SettingError, match="ray = 2"):
        check_decoupled(replace(config_from("mgrpo-paper"), ray=2))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--preset", "mgrpo-papr"), "mgrpo-paper"),
        (("--preset", "matpo-paper"), "worker_model"),
        (("--store", "sqlit"), "Did you mean 'sqlite'"),
        (("--side", "both-of-them"), "both, planner or worker"),
        (("--listen", "nowhere"), "HOST:PORT"),
        (("--side", "worker"), "both at first, which makes the cold start"),
        (("--restarts", "-1"), "restarts = -1"),
        (("--patience", "nan"), "patience = nan"),
        (("-s", "sync=sometimes"), "sync"),
    ],
)
def test_a_mistake_ends_the_command_with_one_message(tmp_path, arguments, said):
    code, output = told("--out", str(tmp_path / "run"), *arguments)
    assert (code, said in output, "Traceback" in output) == (2, True, False)


def test_a_mistake_leaves_no_folder_behind(tmp_path):
    told("--out", str(tmp_path / "run"), "--listen", "nowhere")
    assert not (tmp_path / "run").exists()


def test_a_folder_with_a_run_in_it_is_not_begun_again(tmp_path):
    (tmp_path / "cold" / "planner").mkdir(parents=True)
    code, output = told("--out", str(tmp_path))
    assert (code, "--resume" in output) == (2, True)


def test_a_folder_without_a_run_is_not_resumed(tmp_path):
    code, output = told("--resume", str(tmp_path))
    assert (code, "holds no run" in output) == (2, True)


def test_a_run_is_called_the_same_wherever_its_folder_is_moved(tmp_path):
    (tmp_path / "here").mkdir()
    first = run_id(tmp_path / "here")
    (tmp_path / "here").rename(tmp_path / "there")
    assert run_id(tmp_path / "there") == first == str((tmp_path / "here").resolve())
