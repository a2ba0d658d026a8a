"""Attacks on servers: connections that stay open, answers of 500 and a document's failures are counted."""

import os
import stat
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from build_scripts.benchmarks.attack import connections
from build_scripts.benchmarks.attack.connections import hold_connections
from build_scripts.benchmarks.attack.documents import try_document
from build_scripts.benchmarks.attack.soak import soak
from build_scripts.errors import BuildError


class Handler(BaseHTTPRequestHandler):
    """Answers /health with 200 and all else with 500; waits for a head without end."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200 if self.path.startswith("/health") else 500)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        """Nothing is written down."""


class Server(ThreadingHTTPServer):
    """Takes all connections of a test at once; who leaves early is no error."""

    request_queue_size = 64
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Nothing is written down."""


@pytest.fixture
def url() -> Iterator[str]:
    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_connections_that_stay_open_are_counted(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = {"silent": (b"", b""), "half a body": (b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n", b"")}
    monkeypatch.setattr(connections, "_KINDS", kinds)
    monkeypatch.setattr(connections, "_OF_EACH", 3)
    monkeypatch.setattr(connections, "_RESETS", 2)
    row = hold_connections(url, os.getpid(), 1.0)
    assert (row["cases"], row["left_open"], row["server_errors"]) == (8, 3, 0)
    assert row["answers"] > 0


def test_a_soak_counts_answers_of_500(url: str, tmp_path: Path) -> None:
    (tmp_path / "native").mkdir()
    # In this order: each of two clients asks for the first of them at least.
    (tmp_path / "native" / "bad.http").write_bytes(b"GET /other\n\n")
    (tmp_path / "native" / "good.http").write_bytes(b"GET /health?a=1\naccept: */*\n\n")
    row = soak(url, os.getpid(), 1.0, tmp_path, ["native"])
    assert row["server_errors"] > 0
    assert 2 * row["server_errors"] - row["cases"] in range(3)
    assert (row["exceptions"], row["hangs"]) == (0, 0)


def test_a_soak_counts_what_is_not_answered(tmp_path: Path) -> None:
    (tmp_path / "native").mkdir()
    (tmp_path / "native" / "good.http").write_bytes(b"GET /health\n\n")
    row = soak("http://127.0.0.1:1", os.getpid(), 0.2, tmp_path, ["native"])
    assert row["exceptions"] == row["cases"] > 0


def _schemathesis(folder: Path, monkeypatch: pytest.MonkeyPatch, said: str, status: int) -> None:
    program = folder / "schemathesis"
    program.write_text(f"#!/bin/sh\necho '{said}'\nexit {status}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr("sys.executable", str(folder / "python"))


@pytest.mark.parametrize(("status", "failures"), [(0, 0), (1, 1)])
def test_a_document_s_cases_and_failures(
    status: int, failures: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _schemathesis(tmp_path, monkeypatch, "Test cases:\n  12 generated, 11 passed", status)
    row = try_document("http://127.0.0.1:1", 1, 1)
    assert (row["cases"], row["failures"]) == (12, failures)
    assert ("11 passed" in str(row["output"])) == bool(failures)


def test_a_document_that_is_not_tried_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _schemathesis(tmp_path, monkeypatch, "no such document", 1)
    with pytest.raises(BuildError, match="tried nothing: no such document"):
        try_document("http://127.0.0.1:1", 1, 1)


def test_without_schemathesis_there_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BuildError, match="Schemathesis is not installed"):
        try_document("http://127.0.0.1:1", 1, 1)
