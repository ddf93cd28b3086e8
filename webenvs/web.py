"""The web a player meets: search, fetch, click and find over one corpus; the only door to pages.

Every answer is a `Result` and a pure function of (corpus, retriever, noise, call, open page, seed,
occurrence). A player's mistake and a simulated failure are results, never exceptions.
"""

import bisect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from webenvs.corpora.corpus import Corpus
from webenvs.errors import bad_setting
from webenvs.noise.model import Key, NoiseModel
from webenvs.records import Call, Page, Record, Result, Status, Tool
from webenvs.search.retriever import Retriever
from webenvs.text import clip, one_line

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
TOOLS: Mapping[str, Tool] = {tool.name: tool for tool in (SEARCH, FETCH, CLICK, FIND)}
"""The tools that the web answers."""

FAILURE_TEXTS: Mapping[str, str] = {
    "timeout": "The request timed out after 30 s. You can try again.",
    "rate_limited": "Too many requests (HTTP 429). You can try again.",
    "server_error": "The server failed (HTTP 503). You can try again.",
    "blocked": "Access to this resource is denied (HTTP 403).",
    "not_found": "This page does not exist (HTTP 404).",
}

_LINKS_SHOWN = 40
_FINDS_SHOWN = 5
_FINDS_COUNTED = 1000
_FIND_CONTEXT = 90
_CACHED_PAGES = 4096


class View(Record, frozen=True, kw_only=True):
    """What a frame has open: a page and the part of it that was shown last (counted from 1)."""

    url: str
    part: int = 1


class _Paged:
    """A page cut into parts, each ready to show."""

    __slots__ = ("page", "shown", "starts")

    def __init__(self, page: Page, size: int) -> None:
        self.page = page
        self.starts = _part_starts(page.text, size)
        ends = (*self.starts[1:], len(page.text))
        self.shown = tuple(
            _show_part(page, number, len(self.starts), start, end)
            for number, (start, end) in enumerate(zip(self.starts, ends, strict=True), 1)
        )

    def part_of(self, position: int) -> int:
        """The number of the part that holds the character at `position`."""
        return max(1, bisect.bisect_right(self.starts, position))


class Web:
    """A corpus with search, paged fetch, links and find, and the noise between them and a player.

    `top_k` hits a search, parts of at most `page_characters` characters of text a fetch.
    """

    def __init__(
        self,
        corpus: Corpus,
        retriever: Retriever,
        noise: Sequence[NoiseModel] = (),
        *,
        top_k: int = 5,
        page_characters: int = 3000,
    ) -> None:
        """Raises SettingError unless 1 <= top_k <= 100 and page_characters >= 200."""
        if not 1 <= top_k <= 100:
            raise bad_setting("top_k", top_k, "a whole number from 1 to 100")
        if page_characters < 200:
            raise bad_setting("page_characters", page_characters, "at least 200")
        self.corpus = corpus
        self.retriever = retriever
        self.noise = tuple(noise)
        self.top_k = top_k
        self.page_characters = page_characters
        self._cache: dict[str, _Paged] = {}
        self._answers: dict[str, _Answer] = {
            "search": self._search,
            "fetch": self._fetch,
            "click": self._click,
            "find": self._find,
        }

    def canonical(self, call: Call, view: View | None) -> dict[str, Any]:
        """The arguments of a call, equal for all ways to write the same call.

        Blanks around and between the words of a query do not count, nor do blanks, quotes and
        fragments of a url, case in `find`, or naming page 1; `click` and `find` are the same only
        on the same open page, which stands under "at".
        """
        arguments = call.arguments
        if call.tool == "search":
            return {"query": " ".join(arguments["query"].split())}
        if call.tool == "fetch":
            url = arguments["url"]
            return {"url": self._resolve(url) or url.strip(), "page": arguments.get("page", 1)}
        at = "" if view is None else view.url
        if call.tool == "find":
            return {"text": arguments["text"].strip().lower(), "at": at}
        return {"link": arguments["link"], "at": at}

    def call(
        self, call: Call, view: View | None, seed: int, occurrence: int
    ) -> tuple[Result, View | None]:
        """The result of a web call with checked arguments, and what the frame has open then.

        `occurrence` counts earlier executions of the same call in the episode, from 0.
        """
        key: Key = ()
        if self.noise:
            key = (seed, call.tool, self.canonical(call, view), occurrence)
            for model in self.noise:
                status = model.fail(key)
                if status is not None:
                    return _failed(call, status, (model.name,)), view
        return self._answers[call.tool](call, view, key)

    def _search(self, call: Call, view: View | None, key: Key) -> tuple[Result, View | None]:
        query = call.arguments["query"]
        hits = self.retriever.search(query, self.top_k)
        applied: list[str] = []
        for model in self.noise:
            noisy = model.hits(key, hits)
            if noisy != hits:
                applied.append(model.name)
                hits = noisy
        if not hits:
            content = f"No page matches {clip(one_line(query), 200)!r}."
            return _result(call, "empty", content, noise=tuple(applied)), view
        content = "\n".join(
            [f"{hit.rank}. {hit.title}\n   {hit.url}\n   {hit.snippet}" for hit in hits]
        )
        urls = tuple([hit.url for hit in hits])
        return _result(call, "ok", content, urls, noise=tuple(applied)), view

    def _fetch(self, call: Call, view: View | None, key: Key) -> tuple[Result, View | None]:
        url, part = call.arguments["url"], call.arguments.get("page", 1)
        return self._open(call, url, part, view, key)

    def _click(self, call: Call, view: View | None, key: Key) -> tuple[Result, View | None]:
        if view is None:
            return _result(call, "not_found", "No page is open: fetch a page first."), view
        links = self._paged(view.url).page.links
        number = call.arguments["link"]
        if number >= len(links):
            have = f"links are numbered 0 to {len(links) - 1}" if links else "it has no links"
            content = f"The open page has no link {clip(str(number), 20)}; {have}."
            return _result(call, "not_found", content), view
        return self._open(call, links[number].url, 1, view, key)

    def _open(
        self, call: Call, address: str, part: int, view: View | None, key: Key
    ) -> tuple[Result, View | None]:
        url = self._resolve(address)
        if url is None:
            content = f"There is no page at {clip(one_line(address), 200)!r}."
            return _result(call, "not_found", content), view
        paged = self._paged(url)
        if part > len(paged.shown):
            content = f"The page has {len(paged.shown)} part(s); there is no part {part}."
            return _result(call, "not_found", content, (url,)), view
        content = paged.shown[part - 1]
        applied: list[str] = []
        for model in self.noise:
            noisy = model.page(key, content)
            if noisy != content:
                applied.append(model.name)
                content = noisy
        result = _result(call, "ok", content, (url,), opened=True, noise=tuple(applied))
        return result, View(url=url, part=part)

    def _find(self, call: Call, view: View | None, key: Key) -> tuple[Result, View | None]:
        if view is None:
            return _result(call, "not_found", "No page is open: fetch a page first."), view
        wanted = call.arguments["text"].strip()
        paged = self._paged(view.url)
        places = _places(paged.page.text, wanted)
        shown_name = clip(one_line(wanted), 100)
        if not places:
            content = f"{shown_name!r} does not occur on {paged.page.title!r}."
            return _result(call, "empty", content, (view.url,)), view
        count = f"{len(places)}{'+' if len(places) == _FINDS_COUNTED else ''}"
        lines = [f"{count} match(es) for {shown_name!r} on {paged.page.title!r}:"]
        for place in places[:_FINDS_SHOWN]:
            around = paged.page.text[max(0, place - _FIND_CONTEXT) : place + _FIND_CONTEXT]
            lines.append(f"- page {paged.part_of(place)}: ...{one_line(around)}...")
        content = "\n".join(lines)
        return _result(call, "ok", content, (view.url,), opened=True), view

    def _resolve(self, address: str) -> str | None:
        """The corpus url a player's address means: blanks, quotes and the fragment are ignored."""
        if self.corpus.index(address) is not None:
            return address
        for candidate in (address.strip().strip("<>\"'`"), address.strip().partition("#")[0]):
            if self.corpus.index(candidate) is not None:
                return candidate
        return None

    def _paged(self, url: str) -> _Paged:
        paged = self._cache.get(url)
        if paged is None:
            index = self.corpus.index(url)
            if index is None:
                raise LookupError(url)
            paged = _Paged(self.corpus.page(index), self.page_characters)
            if len(self._cache) >= _CACHED_PAGES:
                self._cache.clear()  # in one step, since threads share it
            self._cache[url] = paged
        return paged


_Answer = Callable[[Call, View | None, Key], tuple[Result, View | None]]


def _result(
    call: Call,
    status: Status,
    content: str,
    urls: tuple[str, ...] = (),
    *,
    opened: bool = False,
    noise: tuple[str, ...] = (),
) -> Result:
    return Result(
        call=call.id,
        tool=call.tool,
        status=status,
        content=content,
        urls=urls,
        opened=opened,
        cost=len(content),
        noise=noise,
    )


def _failed(call: Call, status: Status, noise: tuple[str, ...]) -> Result:
    return _result(call, status, FAILURE_TEXTS[status], noise=noise)


def _part_starts(text: str, size: int) -> tuple[int, ...]:
    """Where the parts of `text` begin: at most `size` characters each, cut at a line or a blank."""
    starts = [0]
    while len(text) - starts[-1] > size:
        start = starts[-1]
        least = start + size // 2
        for mark in ("\n", ". ", " "):
            cut = text.rfind(mark, least, start + size)
            if cut > 0:
                starts.append(cut + len(mark))
                break
        else:
            starts.append(start + size)
    return tuple(starts)


def _show_part(page: Page, number: int, count: int, start: int, end: int) -> str:
    """One part as a player reads it: title, url, place, text, and the links that stand in it."""
    lines = [page.title, f"{page.url} (page {number} of {count})", "", page.text[start:end].strip()]
    last = number == count
    links = [
        (place, link)
        for place, link in enumerate(page.links)
        if start <= link.position < end or (last and link.position >= end)
    ]
    if links:
        lines += ["", "Links:"]
        lines += [f"[{place}] {link.anchor} -> {link.url}" for place, link in links[:_LINKS_SHOWN]]
    if len(links) > _LINKS_SHOWN:
        lines.append(f"... and links [{links[_LINKS_SHOWN][0]}] to [{links[-1][0]}]")
    return "\n".join(lines)


def _places(text: str, wanted: str) -> list[int]:
    """Where `wanted` occurs in `text`, ignoring case, without overlaps; the first thousand."""
    lowered, needle = text.lower(), wanted.lower()
    if len(lowered) != len(text):
        lowered, needle = text, wanted
    places: list[int] = []
    place = lowered.find(needle) if needle else -1
    while place >= 0 and len(places) < _FINDS_COUNTED:
        places.append(place)
        place = lowered.find(needle, place + len(needle))
    return places


def web_tools(names: Sequence[str]) -> tuple[Tool, ...]:
    """The web tools of these names, in the order of the table."""
    return tuple(tool for name, tool in TOOLS.items() if name in names)


def describe(web: Web) -> dict[str, Any]:
    """What identifies a web: corpus digest, retriever settings, noise names, sizes; JSON-able."""
    return {
        "corpus": web.corpus.digest,
        "retriever": dict(web.retriever.settings),
        "noise": [model.name for model in web.noise],
        "top_k": web.top_k,
        "page_characters": web.page_characters,
    }
