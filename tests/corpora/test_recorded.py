"""Freezing a recording: pages, redirects and what is no page; the same bytes every time."""

import pytest

from webenvs.corpora import recorded, store
from webenvs.corpora.corpus import Broken, Redirect
from webenvs.corpora.report import Tally
from webenvs.corpora.sources.warc import read_warc
from webenvs.errors import CorpusError
from webenvs.recording.archiving import export_warc
from webenvs.recording.recording import Recording
from webenvs.recording.response import Response, kept, page_request

SITE = "http://a.example"


def response(path, body="", status=200, kind="text/html", **headers):
    rows = {"content-type": kind, **headers} if kind else headers
    body = body.encode() if isinstance(body, str) else body
    return Response(
        url=SITE + path,
        status=status,
        version="HTTP/1.1",
        headers=tuple(rows.items()),
        body=body,
    )


@pytest.fixture
def frozen(tmp_path):
    """The items of a recording of these responses, and what was counted."""

    def freeze(*responses):
        place = record(tmp_path / "recording", responses)
        tally = Tally()
        return list(recorded.freeze(place, tally)), tally

    return freeze


def record(place, responses, stamp=0):
    with Recording(place, "record", lambda: stamp) as recording:
        for each in responses:
            recording.keep(page_request(each.url), kept(each))
    return place


def test_html_becomes_a_page_with_its_links(frozen):
    ((page,), _) = frozen(response("/x/", "<title>Alba</title><p>See <a href='../y#z'>Brena</a>."))
    assert (page.url, page.title, page.text) == (f"{SITE}/x/", "Alba", "See Brena.")
    assert [(link.anchor, link.url) for link in page.links] == [("Brena", f"{SITE}/y")]


@pytest.mark.parametrize(
    ("kind", "text", "read"),
    [
        ("text/plain", "The Alba\r\n\nIt is a river.\n", "The Alba\n\nIt is a river."),
        ("text/markdown", "# The Alba\n\nIt is a *river*.\n", "# The Alba\n\nIt is a river."),
    ],
)
def test_text_becomes_a_page_named_by_its_first_line(frozen, kind, text, read):
    ((page,), _) = frozen(response("/x", text, kind=kind))
    assert (page.title, page.text) == ("The Alba", read)


def test_markup_that_is_not_declared_is_seen(frozen):
    ((page,), _) = frozen(response("/x", "<!DOCTYPE html><p>A river.", kind=""))
    assert page.text == "A river."


def test_the_day_of_a_page_is_that_of_its_last_change(frozen):
    ((page,), _) = frozen(
        response("/x", "<p>A river.", **{"last-modified": "Mon, 30 Nov 2026 10:00:00 GMT"})
    )
    assert page.date == "2026-11-30"


def test_a_redirect_is_one(frozen):
    (items, _) = frozen(response("/x/a", status=301, location="b?token=abc"))
    assert items == [Redirect(url=f"{SITE}/x/a", target=f"{SITE}/x/b?token=scrubbed")]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (response("/x", "gone", status=410), "status 410"),
        (response("/x", "<p>x", status=302), "status 302"),
        (response("/x", "%PDF-1.7", kind="application/pdf"), "media type application/pdf"),
    ],
    ids=["status", "nowhere", "pdf"],
)
def test_what_is_no_page_is_passed_over_with_its_reason(frozen, given, reason):
    (items, tally) = frozen(given)
    assert (items, dict(tally.passed_over)) == ([], {reason: 1})


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (response("/x", ""), "empty file"),
        (response("/x", "  \n", kind="text/plain"), "empty file"),
        (response("/x", "<p> </p>"), "no text"),
        (response("/x", b"GIF89a\x00\x01\x00" * 40, kind="text/plain"), "binary data"),
        (response("/x", b"\x00\x01\x02\x03" * 400), "binary data"),
    ],
    ids=["empty", "blank", "no text", "gif", "binary"],
)
def test_a_page_that_cannot_be_read_is_broken_with_its_reason(frozen, given, reason):
    ((item,), _) = frozen(given)
    assert isinstance(item, Broken)
    assert (item.where, item.reason.startswith(reason)) == (f"{SITE}/x", True)


def test_links_lose_the_secrets_that_pages_have_lost(frozen):
    given = response("/", "<p><a href='/x?sid=1'>x</a> <a href='/y?key=1'>y</a>")
    (items, _) = frozen(given, response("/x?sid=2", "<p>x"))
    pages = {item.url: item for item in items}
    links = [link.url for link in pages[f"{SITE}/"].links]
    assert links == [f"{SITE}/x?sid=scrubbed", f"{SITE}/y?key=1"]
    assert links[0] in pages


def test_a_page_over_the_size_limit_is_cut_with_a_mark(frozen):
    ((page,), tally) = frozen(response("/x", "river " * 1_000_000, kind="text/plain"))
    assert (page.text.endswith("[...]"), len(page.text) < 5_000_100, tally.cut) == (True, True, 1)


def test_other_answers_of_the_recording_are_left_out(tmp_path):
    place = record(tmp_path / "r", [response("/x", "<p>A river.")])
    with Recording(place, "record") as recording:
        recording.keep({"kind": "search", "query": "x"}, [])
    assert len(list(recorded.freeze(place))) == 1


def test_a_recording_without_pages_is_refused(tmp_path):
    with pytest.raises(CorpusError, match="holds no page"):
        list(recorded.freeze(record(tmp_path / "r", [])))


def test_the_corpus_is_the_same_to_the_byte_whatever_the_order_and_the_time(tmp_path):
    words = "the river rises on the mountain and passes the old town with its bridge"
    pages = [
        response(f"/{number}", f"<title>Page {number}</title><p>{words[number:]} {number}")
        for number in range(12)
    ]
    pages += [response("/old", status=301, location="/3"), response("/none", status=404)]
    orders = (pages, pages[::-1], pages[5:] + pages[:5])
    written = []
    for number, order in enumerate(orders):
        place = record(tmp_path / f"r{number}", order, stamp=86_400 * number)
        for time in range(2):
            out = tmp_path / f"c{number}-{time}"
            tally = Tally()
            store.freeze(recorded.freeze(place, tally), out, "web", tally=tally)
            written.append({p.name: p.read_bytes() for p in sorted(out.rglob("*")) if p.is_file()})
    assert all(one == written[0] for one in written)


def test_in_a_corpus_a_redirect_leads_to_its_page(tmp_path):
    pages = [
        response("/new", "<p>A river."),
        response("/old", status=301, location="/older?token=abc"),
        response("/older?token=abc", status=302, location="new#part"),
    ]
    place = record(tmp_path / "r", pages)
    store.freeze(recorded.freeze(place), tmp_path / "c", "web")
    corpus = store.open_corpus(tmp_path / "c")
    assert (len(corpus), corpus.index(f"{SITE}/old")) == (1, 0)


@pytest.fixture
def both(tmp_path):
    """The corpora of a recording of these responses: frozen, and of its web archive."""
    pytest.importorskip("warcio")
    pytest.importorskip("fastwarc")

    def build(*responses):
        place = record(tmp_path / "r", responses)
        with Recording(place) as recording:
            export_warc(recording, tmp_path / "pages.warc.gz")
        store.freeze(recorded.freeze(place), tmp_path / "one", "web")
        store.freeze(read_warc(tmp_path / "pages.warc.gz", Tally()), tmp_path / "other", "web")
        return tuple(store.open_corpus(tmp_path / name) for name in ("one", "other"))

    return build


def test_a_web_archive_of_a_recording_gives_the_same_corpus(both):
    russian = response("/b", "Москва".encode("koi8-r"), kind="text/plain; charset=koi8-r")
    pages = [
        response("/a", "<p>A river. <a href='/b'>b</a>", kind="text/html; charset=cp1251"),
        russian,
        response("/old", status=301, location="/a"),
        response("/none", status=404),
        response("/pdf", "%PDF", kind="application/pdf"),
        response("/to", status=302, location="/b?token=abc"),
        response("/b?token=abc", "<p>b"),
        response("/packed", "<p>x", **{"content-encoding": "gzip", "transfer-encoding": "chunked"}),
        response("/dated", "<p>y", **{"last-modified": "Mon, 30 Nov 2026 10:00:00 GMT"}),
    ]
    one, other = both(*pages)
    assert (one.digest, len(one), one.page(1).text) == (other.digest, 5, "Москва")


def test_a_link_with_a_secret_leads_to_its_page_in_the_frozen_corpus_alone(both):
    pages = [response("/a", "<p>A <a href='/b?sid=1'>river</a>."), response("/b?sid=2", "<p>b")]
    frozen, archived = ([corpus.page(place) for place in range(2)] for corpus in both(*pages))
    assert [(page.url, page.text) for page in frozen] == [
        (page.url, page.text) for page in archived
    ]
    links = [[(link.url, link.broken) for link in pages[0].links] for pages in (frozen, archived)]
    assert links == [[(f"{SITE}/b?sid=scrubbed", False)], [(f"{SITE}/b?sid=1", True)]]
