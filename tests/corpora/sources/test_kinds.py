"""What is given to a source is checked before anything is read."""

import pytest

from webenvs.corpora import store
from webenvs.corpora.sources import kinds
from webenvs.corpora.urls import normal
from webenvs.errors import CorpusError, SettingError
from webenvs.records import Page


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("limit", "abc"),
        ("limit", None),
        ("limit", True),
        ("limit", 1e308),
        ("workers", "2"),
        ("base_url", 5),
        ("base_url", "http://a b/"),
        ("base_url", "http://a\0/"),
    ],
)
def test_settings_of_the_wrong_kind_are_named(tmp_path, setting, value):
    (tmp_path / "a.html").write_text("<p>words")
    with pytest.raises(SettingError, match=f"^{setting} = "):
        list(kinds.read(tmp_path, "n", **{setting: value}))


@pytest.mark.parametrize(
    "name", ["sp ace", "u@h", "..", "c#", "x?y", "[x]", "a\\b", "ü", "x" * 300]
)
def test_any_name_gives_urls_that_are_urls(tmp_path, name):
    (tmp_path / "a.html").write_text("<p>words")
    (page,) = kinds.read(tmp_path, name)
    assert normal(page.url) == page.url
    assert page.url.endswith("/a.html")


def test_a_corpus_and_a_recording_are_no_sources(tmp_path):
    store.write([Page(url="w://a", title="A", text="x")], tmp_path / "c", "c")
    with pytest.raises(CorpusError, match="is a corpus already"):
        kinds.read(tmp_path / "c", "n")
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "cache.db").write_bytes(b"")
    with pytest.raises(CorpusError, match="is a recording: `webenvs record freeze"):
        kinds.read(tmp_path / "r", "n")


def test_a_data_set_without_a_name_is_refused():
    with pytest.raises(CorpusError, match="names no data set"):
        kinds.read("hf:", "n")
