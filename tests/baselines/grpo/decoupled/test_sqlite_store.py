"""The SQLite store meets other processes, a locked file, a full disk and a strange file."""

import sqlite3
import subprocess
import sys

import pytest

from baselines.grpo.decoupled.sqlite_store import SqliteStore
from baselines.grpo.decoupled.store import StoreBusyError, StoreError, StoreFullError

WRITER = """
import sys
from baselines.grpo.decoupled.sqlite_store import SqliteStore
from baselines.grpo.decoupled.store import Outcome
store = SqliteStore(sys.argv[1], "run")
for rollout in range(150):
    store.commit([Outcome(query=sys.argv[2], rollout=rollout)])
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "store.db"


def test_two_processes_that_write_at_once_lose_nothing(path):
    queries = ("a", "b")
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), query]) for query in queries
    ]
    assert [writer.wait(timeout=60) for writer in writers] == [0, 0]
    store = SqliteStore(path, "run")
    assert store.counts()["outcomes"] == 300
    store.close()


def test_a_locked_file_is_told_as_busy(path, make):
    store = SqliteStore(path, "run", wait_seconds=0.05)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(
        StoreBusyError, match=r"held by another process.*nothing of this call was kept"
    ):
        store.commit([make.outcome()])
    holder.close()
    store.close()


def test_a_file_that_was_locked_works_again(path, make):
    store = SqliteStore(path, "run", wait_seconds=0.05)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreBusyError):
        store.commit([make.outcome()])
    holder.close()
    assert store.commit([make.outcome()]) == 1
    store.close()


def test_a_full_disk_is_told_as_full(path, make):
    store = SqliteStore(path, "run", max_bytes=60_000)
    with pytest.raises(StoreFullError, match="No room is left"):
        store.commit([make.outcome(f"q{i}", rollout=j) for i in range(100) for j in range(20)])
    store.close()


def test_a_full_disk_keeps_nothing_of_the_call_and_all_before(path, make):
    store = SqliteStore(path, "run", max_bytes=60_000)
    store.commit([make.outcome("first")])
    with pytest.raises(StoreFullError):
        store.commit([make.outcome(f"q{i}", rollout=j) for i in range(100) for j in range(20)])
    assert store.counts()["outcomes"] == 1
    store.close()


def test_a_file_that_is_no_store_is_refused(path):
    path.write_text("These are notes, not a database. " * 100)
    with pytest.raises(StoreError, match="is no store"):
        SqliteStore(path, "run")


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be made"):
        SqliteStore(tmp_path / "file" / "store.db", "run")


def test_what_a_killed_process_committed_is_kept(path):
    text = WRITER + "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    killed = subprocess.run([sys.executable, "-c", text, str(path), "a"], check=False, timeout=60)
    assert killed.returncode < 0
    store = SqliteStore(path, "run")
    assert store.counts()["outcomes"] == 150
    store.close()
