"""HTTP/2 over TLS: spoken where the server can, certified for the name of the url."""

import asyncio
import shutil
import ssl
import subprocess
import threading

import h2.config
import h2.connection
import h2.events
import pytest

from webenvs import seeding
from webenvs.recording.client import FetchError

NAME = "secure.example"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for the name, and its key."""
    if not shutil.which("openssl"):
        pytest.skip("openssl makes the certificate, and is not installed")
    place = tmp_path_factory.mktemp("tls")
    names = ["-keyout", place / "key.pem", "-out", place / "certificate.pem"]
    subject = ["-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"]
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    subprocess.run(
        ["openssl", "req", "-x509", *kind, *names, *subject], check=True, capture_output=True
    )
    return place / "certificate.pem", place / "key.pem"


class Server:
    """Answers each stream with the authority that it was asked for.

    What it sends is `spoilt` before. What is `behind` follows when the beginning has been read,
    which the client tells by saying anything.
    """

    def __init__(self, certificate):
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.context.load_cert_chain(*certificate)
        self.context.set_alpn_protocols(["h2"])
        self.context.sni_callback = lambda socket, name, context: self.names.append(name)
        self.names, self.port = [], 0
        self.spoilt, self.behind = bytes, b""
        self.ready, self.loop = threading.Event(), None
        self.thread = threading.Thread(target=lambda: asyncio.run(self.serve()), daemon=True)
        self.thread.start()
        self.ready.wait()

    async def serve(self):
        self.loop, self.over = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self.talk, "127.0.0.1", 0, ssl=self.context)
        self.port = server.sockets[0].getsockname()[1]
        self.ready.set()
        await self.over.wait()
        server.close()

    async def talk(self, reader, writer):
        link = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        link.initiate_connection()
        writer.write(link.data_to_send())
        answered = False
        while data := await reader.read(65536):
            if answered:
                writer.write(self.behind)
            for event in link.receive_data(data):
                if isinstance(event, h2.events.RequestReceived):
                    asked = {name.decode(): value.decode() for name, value in event.headers}
                    head = [(":status", "200"), ("content-type", "text/plain")]
                    link.send_headers(event.stream_id, head)
                    body = f"{asked[':authority']} {asked[':path']}".encode()
                    link.send_data(event.stream_id, body, end_stream=not self.behind)
                    answered = True
            writer.write(self.spoilt(link.data_to_send()))
        writer.close()

    def stop(self):
        self.loop.call_soon_threadsafe(self.over.set)
        self.thread.join()


@pytest.fixture
def secure(certificate):
    """A server that speaks HTTP/2 alone."""
    server = Server(certificate)
    yield server
    server.stop()


@pytest.fixture
def fetch(secure, get, certificate):
    """Fetch a path of it under a name."""

    def ask(name, trusted=True, **changes):
        host = f"{name}:{secure.port}"
        return get(
            f"https://{host}/x",
            allow=(host,),
            resolver=lambda host, port: ["127.0.0.1"],
            certificates=str(certificate[0]) if trusted else "",
            **changes,
        )

    return ask


def test_the_name_of_the_url_is_what_tls_and_the_server_see(secure, fetch):
    found = fetch(NAME)
    assert (found.version, found.body) == ("HTTP/2", f"{NAME}:{secure.port} /x".encode())
    assert secure.names == [NAME]


def test_a_certificate_for_another_name_is_refused(fetch):
    with pytest.raises(FetchError) as caught:
        fetch("other.example")
    assert (caught.value.fault, "certificate" in str(caught.value)) == ("unreachable", True)


def test_a_certificate_that_nobody_vouches_for_is_refused(fetch):
    with pytest.raises(FetchError) as caught:
        fetch(NAME, trusted=False)
    assert (caught.value.fault, "certificate" in str(caught.value)) == ("unreachable", True)


@pytest.mark.parametrize(
    "frame",
    [
        b"\0\0\1\0\0\0\0\0\0x",  # DATA of no stream
        b"\0\0\1\0\0\0\0\0\2x",  # DATA of a stream that never began
        b"\0\0\4\1\4\0\0\0\1\xff\xff\xff\xff",  # HEADERS that do not unpack
        b"\0\0\5\4\0\0\0\0\0\0\0\0\0\0",  # SETTINGS of a wrong length
        b"\0\0\4\10\0\0\0\0\1\0\0\0\0",  # WINDOW_UPDATE by nothing
        b"\xff\xff\xff\0\0\0\0\0\1",  # longer than any may be
        b"\0\0\4\3\0\0\0\0\1\0\0\0\2",  # RST_STREAM
        b"\0\0\10\7\0\0\0\0\0\0\0\0\0\0\0\0\1",  # GOAWAY
        b"HTTP/1.1 200 OK\r\n\r\n",
    ],
    ids=["data", "stream", "headers", "settings", "window", "length", "reset", "goaway", "http1"],
)
def test_a_frame_that_keeps_no_rule_in_mid_body_is_broken(secure, fetch, frame):
    secure.behind = frame
    with pytest.raises(FetchError) as caught:
        fetch(NAME, timeout=0.5)
    assert caught.value.fault in ("broken", "timeout")


def test_whatever_a_server_sends_is_a_response_or_a_named_failure(secure, fetch):
    def spoilt(number):
        def change(data):
            data = bytearray(data)
            for time in range(1 + number % 3):
                place = seeding.integer(len(data), "place", number, time) if data else 0
                data[place : place + 1] = bytes([seeding.integer(256, "byte", number, time)])
            return bytes(data)

        return change

    ends = set()
    for number in range(60):
        secure.spoilt = spoilt(number)
        try:
            ends.add(fetch(NAME, timeout=0.1).status)
        except FetchError as error:
            ends.add(error.fault)
    assert {200, "broken"} <= ends
