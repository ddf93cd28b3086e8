"""Fetching a list of urls, and the pages they link to, into a recording.

The crawl goes level by level, and the links of a level are taken in the order of its pages, so what
is fetched does not depend on which answer came first.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlsplit

from webenvs.corpora.recorded import page_of
from webenvs.errors import UnavailableError, bad_setting
from webenvs.recording.client import Client, FetchError, FetchSettings
from webenvs.recording.fetching import Fetcher
from webenvs.recording.recording import Recording
from webenvs.recording.response import Response, clean_url
from webenvs.recording.scrubbing import scrubbed_url
from webenvs.records import Page, Record

Done = TypeVar("Done")
MakeClient = Callable[[FetchSettings], Client]


class CrawlSettings(Record, frozen=True, kw_only=True):
    """How far a crawl goes from its first urls.

    `depth` is the number of links that are followed in a row; 0 fetches the first urls alone.
    Links are followed to urls that begin with one of `prefixes`; without any, to the hosts of the
    first urls (`same_host`), or anywhere. `limit` is the number of urls, the first ones included.
    The links of a page are those of its main text, as a corpus has them.
    """

    depth: int = 0
    same_host: bool = True
    prefixes: tuple[str, ...] = ()
    limit: int = 1000

    def __post_init__(self) -> None:
        """Raise SettingError for a setting that is out of range."""
        if self.depth < 0:
            raise bad_setting("depth", self.depth, "0 or more")
        if self.limit < 1:
            raise bad_setting("limit", self.limit, "at least 1")


class Outcome(Record, frozen=True, kw_only=True):
    """How the fetching of one url ended.

    `final` is where its redirects led and `status` what was answered there; `fault` is a fault of
    FetchError, "unavailable" for what a replayed recording does not hold, "status" for an answer
    that is no page, "" for a page; `reason` says it in words.
    """

    url: str
    depth: int = 0
    final: str = ""
    status: int = 0
    fault: str = ""
    reason: str = ""


def crawl(
    urls: Iterable[str],
    recording: Recording,
    settings: FetchSettings | None = None,
    reach: CrawlSettings | None = None,
    *,
    progress: Callable[[Outcome], None] | None = None,
    client: MakeClient = Client,
) -> tuple[Outcome, ...]:
    """Fetch `urls` and what `reach` says into `recording`; how each ended, in the order asked.

    What the recording holds is not asked again in record mode, all is asked in refresh mode, and
    nothing in replay mode, which needs no network. `progress` is called as urls end, in any order.
    A stop at any time (KeyboardInterrupt too) loses nothing that was completed.
    """
    work = _crawl(
        tuple(urls),
        recording,
        settings or FetchSettings(),
        reach or CrawlSettings(),
        progress or (lambda outcome: None),
        client,
    )
    return _run(work)


async def _crawl(
    urls: Sequence[str],
    recording: Recording,
    settings: FetchSettings,
    reach: CrawlSettings,
    progress: Callable[[Outcome], None],
    make: MakeClient,
) -> tuple[Outcome, ...]:
    async with contextlib.AsyncExitStack() as stack:
        client = None
        if recording.mode != "replay":
            client = await stack.enter_async_context(make(settings))
        fetcher = Fetcher(recording, client, settings.redirects)
        level = _Level(fetcher, settings.concurrency, progress)
        seen: dict[str, None] = dict.fromkeys(map(_clean, urls))
        within = _within(reach, frozenset(filter(None, map(_host, seen))))
        wave = list(seen)[: reach.limit]
        outcomes: list[Outcome] = []
        for depth in range(reach.depth + 1):
            ended = await level.fetch(wave, depth, deeper=depth < reach.depth)
            outcomes += [outcome for outcome, _ in ended]
            wave = _next(ended, seen, within, reach.limit - len(outcomes))
            if not wave:
                break
        return tuple(outcomes)


class _Level:
    """Fetches the urls of one level at once, so many at a time."""

    def __init__(
        self, fetcher: Fetcher, concurrency: int, progress: Callable[[Outcome], None]
    ) -> None:
        self._fetcher = fetcher
        self._tasks = 4 * concurrency  # more than may ask, since most wait for their host
        self._progress = progress

    async def fetch(
        self, urls: Sequence[str], depth: int, deeper: bool
    ) -> list[tuple[Outcome, tuple[str, ...]]]:
        """How each url ended, and with `deeper` the urls that its page links to."""
        ended: list[tuple[Outcome, tuple[str, ...]] | None] = [None] * len(urls)
        rest = iter(enumerate(urls))

        async def work() -> None:
            for place, url in rest:
                ended[place] = await self._one(url, depth, deeper)

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(self._tasks, len(urls))):
                    group.create_task(work())
        except BaseExceptionGroup as failed:
            raise failed.exceptions[0] from None
        return [pair for pair in ended if pair is not None]

    async def _one(self, url: str, depth: int, deeper: bool) -> tuple[Outcome, tuple[str, ...]]:
        shown = scrubbed_url(url)
        links: tuple[str, ...] = ()
        try:
            response = await self._fetcher.page(url)
        except FetchError as error:
            outcome = Outcome(url=shown, depth=depth, fault=error.fault, reason=str(error))
        except UnavailableError as error:
            outcome = Outcome(url=shown, depth=depth, fault="unavailable", reason=str(error))
        else:
            outcome = _ended(shown, depth, response)
            if deeper and not outcome.fault:
                links = await asyncio.to_thread(_links, response)
        self._progress(outcome)
        return outcome, links


def _ended(url: str, depth: int, response: Response) -> Outcome:
    good = response.status == 200
    return Outcome(
        url=url,
        depth=depth,
        final=scrubbed_url(response.url),
        status=response.status,
        fault="" if good else "status",
        reason="" if good else f"{url}: status {response.status}",
    )


def _links(response: Response) -> tuple[str, ...]:
    try:
        page = page_of(response).item
    except ValueError:
        return ()
    return tuple(link.url for link in page.links) if isinstance(page, Page) else ()


def _next(
    ended: Sequence[tuple[Outcome, tuple[str, ...]]],
    seen: dict[str, None],
    within: Callable[[str], bool],
    room: int,
) -> list[str]:
    """The urls of the next level, in the order of the pages and of their links; now seen."""
    wave: list[str] = []
    for _, links in ended:
        for link in map(_clean, links):
            if len(wave) >= room:
                return wave
            if link not in seen and within(link):
                seen[link] = None
                wave.append(link)
    return wave


def _within(reach: CrawlSettings, hosts: frozenset[str]) -> Callable[[str], bool]:
    """Whether a crawl that began at `hosts` reaches a url."""
    prefixes = tuple(map(_clean, reach.prefixes))  # a bare host ends in a slash then

    def within(url: str) -> bool:
        if not url.startswith(("http://", "https://")):
            return False
        if prefixes:
            return url.startswith(prefixes)
        return not reach.same_host or _host(url) in hosts

    return within


def _clean(url: str) -> str:
    """`url` in the form that is asked; what is no url stays, to be refused with a reason."""
    try:
        return clean_url(url)
    except ValueError:
        return url


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _run(work: Coroutine[Any, Any, Done]) -> Done:
    """What `work` returns, wherever it is called: inside a running loop, in a thread of its own."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    results: list[Done] = []
    errors: list[BaseException] = []

    def alone() -> None:
        try:
            results.append(asyncio.run(work))
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=alone)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]
