"""The report of a run: one file that needs nothing else, whatever of the run is there."""

import re
from html.parser import HTMLParser

import msgspec
import pytest

from baselines.grpo.config import Config
from baselines.grpo.presets import as_data, config_from
from baselines.grpo.show import metrics, panels, report, results, samples
from baselines.grpo.show.metrics import Recorder
from baselines.grpo.show.results import Result
from baselines.show.evaluation import Evaluation
from webenvs import catalog
from webenvs.episodes import play, write_episodes
from webenvs.errors import SettingError
from webenvs.records import Call, Episode, FrameRecord, Turn
from webenvs.seeding import uniform

VOID = {"meta", "br", "wbr", "img", "link"}


class Tags(HTMLParser):
    """Collects tags and texts, and fails on tags that do not nest."""

    def __init__(self):
        super().__init__()
        self.open, self.seen, self.texts = [], [], []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def evaluation(rate, key, count=60):
    return Evaluation(
        tasks=tuple(f"world/task{place}/0" for place in range(count)),
        success=tuple(float(uniform(key, place) < rate) for place in range(count)),
        hops=tuple(2 + place % 2 for place in range(count)),
        context=512,
    )


def measure(folder, updates=40):
    with Recorder(folder, tensorboard=False) as recorder:
        recorder.evaluation(0, {"success": 0.3, "success/low": 0.2, "success/high": 0.4})
        for update in range(1, updates + 1):
            grown = update / updates
            recorder.log(
                update,
                {
                    "planner/reward": 0.3 + 0.4 * grown,
                    "worker/reward": 0.2 + 0.3 * grown,
                    "acc": 0.2 + 0.4 * grown,
                    "planner/valid": 0.9,
                    "worker/d_0": 0.5 - 0.4 * grown,
                    "worker/d_1": 0.5 + 0.4 * grown,
                    "planner/kl": 0.01 * grown,
                    "ratio/max": float("nan"),
                },
            )
        recorder.evaluation(updates, {"success": 0.7, "success/low": 0.6, "success/high": 0.8})


@pytest.fixture
def run(tmp_path):
    measure(tmp_path)
    config = as_data(config_from("matpo-paper", {"lr": 1e-3, "seed": 4}))
    result = Result(
        config=config,
        before=evaluation(0.3, "before"),
        after=evaluation(0.7, "after"),
        further=(msgspec.structs.replace(evaluation(0.5, "mild"), noise="mild"),),
        updates=40,
        tokens=123_456,
        minutes=12.5,
        commit="abc1234",
        command="python -m baselines.grpo.train --preset matpo-paper --seed 4",
        hardware="2 cores",
    )
    results.save(result, tmp_path)
    scenario = catalog.scenario("MultiHop-v0", game="team", corpus="tiny", split="test")
    for name, player in ((results.BEFORE, "random"), (results.AFTER, "scripted")):
        lineup = catalog.lineup(player, scenario.game)
        write_episodes(tmp_path / name, [play(scenario, lineup, seed) for seed in (3, 5)])
    return tmp_path


def parsed(path):
    tags = Tags()
    tags.feed(path.read_text(encoding="utf-8"))
    assert tags.open == []
    return tags


def test_tags_nest_and_nothing_is_loaded_from_elsewhere(run):
    tags = parsed(report.write(run))
    for _, attributes in tags.seen:
        assert not {"src", "srcset", "action"} & attributes.keys()
        assert attributes.get("href", "#").startswith("#")
    assert "script" not in {tag for tag, _ in tags.seen}
    assert not re.search(r"url\(|@import", report.write(run).read_text())


def test_the_headline_gives_success_before_and_after_with_intervals(run):
    said = report.headline(results.load(run))
    assert re.fullmatch(
        r"Held-out success went from \d+\.\d % \[[\d., ]+\] to \d+\.\d % \[[\d., ]+\]: "
        r"\+\d+\.\d points \[[+\-\d., ]+\] on the same 60 questions \(95 % intervals\)\.",
        said,
    )
    assert said in "".join(parsed(report.write(run)).texts)


def test_a_figure_stands_for_every_metric_that_was_measured(run):
    tags = parsed(report.write(run))
    drawn = {attributes["aria-label"] for tag, attributes in tags.seen if tag == "svg"}
    assert drawn == {
        "Held-out success",
        "Reward in training",
        "Right answers in training",
        "Valid calls",
        "Divergence",
        "Workers of a rollout",
    }


def test_the_curve_of_held_out_success_has_its_interval(run):
    (first, *_) = panels.panels(metrics.read(run), results.load(run))
    assert first.note == (
        "Share of the held-out questions answered right, with its 95 % interval. 60 questions."
    )
    assert 'class="band"' in first.drawing


def test_the_fields_that_differ_from_the_preset_stand_first(run):
    grid = report.config_table(results.load(run).config)
    assert [row[0] for row in grid.rows[:2]] == ["seed", "lr"]
    assert grid.rows[1] == ("lr", "0.001", "0.00005")
    assert len(grid.rows) == len(as_data(Config()))


def test_success_is_told_by_hops_and_under_further_noise(run):
    labels = [row[0] for row in panels.held_out(results.load(run)).rows]
    assert labels == ["all questions", "2 hops", "3 hops", "noise mild, context 512"]


def test_every_metric_of_the_table_has_its_meaning(run):
    rows = panels.table(metrics.read(run)).rows
    assert [row[0] for row in rows if not row[-1]] == []


def test_episodes_of_one_question_stand_side_by_side(run):
    found = samples.pairs(run)
    assert [(one.task, one.seed) for one, _ in found] == [(two.task, two.seed) for _, two in found]
    shown = samples.beside(found[0])
    assert shown.count("<h4>") == 2
    assert "worker 1, asked:" in shown
    assert "worker 1 reported:" in shown


def test_what_players_write_is_escaped():
    turn = Turn(
        index=0,
        player="planner_0",
        frame=0,
        observation="Question: ?",
        message="</pre><script>alert(1)</script>",
        calls=(Call(id="0.0", tool="delegate"),),
        errors=("<b>",),
    )
    frames = (
        FrameRecord(index=0, role="planner", player="planner_0", request="<i>Where?</i>"),
        FrameRecord(
            index=1, role="worker", player="w", parent=0, call="0.0", request="<u>", report="<s>"
        ),
    )
    episode = Episode(
        env="e",
        settings={},
        corpus="c",
        task="t",
        seed=0,
        turns=(turn,),
        frames=frames,
        answer="<a>",
    )
    shown = samples.beside((None, episode))
    assert not re.search("<(script|b|i|u|s|a)>", shown)
    assert "&lt;script&gt;" in shown


def test_a_run_without_a_result_has_a_report_that_says_how_to_go_on(tmp_path):
    measure(tmp_path)
    data = msgspec.json.encode(as_data(config_from("grpo-solo")))
    (tmp_path / "config.json").write_bytes(data)
    texts = "".join(parsed(report.write(tmp_path)).texts)
    assert "This run has not come to its end." in texts
    assert f"--resume {tmp_path}" in texts
    assert "grpo-solo" in texts


def test_a_run_that_was_stopped_says_why(run):
    stopped = msgspec.structs.replace(results.load(run), stopped="the entropy collapsed")
    results.save(stopped, run)
    assert "It was stopped: the entropy collapsed" in "".join(parsed(report.write(run)).texts)


def test_a_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(SettingError, match=r"out = .* with metrics\.jsonl in it"):
        report.write(tmp_path)


def test_a_result_is_read_as_it_was_written(run):
    assert results.save(results.load(run), run) == run / "result.json"
    assert results.load(run).config["lr"] == 1e-3


def test_a_broken_result_is_named(tmp_path):
    (tmp_path / "result.json").write_text('{"config": 1}')
    with pytest.raises(SettingError, match=r"result\.json holds no result of a run"):
        results.load(tmp_path)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"success": (1.0,)}, "success"),
        ({"success": (0.0, 1.5)}, "success"),
        ({"hops": (1,)}, "hops"),
    ],
)
def test_an_evaluation_that_does_not_fit_together_is_refused(given, field):
    whole = {"tasks": ("a", "b"), "success": (0.0, 1.0)} | given
    with pytest.raises(SettingError, match=f"{field} = "):
        Evaluation(**whole)
