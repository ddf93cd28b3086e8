"""The web a player meets: search, fetch, click and more over one corpus; the only door to pages.

Every answer is a `Result` and a pure function of (corpus, retriever, noise, call, open page, scene,
occurrence). A player's mistake and a simulated failure are results, never exceptions.
"""

from collections.abc import Callable, Sequence
from typing import Any

from msgspec.structs import replace

from webenvs.corpora.corpus import Corpus
from webenvs.corpora.paging import PagedPage
from webenvs.errors import bad_setting
from webenvs.noise.compact import told
from webenvs.noise.declared import Noise
from webenvs.noise.layouts import laid_out
from webenvs.noise.model import Failure, Reply, Scene
from webenvs.noise.weather import Mixture, Weather
from webenvs.records import Call, Result, Status
from webenvs.search.retriever import Retriever
from webenvs.seeding import canonical_json
from webenvs.text import clip, one_line
from webenvs.web.around import Lore, Surroundings
from webenvs.web.backend import Backend, CorpusBackend
from webenvs.web.memory import Memory, Settled
from webenvs.web.view import View, after, before, wanted_part

_FINDS_SHOWN = 5
_FINDS_COUNTED = 1000
_FIND_CONTEXT = 90
_CACHED_CHARACTERS = 4_000_000
_NOTHING_OPEN = "No page is open: fetch a page first."


class Web:
    """A corpus with search, paged fetch, links and find, and the noise between them and a player.

    `top_k` hits a search, parts of at most `page_characters` characters of text a fetch.
    """

    def __init__(
        self,
        corpus: Corpus,
        retriever: Retriever,
        noise: Sequence[Noise] = (),
        *,
        top_k: int = 5,
        page_characters: int = 3000,
        lore: Lore | None = None,
        backend: Backend | None = None,
    ) -> None:
        """`lore` is what noise may know of the corpus beyond its pages.

        `backend` is what answers, by default the corpus and its retriever themselves; with another
        one they are what tasks were made on, and what noise takes its distractors from.

        Raises SettingError unless 1 <= top_k <= 100 and page_characters >= 200.
        """
        if not 1 <= top_k <= 100:
            raise bad_setting("top_k", top_k, "a whole number from 1 to 100")
        if page_characters < 200:
            raise bad_setting("page_characters", page_characters, "at least 200")
        self.corpus = corpus
        self.retriever = retriever
        self.backend = CorpusBackend(corpus, retriever) if backend is None else backend
        self.mixture = Mixture(noise)
        self.top_k = top_k
        self.page_characters = page_characters
        self.around = Surroundings(corpus, retriever, lore)
        self._lore = lore
        self._frozen = isinstance(self.backend, CorpusBackend)
        self._memory = Memory()
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

    def behind(self, retriever: Retriever) -> "Web":
        """The same web behind another search engine."""
        return Web(
            self.corpus,
            retriever,
            self.mixture.noises,
            top_k=self.top_k,
            page_characters=self.page_characters,
            lore=self._lore,
        )

    def showing(self, top_k: int) -> "Web":
        """The same web with so many hits a search; raises SettingError as the constructor does."""
        return Web(
            self.corpus,
            self.retriever,
            self.mixture.noises,
            top_k=top_k,
            page_characters=self.page_characters,
            lore=self._lore,
            backend=self.backend,
        )

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
            url = self.backend.canonical(arguments["url"])
            return {"url": url, "page": arguments.get("page", 1)}
        at = "" if view is None else view.url
        if call.tool == "find":
            return {"text": arguments["text"].strip().lower(), "at": at}
        if call.tool == "back":
            return {"to": before(view), "at": at}
        if call.tool == "read":
            return {"part": wanted_part(call, view), "at": at}
        return {"link": arguments["link"], "at": at}

    def walk(self, root: str, within: str, scene: Scene) -> tuple[View, str, Weather]:
        """What a walk begins with: the view of its first page, and that page as a player reads it.

        With them comes the weather in which it was read; a walk always gets to its first page.
        Raises LookupError if `root` is no page of the corpus, or does not begin with `within`.
        A backend that cannot show the page says so in its place; a mute one shows the url.
        """
        if self.corpus.index(root) is None or not root.startswith(within):
            raise LookupError(root)
        view = View(url=root, within=within)
        weather = Weather(self.mixture, scene, "fetch", {"url": root, "page": 1}, 0)
        if self.backend.mute:
            return view, root, weather
        first = self._shown(root, weather, opened=True)
        text = first.content if isinstance(first, Failure) else first.content(1, whole=True)
        return view, text, weather

    def call(
        self, call: Call, view: View | None, scene: Scene, occurrence: int
    ) -> tuple[Result, View | None]:
        """The result of a web call with checked arguments, and what the frame has open then.

        `occurrence` counts earlier executions of the same call in the episode, from 0.
        """
        if self.backend.mute:
            return _result(call, "empty", canonical_json(call.arguments).decode()), view
        if not self.mixture:
            return self._answers[call.tool](call, view, scene, None)
        weather = Weather(self.mixture, scene, call.tool, self.canonical(call, view), occurrence)
        if not self._frozen:  # then whoever answers is asked only for what does not fail before
            made = self._settle(call, view, scene, weather, timely=None)
            return made.result, made.view
        settled = self._settled(call, view, scene, weather)
        now = weather.again()
        failure = now.failure(timely=True, last=settled.failed_at)
        if failure is not None:
            return _marked(_failed(call, failure), now), view
        result = settled.result
        return (result if result.call == call.id else replace(result, call=call.id)), settled.view

    def _settled(self, call: Call, view: View | None, scene: Scene, weather: Weather) -> Settled:
        """What a call to the frozen corpus brings whenever it is made, remembered."""
        key = (call.tool, canonical_json(call.arguments), view, weather.key)
        known = self._memory.get(key)
        if known is None:
            known = self._settle(call, view, scene, weather, timely=False)
            self._memory.keep(key, known)
        return known

    def _settle(
        self,
        call: Call,
        view: View | None,
        scene: Scene,
        weather: Weather,
        *,
        timely: bool | None,
    ) -> Settled:
        """The answer to a call, unless a cause that is `timely`, or not, makes it fail."""
        failure = weather.failure(timely=timely)
        if failure is not None:
            return Settled(_marked(_failed(call, failure), weather), view, weather.failed_at)
        return Settled(*self._damaged(call, view, scene, weather), None)

    def _damaged(
        self, call: Call, view: View | None, scene: Scene, weather: Weather
    ) -> tuple[Result, View | None]:
        """What noise makes of the answer to a call."""
        result, then = self._answers[call.tool](call, view, scene, weather)
        if result.status in _ANSWERED:
            reply = Reply(status=result.status, content=result.content)
            arrived = weather.reply(reply)
            if arrived != reply:
                result = _arrived(result, arrived)
                then = then if arrived.status in _SHOWING else view
        return _marked(result, weather), then

    def _search(
        self, call: Call, view: View | None, scene: Scene, weather: Weather | None
    ) -> tuple[Result, View | None]:
        query = call.arguments["query"]
        hits = self.backend.search(query, self.top_k)
        if isinstance(hits, Failure):
            return _failed(call, hits), view
        if weather is not None:
            hits = weather.hits(query, hits, self.around)
        if not hits:
            content = f"No page matches {clip(one_line(query), 200)!r}."
            return _result(call, "empty", content), view
        urls = tuple([hit.url for hit in hits])
        return _result(call, "ok", laid_out(hits, scene.layout), urls), view

    def _fetch(
        self, call: Call, view: View | None, scene: Scene, weather: Weather | None
    ) -> tuple[Result, View | None]:
        url, part = call.arguments["url"], call.arguments.get("page", 1)
        return self._open(call, url, part, view, weather)

    def _click(
        self, call: Call, view: View | None, scene: Scene, weather: Weather | None
    ) -> tuple[Result, View | None]:
        if view is None:
            return _result(call, "not_found", _NOTHING_OPEN), view
        shown = self._shown(view.url, weather and weather.again(), opened=True)
        if isinstance(shown, Failure):
            return _failed(call, shown), view
        links = shown.page.links
        number = call.arguments["link"]
        if number >= len(links) or links[number].position < 0:
            have = f"links are numbered 0 to {len(links) - 1}" if links else "it has no links"
            content = f"The open page has no link {clip(str(number), 20)}; {have}."
            return _result(call, "not_found", content), view
        return self._open(call, links[number].url, 1, view, weather)

    def _back(
        self, call: Call, view: View | None, scene: Scene, weather: Weather | None
    ) -> tuple[Result, View | None]:
        earlier = before(view)
        if not earlier:
            return _result(call, "not_found", "No page was open before this one."), view
        return self._open(call, earlier, 1, view, weather)

    def _read(
        self, call: Call, view: View | None, scene: Scene, weather: Weather | None
    ) -> tuple[Result, View | None]:
        if view is None:
            return _result(call, "not_found", _NOTHING_OPEN), view
        return self._open(call, view.url, wanted_part(call, view), view, weather)

    def _open(
        self, call: Call, address: str, part: int, view: View | None, weather: Weather | None
    ) -> tuple[Result, View | None]:
        url = self.backend.resolve(address)
        shown_address = clip(one_line(address), 200)
        within = None if view is None else view.within
        if within is not None and not (url or address).startswith(within):
            content = f"{shown_address} was not opened: it lies outside of {within}."
            return _result(call, "blocked", content), view
        if url is None:
            return _result(call, "not_found", f"There is no page at {shown_address!r}."), view
        paged = self._shown(url, weather, opened=view is not None and view.url == url)
        if isinstance(paged, Failure):
            return _failed(call, paged), view
        if part > paged.parts:
            if weather is not None and self._lacks(url, part):
                weather.clear()
            content = f"The page has {paged.parts} part(s); there is no part {part}."
            return _result(call, "not_found", content, (url,)), view
        then = after(call, view, url, part)
        content = paged.content(part, whole=then.within is not None)
        return _result(call, "ok", content, (url,), opened=True), then

    def _find(
        self, call: Call, view: View | None, scene: Scene, weather: Weather | None
    ) -> tuple[Result, View | None]:
        if view is None:
            return _result(call, "not_found", _NOTHING_OPEN), view
        wanted = call.arguments["text"].strip()
        paged = self._shown(view.url, weather, opened=True)
        if isinstance(paged, Failure):
            return _failed(call, paged), view
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

    def _shown(
        self, url: str, weather: Weather | None, *, opened: bool = False
    ) -> PagedPage | Failure:
        """The page as this call meets it: the clean one unless noise falls on it."""
        paged = self._paged(url)
        if weather is None or isinstance(paged, Failure):
            return paged
        page = weather.page(paged.page, self.around, opened=opened)
        if page is paged.page:
            return paged
        return page if isinstance(page, Failure) else PagedPage(page, self.page_characters)

    def _lacks(self, url: str, part: int) -> bool:
        """Whether the clean page has no such part either."""
        paged = self._paged(url)
        return isinstance(paged, PagedPage) and part > paged.parts

    def _paged(self, url: str) -> PagedPage | Failure:
        paged = self._cache.get(url)
        if paged is None:
            page = self.backend.page(url)
            if isinstance(page, Failure):
                return page
            paged = PagedPage(page, self.page_characters)
            self._cached += len(page.text)
            if self._cached > _CACHED_CHARACTERS:
                self._cache.clear()  # in one step, since threads share it
                self._cached = len(page.text)
            self._cache[url] = paged
        return paged


_Answer = Callable[[Call, View | None, Scene, Weather | None], tuple[Result, View | None]]
_ANSWERED: frozenset[Status] = frozenset({"ok", "empty"})
_SHOWING: frozenset[Status] = _ANSWERED | {"partial"}


def _result(
    call: Call,
    status: Status,
    content: str,
    urls: tuple[str, ...] = (),
    *,
    opened: bool = False,
) -> Result:
    return Result(
        call=call.id,
        tool=call.tool,
        status=status,
        content=content,
        urls=urls,
        opened=opened,
        cost=len(content),
    )


def _failed(call: Call, failure: Failure) -> Result:
    result = _result(call, failure.status, failure.content)
    return replace(result, seconds=failure.seconds) if failure.seconds else result


def _arrived(result: Result, reply: Reply) -> Result:
    """The result as it arrived; what cannot be read shows and opens nothing.

    Of hits that were cut off in the middle it shows those whose urls arrived.
    """
    shows = reply.status in _SHOWING
    urls = [url for url in result.urls if shows and (result.opened or url in reply.content)]
    return replace(
        result,
        status=reply.status,
        content=reply.content,
        cost=len(reply.content),
        seconds=reply.seconds,
        truncated=reply.truncated,
        urls=tuple(urls),
        opened=result.opened and shows,
    )


def _marked(result: Result, weather: Weather) -> Result:
    """The result with what noise did to it."""
    if not weather.applied:
        return result
    noise = tuple(dict.fromkeys(weather.applied))
    return replace(result, noise=noise, details=weather.details)


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


def describe(web: Web) -> dict[str, Any]:
    """What identifies a web: corpus digest, retriever settings, noise names, sizes; JSON-able.

    A backend that is not the corpus itself stands under "backend".
    """
    told_apart = web.backend.settings
    return ({"backend": dict(told_apart)} if told_apart else {}) | {
        "corpus": web.corpus.digest,
        "retriever": dict(web.retriever.settings),
        "noise": told(web.mixture.noises),
        "top_k": web.top_k,
        "page_characters": web.page_characters,
    }
