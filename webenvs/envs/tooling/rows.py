"""Rows of a data set as a file that trainers read: JSON lines, or Parquet."""

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from webenvs.errors import MissingPackageError, bad_setting
from webenvs.writing import written_aside

KINDS = (".jsonl", ".parquet")


def write_rows(path: str | os.PathLike[str], rows: Iterable[Mapping[str, Any]]) -> int:
    """Write rows to `path`, aside first and then renamed; returns how many.

    The ending of `path` says whether they are JSON lines (.jsonl) or Parquet (.parquet), whose
    columns must have the same types in all rows. Raises SettingError for another ending, for what
    is there and no file, and for no rows, MissingPackageError where Parquet needs pyarrow.
    """
    target = Path(path)
    if target.suffix not in KINDS:
        raise bad_setting("path", str(target), f"a file that ends in {' or '.join(KINDS)}")
    listed = [dict(row) for row in rows]
    if not listed:
        raise bad_setting("rows", [], "at least one row")
    with written_aside(target) as aside:
        (_parquet if target.suffix == ".parquet" else _json_lines)(aside, listed)
    return len(listed)


def _json_lines(path: Path, rows: list[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _parquet(path: Path, rows: list[dict[str, Any]]) -> None:
    try:
        from pyarrow import Table, parquet
    except ImportError as error:
        raise MissingPackageError(
            "Parquet is written by pyarrow: pip install 'webenvs[tables]'."
        ) from error
    parquet.write_table(Table.from_pylist(rows), path)
