"""The tools that the web answers, as players are told of them."""

from collections.abc import Mapping, Sequence

from webenvs.records import Tool

SEARCH = Tool(
    name="search",
    description="Search the web. Returns the best matching pages with title, url and a snippet.",
    parameters={
        "type": "object",
        "properties": {"query": {"type": "string", "description": "What to search for."}},
        "required": ["query"],
    },
    primary="query",
)
FETCH = Tool(
    name="fetch",
    description="Open a page by its url. Long pages have several parts; name the part to read on.",
    parameters={
        "type": "object",
        "properties": {
            "url": {"type": "string", "description": "The url of the page."},
            "page": {"type": "integer", "minimum": 1, "description": "Which part; 1 if left out."},
        },
        "required": ["url"],
    },
    primary="url",
)
CLICK = Tool(
    name="click",
    description="Follow a link of the page you have open, by its number.",
    parameters={
        "type": "object",
        "properties": {
            "link": {"type": "integer", "minimum": 0, "description": "The number of the link."}
        },
        "required": ["link"],
    },
    primary="link",
)
FIND = Tool(
    name="find",
    description="Find a text on the page you have open, in all its parts, ignoring case.",
    parameters={
        "type": "object",
        "properties": {"text": {"type": "string", "description": "The text to find."}},
        "required": ["text"],
    },
    primary="text",
)
BACK = Tool(
    name="back",
    description="Return to the page that was open before this one.",
    parameters={"type": "object", "properties": {}, "required": []},
    primary="",
)
READ = Tool(
    name="read",
    description="Read another part of the page you have open, if it is long.",
    parameters={
        "type": "object",
        "properties": {
            "part": {
                "type": "integer",
                "minimum": 1,
                "description": "Which part; the next one if left out.",
            }
        },
        "required": [],
    },
    primary="part",
)
TOOLS: Mapping[str, Tool] = {tool.name: tool for tool in (SEARCH, FETCH, CLICK, FIND, BACK, READ)}
"""The tools that the web answers."""


def web_tools(names: Sequence[str]) -> tuple[Tool, ...]:
    """The web tools of these names, in the order of the table."""
    return tuple(tool for name, tool in TOOLS.items() if name in names)
