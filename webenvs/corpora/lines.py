"""Rows of a file of triples: JSON objects that know which line they stand on."""

import gzip
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from webenvs.errors import CorpusError, nearest
from webenvs.records import Record

_Shape = TypeVar("_Shape")
_SHOWN = 60


class Line(Record, frozen=True, kw_only=True):
    """One JSON object, and the place to name when something is wrong with it."""

    place: str
    fields: dict[str, Any]

    def error(
        self, field: str, value: object, problem: str, allowed: Iterable[str] = ()
    ) -> CorpusError:
        """The error "FILE line N, field X = value: problem.", with the nearest allowed value."""
        shown = repr(value)
        shown = shown if len(shown) <= _SHOWN else shown[: _SHOWN - 3] + "..."
        names = list(allowed)
        hint = nearest(str(value), names)
        meant = f" Did you mean {hint!r}?" if hint else ""
        listed = f" Allowed: {', '.join(names)}." if names else ""
        return CorpusError(f"{self.place}, field {field} = {shown}: {problem}.{meant}{listed}")

    def known(self, allowed: Iterable[str], note: str = "") -> None:
        """Raise for the first field that is not `allowed`."""
        names = list(allowed)
        for field in self.fields:
            if field not in names:
                hint = nearest(field, names)
                meant = f" Did you mean {hint!r}?" if hint else ""
                more = f" ({note})" if note else ""
                raise CorpusError(
                    f"{self.place}: unknown field {field!r}{more}.{meant} "
                    f"Allowed: {', '.join(names)}."
                )

    def value(self, field: str) -> Any:
        """The value of a field that must be there."""
        if self.fields.get(field) is None:
            raise CorpusError(f"{self.place}, field {field}: missing.")
        return self.fields[field]

    def text(self, field: str) -> str:
        """A text that is not blank."""
        found = self.value(field)
        if not isinstance(found, str) or not found.strip():
            raise self.error(field, found, "must be a text with something in it")
        return found

    def items(self, field: str) -> list[str | dict[str, Any]]:
        """A list of at least one text or object; one that stands alone is a list of it."""
        found = self.value(field)
        items = found if isinstance(found, list) else [found]
        if not items or not all(isinstance(item, str | dict) for item in items):
            raise self.error(field, found, "must be a list of urls or of objects with a url")
        return items

    def inside(self, field: str) -> "Line":
        """The object under a field."""
        found = self.value(field)
        if not isinstance(found, dict):
            raise self.error(field, found, "must be an object")
        return Line(place=f"{self.place}, {field}", fields=found)

    def converted(self, fields: Mapping[str, Any], shape: type[_Shape]) -> _Shape:
        """`fields` as a record; raises naming the unknown or wrong field."""
        self.known(shape.__struct_fields__)  # type: ignore[attr-defined]  # shape is a Record
        try:
            return msgspec.convert(dict(fields), shape)
        except msgspec.ValidationError as wrong:
            told = str(wrong).replace("`", "'")
            raise CorpusError(f"{self.place}: {told}.") from None


def read_lines(path: Path) -> list[Line]:
    """The objects of a JSON Lines file, plain or gzipped; raises CorpusError for what is none."""
    found = []
    for number, raw in enumerate(_content(path).split("\n"), start=1):
        if raw.strip():
            place = f"{path} line {number}"
            try:
                item = msgspec.json.decode(raw)
            except (msgspec.DecodeError, RecursionError) as wrong:
                raise CorpusError(f"{place}: not JSON ({wrong}).") from None
            if not isinstance(item, dict):
                raise CorpusError(f"{place}: a row must be a JSON object.")
            found.append(Line(place=place, fields=item))
    if not found:
        raise CorpusError(f"{path}: the file holds no row.")
    return found


def _content(path: Path) -> str:
    try:
        content = path.read_bytes()
        plain = gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content
        return plain.decode("utf-8-sig")
    except OSError as wrong:
        raise CorpusError(f"{path}: cannot be read ({wrong.strerror or wrong}).") from None
    except (EOFError, zlib.error) as wrong:
        raise CorpusError(f"{path}: damaged gzip ({wrong}).") from None
    except UnicodeDecodeError as wrong:
        raise CorpusError(f"{path}: not UTF-8 ({wrong.reason}).") from None
