"""Who may ask, how much at a time, and what a client is never told."""

import json
import socket
import time

import pytest

from webenvs.corpora.corpus import MemoryCorpus
from webenvs.serve.guard import Keys
from webenvs.serve.limits import Limits

TOKEN, OWN = "s3cret", "tr4iner"
BODY = {"query": "river"}


def header(token, kind="Bearer"):
    return {"authorization": f"{kind} {token}"}


@pytest.mark.parametrize(
    "headers",
    [{}, header("wrong"), header(TOKEN, "Basic"), header(""), header("s3cre"), header("s3crét")],
    ids=["none", "wrong", "kind", "empty", "short", "accent"],
)
@pytest.mark.parametrize("path", ["/retrieve", "/episodes", "/mcp", "/nowhere", "/docs"])
def test_no_door_opens_without_the_right_token(serve, path, headers):
    live = serve(options={"keys": Keys(token=TOKEN)})
    raw = {name: value.encode("utf-8") for name, value in headers.items()}
    answer = live.client.post(path, json=BODY, headers=raw)
    assert (answer.status_code, TOKEN in answer.text) == (401, False)
    assert answer.headers["www-authenticate"] == "Bearer"


def test_the_right_token_opens_every_door(start):
    live = start(options={"keys": Keys(token=TOKEN)})
    for path in ("/retrieve", "/episodes"):
        assert live.client.post(path, json=BODY, headers=header(TOKEN)).is_success
    assert live.client.get("/health").status_code == 200


def test_the_token_of_players_does_not_open_the_doors_of_trainers(serve):
    live = serve(options={"keys": Keys(token=TOKEN, trainer=OWN)})

    def status(path, token):
        return live.client.post(path, json=BODY, headers=header(token)).status_code

    assert [status("/retrieve", token) for token in (TOKEN, OWN)] == [200, 200]
    assert [status("/episodes", token) for token in (TOKEN, OWN)] == [401, 201]
    assert [status("/reset", token) for token in (TOKEN, OWN)] == [401, 200]


def asked(live, token, method, **params):
    """The answer to a request of JSON-RPC."""
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    return live.client.post("/mcp", json=body, headers=header(token)).json()


SESSIONS = [("openenv/session/close", {"session_id": "TT"}), ("openenv/session/create", {})]


@pytest.mark.parametrize(("method", "params"), SESSIONS, ids=["close", "create"])
def test_the_token_of_players_neither_begins_nor_ends_a_session(serve, method, params):
    live = serve(options={"keys": Keys(token=TOKEN, trainer=OWN)})
    live.client.post("/episodes", json={"episode_id": "TT"}, headers=header(OWN))
    assert "token of trainers" in asked(live, TOKEN, method, **params)["error"]["message"]
    assert live.client.get("/episodes/TT", headers=header(OWN)).status_code == 200
    assert len(live.episodes) == 1
    assert "result" in asked(live, OWN, method, **params)


@pytest.mark.parametrize("method", [method for method, _ in SESSIONS])
def test_a_socket_of_players_neither_begins_nor_ends_a_session(serve, method):
    live = serve(options={"keys": Keys(token=TOKEN, trainer=OWN)})
    with live.client.websocket_connect("ws://127.0.0.1/mcp", headers=header(TOKEN)) as socket:
        socket.send_json({"jsonrpc": "2.0", "id": 1, "method": method, "params": {}})
        assert "token of trainers" in socket.receive_json()["error"]["message"]


@pytest.mark.parametrize(("token", "status"), [(TOKEN, 200), (OWN, 404)], ids=["player", "trainer"])
def test_the_episode_of_a_trainer_outlives_the_socket_of_a_player(serve, token, status):
    live = serve(options={"keys": Keys(token=TOKEN, trainer=OWN)})
    live.client.post("/episodes", json={"episode_id": "TT"}, headers=header(OWN))
    url = "ws://127.0.0.1/mcp?session_id=TT"
    with live.client.websocket_connect(url, headers=header(token)) as socket:
        socket.send_json({"jsonrpc": "2.0", "id": 1, "method": "tools/list"})
        assert "result" in socket.receive_json()
    assert live.client.get("/episodes/TT", headers=header(OWN)).status_code == status


def test_an_id_that_was_used_is_begun_anew_by_trainers_alone(serve):
    live = serve(options={"keys": Keys(token=TOKEN, trainer=OWN)})
    row = {"episode_id": "TT", "split": "train", "index": 1}
    live.client.post("/episodes", json=row, headers=header(OWN))
    live.client.delete("/episodes/TT", headers=header(OWN))
    accept = {"accept": "application/json, text/event-stream"}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    url = "/mcp?episode_id=TT&split=train&index=0"
    told = live.client.post(url, json=body, headers=header(TOKEN) | accept)
    assert "has been ended" in told.text
    again = live.client.post("/episodes", json=row, headers=header(OWN))
    assert again.status_code == 201


def test_a_socket_needs_the_token_too(serve):
    from starlette.websockets import WebSocketDisconnect

    live = serve(options={"keys": Keys(token=TOKEN)})
    with (
        pytest.raises(WebSocketDisconnect),
        live.client.websocket_connect("ws://127.0.0.1/ws"),
    ):
        pass
    with live.client.websocket_connect("ws://127.0.0.1/ws", headers=header(TOKEN)) as socket:
        socket.send_text('{"type": "reset"}')
        assert "observation" in socket.receive_text()


def test_keys_are_never_printed():
    assert TOKEN not in repr(Keys(token=TOKEN, trainer=OWN))


def test_a_local_server_answers_to_its_own_host_alone(serve):
    live = serve()
    assert live.client.post("/retrieve", json=BODY).status_code == 200
    for headers in ({"host": "evil.example"}, {"origin": "https://evil.example"}):
        assert live.client.post("/retrieve", json=BODY, headers=headers).status_code == 421
    local = {"host": "localhost:8000", "origin": "http://[::1]:3000"}
    assert live.client.post("/retrieve", json=BODY, headers=local).status_code == 200


def test_a_server_for_others_answers_to_any_host(serve):
    live = serve(options={"local": False})
    answer = live.client.post("/retrieve", json=BODY, headers={"host": "a.example"})
    assert answer.status_code == 200


@pytest.mark.parametrize("path", ["/retrieve", "/access", "/episodes", "/mcp", "/browse/mcp"])
def test_a_body_beyond_the_limit_is_refused(start, path):
    live = start(options={"limits": Limits(body=1000)})
    headers = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
    answer = live.client.post(path, content=b"x" * 1001, headers=headers)
    assert (answer.status_code, "1,000 bytes" in answer.text) == (413, True)


@pytest.mark.parametrize("path", ["/retrieve", "/mcp", "/browse/mcp"])
def test_a_body_that_hides_its_length_is_refused_as_well(start, path):
    live = start(options={"limits": Limits(body=1000)})
    headers = {"accept": "application/json, text/event-stream", "content-type": "application/json"}
    answer = live.client.post(path, content=iter([b"x" * 600] * 3), headers=headers)
    assert (answer.status_code, "1,000 bytes" in answer.text) == (413, True)


def test_a_door_that_there_is_not_is_answered_with_the_nearest(start):
    answer = start().client.post("/retreive", json=BODY)
    assert (answer.status_code, "Did you mean '/retrieve'?" in answer.text) == (404, True)


def test_a_method_that_a_door_does_not_take_is_told(serve):
    assert serve().client.get("/retrieve").status_code == 405


class Broken(MemoryCorpus):
    """A corpus whose file is gone once it has been opened."""

    broken = False

    def page(self, index):
        if self.broken:
            raise OSError(5, "Input/output error", "/home/somebody/private/pages.bin")
        return super().page(index)


class Buggy(Broken):
    """A corpus with a fault that nobody foresaw."""

    def page(self, index):
        if self.broken:
            raise ZeroDivisionError("in /home/somebody/private/code.py")
        return super().page(index)


@pytest.mark.parametrize("kind", [Broken, Buggy], ids=["file", "bug"])
def test_a_fault_of_the_server_tells_no_path_and_no_trace(serve, small_corpus, kind, site, caplog):
    pages = kind([small_corpus.page(index) for index in range(len(small_corpus))], "small")
    live = serve(corpus=pages)
    pages.broken = True
    answer = live.client.post("/access", json={"urls": [site("alba")]})
    assert answer.status_code == 500
    assert "private" not in answer.text
    assert "Traceback" not in answer.text
    assert "private" in caplog.text
    pages.broken = False
    assert live.client.post("/access", json={"urls": [site("brena")]}).status_code == 200


def test_a_fault_in_an_episode_ends_it_as_not_valid_without_a_path(serve, small_corpus, site):
    pages = Broken([small_corpus.page(index) for index in range(len(small_corpus))], "small")
    live = serve(corpus=pages)
    live.client.post("/reset", json={"episode_id": "mine"})
    pages.broken = True
    action = {"tool": "fetch", "arguments": {"url": site("alba")}}
    answer = live.client.post("/step", json={"episode_id": "mine", "action": action})
    assert answer.json()["observation"]["valid"] is False
    assert "private" not in answer.text


@pytest.mark.parametrize(
    "wrong", [{"body": 0}, {"topk": 101}, {"idle": 0}, {"idle": float("inf")}, {"threads": -1}]
)
def test_a_limit_that_allows_nothing_is_refused(wrong):
    from webenvs.errors import SettingError

    with pytest.raises(SettingError, match=next(iter(wrong))):
        Limits(**wrong)


def test_anybody_may_ask_for_the_health_and_the_number_of_episodes(start):
    live = start(options={"keys": Keys(token=TOKEN, trainer=OWN)})
    live.client.post("/episodes", json={}, headers=header(OWN))
    assert live.client.head("/health").status_code == 200
    assert live.client.get("/health").json() == {"status": "healthy", "sessions": 1}


@pytest.mark.parametrize("name", ["a/b", "?", "a#b", ".", "..", "a\\b", "%"])
def test_an_id_that_no_url_can_name_is_refused(serve, name):
    answer = serve().client.post("/episodes", json={"episode_id": name})
    assert (answer.status_code, "episode_id" in answer.text) == (422, True)


def test_a_limit_of_hits_below_those_of_the_scenario_is_refused(serve):
    from webenvs.errors import SettingError

    with pytest.raises(SettingError, match="max-topk = 1 is not allowed"):
        serve(options={"limits": Limits(topk=1)})


def leave(live, path, body, length=None):
    """Send a request and hang up without hearing the answer."""
    port = int(live.url.rpartition(":")[2])
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {length or len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port)) as made:
        made.sendall(head.encode() + body)


class Slow(MemoryCorpus):
    """A corpus that takes its time and counts what it is asked."""

    asked = 0

    def page(self, index):
        time.sleep(0.1)
        self.asked += 1
        return super().page(index)


def test_nothing_more_is_done_for_a_client_that_has_left(listen, small_corpus, site):
    pages = Slow([small_corpus.page(index) for index in range(len(small_corpus))], "small")
    live = listen(corpus=pages)
    before = pages.asked
    urls = [site("alba"), *(site("brena") + f"#{number}" for number in range(100))]
    leave(live, "/access", json.dumps({"urls": urls}).encode())
    time.sleep(1.5)
    assert pages.asked - before < 15
    assert live.client.get("/health").status_code == 200


def test_a_client_that_leaves_in_mid_body_is_no_fault_of_the_server(listen, caplog):
    live = listen()
    leave(live, "/episodes", b'{"see', length=100)
    time.sleep(0.3)
    assert live.client.get("/health").json()["sessions"] == 0
    assert "Traceback" not in caplog.text
    assert "failed" not in caplog.text


class Late:
    """Makes environments that begin late."""

    def __init__(self, make):
        self._make = make

    def __call__(self):
        env = self._make()
        reset = env.reset

        def late(**row):
            time.sleep(0.4)
            return reset(**row)

        env.reset = late
        return env


def test_an_episode_whose_client_left_before_it_began_is_not_kept(listen, envs):
    live = listen(make=Late(envs()))
    leave(live, "/episodes", b'{"episode_id": "gone"}')
    time.sleep(1.0)
    assert live.client.get("/health").json()["sessions"] == 0
