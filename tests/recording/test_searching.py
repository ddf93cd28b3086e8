"""Results of a search API of the user's own: asked once, replayed, never with its key."""

import pytest

from webenvs.errors import (
    CorpusError,
    SearchServerError,
    SettingError,
    UnavailableError,
    UnknownNameError,
)
from webenvs.recording.recording import Recording
from webenvs.recording.searching import Found, search

ROWS = [
    {"url": "http://a.example/?api_key=SECRET&x=1", "title": "Alba", "snippet": "A river.", "n": 3},
    {"url": "http://a.example/2"},
]


@pytest.fixture
def place(tmp_path):
    return tmp_path / "recording"


def never(query, k):
    raise AssertionError("asked")


def test_results_are_recorded_and_replayed(place):
    with Recording(place, "record") as recording:
        first = search(recording, "my:search", "alba", 5, ask=lambda query, k: ROWS)
    with Recording(place) as recording:
        assert search(recording, "my:search", "alba", 5, ask=never) == first
    assert first == (
        Found(url="http://a.example/?api_key=scrubbed&x=1", title="Alba", snippet="A river."),
        Found(url="http://a.example/2"),
    )


def test_no_more_than_k_results_are_kept(place):
    with Recording(place, "record") as recording:
        assert len(search(recording, "my:search", "alba", 1, ask=lambda query, k: ROWS)) == 1


@pytest.mark.parametrize(("engine", "query", "k"), [("o", "q", 5), ("e", "p", 5), ("e", "q", 6)])
def test_another_engine_query_or_number_is_another_request(place, engine, query, k):
    with Recording(place, "record") as recording:
        search(recording, "e", "q", 5, ask=lambda query, k: ROWS)
    with Recording(place) as recording, pytest.raises(UnavailableError):
        search(recording, engine, query, k, ask=never)


def test_an_engine_is_imported_only_to_ask(place, tmp_path, monkeypatch):
    (tmp_path / "my_engine.py").write_text(
        "def search(query, k):\n    return [{'url': f'http://a.example/{query}'}] * k\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    with Recording(place, "record") as recording:
        assert len(search(recording, "my_engine:search", "alba", 2)) == 2
        search(recording, "gone:search", "alba", 2, ask=lambda query, k: ROWS)
    with Recording(place) as recording:
        assert len(search(recording, "gone:search", "alba", 2)) == 2


@pytest.mark.parametrize(
    "rows", [None, "text", [1], [{"title": "no url"}], [{"url": 3}], [{"url": None}]]
)
def test_an_answer_that_is_no_list_of_results_is_not_recorded(place, rows):
    with Recording(place, "record") as recording:
        with pytest.raises(CorpusError, match="'my:search' answered no list"):
            search(recording, "my:search", "alba", 5, ask=lambda query, k: rows)
        assert len(recording) == 0


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        ("nothing", SettingError, "engine = 'nothing' is not allowed"),
        (":x", SettingError, "engine = ':x' is not allowed"),
        ("math:", SettingError, "engine = 'math:' is not allowed"),
        ("math:pi", SettingError, "engine = 'math:pi' is not allowed"),
        ("nowhere:search", SettingError, "Engine 'nowhere:search': cannot import 'nowhere'"),
        ("math:cosi", UnknownNameError, "no engine 'cosi' in math. Did you mean 'cos'"),
    ],
)
def test_an_engine_that_is_none_is_named(place, name, error, words):
    with Recording(place, "record") as recording, pytest.raises(error, match=words):
        search(recording, name, "alba")


@pytest.mark.parametrize("failure", [RuntimeError("no\nkey"), SystemExit(0)])
def test_an_engine_that_fails_is_told_in_one_line_and_not_recorded(place, failure):
    def ask(query, k):
        raise failure

    with Recording(place, "record") as recording:
        with pytest.raises(
            SearchServerError, match=r"'my:search' failed at 'alba': [RS][^\n]*[y0]\.$"
        ):
            search(recording, "my:search", "alba", 5, ask=ask)
        assert len(recording) == 0


def test_a_query_that_is_no_text_is_asked_as_text(place):
    with Recording(place, "record") as recording:
        found = search(recording, "my:search", "al\udcffba", 5, ask=lambda query, k: ROWS)
        assert search(recording, "my:search", "al\udcffba", 5, ask=never) == found
