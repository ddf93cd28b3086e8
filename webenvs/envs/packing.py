"""Texts written once: JSON-able data with its long strings in a table of lines.

An episode says everything several times: a page stands in a result, in the chat message that
shows it and in the observation of the turn. Packed, each line of it stands once.
"""

from collections.abc import Mapping, Sequence
from typing import Any

_LONG = 24
_SHORT_LINE = 16
_MARK = "~"
_NESTED = frozenset({dict, list, tuple})

Packed = dict[str, Any]
"""{"data", "texts", "lines"}: what was packed, with "~3" for text 3. A text is runs of lines,
[first, count, first, count, ...], joined by line ends."""


class _Marks(dict[str, str]):
    """Every string as it is written: itself, or the mark of its place among the `long` ones."""

    def __init__(self) -> None:
        self.long: list[str] = []

    def __missing__(self, text: str) -> str:
        written = text
        if len(text) >= _LONG or text[:1] == _MARK:
            written = f"{_MARK}{len(self.long)}"
            self.long.append(text)
        self[text] = written
        return written


class _Texts(dict[str, str]):
    """Every string as it was: the text of a mark, else itself."""

    def __missing__(self, written: str) -> str:
        if written[:1] == _MARK:
            raise ValueError(f"there is no text {written!r}")
        self[written] = written
        return written


def packed(data: Any) -> Packed:
    """`data` with its long strings, keys included, in a table; equal data packs alike."""
    marks = _Marks()
    shown = _changed(data, marks)
    texts, lines = _runs(marks.long)
    return {"data": shown, "texts": texts, "lines": lines}


def unpacked(parts: Mapping[str, Any]) -> Any:
    """What was packed, sharing nothing with it that can change.

    Raises ValueError for a text or line that is not there.
    """
    lines: Sequence[str] = parts["lines"]
    joined = (_joined(runs, lines) for runs in parts["texts"])
    texts = _Texts({f"{_MARK}{number}": text for number, text in enumerate(joined)})
    return _changed(parts["data"], texts)


def _changed(value: Any, strings: Mapping[str, str]) -> Any:
    """A copy of JSON-able data with every string looked up; loops, since they take most time."""
    kind = type(value)
    if kind is str:
        return strings[value]
    if kind not in _NESTED:
        return value
    if kind is dict:
        named = {}
        for key, inner in value.items():
            kind = type(inner)
            if kind is str:
                inner = strings[inner]
            elif kind in _NESTED:
                inner = _changed(inner, strings)
            named[strings[key]] = inner
        return named
    listed = []
    for inner in value:
        kind = type(inner)
        if kind is str:
            inner = strings[inner]
        elif kind in _NESTED:
            inner = _changed(inner, strings)
        listed.append(inner)
    return listed


def _runs(texts: Sequence[str]) -> tuple[list[list[int]], list[str]]:
    """The texts as runs of lines, and the lines.

    A line goes on with the run before it if that fits, so that what is repeated is one run; lines
    too short to be worth a number of their own are written again.
    """
    lines: list[str] = []
    places: dict[str, int] = {}
    told: list[list[int]] = []
    for text in texts:
        runs: list[int] = []
        follows = -1
        for line in text.split("\n"):
            if 0 <= follows < len(lines) and lines[follows] == line:
                place = follows
            else:
                place = places.get(line, -1) if len(line) >= _SHORT_LINE else -1
                if place < 0:
                    place = len(lines)
                    lines.append(line)
                    places[line] = place
            if place == follows:
                runs[-1] += 1
            else:
                runs += (place, 1)
            follows = place + 1
        told.append(runs)
    return told, lines


def _joined(runs: Sequence[int], lines: Sequence[str]) -> str:
    found: list[str] = []
    for first, count in zip(runs[::2], runs[1::2], strict=True):
        if first < 0 or count < 1 or first + count > len(lines):
            raise ValueError(f"there are no lines {first} to {first + count}")
        found += lines[first : first + count]
    return "\n".join(found)
