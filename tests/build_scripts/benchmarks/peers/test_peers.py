"""Requests, counts and messages of the comparison with peers; the peers themselves are run by `make bench-peers`."""

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from build_scripts.benchmarks.peers.benchmark import benchmark_peers
from build_scripts.benchmarks.peers.environments import LOCKS, Environment
from build_scripts.benchmarks.peers.page import render_peers, render_peers_summary
from build_scripts.benchmarks.peers.running import Asked, named_class, running
from build_scripts.benchmarks.peers.table import AGAIN, LOCAL, PEERS, Ask, Peer, Start, headers_of
from build_scripts.benchmarks.peers.wrk import Hits, hit, read_hits
from build_scripts.errors import BuildError
from tests.support.stub_pip import has_ended
from tests.support.waiting import until

WINDOW = np.array([0.5, -0.25, 0.125], np.float32)
ROOT = Path(__file__).resolve().parents[4]


def cell(body: str, connections: int, rate: float, refused: int = 0, **times: float) -> dict[str, Any]:
    figures = {"per_second": rate, "refused": refused, "failed": 0, "p50_ms": 1.0, "p95_ms": 2.0, "p99_ms": 3.0}
    return {"body": body, "connections": connections, **figures, **times}


def server(label: str, rate: float, **changes: Any) -> dict[str, Any]:
    cells = [cell(body, connections, rate) for body in ("json", "binary") for connections in (1, 8, 64)]
    return {"label": label, "start_s": 1.0, "memory_mb": 100.0, "installed_mb": 300.0, "cells": cells} | changes


def report(**peers: Any) -> dict[str, Any]:
    ours = {LOCAL: server("`local_server.py`", 1000), "container": server("the container", 900)}
    engine = {"engine": "tract", "version": "0.23", "installed_mb": 33.0}
    engines = [
        engine | {"model": "model_int8", "load_ms": 18.6, "ms": 3.4, "distance": 0.0},
        engine | {"model": "model_fp32", "refused": "no such operator"},
    ]
    about = {"engines": engines, "noise": 1.05, "model": "journal-bearing", "rounds": 3, "seconds": 3.0}
    return {"servers": {**ours, AGAIN: server("again", 990), **peers}, **about}


def test_every_peer_is_locked_and_sends_what_it_is_asked() -> None:
    assert all((LOCKS / peer.environment.lock).exists() for peer in PEERS.values())
    assert all((LOCKS / "peers" / f"{name}.in").exists() for name in ("fastapi", "ray", "triton"))
    assert not any("://" in path.read_text() for path in (LOCKS / "peers").iterdir())
    for peer in PEERS.values():
        document = json.loads(peer.asks["json"].body(WINDOW))
        samples = document["signal"] if "signal" in document else document["inputs"][0]["data"]
        assert samples == [0.5, -0.25, 0.125]


def test_a_binary_tensor_follows_its_json_of_the_length_that_the_header_names() -> None:
    ask = PEERS["kserve"].asks["binary"]
    body, headers = ask.body(WINDOW), headers_of(ask, WINDOW)
    length = int(headers["Inference-Header-Content-Length"])
    (tensor,) = json.loads(body[:length])["inputs"]
    assert (tensor["shape"], tensor["parameters"]) == ([1, 1, 3], {"binary_data_size": 12})
    assert np.frombuffer(body[length:], "<f4").tolist() == [0.5, -0.25, 0.125]


def test_the_class_of_an_answer_is_found_in_either_protocol() -> None:
    assert named_class({"predicted_class": 3}) == 3
    outputs = [{"name": "logits", "data": [9, 0]}, {"name": "probabilities", "data": [0.1, 0.7, 0.2]}]
    assert named_class({"outputs": outputs}) == 1
    with pytest.raises(KeyError):
        named_class({"error": "none"})


def test_what_wrk_prints_is_read_refusals_apart() -> None:
    line = {
        "seconds": 2.0,
        "answered": 300,
        "refused": 40,
        "failed": 2,
        "broken": 1,
        "p50_ms": 1,
        "p95_ms": 2,
        "p99_ms": 3,
    }
    assert read_hits(f"Running\n\nWRK {json.dumps(line)}\n", "/") == Hits(150.0, 40, 3, 1, 2, 3)
    with pytest.raises(BuildError, match="has measured nothing of /predict: unable to connect"):
        read_hits("unable to connect", "/predict")


class Alternating(BaseHTTPRequestHandler):
    """Answers 200 and 429 in turn, if the request is what was sent."""

    protocol_version = "HTTP/1.1"
    count = 0

    def do_POST(self) -> None:
        """Answer one request."""
        body = self.rfile.read(int(self.headers["content-length"]))
        is_right = body == b"a\x00b" and self.headers["x-kind"] == "raw"
        Alternating.count += 1
        self.send_response(500 if not is_right else 200 if Alternating.count % 2 else 429)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the standard library's name
        """Say nothing."""


@pytest.fixture
def alternating() -> Iterator[str]:
    Alternating.count = 0
    with ThreadingHTTPServer(("127.0.0.1", 0), Alternating) as listener:
        thread = threading.Thread(target=listener.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.server_address[1]}/predict"
        listener.shutdown()


@pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is not installed: apt install wrk")
def test_wrk_sends_body_and_headers_and_counts_by_status(alternating: str) -> None:
    hits = hit(alternating, {"x-kind": "raw"}, b"a\x00b", connections=2, seconds=1)
    assert hits.failed == 0
    # Two may be on their way when the time is over.
    assert abs(2 * hits.refused - Alternating.count) <= 4
    assert hits.per_second > 0
    assert 0 < hits.p50_ms <= hits.p95_ms <= hits.p99_ms


def test_a_missing_wrk_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(BuildError, match="apt install wrk"):
        hit("http://127.0.0.1:1/", {}, b"", 1, 1)


def peer_of(code: str) -> Peer:
    environment = Environment("here", "serve.txt")
    ask = Ask("/", {"content-type": "application/json"}, lambda window: json.dumps(window.tolist()).encode())
    return Peer("here", environment, lambda start: (sys.executable, "-c", code, str(start.port)), {"json": ask})


ANSWERING = """
import http.server, json, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        body = json.dumps({"predicted_class": 1, "child": child.pid}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def test_a_peer_ends_with_all_that_it_has_started(tmp_path: Path) -> None:
    asked = Asked(WINDOW, "journal-bearing", expected=1)
    with running(peer_of(ANSWERING), tmp_path, tmp_path / "model.onnx", asked) as one:
        assert one.start_s > 0
        assert one.memory_mb() > 5
        children = Path(f"/proc/{one.pid}/task/{one.pid}/children").read_text().split()
        assert len(children) == 1
    assert not Path(f"/proc/{one.pid}").exists()
    # A process that was killed takes a moment to end; without a parent that waits for it, it stays as a zombie.
    until(lambda: has_ended(int(children[0])))


@pytest.mark.parametrize(
    ("code", "expected", "words"),
    [
        ("import sys; sys.exit('no such option')", 1, "A server did not answer: no such option"),
        (ANSWERING, 2, "answers wrongly: {'predicted_class': 1"),
    ],
)
def test_a_peer_that_ends_or_answers_wrongly_is_an_error(tmp_path: Path, code: str, expected: int, words: str) -> None:
    asked = Asked(WINDOW, "journal-bearing", expected)
    with pytest.raises(BuildError, match=words), running(peer_of(code), tmp_path, tmp_path / "m", asked):
        pass


def test_an_environment_is_made_once_for_a_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[list[str]] = []

    def run(command: list[str], **_: Any) -> "subprocess.CompletedProcess[str]":
        commands.append(command)
        (tmp_path / "ray" / "bin").mkdir(parents=True, exist_ok=True)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr("build_scripts.benchmarks.peers.environments.subprocess.run", run)
    environment = Environment("ray", "peers/ray.txt")
    assert environment.made(tmp_path) == tmp_path / "ray" / "bin"
    assert [command[1:3] for command in commands] == [["venv", "--quiet"], ["pip", "install"]]
    assert "--require-hashes" in commands[1]
    environment.made(tmp_path)
    assert len(commands) == 2
    (tmp_path / "ray" / "lock.sha256").write_text("older")
    environment.made(tmp_path)
    assert len(commands) == 4


def test_the_commands_name_model_and_port(tmp_path: Path) -> None:
    start = Start(tmp_path / "bin", tmp_path / "model.onnx", 9300, tmp_path)
    commands = {name: [*peer.command(start), *peer.variables(start).values()] for name, peer in PEERS.items()}
    assert all("9300" in one for name, one in commands.items() if name != "mlserver")
    assert json.loads((tmp_path / "settings.json").read_text())["http_port"] == 9300
    assert json.loads((tmp_path / "model-settings.json").read_text())["parameters"] == {"uri": str(start.model)}


def test_the_page_has_every_figure_and_says_where_palier_is_not_first() -> None:
    page = render_peers(report(triton=server("Triton 0.7", 1200), ray=server("Ray", 50, start_s=9.0)))
    assert (
        "| Triton 0.7 | 1,200 / 1,200 / 1,200 | 1.00 / 1.00 / 1.00 | 2.00 / 2.00 / 2.00 | 3.00 / 3.00 / 3.00 |" in page
    )
    assert "| Ray | 9.00 | 100 | 300 |" in page
    ahead = [f"{body} at {count}, answers a second (1.20)" for body in ("JSON", "binary") for count in (1, 8, 64)]
    assert f"\n- Triton 0.7: {'; '.join(ahead)}. Reason: its HTTP server is written in C++, and gathers what" in page
    assert "largest ratio is 1.05" in page
    assert "\n- Ray: " not in page
    assert "| tract 0.23 | model_int8 | 18.6 | 3.400 | 0 | 33 |" in page
    assert "| tract 0.23 | model_fp32 | no such operator | | | 33 |" in page
    assert "onnxruntime serves because" not in page


def test_the_page_states_why_onnxruntime_serves_where_it_is_the_fastest() -> None:
    own = {"engine": "onnxruntime", "version": "1.32", "model": "model_int8", "load_ms": 6.2, "ms": 1.7}
    found = report() | {"engines": [*report()["engines"], own | {"distance": 0.0, "installed_mb": 76.0}]}
    assert (
        "its fastest file runs 2.0 times as fast as any of the others\n(tract, model_int8), and loads 3.0 times"
        in render_peers(found)
    )


def test_within_the_noise_palier_is_first() -> None:
    assert "Palier is first in every column." in render_peers(report(triton=server("Triton", 1040)))


def test_latencies_count_and_a_lead_within_what_the_server_differs_from_itself_does_not() -> None:
    quicker = [cell("json", 8, 900, p50_ms=0.5, p99_ms=1.0)]
    again = server("again", 1000, cells=[cell("json", 8, 1000, p50_ms=1.0, p99_ms=9.0)])
    page = render_peers(report(mlserver=server("MLServer", 900, cells=quicker), **{AGAIN: again}))
    assert "\n- MLServer: JSON at 8, median (2.00). Reason: it does less with a request" in page


def test_refusals_stand_in_brackets() -> None:
    cells = [cell("json", connections, 100, refused=7) for connections in (1, 8, 64)]
    assert "100 [7] / 100 [7] / 100 [7]" in render_peers(report(ray=server("Ray", 1, cells=cells)))


def test_the_readme_has_a_table_of_every_server() -> None:
    table = render_peers_summary(report(ray=server("Ray", 1050, start_s=9.04, cells=[cell("json", 8, 1050.0)])))
    rows = table.splitlines()
    assert rows[0].startswith("| at 8 connections | JSON, answers a second | binary, answers a second |")
    assert rows[2] == "| `local_server.py` | 1,000 | 1,000 | 1.0 | 100 |"
    assert rows[-1] == "| Ray | 1,050 | - | 9.0 | 100 |"
    assert len(rows) == 2 + 3


def test_the_benchmark_takes_turns_and_medians(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Palier's own server in both arms, from this environment, with loads that are not measured."""
    module = "build_scripts.benchmarks.peers.benchmark"
    own = {name: PEERS[name] for name in (LOCAL, AGAIN)}
    monkeypatch.setattr(f"{module}.installable", lambda: own)
    monkeypatch.setattr(Environment, "made", lambda *_: Path(sys.executable).parent)
    monkeypatch.setattr(f"{module}._installed", lambda name, *_: {"label": name, "installed_mb": 1.0})
    monkeypatch.setattr(f"{module}._engines", lambda *_: [])
    urls: list[str] = []

    def loaded(url: str, headers: Any, body: bytes, connections: int, seconds: float) -> Hits:
        urls.append(url.rpartition("/")[2])
        return Hits(100.0 + connections, 0, 0, 1.0, 2.0, 3.0)

    monkeypatch.setattr(f"{module}.hit", loaded)
    found: Any = benchmark_peers(ROOT / "layers" / "models", "journal-bearing", tmp_path, quick=True)
    assert urls == (["predict"] * 4 + ["infer"] * 4) * 2
    assert [one["per_second"] for one in found["servers"][LOCAL]["cells"]] == [101.0, 108.0, 164.0] * 2
    assert found["noise"] == 1.0
    assert found["servers"][LOCAL]["start_s"] > 0
