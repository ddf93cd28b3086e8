"""The web a player meets: search, fetch, click and more over one corpus; the only door to pages.

Every answer is a `Result` and a pure function of (corpus, retriever, noise, call, open page, seed,
occurrence). A player's mistake and a simulated failure are results, never exceptions.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from webenvs.corpora.corpus import Corpus
from webenvs.corpora.paging import PagedPage
from webenvs.corpora.urls import forms
from webenvs.errors import UnavailableError, bad_setting
from webenvs.noise.model import Key, NoiseModel
from webenvs.records import Call, Record, Result, Status, Tool
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

FAILURE_TEXTS: Mapping[str, str] = {
    "timeout": "The request timed out after 30 s. You can try again.",
    "rate_limited": "Too many requests (HTTP 429). You can try again.",
    "server_error": "The server failed (HTTP 503). You can try again.",
    "blocked": "Access to this resource is denied (HTTP 403).",
    "not_found": "This page does not exist (HTTP 404).",
    "unavailable": "There is no answer to this request: it was not recorded.",
}

_FINDS_SHOWN = 5
_FINDS_COUNTED = 1000
_FIND_CONTEXT = 90
_CACHED_CHARACTERS = 4_000_000
_TRAIL = 32
_NOTHING_OPEN = "No page is open: fetch a page first."


class View(Record, frozen=True, kw_only=True):
    """What a frame has open: a page and the part of it that was shown last (counted from 1).

    Pages whose url does not begin with `within` cannot be opened from here; None allows all.
    `trail` holds the urls that lead back from here, the newest last, at most 32.
    """

    url: str
    part: int = 1
    within: str | None = None
    trail: tuple[str, ...] = ()


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
        self._cache: dict[str, PagedPage] = {}
        self._cached = 0
        self._answers: dict[str, _Answer] = {
            "search": self._search,
            "fetch": self._fetch,
            "click": self._click,
            "find": self._find,
            "back": self._back,
            "read": self._read,
        }

    def canonical(self, call: Call, view: View | None) -> dict[str, Any]:
        """The arguments of a call, equal for all ways to write the same call.

        Blanks around and between the words of a query do not count, nor do blanks, quotes and
        fragments of a url, case in `find`, or naming page 1; what acts on the open page is the same
        only on the same one, which stands under "at".
        """
        arguments = call.arguments
        if call.tool == "search":
            return {"query": " ".join(arguments["query"].split())}
        if call.tool == "fetch":
            url = arguments["url"]
            return {
                "url": resolved(self.corpus, url) or url.strip(),
                "page": arguments.get("page", 1),
            }
        at = "" if view is None else view.url
        if call.tool == "find":
            return {"text": arguments["text"].strip().lower(), "at": at}
        if call.tool == "back":
            return {"to": _before(view), "at": at}
        if call.tool == "read":
            return {"part": _wanted_part(call, view), "at": at}
        return {"link": arguments["link"], "at": at}

    def walk(self, root: str, within: str) -> tuple[View, str]:
        """What a walk begins with: the view of its first page, and that page as a player reads it.

        Raises LookupError if `root` is no page of the corpus, or does not begin with `within`.
        """
        if self.corpus.index(root) is None or not root.startswith(within):
            raise LookupError(root)
        view = View(url=root, within=within)
        return view, self._paged(root).content(1, whole=True)

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
        try:
            hits = self.retriever.search(query, self.top_k)
        except UnavailableError:
            return _failed(call, "unavailable", ()), view
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
            return _result(call, "not_found", _NOTHING_OPEN), view
        links = self._paged(view.url).page.links
        number = call.arguments["link"]
        if number >= len(links):
            have = f"links are numbered 0 to {len(links) - 1}" if links else "it has no links"
            content = f"The open page has no link {clip(str(number), 20)}; {have}."
            return _result(call, "not_found", content), view
        return self._open(call, links[number].url, 1, view, key)

    def _back(self, call: Call, view: View | None, key: Key) -> tuple[Result, View | None]:
        before = _before(view)
        if not before:
            return _result(call, "not_found", "No page was open before this one."), view
        return self._open(call, before, 1, view, key)

    def _read(self, call: Call, view: View | None, key: Key) -> tuple[Result, View | None]:
        if view is None:
            return _result(call, "not_found", _NOTHING_OPEN), view
        return self._open(call, view.url, _wanted_part(call, view), view, key)

    def _open(
        self, call: Call, address: str, part: int, view: View | None, key: Key
    ) -> tuple[Result, View | None]:
        url = resolved(self.corpus, address)
        shown_address = clip(one_line(address), 200)
        within = None if view is None else view.within
        if within is not None and not (url or address).startswith(within):
            content = f"{shown_address} was not opened: it lies outside of {within}."
            return _result(call, "blocked", content), view
        if url is None:
            return _result(call, "not_found", f"There is no page at {shown_address!r}."), view
        paged = self._paged(url)
        if part > paged.parts:
            content = f"The page has {paged.parts} part(s); there is no part {part}."
            return _result(call, "not_found", content, (url,)), view
        then = after(call, view, url, part)
        content = paged.content(part, whole=then.within is not None)
        applied: list[str] = []
        for model in self.noise:
            noisy = model.page(key, content)
            if noisy != content:
                applied.append(model.name)
                content = noisy
        result = _result(call, "ok", content, (url,), opened=True, noise=tuple(applied))
        return result, then

    def _find(self, call: Call, view: View | None, key: Key) -> tuple[Result, View | None]:
        if view is None:
            return _result(call, "not_found", _NOTHING_OPEN), view
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

    def _paged(self, url: str) -> PagedPage:
        paged = self._cache.get(url)
        if paged is None:
            index = self.corpus.index(url)
            if index is None:
                raise LookupError(url)
            paged = PagedPage(self.corpus.page(index), self.page_characters)
            self._cached += len(paged.page.text)
            if self._cached > _CACHED_CHARACTERS:
                self._cache.clear()  # in one step, since threads share it
                self._cached = len(paged.page.text)
            self._cache[url] = paged
        return paged


_Answer = Callable[[Call, View | None, Key], tuple[Result, View | None]]


def resolved(corpus: Corpus, address: str) -> str | None:
    """The url of the page that an address means, in any of its forms, or that an alias leads to."""
    for form in forms(address):
        index = corpus.index(form)
        if index is not None:
            return corpus.url(index)
    return None


def after(call: Call, view: View | None, url: str, part: int) -> View:
    """What is open once a call has opened that part of a page from `view`."""
    if view is None:
        return View(url=url, part=part)
    if call.tool == "find":
        return view
    trail = view.trail
    if call.tool == "back":
        trail = trail[:-1]
    elif url != view.url:
        trail = (*trail, view.url)[-_TRAIL:]
    return View(url=url, part=part, within=view.within, trail=trail)


def _before(view: View | None) -> str:
    """The page that was open before; empty if there was none."""
    return view.trail[-1] if view is not None and view.trail else ""


def _wanted_part(call: Call, view: View | None) -> int:
    """The part that a `read` asks for."""
    part: int = call.arguments.get("part", 1 if view is None else view.part + 1)
    return part


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
