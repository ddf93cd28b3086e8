"""Vectors that are kept for ever."""

import numpy as np
import pytest

from webenvs.errors import CorpusError, UnavailableError
from webenvs.recording.recording import Recording
from webenvs.search.embedders.recorded import RecordedEmbedder


class Lengths:
    """An embedder by the length of texts, which counts what it is asked."""

    dims = 3

    def __init__(self, fingerprint="first", factor=1.0):
        self.fingerprint = fingerprint
        self.factor = factor
        self.asked = []

    def encode(self, texts, use):
        self.asked.append((tuple(texts), use))
        rows = [[len(text) * self.factor, 1 / 3, 0.1] for text in texts]
        return np.array(rows, dtype=np.float32).reshape(-1, 3)


def recorded(tmp_path, other, mode="record", passages=True):
    recording = Recording(tmp_path / "recording", mode)
    return RecordedEmbedder("lengths", lambda: other, recording, passages=passages)


def must_not_be_made():
    raise AssertionError("a replay must not make the embedder")


def test_a_text_is_asked_once_and_comes_back_to_the_last_bit(tmp_path):
    other = Lengths()
    embedder = recorded(tmp_path, other)
    first = embedder.encode(["a", "bb"], "query")
    assert (embedder.encode(["bb", "a"], "query")[::-1] == first).all()
    assert (first == Lengths().encode(["a", "bb"], "query")).all()
    assert len(other.asked) == 1


def test_only_what_is_missing_is_asked_in_one_batch(tmp_path):
    other = Lengths()
    embedder = recorded(tmp_path, other)
    embedder.encode(["a"], "passage")
    embedder.encode(["a", "bb", "ccc"], "passage")
    assert other.asked == [(("a",), "passage"), (("bb", "ccc"), "passage")]


def test_query_and_passage_are_kept_apart(tmp_path):
    other = Lengths()
    embedder = recorded(tmp_path, other)
    embedder.encode(["a"], "passage")
    embedder.encode(["a"], "query")
    assert [use for _, use in other.asked] == ["passage", "query"]


def test_a_replay_needs_no_model(tmp_path):
    first = recorded(tmp_path, Lengths()).encode(["a"], "query")
    replay = RecordedEmbedder(
        "lengths", must_not_be_made, Recording(tmp_path / "recording", "replay"), passages=True
    )
    assert (replay.encode(["a"], "query") == first).all()
    assert (replay.fingerprint, replay.dims) == ("first", 3)


def test_a_text_that_was_not_recorded_is_unavailable_in_replay(tmp_path):
    recorded(tmp_path, Lengths()).encode(["a"], "query")
    replay = recorded(tmp_path, Lengths(), "replay")
    with pytest.raises(UnavailableError, match="holds no answer"):
        replay.encode(["b"], "query")


def test_refreshing_asks_again_and_keeps_the_answer(tmp_path):
    recorded(tmp_path, Lengths()).encode(["a"], "query")
    fresh = recorded(tmp_path, Lengths(factor=2.0), "refresh").encode(["a"], "query")
    assert (recorded(tmp_path, Lengths(), "replay").encode(["a"], "query") == fresh).all()
    assert fresh[0, 0] == 2.0


def test_two_that_ask_at_once_go_on_with_the_vector_that_is_replayed(tmp_path):
    class Overtaken(Lengths):
        def encode(self, texts, use):
            recorded(tmp_path, Lengths(factor=2.0)).encode(texts, use)
            return super().encode(texts, use)

    slower = recorded(tmp_path, Overtaken()).encode(["a"], "query")
    assert (recorded(tmp_path, Lengths(), "replay").encode(["a"], "query") == slower).all()
    assert slower[0, 0] == 2.0


def test_passages_are_not_kept_where_they_need_not_be(tmp_path):
    other = Lengths()
    embedder = recorded(tmp_path, other, passages=False)
    embedder.encode(["a"], "passage")
    embedder.encode(["a"], "passage")
    assert len(other.asked) == 2


def test_a_model_that_has_changed_is_refused(tmp_path):
    recorded(tmp_path, Lengths()).encode(["a"], "query")
    changed = recorded(tmp_path, Lengths("second"))
    with pytest.raises(CorpusError, match="not the model that was recorded"):
        changed.encode(["b"], "query")


def test_no_texts_are_no_rows(tmp_path):
    assert recorded(tmp_path, Lengths()).encode([], "query").shape == (0, 3)


def test_a_recording_that_says_something_else_of_its_model_is_refused(tmp_path):
    Recording(tmp_path / "recording", "record").keep({"embedder": "lengths"}, "three")
    with pytest.raises(CorpusError, match="is damaged: it says 'three' of 'lengths'"):
        recorded(tmp_path, Lengths())


def test_a_recorded_vector_of_another_length_is_refused(tmp_path):
    embedder = recorded(tmp_path, Lengths())
    embedder._recording.keep(embedder._request("a", "query"), "AAAAAA==")
    with pytest.raises(CorpusError, match="holds vectors that are not of 3 dimensions"):
        embedder.encode(["a"], "query")
