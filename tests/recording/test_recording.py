"""A recording: answers come back as they were, and nothing on disk is believed without proof."""

import contextlib
import pickle
import signal
import sqlite3
import subprocess
import sys
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import zstandard

from webenvs.errors import CorpusError, SettingError, UnavailableError
from webenvs.recording.recording import Recording
from webenvs.recording.response import Response, kept, page_request, response_of
from webenvs.recording.upkeep import verify

NOON = 1_796_040_000  # 2026-11-30T12:00:00Z


@pytest.fixture
def place(tmp_path):
    return tmp_path / "recording"


def recorded(place, **answers):
    """A recording of words and what they are answered."""
    with Recording(place, "record", clock=lambda: NOON) as recording:
        for word, answer in answers.items():
            recording.keep({"word": word}, answer)
    return place


def never():
    raise AssertionError("asked")


def test_what_was_answered_is_replayed_and_not_asked_again(place):
    recorded(place, alba="river")
    for mode in ("record", "replay"):
        with Recording(place, mode) as recording:
            assert recording.answer({"word": "alba"}, never) == "river"


def test_refresh_asks_again_and_keeps_the_new_answer(place):
    recorded(place, alba="river")
    with Recording(place, "refresh") as recording:
        assert recording.answer({"word": "alba"}, lambda: "town") == "town"
    with Recording(place) as recording:
        assert recording.answer({"word": "alba"}, never) == "town"


def test_an_answer_of_nothing_is_an_answer(place):
    recorded(place, alba=None)
    with Recording(place) as recording:
        assert recording.answer({"word": "alba"}, never) is None


def test_replay_of_what_was_not_recorded_is_unavailable(place):
    recorded(place, alba="river")
    with Recording(place) as recording, pytest.raises(UnavailableError, match='"word":"brena"'):
        recording.answer({"word": "brena"}, never)


def test_replay_of_nothing_is_refused_and_makes_nothing(place):
    with pytest.raises(CorpusError, match="has to be recorded"):
        Recording(place)
    assert not place.exists()


def test_another_mode_is_refused(place):
    with pytest.raises(SettingError, match="'record' or 'replay' or 'refresh'"):
        Recording(place, "rewind")


def test_nothing_is_dropped_past_a_gigabyte(place):
    """The default of diskcache drops what is over 1 GiB; its own settings say what holds here."""
    recorded(place, alba="river")
    with contextlib.closing(sqlite3.connect(place / "cache.db")) as database:
        rows = dict(database.execute("SELECT key, value FROM Settings"))
    assert (rows["eviction_policy"], rows["size_limit"] > 2**60) == ("none", True)


def test_everything_lies_in_the_database(place):
    recorded(place, alba="long " * 200_000)
    assert [path.name for path in place.iterdir()] == ["cache.db"]


def test_replay_does_not_write_the_database(place):
    recorded(place, alba="river")
    before = (place / "cache.db").read_bytes()
    with Recording(place) as recording:
        assert recording.answer({"word": "alba"}, never) == "river"
    assert (place / "cache.db").read_bytes() == before


@pytest.mark.parametrize("change", ["keep", "remove"])
def test_a_recording_open_for_replay_is_not_changed(place, change):
    recorded(place, alba="river")
    with Recording(place) as recording:
        act = {"keep": lambda: recording.keep({}, 1), "remove": lambda: recording.remove("x")}
        with pytest.raises(CorpusError, match="is not changed"):
            act[change]()


def test_replay_sees_what_a_running_recorder_has_completed(place):
    with Recording(place, "record") as recorder:
        recorder.keep({"word": "alba"}, "river")
        with Recording(place) as recording:
            assert recording.answer({"word": "alba"}, never) == "river"
            recorder.keep({"word": "brena"}, "town")
            assert recording.answer({"word": "brena"}, never) == "town"


def test_a_recording_is_replayed_where_nothing_can_be_written_beside_it(place):
    """SQLite wants a file of this name; a folder is in its way even for the superuser."""
    recorded(place, alba="river")
    (place / "cache.db-shm").mkdir()
    with Recording(place) as recording:
        assert recording.answer({"word": "alba"}, never) == "river"


def test_threads_replay_at_once(place):
    recorded(place, **{f"word{number}": number for number in range(50)})
    with Recording(place) as recording:

        def read(number):
            return recording.answer({"word": f"word{number}"}, never)

        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(read, range(50))) == list(range(50))


def test_a_recording_travels_to_another_process_as_its_place_and_mode(place):
    recorded(place, alba="river")
    with Recording(place) as recording, pickle.loads(pickle.dumps(recording)) as copy:
        assert copy.answer({"word": "alba"}, never) == "river"


def test_a_path_that_diskcache_would_change_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("ELSEWHERE", str(tmp_path / "elsewhere"))
    with pytest.raises(CorpusError, match="without '\\$'"):
        Recording(tmp_path / "$ELSEWHERE", "record")
    assert list(tmp_path.iterdir()) == []


class Bomb:
    """Its pickle makes a file where it is loaded."""

    def __init__(self, place):
        self.place = place

    def __reduce__(self):
        return Path.touch, (self.place,)


def changed(place, sql, *values):
    with sqlite3.connect(place / "cache.db") as database:
        database.execute(sql, values)
    database.close()


def read_all(place):
    with Recording(place) as recording:
        return list(recording.exchanges())


def test_a_pickle_in_a_row_is_damage_and_is_not_run(place, tmp_path):
    recorded(place, alba="river")
    pickled = pickle.dumps(Bomb(tmp_path / "run"))
    changed(place, "UPDATE Cache SET mode = 4, value = ?", pickled)
    with pytest.raises(CorpusError, match="a pickle or a file is never read"):
        read_all(place)
    assert not (tmp_path / "run").exists()


def test_a_pickle_in_a_key_is_damage_and_is_not_run(place, tmp_path):
    recorded(place, alba="river")
    pickled = pickle.dumps(Bomb(tmp_path / "run"))
    changed(place, "UPDATE Cache SET raw = 0, key = ?", pickled)
    with pytest.raises(CorpusError, match="a key is no text"):
        read_all(place)
    assert not (tmp_path / "run").exists()


def test_a_row_that_names_a_file_is_damage_and_the_file_is_left(place, tmp_path):
    secret = tmp_path / "secret"
    secret.write_bytes(pickle.dumps(Bomb(tmp_path / "run")))
    recorded(place, alba="river")
    for mode in (2, 3, 4):
        changed(place, "UPDATE Cache SET mode = ?, filename = '../secret', value = NULL", mode)
        with pytest.raises(CorpusError, match="a pickle or a file is never read"):
            read_all(place)
    with Recording(place, "refresh") as recording:
        recording.answer({"word": "alba"}, lambda: "town")
    assert secret.exists()
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "value",
    [
        b"no frame",
        zlib.compress(b"{}"),
        zstandard.compress(b"no json"),
        zstandard.compress(b"[" * 100_000),
        zstandard.compress(b"{}"),
        zstandard.compress(b'{"request":{},"answer":1,"digest":"x"}'),
    ],
    ids=["noise", "zlib", "text", "nested", "empty", "digest"],
)
def test_a_row_that_is_no_exchange_is_damage(place, value):
    recorded(place, alba="river")
    changed(place, "UPDATE Cache SET value = ?", value)
    with pytest.raises(CorpusError, match="is damaged"):
        read_all(place)


def test_a_row_that_would_unpack_to_gigabytes_is_not_unpacked(place):
    recorded(place, alba="river")
    packer = zstandard.ZstdCompressor().compressobj(size=2**33)
    changed(place, "UPDATE Cache SET value = ?", packer.compress(bytes(2**20)))
    with pytest.raises(CorpusError, match=r"unpacks to 8589934592 bytes|does not unpack"):
        read_all(place)


def test_an_answer_under_another_request_is_damage(place):
    recorded(place, alba="river", brena="town")
    changed(place, "UPDATE Cache SET value = (SELECT value FROM Cache ORDER BY key LIMIT 1)")
    with pytest.raises(CorpusError, match=r"the request of .* was changed"):
        read_all(place)


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TRIGGER evil AFTER INSERT ON Cache BEGIN DELETE FROM Cache; END",
        "CREATE VIEW evil AS SELECT 1",
        "CREATE TABLE evil (x)",
        "INSERT INTO Settings VALUES ('_disk', 'x')",
        "INSERT INTO Settings VALUES ('sqlite_evil', 1)",
        "UPDATE Settings SET value = '1; DROP TABLE Cache' WHERE key = 'sqlite_cache_size'",
    ],
)
def test_a_database_that_diskcache_would_obey_is_not_opened(place, sql):
    recorded(place, alba="river")
    changed(place, sql)
    for mode in ("replay", "record"):
        with pytest.raises(CorpusError, match="is damaged"):
            Recording(place, mode)


def test_a_directory_of_something_else_is_left_as_it_is(place):
    place.mkdir()
    (place / "manifest.json").write_text("{}")
    with pytest.raises(CorpusError, match="no recording; it is left as it is"):
        Recording(place, "record")
    assert [path.name for path in place.iterdir()] == ["manifest.json"]


def test_a_file_that_is_no_database_is_not_opened(place):
    place.mkdir()
    (place / "cache.db").write_bytes(b"no database, " * 1000)
    with pytest.raises(CorpusError, match="cannot be opened"):
        Recording(place)


def test_a_place_where_nothing_can_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CorpusError, match=r"recording .*file/deep cannot be opened"):
        Recording(tmp_path / "file" / "deep", "record")


def test_a_truncated_database_is_damage(place):
    recorded(place, **{f"word{number}": "x" * 5000 + str(number) for number in range(200)})
    whole = (place / "cache.db").read_bytes()
    (place / "cache.db").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CorpusError):
        read_all(place)


def test_what_cannot_be_removed_or_counted_is_told(place):
    recorded(place, alba="river")
    changed(
        place,
        "CREATE TRIGGER Settings_x BEFORE DELETE ON Cache BEGIN"
        " SELECT raise(FAIL, 'UPDATE Settings'); END",
    )
    with Recording(place, "record") as recording, pytest.raises(CorpusError, match="be written"):
        recording.remove(recording.keys()[0])
    changed(place, "DROP TABLE Cache")
    with Recording(place) as recording, pytest.raises(CorpusError, match="no such table"):
        len(recording)


RECORDER = """
import sys
from webenvs.recording.recording import Recording
with Recording(sys.argv[1], "record") as recording:
    for number in range(int(sys.argv[2]), 10**9):
        recording.keep({"number": number}, {"text": f"{number} " * 3000})
        print(number, flush=True)
"""


def test_a_recorder_that_is_killed_loses_nothing_that_was_completed(place):
    begin = 0
    for round_number in range(5):
        child = subprocess.Popen(
            [sys.executable, "-c", RECORDER, str(place), str(begin)], stdout=subprocess.PIPE
        )
        for _ in range(5 + 7 * round_number):
            last = int(child.stdout.readline())
        child.send_signal(signal.SIGKILL)
        last = max([last, *(int(line) for line in child.stdout if line.endswith(b"\n"))])
        child.wait()
        child.stdout.close()
        begin = last + 1
        with Recording(place) as recording:
            assert verify(recording) >= begin
            for number in range(begin):
                told = recording.answer({"number": number}, never)
                assert told["text"].startswith(f"{number} ")


def test_many_writers_at_once_lose_nothing(place):
    code = (
        "import sys; from webenvs.recording.recording import Recording\n"
        "recording = Recording(sys.argv[1], 'record')\n"
        "for number in range(100): recording.keep({'of': sys.argv[2], 'number': number}, number)"
    )
    children = [
        subprocess.Popen([sys.executable, "-c", code, str(place), str(child)]) for child in range(3)
    ]
    assert [child.wait() for child in children] == [0, 0, 0]
    with Recording(place) as recording:
        assert verify(recording) == 300


def test_a_response_comes_back_as_it_was(place):
    body = bytes(range(256)) * 100
    headers = (("Content-Type", "text/html"), ("Link", "</1>"), ("Link", "</2>; rel=next"))
    first = Response(
        url="http://a.example/x", status=200, version="HTTP/2", headers=headers, body=body
    )
    with Recording(place, "record") as recording:
        told = recording.keep(page_request(first.url), kept(first))
    with Recording(place) as recording:
        assert response_of(told.request, recording.get(told.key).answer) == first


def test_a_body_with_another_digest_is_damage():
    response = Response(url="http://a.example/", status=200, version="HTTP/1.1", body=b"river")
    other = kept(Response(url="", status=200, version="", body=b"rivet"))
    told = {**kept(response), "body": other["body"]}
    with pytest.raises(CorpusError, match="another digest"):
        response_of(page_request(response.url), told)


def test_a_page_costs_hardly_more_than_its_packed_body(place):
    text = Path(__file__).read_bytes() * 20
    body = b"".join(bytes([byte ^ (place & 3)]) for place, byte in enumerate(text))
    packed = len(zstandard.ZstdCompressor(level=9).compress(body))
    response = Response(url="http://a.example/", status=200, version="HTTP/1.1", body=body)
    with Recording(place, "record") as recording:
        recording.keep(page_request(response.url), kept(response))
    with contextlib.closing(sqlite3.connect(place / "cache.db")) as database:
        ((size,),) = database.execute("SELECT size FROM Cache")
    assert size < 1.1 * packed + 500


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("HTTP://A.Example:80", "http://a.example/"),
        ("http://a.example?x=1#part", "http://a.example/?x=1"),
        ("http://a.example/a b/ä", "http://a.example/a%20b/%C3%A4"),
        ("http://exämple.org/", "http://xn--exmple-cua.org/"),
        ("http://a.example/x?token=abc&y=1", "http://a.example/x?token=scrubbed&y=1"),
        ("http://a.example/x?api-key=abc", "http://a.example/x?api-key=scrubbed"),
        ("http://a.example/x?key=12", "http://a.example/x?key=12"),
        ("http://a.example/x?key=AIzaSyA1234567890", "http://a.example/x?key=scrubbed"),
        ("http://name:word@a.example/x", "http://a.example/x"),
    ],
)
def test_a_page_is_found_by_its_url_in_one_spelling_without_secrets(url, asked):
    assert page_request(url) == {"kind": "page", "url": asked}
    assert page_request(asked) == {"kind": "page", "url": asked}


def test_a_changed_byte_anywhere_in_the_database_is_damage_and_nothing_else(place):
    recorded(place, **{f"word{number}": "an answer" for number in range(3)})
    path = place / "cache.db"
    content = path.read_bytes()
    refused = 0
    for at in range(0, len(content), 61):
        path.write_bytes(content[:at] + bytes([content[at] ^ 0x80]) + content[at + 1 :])
        try:
            with Recording(place) as recording:
                list(recording.exchanges())
        except CorpusError:
            refused += 1
    assert refused > 10
