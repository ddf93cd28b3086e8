"""Many clients at the doors of a server at once, each answer compared with the one in process."""

import asyncio
import json
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from webenvs.envs.tooling.tool_env import ToolEnv
from webenvs.noise.model import Scene
from webenvs.records import Call, Result

SDK = {
    "content-type": "application/json",
    "accept": "application/json, text/event-stream",
    "mcp-protocol-version": "2025-06-18",
}
_SEEDS = 8
_QUERIES = 64


class Ask(NamedTuple):
    """One request: at which door, what is sent, how its answer is read, and what it must say."""

    door: str
    verb: str
    path: str
    body: bytes
    read: Callable[[bytes], Any]
    expected: Any
    headers: tuple[tuple[str, str], ...] = ()


class Errand(NamedTuple):
    """Requests of one client in their order; over a socket, or each a request of HTTP."""

    asks: Sequence[Ask]
    socket: bool = False


class Told(NamedTuple):
    """One answer: its door, how long it took, and what was wrong with it ("" if nothing)."""

    door: str
    seconds: float
    fault: str


def errands(make: Callable[[], ToolEnv], count: int, only: str = "") -> list[Errand]:
    """Errands of `count` requests in all, with what is right in process.

    They are mixed over the doors, or of one kind alone: a name of `KINDS`.
    """
    kinds = (KINDS[only],) if only else _MIXTURE
    web = _Web(make())
    planned: list[Errand] = []
    number, left = 0, count
    while left > 0:
        kind = kinds[number % len(kinds)]
        asks = list(kind(web, make, number))[:left]
        planned.append(Errand(asks, socket=kind is _socket))
        number, left = number + 1, left - len(asks)
    return planned


class _Web:
    """The web in process: what it says to calls without an episode, remembered."""

    def __init__(self, env: ToolEnv) -> None:
        scenario = env.scenario
        self.web = scenario.web
        tasks = scenario.tasks.of_split("train")
        self.queries = [tasks[place].question for place in range(_QUERIES)]
        hits = [self.web.retriever.search(query, 3) for query in self.queries]
        self.urls = sorted({hit.url for row in hits for hit in row})
        self._known: dict[tuple[str, str, int, int], Result] = {}

    def said(self, tool: str, value: str, seed: int, top_k: int = 5) -> Result:
        """The result of a call."""
        key = tool, value, seed, top_k
        if key not in self._known:
            name = "query" if tool == "search" else "url"
            call = Call(id="1", tool=tool, arguments={name: value})
            scene = Scene(seed=seed, role="researcher", tool=tool)
            self._known[key] = self.web.showing(top_k).call(call, None, scene, 0)[0]
        return self._known[key]


def _retrieve(web: _Web, make: Callable[[], ToolEnv], number: int) -> Iterator[Ask]:
    """Search-R1: two queries in JSON."""
    seed = number % _SEEDS
    queries = [web.queries[(number * 7 + each) % _QUERIES] for each in range(2)]
    body = {"queries": queries, "topk": 3, "return_scores": True, "seed": seed}
    wanted = [_text(web.said("search", query, seed, 3)) for query in queries]
    yield Ask("/retrieve json", "POST", "/retrieve", msgspec.json.encode(body), _lists, wanted)


def _packed(web: _Web, make: Callable[[], ToolEnv], number: int) -> Iterator[Ask]:
    """GEM: one query in MessagePack."""
    seed, query = number % _SEEDS, web.queries[(number * 11) % _QUERIES]
    body = {"query": query, "topk": 5, "return_scores": True, "seed": seed}
    wanted = _text(web.said("search", query, seed))
    packed = msgspec.msgpack.encode(body)
    yield Ask("/retrieve msgpack", "POST", "/retrieve", packed, _flat, wanted)


def _access(web: _Web, make: Callable[[], ToolEnv], number: int) -> Iterator[Ask]:
    """ASearcher: two pages."""
    seed = number % _SEEDS
    urls = [web.urls[(number * 13 + each) % len(web.urls)] for each in range(2)]
    results = [web.said("fetch", url, seed) for url in urls]
    wanted = [None if each.status == "not_found" else each.content for each in results]
    body = msgspec.json.encode({"urls": urls, "seed": seed})
    yield Ask("/access", "POST", "/access", body, _pages, wanted)


def _browse(web: _Web, make: Callable[[], ToolEnv], number: int) -> Iterator[Ask]:
    """BrowseComp-Plus: a document through the SDK of MCP."""
    seed, url = number % _SEEDS, web.urls[(number * 17) % len(web.urls)]
    call = _rpc(number, "get_document", {"docid": url})
    path = f"/browse/mcp?seed={seed}"
    wanted = web.said("fetch", url, seed).content
    yield Ask("/browse/mcp", "POST", path, call, _document, wanted, tuple(SDK.items()))


def _mcp(web: _Web, make: Callable[[], ToolEnv], number: int) -> Iterator[Ask]:
    """MCP: an episode that the url begins, played by calls of tools."""
    env, path = make(), f"/mcp?episode_id=load-{number}&seed={number}"
    env.reset(seed=number)
    for tool, given in _calls(web, number):
        wanted = env.call(tool, given).text
        call = _rpc(number, tool, given)
        yield Ask("/mcp", "POST", path, call, _content, wanted, tuple(SDK.items()))
    wanted = {"researcher_0": env.score()}
    gone = f"/episodes/load-{number}"
    yield Ask("/episodes", "DELETE", gone, b"", _scores, wanted)


def _socket(web: _Web, make: Callable[[], ToolEnv], number: int) -> Iterator[Ask]:
    """OpenEnv: an episode over a socket."""
    env = make()
    env.reset(seed=number)
    reset = msgspec.json.encode({"type": "reset", "data": {"seed": number}})
    yield Ask("/ws", "", "/ws", reset, _seen, (env.text(), None, False))
    for tool, given in _calls(web, number):
        outcome = env.call(tool, given)
        action = {"tool": tool, "arguments": given}
        step = msgspec.json.encode({"type": "step", "data": action})
        yield Ask("/ws", "", "/ws", step, _seen, (outcome.text, outcome.reward, outcome.done))


KINDS = {
    "retrieve": _retrieve,
    "packed": _packed,
    "access": _access,
    "browse": _browse,
    "mcp": _mcp,
    "socket": _socket,
}
"""What clients do, by name."""
_MIXTURE = (_retrieve, _access, _retrieve, _socket, _packed, _access, _mcp, _retrieve, _browse)


def _calls(web: _Web, number: int) -> list[tuple[str, dict[str, Any]]]:
    """The calls of an episode."""
    query, url = web.queries[number % _QUERIES], web.urls[number % len(web.urls)]
    searches = [("search", {"query": query}), ("fetch", {"url": url}), ("click", {"link": 0})]
    return [*searches, ("answer", {"text": f"answer {number}"})]


def _rpc(number: int, tool: str, arguments: dict[str, Any]) -> bytes:
    params = {"name": tool, "arguments": arguments}
    request = {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params}
    return msgspec.json.encode(request)


def _text(result: Result) -> str:
    return "" if result.status == "empty" else result.content


def _row(row: Sequence[dict[str, Any]]) -> str:
    """A list of documents as the web writes it."""
    if len(row) == 1 and not row[0]["document"]["id"]:
        return str(row[0]["document"]["contents"])
    shown = []
    for rank, entry in enumerate(row, start=1):
        title, _, snippet = entry["document"]["contents"].partition("\n")
        shown.append(f"{rank}. {title[1:-1]}\n   {entry['document']['url']}\n   {snippet}")
    return "\n".join(shown)


def _lists(body: bytes) -> list[str]:
    return [_row(row) for row in json.loads(body)["result"]]


def _flat(body: bytes) -> str:
    return _row(msgspec.msgpack.decode(body)["result"])


def _pages(body: bytes) -> list[str | None]:
    return [page and page["contents"] for page in json.loads(body)["result"]]


def _content(body: bytes) -> str:
    return str(json.loads(body)["result"]["content"][0]["text"])


def _document(body: bytes) -> str:
    result = json.loads(body)["result"]
    page = result["structuredContent"]["result"]
    return str(page["text"] if page else result["content"][0]["text"])


def _scores(body: bytes) -> Any:
    return json.loads(body)["scores"]


def _seen(body: bytes) -> tuple[str, float | None, bool]:
    data = json.loads(body)["data"]
    return data["observation"]["text"], data["reward"], data["done"]


class Line:
    """A connection of HTTP that is kept; as little of it as a client can have."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._ends: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, ask: Ask) -> tuple[int, bytes]:
        """The status and the body of the answer."""
        if self._ends is None:
            self._ends = await asyncio.open_connection(self._host, self._port)
        reader, writer = self._ends
        head = [f"{ask.verb} {ask.path} HTTP/1.1", f"host: {self._host}:{self._port}"]
        head += [f"{name}: {value}" for name, value in ask.headers]
        head += [f"content-length: {len(ask.body)}", "", ""]
        writer.write("\r\n".join(head).encode() + ask.body)
        answer = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(answer.partition(b"content-length: ")[2].partition(b"\r")[0])
        return int(answer[9:12]), await reader.readexactly(length)

    async def close(self) -> None:
        """Close the connection."""
        if self._ends is not None:
            self._ends[1].close()
            await self._ends[1].wait_closed()


async def load(host: str, port: int, planned: Sequence[Errand], clients: int) -> list[Told]:
    """What `clients` are told that run these errands, each taking the next one when it is done."""
    queue, told = deque(planned), []

    async def client() -> None:
        line = Line(host, port)
        while queue:
            errand = queue.popleft()
            run = _over_socket(host, port, errand) if errand.socket else _over(line, errand)
            told.extend(await run)
        await line.close()

    await asyncio.gather(*[client() for _ in range(clients)])
    return told


async def _over(line: Line, errand: Errand) -> list[Told]:
    told = []
    for ask in errand.asks:
        start = time.perf_counter()
        status, body = await line.ask(ask)
        seconds = time.perf_counter() - start
        fault = _fault(ask, body) if 200 <= status < 300 else f"HTTP {status}: {body[:200]!r}"
        told.append(Told(ask.door, seconds, fault))
    return told


async def _over_socket(host: str, port: int, errand: Errand) -> list[Told]:
    import websockets

    told = []
    async with websockets.connect(f"ws://{host}:{port}/ws", compression=None) as socket:
        for ask in errand.asks:
            start = time.perf_counter()
            await socket.send(ask.body.decode())
            body = str(await socket.recv()).encode()
            told.append(Told(ask.door, time.perf_counter() - start, _fault(ask, body)))
    return told


def _fault(ask: Ask, body: bytes) -> str:
    """What is wrong with an answer; "" if it is what is right in process."""
    try:
        read = ask.read(body)
    except (KeyError, ValueError, TypeError) as error:
        return f"{type(error).__name__}: {error} in {body[:200]!r}"
    return "" if read == ask.expected else f"{read!r:.200} instead of {ask.expected!r:.200}"
