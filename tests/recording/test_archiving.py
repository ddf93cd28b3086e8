"""A recording as WARC: what another reader finds in it is what was recorded."""

import pytest

from webenvs.errors import CorpusError
from webenvs.recording.archiving import export_warc
from webenvs.recording.recording import Recording
from webenvs.recording.response import Response, kept, page_request

fastwarc = pytest.importorskip("fastwarc")
NOON = 1_796_040_000  # 2026-11-30T12:00:00Z
RESPONSES = (
    Response(
        url="http://a.example/x?q=1",
        status=200,
        version="HTTP/2",
        headers=(
            ("content-type", "text/html; charset=koi8-r"),
            ("content-encoding", "gzip"),
            ("content-length", "5"),
            ("content-language", "käse\r\n injected: yes"),
        ),
        body="<p>Москва".encode("koi8-r") * 1000,
    ),
    Response(
        url="http://a.example/from",
        status=302,
        version="HTTP/1.1",
        headers=(("Location", "/x?q=1"),),
    ),
    Response(url="http://a.example/none", status=404, version="HTTP/1.0", body=b"no"),
)


def recorded(place, responses):
    with Recording(place, "record", clock=lambda: NOON) as recording:
        for response in responses:
            recording.keep(page_request(response.url), kept(response))
        recording.keep({"kind": "search", "query": "x"}, [])
    return place


def exported(place, target):
    with Recording(place) as recording:
        assert export_warc(recording, target) == 3
    return target


@pytest.mark.parametrize("name", ["pages.warc", "pages.warc.gz"])
def test_another_reader_finds_every_response(tmp_path, name):
    path = exported(recorded(tmp_path / "r", RESPONSES), tmp_path / name)
    found = {}
    with path.open("rb") as file:
        for record in fastwarc.ArchiveIterator(file, verify_digests=True):
            if record.record_type == fastwarc.WarcRecordType.response:
                found[record.headers["WARC-Target-URI"]] = (
                    record.http_headers.status_code,
                    record.reader.read(),
                    record.headers["WARC-Date"],
                )
    date = "2026-11-30T12:00:00Z"
    assert found == {each.url: (each.status, each.body, date) for each in RESPONSES}


def test_a_request_stands_beside_each_response(tmp_path):
    path = exported(recorded(tmp_path / "r", RESPONSES), tmp_path / "pages.warc")
    lines = path.read_bytes().split(b"\r\n")
    assert lines.count(b"WARC-Type: request") == lines.count(b"WARC-Type: response") == 3
    assert b"GET /x?q=1 HTTP/1.1" in lines
    assert sum(line.startswith(b"WARC-Concurrent-To: ") for line in lines) == 3


def test_headers_tell_how_a_body_was_sent_but_not_that_it_still_is(tmp_path):
    text = exported(recorded(tmp_path / "r", RESPONSES), tmp_path / "pages.warc").read_bytes()
    assert b"X-Orig-content-encoding: gzip\r\n" in text
    assert b"\r\ncontent-encoding" not in text
    assert b"\r\n injected" not in text


@pytest.mark.parametrize("name", ["pages.warc", "pages.warc.gz"])
def test_the_same_recording_gives_the_same_bytes(tmp_path, name):
    one = exported(recorded(tmp_path / "1", RESPONSES), tmp_path / name)
    other = exported(recorded(tmp_path / "2", RESPONSES[::-1]), tmp_path / f"other-{name}")
    assert one.read_bytes() == other.read_bytes()


def test_a_recording_without_a_page_makes_no_file(tmp_path):
    place = recorded(tmp_path / "r", ())
    with Recording(place) as recording, pytest.raises(CorpusError, match="no page to export"):
        export_warc(recording, tmp_path / "pages.warc")
    assert [path.name for path in tmp_path.iterdir()] == ["r"]
