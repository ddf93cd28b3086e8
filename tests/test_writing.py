"""Files that are written aside: they appear whole, and nothing but files and links gives way."""

import os
import stat

import pytest

from webenvs.bench.report import put
from webenvs.envs.tooling.rows import write_rows
from webenvs.episodes import write_episodes
from webenvs.errors import SettingError
from webenvs.tasks.files import write_tasks
from webenvs.tasks.kp.webshaper import write_webshaper
from webenvs.writing import written_aside

WRITERS = {
    "report": lambda path: put(path, "x"),
    "episodes": lambda path: write_episodes(path, []),
    "rows": lambda path: write_rows(path, [{"a": 1}]),
    "tasks": lambda path: write_tasks(path, []),
    "webshaper": lambda path: write_webshaper(path, []),
}
each_writer = pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)


@each_writer
def test_a_pipe_is_refused_and_stays_one(tmp_path, write):
    path = tmp_path / "pipe.jsonl"
    os.mkfifo(path)
    with pytest.raises(SettingError, match=r"pipe\.jsonl is no regular file"):
        write(path)
    assert stat.S_ISFIFO(path.stat().st_mode)
    assert list(tmp_path.iterdir()) == [path]


@each_writer
def test_a_link_stays_and_its_target_is_written(tmp_path, write):
    link, target = tmp_path / "link.jsonl", tmp_path / "deep" / "target.jsonl"
    link.symlink_to(target)
    target.parent.mkdir()
    target.write_text("old")
    write(link)
    assert link.is_symlink()
    assert target.read_text() != "old"


def test_a_link_to_a_pipe_is_refused(tmp_path):
    link, pipe = tmp_path / "link", tmp_path / "pipe"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    with pytest.raises(SettingError, match="no regular file"):
        put(link, "x")
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_write_that_fails_leaves_the_older_file_and_nothing_else(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")

    def fail():
        with written_aside(path) as aside:
            aside.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
