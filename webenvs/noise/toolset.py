"""Noise on the tools themselves: other names, other words, a tool withdrawn or never given."""

from collections.abc import Mapping, Sequence
from typing import Annotated

import msgspec
from msgspec.structs import replace

from webenvs.noise.draw import Draw
from webenvs.noise.model import Desk, Detail, Toolset
from webenvs.records import Record, Tool

Count = Annotated[int, msgspec.Meta(ge=1)]

NAMES: Mapping[str, tuple[str, ...]] = {
    "search": ("web_search", "lookup", "search_web", "query_engine", "find_pages", "retrieve"),
    "fetch": ("open_page", "get_page", "visit", "browse", "load_url", "view_page"),
    "click": ("follow", "follow_link", "open_link", "press", "select_link", "go_to"),
    "find": ("find_in_page", "search_page", "locate", "grep", "match_text", "seek"),
    "back": ("go_back", "previous", "previous_page", "step_back", "undo", "leave"),
    "read": ("read_on", "next_part", "scroll", "turn_page", "show_part", "page_down"),
}
"""Other plausible names of a tool; no name stands for two tools."""

ARGUMENTS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "search": {"query": ("q", "keywords", "question", "terms", "search_query")},
    "fetch": {
        "url": ("address", "uri", "link", "location", "page_url"),
        "page": ("part", "section", "page_number", "chunk", "number"),
    },
    "click": {"link": ("index", "number", "link_id", "target", "position")},
    "find": {"text": ("pattern", "phrase", "string", "needle", "words")},
    "read": {"part": ("section", "page_number", "number", "chunk", "index")},
}
"""Other plausible names of the arguments of a tool; no name stands for two of one tool."""

WORDING: Mapping[str, tuple[str, ...]] = {
    "search": (
        "Ask the search engine. You get a ranked list of pages: title, url, snippet.",
        "Looks up web pages for some words and lists the most relevant ones.",
        "Web search: returns titles, urls and short extracts of pages, best match first.",
    ),
    "fetch": (
        "Load the page at an address and show its text, one part of it at a time.",
        "Retrieves a web page. If it is long, say which part of it you want.",
        "Shows what a page says, given its address; long pages are shown in numbered parts.",
    ),
    "click": (
        "Go where a link of the current page leads; links are numbered.",
        "Open the target of one of the numbered links on the page you are looking at.",
        "Takes the number of a link on the current page and shows the page behind it.",
    ),
    "find": (
        "Look for words on the current page; all its parts are looked through.",
        "Shows where some text occurs on the page you are looking at. Case does not matter.",
        "Locates a string anywhere on the current page, upper or lower case.",
    ),
    "back": (
        "Go to the page you were on before.",
        "Leaves the current page for the one you came from.",
        "Shows the previous page again.",
    ),
    "read": (
        "Show a further part of the current page, when it has several.",
        "Continue on a long page: its next part, or the one you name.",
        "Shows the next part of the page you are looking at, or any part of it.",
    ),
}
"""Other descriptions of a tool."""


class RenameTools(Record, frozen=True, kw_only=True):
    """Web tools go by other names, never by the name of another tool of any role."""

    def tools(
        self, draw: Draw, tools: Sequence[Tool], shown: Toolset, desk: Desk
    ) -> tuple[Toolset, Detail]:
        """A name from `NAMES` for each tool."""
        names: dict[str, str] = dict(shown.names)
        for tool in tools:
            others = {*desk.taken, *(name for true, name in names.items() if true != tool.name)}
            names[tool.name] = _other(draw, tool.name, NAMES.get(tool.name, ()), others)
        return replace(shown, names=names), {"names": names}


class RenameArguments(Record, frozen=True, kw_only=True):
    """The arguments of web tools go by other names, no two of one tool alike."""

    def tools(
        self, draw: Draw, tools: Sequence[Tool], shown: Toolset, desk: Desk
    ) -> tuple[Toolset, Detail]:
        """A name from `ARGUMENTS` for each argument."""
        renamed = {tool.name: _arguments(draw, tool) for tool in tools}
        renamed = {name: arguments for name, arguments in renamed.items() if arguments}
        return replace(shown, arguments={**shown.arguments, **renamed}), {"arguments": renamed}


class Reword(Record, frozen=True, kw_only=True):
    """Web tools are described in other words and listed in another order."""

    def tools(
        self, draw: Draw, tools: Sequence[Tool], shown: Toolset, desk: Desk
    ) -> tuple[Toolset, Detail]:
        """A text from `WORDING` for each tool; the tools take each other's places."""
        names = [tool.name for tool in tools]
        wording = {
            name: draw.choice(WORDING[name], "wording", name) for name in names if name in WORDING
        }
        places = iter(draw.shuffled(names, "order"))
        usual = shown.order or desk.web
        order = tuple(next(places) if name in names else name for name in usual)
        changed = replace(shown, wording={**shown.wording, **wording}, order=order)
        return changed, {"wording": wording, "order": list(order)}


class Withdraw(Record, frozen=True, kw_only=True):
    """A web tool is taken away in the middle of a frame, unless it is the last one.

    From message `turn` of the frame on, counted from 0; one of the first half of its budget, but
    not the first, if that is None.
    """

    turn: Count | None = None

    def tools(
        self, draw: Draw, tools: Sequence[Tool], shown: Toolset, desk: Desk
    ) -> tuple[Toolset, Detail]:
        """The tools with the turn from which one of them is gone."""
        turn = self.turn
        if turn is None:
            turn = 1 + draw.integer(max(1, desk.turns // 2), "turn")
        return _without(draw, tools, shown, desk, turn)


class Handicap(Record, frozen=True, kw_only=True):
    """A seat has one web tool less than its role, unless it has but one."""

    def tools(
        self, draw: Draw, tools: Sequence[Tool], shown: Toolset, desk: Desk
    ) -> tuple[Toolset, Detail]:
        """The tools with one of them gone from the beginning."""
        return _without(draw, tools, shown, desk, 0)


def _other(draw: Draw, name: str, synonyms: Sequence[str], taken: set[str]) -> str:
    """Another name for a tool; with a suffix where each that is known is taken."""
    free = [other for other in synonyms if other not in taken and other != name]
    if free:
        return draw.choice(free, "name", name)
    number = 2
    while f"{name}_{number}" in taken:
        number += 1
    return f"{name}_{number}"


def _arguments(draw: Draw, tool: Tool) -> dict[str, str]:
    """Other names for the arguments of a tool, none of them one that it has."""
    known = ARGUMENTS.get(tool.name, {})
    used = set(tool.parameters.get("properties", {}))
    chosen: dict[str, str] = {}
    for argument in tool.parameters.get("properties", {}):
        free = [other for other in known.get(argument, ()) if other not in used]
        if free:
            chosen[argument] = draw.choice(free, "argument", tool.name, argument)
            used.add(chosen[argument])
    return chosen


def _without(
    draw: Draw, tools: Sequence[Tool], shown: Toolset, desk: Desk, turn: int
) -> tuple[Toolset, Detail]:
    """The tools without one of them from `turn` on, where another one is left for good."""
    lasting = [name for name in desk.web if name not in shown.gone]
    free = [tool.name for tool in tools if tool.name in lasting]
    if len(lasting) < 2 or not free:
        return shown, {}
    gone = {draw.choice(free, "gone"): turn}
    return replace(shown, gone={**shown.gone, **gone}), {"gone": gone}
