"""Runs are the same whoever plays them and however many processes share them."""

import signal
import subprocess
import sys
import time

import pytest

from webenvs import catalog
from webenvs.bench.run import processes, run, trials
from webenvs.errors import SettingError, UnknownNameError


@pytest.fixture(scope="module")
def scenario():
    return catalog.scenario("MultiHop-v0", game="team")


def test_every_player_gets_the_same_tasks_and_seeds(scenario):
    one, other = (trials(scenario, name, 20, 5) for name in ("oracle", "random"))
    assert [(t.task, t.seed, t.repeat) for t in one] == [(t.task, t.seed, t.repeat) for t in other]


def test_tasks_repeat_only_after_all_have_been_played():
    scenario = catalog.scenario("MultiHop-v0", items=40)
    count = len(scenario.tasks.of_split("train"))
    assert count == 40
    todo = trials(scenario, "oracle", count + 2, 0)
    assert len({trial.task for trial in todo[:count]}) == count
    assert [trial.repeat for trial in todo[-3:]] == [0, 1, 1]
    assert len({trial.seed for trial in todo}) == count + 2


def test_workers_do_not_change_a_byte(scenario):
    alone = run(scenario, ["first-hit", "oracle"], episodes=10, seed=3)
    shared = run(scenario, ["first-hit", "oracle"], episodes=10, seed=3, workers=2)
    assert alone == shared


def test_progress_adds_up_to_all_episodes(scenario):
    done = []
    run(scenario, ["oracle"], episodes=11, progress=done.append)
    assert sum(done) == 11


def test_rows_count_what_was_executed(scenario):
    result, episodes = run(scenario, ["oracle"], episodes=5)
    for row, episode in zip(result.rows, episodes, strict=True):
        assert row.correct == 1.0
        assert row.calls["delegate"] == len(episode.frames) - 1
        assert row.calls["fetch"] == len(scenario.tasks.get(row.task).evidence[0])
        assert row.turns == len(episode.turns)
        assert row.hops in (2, 3, 4)


def test_bad_counts_and_players_are_refused_before_anything_is_played(scenario):
    with pytest.raises(SettingError, match="episodes = 0"):
        run(scenario, ["oracle"], episodes=0)
    with pytest.raises(SettingError, match="workers = 0"):
        run(scenario, ["oracle"], workers=0)
    with pytest.raises(UnknownNameError, match="Did you mean 'oracle'"):
        run(scenario, ["oracel"])


STARTED = """
from webenvs import catalog
from webenvs.bench.run import run
if __name__ == "__main__":
    run(catalog.scenario("MultiHop-v0"), ["waiting:play"], episodes=16, workers=2)
"""
WAITING = """
import os, time
from pathlib import Path
def play(observation, info):
    Path(f"{os.getpid()}.worker").touch()
    time.sleep(120)
    os._exit(1)
"""


@pytest.mark.skipif(
    not hasattr(signal, "SIGKILL"), reason="processes are not killed like this here"
)
def test_workers_end_when_their_parent_is_killed(tmp_path):
    (tmp_path / "started.py").write_text(STARTED)
    (tmp_path / "waiting.py").write_text(WAITING)
    parent = subprocess.Popen([sys.executable, "started.py"], cwd=tmp_path)
    try:
        workers = waited(lambda: len(found := list(tmp_path.glob("*.worker"))) == 2 and found)
    finally:
        parent.kill()
        parent.wait()
    assert waited(lambda: not any(lives(int(worker.stem)) for worker in workers))


def waited(condition):
    """What `condition` says as soon as that is true, or after a minute."""
    for _ in range(600):
        if condition():
            break
        time.sleep(0.1)
    return condition()


def lives(process):
    """Whether a process runs; one that has ended and was not asked for its status does not."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(process)], capture_output=True).stdout
    return bool(state.strip()) and not state.startswith(b"Z")


def test_one_process_is_taken_where_any_seat_is_played_at_the_terminal(scenario):
    assert processes(scenario, ["oracle", "random"], 4) == 4
    assert processes(scenario, ["oracle", "planner=scripted,worker=human"], 4) == 1
