"""A corpus is replaced in one step: whatever stops a build, the old corpus or the new one opens."""

import subprocess
import sys
import threading

import pytest

from webenvs.corpora import store, verifying
from webenvs.corpora.placing import building, building_place
from webenvs.errors import CorpusError
from webenvs.records import Page

# Writes the corpus of argv[2] letters over what is at argv[1], again and again, each time in a
# process that is killed at its next step that touches the disk; after each the corpus is verified.
KILLED_AT_EVERY_STEP = """
import os, signal, sys
from webenvs.corpora import store, verifying
from webenvs.corpora.corpus import Redirect
from webenvs.records import Page

STEPS = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "shutil.rmtree", "fcntl.flock"}

def write(name):
    pages = [Page(url=f"w://{name}/{n}", title="t", text=f"{name} {n} " * 50) for n in range(40)]
    store.freeze([*pages, Redirect(url=f"w://{name}/old", target=f"w://{name}/0")], place, name,
                 overwrite=True)
    return store.open_corpus(place).digest

def killed_at(step, name):
    child = os.fork()
    if child:
        return os.WIFSIGNALED(os.waitpid(child, 0)[1])
    left = [step]
    def count(event, arguments):
        if event in STEPS:
            left[0] -= 1
            if left[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(count)
    write(name)
    os._exit(0)

place = sys.argv[1]
digests = {write(name): name for name in ("a", "b")}
seen, step, killed = set(), 0, 0
while killed_at(step, "ab"[step % 2]):
    seen.add(digests[verifying.verify(place).digest])
    step += 1
verifying.verify(place)
print(step, "".join(sorted(seen)))
"""


def test_a_build_killed_at_any_step_leaves_the_old_corpus_or_the_new_one(tmp_path):
    command = [sys.executable, "-c", KILLED_AT_EVERY_STEP, str(tmp_path / "c")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    steps, seen = done.stdout.split()
    assert int(steps) >= 50
    assert seen == "ab"
    store.write(pages("last"), tmp_path / "c", "last", overwrite=True)
    names = [path.name for path in (tmp_path / "c").iterdir()]
    assert len(names) == 7, "what stopped builds left goes with the next one"
    assert [path.name for path in tmp_path.iterdir()] == ["c"]


def pages(name, count=3):
    return [Page(url=f"w://{name}/{n}", title="t", text=f"{name} {n}") for n in range(count)]


def test_a_full_disk_leaves_the_old_corpus_and_nothing_else(tmp_path):
    store.write(pages("old"), tmp_path / "c", "old")
    script = (
        "import resource, signal, sys\n"
        "from webenvs.corpora import store\n"
        "from webenvs.records import Page\n"
        "from webenvs.seeding import digest\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))\n"
        "pages = (Page(url=f'w://{n}', title='t', text=digest(n)) for n in range(10_000))\n"
        "try:\n"
        "    store.freeze(pages, sys.argv[1], 'new', overwrite=True)\n"
        "except OSError as error:\n"
        "    print(error.strerror)\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "c")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("File too large\n", "")
    assert verifying.verify(tmp_path / "c").name == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["c"]


def test_readers_that_open_while_a_corpus_is_replaced_always_get_a_whole_one(tmp_path):
    place = tmp_path / "c"
    store.write(pages("a"), place, "a")
    faults, opened, stop = [], [], threading.Event()

    def read():
        while not stop.is_set():
            try:
                corpus = store.open_corpus(place)
                opened.append([corpus.page(number).url[4] for number in range(3)])
            except Exception as error:
                faults.append(error)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for turn in range(40):
        store.write(pages("ab"[turn % 2]), place, "n", overwrite=True)
    stop.set()
    for reader in readers:
        reader.join()
    assert faults == []
    assert {"".join(letters) for letters in opened} <= {"aaa", "bbb"}


def test_two_builds_of_one_corpus_do_not_meet(tmp_path, monkeypatch):
    monkeypatch.setattr("webenvs.corpora.placing._PATIENCE", 0.0)
    another = pytest.raises(CorpusError, match="Another process is building")
    with building(tmp_path / "c", False), another:
        store.write(pages("a"), tmp_path / "c", "a")
    store.write(pages("a"), tmp_path / "c", "a")


def test_what_a_killed_build_left_aside_goes_with_the_next(tmp_path):
    aside = building_place(tmp_path / "c")
    (aside / "fresh").mkdir(parents=True)
    (aside / "spool").write_bytes(b"half")
    store.write(pages("a"), tmp_path / "c", "a")
    assert [path.name for path in tmp_path.iterdir()] == ["c"]


def test_indexes_of_the_old_pages_go_with_them_and_those_of_the_same_pages_stay(tmp_path):
    place = tmp_path / "c"
    store.write(pages("a"), place, "a")
    (place / "index" / "some").mkdir(parents=True)
    store.write(pages("a"), place, "renamed", overwrite=True)
    assert (place / "index" / "some").is_dir()
    store.write(pages("b"), place, "b", overwrite=True)
    assert not (place / "index").exists()
