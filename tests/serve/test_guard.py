"""Who may ask, how much at a time, and what a client is never told."""

import pytest

from webenvs.corpora.corpus import MemoryCorpus
from webenvs.errors import SettingError
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


def asked(live, method, token, **params):
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    headers = {"Authorization": f"Bearer {token}"}
    return live.client.post("/mcp", json=body, headers=headers).json()


def test_the_token_of_players_ends_and_begins_no_episode_of_a_trainer(serve):
    live = serve(options={"keys": Keys(token=TOKEN, trainer=OWN)})
    asked(live, "openenv/session/create", OWN, episode_id="mine", split="train", index=0)
    for method, params in (
        ("openenv/session/close", {"session_id": "mine"}),
        ("openenv/session/create", {"episode_id": "other"}),
    ):
        told = asked(live, method, TOKEN, **params)
        assert told["error"]["message"] == f"{method}: the token of trainers is needed."
    assert ("mine" in live.episodes, len(live.episodes)) == (True, 1)
    assert "tools" in asked(live, "tools/list", TOKEN, session_id="mine")["result"]
    assert asked(live, "openenv/session/close", OWN, session_id="mine")["result"]["closed"]


def test_neither_does_it_over_the_socket_of_tools(serve):
    live = serve(options={"keys": Keys(token=TOKEN, trainer=OWN)})
    asked(live, "openenv/session/create", OWN, episode_id="mine")
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with live.client.websocket_connect("ws://127.0.0.1/mcp", headers=headers) as socket:
        params = {"session_id": "mine"}
        socket.send_json(
            {"jsonrpc": "2.0", "id": 1, "method": "openenv/session/close", "params": params}
        )
        assert "the token of trainers" in socket.receive_json()["error"]["message"]
    assert "mine" in live.episodes


def test_with_one_token_whoever_has_it_begins_and_ends_episodes(serve):
    live = serve(options={"keys": Keys(token=TOKEN)})
    asked(live, "openenv/session/create", TOKEN, episode_id="mine")
    assert asked(live, "openenv/session/close", TOKEN, session_id="mine")["result"]["closed"]


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


def test_a_topk_below_what_a_search_shows_is_refused(serve):
    with pytest.raises(SettingError, match=r"max-topk = 1 is not allowed: .* at least"):
        serve(options={"limits": Limits(topk=1)})


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
