"""Rows of a task or benchmark file: JSON objects that know which line they stand on."""

import gzip
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from webenvs.corpora.sources.paragraphs import literal
from webenvs.errors import TaskFileError, nearest
from webenvs.records import Record

_UNREADABLE = (msgspec.DecodeError, RecursionError)
_GZIP = b"\x1f\x8b"


class Row(Record, frozen=True, kw_only=True):
    """One JSON object of a file, and the place to name when something is wrong with it."""

    place: str
    fields: dict[str, Any]

    def error(self, field: str, problem: str) -> TaskFileError:
        """The error "FILE line N, field X: problem."."""
        return TaskFileError(f"{self.place}, field {field}: {problem}.")

    def has(self, *names: str) -> bool:
        """Whether one of `names` is there and not null."""
        return any(self.fields.get(name) is not None for name in names)

    def value(self, *names: str) -> Any:
        """The value under the first of `names` (spellings of one field) that is there, or raise."""
        for name in names:
            if self.fields.get(name) is not None:
                return self.fields[name]
        spellings = f" (also not as {', '.join(names[1:])})" if names[1:] else ""
        raise self.error(names[0], "missing" + spellings)

    def text(self, *names: str) -> str:
        """A text that is not blank."""
        found = self.value(*names)
        if not isinstance(found, str) or not found.strip():
            raise self.error(names[0], f"{_short(found)} is not a text with something in it")
        return found

    def answers(self, *names: str) -> tuple[str, ...]:
        """The answers: a text, a number, a truth value, or a list of such with at least one."""
        found = self.value(*names)
        items = found if isinstance(found, list) else [found]
        if not items:
            raise self.error(names[0], "the list is empty; a task needs at least one answer")
        return tuple(self._answer(names[0], item) for item in items)

    def shaped(self, shape: Any, *names: str) -> Any:
        """A value of the type `shape`; a text is read as JSON, else as a Python literal."""
        found = self.value(*names)
        try:
            if isinstance(found, str):
                found = literal(found)
                msgspec.json.encode(found)  # a Python literal can say more than JSON
            return msgspec.convert(found, type=shape)
        except msgspec.ValidationError as wrong:
            raise self.error(names[0], str(wrong).replace("`", "'")) from None
        except (ValueError, TypeError, RecursionError) as wrong:
            raise self.error(names[0], str(wrong)) from None

    def choice(self, field: str, allowed: Sequence[str], default: str) -> Any:
        """One of the `allowed` words, or `default` if the field is not there."""
        found = self.value(field) if self.has(field) else default
        if found not in allowed:
            hint = nearest(str(found), allowed)
            meant = f"did you mean {hint!r}? " if hint else ""
            raise self.error(field, f"{_short(found)}; {meant}allowed: {', '.join(allowed)}")
        return found

    def known(self, allowed: Iterable[str]) -> None:
        """Raise for the first field that is not `allowed`, naming the nearest that is."""
        names = list(allowed)
        for field in self.fields:
            if field not in names:
                hint = nearest(field, names)
                meant = f"did you mean {hint!r}? " if hint else ""
                raise self.error(field, f"unknown field; {meant}allowed: {', '.join(names)}")

    def _answer(self, field: str, item: Any) -> str:
        if isinstance(item, bool):
            return "yes" if item else "no"
        if isinstance(item, int | float):
            return str(item)
        if not isinstance(item, str) or not item.strip():
            raise self.error(field, f"{_short(item)} is not an answer (a text or a number)")
        return item


def read_rows(path: Path) -> list[Row]:
    """The objects of a file in order: JSON Lines, or one JSON array, whatever its ending says.

    A byte order mark, CRLF, blank lines and gzip are accepted. Raises TaskFileError for a file that
    is missing, no regular file, not UTF-8, not JSON, or holds no object.
    """
    text = _text(path)
    rows = _array(path, text) if text.lstrip().startswith("[") else _lines(path, text)
    if not rows:
        raise TaskFileError(f"{path}: the file holds no row; it needs at least one JSON object.")
    return rows


def _text(path: Path) -> str:
    if path.exists() and not path.is_file():
        raise TaskFileError(f"{path}: cannot be read (not a regular file).")
    try:
        content = path.read_bytes()
    except OSError as wrong:
        raise TaskFileError(f"{path}: cannot be read ({wrong.strerror}).") from None
    try:
        plain = gzip.decompress(content) if content.startswith(_GZIP) else content
        return plain.decode("utf-8-sig")
    except (EOFError, gzip.BadGzipFile, zlib.error) as wrong:
        raise TaskFileError(f"{path}: damaged gzip ({wrong}).") from None
    except UnicodeDecodeError as wrong:
        line = wrong.object.count(b"\n", 0, wrong.start) + 1
        raise TaskFileError(f"{path} line {line}: not UTF-8 ({wrong.reason}).") from None


def _array(path: Path, text: str) -> list[Row]:
    try:
        items = msgspec.json.decode(text)
    except _UNREADABLE as wrong:
        raise TaskFileError(f"{path}: begins like a JSON array but is none ({wrong}).") from None
    return [_row(f"{path} item {number}", item) for number, item in enumerate(items, start=1)]


def _lines(path: Path, text: str) -> list[Row]:
    # Only a line feed ends a row: U+2028 and the like may stand inside a JSON text.
    rows = []
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            place = f"{path} line {number}"
            try:
                item = msgspec.json.decode(line)
            except _UNREADABLE as wrong:
                raise TaskFileError(f"{place}: not JSON ({wrong}).") from None
            rows.append(_row(place, item))
    return rows


def _row(place: str, item: object) -> Row:
    if not isinstance(item, dict):
        raise TaskFileError(f"{place}: {_short(item)} is not a JSON object.")
    return Row(place=place, fields=item)


def _short(value: object) -> str:
    """`value` for a message, at most 60 characters."""
    shown = repr(value)
    return shown if len(shown) <= 60 else shown[:57] + "..."
