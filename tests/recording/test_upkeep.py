"""Looking after recordings: listing, pruning, merging; what stays is what was there."""

import pytest

from webenvs.errors import CorpusError, SettingError
from webenvs.recording.recording import Recording
from webenvs.recording.response import Response, kept, page_request, response_of
from webenvs.recording.upkeep import entries, merge, prune, verify

NOON = 1_796_040_000  # 2026-11-30T12:00:00Z


@pytest.fixture
def place(tmp_path):
    return tmp_path / "recording"


def pages(place, stamp, *rows):
    """A recording of pages: url, status and body of each, recorded at the stamp."""
    with Recording(place, "record", clock=lambda: stamp) as recording:
        for url, status, body in rows:
            response = Response(url=url, status=status, version="HTTP/1.1", body=body)
            recording.keep(page_request(url), kept(response))
    return place


PAGES = (
    ("http://a.example/1", 200, b"one"),
    ("http://a.example/2", 404, b""),
    ("http://sub.a.example/", 200, b"three"),
    ("http://nota.example/", 200, b"four"),
)


def test_a_list_says_what_there_is(place):
    with Recording(pages(place, NOON, *PAGES[:2])) as recording:
        rows = sorted((entry.what, entry.status, entry.size) for entry in entries(recording))
        stamps = {entry.recorded for entry in entries(recording)}
    assert rows == [("http://a.example/1", 200, 3), ("http://a.example/2", 404, 0)]
    assert stamps == {"2026-11-30T12:00:00Z"}


@pytest.mark.parametrize(
    ("what", "gone"),
    [
        ({"host": "a.example"}, 3),
        ({"status": 404}, 1),
        ({"host": "sub.a.example", "status": 404}, 0),
        ({"before": "2026-11-30"}, 0),
        ({"before": "2026-12-01"}, 4),
        ({"before": "2026-12-01", "host": "A.example.", "status": 200}, 2),
    ],
)
def test_pruning_forgets_what_fits_all_that_is_given(place, what, gone):
    pages(place, NOON, *PAGES)
    with Recording(place, "record") as recording:
        assert len(prune(recording, **what, dry_run=True)) == gone
        assert len(recording) == 4
        assert len(prune(recording, **what)) == gone
        assert len(recording) == 4 - gone


def test_pruning_without_a_reason_is_refused(place):
    pages(place, NOON, *PAGES)
    with Recording(place, "record") as recording, pytest.raises(SettingError, match="host, before"):
        prune(recording)


def test_a_replayed_recording_is_not_pruned(place):
    pages(place, NOON, *PAGES)
    with Recording(place) as recording, pytest.raises(CorpusError, match="not changed"):
        prune(recording, status=404)


def test_a_stamp_that_is_none_is_named(place):
    pages(place, NOON, *PAGES)
    with Recording(place, "record") as recording, pytest.raises(SettingError, match="before = "):
        prune(recording, before="last week")


def test_another_way_to_merge_is_named(tmp_path):
    pages(tmp_path / "mine", NOON, *PAGES)
    mine = Recording(tmp_path / "mine", "record")
    with mine, pytest.raises(SettingError, match="keep = 'both'"):
        merge(mine, mine, "both")


@pytest.mark.parametrize(
    ("keep", "age", "stays", "counts"),
    [
        ("newer", 1, b"new", (1, 1, 1, 0)),
        ("newer", -1, b"one", (1, 0, 1, 1)),
        ("newer", 0, b"one", (1, 0, 1, 1)),
        ("first", 1, b"one", (1, 0, 1, 1)),
        ("second", -1, b"new", (1, 1, 1, 0)),
    ],
)
def test_of_two_answers_to_one_request_one_stays(tmp_path, keep, age, stays, counts):
    rows = (("http://a.example/1", 200, b"new"), PAGES[1], PAGES[2])
    pages(tmp_path / "mine", NOON, *PAGES[:2])
    pages(tmp_path / "other", NOON + age, *rows)
    with Recording(tmp_path / "mine", "record") as mine, Recording(tmp_path / "other") as other:
        done = merge(mine, other, keep)
        found = mine.find(page_request("http://a.example/1"))
        assert response_of(found.request, found.answer).body == stays
        assert (done.added, done.replaced, done.same, done.left) == counts
        assert verify(mine) == 3
