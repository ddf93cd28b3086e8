"""The loop stops, saves and evaluates when it should; what plays and learns here is made up."""

import io
from dataclasses import replace
from types import SimpleNamespace

import pytest

from baselines.grpo import checkpoint
from baselines.grpo.budget import Budget
from baselines.grpo.cold_start import Stage
from baselines.grpo.evaluate import Evaluated
from baselines.grpo.interrupts import Interrupts
from baselines.grpo.loop import DivergedError, Interrupted, Loop
from baselines.grpo.presets import config_from
from baselines.grpo.show.console import Console
from baselines.grpo.show.metrics import Recorder, read
from baselines.show.evaluation import Evaluation


class Student:
    """A model that is one number, which grows by one an update."""

    learner = object()

    def __init__(self):
        self.weight = 0

    def learn(self, rows):
        self.weight += 1
        return {"loss": 0.5}

    def state_dict(self):
        return {"weight": self.weight}

    def load_state_dict(self, state):
        self.weight = state["weight"]


class Engine:
    """An engine that plays nothing; `after` is called with the number of each update."""

    def __init__(self, after=lambda update: None):
        self.after = after
        self.keys = []

    def groups(self, queries, key):
        self.keys.append(key)
        self.after(key[1])
        return []

    def measured(self):
        return {}


class Curriculum:
    """A curriculum that counts."""

    def __init__(self):
        self.count = 0
        self.progress = []

    def queries(self, update, progress=None, after=()):
        self.progress.append(progress)
        return []

    def seen(self, groups):
        self.count += 1

    def metrics(self):
        return {}

    def state_dict(self):
        return {"count": self.count}

    def load_state_dict(self, state):
        self.count = state["count"]


@pytest.fixture
def loop(tmp_path):
    with Recorder(tmp_path, tensorboard=False) as recorder:

        def of(engine=None, successes=(0.5,), budget=None, **changes):
            values = iter([*successes, *[successes[-1]] * 1000])
            config = config_from("grpo-solo", {"updates": 6, "eval_every": 2, **changes})
            return Loop(
                config=config,
                stage=Stage(
                    folder=tmp_path,
                    worlds=SimpleNamespace(),
                    budget=budget or Budget(config.minutes),
                    interrupts=Interrupts(),
                    console=Console(config.updates, quiet=True),
                ),
                students={"shared": Student()},
                engine=engine or Engine(),
                curriculum=Curriculum(),
                evaluated=lambda: Evaluated(
                    evaluation=Evaluation(tasks=("q",), success=(next(values),)), rollouts=()
                ),
                recorder=recorder,
            )

        yield of


def collapsed():
    return [{"planner/reward": value} for value in [0.8] * 20 + [0.1] * 10]


def test_all_updates_are_made_each_under_its_own_key(loop):
    engine = Engine()
    assert loop(engine).run() == ""
    assert engine.keys == [("update", update) for update in range(6)]


def test_the_curriculum_hears_how_many_of_the_updates_are_made(loop):
    one = loop(updates=4)
    one.run()
    assert one.curriculum.progress == [0.0, 0.25, 0.5, 0.75]


def test_the_curriculum_of_a_run_bounded_by_tokens_follows_them(loop):
    engine = Engine()
    engine.measured = lambda: {"tokens/sampled": 100.0}
    one = loop(engine, updates=1000, sampled_tokens=400)
    one.run()
    assert one.curriculum.progress == [0.0, 0.25, 0.5, 0.75]


def test_the_curriculum_of_a_run_bounded_by_minutes_follows_the_clock(loop):
    clock = iter([0.0])
    seconds = [30.0]  # of the cold start
    engine = Engine(lambda update: seconds.append(seconds[-1] + 30))
    budget = Budget(4.5, now=lambda: next(clock, seconds[-1]))
    one = loop(engine, budget=budget, updates=1000)
    assert one.run() == "its minutes were used up"
    assert one.curriculum.progress == [update / 8 for update in range(7)]


def test_updates_are_shown_as_those_of_the_training(loop):
    shown, one = io.StringIO(), loop()
    one.stage = replace(one.stage, console=Console(6, stream=shown))
    one.run()
    assert "training 6/6" in shown.getvalue()


def test_every_k_updates_are_evaluated(loop, tmp_path):
    loop().run()
    assert [line.update for line in read(tmp_path).evaluations] == [2, 4, 6]


@pytest.mark.parametrize(("every", "known"), [(3, True), (4, False)])
def test_an_evaluation_holds_until_the_next_update(loop, every, known):
    one = loop(eval_every=every)
    one.run()
    assert (one.latest is not None) is known


def test_the_best_checkpoint_is_that_of_the_best_evaluation(loop, tmp_path):
    loop(successes=(0.25, 0.75, 0.5)).run()
    kept = [checkpoint.load(tmp_path / name).update for name in (checkpoint.BEST, checkpoint.LAST)]
    assert kept == [4, 6]


def test_a_collapse_stops_the_run_with_its_state_saved(loop, tmp_path):
    one = loop()
    one.history += collapsed()
    assert one.run().startswith("Collapse at update 30: the reward has fallen far below its best")
    assert checkpoint.load(tmp_path).update == 1


def test_a_collapse_may_be_let_go_on(loop):
    one = loop(stop_on_collapse=False)
    one.history += collapsed()
    assert one.run() == ""


def test_an_alarm_is_told_once(loop, capsys):
    one = loop(stop_on_collapse=False)
    one.history += collapsed()
    one.run()
    assert capsys.readouterr().err.count("the reward has fallen") == 1


def test_an_interrupt_while_playing_leaves_the_updates_before(loop, tmp_path):
    def stop(update):
        if update == 3:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted, match="Stopped after update 3; its state is saved"):
        loop(Engine(stop)).run()
    point = checkpoint.load(tmp_path)
    assert (point.update, point.learners["shared"]["weight"], point.curriculum) == (
        3, 3, {"count": 3},
    )  # fmt: skip


def test_an_interrupt_in_the_middle_of_learning_leaves_the_last_checkpoint(loop, tmp_path):
    one = loop(save_every=1)
    student = one.students["shared"]

    def torn(rows):
        if student.weight == 2:
            student.weight = -1
            raise KeyboardInterrupt
        return Student.learn(student, rows)

    student.learn = torn
    with pytest.raises(Interrupted, match="in the middle of an update; the last checkpoint"):
        one.run()
    assert checkpoint.load(tmp_path).learners["shared"]["weight"] == 2


def test_logits_that_are_no_numbers_leave_the_checkpoint_before(loop, tmp_path):
    def broken(update):
        if update == 2:
            raise FloatingPointError("logits are not finite")

    with pytest.raises(DivergedError, match=r"Update 2 could not be played: logits are not"):
        loop(Engine(broken), save_every=1).run()
    assert checkpoint.load(tmp_path).update == 2


def test_a_restored_run_goes_on_behind_its_checkpoint(loop, tmp_path):
    loop(updates=2).run()
    engine = Engine()
    one = loop(engine)
    one.restore(checkpoint.load(tmp_path), read(tmp_path))
    one.run()
    assert engine.keys == [("update", update) for update in range(2, 6)]
    assert one.students["shared"].weight == 6
    assert len(one.history) == 6
