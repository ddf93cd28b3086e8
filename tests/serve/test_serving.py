"""`webenvs serve` as a process: it says where it is, refuses what is wrong, and stops when told."""

import signal
import sys
import threading

import httpx
import pytest
from click.testing import CliRunner

from tests.serve.conftest import listening, where
from webenvs.cli.main import cli
from webenvs.serve import running
from webenvs.serve.app import application
from webenvs.serve.doors import DOORS, lines


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "sigterm"])
def test_it_says_where_it_is_serves_and_stops_when_told(process, number):
    import websockets.sync.client

    made, said = process("MultiHop-v0", "--port", "0")
    base = where(said)
    assert not base.endswith(":0")
    assert httpx.post(f"{base}/retrieve", json={"query": "river"}).json()["statuses"] == ["ok"]
    with websockets.sync.client.connect(base.replace("http", "ws") + "/ws") as socket:
        socket.send('{"type": "reset"}')  # an episode under way does not keep it
        socket.recv()
        made.send_signal(number)
        out, err = made.communicate(timeout=20)
    assert (made.returncode, out.strip(), err) == (0, "Stopped.", "")


def test_it_shows_every_door_and_how_to_try_it(process):
    _, said = process("MultiHop-v0", "--port", "0")
    shown = [line.split()[0] for line in said.splitlines()[3:-2]]
    assert shown == [door.path.replace("{id}", "MultiHop-v0") for door in DOORS]
    assert f"curl {where(said)}/retrieve -d" in said


def test_a_token_of_the_environment_is_asked_for_and_not_printed(process):
    made, said = process("MultiHop-v0", "--port", "0", WEBENVS_SERVE_TOKEN="s3cret")
    url, body = f"{where(said)}/retrieve", {"query": "river"}
    right = {"authorization": "Bearer s3cret"}
    assert httpx.post(url, json=body).status_code == 401
    assert httpx.post(url, json=body, headers=right).status_code == 200
    made.send_signal(signal.SIGTERM)
    out, err = made.communicate(timeout=20)
    assert "s3cret" not in said + out + err


def test_a_server_that_others_can_reach_warns_without_a_token(process):
    made, _ = process("MultiHop-v0", "--port", "0", "--host", "0.0.0.0")
    made.send_signal(signal.SIGTERM)
    assert "no --token" in made.communicate(timeout=20)[1]


def refused(*arguments):
    result = CliRunner().invoke(cli, ["serve", *arguments])
    assert result.exit_code == 2
    return result.output


def test_a_port_in_use_is_named():
    with running.bound("127.0.0.1", 0) as made:
        port = str(made.getsockname()[1])
        assert f"port = {port} of 127.0.0.1 cannot be bound" in refused(
            "MultiHop-v0", "--port", port
        )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("MultiHop-v1",), "Did you mean 'MultiHop-v0'?"),
        (("MultiHop-v0", "--port", "70000"), "port = 70000"),
        (("MultiHop-v0", "--host", "no.such.host.invalid"), "no address"),
        (("MultiHop-v0", "--idle", "0"), "idle = 0"),
        (("MultiHop-v0", "--token", " "), "--token"),
        (("MultiHop-v0", "--seat", "planer"), "planer"),
        (("MultiHop-v0", "--players", "scripted"), "players"),
        (("MultiHop-v0", "--max-topk", "101"), "topk = 101"),
    ],
    ids=["id", "port", "host", "idle", "token", "seat", "players", "topk"],
)
def test_what_is_wrong_is_named_before_anything_is_served(arguments, said):
    assert said in refused(*arguments)


def test_a_failed_start_leaves_the_port_free():
    with running.bound("127.0.0.1", 0) as made:
        port = made.getsockname()[1]
    assert "MultiHop-v0" in refused("MultiHop-v1", "--port", str(port))
    running.bound("127.0.0.1", port).close()


def test_without_the_extra_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "fastapi", None)
    said = refused("MultiHop-v0")
    assert "needs fastapi" in said
    assert "webenvs[serve]" in said


def test_the_table_names_the_token_and_what_is_not_there():
    rows = {
        path: tried for path, _, tried in lines("http://a:1", "X", token=True, speaks_mcp=False)
    }
    assert rows["/retrieve"].startswith("curl -H 'Authorization: Bearer TOKEN' http://a:1/retrieve")
    assert rows["/mcp"] == "not here: pip install 'webenvs[serve]'"
    assert rows["/ws"] == "GenericEnvClient(base_url='http://a:1')"
    assert "/X/splits" in rows


def test_help_teaches_with_examples():
    result = CliRunner().invoke(cli, ["serve", "--help"])
    assert result.exit_code == 0
    for example in ("webenvs serve MultiHop-v0", "/retrieve -d", "WEBENVS_SERVE_TOKEN"):
        assert example in result.output


@pytest.mark.parametrize(
    ("host", "alone"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("example.com", False),
        ("10.0.0.1", False),
    ],
)
def test_only_loopback_addresses_count_as_local(host, alone):
    assert running.is_loopback(host) is alone


def test_the_pool_of_threads_is_gone_once_the_server_is(envs):
    def working():
        names = [each.name for each in threading.enumerate()]
        return any(name.startswith("webenvs-serve") for name in names)

    with listening(application(envs())) as live:
        live.client.post("/retrieve", json={"query": "river"})
        assert working()
    assert not working()
