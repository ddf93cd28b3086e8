"""The tool sandbox at work: every call of a player goes through it, on a virtual clock."""

import math
from typing import Any, NamedTuple

from msgspec.structs import replace

from webenvs.noise.layouts import laid_out
from webenvs.noise.model import Failure, Scene
from webenvs.records import Call, Hit, Page, Result
from webenvs.search import engines
from webenvs.search.snippet import WIDTH
from webenvs.seeding import digest, integer
from webenvs.text import clip, one_line
from webenvs.web.sandbox import SHORT, Limit, Retries, Sandbox
from webenvs.web.view import View, before
from webenvs.web.web import Web, describe

KEY = "sandbox"
"""The name under which a result's `details` say what the sandbox did."""

_FUTILE = frozenset({"unavailable", "quota_exhausted", "withdrawn"})
"""Failures that another try at the same backend cannot mend."""
_INSTANT = 1e-9
"""Fewer seconds than this are none: sums of floats are not exact."""
_ONCE = Retries(attempts=1)
_DEGRADED = "What search shows of this page:"


class Books(NamedTuple):
    """What a broker keeps in an episode, both changed by `ask`.

    `occurrences` counts how often a call was made, by its key. `full` is when the bucket of a tool
    will be full again, in virtual seconds: a bucket of `burst` tokens that gains `rate` a second
    holds burst - (full - now) * rate of them.
    """

    occurrences: dict[str, int]
    full: dict[str, float]


class Request(NamedTuple):
    """A call with checked arguments, made at `now` with `view` open; `key` names it in `Books`."""

    call: Call
    view: View | None
    scene: Scene
    key: str
    now: float


class Asked(NamedTuple):
    """The result of a call, what is open then, and how often the web was asked."""

    result: Result
    view: View | None
    times: int


class _Backend(NamedTuple):
    """A search engine with the web around it; the first has place 0."""

    place: int
    name: str
    web: Web


class Broker:
    """A web behind a sandbox; immutable and shared by many episodes.

    The order of things: rate limit, attempts (each takes a token), failover, degradation; the
    cache, which comes first, is the episode's (`envs.calls`).

    Every attempt draws noise with the next occurrence number of its call, so that sticky faults
    stay and transient ones heal. A backup engine draws under a seed of its own, drawn from the
    episode's seed and its place in the list, counts its own occurrences and has a bucket of its
    own: so it can work while the first is down, and misbehaves at the same rates.

    Calls are served in the order in which they are played. Players' clocks may differ: who calls
    later in the game finds the tokens gone that calls before it took, whatever its clock says.
    """

    def __init__(self, web: Web, sandbox: Sandbox) -> None:
        """Raises what `engines.retriever` raises for a backup that cannot be made."""
        self.web = web
        self.sandbox = sandbox
        self._first = _Backend(0, "", web)
        self._backups = tuple(
            _Backend(
                place,
                backup.retriever,
                web.behind(engines.retriever(web.corpus, backup.retriever, backup.search)),
            )
            for place, backup in enumerate(sandbox.failover, start=1)
        )
        told = describe(web)
        del told["noise"]
        self._backend = digest(told)

    def cache_key(self, call: Call, view: View | None) -> str:
        """SHA-256 of tool, canonical arguments and backend (corpus, engine, sizes)."""
        return digest((call.tool, self.web.canonical(call, view), self._backend))

    def ask(self, request: Request, books: Books) -> Asked:
        """The result of a call, which changes `books`.

        Its `attempts` count all tries, its `seconds` everything that passed meanwhile. It is
        executed unless every try was refused by a rate limit.
        """
        call = request.call
        trial = _Trial(self.sandbox, request, books)
        answered = trial.tries(self._first, self.sandbox.retries or _ONCE)
        if not answered and call.tool == "search" and self._backups:
            failed = trial.result, trial.view
            answered = any(trial.tries(backup, _ONCE) for backup in self._backups)
            if not answered:
                trial.result, trial.view = failed
        if not answered and self.sandbox.degrade:
            trial.degrade(self._target(call, request.view))
        return trial.asked()

    def _target(self, call: Call, view: View | None) -> Page | None:
        """The page that a call would open; None if it opens none, or one it must not."""
        url: str | None = None
        if call.tool == "fetch":
            url = call.arguments["url"]
        elif view is not None and call.tool == "click":
            page, link = self._page(view.url), call.arguments["link"]
            url = page.links[link].url if page is not None and link < len(page.links) else None
        elif view is not None and call.tool in ("back", "read"):
            url = before(view) if call.tool == "back" else view.url
        within = None if view is None else view.within
        url = self.web.backend.resolve(url) if url else None
        if not url or (within is not None and not url.startswith(within)):
            return None
        return self._page(url)

    def _page(self, url: str) -> Page | None:
        """The page as whatever answers the web's calls has it; None if it cannot be had."""
        page = self.web.backend.page(url)
        return None if isinstance(page, Failure) else page


class _Trial:
    """One call on its way: its tries so far, the clock, and the newest result."""

    __slots__ = (
        "_books",
        "_now",
        "_request",
        "_sandbox",
        "_times",
        "_told",
        "_tried",
        "_waited",
        "result",
        "view",
    )

    def __init__(self, sandbox: Sandbox, request: Request, books: Books) -> None:
        self._sandbox, self._request, self._books = sandbox, request, books
        self._now = request.now
        self._times = 0
        self._waited = 0.0
        self._tried: list[dict[str, Any]] = []
        self._told: dict[str, Any] = {}
        self.view = request.view
        self.result: Result = _refused(request.call, 0.0)

    def tries(self, backend: _Backend, retries: Retries) -> bool:
        """Try a backend until it answers or the attempts are used; whether it answered."""
        for attempt in range(retries.attempts):
            self._now += retries.pause(attempt)
            self._once(backend)
            if self.result.error != "env_error":
                if backend.place:
                    self._told["backend"] = backend.name
                return True
            if self.result.status in _FUTILE:
                return False
        return False

    def degrade(self, page: Page | None) -> None:
        """Answer with what search shows of a page that was not opened."""
        failure = self.result
        if page is None or failure.opened:
            return
        hit = Hit(url=page.url, title=page.title, snippet=_lead(page), score=0.0, rank=1)
        content = f"{failure.content}\n{_DEGRADED}\n{laid_out((hit,), self._request.scene.layout)}"
        self._told["degraded"] = failure.status
        self.view = self._request.view
        self.result = replace(
            failure, status="degraded", content=content, urls=(page.url,), cost=len(content)
        )

    def asked(self) -> Asked:
        """The result with what it took."""
        if len(self._tried) > 1:
            self._told["tried"] = self._tried
        if self._waited:
            self._told["waited"] = elapsed(0.0, self._waited)
        details = self.result.details
        result = replace(
            self.result,
            executed=self._times > 0,
            attempts=len(self._tried),
            seconds=elapsed(self._request.now, self._now),
            details={**details, KEY: self._told} if self._told else details,
        )
        return Asked(result, self.view, self._times)

    def _once(self, backend: _Backend) -> None:
        limit = self._sandbox.limits.get(self._request.call.tool)
        wait = 0.0 if limit is None else self._taken(limit, backend.place)
        if wait:
            self.result, self.view = _refused(self._request.call, wait), self._request.view
            self._now += SHORT
        else:
            self._ask(backend)
        tried: dict[str, Any] = {"status": self.result.status}
        if backend.place:
            tried["backend"] = backend.name
        if self.result.noise:
            tried["noise"] = list(self.result.noise)
        self._tried.append(tried)

    def _taken(self, limit: Limit, place: int) -> float:
        """Take a token, once there is one; the seconds to come back after, if it is not taken."""
        name = f"{self._request.call.tool}@{place}" if place else self._request.call.tool
        full = self._books.full.get(name, 0.0)
        wait = full - (limit.burst - 1) / limit.rate - self._now
        wait = 0.0 if wait < _INSTANT else wait
        if wait and not limit.wait:
            return wait
        self._now += wait
        self._waited += wait
        self._books.full[name] = max(self._now, full) + 1 / limit.rate
        return 0.0

    def _ask(self, backend: _Backend) -> None:
        call, view, scene, key, _ = self._request
        if self._times:
            scene = replace(scene, number=scene.number + self._times)
        if backend.place:
            scene = replace(scene, seed=integer(2**63, scene.seed, "failover", backend.place))
            key = f"{key}@{backend.place}"
        occurrence = self._books.occurrences.get(key, 0)
        self.result, self.view = backend.web.call(call, view, scene, occurrence)
        self._books.occurrences[key] = occurrence + 1
        self._times += 1
        self._now += self.result.seconds or self._sandbox.seconds(call.tool)


def elapsed(start: float, now: float) -> float:
    """The virtual seconds from `start` to `now`, in whole microseconds."""
    return round(now - start, 6)


def _refused(call: Call, wait: float) -> Result:
    """What a call gets that came too fast."""
    seconds = math.ceil(10 * wait) / 10  # up, so that who waits that long is served
    content = f"Too many requests: try again in {seconds:g} s."
    return Result(
        call=call.id,
        tool=call.tool,
        status="rate_limited",
        content=content,
        executed=False,
        cost=len(content),
    )


def _lead(page: Page) -> str:
    """The passage that a page begins with, as long as a snippet."""
    return clip(one_line(page.text[: 4 * WIDTH]), WIDTH, " …")
