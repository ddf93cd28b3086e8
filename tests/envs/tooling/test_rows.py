"""Rows of data sets as files."""

import json
import sys

import pytest

from webenvs.envs.tooling.rows import write_rows
from webenvs.errors import SettingError

ROWS = [{"task_id": "a", "prompt": [{"role": "user", "content": "où?"}]}, {"task_id": "b", "n": 1}]


def test_json_lines_hold_a_row_each(tmp_path):
    path = tmp_path / "new" / "rows.jsonl"
    assert write_rows(path, ROWS) == 2
    assert [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] == ROWS


def test_parquet_reads_back(tmp_path):
    from pyarrow import parquet

    write_rows(tmp_path / "rows.parquet", ROWS[:1])
    assert parquet.read_table(tmp_path / "rows.parquet").to_pylist() == ROWS[:1]


@pytest.mark.parametrize(("name", "rows"), [("rows.csv", ROWS), ("rows.jsonl", [])], ids=str)
def test_another_ending_and_no_rows_are_refused(tmp_path, name, rows):
    with pytest.raises(SettingError, match="must be"):
        write_rows(tmp_path / name, rows)
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_written_leaves_the_old_file_and_nothing_aside(tmp_path):
    path = tmp_path / "rows.jsonl"
    write_rows(path, ROWS)
    before = path.read_bytes()
    with pytest.raises(TypeError):
        write_rows(path, [*ROWS, {"task_id": object()}])
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def test_parquet_without_pyarrow_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ImportError, match=r"webenvs\[tables\]"):
        write_rows(tmp_path / "rows.parquet", ROWS)
