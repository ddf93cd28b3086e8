"""A run in the terminal: plain lines elsewhere than at one, a curve that fits any width."""

import io
import math

import pytest
from rich.cells import cell_len

from baselines.grpo.show import curve
from baselines.grpo.show.console import Console
from baselines.grpo.show.metrics import Line, Metrics


class Screen(io.StringIO):
    """A stream that says it is a terminal, of an encoding."""

    encoding = "utf-8"

    def __init__(self, encoding="utf-8"):
        super().__init__()
        self.encoding = encoding

    def isatty(self):
        return True

    def write(self, text):
        text.encode(self.encoding)  # as a real stream of that encoding would
        return super().write(text)


class Gone(io.StringIO):
    """A pipe whose reader has left."""

    encoding = "utf-8"

    def write(self, text):
        raise BrokenPipeError


class Clock:
    """A second for each look at it."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        self.now += 1.0
        return self.now


def trained(stream, *, updates=20, **options):
    with Console(updates, stream=stream, clock=Clock(), **options) as console:
        console.stage("training", updates)
        console.evaluation(0, 0.25)
        for update in range(1, updates + 1):
            console.update(update, {"planner/reward": update / 40, "acc": 0.5})
        console.say("The report lies in runs/grpo.")
    return stream


def test_a_pipe_gets_one_plain_line_every_k_updates():
    lines = trained(io.StringIO(), every=5).getvalue().splitlines()
    assert [line.split(",")[0] for line in lines if line.startswith("training ")] == [
        "training ...",
        "training 5/20",
        "training 10/20",
        "training 15/20",
        "training 20/20",
    ]


@pytest.mark.parametrize("size", [3, 25, 12_000])
def test_a_stage_gets_ten_plain_lines_at_most(size):
    stream = io.StringIO()
    with Console(1, stream=stream, clock=lambda: 0.0) as console:
        console.stage("demonstrations", size)
        for done in range(1, size + 1):
            console.advance(done)
    lines = stream.getvalue().splitlines()[1:]
    assert len(lines) <= 10
    assert lines[-1].startswith(f"demonstrations {size:,}/{size:,}")


def test_a_slow_stage_gets_a_plain_line_every_two_minutes():
    stream, clock = io.StringIO(), Clock()
    with Console(1000, stream=stream, clock=lambda: 30 * clock()) as console:
        console.stage("training", 100_000)
        for update in range(1, 40):
            console.update(update, {"planner/reward": 0.5})
    assert 3 <= len(stream.getvalue().splitlines()) <= 30


def test_a_pipe_gets_no_control_sequences():
    assert "\x1b" not in trained(io.StringIO()).getvalue()


def test_the_quiet_form_shows_evaluations_and_sentences_alone():
    assert trained(io.StringIO(), quiet=True).getvalue().splitlines() == [
        "held-out success after 0 updates: 25.0 %",
        "The report lies in runs/grpo.",
    ]


def test_a_terminal_gets_the_curve_with_its_marks(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", "40")
    shown = trained(Screen()).getvalue()
    assert curve.MARK in shown
    assert any(0x2800 < ord(sign) < 0x2900 for sign in shown)


@pytest.mark.parametrize("width", ["1", "3", "12", "30", "44", "60", "200"])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_no_width_and_no_encoding_breaks_it(monkeypatch, width, encoding):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", width)
    monkeypatch.setenv("LINES", "40")
    assert "held-out success" in trained(Screen(encoding)).getvalue().replace("\n", "")


def test_a_dumb_terminal_gets_plain_lines(monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    assert "training 10/20" in trained(Screen()).getvalue()


def test_a_reader_that_has_left_does_not_end_the_run():
    trained(Gone())


def test_the_time_left_is_that_of_the_minutes_if_they_end_first():
    stream = io.StringIO()
    with Console(1000, minutes=0.5, stream=stream, clock=Clock(), every=1) as console:
        console.stage("training", 1000)
        console.update(1, {"planner/reward": 0.5})
    assert "training 1/1,000, 0:27 left" in stream.getvalue()


def test_the_pace_of_a_resumed_run_counts_only_what_it_did_itself():
    stream = io.StringIO()
    with Console(100, stream=stream, clock=Clock(), every=1) as console:
        console.stage("training", 100, done=90)
        console.update(91, {"planner/reward": 0.5})
    assert "training 91/100, 0:09 left" in stream.getvalue()


def test_a_resumed_run_shows_the_curve_so_far():
    stream = io.StringIO()
    before = Metrics(train=(Line(kind="train", update=1, metrics={"planner/reward": 0.0}),))
    with Console(2, stream=stream, every=1) as console:
        console.restore(before)
        console.update(2, {"planner/reward": 1.0})
    assert "▁█" in stream.getvalue()


def test_metrics_that_are_no_numbers_are_left_out():
    stream = io.StringIO()
    with Console(1, stream=stream, every=1) as console:
        console.update(1, {"planner/reward": math.nan})
    assert "nan" not in stream.getvalue()


def test_a_straight_line_runs_from_the_lower_left_to_the_upper_right():
    rows = curve.drawn([(0, 0.0), (10, 1.0)], [], (27, 5), 10)
    signs = ["".join(cell.sign for cell in row) for row in rows]
    assert signs[0].rstrip()[-1] != "│"
    assert signs[-1][7] != " "
    assert [line.find("│") for line in signs] == [6] * 5


@pytest.mark.parametrize("size", [(20, 4), (33, 9), (100, 8)])
def test_a_drawing_is_never_wider_or_taller_than_asked(size):
    points = [(float(x), math.sin(x)) for x in range(50)]
    rows = curve.drawn(points, points[::9], size, 60)
    assert len(rows) == size[1]
    assert {cell_len("".join(cell.sign for cell in row)) for row in rows} == {size[0]}


@pytest.mark.parametrize("size", [(0, 0), (8, 8), (40, 1)])
def test_where_there_is_no_room_nothing_is_drawn(size):
    assert curve.drawn([(0, 1)], [], size, 1) == []


def test_a_spark_line_has_means_where_values_are_many():
    assert curve.sparkline([0, 0, 1, 1], 2) == "▁█"


def test_a_plain_spark_line_is_ascii():
    assert curve.sparkline([0, 0.5, 1], 9, plain=True).isascii()


def test_a_spark_line_of_nothing_is_empty():
    assert curve.sparkline([math.nan], 9) == ""
