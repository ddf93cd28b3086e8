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
    """Answers each stream with the authority that it was asked for."""

    def __init__(self, certificate):
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.context.load_cert_chain(*certificate)
        self.context.set_alpn_protocols(["h2"])
        self.context.sni_callback = lambda socket, name, context: self.names.append(name)
        self.names, self.port = [], 0
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
        while data := await reader.read(65536):
            for event in link.receive_data(data):
                if isinstance(event, h2.events.RequestReceived):
                    asked = {name.decode(): value.decode() for name, value in event.headers}
                    head = [(":status", "200"), ("content-type", "text/plain")]
                    link.send_headers(event.stream_id, head)
                    body = f"{asked[':authority']} {asked[':path']}".encode()
                    link.send_data(event.stream_id, body, end_stream=True)
            writer.write(link.data_to_send())
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

    def ask(name, trusted=True):
        host = f"{name}:{secure.port}"
        context = ssl.create_default_context(cafile=certificate[0] if trusted else None)
        return get(
            f"https://{host}/x",
            allow=(host,),
            resolver=lambda host, port: ["127.0.0.1"],
            context=context,
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
