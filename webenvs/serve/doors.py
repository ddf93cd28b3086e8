"""The table of doors: whose clients each is for, and a line to try it."""

from collections.abc import Sequence

from webenvs.records import Record


class Door(Record, frozen=True, kw_only=True):
    """A door: its path, who knocks there, and the arguments of curl that try it ("": none do)."""

    path: str
    clients: str
    body: str = ""
    verb: str = "POST"


DOORS: Sequence[Door] = (
    Door(
        path="/retrieve",
        clients="Search-R1, verl, SkyRL (JSON), GEM (MessagePack)",
        body='{"queries": ["a river"], "topk": 3, "return_scores": true}',
    ),
    Door(path="/access", clients="ASearcher", body='{"urls": ["URL"]}'),
    Door(
        path="/browse/mcp",
        clients="BrowseComp-Plus: MCP tools search, get_document",
    ),
    Door(
        path="/mcp",
        clients="MCP: the tools of a role, ?episode_id=ID; OpenEnv's JSON-RPC",
    ),
    Door(
        path="/episodes",
        clients="trainers: begin, look at, end an episode",
        body='{"seed": 7}',
    ),
    Door(path="/trainer/mcp", clients="trainers, as MCP tools: begin, look, finish"),
    Door(path="/ws", clients="OpenEnv: an episode a socket"),
    Door(path="/reset", clients="OpenEnv, with /step and /state", body='{"seed": 7}'),
    Door(path="/schema", clients="OpenEnv, with /metadata and /health", verb="GET"),
    Door(path="/{id}/splits", clients="OpenEnv's tasks, task, num_tasks, task_range", verb="GET"),
)
"""Every door."""


def lines(base: str, name: str, *, token: bool, speaks_mcp: bool) -> list[tuple[str, str, str]]:
    """The table for people: path, clients, and how to try it at `base`; `name` is the id served."""
    rows = []
    for door in DOORS:
        path = door.path.replace("{id}", name)
        rows.append((path, door.clients, _tried(door, base + path, token, speaks_mcp)))
    return rows


def _tried(door: Door, url: str, token: bool, speaks_mcp: bool) -> str:
    """A line that tries a door."""
    if door.path.endswith("mcp") and not speaks_mcp:
        return "not here: pip install 'webenvs[serve]'"
    key = " -H 'Authorization: Bearer TOKEN'" if token else ""
    if door.path == "/ws":
        return f"GenericEnvClient(base_url={url.removesuffix('/ws')!r})"
    if door.path.endswith("mcp"):
        return f"Client({url!r})"
    said = f" -d '{door.body}'" if door.body else ""
    return f"curl{key} {url}{said}"
