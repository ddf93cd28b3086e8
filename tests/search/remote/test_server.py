"""A search server that fails, hangs, lies or must not learn a secret."""

import base64
import gzip
import shutil
import ssl
import subprocess
import threading

import pytest

from webenvs.errors import CorpusError, SearchServerError, SettingError
from webenvs.search.remote import server as server_module

SECRET = "s3cret-key-of-the-cluster"
EMPTY = b'{"result": [[]]}'


def in_turn(*replies):
    """A reply that is another one each time; the last stays."""
    left = list(replies)

    def reply(handler, body):
        one = left.pop(0) if len(left) > 1 else left[0]
        return one(handler, body) if callable(one) else one

    return reply


def asked_for(server):
    return [headers.get("Authorization") for _, headers, _ in server.asked]


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_what_may_pass_is_tried_again(serve, engine_at, status):
    pauses = []
    with serve(in_turn((status, {}, b"busy"), (status, {}, b"busy"), (200, {}, EMPTY))) as server:
        assert engine_at("search-r1", server.url, pause=pauses.append).search("red", 3) == ()
    assert pauses == [0.5, 1.0]


def test_a_server_may_say_how_long_it_wants_to_be_left_alone(serve, engine_at):
    pauses = []
    replies = [(429, {"Retry-After": wish}, b"") for wish in ("7", "900", "Fri, 1 Jan 2027")]
    with serve(in_turn(*replies, (200, {}, EMPTY))) as server:
        engine_at("search-r1", server.url, pause=pauses.append, retries=3).search("red", 3)
    assert pauses == [7.0, 30.0, 2.0]


def test_a_server_that_stays_busy_is_named_with_what_it_said(serve, engine_at):
    with serve(lambda *_: (503, {}, b"<h1>warming\n up</h1>")) as server:
        with pytest.raises(SearchServerError, match="HTTP 503: <h1>warming up</h1>") as raised:
            engine_at("search-r1", server.url, retries=1).search("red", 3)
        assert server.url in str(raised.value)
        assert len(server.asked) == 2


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 403, 404, 422])
def test_a_refusal_is_not_tried_again_and_no_redirect_followed(serve, engine_at, status):
    with serve(lambda *_: (status, {"Location": "/elsewhere"}, b"no")) as server:
        with pytest.raises(SearchServerError, match=f"HTTP {status}: no"):
            engine_at("search-r1", server.url).search("red", 3)
        assert len(server.asked) == 1


def test_a_server_that_is_not_there_is_named(serve, engine_at):
    with serve(lambda *_: (200, {}, EMPTY)) as server:
        url = server.url
    with pytest.raises(SearchServerError, match=f"{url}/retrieve cannot be reached"):
        engine_at("search-r1", url).search("red", 3)


def test_a_server_that_hangs_up_is_named(serve, engine_at):
    def hang_up(handler, _body):
        handler.close_connection = True
        return None, {}, b""

    with serve(hang_up) as server:
        with pytest.raises(SearchServerError, match="cannot be reached"):
            engine_at("search-r1", server.url).search("red", 3)
        assert len(server.asked) == 3


def test_a_server_that_is_silent_is_not_waited_for(serve, engine_at):
    done = threading.Event()

    def wait(handler, _body):
        done.wait(20)
        return None, {}, b""

    with serve(wait) as server:
        try:
            with pytest.raises(SearchServerError, match=r"did not answer within 0.2 seconds"):
                engine_at("search-r1", server.url, timeout=0.2, retries=0).search("red", 3)
        finally:
            done.set()


def test_an_answer_in_drips_is_not_waited_for(serve, engine_at):
    done = threading.Event()

    def drip(handler, _body):
        handler.send_response(200)
        handler.send_header("Content-Length", "1000000")
        handler.end_headers()
        while not done.wait(0.02):
            handler.wfile.write(b" ")
        handler.close_connection = True
        return None, {}, b""

    with serve(drip) as server:
        try:
            with pytest.raises(SearchServerError, match=r"did not answer within 0.2 seconds"):
                engine_at("search-r1", server.url, timeout=0.2, retries=0).search("red", 3)
        finally:
            done.set()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"<html><title>Login</title></html>", "not JSON: <html><title>Login</title></html>"),
        (b"", r"not JSON: \(nothing\)"),
        (b'{"result": [[', "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        (b"NaN", "not JSON: NaN"),
        (b"[" * 100_000, "not JSON"),
        (b'{"result": [[{"document": {"id": "1"}, "score": 1e999}]]}', "1e999|finite|range"),
    ],
)
def test_an_answer_that_is_no_json_is_shown(serve, engine_at, body, message):
    with (
        serve(lambda *_: (200, {"Content-Type": "text/html"}, body)) as server,
        pytest.raises(SearchServerError, match=message),
    ):
        engine_at("search-r1", server.url).search("red", 3)


def test_a_cut_answer_is_an_error(serve, engine_at):
    def cut(handler, _body):
        handler.close_connection = True
        return 200, {"Content-Length": "1000"}, EMPTY

    with serve(cut) as server, pytest.raises(SearchServerError, match="cannot be reached"):
        engine_at("search-r1", server.url).search("red", 3)


def test_a_packed_answer_is_unpacked(serve, engine_at):
    packed = gzip.compress(EMPTY)
    with serve(lambda *_: (200, {"Content-Encoding": "gzip"}, packed)) as server:
        assert engine_at("search-r1", server.url).search("red", 3) == ()


def test_an_answer_that_cannot_be_unpacked_is_named(serve, engine_at):
    with (
        serve(lambda *_: (200, {"Content-Encoding": "gzip"}, b"not packed")) as server,
        pytest.raises(SearchServerError, match="cannot be unpacked"),
    ):
        engine_at("search-r1", server.url).search("red", 3)


def test_an_answer_without_end_is_refused(serve, engine_at):
    bomb = gzip.compress(b" " * (server_module.ANSWER_BYTES + 2**20))
    with (
        serve(lambda *_: (200, {"Content-Encoding": "gzip"}, bomb)) as server,
        pytest.raises(SearchServerError, match="more than 64 MiB"),
    ):
        engine_at("search-r1", server.url).search("red", 3)


def test_a_failing_server_is_a_broken_corpus_to_an_episode():
    assert issubclass(SearchServerError, CorpusError)


@pytest.mark.parametrize(
    ("engine", "header"),
    [("search-r1", f"Bearer {SECRET}"), ("opensearch", f"ApiKey {SECRET}")],
)
def test_a_key_comes_from_the_environment(serve, speaking, engine_at, monkeypatch, engine, header):
    monkeypatch.setenv("WEBENVS_SEARCH_KEY", SECRET)
    with serve(speaking(engine)) as server:
        engine_at(engine, server.url).search("red", 3)
        assert asked_for(server) == [header]


def test_user_and_password_come_from_variables_of_ones_own_name(
    serve, speaking, engine_at, monkeypatch
):
    monkeypatch.setenv("CLUSTER_USER", "reader")
    monkeypatch.setenv("CLUSTER_PASSWORD", SECRET)
    with serve(speaking("opensearch")) as server:
        engine_at("opensearch", server.url, credentials="CLUSTER").search("red", 3)
        assert asked_for(server) == [
            "Basic " + base64.b64encode(f"reader:{SECRET}".encode()).decode()
        ]


def test_without_variables_nobody_is_named(serve, speaking, engine_at):
    with serve(speaking("opensearch")) as server:
        engine_at("opensearch", server.url).search("red", 3)
        assert asked_for(server) == [None]


def test_a_secret_is_neither_stored_nor_told(serve, engine_at, monkeypatch, tmp_path):
    monkeypatch.setenv("WEBENVS_SEARCH_KEY", SECRET)
    with serve(in_turn((200, {}, EMPTY), (401, {}, f"bad key {SECRET}".encode()))) as server:
        engine = engine_at("search-r1", server.url)
        engine.search("red", 3)
        with pytest.raises(SearchServerError, match=r"bad key \[secret\]") as raised:
            engine.search("blue", 3)
    stored = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    told = f"{engine.settings!r} {raised.value} {raised.value.__cause__!r}".encode()
    assert SECRET.encode() not in stored + told


def test_a_secret_in_the_url_is_refused_and_not_repeated(engine_at):
    with pytest.raises(SettingError, match="must not hold a password") as raised:
        engine_at("search-r1", f"https://user:{SECRET}@x.test")
    assert SECRET not in str(raised.value)


def test_a_secret_is_sent_over_https_alone(engine_at, monkeypatch):
    monkeypatch.setenv("WEBENVS_SEARCH_KEY", SECRET)
    with pytest.raises(SettingError, match="https where a key or a password is sent"):
        engine_at("search-r1", "http://x.test:8000")


@pytest.mark.parametrize("value", ["two\nlines", "schlüssel"])
def test_a_key_is_printable_ascii(engine_at, monkeypatch, value):
    monkeypatch.setenv("WEBENVS_SEARCH_KEY", value)
    with pytest.raises(SettingError, match="WEBENVS_SEARCH_KEY must be printable") as raised:
        engine_at("search-r1", "http://127.0.0.1:9")
    assert value not in str(raised.value)


def test_a_user_without_a_password_is_a_mistake(engine_at, monkeypatch):
    monkeypatch.setenv("WEBENVS_SEARCH_USER", "reader")
    with pytest.raises(SettingError, match="WEBENVS_SEARCH_PASSWORD belong together"):
        engine_at("search-r1", "http://127.0.0.1:9")


def test_replay_reads_no_variable(serve, speaking, engine_at, monkeypatch):
    with serve(speaking("search-r1")) as server:
        recorded = engine_at("search-r1", server.url).search("red", 3)
    monkeypatch.setenv("WEBENVS_SEARCH_KEY", "two\nlines")
    assert engine_at("search-r1", server.url, mode="replay").search("red", 3) == recorded


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Key and certificate of 127.0.0.1, signed by nobody else."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    place = tmp_path_factory.mktemp("certificate")
    key, file = place / "key.pem", place / "certificate.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1"
    names = ["-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(
        [*command.split(), *names, "-keyout", str(key), "-out", str(file)],
        check=True,
        capture_output=True,
    )
    return key, file


@pytest.fixture
def secured(certificate):
    """Wraps the socket of a server for https."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    key, file = certificate
    context.load_cert_chain(file, key)
    return lambda socket: context.wrap_socket(socket, server_side=True)


def test_https_with_an_authority_of_ones_own(
    serve, speaking, engine_at, certificate, secured, monkeypatch
):
    monkeypatch.setenv("WEBENVS_SEARCH_KEY", SECRET)
    with serve(speaking("opensearch"), secured) as server:
        url = server.url.replace("http:", "https:")
        engine = engine_at("opensearch", url, certificates=str(certificate[1]))
        assert engine.search("mountain", 3)
        assert asked_for(server) == [f"ApiKey {SECRET}"]


def test_https_with_an_unknown_authority_is_refused(serve, speaking, engine_at, secured):
    with serve(speaking("opensearch"), secured) as server:
        url = server.url.replace("http:", "https:")
        with pytest.raises(SearchServerError, match=r"cannot be reached.*certificate"):
            engine_at("opensearch", url, retries=0).search("red", 3)
        assert server.asked == []
