"""Reads search results in the ways in which search tools write them, and writes them as usual."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from webenvs.players.script.results import Seen

_USUAL = re.compile(r"1\. .*\n   \S")
_PATTERNS = tuple(
    re.compile(pattern, re.MULTILINE)
    for pattern in (
        r"^\d+\. \[(?P<title>.*)\]\(<(?P<url>\S+)>\): (?P<text>.*)$",
        r"<url>(?P<url>.*)</url>\n<title>(?P<title>.*)</title>\n<snippet>(?P<text>.*)</snippet>",
        r"^Result: \d+\nText: (?P<text>.*)\nSource: (?P<url>\S+)\nName: (?P<title>.*)$",
        r"^\| \d+ \| (?P<title>.*) \| (?P<url>\S+) \| (?P<text>.*) \|$",
        r"^(?P<url>\S+) - (?P<title>.*?) - (?P<text>.*) \[\d+\]$",
    )
)


def as_usual(content: str) -> str:
    """A search result in the usual way, if it is a list of hits in another; else as it is."""
    hits = () if _USUAL.match(content) else tuple(_hits(content))
    if not hits:
        return content
    return "\n".join(
        f"{rank}. {hit.title}\n   {hit.url}\n   {hit.snippet}"
        for rank, hit in enumerate(hits, start=1)
    )


def _hits(content: str) -> Iterator[Seen]:
    """The hits of the first way of writing that finds any."""
    if content.startswith("{"):
        yield from _in_json(content)
        return
    for pattern in _PATTERNS:
        found = [Seen(one["title"], one["url"], one["text"]) for one in pattern.finditer(content)]
        if found:
            yield from found
            return


def _in_json(content: str) -> Iterator[Seen]:
    """The hits of an object with a list of them, or of a line each; none of what broke off."""
    try:
        entries = [msgspec.json.decode(line) for line in content.splitlines()]
    except msgspec.DecodeError:
        try:
            entries = msgspec.json.decode(content, type=dict[str, Any]).get("results", ())
        except msgspec.MsgspecError:
            return
    for entry in entries:
        if isinstance(entry, Mapping) and {"title", "link", "description"} <= set(entry):
            yield Seen(str(entry["title"]), str(entry["link"]), str(entry["description"]))
