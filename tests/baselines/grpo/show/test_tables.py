"""Intervals over questions and seeds, the study's file, its tables, figures and documents."""

import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from baselines.grpo import study
from baselines.grpo.show import figures, matrix, summaries, tables
from baselines.show import estimates
from baselines.show.evaluation import Evaluation
from webenvs.bench.statistics import SHARE, mean_interval
from webenvs.errors import SettingError

ROOT = Path(__file__).parents[4]
DATA = ROOT / study.DATA
ANEW = "Write it anew: python -m baselines.grpo.study --rebuild"


def played(*success, seed=0, hops=()):
    tasks = tuple(f"{seed}/{place}" for place in range(len(success)))
    return Evaluation(tasks=tasks, success=tuple(map(float, success)), hops=hops)


def test_a_mean_over_seeds_counts_every_seed_once():
    found = estimates.success({0: played(1, 1, 1, 1), 1: played(0, 0, seed=1)})
    assert found.mean == 0.5
    assert found.seeds == {0: 1.0, 1: 0.0}
    assert found.questions == 6


def test_one_seed_has_the_interval_of_the_house():
    found = estimates.success({0: played(1, 0, 1, 1, 0)})
    assert found.interval == mean_interval([1, 0, 1, 1, 0], list("abcde"), ("k",), bounds=SHARE)


def test_nothing_has_no_mean_and_no_interval():
    found = estimates.success({})
    assert (found.mean, found.interval, found.questions) == (None, None, 0)


def test_a_difference_is_paired_by_question_whatever_the_order():
    ours = Evaluation(tasks=("a", "b", "only ours"), success=(1.0, 0.0, 1.0))
    theirs = Evaluation(tasks=("b", "a"), success=(0.0, 0.0))
    found = estimates.difference({0: ours}, {0: theirs})
    assert (found.mean, found.questions) == (0.5, 2)


def test_a_difference_leaves_out_seeds_that_only_one_has():
    found = estimates.difference({0: played(1), 1: played(1)}, {1: played(0)})
    assert list(found.seeds) == [1]


def test_repeats_of_a_question_are_one_value():
    found = estimates.success({0: Evaluation(tasks=("a", "a", "b"), success=(1.0, 0.0, 1.0))})
    assert found.mean == 0.75


def test_hops_choose_questions():
    found = estimates.success({0: played(1, 0, 1, 0, hops=(2, 3, 2, 3))}, hops=2)
    assert (found.mean, found.questions) == (1.0, 2)


def test_pairs_make_an_interval_narrower_than_two_policies_apart():
    draws = np.random.default_rng(0).random(100)
    low = {0: played(*(draws < 0.4)), 1: played(*(draws < 0.4))}
    high = {0: played(*(draws < 0.5)), 1: played(*(draws < 0.5))}
    paired = estimates.difference(high, low).interval
    apart = estimates.success(high).interval
    assert paired.high - paired.low < apart.high - apart.low


def test_seeds_that_disagree_widen_the_interval():
    alike = estimates.success({0: played(*[1, 0] * 50), 1: played(*[1, 0] * 50)}).interval
    apart = estimates.success({0: played(*[1] * 100), 1: played(*[0] * 100)}).interval
    assert apart.high - apart.low > alike.high - alike.low


def test_an_interval_is_never_narrower_than_that_over_questions_alone():
    success = [1, 1, 0, 1, 0, 0, 1, 0]
    one = estimates.success({0: played(*success)}).interval
    two = estimates.success({0: played(*success), 1: played(*success)}).interval
    assert two.low <= one.low + 0.05
    assert two.high >= one.high - 0.05


def test_a_change_is_the_difference_of_two_gains():
    ours = {0: (played(0, 0, 0, 0), played(1, 1, 1, 0))}
    theirs = {0: (played(0, 0, 0, 0), played(1, 0, 0, 0))}
    assert estimates.change(ours, theirs).mean == 0.5


def test_the_intervals_hold_what_they_promise():
    source, held = np.random.default_rng(1), 0
    for _ in range(100):
        rates = np.clip(0.5 + source.normal(0, 0.05, 3), 0, 1)
        runs = {
            seed: played(*(source.random(64) < rate), seed=seed) for seed, rate in enumerate(rates)
        }
        interval = estimates.success(runs).interval
        held += interval.low <= 0.5 <= interval.high
    assert held >= 93


def test_a_study_is_read_from_its_file_as_it_was_gathered(study_folder, tmp_path):
    found = summaries.gathered(study_folder)
    summaries.save(found, tmp_path / "study.json")
    again = summaries.load(tmp_path / "study.json")
    assert [(run.arm, run.seed, run.curve) for run in again.runs] == [
        (run.arm, run.seed, run.curve) for run in found.runs
    ]
    assert tables.blocks(again) == tables.blocks(found)


def test_the_file_of_a_study_written_again_has_the_same_bytes(study_folder, tmp_path):
    first, second = tmp_path / "one.json", tmp_path / "two.json"
    summaries.save(summaries.gathered(study_folder), first)
    summaries.save(summaries.load(first), second)
    assert first.read_bytes() == second.read_bytes()


def test_questions_are_kept_once_in_the_file(study_folder, tmp_path):
    path = tmp_path / "study.json"
    summaries.save(summaries.gathered(study_folder), path)
    assert path.stat().st_size < 60_000


def test_a_folder_without_runs_is_refused(tmp_path):
    with pytest.raises(SettingError, match="with finished runs in it"):
        summaries.gathered(tmp_path)


def test_a_broken_file_is_named(tmp_path):
    (tmp_path / "study.json").write_text("{}")
    with pytest.raises(SettingError, match=r"study\.json holds no study"):
        summaries.load(tmp_path / "study.json")


def test_the_gain_of_an_arm_stands_with_its_interval_and_its_seeds(study_folder):
    row = tables.results(summaries.gathered(study_folder)).rows[0]
    assert row[:2] == ("solo", "3")
    low, high = map(float, re.fullmatch(r"\[\+([\d.]+), \+([\d.]+)\]", row[7]).groups())
    assert low < float(row[6]) < high
    assert len(row[8].split(", ")) == 3


def test_a_comparison_tells_architecture_from_training(study_folder):
    found = summaries.gathered(study_folder)
    row = next(row for row in tables.comparisons(found).rows if row[1] == "matpo - solo")
    before, after, trained = float(row[3]), float(row[5]), float(row[7])
    assert before > 0
    assert trained == pytest.approx(after - before, abs=0.11)


def test_a_comparison_without_both_arms_has_no_row(study_folder):
    rows = tables.comparisons(summaries.gathered(study_folder)).rows
    assert "gspo - solo" not in [row[1] for row in rows]


def test_caps_of_the_context_stand_in_order(study_folder):
    rows = tables.by_context(summaries.gathered(study_folder)).rows
    assert [row[0] for row in rows] == ["128", "512"]


def test_where_a_team_is_ahead_is_told_by_cap_and_hops(study_folder):
    rows = tables.gaps(summaries.gathered(study_folder)).rows
    assert [row[:2] for row in rows] == [("128", "2"), ("128", "3"), ("512", "2"), ("512", "3")]
    assert rows[0][-1] == "the team is ahead"


def test_noise_costs_are_against_the_clean_web(study_folder):
    rows = tables.robustness(summaries.gathered(study_folder)).rows
    costs = {row[1]: row[5] for row in rows if row[0] == "matpo"}
    assert costs["none"] == ""
    assert float(costs["severe"]) < float(costs["mild"]) < 0


def test_minutes_of_the_shared_cold_start_stand_beside_those_of_the_run(study_folder):
    row = tables.machines(summaries.gathered(study_folder)).rows[0]
    assert row[4:6] == ("2.5", "10.0 to 12.0")


def test_the_verdicts_name_what_was_to_be_shown(study_folder):
    said = tables.blocks(summaries.gathered(study_folder))["grpo-verdicts"].splitlines()
    assert len(said) == 3 + 2
    assert "at least 15 points" in said[1]
    assert "the team is ahead" in said[3]


def test_without_runs_every_table_says_so_and_no_figure_is_drawn():
    nothing = summaries.Study()
    assert tables.blocks(nothing)["grpo-results"] == tables.NOTHING
    assert tables.blocks(nothing)["grpo-verdicts"] == tables.NOTHING
    assert figures.drawn(nothing) == {}


@pytest.mark.parametrize("name", figures.TITLES)
def test_a_figure_is_drawn_of_a_whole_study(study_folder, name):
    drawn = figures.drawn(summaries.gathered(study_folder))[name]
    assert drawn.startswith('<svg xmlns="http://www.w3.org/2000/svg"')
    assert "NaN" not in drawn


def test_the_command_writes_data_tables_and_figures(study_folder, tmp_path):
    root = tmp_path / "root"
    for name in study.DOCUMENTS:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text((ROOT / name).read_text(encoding="utf-8"), encoding="utf-8")
    shown = CliRunner().invoke(
        study.main, ["--tables", str(study_folder), "--root", str(root)], catch_exceptions=False
    )
    assert shown.exit_code == 0
    assert (root / study.DATA).exists()
    for name in study.DOCUMENTS:
        text = (root / name).read_text(encoding="utf-8")
        assert "| solo | 3 |" in text
        assert tables.NOTHING not in text
        for target in re.findall(r"!\[[^]]*\]\(([^)]+/grpo-[^)]+)\)", text):
            assert ((root / name).parent / target).exists()


@pytest.mark.parametrize("name", study.DOCUMENTS)
def test_the_documents_say_what_the_data_says(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert study.told(text, summaries.load(DATA)) == text, ANEW


def test_the_figures_are_those_of_the_data():
    for name, drawing in figures.drawn(summaries.load(DATA)).items():
        path = ROOT / study.FIGURES / f"{name}.svg"
        assert path.read_text(encoding="utf-8") == drawing, ANEW


def test_every_block_has_its_marks_in_a_document():
    texts = "".join((ROOT / name).read_text(encoding="utf-8") for name in study.DOCUMENTS)
    names = [*tables.blocks(summaries.Study()), *figures.blocks(summaries.Study())]
    assert [name for name in names if f"<!-- {name}: written by a script -->" not in texts] == []


def test_every_arm_stands_in_its_table():
    said = tables.arms()
    assert [name for name in matrix.ARMS if f"| `{name}` |" not in said] == []
