"""The client of chat endpoints: what it sends, what it reads, how it names each failure."""

import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from webenvs.errors import PlayerError, SettingError
from webenvs.players.endpoint import KEY_VARIABLE, Endpoint, EndpointError

ASKED = [{"role": "user", "content": "Why \N{SNOWMAN}?"}]


def completion(text):
    return json.dumps({"choices": [{"message": {"role": "assistant", "content": text}}]})


class Server:
    """A chat endpoint whose answers are (status, body, headers) in order, the last one repeated."""

    def __init__(self, *answers, delay=0.0):
        self.seen = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                length = int(self.headers["Content-Length"])
                body = json.loads(self.rfile.read(length))
                place = min(len(outer.seen), len(answers) - 1)
                outer.seen.append((self.path, dict(self.headers), body))
                if delay:
                    time.sleep(delay)
                status, said, headers = (*answers[place], {})[:3]
                sent = said.encode()
                try:
                    self.send_response(status)
                    for name, value in headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(sent)))
                    self.end_headers()
                    self.wfile.write(sent)
                except OSError:
                    pass  # the client has gone

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}
        )

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def failure(server, **settings):
    pauses = []
    with (
        server,
        Endpoint(server.url, "m", pause=pauses.append, **settings) as endpoint,
        pytest.raises(EndpointError) as caught,
    ):
        endpoint.chat(ASKED)
    return caught.value, pauses


def test_a_message_goes_out_as_asked_and_the_text_comes_back(monkeypatch):
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    with Server((200, completion("Because."))) as server, Endpoint(server.url, "m") as endpoint:
        assert endpoint.chat(ASKED, temperature=0.5, seed=7) == "Because."
    path, headers, body = server.seen[0]
    assert path == "/v1/chat/completions"
    assert body == {"model": "m", "messages": ASKED, "temperature": 0.5, "seed": 7}
    assert "Authorization" not in headers


def test_a_full_address_is_taken_as_it_is():
    with Endpoint("http://127.0.0.1:9/v1/chat/completions/", "m") as endpoint:
        assert endpoint.url == "http://127.0.0.1:9/v1/chat/completions"


def test_the_key_of_the_argument_goes_before_that_of_the_environment(monkeypatch):
    monkeypatch.setenv(KEY_VARIABLE, "from-the-environment")
    with Server((200, completion("x"))) as server:
        for key in ("from-the-argument", None, ""):
            with Endpoint(server.url, "m", key=key) as endpoint:
                endpoint.chat(ASKED)
    sent = [headers.get("Authorization") for _, headers, _ in server.seen]
    assert sent == ["Bearer from-the-argument", "Bearer from-the-environment", None]


def test_the_key_shows_in_no_error_and_no_representation():
    error, _ = failure(Server((401, "wrong key: s3cret\n  try again")), key="s3cret")
    assert str(error).endswith("HTTP 401: wrong key: [key] try again")
    with Endpoint("http://127.0.0.1:9/v1", "m", key="s3cret") as endpoint:
        assert "s3cret" not in repr(endpoint)
    with pytest.raises(SettingError) as caught:
        Endpoint("http://127.0.0.1:9/v1", "m", key="s3cret\n")
    assert "s3cret" not in str(caught.value)


def test_a_refusal_is_told_at_once():
    error, pauses = failure(server := Server((404, "")))
    assert (error.fault, error.status, error.passing) == ("status", 404, False)
    assert "HTTP 404: (nothing)" in str(error)
    assert isinstance(error, PlayerError)
    assert pauses == []
    assert len(server.seen) == 1


def test_what_may_pass_is_tried_again_after_doubling_pauses():
    error, pauses = failure(server := Server((500, "oops")), retries=3)
    assert (error.fault, error.status) == ("status", 500)
    assert pauses == [0.5, 1.0, 2.0]
    assert len(server.seen) == 4


def test_a_server_that_recovers_is_forgiven():
    answers = (429, "busy", {"Retry-After": "7"}), (503, "", {"Retry-After": "900"})
    pauses = []
    with (
        Server(*answers, (200, completion("at last"))) as server,
        Endpoint(server.url, "m", pause=pauses.append) as endpoint,
    ):
        assert endpoint.chat(ASKED) == "at last"
    assert pauses == [7.0, 30.0]


def test_a_date_in_retry_after_leaves_the_usual_pause():
    header = {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}
    _, pauses = failure(Server((429, "busy", header)), retries=1)
    assert pauses == [0.5]


def test_a_slow_server_is_a_timeout():
    error, pauses = failure(Server((200, completion("late")), delay=0.4), timeout=0.05, retries=1)
    assert (error.fault, error.status, error.passing) == ("timeout", None, True)
    assert pauses == [0.5]


def test_a_place_where_nobody_listens_is_unreachable():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        with Endpoint(url, "m", retries=0) as endpoint, pytest.raises(EndpointError) as caught:
            endpoint.chat(ASKED)
    assert caught.value.fault == "unreachable"
    assert url in str(caught.value)


@pytest.mark.parametrize(
    "said",
    ["<html>hello</html>", "", "[]", "{}", '{"choices": []}', '{"choices": [{"text": "old"}]}'],
)
def test_an_answer_of_another_form_is_malformed(said):
    error, pauses = failure(Server((200, said)))
    assert (error.fault, pauses) == ("malformed", [0.5, 1.0]), "a server may come to its senses"


@pytest.mark.parametrize("text", [None, "", " \n", ["parts"]])
def test_a_choice_without_text_is_empty(text):
    error, _ = failure(Server((200, completion(text))))
    assert error.fault == "empty"


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"url": "localhost:8000"}, "url"),
        ({"url": "http://"}, "url"),
        ({"url": "http://[::1"}, "url"),
        ({"model": ""}, "model"),
        ({"timeout": 0}, "timeout"),
        ({"retries": -1}, "retries"),
    ],
)
def test_a_wrong_setting_is_named(settings, field):
    with pytest.raises(SettingError, match=f"^{field} = "):
        Endpoint(**{"url": "http://127.0.0.1:9/v1", "model": "m", **settings})


def test_a_password_in_the_url_is_refused_and_not_repeated():
    with pytest.raises(SettingError, match="must hold no password") as caught:
        Endpoint("http://user:s3cret@127.0.0.1:9/v1", "m")
    assert "s3cret" not in str(caught.value)


def test_text_that_utf8_cannot_carry_is_sent_all_the_same():
    with Server((200, completion("x"))) as server, Endpoint(server.url, "m") as endpoint:
        assert endpoint.chat([{"role": "user", "content": "\ud800"}]) == "x"
