"""The settings of dense search."""

import pytest

from webenvs.errors import SettingError, UnknownNameError
from webenvs.search.dense.settings import DenseSettings, dense_settings
from webenvs.search.lexical.settings import bm25_settings


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("embedder", "lsa:big"),
        ("embedder", "sentence-transformers:"),
        ("embedder", "endpoint:localhost#m"),
        ("embedder", "endpoint:http://localhost/v1"),
        ("embedder", "word2vec"),
        ("embedder", 3),
        ("dims", -1),
        ("dims", True),
        ("dims", 4_097),
        ("index", "annoy"),
        ("nprobe", 1),
        ("chunk_words", 1.5),
        ("mode", "rewind"),
        ("operators", 1),
    ],
)
def test_a_value_out_of_range_is_refused_by_name(setting, value):
    with pytest.raises(SettingError, match=rf"{setting} = .* is not allowed"):
        dense_settings({setting: value})


def test_an_unknown_setting_is_refused_with_the_nearest_right_name():
    with pytest.raises(UnknownNameError, match="Did you mean 'ef_search'"):
        dense_settings({"ef_serach": 3})


def test_an_unknown_analyzer_is_refused():
    with pytest.raises(UnknownNameError, match="Did you mean 'english'"):
        dense_settings({"analyzer": "englsh"})


def test_an_endpoint_needs_a_recording():
    with pytest.raises(SettingError, match="recording = '' is not allowed"):
        dense_settings({"embedder": "endpoint:http://localhost/v1#model"})


def test_family_model_and_url_are_read_from_the_embedder():
    settings = DenseSettings(embedder="endpoint:http://h/v1#org/m:2", recording="r")
    assert (settings.family, settings.model, settings.url) == ("endpoint", "org/m:2", "http://h/v1")
    model = DenseSettings(embedder="sentence-transformers:org/model")
    assert (model.family, model.model, model.url) == ("sentence-transformers", "org/model", "")


def test_what_only_says_how_it_runs_is_in_no_mapping():
    one = DenseSettings(embedder="endpoint:http://a/v1#m", recording="r", batch=3, device="cuda")
    other = DenseSettings(embedder="endpoint:http://b/v1#m", recording="s", key_variable="KEY")
    assert one.mapping() == other.mapping()


def test_what_acts_on_a_query_alone_shapes_no_index():
    one, other = DenseSettings(), DenseSettings(nprobe=99, ef_search=99, query_prefix="q: ")
    assert one.frozen() == other.frozen()
    assert one.mapping() != other.mapping()


@pytest.mark.parametrize(("vectors", "kind"), [(1, "flat"), (65_536, "flat"), (65_537, "ivf")])
def test_the_size_decides_how_vectors_are_found(vectors, kind):
    assert DenseSettings().kind(vectors, 256) == kind


def test_clusters_grow_with_the_square_root():
    found = [DenseSettings().clusters(count) for count in (1, 3, 10_000, 100_000, 1_000_000)]
    assert found == [1, 3, 512, 1_024, 4_096]


@pytest.mark.parametrize("read", [bm25_settings, dense_settings])
def test_settings_that_are_no_mapping_are_refused(read):
    with pytest.raises(SettingError, match="a mapping of settings"):
        read("k1=2")
