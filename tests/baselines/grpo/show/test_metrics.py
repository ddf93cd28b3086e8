"""Metrics on disk: a line an update, flushed; cut lines; resuming; TensorBoard if it is there."""

import builtins
import math

import pytest

from baselines.grpo.show.metrics import FILE, FOLDER, Recorder, read
from webenvs.errors import SettingError


def test_what_was_logged_is_read_back_in_order(tmp_path):
    with Recorder(tmp_path, tensorboard=False) as recorder:
        recorder.log(1, {"planner/reward": 0.25, "acc": 0.5})
        recorder.evaluation(1, {"success": 0.4})
        recorder.log(2, {"planner/reward": 0.75})
    metrics = read(tmp_path)
    assert metrics.series("planner/reward") == ((1, 0.25), (2, 0.75))
    assert metrics.evaluated("success") == ((1, 0.4),)
    assert metrics.names == ("acc", "planner/reward")


def test_a_line_is_on_disk_before_the_recorder_is_closed(tmp_path):
    recorder = Recorder(tmp_path, tensorboard=False)
    recorder.log(1, {"acc": 0.5})
    assert read(tmp_path).series("acc") == ((1, 0.5),)
    recorder.close()


def test_values_that_are_no_numbers_are_kept_as_such_and_left_out_of_series(tmp_path):
    with Recorder(tmp_path, tensorboard=False) as recorder:
        recorder.log(1, {"ratio/max": math.nan, "acc": math.inf})
    metrics = read(tmp_path)
    assert math.isnan(metrics.train[0].metrics["ratio/max"])
    assert metrics.series("acc") == ()


def test_an_evaluation_behind_the_last_that_counts_is_made_again(tmp_path):
    with Recorder(tmp_path, tensorboard=False) as recorder:
        recorder.evaluation(0, {"success": 0.1})
        recorder.log(1, {"acc": 0.5})
        recorder.evaluation(1, {"success": 0.2})
    with Recorder(tmp_path, tensorboard=False, resumed=1, evaluated=0) as recorder:
        recorder.evaluation(1, {"success": 0.2})
    assert read(tmp_path).evaluated("success") == ((0, 0.1), (1, 0.2))
    assert [line.update for line in read(tmp_path).train] == [1]


def test_a_cut_last_line_is_skipped_and_told(tmp_path):
    with Recorder(tmp_path, tensorboard=False) as recorder:
        recorder.log(1, {"acc": 0.5})
        recorder.log(2, {"acc": 0.6})
    path = tmp_path / FILE
    path.write_bytes(path.read_bytes()[:-9])
    metrics = read(tmp_path)
    assert metrics.series("acc") == ((1, 0.5),)
    assert metrics.told == (f"{path}: the last line, 2, is cut and was skipped.",)


def test_a_broken_line_in_the_middle_is_an_error_with_its_number(tmp_path):
    with Recorder(tmp_path, tensorboard=False) as recorder:
        recorder.log(1, {"acc": 0.5})
        recorder.log(2, {"acc": 0.6})
    path = tmp_path / FILE
    path.write_text('{"update": 1}\n' + path.read_text().splitlines()[1] + "\n")
    with pytest.raises(SettingError, match=r"line 1, holds no metrics: kind, update and metrics"):
        read(tmp_path)


def test_a_resumed_run_drops_what_came_after_its_checkpoint(tmp_path):
    told = []
    with Recorder(tmp_path, tensorboard=False) as recorder:
        for update in (1, 2, 3):
            recorder.log(update, {"acc": update / 10})
    path = tmp_path / FILE
    path.write_bytes(path.read_bytes()[:-4])
    with Recorder(tmp_path, tensorboard=False, resumed=1, tell=told.append) as recorder:
        recorder.log(2, {"acc": 0.9})
    assert read(tmp_path).series("acc") == ((1, 0.1), (2, 0.9))
    assert told == [f"{path}: the last line, 3, is cut and was skipped."]


def test_a_run_that_is_not_resumed_begins_anew(tmp_path):
    for value in (0.1, 0.2):
        with Recorder(tmp_path, tensorboard=False) as recorder:
            recorder.log(1, {"acc": value})
    assert read(tmp_path).series("acc") == ((1, 0.2),)


def test_a_folder_without_metrics_reads_as_none(tmp_path):
    assert read(tmp_path).train == ()


def test_a_closed_recorder_refuses_and_says_so(tmp_path):
    recorder = Recorder(tmp_path, tensorboard=False)
    recorder.close()
    recorder.close()
    with pytest.raises(SettingError, match="is closed; open a new one"):
        recorder.log(1, {"acc": 0.5})


def test_event_files_hold_the_same_values(tmp_path):
    events = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    with Recorder(tmp_path) as recorder:
        recorder.log(1, {"planner/reward": 0.25})
        recorder.log(2, {"planner/reward": 0.75})
        recorder.evaluation(2, {"success": 0.5})
    board = events.EventAccumulator(str(tmp_path / FOLDER))
    board.Reload()
    assert [(one.step, one.value) for one in board.Scalars("planner/reward")] == [
        (1, 0.25),
        (2, 0.75),
    ]
    assert [one.value for one in board.Scalars("evaluation/success")] == [0.5]


def test_without_tensorboard_one_sentence_is_told_and_the_lines_go_on(tmp_path, monkeypatch):
    told, real = [], builtins.__import__

    def missing(name, *rest, **named):
        if name.startswith("torch.utils.tensorboard"):
            raise ImportError(name)
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", missing)
    with Recorder(tmp_path, tell=told.append) as recorder:
        recorder.log(1, {"acc": 0.5})
    assert len(told) == 1
    assert "pip install tensorboard" in told[0]
    assert read(tmp_path).series("acc") == ((1, 0.5),)
