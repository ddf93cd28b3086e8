"""Pages from JSON lines, plain or gzipped; what the fields of a line mean is said in `layouts`."""

import gzip
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO

import msgspec

from webenvs.corpora.corpus import Broken, Source
from webenvs.corpora.report import Tally
from webenvs.corpora.sources.layouts import Columns, Layout, pages_of_rows
from webenvs.corpora.sources.unpacking import has_junk, unpacked

LINE_LIMIT = 64_000_000
"""Bytes that a line may have; a longer one is broken, and is not held in memory."""

_decode = msgspec.json.Decoder(dict[str, Any]).decode


def read_jsonl(
    path: Path,
    tally: Tally,
    progress: Callable[[int], None] | None = None,
    columns: Columns = MappingProxyType({}),
    line_limit: int = LINE_LIMIT,
) -> Source:
    """The pages of a file of JSON lines; a line that is none is Broken, with file and line.

    `columns` names the fields of a line that mean something else than their names say, such as
    {"text": "body"}; `progress` is called with the number of lines read. Raises UnknownNameError
    or SettingError for a column that cannot be.
    """
    layout = Layout(columns)
    return pages_of_rows(_rows(path, line_limit), (str(path), ":"), layout, tally, progress)


def _rows(path: Path, limit: int) -> Iterator[tuple[int, dict[str, Any] | Broken | None]]:
    for number, line in _lines(path, limit):
        if isinstance(line, Broken):
            yield number, line
            continue
        try:
            yield number, _decode(line) if line.strip() else None
        except (ValueError, RecursionError) as error:
            reason = f"malformed line: {error}"
            yield number, Broken(where=f"{path}:{number}", reason=reason)


def _lines(path: Path, limit: int) -> Iterator[tuple[int, bytes | Broken]]:
    number = 0
    with unpacked(path) as file:
        try:
            while line := file.readline(limit + 1):
                number += 1
                if len(line) > limit:
                    _pass_over_line(file, line, limit)
                    reason = f"longer than {limit} bytes: no line of a corpus"
                    yield number, Broken(where=f"{path}:{number}", reason=reason)
                else:
                    yield number, line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
            if has_junk(file):
                yield (
                    number + 1,
                    Broken(where=f"{path}:{number + 1}", reason="junk behind the gzip"),
                )
        except (EOFError, OSError, zlib.error) as error:
            yield number + 1, Broken(where=f"{path}:{number + 1}", reason=_damage(error))


def _pass_over_line(file: BinaryIO, line: bytes, limit: int) -> None:
    while line and not line.endswith(b"\n"):
        line = file.readline(limit + 1)


def _damage(error: Exception) -> str:
    if isinstance(error, OSError) and not isinstance(error, gzip.BadGzipFile):
        return f"cannot be read: {error.strerror or error}"
    return f"damaged gzip: {error}"
