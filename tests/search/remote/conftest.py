"""Search servers on the loopback interface, each in a thread, and a corpus that they know."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from webenvs.corpora.corpus import MemoryCorpus
from webenvs.records import Page
from webenvs.search import engines

WORDS = ["red", "green", "blue", "bridge", "river", "town", "mayor", "chess", "mountain", "year"]


class Handler(BaseHTTPRequestHandler):
    """Answers a POST with what the server's `reply` says; remembers what was asked."""

    protocol_version = "HTTP/1.1"
    timeout = 20

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append((self.path, dict(self.headers), body))
        status, headers, sent = self.server.reply(self, body)
        if status is None:
            return
        self.send_response(status)
        for name, value in {"Content-Length": str(len(sent)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *_):
        pass


class LocalServer(ThreadingHTTPServer):
    """A server on a free port; `reply(handler, body)` gives status, headers and body."""

    daemon_threads = True

    def __init__(self, reply):
        super().__init__(("127.0.0.1", 0), Handler)
        self.reply = reply
        self.asked = []

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, *_):
        pass  # a client that hangs up is part of some tests


@contextmanager
def running(reply, secured=None):
    """The server while it runs; `secured` wraps its socket."""
    server = LocalServer(reply)
    if secured is not None:
        server.socket = secured(server.socket)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def json_reply(answer, status=200):
    """A reply with this JSON to everything."""
    sent = json.dumps(answer).encode()
    return lambda _handler, _body: (status, {"Content-Type": "application/json"}, sent)


def search_r1_reply(corpus):
    """A server of Search-R1's protocol over the corpus: documents by id, with contents."""
    engine = engines.retriever(corpus, "bm25", {})

    def reply(handler, body):
        asked = json.loads(body)
        if handler.path != "/retrieve" or set(asked) != {"queries", "topk", "return_scores"}:
            return 422, {}, b'{"detail": [{"msg": "Field required"}]}'
        result = [
            [
                {
                    "document": {
                        "id": hit.url.removeprefix("doc://"),
                        "contents": f'"{hit.title}"\n{hit.snippet}',
                    },
                    "score": hit.score,
                }
                for hit in engine.search(query, asked["topk"])
            ]
            for query in asked["queries"]
        ]
        return 200, {"Content-Type": "application/json"}, json.dumps({"result": result}).encode()

    return reply


def opensearch_reply(corpus, index="pages"):
    """A cluster with one index over the corpus, as far as a multi_match search goes."""
    engine = engines.retriever(corpus, "bm25", {})

    def reply(handler, body):
        path, _, _ = handler.path.partition("?")
        if path != f"/{index}/_search":
            error = {"type": "index_not_found_exception", "reason": "no such index"}
            return 404, {}, json.dumps({"error": error, "status": 404}).encode()
        asked = json.loads(body)
        match = asked["query"]["multi_match"]
        hits = []
        for hit in engine.search(match["query"], asked["size"]):
            number = hit.url.removeprefix("doc://")
            source = {"title": hit.title, "where": {"url": hit.url}, "number": int(number)}
            told = {"_index": index, "_id": number, "_score": hit.score}
            if asked["_source"]:
                kept = {name.partition(".")[0] for name in asked["_source"]}
                told["_source"] = {name: source[name] for name in kept if name in source}
            if "highlight" in asked:
                told["highlight"] = {next(iter(asked["highlight"]["fields"])): [f"shown {number}"]}
            hits.append(told)
        answer = {
            "took": 3,
            "timed_out": False,
            "_shards": {"total": 2, "successful": 2, "skipped": 0, "failed": 0},
            "hits": {"max_score": hits[0]["_score"] if hits else None, "hits": hits},
        }
        return 200, {"Content-Type": "application/json"}, json.dumps(answer).encode()

    return reply


def pages():
    """Forty pages whose urls are those of documents by number."""
    for number in range(40):
        words = [WORDS[(number * step + step) % len(WORDS)] for step in range(1, 9)]
        title = f"{WORDS[number % len(WORDS)]} {number}"
        yield Page(
            url=f"doc://{number:02d}", title=title, text=f"The {' '.join(words)} of {number}."
        )


@pytest.fixture(scope="session")
def corpus():
    """A corpus that the servers know too."""
    return MemoryCorpus(pages())


@pytest.fixture
def serve():
    """serve(reply) -> a context manager of a running server."""
    return running


@pytest.fixture
def replying():
    """replying(answer, status) -> a reply with this JSON to everything."""
    return json_reply


@pytest.fixture(params=["search-r1", "opensearch"])
def kind(request, corpus):
    """An engine behind a server: its name, what such a server replies, settings of its own."""
    if request.param == "search-r1":
        return request.param, search_r1_reply(corpus), {}
    return request.param, opensearch_reply(corpus), {"index": "pages"}


@pytest.fixture
def speaking(corpus):
    """speaking(engine) -> what a server of that engine replies."""
    return lambda engine: {"search-r1": search_r1_reply, "opensearch": opensearch_reply}[engine](
        corpus
    )


@pytest.fixture
def engine_at(corpus, tmp_path):
    """Make an engine at a url; it pauses for nothing, and is closed when the test ends."""
    made = []

    def make(engine, url, pages=corpus, pause=lambda seconds: None, **settings):
        import webenvs.search.remote.opensearch as opensearch
        import webenvs.search.remote.search_r1 as search_r1

        maker = {
            "search-r1": search_r1.search_r1_retriever,
            "opensearch": opensearch.opensearch_retriever,
        }[engine]
        own = {"index": "pages"} if engine == "opensearch" else {}
        common = {"url": url, "recording": str(tmp_path / "recording"), "mode": "record"}
        remote = maker(pages, common | own | settings, None, pause)
        made.append(remote)
        return remote

    yield make
    for remote in made:
        remote.close()
