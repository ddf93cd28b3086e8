"""Reads what the web says back into hits and pages, from the text that any player sees."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

_BLOCK = re.compile(r"(?:\A|\n\n)\[(search|fetch|click|find|back|read|start)\] ")
_REPEATED = "You made this call before. Its result:\n"
_AGAIN = "You can try again."
_FAILED = re.compile(r"\{|The (?:connection|network|quota|request) |[^'\"]*\(HTTP [45]\d\d\)\.")
_HIT = re.compile(r"^(\d+)\. (.*)\n   (\S.*)\n   (.*)$", re.MULTILINE)
_PLACE = re.compile(r"^(\S.*) \(page (\d+) of (\d+)\)$")
_LINK = re.compile(r"^\[(\d+)\] (.*) -> (.*)$", re.MULTILINE)
_FOUND_PART = re.compile(r"^- page (\d+): ", re.MULTILINE)


class Seen(NamedTuple):
    """A search result as shown."""

    title: str
    url: str
    snippet: str


class Sheet(NamedTuple):
    """One part of a page as shown; links map an anchor to a url, `numbers` are what to click."""

    title: str
    url: str
    part: int
    parts: int
    text: str
    links: tuple[tuple[str, str], ...]
    numbers: tuple[int, ...] = ()


class Reading(NamedTuple):
    """One result: its hits, its page, or the parts in which a text was found."""

    hits: tuple[Seen, ...] = ()
    sheet: Sheet | None = None
    found: tuple[int, ...] = ()
    failed: bool = False


def readings(text: str) -> list[Reading]:
    """Every result in an observation, in order."""
    pieces = _BLOCK.split(text)
    return [read(tool, content) for tool, content in zip(pieces[1::2], pieces[2::2], strict=True)]


def stubborn_readings(text: str) -> list[Reading]:
    """As `readings`, but every failure counts as one, whether it says to try again or not."""
    pieces = _BLOCK.split(text)
    return [
        one._replace(failed=_fails(content)) if one == Reading() else one
        for one, content in zip(readings(text), pieces[2::2], strict=True)
    ]


def _fails(content: str) -> bool:
    """Whether a result that says nothing tells of a failure, or is JSON that broke off."""
    return _FAILED.match(content.removeprefix(_REPEATED).partition("\n")[0]) is not None


@lru_cache(maxsize=2048)
def read(tool: str, content: str) -> Reading:
    """One result of that tool; what says nothing is an empty reading."""
    content = content.removeprefix(_REPEATED)
    if content.partition("\n")[0].endswith(_AGAIN):
        return Reading(failed=True)
    if tool == "search":
        return Reading(hits=tuple(Seen(*hit.groups()[1:]) for hit in _HIT.finditer(content)))
    if tool == "find":
        return Reading(found=tuple(int(part) for part in _FOUND_PART.findall(content)))
    return Reading(sheet=_sheet(content))


def observations(messages: Iterable[Mapping[str, str]]) -> list[str]:
    """What a transcript says in answer to each message of its player, oldest first."""
    answers: list[list[str]] = []
    for entry in messages:
        if entry["role"] == "assistant":
            answers.append([])
        elif answers:
            answers[-1].append(entry["content"])
    return ["\n\n".join(parts) for parts in answers]


def _sheet(content: str) -> Sheet | None:
    title, _, rest = content.partition("\n")
    place, _, body = rest.partition("\n")
    found = _PLACE.match(place)
    if found is None:
        return None
    text, _, links = body.partition("\n\nLinks:\n")
    return Sheet(
        title=title,
        url=found.group(1),
        part=int(found.group(2)),
        parts=int(found.group(3)),
        text=text.strip(),
        links=tuple((link.group(2), link.group(3)) for link in _LINK.finditer(links)),
        numbers=tuple(int(link.group(1)) for link in _LINK.finditer(links)),
    )
