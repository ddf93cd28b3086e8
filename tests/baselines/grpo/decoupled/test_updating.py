"""A decoupled run ends with its updates, its tokens or its minutes, whichever end first."""

from types import SimpleNamespace

import pytest

from baselines.grpo.budget import Budget
from baselines.grpo.config import Config
from baselines.grpo.decoupled.updating import all_updates


class Side:
    """A planner's side whose updates take a minute and are noted with the progress they heard."""

    def __init__(self, clock, **settings):
        self.config = Config(**{"updates": 8, "eval_every": 0, **settings})
        self.clock, self.updates, self.progress = clock, 0, []

    def update(self, progress=None):
        self.progress.append(progress)
        self.updates += 1
        self.clock[0] += 60.0
        return {"acc": 0.5, "version/planner": 1.0, "version/worker": 1.0}


class Recorder:
    """Keeps what was logged and evaluated."""

    def __init__(self):
        self.lines, self.evaluations = [], []

    def log(self, update, metrics):
        self.lines.append(update)

    def evaluation(self, update, metrics):
        self.evaluations.append(update)


@pytest.fixture
def run():
    """A run of a minute and 100 tokens an update; its side, its recorder, and how it ended."""

    def of(minutes=None, sampled=0, **settings):
        clock = [0.0]
        side, recorder = Side(clock, **settings), Recorder()
        engine = SimpleNamespace(measured=lambda: {"tokens/sampled": 100.0})
        found = SimpleNamespace(metrics={}, evaluation=SimpleNamespace(mean=0.5))
        budget = Budget(minutes, now=lambda: clock[0])
        ended = all_updates(side, engine, recorder, budget, lambda: found, lambda _: None, sampled)
        return side, recorder, ended

    return of


def test_all_updates_are_made_and_logged(run):
    _, recorder, ended = run()
    assert (recorder.lines, ended) == ([1, 2, 3, 4, 5, 6, 7, 8], "")


def test_the_tokens_end_a_run(run):
    side, _, ended = run(sampled_tokens=250)
    assert (side.updates, ended) == (3, "")


def test_tokens_that_were_sampled_before_count(run):
    assert run(sampled_tokens=250, sampled=200)[0].updates == 1


def test_the_minutes_end_a_run(run):
    side, _, ended = run(minutes=4.0)
    assert (side.updates, ended) == (3, "its minutes were used up")


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        ({"updates": 4}, [0.0, 0.25, 0.5, 0.75]),
        ({"sampled_tokens": 400}, [0.0, 0.25, 0.5, 0.75]),
        ({"minutes": 10.0, "updates": 1000}, [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]),
    ],
    ids=["updates", "tokens", "minutes"],
)
def test_the_curriculum_hears_how_far_the_run_has_come(run, bounds, expected):
    assert run(**bounds)[0].progress == pytest.approx(expected)


def test_every_k_updates_are_evaluated(run):
    assert run(eval_every=3)[1].evaluations == [3, 6]
