"""Crawling into a recording: what is asked, how redirects and failures end, what is replayed."""

import asyncio
import sqlite3

import pytest

from webenvs.corpora import recorded
from webenvs.corpora.corpus import Redirect
from webenvs.corpora.crawling import CrawlSettings, crawl
from webenvs.errors import CorpusError, SettingError
from webenvs.recording.client import Client
from webenvs.recording.recording import Recording
from webenvs.recording.upkeep import entries
from webenvs.records import Page


def linked(*names):
    words = "The Alba is a river that passes many a town on its long way to the sea. " * 10
    return f"<main><p>{words}" + "".join(f'<p><a href="{name}">{name}</a>' for name in names)


@pytest.fixture
def run(site, quick, clock, tmp_path):
    """Crawl into the recording of the test; the outcomes."""

    def start(*urls, mode="record", reach=None, place="recording", **changes):
        def client(settings):
            return Client(settings, sleep=clock.sleep, now=clock.now)

        with Recording(tmp_path / place, mode) as recording:
            reach = CrawlSettings(**(reach or {}))
            return crawl(urls, recording, quick(**changes), reach, client=client)

    return start


def faults(outcomes):
    return [outcome.fault for outcome in outcomes]


def test_what_is_recorded_is_not_asked_again(site, run):
    site.page("/", "<p>x")
    assert faults(run(site.url()) + run(site.url())) == ["", ""]
    assert site.paths() == ["/"]


def test_refresh_asks_everything_once_more(site, run):
    site.page("/", "<p>x")
    site.page("/to", "", status="302 Found", headers=[("Location", "/")])
    run(site.url(), site.url("/to"))
    run(site.url(), site.url("/to"), mode="refresh")
    assert sorted(site.paths()) == ["/", "/", "/to", "/to"]


def test_replay_never_asks_and_says_what_is_missing(site, run):
    site.page("/", "<p>x")
    run(site.url())
    outcomes = run(site.url(), site.url("/more"), mode="replay")
    assert faults(outcomes) == ["", "unavailable"]
    assert site.paths() == ["/"]


def test_replay_makes_no_client(site, run, tmp_path):
    site.page("/", "<p>x")
    run(site.url())
    with Recording(tmp_path / "recording") as recording:
        assert faults(crawl([site.url()], recording, client=None)) == [""]


def test_a_page_with_another_fragment_is_the_same(site, run):
    site.page("/", "<p>x")
    assert len(run(site.url("/#a"), site.url("/#b"), site.url("/"))) == 1
    assert site.paths() == ["/"]


def test_every_hop_of_a_redirect_is_recorded(site, run, tmp_path):
    site.page("/a", "", status="301 Moved", headers=[("Location", "b?x=1")])
    site.page("/b?x=1", "", status="307 Moved", headers=[("Location", site.url("/c"))])
    site.page("/c", "<p>here")
    (outcome,) = run(site.url("/a"))
    assert (outcome.fault, outcome.status, outcome.final) == ("", 200, site.url("/c"))
    with Recording(tmp_path / "recording") as recording:
        found = {(entry.what, entry.status) for entry in entries(recording)}
        items = [item for item in recorded.freeze(recording) if isinstance(item, Redirect)]
    assert found == {(site.url("/a"), 301), (site.url("/b?x=1"), 307), (site.url("/c"), 200)}
    assert {item.target for item in items} == {site.url("/b?x=1"), site.url("/c")}


def test_redirects_in_a_circle_end(site, run):
    site.page("/a", "", status="302 Found", headers=[("Location", "/b")])
    site.page("/b", "", status="302 Found", headers=[("Location", "/a")])
    assert faults(run(site.url("/a"))) == ["redirects"]
    assert len(site.asked) == 2


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1:1/",
        "http://localhost/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[fd00:ec2::254]/",
        "http://[::ffff:7f00:1]/",
        "http://2130706433/",
        "file:///etc/passwd",
        "ftp://a.example/",
        "javascript:alert(1)",
        "http://name:word@a.example/",
        "http://[/",
    ],
)
def test_a_redirect_to_what_may_not_be_asked_is_refused(site, run, target):
    site.page("/", "", status="302 Found", headers=[("Location", target)])
    assert faults(run(site.url())) == ["refused"]
    assert site.paths() == ["/"]


def test_a_redirect_whose_secret_was_not_kept_is_asked_again(site, run):
    """A recorder that stopped between the two hops left a first one that leads nowhere."""
    site.page("/a", "", status="302 Found", headers=[("Location", "/b?token=secret")])
    site.page("/b?token=secret", "", status="503 Busy")
    assert faults(run(site.url("/a"))) == ["status"]
    site.page("/b?token=secret", "<p>x")
    assert faults(run(site.url("/a"))) == [""]
    assert site.paths() == ["/a", "/b?token=secret"] * 2


def test_a_redirect_from_one_secret_to_another_is_followed(site, run):
    """Without their secrets the two urls are one: the page takes the place of the redirect."""
    site.page("/a?sid=1", "", status="302 Found", headers=[("Location", "/a?sid=2")])
    site.page("/a?sid=2", "<p>x")
    assert faults(run(site.url("/a?sid=1"))) == [""]
    assert faults(run(site.url("/a?sid=3"), mode="replay")) == [""]


def test_a_recorded_redirect_to_what_is_no_url_is_refused_again(site, run):
    site.page("/", "", status="302 Found", headers=[("Location", "http://a:b/?token=secret")])
    assert faults(run(site.url()) + run(site.url())) == ["refused", "refused"]
    assert site.paths() == ["/"]


@pytest.mark.parametrize("robots", [False, True])
@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "http://[/",
        "http://a b/",
        "",
        "http://127.1/",
        "http://[fe80::1%eth0\u2100]",
        "http://a.example/\udcff",
    ],
    ids=ascii,
)
def test_what_is_no_url_is_refused(run, url, robots):
    assert faults(run(url, robots=robots)) == ["refused"]


@pytest.mark.parametrize("way", ["reset", "endless"])
def test_what_failed_is_not_recorded_and_is_asked_again(site, run, hostile, way, tmp_path):
    site.routes["/"] = getattr(hostile, way)
    assert faults(run(site.url(), size_limit=10_000)) != [""]
    with Recording(tmp_path / "recording") as recording:
        assert len(recording) == 0
    site.page("/", "<p>x")
    assert faults(run(site.url())) == [""]


def test_a_status_that_may_pass_is_not_recorded(site, run, tmp_path):
    site.page("/", "", status="503 Busy")
    assert faults(run(site.url())) == ["status"]
    with Recording(tmp_path / "recording") as recording:
        assert len(recording) == 0


def test_a_page_that_is_not_there_is_recorded_and_said(site, run):
    (first,) = run(site.url("/none"))
    (second,) = run(site.url("/none"), mode="replay")
    assert (first.fault, first.status, first) == ("status", 404, second)


def test_one_bad_page_does_not_stop_the_others(site, run, hostile):
    site.page("/good", "<p>x")
    site.routes["/slow"] = hostile.slow_head()
    site.routes["/reset"] = hostile.reset
    site.routes["/bomb"] = hostile.bomb(2)
    paths = ("/slow", "/reset", "/bomb", "/good")
    outcomes = run(*map(site.url, paths), total_time=0.5, size_limit=100_000, per_host=4)
    assert faults(outcomes) == ["timeout", "broken", "too_large", ""]


def test_links_are_followed_to_the_depth_on_the_same_host(site, run):
    site.page("/", linked("/a", "/b", "http://other.example/", "mailto:x@y"))
    site.page("/a", linked("/c", "/"))
    site.page("/b", linked("/c"))
    site.page("/c", linked("/d"))
    outcomes = run(site.url(), reach={"depth": 2})
    assert [(outcome.url, outcome.depth) for outcome in outcomes] == [
        (site.url("/"), 0),
        (site.url("/a"), 1),
        (site.url("/b"), 1),
        (site.url("/c"), 2),
    ]


def test_a_prefix_that_is_a_host_is_that_host_alone(site, run):
    site.page("/", linked("/a", f"{site.url('')}evil.example/"))
    reach = {"depth": 1, "prefixes": (site.url(""),)}
    assert [outcome.url for outcome in run(site.url(), reach=reach)][1:] == [site.url("/a")]


def test_links_are_followed_below_a_prefix(site, run):
    site.page("/docs/", linked("/docs/a", "/blog/b"))
    site.page("/docs/a", linked())
    reach = {"depth": 5, "prefixes": (site.url("/docs/"),)}
    assert len(run(site.url("/docs/"), reach=reach)) == 2


def test_a_link_elsewhere_is_followed_if_that_is_wanted(site, other_site, run):
    site.page("/", linked(other_site.url("/x")))
    other_site.page("/x", linked())
    reach = {"depth": 1, "same_host": False}
    outcomes = run(site.url(), reach=reach, allow=(site.host, other_site.host))
    assert [outcome.url for outcome in outcomes] == [site.url("/"), other_site.url("/x")]


def test_of_ten_thousand_links_so_many_are_followed_as_the_limit_says(site, run):
    site.page("/", linked(*(f"/{number}" for number in range(10_000))))
    outcomes = run(site.url(), reach={"depth": 1, "limit": 20})
    assert [outcome.url for outcome in outcomes[1:]] == [site.url(f"/{n}") for n in range(19)]
    assert len(site.asked) == 20


def test_urls_that_are_given_are_all_asked_whatever_the_limit(site, run):
    for number in range(5):
        site.page(f"/{number}", linked("/more"))
    urls = [site.url(f"/{number}") for number in range(5)]
    outcomes = run(*urls, reach={"depth": 1, "limit": 3})
    assert [outcome.url for outcome in outcomes] == urls


def test_the_same_urls_are_asked_whichever_answers_first(site, run, ordinary):
    def late(body, seconds):
        def route(site, connection):
            site.over.wait(seconds)
            connection.sendall(ordinary(body))

        return route

    chosen = []
    for first, second in ((0.1, 0), (0, 0.1)):
        site.page("/", linked("/a", "/b"))
        site.routes["/a"] = late(linked("/c", "/d"), first)
        site.routes["/b"] = late(linked("/e", "/f"), second)
        reach = {"depth": 2, "limit": 5}
        chosen.append([o.url for o in run(site.url(), reach=reach, place=f"{first}")])
    assert chosen[0] == chosen[1] == [site.url(path) for path in ("/", "/a", "/b", "/c", "/d")]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/html; charset=Shift_JIS", "<p>東京は日本の首都です。".encode("shift_jis")),
        ("text/html", '<meta charset="shift_jis"><p>東京は日本の首都です。'.encode("shift_jis")),
        ("text/html;charset='windows-1251'", "<p>Москва".encode("cp1251")),
        ("text/html", '<meta charset="windows-1251"><p>Москва'.encode("cp1251")),
        ("text/html; charset=cp1251", '<meta charset="utf-8"><p>Москва'.encode("cp1251")),
        ("text/html", "<p>Москва".encode()),
        ("text/html; charset=nonsense", "<p>Москва".encode()),
        ("text/html; charset=punycode", "<p>Москва".encode()),
        ("text/html; charset=utf-16", "<p>Москва".encode("utf-16")),
        ("text/html; charset=iso-8859-1", b"\xef\xbb\xbf" + "<p>Москва".encode()),
        ("text/plain; charset=koi8-r", "Москва".encode("koi8-r")),
        ("text/plain", "Москва".encode("utf-16")),
    ],
)
def test_text_is_decoded_as_header_or_page_say(site, run, tmp_path, kind, body):
    site.page("/", body, kind=kind)
    run(site.url())
    (page,) = recorded.freeze(tmp_path / "recording")
    assert page.text in ("Москва", "東京は日本の首都です。")


def test_credentials_of_headers_and_urls_are_in_no_byte_of_the_recording(site, run, tmp_path):
    first = "/;jsessionid=SECRET-IN-PATH?personal_access_token=SECRET-IN-QUERY"
    site.page(
        first,
        "",
        status="302 Found",
        headers=[
            ("Set-Cookie", "id=SECRET-IN-COOKIE"),
            ("X-Api-Key", "SECRET-IN-HEADER"),
            ("X-Token", "SECRET-IN-HEADER"),
            ("Cf-Access-Jwt-Assertion", "SECRET-IN-HEADER"),
            ("Link", f"<{site.url('/x?token=SECRET-IN-LINK')}>; rel=next"),
            ("Location", "/to?token=SECRET-IN-LOCATION&page=2"),
        ],
    )
    site.page("/to?token=SECRET-IN-LOCATION&page=2", "<p>x")
    headers = {f"http://{site.host}": {"Authorization": "SECRET-IN-HEADER"}}
    (outcome,) = run(site.url(first), headers=headers)
    assert outcome.fault == ""
    assert site.asked[1].headers["authorization"] == "SECRET-IN-HEADER"
    with Recording(tmp_path / "recording") as recording:
        told = str(list(recording.exchanges())) + str(outcome)
    assert "SECRET" not in told
    assert "page=2" in told


def test_a_redirect_takes_no_header_to_another_origin(site, other_site, run):
    site.page("/", "", status="302 Found", headers=[("Location", other_site.url("/x"))])
    other_site.page("/x", "<p>x")
    headers = {f"http://{site.host}": {"Authorization": "Bearer abc"}}
    allowed = (site.host, other_site.host)
    assert faults(run(site.url(), headers=headers, allow=allowed)) == [""]
    assert site.asked[0].headers["authorization"] == "Bearer abc"
    assert "authorization" not in other_site.asked[0].headers


def test_a_page_behind_a_secret_is_replayed_with_any_secret(site, run):
    site.page("/a?token=first-secret", "<p>x")
    run(site.url("/a?token=first-secret"))
    assert faults(run(site.url("/a?token=second-secret"), mode="replay")) == [""]


def test_a_recording_that_cannot_be_written_stops_the_crawl(site, quick, tmp_path):
    with Recording(tmp_path / "recording", "record") as recording:
        database = sqlite3.connect(tmp_path / "recording" / "cache.db")
        database.execute(
            "CREATE TRIGGER full BEFORE INSERT ON Cache BEGIN SELECT raise(FAIL, 'full'); END"
        )
        database.close()
        with pytest.raises(CorpusError, match="cannot be written: full"):
            crawl([site.url("/1"), site.url("/2")], recording, quick())


def test_a_crawl_runs_inside_a_running_loop_too(site, run):
    site.page("/", "<p>x")

    async def outer():
        return run(site.url())

    assert faults(asyncio.run(outer())) == [""]


def test_a_stop_in_the_middle_keeps_what_was_completed(site, quick, tmp_path):
    for number in range(9):
        site.page(f"/{number}", f"<p>page {number}")
    urls = [site.url(f"/{number}") for number in range(9)]
    ended = []

    def stop(outcome):
        ended.append(outcome.url)
        if len(ended) == 4:
            raise EOFError

    with Recording(tmp_path / "r", "record") as recording:
        with pytest.raises(EOFError):
            crawl(urls, recording, quick(per_host=1), progress=stop)
        kept = {entry.what for entry in entries(recording)}
        assert set(ended) <= kept
        assert faults(crawl(urls, recording, quick())) == [""] * 9
    assert len(site.asked) <= 10


@pytest.mark.parametrize(("setting", "value"), [("depth", -1), ("limit", 0)])
def test_a_reach_that_is_none_is_named(setting, value):
    with pytest.raises(SettingError, match=f"{setting} = {value}"):
        CrawlSettings(**{setting: value})


def test_every_page_of_a_crawl_is_in_the_frozen_source(site, run, tmp_path):
    site.page("/", linked("/a"))
    site.page("/a", linked("/"))
    run(site.url(), reach={"depth": 1})
    pages = [item for item in recorded.freeze(tmp_path / "recording") if isinstance(item, Page)]
    assert sorted((page.url, page.links[0].url) for page in pages) == [
        (site.url("/"), site.url("/a")),
        (site.url("/a"), site.url("/")),
    ]
