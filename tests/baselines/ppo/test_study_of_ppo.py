"""The study: what is run in which order, what is not made again, and what its tables say."""

from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from baselines.ppo import gathered, results, show, study
from baselines.ppo.algorithms import ALGORITHMS
from baselines.ppo.arms import ARMS, STAGES
from baselines.ppo.gathered import Study
from baselines.ppo.results import Judged, Result
from baselines.show.estimates import Estimate
from webenvs.bench.statistics import Interval
from webenvs.cli.noise_docs import refreshed
from webenvs.errors import SettingError, UnknownNameError

TASKS = tuple(f"task-{number}" for number in range(40))
ROOT = Path(__file__).parents[3]


def judged(right):
    success = tuple(float(number < right) for number in range(40))
    return Judged(tasks=TASKS, success=success, calls=2.5, turns=3.0)


def result(arm, seed, right=30):
    return Result(
        algorithm=ARMS[arm].algorithm,
        env="Lookup-v0",
        settings={"game": "solo", "level": "easy"},
        seed=seed,
        steps=100,
        curve=((50, 0.25 + seed / 10), (100, 0.75)),
        judged={"held-out": judged(right), "unseen": judged(right - 10), "noisy": judged(20)},
        minutes=1.25,
        commit="abc",
        command=f"python -m baselines.ppo.train --out runs/ppo-study/{arm}/seed-{seed}",
        hardware="a machine",
    )


@pytest.fixture
def whole():
    players = {"random": 0, "first-hit": 1, "scripted": 25, "oracle": 40, "random-slots": 2}
    places = ("held-out", "unseen", "noisy")
    known = {name: dict.fromkeys(places, judged(right)) for name, right in players.items()}
    arm = "lookup-torch-ppo"
    return Study(
        runs={arm: {seed: result(arm, seed) for seed in range(2)}}, references={"lookup": known}
    )


def test_references_come_before_runs_and_seeds_go_round_the_arms(tmp_path):
    names = ["lookup-dqn", "lookup-ppo"]
    labels = [run.label for run in study.planned(names, [0, 1], tmp_path)]
    assert labels == [
        "references of lookup",
        *("lookup-dqn, seed 0", "lookup-ppo, seed 0", "lookup-dqn, seed 1", "lookup-ppo, seed 1"),
    ]


def test_done_runs_are_not_made_again_and_failed_ones_are_named(tmp_path):
    runs = study.planned(["lookup-dqn"], [0, 1], tmp_path)
    begun = []

    def start(arguments, log):
        begun.append(arguments[0])
        if "--seed" in arguments and arguments[arguments.index("--seed") + 1] == "1":
            return 1
        where = log.parent / ("references.json" if "references" in arguments[0] else "result.json")
        where.write_text("{}")
        return 0

    told = []
    assert study.play(runs, 1, told.append, start) == ["lookup-dqn, seed 1"]
    assert len(begun) == 3
    assert study.play(runs, 1, told.append, start) == ["lookup-dqn, seed 1"]
    assert len(begun) == 4
    assert told[0] == "references of lookup: done"
    assert "FAILED" in told[-1]


def test_commands_can_be_told_without_being_run(tmp_path):
    done = CliRunner().invoke(
        study.main, ["--dry", "--only", "team-torch-ppo", "--seeds", "0", "--out", str(tmp_path)]
    )
    assert done.exit_code == 0, done.output
    assert "python -m baselines.ppo.train --algorithm torch-ppo --env Lookup-v0" in done.output
    assert "--game team" in done.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--only", "lookup-dqm"], "Did you mean 'lookup-dqn'"),
        (["--seeds", "0,x"], "give whole numbers from 0 on"),
        (["--tables", "nowhere"], "the folder of a study with finished runs in it"),
    ],
    ids=["arm", "seeds", "folder"],
)
def test_bad_input_is_named(arguments, message):
    done = CliRunner().invoke(study.main, arguments)
    assert done.exit_code != 0
    assert message in done.output


def test_a_study_survives_its_file(whole, tmp_path):
    gathered.save(whole, tmp_path / "study.json")
    again = gathered.load(tmp_path / "study.json")
    gathered.save(again, tmp_path / "again.json")
    assert again == whole
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "study.json").read_bytes()


def test_a_broken_file_is_named(tmp_path):
    (tmp_path / "study.json").write_text("{")
    with pytest.raises(SettingError, match=r"study\.json holds no study"):
        gathered.load(tmp_path / "study.json")


def test_finished_runs_are_gathered_without_the_place_they_lay_in(tmp_path):
    folder = tmp_path / "lookup-dqn" / "seed-4"
    folder.mkdir(parents=True)
    here = result("lookup-dqn", 4)
    command = f"python -m baselines.ppo.train --out {folder}"
    results.save(msgspec.structs.replace(here, command=command), folder)
    found = gathered.gathered(tmp_path).runs["lookup-dqn"][4]
    assert found.command.endswith("--out runs/ppo-study/lookup-dqn/seed-4")
    assert found.judged["held-out"].success == here.judged["held-out"].success


def test_the_gap_of_two_successes_joins_their_intervals():
    """Half widths .03 and .04 below, .06 and .08 above: .05 and .1 together (Newcombe)."""
    one = _estimate(0.7, 0.67, 0.76)
    other = _estimate(0.5, 0.42, 0.54)
    between, interval = show.gap(one, other)
    assert between == pytest.approx(0.2)
    assert (interval.low, interval.high) == (pytest.approx(0.15), pytest.approx(0.3))


def _estimate(mean, low, high):
    interval = Interval(low=low, high=high, level=0.95, kind="bootstrap")
    return Estimate(mean=mean, interval=interval, seeds={0: mean}, questions=9)


def test_bands_over_seeds_are_students():
    """Mean .5 and deviation .1 of three: 4.303 * .1 / sqrt 3 to both sides."""
    low, high = show.band([0.4, 0.5, 0.6])
    assert (low, high) == (pytest.approx(0.5 - 0.24843, abs=1e-4), pytest.approx(0.74843, abs=1e-4))
    assert show.band([0.5]) is None


def test_the_table_lists_players_from_random_to_oracle(whole):
    table = show.blocks(whole)["ppo-results"]
    names = [line.split("|")[1].strip() for line in table.splitlines() if line.startswith("| ")]
    wanted = ["random", "first-hit", "random-slots", "scripted", "torch-ppo", "oracle"]
    assert [name for name in names if name in wanted] == wanted
    row = next(line for line in table.splitlines() if line.startswith("| torch-ppo"))
    cells = [cell.strip() for cell in row.split("|")][1:]
    assert [cells[place] for place in (1, 2, 4, 6, 8, 10, 12)] == [
        *("2", "75.0", "+12.5", "50.0", "-25.0", "50.0", "-25.0")
    ]


def test_verdicts_say_whom_a_policy_leaves_behind(whole):
    said = show.blocks(whole)["ppo-verdicts"]
    assert "above random (held-out), first-hit (held-out)" in said
    assert "not told apart" not in said


def test_curves_are_drawn_for_every_stage_with_runs(whole, tmp_path):
    assert list(show.figures(whole)) == ["lookup"]
    (path,) = show.write_figures(whole, tmp_path)
    assert path.name == "ppo-lookup.svg"
    assert path.read_text().startswith("<svg ")


def test_tables_stand_between_marks_of_the_readme(whole):
    document = (ROOT / study.DOCUMENT).read_text()
    for name in show.blocks(whole):
        assert f"<!-- {name}: written by a script -->" in document
        assert f"<!-- end of {name} -->" in document


def test_the_readme_and_the_figures_are_those_of_the_data(tmp_path):
    kept = gathered.load(ROOT / study.DATA)
    document = (ROOT / study.DOCUMENT).read_text()
    assert refreshed(document, show.blocks(kept)) == document
    for path in show.write_figures(kept, tmp_path):
        assert path.read_text() == (ROOT / study.FIGURES / path.name).read_text()


def test_every_arm_has_a_stage_and_an_algorithm_that_exist():
    assert {arm.stage for arm in ARMS.values()} <= set(STAGES)
    assert {arm.algorithm for arm in ARMS.values()} == set(ALGORITHMS)


def test_an_unknown_arm_is_named(tmp_path):
    with pytest.raises(UnknownNameError, match="Did you mean 'lookup-dqn'"):
        study.planned(["lookup-dqm"], [0], tmp_path)
