"""Searches and pages without an episode, answered by the same web with the same noise."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from webenvs.envs.scenario import Scenario
from webenvs.errors import bad_setting
from webenvs.noise.layouts import laid_out
from webenvs.noise.model import Failure, Scene
from webenvs.noise.weather import Weather
from webenvs.records import Call, Hit, Result
from webenvs.serve.place import Where, scene_of
from webenvs.text import one_line
from webenvs.web.web import Web

_WEBS = 8  # each remembers answers of its own
_CALL = "1"  # the id of every call: nothing depends on it


class Found(NamedTuple):
    """The result of a search, and the hits that its text shows.

    There are none where nothing was found, the search failed, or its answer arrived damaged.
    """

    result: Result
    hits: tuple[Hit, ...]


class Retrieval:
    """The web of a scenario as doors without episodes ask it; threads may share it."""

    def __init__(self, scenario: Scenario, most: int) -> None:
        """At most `most` hits may be asked for; raises SettingError if the web shows more."""
        if most < scenario.web.top_k:
            allowed = f"at least {scenario.web.top_k}, the hits that the scenario shows"
            raise bad_setting("max-topk", most, allowed)
        self.scenario = scenario
        self._most = most
        self._webs: dict[int, Web] = {}

    def depth(self, topk: int | None) -> int:
        """The hits of a query that names this topk; raises SettingError if it is not allowed."""
        return self._web(topk).top_k

    def search(self, query: str, topk: int | None, where: Where) -> Found:
        """What `search` brings there; raises SettingError for a topk that is not allowed."""
        web = self._web(topk)
        call = Call(id=_CALL, tool="search", arguments={"query": query})
        scene = scene_of(self.scenario, where, "search")
        result, _ = web.call(call, None, scene, where.occurrence)
        if result.status != "ok":
            return Found(result, ())
        hits = _hits(web, call, scene, where.occurrence)
        return Found(result, hits if laid_out(hits, scene.layout) == result.content else ())

    def fetch(self, url: str, part: int, where: Where) -> Result:
        """What `fetch` brings there: a part of a page as players read it, or why there is none."""
        arguments: dict[str, Any] = {"url": url} if part == 1 else {"url": url, "page": part}
        call = Call(id=_CALL, tool="fetch", arguments=arguments)
        scene = scene_of(self.scenario, where, "fetch")
        return self.scenario.web.call(call, None, scene, where.occurrence)[0]

    def _web(self, topk: int | None) -> Web:
        """The web that shows so many hits."""
        if topk in (None, self.scenario.web.top_k):
            return self.scenario.web
        if not 1 <= topk <= self._most:
            raise bad_setting("topk", topk, f"a whole number from 1 to {self._most}")
        web = self._webs.get(topk)
        if web is None:
            web = self.scenario.web.showing(topk)
            kept = self._webs if len(self._webs) < _WEBS else {}
            self._webs = {**kept, topk: web}  # in one step, since threads share it
        return web


def _hits(web: Web, call: Call, scene: Scene, occurrence: int) -> tuple[Hit, ...]:
    """The hits behind an answer: the engine's, with what noise makes of them."""
    query = call.arguments["query"]
    hits = web.backend.search(query, web.top_k)
    if isinstance(hits, Failure):
        return ()
    if not web.mixture:
        return hits
    arguments = web.canonical(call, None)
    return Weather(web.mixture, scene, "search", arguments, occurrence).hits(
        query, hits, web.around
    )


def document(hit: Hit) -> dict[str, Any]:
    """A hit as a document of Search-R1: `contents` has the title in its first line."""
    title = one_line(hit.title)
    return {"id": hit.url, "url": hit.url, "contents": f'"{title}"\n{hit.snippet}'}


def documents(found: Found, *, scores: bool) -> Sequence[dict[str, Any]]:
    """What was found as a list of Search-R1; a failure is a document that tells of it.

    That is so since such clients read documents and nothing else, and repeat a request that is
    answered with an error, which would be the same again.
    """
    result, hits = found
    listed = [(document(hit), hit.score) for hit in hits]
    if not hits and result.status != "empty":
        listed = [({"id": "", "url": "", "contents": result.content}, 0.0)]
    if scores:
        return [{"document": each, "score": score} for each, score in listed]
    return [each for each, _ in listed]
