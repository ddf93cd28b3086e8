"""Web archives become pages and redirects; what is damaged is named by file and offset."""

import gzip
import zipfile
import zlib

import pytest
import zstandard

from webenvs.corpora.corpus import Broken, Redirect
from webenvs.corpora.report import Tally
from webenvs.corpora.sources import kinds
from webenvs.errors import CorpusError, SettingError
from webenvs.records import Page

HTML = b"<title>A page</title><p>Words of a page, <a href='/next'>next</a>."


def http(body=HTML, status="200 OK", **headers):
    headers = {"content_type": "text/html", **headers}
    lines = [
        f"{name.replace('_', '-').title()}: {value}" for name, value in headers.items() if value
    ]
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode() + body


def record(url="http://a.test/", content=None, kind="response", length=None, **headers):
    content = http() if content is None else content
    media = (
        "application/http; msgtype=response" if kind in ("response", "revisit") else "text/plain"
    )
    fields = {
        "WARC-Type": kind,
        "WARC-Target-URI": url,
        "WARC-Date": "2024-01-01T00:00:00Z",
        "WARC-Record-ID": "<urn:uuid:00000000-0000-0000-0000-000000000001>",
        "Content-Type": media,
        "Content-Length": len(content) if length is None else length,
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    lines = [f"{name}: {value}" for name, value in fields.items()]
    return "\r\n".join(["WARC/1.0", *lines, "", ""]).encode() + content + b"\r\n\r\n"


def arc(url="http://a.test/", content=None, length=None):
    content = http() if content is None else content
    length = len(content) if length is None else length
    return f"{url} 127.0.0.1 20140216050221 text/html {length}\n".encode() + content + b"\n"


ARC_HEAD = b"filedesc://x.arc 127.0.0.1 20140216050221 text/plain 9\n1 0 Me\nxx\n"


def several(count=4):
    return [
        record(f"http://a.test/{n}", http(f"<title>P{n}</title><p>Words of page {n}.".encode()))
        for n in range(count)
    ]


def put(folder, content, name="a.warc"):
    (folder / name).write_bytes(content)
    return folder / name


def read(path, **settings):
    return list(kinds.read(path, "test", **settings))


def only(folder, content, name="a.warc", **settings):
    """The one page of an archive with this content."""
    (page,) = read(put(folder, content, name), **settings)
    return page


def urls(found):
    return [item.url for item in found if isinstance(item, Page)]


def broken(found):
    return [item for item in found if isinstance(item, Broken)]


def test_a_response_becomes_a_page_with_absolute_links(tmp_path):
    content = record("http://a.test/x/y", http(last_modified="Fri, 09 Aug 2013 23:54:35 GMT"))
    page = only(tmp_path, content)
    assert (page.url, page.title, page.date) == ("http://a.test/x/y", "A page", "2013-08-09")
    assert page.text == "Words of a page, next."
    assert [link.url for link in page.links] == ["http://a.test/next"]


PACKED = {
    "as it is": lambda records: b"".join(records),
    "a gzip member each": lambda records: b"".join(gzip.compress(one, mtime=0) for one in records),
    "one gzip member for all": lambda records: gzip.compress(b"".join(records), mtime=0),
    "a zstd frame each": lambda records: b"".join(zstandard.compress(one) for one in records),
    "head and content apart": lambda records: b"".join(
        gzip.compress(part, mtime=0) for one in records for part in (one[:200], one[200:])
    ),
}


@pytest.mark.parametrize("framing", PACKED)
def test_any_framing_gives_the_same_pages(tmp_path, framing):
    found = read(put(tmp_path, PACKED[framing](several())))
    assert urls(found) == [f"http://a.test/{n}" for n in range(4)]
    assert len(found) == 4


ENCODED = {
    "gzip": (gzip.compress(HTML, mtime=0), {"content_encoding": "gzip"}),
    "x-gzip": (gzip.compress(HTML, mtime=0), {"content_encoding": "x-gzip"}),
    "deflate": (zlib.compress(HTML), {"content_encoding": "deflate"}),
    "raw deflate": (zlib.compress(HTML)[2:-4], {"content_encoding": "deflate"}),
    "zstd": (zstandard.compress(HTML), {"content_encoding": "zstd"}),
    "chunked": (
        b"5\r\n" + HTML[:5] + b"\r\n%x;a=b\r\n" % len(HTML[5:]) + HTML[5:] + b"\r\n0\r\n\r\n",
        {"transfer_encoding": "chunked"},
    ),
    "named but undone": (HTML, {"content_encoding": "gzip", "transfer_encoding": "chunked"}),
    "unknown": (HTML, {"content_encoding": "identity, magic"}),
    "twice": (gzip.compress(zlib.compress(HTML), mtime=0), {"content_encoding": "deflate, gzip"}),
}


@pytest.mark.parametrize("name", ENCODED)
def test_encodings_of_transfer_and_content_are_undone(tmp_path, name):
    body, headers = ENCODED[name]
    assert only(tmp_path, record(content=http(body, **headers))).title == "A page"


def test_brotli_is_undone(tmp_path):
    brotli = pytest.importorskip("brotli")
    content = record(content=http(brotli.compress(HTML), content_encoding="br"))
    assert only(tmp_path, content).title == "A page"


GZIP = {"content_encoding": "gzip"}


@pytest.mark.parametrize(
    ("body", "headers", "said"),
    [
        (gzip.compress(b"", 9, mtime=0)[:10] + b"\xff" * 9, GZIP, "damaged content"),
        (b"\xff\xff", {"content_encoding": "zstd"}, "damaged content encoding zstd"),
        (b"1\r\nhx\r\nmore", {"transfer_encoding": "chunked"}, "damaged chunks: no chunk at byte"),
        (b"\x00" * 90, {}, "binary data"),
        (b"", {}, "empty file"),
    ],
)  # fmt: skip
def test_a_body_that_cannot_be_read_is_broken_at_its_offset(tmp_path, body, headers, said):
    first = record("http://a.test/0")
    path = put(tmp_path, first + record(content=http(body, **headers)))
    _, found = read(path)
    assert found.where == f"{path} at byte {len(first)}"
    assert found.reason.startswith(said)


def test_a_content_bomb_is_unpacked_no_further_than_the_limit(tmp_path):
    bomb = gzip.compress(b"<p>" + b"word " * 10_000_000, mtime=0)
    tally = Tally()
    content = record(content=http(bomb, content_encoding="gzip"))
    page = only(tmp_path, content, limit=10_000, tally=tally)
    assert len(page.text) < 11_000
    assert tally.cut == 1


def test_the_servers_charset_counts_for_more_than_the_pages_own(tmp_path):
    body = "<meta charset=utf-8><p>Привет".encode("koi8-r")
    assert (
        only(tmp_path, record(content=http(body, content_type="text/html; charset=KOI8-R"))).text
        == "Привет"
    )
    strange = http(b"<p>plain", content_type='text/html; charset="rot13"')
    assert only(tmp_path, record(content=strange)).text == "plain"


def test_plain_text_becomes_a_page_with_its_first_line_for_a_title(tmp_path):
    body = "First <line>\n\n  kept & indented\n".encode("utf-16")
    page = only(tmp_path, record(content=http(body, content_type="text/plain")))
    assert (page.title, page.text) == ("First <line>", "First <line>\n\n  kept & indented")


def test_resources_and_conversions_are_pages_without_http(tmp_path):
    text = b"Words of a text."
    assert only(tmp_path, record(content=text, kind="conversion")).text == "Words of a text."
    page = only(tmp_path, record(content=HTML, kind="resource", Content_Type="text/html"))
    assert page.title == "A page"


def test_redirects_and_revisits_under_another_url_become_redirects(tmp_path):
    moved = http(b"", "301 Moved", location="../new?a=1")
    again = {"kind": "revisit", "content": http(b""), "WARC_Refers_To_Target_URI": "http://a.test/"}
    tally = Tally()
    found = read(
        put(
            tmp_path,
            record()
            + record("http://a.test/x/old", moved)
            + record("http://a.test/twin", **again)
            + record("http://a.test/", **again)
            + record("http://a.test/nowhere", http(b"", "302 Found"))
            + record("http://a.test/bad", http(b"", "302 Found", location="http://[bad")),
        ),
        tally=tally,
    )
    assert found[1:3] == [
        Redirect(url="http://a.test/x/old", target="http://a.test/new?a=1"),
        Redirect(url="http://a.test/twin", target="http://a.test/"),
    ]
    assert found[3].reason.startswith("redirect to what is no url")
    assert tally.passed_over == {"revisit of a page that is there": 1, "status 302": 1}


def test_what_is_no_page_is_counted_by_its_reason(tmp_path):
    tally = Tally()
    only(
        tmp_path,
        record()
        + record("http://a.test/pic", http(b"\x89PNG", content_type="image/png"))
        + record("http://a.test/gone", http(HTML, "404 Not Found"))
        + record("dns:a.test", b"1.2.3.4", Content_Type="text/dns")
        + record("http://a.test/none", http(b"\x00\x01", content_type=""))
        + record("http://a.test/", b"GET / HTTP/1.1\r\n\r\n", kind="request"),
        tally=tally,
    )
    assert tally.passed_over == {
        "media type image/png": 1,
        "no media type": 1,
        "not on the web: dns": 1,
        "status 404": 1,
    }


def test_a_page_without_a_media_type_is_known_by_its_markup(tmp_path):
    body = b"\n<!DOCTYPE html><title>T</title><p>x"
    assert only(tmp_path, record(content=http(body, content_type=""))).title == "T"


def test_an_archive_is_recognised_by_its_first_bytes(tmp_path):
    assert len(read(put(tmp_path, gzip.compress(record(), mtime=0), "a.bin"))) == 1
    assert len(read(put(tmp_path, ARC_HEAD + arc(), "b.bin"))) == 1


def test_a_truncated_record_is_broken_at_its_offset_and_what_came_before_is_kept(tmp_path):
    whole = b"".join(several(3))
    path = put(tmp_path, whole[:-40])
    found = read(path)
    assert urls(found) == ["http://a.test/0", "http://a.test/1"]
    (lost,) = broken(found)
    assert lost.where == f"{path} at byte {len(b''.join(several(2)))}"
    assert lost.reason == "damaged record: 36 bytes of it are missing"


@pytest.mark.parametrize("framing", ["as it is", "a gzip member each"])
def test_reading_goes_on_behind_a_damaged_record(tmp_path, framing):
    parts = [PACKED[framing]([one]) for one in several(4)]
    spoilt = bytearray(parts[1])
    spoilt[2:30] = b"\xff" * 28
    path = put(tmp_path, parts[0] + bytes(spoilt) + parts[2] + parts[3])
    found = read(path)
    assert urls(found) == ["http://a.test/0", "http://a.test/2", "http://a.test/3"]
    (lost,) = broken(found)
    assert lost.where == f"{path} at byte {len(parts[0])}"


def test_a_record_that_claims_too_much_does_not_swallow_the_next(tmp_path):
    first, second, third = several(3)
    long = record("http://a.test/long", http(), length=len(http()) + len(second) + 40)
    found = read(put(tmp_path, first + long + second + third))
    assert urls(found) == [f"http://a.test/{n}" for n in range(3)]
    assert [item.reason for item in broken(found)] == [
        "damaged record: its length runs over the next record"
    ]


def test_junk_before_and_after_the_records_is_said(tmp_path):
    path = put(tmp_path, b"junk\n" + record() + b"and more junk")
    found = read(path, kind="warc")
    assert len(urls(found)) == 1
    assert [item.where for item in broken(found)] == [
        f"{path} at byte 0",
        f"{path} at byte {5 + len(record())}",
    ]


def test_a_truncated_gzip_of_the_whole_file_keeps_the_records_before(tmp_path):
    packed = PACKED["one gzip member for all"](several(300))
    found = read(put(tmp_path, packed[: len(packed) // 2]))
    assert 50 < len(urls(found)) < 250
    assert len(broken(found)) == 1


@pytest.mark.parametrize(
    "content", [b"", b"nothing of the kind" * 9, gzip.compress(b"x" * 99, mtime=0)]
)
def test_what_is_no_archive_is_refused(tmp_path, content):
    with pytest.raises(CorpusError, match=r"a\.warc"):
        read(put(tmp_path, content), kind="warc")


def test_a_size_limit_below_one_is_refused(tmp_path):
    with pytest.raises(SettingError, match="limit = 0"):
        kinds.read(put(tmp_path, record()), "n", limit=0)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("together", [True, False])
def test_arc_files_are_read_in_every_framing(tmp_path, pack, together):
    records = [ARC_HEAD, *(arc(f"http://a.test/{n} x") for n in range(3))]
    content = pack(b"".join(records)) if together else b"".join(map(pack, records))
    assert urls(read(put(tmp_path, content, "a.arc.gz"))) == [
        f"http://a.test/{n} x" for n in range(3)
    ]


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_damaged_arc_record_is_broken_and_the_next_are_read(tmp_path, pack):
    bad = arc("http://a.test/1", length="abc")
    parts = [pack(part) for part in (ARC_HEAD, arc("http://a.test/0"), bad, arc("http://a.test/2"))]
    path = put(tmp_path, b"".join(parts), "a.arc")
    found = read(path)
    assert urls(found) == ["http://a.test/0", "http://a.test/2"]
    assert broken(found) == [
        Broken(
            where=f"{path} at byte {len(parts[0] + parts[1])}",
            reason="damaged record: its length is 'abc'",
        )
    ]


def wacz(folder, members, name="a.wacz", method=zipfile.ZIP_STORED):
    with zipfile.ZipFile(folder / name, "w", method) as packed:
        for member, content in members.items():
            packed.writestr(member, content)
    return folder / name


LISTING = b'{"resources": [{"path": "archive/a.warc.gz"}, {"path": "indexes/index.cdx"}]}'


def test_the_archives_of_a_wacz_are_read(tmp_path):
    path = wacz(
        tmp_path,
        {
            "archive/a.warc.gz": PACKED["a gzip member each"](several(2)),
            "archive/b.warc": record("http://b.test/"),
            "indexes/index.cdx": b"x",
            "datapackage.json": LISTING,
        },
        method=zipfile.ZIP_DEFLATED,
    )
    found = read(path)
    assert urls(found) == ["http://a.test/0", "http://a.test/1", "http://b.test/"]
    assert len(found) == 3


def test_members_that_are_only_listed_are_named(tmp_path):
    path = wacz(tmp_path, {"archive/a.warc": record(), "datapackage.json": LISTING})
    assert [item.where for item in broken(read(path))] == [
        f"{path}!archive/a.warc.gz",
        f"{path}!indexes/index.cdx",
    ]
    path = wacz(tmp_path, {"archive/a.warc": record(), "datapackage.json": b"[1"})
    assert [item.reason.partition(":")[0] for item in broken(read(path))] == [
        "damaged list of members"
    ]


def test_a_wacz_without_an_archive_says_what_it_has(tmp_path):
    path = wacz(tmp_path, {"pages/pages.jsonl": b"", "datapackage.json": b'{"resources": []}'})
    with pytest.raises(CorpusError, match=r"no web archive: .* only pages/pages\.jsonl"):
        read(path)


def test_a_damaged_member_is_named_and_its_good_records_are_kept(tmp_path):
    parts = [gzip.compress(one, mtime=0) for one in several(3)]
    path = wacz(
        tmp_path, {"archive/a.warc.gz": b"".join(parts), "datapackage.json": b'{"resources": []}'}
    )
    content = path.read_bytes()
    place = content.index(parts[1])
    path.write_bytes(content[: place + 40] + b"\xff" * 20 + content[place + 60 :])
    found = read(path)
    assert urls(found) == ["http://a.test/0", "http://a.test/2"]
    assert [item.where for item in broken(found)] == [
        f"{path}!archive/a.warc.gz at byte {len(parts[0])}",
        f"{path}!archive/a.warc.gz",
    ]


def test_of_a_truncated_wacz_the_records_are_found_in_its_bytes(tmp_path):
    parts = [gzip.compress(one, mtime=0) for one in several(3)]
    path = wacz(tmp_path, {"archive/a.warc.gz": b"".join(parts), "datapackage.json": LISTING})
    content = path.read_bytes()
    path.write_bytes(content[: content.index(parts[2]) + 30])
    found = read(path)
    assert urls(found) == ["http://a.test/0", "http://a.test/1"]
    assert broken(found)[0].reason.startswith("damaged zip: ")
