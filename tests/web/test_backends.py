"""What answers the calls of a web, by one contract: a corpus, nothing, a recording, an adapter."""

import json
import sys
import types

import httpx
import pytest

from webenvs.corpora.corpus import MemoryCorpus
from webenvs.errors import CorpusError, SettingError, UnavailableError, UnknownNameError
from webenvs.noise.compact import noise_from
from webenvs.noise.model import Scene
from webenvs.recording.client import FetchError
from webenvs.recording.disk import DATABASE
from webenvs.recording.recording import Recording
from webenvs.recording.response import Response, kept, page_request
from webenvs.recording.searching import search
from webenvs.records import Call, Page
from webenvs.search.lexical.bm25 import retriever_for
from webenvs.web.backend import Backend, CorpusBackend, PriorWorld
from webenvs.web.live import LiveWeb, adapter_of
from webenvs.web.recorded import RecordedWeb
from webenvs.web.tools import TOOLS
from webenvs.web.web import Web, describe

SITE = "https://w.example/"
HTML = (("content-type", "text/html; charset=utf-8"),)
ROWS = [
    {"url": SITE + "b", "title": "Brena", "snippet": "A town."},
    {"url": SITE + "b#bridge", "title": "Brena again"},
    {"url": "https://W.example/a", "title": "Alba"},
]
ARGUMENTS = {
    "search": {"query": "alba"},
    "fetch": {"url": SITE + "a"},
    "click": {"link": 0},
    "find": {"text": "river"},
    "back": {},
    "read": {},
}


def page(title, *links):
    told = "".join(f'<p><a href="{link}">to {link}</a></p>' for link in links)
    words = f"{title} is a place that is told of here at some length. " * 5
    return f"<html><head><title>{title}</title></head><body><p>{words}</p>{told}</body></html>"


def response(url, body="", status=200, headers=HTML):
    return Response(url=url, status=status, version="HTTP/1.1", headers=headers, body=body.encode())


@pytest.fixture
def corpus():
    return MemoryCorpus([Page(url=SITE + "a", title="Alba", text="The Alba is a river.")])


@pytest.fixture
def web(corpus):
    """The web over a backend, whatever the corpus holds."""
    return lambda backend, noise="": Web(
        corpus, retriever_for(corpus), noise_from(noise), backend=backend
    )


def ask(web, tool, view=None, **arguments):
    return web.call(Call(id="1", tool=tool, arguments=arguments), view, Scene(seed=0), 0)


@pytest.fixture
def recorded(tmp_path, web):
    """The web of a recording of these responses."""

    def make(*responses):
        with Recording(tmp_path / "kept", "record") as recording:
            for each in responses:
                recording.keep(page_request(each.url), kept(each))
            search(recording, "my:search", "towns", 10, ask=lambda query, k: ROWS)
        return web(RecordedWeb(Recording(tmp_path / "kept"), "my:search"))

    return make


class Adapter:
    """Answers from a mapping of urls, or raises what stands there; `asked` is what it was asked."""

    def __init__(self, pages=(), rows=ROWS):
        self.pages, self.rows, self.asked = dict(pages), rows, []

    def fetch(self, url):
        self.asked.append(url)
        found = self.pages.get(url)
        if isinstance(found, BaseException):
            raise found
        return found

    def search(self, query, k):
        self.asked.append((query, k))
        if isinstance(self.rows, BaseException):
            raise self.rows
        return self.rows


def live(adapter, recording=None):
    return LiveWeb(adapter, "my:Adapter", recording)


@pytest.fixture
def backends(tmp_path, corpus):
    with Recording(tmp_path / "empty", "record"):
        pass
    return {
        "corpus": CorpusBackend(corpus, retriever_for(corpus)),
        "prior": PriorWorld(),
        "recorded": RecordedWeb(Recording(tmp_path / "empty"), "my:search"),
        "live": live(Adapter()),
    }


@pytest.mark.parametrize("name", ["corpus", "prior", "recorded", "live"])
def test_every_backend_keeps_the_contract(backends, name):
    assert isinstance(backends[name], Backend)
    json.dumps(dict(backends[name].settings))
    assert isinstance(backends[name].canonical(" https://w.example/a "), str)


@pytest.mark.parametrize("name", ["prior", "recorded", "live"])
def test_a_web_tells_which_backend_answers(backends, web, name):
    assert describe(web(backends[name]))["backend"]["backend"] == name


def test_a_web_on_its_own_corpus_tells_of_no_backend(backends, web):
    assert "backend" not in describe(web(backends["corpus"]))


@pytest.mark.parametrize("tool", TOOLS)
def test_without_a_web_a_call_gets_its_own_echo_and_nothing_else(web, tool):
    result, view = ask(web(PriorWorld()), tool, **ARGUMENTS[tool])
    assert (result.status, result.urls, result.opened, view) == ("empty", (), False, None)
    assert json.loads(result.content) == ARGUMENTS[tool]


def test_a_recorded_page_is_read_clicked_and_searched_like_any(recorded):
    made = recorded(
        response(SITE + "a", page("Alba", "b", "http://Other.example:80/x#y")),
        response(SITE + "b", page("Brena")),
    )
    result, view = ask(made, "fetch", url="  https://W.example/a#top ")
    assert (result.status, result.urls, result.opened) == ("ok", (SITE + "a",), True)
    assert "http://other.example/x" in result.content
    assert ask(made, "find", view, text="length")[0].status == "ok"
    result, view = ask(made, "click", view, link=0)
    assert (result.status, result.urls) == ("ok", (SITE + "b",))


@pytest.mark.parametrize(
    ("status", "expected", "fault"),
    [
        (404, "not_found", "policy_error"),
        (410, "not_found", "policy_error"),
        (401, "refused", "env_error"),
        (403, "refused", "env_error"),
        (451, "refused", "env_error"),
        (429, "rate_limited", "env_error"),
        (500, "server_error", "env_error"),
        (204, "unavailable", "env_error"),
        (418, "unavailable", "env_error"),
    ],
)
def test_a_recorded_status_is_replayed_as_what_it_means(recorded, status, expected, fault):
    result, _ = ask(recorded(response(SITE + "a", status=status)), "fetch", url=SITE + "a")
    assert (result.status, result.error) == (expected, fault)


def test_a_recorded_redirect_leads_to_the_page_behind_it(recorded):
    made = recorded(
        response(SITE + "old", status=301, headers=(("location", "/a"),)),
        response(SITE + "a", page("Alba")),
    )
    result, view = ask(made, "fetch", url=SITE + "old")
    assert (result.status, result.urls, view.url) == ("ok", (SITE + "a",), SITE + "a")


def test_a_refresh_in_a_page_leads_on_as_well(recorded):
    onward = (
        '<html><head><meta http-equiv="refresh" content="0; url=/a"></head><body></body></html>'
    )
    made = recorded(response(SITE + "old", onward), response(SITE + "a", page("Alba")))
    assert ask(made, "fetch", url=SITE + "old")[0].urls == (SITE + "a",)


@pytest.mark.parametrize("location", ["/loop", "/nowhere", "mailto:a@w.example"])
def test_a_redirect_that_leads_to_no_recorded_page_is_unavailable(recorded, location):
    made = recorded(response(SITE + "loop", status=302, headers=(("location", location),)))
    assert ask(made, "fetch", url=SITE + "loop")[0].status == "unavailable"


def test_what_is_no_page_of_text_is_unavailable(recorded):
    pdf = response(SITE + "a", "%PDF", headers=(("content-type", "application/pdf"),))
    result, _ = ask(recorded(pdf), "fetch", url=SITE + "a")
    assert result.status == "unavailable"
    assert "cannot be read" in result.content


@pytest.mark.parametrize("address", ["nowhere", "", "ftp://w.example/a", "mailto:x@y.example"])
def test_an_address_that_is_none_of_the_web_is_not_found(recorded, address):
    assert ask(recorded(), "fetch", url=address)[0].status == "not_found"


def test_recorded_results_are_hits_each_page_once_in_the_order_of_the_api(recorded):
    result, _ = ask(recorded(), "search", query=" towns ")
    assert (result.status, result.urls) == ("ok", (SITE + "b", SITE + "a"))
    assert ask(recorded(), "search", query=" ")[0].status == "empty"


def test_two_spellings_of_a_recorded_address_are_one_call(recorded):
    made = recorded(response(SITE + "a", page("Alba")))
    call = [
        Call(id="1", tool="fetch", arguments={"url": url})
        for url in (SITE + "a", " https://W.example/a#x")
    ]
    assert made.canonical(call[0], None) == made.canonical(call[1], None)


def test_a_recording_that_was_changed_is_a_fault_and_no_answer(tmp_path, recorded):
    made = recorded(response(SITE + "a", page("Alba")))
    with Recording(tmp_path / "kept", "record") as recording:
        request = page_request(SITE + "a")
        recording.keep(request, {"status": 200})
    assert (tmp_path / "kept" / DATABASE).is_file()
    with pytest.raises(CorpusError, match="is damaged"):
        ask(made, "fetch", url=SITE + "a")


def test_a_live_page_is_asked_for_once(web):
    adapter = Adapter({SITE + "a": page("Alba")})
    made = web(live(adapter))
    for address in (SITE + "a", SITE + "a#x"):
        assert ask(made, "fetch", url=address)[0].status == "ok"
    assert adapter.asked == [SITE + "a"]


def test_to_compare_calls_nobody_is_asked(web):
    adapter = Adapter()
    web(live(adapter)).canonical(Call(id="1", tool="fetch", arguments={"url": SITE + "a"}), None)
    assert adapter.asked == []


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (TimeoutError("slow"), "timeout"),
        (httpx.ReadTimeout("slow"), "timeout"),
        (ConnectionResetError("gone"), "refused"),
        (httpx.ConnectError("gone"), "refused"),
        (FetchError("timeout", "slow"), "timeout"),
        (FetchError("status", "503"), "server_error"),
        (FetchError("broken", "half"), "malformed"),
        (FetchError("unreachable", "gone"), "refused"),
        (FetchError("robots", "no"), "unavailable"),
        (UnavailableError("not today"), "unavailable"),
    ],
)
@pytest.mark.parametrize("tool", ["fetch", "search"])
def test_a_web_that_does_not_answer_is_the_environments_fault(web, error, status, tool):
    made = web(live(Adapter({SITE + "a": error}, rows=error)))
    result, _ = ask(made, tool, **ARGUMENTS[tool])
    assert (result.status, result.error) == (status, "env_error")


@pytest.mark.parametrize("said", [ValueError("a defect"), SystemExit(3), 7])
def test_a_defect_of_the_adapter_is_a_fault_and_no_answer(web, said):
    with pytest.raises(CorpusError, match="live adapter"):
        ask(web(live(Adapter({SITE + "a": said}))), "fetch", url=SITE + "a")


def test_a_defect_of_the_adapters_search_is_a_fault_and_no_answer(web):
    with pytest.raises(CorpusError, match="a defect"):
        ask(web(live(Adapter(rows=ValueError("a defect")))), "search", query="towns")


def test_no_page_is_not_found(web):
    assert ask(web(live(Adapter())), "fetch", url=SITE + "a")[0].status == "not_found"


def test_a_failure_is_asked_again(web):
    adapter = Adapter({SITE + "a": TimeoutError()})
    made = web(live(adapter))
    ask(made, "fetch", url=SITE + "a")
    adapter.pages[SITE + "a"] = page("Alba")
    assert ask(made, "fetch", url=SITE + "a")[0].status == "ok"


@pytest.mark.parametrize("also", [True, False])
def test_a_response_from_elsewhere_is_a_redirect_and_recorded_as_one(tmp_path, web, also):
    adapter = Adapter({SITE + "old": response(SITE + "a", page("Alba"))})
    if also:
        adapter.pages[SITE + "a"] = response(SITE + "a", page("Alba"))
    with Recording(tmp_path / "kept", "record") as recording:
        result, _ = ask(web(live(adapter, recording)), "fetch", url=SITE + "old")
    again = web(RecordedWeb(Recording(tmp_path / "kept"), "my:Adapter"))
    assert (result.status, result.urls) == ("ok", (SITE + "a",))
    assert ask(again, "fetch", url=SITE + "old")[0] == result


def test_without_a_recording_a_response_from_elsewhere_is_shown_at_its_own_url(web):
    adapter = Adapter({SITE + "old": response(SITE + "a", page("Alba"))})
    result, view = ask(web(live(adapter)), "fetch", url=SITE + "old")
    assert (result.status, result.urls, view.url) == ("ok", (SITE + "a",), SITE + "a")


def test_what_is_recorded_is_not_asked_again(tmp_path, web):
    adapter = Adapter({SITE + "a": page("Alba")})
    for _ in range(2):
        with Recording(tmp_path / "kept", "record") as recording:
            made = web(live(adapter, recording))
            ask(made, "fetch", url=SITE + "a")
            ask(made, "search", query="towns")
    assert adapter.asked == [SITE + "a", ("towns", 10)]


def test_a_failure_is_not_recorded(tmp_path, web):
    with Recording(tmp_path / "kept", "record") as recording:
        made = web(live(Adapter({SITE + "a": TimeoutError()}, rows=TimeoutError()), recording))
        ask(made, "fetch", url=SITE + "a")
        ask(made, "search", query="towns")
        assert len(recording) == 0


def test_live_rows_that_are_no_results_are_a_fault(web):
    with pytest.raises(CorpusError, match="answered no list"):
        ask(web(live(Adapter(rows=[{"link": 3}]))), "search", query="towns")


@pytest.fixture
def module(monkeypatch):
    made = types.ModuleType("my_live_module")
    made.Adapter, made.ready = Adapter, Adapter()
    made.Nothing, made.Failing = object, type("Failing", (), {"__init__": lambda self: 1 / 0})
    monkeypatch.setitem(sys.modules, "my_live_module", made)
    return made


@pytest.mark.parametrize("name", ["Adapter", "ready"])
def test_an_adapter_is_named_by_its_import_path(module, name):
    adapter, told = adapter_of(f"my_live_module:{name}")
    assert isinstance(adapter, Adapter)
    assert told == f"my_live_module:{name}"


def test_an_adapter_that_is_an_object_is_told_by_its_class():
    adapter = Adapter()
    assert adapter_of(adapter) == (adapter, f"{__name__}:Adapter")
    assert adapter_of(Adapter)[1] == f"{__name__}:Adapter"


@pytest.mark.parametrize(
    ("value", "error", "words"),
    [
        (3, SettingError, "live = 3 is not allowed: .* this one has no search"),
        ("my_live_module:Nothing", SettingError, "this one has no search"),
        ("my_live_module:Failing", SettingError, "making it raised ZeroDivisionError"),
        ("my_live_module:Adaptor", UnknownNameError, "Did you mean 'Adapter'"),
        ("adapter", SettingError, r"live = 'adapter' .* an object with search\(query, k\)"),
    ],
)
def test_what_is_no_adapter_is_refused(module, value, error, words):
    with pytest.raises(error, match=words):
        adapter_of(value)


@pytest.mark.parametrize("noise", ["outage:1", "timeout:1", "timeout:1(turns=0-5)"])
def test_a_live_web_is_not_asked_for_what_noise_makes_fail(web, noise):
    adapter = Adapter({SITE + "a": page("Alba")})
    made = web(live(adapter), noise)
    result, _ = ask(made, "fetch", url=SITE + "a")
    assert result.error == "env_error"
    assert adapter.asked == []
