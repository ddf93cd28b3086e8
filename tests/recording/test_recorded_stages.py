"""S5 today is S4 tomorrow: real HTTP answers recorded, then played again with no server at all."""

import asyncio
from urllib.parse import urlsplit

import msgspec
import pytest

from webenvs import catalog
from webenvs.corpora.corpus import MemoryCorpus
from webenvs.corpora.world.raw import html_of
from webenvs.envs.session import Session
from webenvs.episodes import play, replay
from webenvs.recording.client import Client
from webenvs.recording.fetching import Fetcher
from webenvs.recording.recording import Recording
from webenvs.recording.searching import search
from webenvs.search.lexical.bm25 import retriever_for
from webenvs.tasks.taskset import TaskSet

API = "my_web:search"
QUERY = "Hedelle Brungresk"
SEEDS = range(12)


class Served(msgspec.Struct):
    """The tiny world as a local server has it: its pages, their tasks, and who asks it."""

    corpus: object
    tasks: object
    rows: object
    client: object


@pytest.fixture
def served(site, quick, clock):
    """Every page of the tiny world as HTML at an address of the local server, and tasks on it."""
    tiny = catalog.scenario("MultiHop-v0")

    def moved(url):
        parts = urlsplit(url)
        return site.url(f"/{parts.netloc}{parts.path}")

    def there(page):
        links = tuple(msgspec.structs.replace(link, url=moved(link.url)) for link in page.links)
        return msgspec.structs.replace(page, url=moved(page.url), links=links)

    def asked(task):
        evidence = tuple(tuple(map(moved, urls)) for urls in task.evidence)
        return msgspec.structs.replace(task, id="", evidence=evidence)

    old = tiny.web.corpus
    pages = [there(old.page(place)) for place in range(len(old))]
    for page in pages:
        site.page(urlsplit(page.url).path, html_of(page), kind="text/html; charset=utf-8")
    corpus = MemoryCorpus(pages, name="served")
    retriever = retriever_for(corpus)
    tasks = {task.id: asked(task) for task in (tiny.tasks.draw(n, "train") for n in SEEDS)}

    def rows(query, k):
        hits = retriever.search(query, k)
        return [{"url": h.url, "title": h.title, "snippet": h.snippet} for h in hits]

    return Served(
        corpus=corpus,
        tasks=TaskSet(tasks.values(), "served"),
        rows=rows,
        client=lambda: Client(quick(), sleep=clock.sleep, now=clock.now),
    )


class Local:
    """An adapter that asks the local server through the guarded client; `asked` are its urls."""

    def __init__(self, served):
        self._served, self.asked = served, []

    def search(self, query, k):
        return self._served.rows(query, k)

    def fetch(self, url):
        self.asked.append(url)

        async def get():
            async with self._served.client() as client:
                return await client.get(url)

        return asyncio.run(get())


@pytest.fixture
def scenario(served, tmp_path):
    """The MultiHop game on a stage, over the pages and tasks of the local server."""

    def make(stage, **settings):
        given = {"corpus": served.corpus, "tasks": served.tasks, "recording": tmp_path / "kept"}
        return catalog.scenario("MultiHop-v0", stage=stage, **{**given, **settings})

    return make


def episodes(made, player):
    return [play(made, catalog.lineup(player, made.game), seed) for seed in SEEDS]


def told(played):
    """What players saw, said and earned, without what names the stage."""
    return [(ep.turns, ep.answer, ep.rewards) for ep in played]


@pytest.mark.parametrize("game", ["solo", "team"])
def test_what_was_live_is_replayed_without_a_server(site, served, scenario, game):
    adapter = Local(served)
    live = episodes(scenario("S5", live=adapter, game=game), "scripted")
    site.shutdown()
    site.server_close()
    name = f"{Local.__module__}:{Local.__qualname__}"
    again = scenario("S4", api=name, game=game)
    assert told(episodes(again, "scripted")) == told(live)
    assert len(adapter.asked) == len(set(adapter.asked))


def test_a_scripted_player_finds_right_answers_in_real_pages(served, scenario):
    played = episodes(scenario("S5", live=Local(served)), "scripted")
    assert {ep.end for ep in played} == {"answered"}
    assert sum(ep.rewards["researcher_0"] for ep in played) >= 1


@pytest.fixture
def crawled(served, tmp_path):
    """A recording of the evidence of every task, made by the fetcher; searches of one query."""

    async def fetch(recording):
        async with served.client() as client:
            fetcher = Fetcher(recording, client)
            for task in served.tasks:
                for url in task.evidence[0]:
                    await fetcher.page(url)

    with Recording(tmp_path / "kept", "record") as recording:
        asyncio.run(fetch(recording))
        search(recording, API, QUERY, 10, ask=served.rows)
    return recording


def test_an_oracle_reads_the_recorded_evidence_and_is_paid_for_it(site, crawled, scenario):
    site.shutdown()
    site.server_close()
    made = scenario("S4", api=API, reward="evidence")
    played = episodes(made, "oracle")
    assert [ep.rewards["researcher_0"] for ep in played] == [1.0] * len(SEEDS)
    assert all(replay(ep, made) is None for ep in played)


def ask(made, tool, **arguments):
    """What a call brings a player, and the faults that its trainer is told of."""
    session = Session(made, made.tasks.draw(0, "train"), 0)
    session.act({"calls": [{"name": tool, "arguments": arguments}]})
    return session.state.turns[0].results[0], session.info("researcher_0")["errors"], session


def test_a_query_that_was_not_recorded_is_unavailable_and_the_environments_fault(crawled, scenario):
    result, errors, session = ask(scenario("S4", api=API), "search", query="never asked")
    assert (result.status, errors) == ("unavailable", ("env_error",))
    assert "was not recorded" in session.observe("researcher_0")["text"]
    assert not session.over


def test_a_page_that_was_not_recorded_is_unavailable_and_the_environments_fault(crawled, scenario):
    result, errors, session = ask(scenario("S4", api=API), "fetch", url="https://nowhere.example/")
    assert (result.status, errors) == ("unavailable", ("env_error",))
    assert not session.over


def test_another_name_of_the_search_is_another_api(crawled, scenario):
    found, _, _ = ask(scenario("S4", api=API), "search", query=QUERY)
    other, _, _ = ask(scenario("S4", api="other:search"), "search", query=QUERY)
    assert (found.status, other.status) == ("ok", "unavailable")


def test_noise_falls_on_recorded_pages_as_on_any(crawled, scenario):
    made = scenario("S4", api=API, noise="timeout:1")
    result, errors, _ = ask(made, "search", query=QUERY)
    assert (result.status, errors) == ("timeout", ("env_error",))
