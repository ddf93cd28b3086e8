"""`webenvs record`: what its commands say, and the status that they end with."""

import signal
import sqlite3
import subprocess
import sys
import threading

import pytest
from click.testing import CliRunner

from webenvs.cli.main import cli
from webenvs.corpora import store

QUICK = ("--delay", "0", "--retries", "0", "--ignore-robots")


def invoke(*arguments):
    return CliRunner().invoke(cli, ["record", *map(str, arguments)])


def said(*arguments, status=0):
    result = invoke(*arguments)
    assert result.exit_code == status, result.output
    return result.output


@pytest.fixture
def place(tmp_path):
    return tmp_path / "pages"


@pytest.fixture
def fetch(site, place):
    """Fetch paths of the server into the recording; what was said."""

    def run(*paths, status=0, options=()):
        urls = [site.url(path) for path in paths]
        allowed = ("--allow", site.host, "--out", place, *QUICK, *options)
        return said("fetch", *urls, *allowed, status=status)

    return run


@pytest.fixture
def pages(site, fetch, place):
    """A recording of two pages and a redirect between them."""
    site.page("/a", "<title>Alba</title><p>The Alba is a river. <a href='/b'>Brena</a>")
    site.page("/b", "<title>Brena</title><p>Brena is a town.")
    site.page("/old", "", status="301 Moved", headers=[("Location", "/a")])
    fetch("/a", "/b", "/old")
    return place


def test_fetch_says_how_many_pages_there_are(fetch, site, place):
    site.page("/a", "<p>x")
    assert fetch("/a") == f"1 pages in {place}\n"


@pytest.mark.parametrize(("paths", "status"), [(("/a",), 0), (("/a", "/none"), 3), (("/none",), 2)])
def test_the_status_tells_whether_all_some_or_no_pages_came(fetch, site, paths, status):
    site.page("/a", "<p>x")
    fetch(*paths, status=status)


def test_what_failed_is_named_with_its_reason(fetch, site):
    assert f"status: {site.url('/none')}: status 404" in fetch("/none", status=2)


def test_urls_come_from_a_file(fetch, site, tmp_path):
    site.page("/a", "<p>x")
    listed = tmp_path / "urls.txt"
    listed.write_text(f"# pages\n{site.url('/a')}\n\n", "utf-8-sig")
    fetch(options=("--from", listed))
    assert site.paths() == ["/a"]


def test_fetch_without_urls_is_a_usage_error(place):
    assert "Give urls" in said("fetch", "--out", place, status=2)
    assert not place.exists()


def test_a_private_host_is_refused_unless_it_is_allowed(site, place):
    output = said("fetch", site.url("/a"), "--out", place, *QUICK, status=2)
    assert f"allow '{site.host}' by name" in output
    assert site.asked == []


def test_robots_txt_is_obeyed_unless_told_otherwise(site, place):
    site.page("/robots.txt", "User-agent: *\nDisallow: /", kind="text/plain")
    options = ("--allow", site.host, "--out", place, "--delay", 0)
    assert "robots: " in said("fetch", site.url("/a"), *options, status=2)


def test_replay_says_what_is_missing(pages, fetch):
    output = fetch("/a", "/more", status=3, options=("--mode", "replay"))
    assert "unavailable: " in output


def test_links_are_followed(site, fetch):
    site.page("/", "<p><a href='/a'>a</a>")
    site.page("/a", "<p>x")
    fetch("/", options=("--depth", 1))
    assert site.paths() == ["/", "/a"]


def test_a_header_comes_from_the_environment(site, fetch, monkeypatch):
    monkeypatch.setenv("MY_TOKEN", "Bearer abc")
    site.page("/a", "<p>x")
    fetch("/a", options=("--header", f"http://{site.host}", "Authorization", "MY_TOKEN"))
    assert site.asked[0].headers["authorization"] == "Bearer abc"


def test_a_header_without_its_variable_is_a_usage_error(fetch):
    output = fetch("/a", status=2, options=("--header", "http://a.example", "A", "NO_SUCH_TOKEN"))
    assert "no environment variable 'NO_SUCH_TOKEN'" in output


def test_an_option_out_of_range_is_named(fetch):
    assert "timeout = 0.0" in fetch("/a", status=2, options=("--timeout", 0))


def test_list_shows_what_is_recorded(pages, site):
    lines = said("list", pages).splitlines()
    assert [line.split()[-1] for line in lines[:3]] == [
        site.url(path) for path in ("/a", "/b", "/old")
    ]
    assert lines[3] == "3 of 3 answers"


def test_show_gives_headers_and_the_page(pages, site):
    output = said("show", pages, site.url("/a"))
    assert "content-type: text/html" in output.lower()
    assert output.endswith("Alba\n\nThe Alba is a river. Brena\n")


def test_show_gives_the_bytes(pages, site):
    output = said("show", pages, site.url("/b"), "--raw")
    assert output == "<title>Brena</title><p>Brena is a town."


def test_show_of_what_is_not_there_ends_with_status_2(pages, site):
    assert "holds no answer" in said("show", pages, site.url("/none"), status=2)


def test_show_of_what_is_no_page_says_so(site, fetch, place):
    site.page("/x", "%PDF", kind="application/pdf")
    fetch("/x")
    assert said("show", place, site.url("/x")).endswith("(no page: media type application/pdf)\n")


def test_show_of_what_is_no_url_ends_with_status_2(pages):
    assert "url = 'http://a b/\\x00'" in said("show", pages, "http://a b/\x00", status=2)


def test_prune_forgets_and_says_what(pages, site):
    assert "2 are there" in said("prune", pages, "--status", 301)
    assert "2 of 2" in said("list", pages)


def test_prune_does_not_begin_a_recording(place):
    assert "There is no recording" in said("prune", place, "--status", 404, status=2)
    assert not place.exists()


def test_merge_says_what_it_did(pages, tmp_path):
    output = said("merge", tmp_path / "all", pages)
    assert output == f"{pages}: 3 added, 0 replaced, 0 the same, 0 left out\n"


def test_verify_says_that_a_recording_is_sound(pages):
    assert said("verify", pages) == f"{pages} is sound: 3 answers\n"


def test_verify_of_a_damaged_recording_ends_with_status_2(pages):
    database = sqlite3.connect(pages / "cache.db")
    database.execute("UPDATE Cache SET value = x'00' WHERE rowid = 2")
    database.commit()
    database.close()
    assert "is damaged" in said("verify", pages, status=2)


def test_export_writes_a_warc(pages, tmp_path):
    pytest.importorskip("warcio")
    target = tmp_path / "pages.warc.gz"
    assert said("export", pages, "--warc", target) == f"3 pages in {target}\n"
    assert target.read_bytes().startswith(b"\x1f\x8b")


def test_freeze_makes_a_corpus_that_can_be_searched(pages, tmp_path, site):
    out = tmp_path / "web"
    assert "pages               2" in said("freeze", pages, "--out", out)
    assert store.open_corpus(out).page(0).title == "Alba"
    found = CliRunner().invoke(cli, ["corpus", "search", str(out), "town"])
    assert site.url("/b") in found.output


def test_search_prints_urls_and_replays_them(tmp_path, monkeypatch, place):
    (tmp_path / "my_searcher.py").write_text(
        "def search(query, k):\n    return [{'url': 'http://a.example/' + query}]\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    options = ("--engine", "my_searcher:search", "--out", place)
    first = said("search", "alba", "brena", *options)
    assert first == "http://a.example/alba\nhttp://a.example/brena\n"
    assert said("search", "alba", "brena", *options, "--mode", "replay") == first
    assert "holds no answer" in said("search", "corvo", *options, "--mode", "replay", status=2)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("def (", "SyntaxError: "),
        ("raise KeyError('no key')", "KeyError: 'no key'"),
        ("def search(query, k):\n    raise KeyError('no key')", "KeyError: 'no key'"),
        ("def search(query):\n    return []", "TypeError: "),
    ],
    ids=["syntax", "import", "call", "arguments"],
)
def test_an_engine_that_fails_is_told_in_one_line(tmp_path, monkeypatch, place, text, cause):
    name = f"engine_{sum(map(ord, text))}"
    (tmp_path / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    output = said("search", "alba", "--engine", f"{name}:search", "--out", place, status=2)
    (line,) = output.splitlines()
    assert line.startswith(f"Error: {'Engine ' if 'query' not in text else ''}'{name}:search'")
    assert cause in line


def hear_ctrl_c():
    """A shell lets what it starts in the background ignore Ctrl-C, and children inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture
def stopped(site, place):
    """Fetch two pages, and stop with a signal when the first is complete and the second is not.

    The status and what was said on the way; the arguments to fetch them again are `stopped.again`.
    """
    second = threading.Event()

    def wait(site, connection):
        second.set()
        site.over.wait(20)

    def stop(how):
        code = "from webenvs.cli.main import main; main()"
        child = subprocess.Popen(
            [sys.executable, "-c", code, "record", *map(str, stop.again)],
            stderr=subprocess.PIPE,
            preexec_fn=hear_ctrl_c,
        )
        assert second.wait(20)
        child.send_signal(how)
        _, errors = child.communicate(timeout=20)
        site.page("/b", "<p>y")
        return child.returncode, errors.decode().replace("\n", " ")

    site.page("/a", "<p>x")
    site.routes["/b"] = wait
    options = ("--allow", site.host, "--out", place, "--concurrency", 1, *QUICK)
    stop.again = ("fetch", site.url("/a"), site.url("/b"), *options)
    return stop


def test_an_interrupt_says_what_is_kept_and_how_to_go_on(stopped):
    status, errors = stopped(signal.SIGINT)
    assert status == 130
    assert "1 answers are recorded" in errors
    assert "give the same command again" in errors


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_after_a_stop_only_the_rest_is_fetched(stopped, site, place, how):
    stopped(how)
    assert said("verify", place) == f"{place} is sound: 1 answers\n"
    assert said(*stopped.again) == f"2 pages in {place}\n"
    assert site.paths() == ["/a", "/b", "/b"]


@pytest.mark.parametrize(
    "command", ["fetch", "search", "list", "show", "prune", "merge", "verify", "export", "freeze"]
)
def test_every_command_explains_itself(command):
    assert f"  webenvs record {command} " in said(command, "--help")


def test_every_line_of_an_example_is_a_line_of_its_own():
    lines = [line.strip() for line in said("fetch", "--help").splitlines()]
    place = lines.index("webenvs record fetch https://api.example/a --out api \\")
    assert lines[place + 1] == "--header https://api.example Authorization TOKEN_VARIABLE"
