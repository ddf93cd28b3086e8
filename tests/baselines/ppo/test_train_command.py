"""`python -m baselines.ppo.train` teaches, trains, judges, and names what is wrong."""

import pytest
from click.testing import CliRunner

from baselines.ppo import results
from baselines.ppo.algorithms import ALGORITHMS, load
from baselines.ppo.train import main
from baselines.ppo.worlds import PLACES

SHORT = (
    *("--env", "Lookup-v0", "--set", "level=easy", "--steps", "128", "--games", "4"),
    *("--episodes", "4", "--places", "held-out"),
)


def run(*arguments):
    return CliRunner().invoke(main, [*map(str, arguments)])


def test_a_run_leaves_its_policy_and_its_result(tmp_path):
    done = run(*SHORT, "--out", tmp_path / "run", "--seed", 3)
    assert done.exit_code == 0, done.output
    found = results.load(tmp_path / "run")
    assert (found.algorithm, found.seed, found.steps) == ("torch-ppo", 3, 128)
    assert len(found.judged["held-out"].success) == 4
    assert found.settings == {"game": "solo", "level": "easy"}
    load("torch-ppo", tmp_path / "run" / "policy")
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == ["policy", "result.json"]


def test_a_finished_run_is_not_overwritten(tmp_path):
    run(*SHORT, "--out", tmp_path)
    again = run(*SHORT, "--out", tmp_path)
    assert again.exit_code == 2
    assert "a folder without a finished run in it" in again.output


def test_help_and_list_tell_every_algorithm_and_place():
    listed = run("--list").output
    assert [name for name in (*ALGORITHMS, *PLACES) if name not in listed] == []
    assert "python -m baselines.ppo.train --game team" in run("--help").output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--algorithm", "maskable_ppo"), "Did you mean 'maskable-ppo'"),
        (("--env", "Lokup-v0"), "Did you mean 'Lookup-v0'"),
        (("--game", "teams"), "Did you mean 'team'"),
        (("--steps", 0), "steps = 0 is not allowed"),
        (("--seed", -1), "seed = -1 is not allowed"),
        (("--places", "noisey"), "Did you mean 'noisy'"),
        (("--set", "levle=easy"), "Did you mean 'level'"),
    ],
    ids=["algorithm", "env", "game", "steps", "seed", "place", "setting"],
)
def test_bad_input_is_named(tmp_path, arguments, message):
    done = run("--out", tmp_path / "run", *arguments)
    assert done.exit_code == 2
    assert message in done.output
    assert not (tmp_path / "run").exists()
