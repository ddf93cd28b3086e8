"""A lock has one holder at a time, outlives no process, and survives the removal of its file."""

import subprocess
import sys
import threading
import time

from webenvs.locking import lock


def test_a_second_holder_waits_in_vain_for_as_long_as_it_has_patience(tmp_path):
    with lock(tmp_path / "lock") as first, lock(tmp_path / "lock", 0.2) as second:
        assert first
        assert not second
    with lock(tmp_path / "lock", 0.0) as third:
        assert third


def test_the_folder_of_a_lock_is_made(tmp_path):
    with lock(tmp_path / "new" / "deep" / "lock") as held:
        assert held


def test_a_directory_is_a_lock_too(tmp_path):
    with lock(tmp_path) as first, lock(tmp_path, 0.1) as second:
        assert first
        assert not second


def test_who_waited_for_a_lock_whose_file_was_removed_locks_the_new_file(tmp_path):
    path, got = tmp_path / "lock", []

    def wait():
        with lock(path), lock(path, 0.0) as again:
            got.append((path.exists(), again))

    with lock(path):
        waiter = threading.Thread(target=wait)
        waiter.start()
        time.sleep(0.2)
        path.unlink()
    waiter.join()
    assert got == [(True, False)]


def test_a_lock_ends_with_the_process_that_held_it(tmp_path):
    code = (
        "import sys, time; from pathlib import Path; from webenvs.locking import lock\n"
        "with lock(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"
    )
    arguments = [sys.executable, "-c", code, str(tmp_path / "lock")]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"held\n"
        with lock(tmp_path / "lock", 0.1) as early:
            assert not early
        process.kill()
        with lock(tmp_path / "lock", 5.0) as late:
            assert late
