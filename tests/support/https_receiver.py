"""Receivers of webhooks on loopback, with a certificate of their own for one name."""

import contextlib
import http.server
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tests.support.waiting import SECONDS

NAME = "hooks.plant.example"


@dataclass
class Receiver:
    """Calls that came in, and the answers to give."""

    port: int
    certificate: Path
    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    received: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    def trusting(self) -> ssl.SSLContext:
        """A context that trusts this receiver's certificate."""
        return ssl.create_default_context(cafile=str(self.certificate))


@contextmanager
def receiving(folder: Path) -> Iterator[Receiver]:
    """Receive on a free port of loopback."""
    context, certificate = _make_context(folder)
    receiver = Receiver(0, certificate)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            receiver.received.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(receiver.status)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Tests are silent."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join(SECONDS)


Place = Literal["handshake", "head", "body"]
# A slow receiver's bytes, and the pause before each: ten seconds in all.
DRIPS, PAUSE_S = 500, 0.02
# What it sends at once, before the drips and behind them. A record of TLS announces its length.
_AROUND: dict[Place, tuple[bytes, bytes]] = {
    "handshake": (b"\x16\x03\x03\x10\x00", b""),
    "head": (b"HTTP/1.1 204 No Content\r\nX-Slow: ", b"\r\n\r\n"),
    "body": (b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % DRIPS, b""),
}


@dataclass
class SlowReceiver(Receiver):
    """A receiver that answers one call byte by byte; dripped: how many bytes it has sent so."""

    dripped: int = 0


@contextmanager
def dripping(folder: Path, place: Place) -> Iterator[SlowReceiver]:
    """Answer one call on a free port of loopback, slowly in one place of the answer."""
    context, certificate = _make_context(folder)
    with socket.create_server(("127.0.0.1", 0)) as server:
        receiver = SlowReceiver(server.getsockname()[1], certificate)
        stopped = threading.Event()
        thread = threading.Thread(target=_drip, args=(server, context, place, receiver, stopped))
        thread.start()
        try:
            yield receiver
        finally:
            stopped.set()
            thread.join(SECONDS)


def _drip(
    server: socket.socket, context: ssl.SSLContext, place: Place, receiver: SlowReceiver, stopped: threading.Event
) -> None:
    connection, _ = server.accept()
    before, behind = _AROUND[place]
    # The caller goes when it has waited long enough.
    with contextlib.suppress(OSError), connection:
        stream = connection if place == "handshake" else context.wrap_socket(connection, server_side=True)
        with stream:
            stream.recv(65_536)
            stream.sendall(before)
            while receiver.dripped < DRIPS and not stopped.wait(PAUSE_S):
                stream.sendall(b"x")
                receiver.dripped += 1
            stream.sendall(behind)


def _make_context(folder: Path) -> tuple[ssl.SSLContext, Path]:
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    _make_certificate(key, certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context, certificate


def _make_certificate(key: Path, certificate: Path) -> None:
    subject = ["-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"]
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(
        ["openssl", "req", "-x509", *kind, *files, *subject], check=True, capture_output=True, timeout=SECONDS
    )
