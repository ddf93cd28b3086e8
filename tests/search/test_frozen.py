"""Indexes on disk: one builds and the others wait, and a half-built one is never met."""

import errno
import os
import subprocess
import sys
import threading

import pytest

from webenvs.errors import CorpusError
from webenvs.search.frozen import ASIDE, Identity, obtained, opened, prune_stale, verified

SELF = Identity(engine="toy", format="toy-1", corpus="ab" * 32, settings={"size": 3})
OTHER = Identity(engine="toy", format="toy-1", corpus="cd" * 32, settings={"size": 3})


def build(folder):
    (folder / "one").write_text("first")
    (folder / "two").write_text("second")
    return {"parts": 2}


def never(_folder):
    raise AssertionError("built again")


def test_what_was_built_opens_and_is_not_built_again(tmp_path):
    directory = obtained(tmp_path, SELF, build)
    assert obtained(tmp_path, SELF, never) == directory
    assert opened(directory, SELF).counts == {"parts": 2}
    assert verified(directory).identity == SELF


def test_nothing_else_is_left_behind(tmp_path):
    directory = obtained(tmp_path / "new" / "folder", SELF, build)
    assert list(directory.parent.iterdir()) == [directory]


def test_a_build_that_fails_leaves_nothing(tmp_path):
    def full(folder):
        build(folder)
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        obtained(tmp_path, SELF, full)
    assert list(tmp_path.iterdir()) == []


BUILDER = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from test_frozen import SELF, build
from webenvs.search.frozen import obtained

def slow(folder):
    for step in range(4):
        if step == 2:
            build(folder)
        print(step, flush=True)
        sys.stdin.readline()
    with Path(sys.argv[3]).open("a") as log:
        log.write("built\\n")
    return {"parts": 2}

print(obtained(Path(sys.argv[2]), SELF, slow).name, flush=True)
"""


def builder(place, log):
    return subprocess.Popen(
        [sys.executable, "-c", BUILDER, os.path.dirname(__file__), str(place), str(log)],  # noqa: PTH120
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("steps", [0, 2, 3])
def test_a_builder_that_is_killed_leaves_nothing_that_opens(tmp_path, steps):
    with builder(tmp_path / "index", tmp_path / "log") as process:
        for _ in range(steps):
            process.stdout.readline()
            process.stdin.write("\n")
            process.stdin.flush()
        process.stdout.readline()
        process.kill()
    assert [path.name[: len(ASIDE)] for path in (tmp_path / "index").iterdir()] == [ASIDE]
    directory = obtained(tmp_path / "index", SELF, build)
    assert verified(directory).counts == {"parts": 2}
    assert list((tmp_path / "index").iterdir()) == [directory]


def test_of_processes_that_ask_at_once_one_builds_and_the_others_wait(tmp_path):
    processes = [builder(tmp_path / "index", tmp_path / "log") for _ in range(3)]
    for process in processes:
        process.stdin.write("\n" * 4)
        process.stdin.close()
    answers = [process.stdout.read().split()[-1] for process in processes]
    for process in processes:
        process.stdout.close()
        assert process.wait() == 0
    assert answers == [SELF.address] * 3
    assert (tmp_path / "log").read_text() == "built\n"
    assert [path.name for path in (tmp_path / "index").iterdir()] == [SELF.address]


def test_threads_that_ask_at_once_wait_for_each_other(tmp_path):
    built, answers = [], []

    def count(folder):
        built.append(1)
        return build(folder)

    threads = [
        threading.Thread(target=lambda: answers.append(obtained(tmp_path, SELF, count)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(built), set(answers)) == (1, {tmp_path / SELF.address})


def test_an_index_of_another_format_is_from_another_version(tmp_path):
    directory = obtained(tmp_path, SELF, build)
    newer = Identity(engine="toy", format="toy-2", corpus=SELF.corpus, settings=SELF.settings)
    with pytest.raises(CorpusError, match=r"another version .* 'toy-1', not 'toy-2'\. Delete it"):
        opened(directory, newer)


def test_indexes_of_other_corpora_are_stale_and_go_when_told(tmp_path):
    kept, gone = obtained(tmp_path, SELF, build), obtained(tmp_path, OTHER, build)
    assert prune_stale(tmp_path, SELF.corpus, remove=False) == (gone.name,)
    assert gone.exists()
    assert prune_stale(tmp_path, SELF.corpus) == (gone.name,)
    assert list(tmp_path.iterdir()) == [kept]


def test_an_index_of_an_earlier_layout_is_stale(tmp_path):
    (tmp_path / ("0" * 64)).mkdir()
    (tmp_path / ("0" * 64) / "manifest.json").write_text("{}")
    assert prune_stale(tmp_path, SELF.corpus) == ("0" * 64,)


def test_what_is_no_index_is_not_pruned(tmp_path):
    (tmp_path / "notes").mkdir()
    (tmp_path / "note.txt").write_text("mine")
    assert prune_stale(tmp_path, SELF.corpus) == ()
    assert len(list(tmp_path.iterdir())) == 2


def test_what_a_killed_builder_left_is_pruned_and_a_living_one_is_not_disturbed(tmp_path):
    with builder(tmp_path, tmp_path / "log") as process:
        process.stdout.readline()
        assert prune_stale(tmp_path, OTHER.corpus) == ()
        process.kill()
        process.wait()
        assert prune_stale(tmp_path, OTHER.corpus) == (f"{ASIDE}{SELF.address}",)
    assert list(tmp_path.iterdir()) == []


def test_there_is_nothing_to_prune_where_there_is_no_folder(tmp_path):
    assert prune_stale(tmp_path / "none", SELF.corpus) == ()


@pytest.mark.parametrize("damage", ["changed", "missing", "more"])
def test_verified_names_the_file_that_is_not_as_it_was(tmp_path, damage):
    directory = obtained(tmp_path, SELF, build)
    if damage == "changed":
        (directory / "two").write_text("secont")
    elif damage == "missing":
        (directory / "two").unlink()
    else:
        (directory / "two2").write_text("x")
    with pytest.raises(CorpusError, match="two"):
        verified(directory)
