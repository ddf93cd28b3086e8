"""Vectors from an OpenAI-compatible server, against one that runs here and misbehaves."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from webenvs.corpora.corpus import MemoryCorpus
from webenvs.errors import CorpusError, SettingError, UnavailableError
from webenvs.records import Page
from webenvs.search.dense.dense import retriever_for
from webenvs.search.dense.settings import DenseSettings
from webenvs.search.embedders.endpoint import RETRIES, EndpointEmbedder
from webenvs.search.remote.server import ANSWER_BYTES


def vector(text, dims=4):
    """Counts of letters, so that texts of the same letters are alike."""
    return [1.0 + text.count(letter) for letter in "abcd"[:dims]]


def proper(body):
    dims = body.get("dimensions", 4)
    rows = [
        {"object": "embedding", "index": place, "embedding": vector(text, dims)}
        for place, text in enumerate(body["input"])
    ]
    return 200, json.dumps({"object": "list", "data": rows[::-1], "model": body["model"]})


@contextmanager
def serving(answer):
    """A server whose `answer` is given each body; yields its url and the requests it had."""
    seen = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            seen.append((self.path, dict(self.headers), body))
            status, content, *more = answer(body)
            self.send_response(status)
            for name, value in (more[0] if more else {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content.encode())))
            if status == 302:
                self.send_header("Location", "/elsewhere")
            self.end_headers()
            self.wfile.write(content.encode())

        def log_message(self, *_):
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1", seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def refusing(why):
    return pytest.raises(CorpusError, match=why)


def failing_first(times, status):
    left = [times]

    def answer(body):
        left[0] -= 1
        return proper(body) if left[0] < 0 else (status, "busy")

    return answer


def test_vectors_come_back_in_the_order_of_the_texts_and_of_unit_length():
    with serving(proper) as (url, _):
        rows = EndpointEmbedder(url, "m").encode(["aaa", "bbb", "ccc"], "passage")
    assert rows.argmax(axis=1).tolist() == [0, 1, 2]
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-6)


def test_passages_are_asked_in_batches_and_queries_alone():
    with serving(proper) as (url, seen):
        embedder = EndpointEmbedder(url, "m", batch=2)
        embedder.encode(["a", "b", "c"], "passage")
        embedder.encode(["a", "b"], "query")
    assert [len(body["input"]) for _, _, body in seen] == [1, 2, 1, 1, 1]
    assert {path for path, _, _ in seen} == {"/v1/embeddings"}


def test_the_key_goes_into_the_header_and_the_model_into_the_body():
    with serving(proper) as (url, seen):
        EndpointEmbedder(url, "org/model", key="secret")
    _, headers, body = seen[0]
    assert headers["Authorization"] == "Bearer secret"
    assert body == {"model": "org/model", "input": ["webenvs"], "encoding_format": "float"}


def test_fewer_dimensions_are_asked_of_the_server():
    with serving(proper) as (url, seen):
        assert EndpointEmbedder(url, "m", dims=2).dims == 2
    assert seen[0][2]["dimensions"] == 2


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_passing_failure_is_asked_again_after_a_pause(status):
    paused = []
    with serving(failing_first(2, status)) as (url, _):
        assert EndpointEmbedder(url, "m", pause=paused.append).dims == 4
    assert paused == [0.5, 1.0]


def test_a_failure_that_does_not_pass_is_final_and_says_what_was_said():
    paused = []
    why = "/v1/embeddings answered HTTP 503: overloaded"
    with serving(lambda body: (503, "overloaded")) as (url, _), refusing(why):
        EndpointEmbedder(url, "m", pause=paused.append)
    assert len(paused) == RETRIES


def test_a_server_that_is_not_there_is_named_without_the_key():
    with serving(proper) as (url, _):
        pass
    with pytest.raises(CorpusError, match="/v1/embeddings cannot be reached") as caught:
        EndpointEmbedder(url, "m", key="secret", pause=lambda _: None)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("status", [302, 400, 401, 404])
def test_a_refusal_is_final_at_once_and_no_redirect_is_followed(status):
    why = f"answered HTTP {status}: no such model"
    with serving(lambda body: (status, "no such model")) as (url, seen), refusing(why):
        EndpointEmbedder(url, "m")
    assert len(seen) == 1


def data(*rows):
    return json.dumps({"data": list(rows)})


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("[]", 'no list of objects under "data"'),
        ('{"data": {}}', 'no list of objects under "data"'),
        ('{"data": [3]}', 'no list of objects under "data"'),
        (data(), "the indexes"),
        (data({"index": 0, "embedding": [1]}, {"index": 0, "embedding": [1]}), "the indexes"),
        (data({"index": 1, "embedding": [1]}), "the indexes"),
        (data({"index": "0", "embedding": [1]}), "the indexes"),
        (data({"index": 0}), "no list of numbers"),
        (data({"index": 0, "embedding": "AAAA"}), "no list of numbers"),
        (data({"index": 0, "embedding": [1, None]}), "no list of numbers"),
        (data({"index": 0, "embedding": []}), "of shape"),
    ],
)
def test_an_answer_that_holds_no_such_vectors_is_refused(content, why):
    why = f"The embeddings server at http://127.0.0.1:.* returned .*{why}"
    with serving(lambda body: (200, content)) as (url, _), refusing(why):
        EndpointEmbedder(url, "m")


@pytest.mark.parametrize(
    "content",
    [
        "<html>",
        '{"data": [{"index": 0, "embedding": [1, NaN]}]}',
        '{"data": [{"index": 0, "embedding": [1, Infinity]}]}',
    ],
)
def test_an_answer_that_is_no_json_is_refused(content):
    with serving(lambda body: (200, content)) as (url, _), refusing("what is not JSON"):
        EndpointEmbedder(url, "m")


def test_a_server_that_says_how_long_to_wait_is_given_that_time():
    paused, answers = [], [(429, "later", {"Retry-After": "7"})]
    with serving(lambda body: answers.pop() if answers else proper(body)) as (url, _):
        EndpointEmbedder(url, "m", pause=paused.append)
    assert paused == [7.0]


def test_an_answer_without_end_is_refused():
    with (
        serving(lambda body: (200, " " * (ANSWER_BYTES + 1))) as (url, _),
        refusing("answered more than 64 MiB"),
    ):
        EndpointEmbedder(url, "m")


def test_a_key_is_sent_over_https_or_to_this_machine_alone():
    with pytest.raises(SettingError, match="https where a key or a password is sent") as caught:
        EndpointEmbedder("http://embeddings.test/v1", "m", key="sesame-open")
    assert "sesame" not in str(caught.value)


@pytest.mark.parametrize("url", ["https://me:sesame@e.test/v1", "https://e.test/v1?key=sesame"])
def test_an_address_that_may_hold_a_secret_is_refused(url):
    with pytest.raises(SettingError, match=r"must not hold a password|without a query"):
        EndpointEmbedder(url, "m")


def test_a_key_that_cannot_be_sent_is_named_by_its_variable(tmp_path, monkeypatch):
    monkeypatch.setenv("EMBEDDINGS_KEY", "two\nlines")
    settings = DenseSettings(
        embedder="endpoint:http://localhost/v1#m",
        recording=str(tmp_path),
        key_variable="EMBEDDINGS_KEY",
    )
    with pytest.raises(SettingError, match="EMBEDDINGS_KEY must be printable ASCII"):
        retriever_for(CORPUS, settings)


def test_vectors_of_another_length_than_before_are_refused():
    def growing(body):
        dims = 4 if body["input"] == ["webenvs"] else 3
        return proper({**body, "dimensions": dims})

    with serving(growing) as (url, _):
        embedder = EndpointEmbedder(url, "m")
        with pytest.raises(CorpusError, match="vectors of 3 dimensions, not 4"):
            embedder.encode(["a"], "query")


CORPUS = MemoryCorpus(
    Page(url=f"https://a.test/{letter}", title="", text=letter * 9) for letter in "abcd"
)


def test_a_search_through_a_server_is_replayed_without_it(tmp_path):
    with serving(proper) as (url, _):
        settings = DenseSettings(embedder=f"endpoint:{url}#m", recording=str(tmp_path / "kept"))
        hits = retriever_for(CORPUS, settings, tmp_path / "index").search("bbb", 2)
        assert hits[0].url == "https://a.test/b"
    replay = DenseSettings(
        embedder="endpoint:http://gone.test/v1#m", recording=str(tmp_path / "kept"), mode="replay"
    )
    retriever = retriever_for(CORPUS, replay, tmp_path / "index")
    assert retriever.search("bbb", 2) == hits
    with pytest.raises(UnavailableError):
        retriever.search("never asked", 2)
    assert retriever_for(CORPUS, replay).search("bbb", 2) == hits


def test_prefixes_stand_before_queries_and_passages(tmp_path):
    with serving(proper) as (url, seen):
        settings = DenseSettings(
            embedder=f"endpoint:{url}#m",
            recording=str(tmp_path),
            query_prefix="query: ",
            passage_prefix="passage: ",
        )
        retriever_for(CORPUS, settings).search("bbb", 2)
    texts = [text for _, _, body in seen for text in body["input"]][1:]
    assert texts == [*(f"passage: {letter * 9}" for letter in "abcd"), "query: bbb"]


def test_the_key_is_read_from_the_environment_and_kept_nowhere(tmp_path, monkeypatch):
    monkeypatch.setenv("EMBEDDINGS_KEY", "sesame-open")
    with serving(proper) as (url, seen):
        settings = DenseSettings(
            embedder=f"endpoint:{url}#m",
            recording=str(tmp_path / "kept"),
            key_variable="EMBEDDINGS_KEY",
        )
        retriever_for(CORPUS, settings, tmp_path / "index").search("b", 1)
    assert seen[0][1]["Authorization"] == "Bearer sesame-open"
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(b"sesame-open" in path.read_bytes() for path in files)


def test_a_variable_that_is_not_set_is_named(tmp_path, monkeypatch):
    monkeypatch.delenv("EMBEDDINGS_KEY", raising=False)
    settings = DenseSettings(
        embedder="endpoint:http://localhost/v1#m",
        recording=str(tmp_path),
        key_variable="EMBEDDINGS_KEY",
    )
    with pytest.raises(SettingError, match="key_variable = 'EMBEDDINGS_KEY'"):
        retriever_for(CORPUS, settings)
