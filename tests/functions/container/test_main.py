"""The container as a process: start, check, and SIGTERM."""

import json
import signal
import socket
import subprocess
import time
from pathlib import Path

import httpx
import pytest

from functions.container.__main__ import main
from tests.support.processes import ENTRY, ROOT, Served, process, refuses
from tests.support.recordings import tone
from tests.support.servers import unused_port
from tests.support.v2 import INFER, batch, expected_logits, raw_envelope, read_answer
from tests.support.waiting import SECONDS, until

RAW = raw_envelope(batch(0.5))
GIVEN_UP = 'palier_responses_total{code="0"}'


def environment(models_dir: Path, **more: str) -> dict[str, str]:
    return {
        "PALIER_MODELS_DIR": str(models_dir),
        "PALIER_DEFAULT_MODEL": "tiny",
        "PALIER_API_KEYS_REQUIRED": "false",
        "PALIER_PROVIDER": "cpu",
        **more,
    }


def check(served: Served) -> int:
    return subprocess.run([*ENTRY, "check"], cwd=ROOT, env=served.environment, timeout=SECONDS, check=False).returncode


def test_it_serves_is_checked_and_ends_on_sigterm(models_dir: Path) -> None:
    with process(environment(models_dir)) as served:
        answer = httpx.post(served.url + INFER, content=RAW.body, headers=RAW.headers, timeout=SECONDS)
        assert read_answer(answer)[1]["logits"] == pytest.approx(expected_logits(0.5), abs=1e-4)
        assert "server" not in answer.headers
        assert check(served) == 0
        served.process.send_signal(signal.SIGTERM)
        assert served.process.wait(timeout=SECONDS) in {0, -signal.SIGTERM}
        assert check(served) == 1


def test_a_multi_model_endpoint_starts_with_nothing_to_serve(tmp_path: Path) -> None:
    with process(environment(tmp_path, SAGEMAKER_MULTI_MODEL="true", PALIER_MULTI_MODEL_DIR=str(tmp_path))) as served:
        assert httpx.get(f"{served.url}/ping", timeout=SECONDS).status_code == 200
        assert httpx.get(f"{served.url}/models", timeout=SECONDS).json() == {"models": []}
        assert check(served) == 0


def begin(served: Served, body: bytes) -> socket.socket:
    """Send half of a request's body: it is in work for as long as the other half is missing."""
    connection = socket.create_connection(("127.0.0.1", served.port), timeout=SECONDS)
    connection.sendall(b"POST /predict HTTP/1.1\r\ncontent-type: application/json\r\n")
    connection.sendall(b"content-length: %d\r\nexpect: 100-continue\r\n\r\n" % len(body))
    # Only a request whose body is being read is told to go on.
    assert connection.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
    connection.sendall(body[: len(body) // 2])
    return connection


def rest_of(connection: socket.socket) -> tuple[bytes, bytes]:
    """What comes until the server closes: head and body."""
    answer = b""
    while chunk := connection.recv(65536):
        answer += chunk
    head, _, body = answer.partition(b"\r\n\r\n")
    return head, body


def test_sigterm_finishes_what_is_in_work_and_refuses_new(models_dir: Path) -> None:
    whole = json.dumps({"signal": tone(0.5).tolist()}).encode()
    patient = {"PALIER_SHUTDOWN_S": str(SECONDS), "PALIER_DEADLINE_MS": str(SECONDS * 1000)}
    with process(environment(models_dir, **patient)) as served, begin(served, whole) as connection:
        served.process.send_signal(signal.SIGTERM)
        until(lambda: refuses(served.port))
        connection.sendall(whole[len(whole) // 2 :])
        head, body = rest_of(connection)
        assert served.process.wait(timeout=SECONDS) in {0, -signal.SIGTERM}
    assert head.startswith(b"HTTP/1.1 200 ")
    assert json.loads(body)["class_id"] == "high"


def test_what_is_not_finished_by_the_deadline_is_given_up_with_a_sentence(models_dir: Path) -> None:
    with process(environment(models_dir, PALIER_SHUTDOWN_S="1")) as served:
        with begin(served, b'{"signal": 1') as connection:
            served.process.send_signal(signal.SIGTERM)
            head, body = rest_of(connection)
        assert served.process.wait(timeout=SECONDS) in {0, -signal.SIGTERM}
        _, err = served.process.communicate(timeout=SECONDS)
    assert head.startswith(b"HTTP/1.1 503 ")
    assert (json.loads(body)["code"], json.loads(body)["field"]) == ("shutting_down", None)
    assert "Traceback" not in err


def test_heads_and_bodies_that_do_not_end_are_refused(models_dir: Path) -> None:
    limits = {"PALIER_MAX_HEAD_BYTES": "1024", "PALIER_HEAD_TIMEOUT_S": "2", "PALIER_DEADLINE_MS": "200"}
    with process(environment(models_dir, **limits)) as served:
        answers = [
            _answer(served.port, b"GET / HTTP/1.1\r\nx: " + b"a" * 2000),
            _answer(served.port, b"GET / HTTP/1.1\r\n"),
            _answer(
                served.port, b"POST /predict HTTP/1.1\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{"
            ),
        ]
        assert [int(answer.split()[1]) for answer in answers] == [431, 408, 408]
        # Only the last one came as far as an endpoint; it is given up there, too.
        until(lambda: _given_up(served) == 1)


def test_a_taken_port_and_a_host_that_is_none_are_one_line(models_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        busy = _ended(environment(models_dir, PALIER_HOST="127.0.0.1", PALIER_PORT=port))
    strange = _ended(environment(models_dir, PALIER_HOST="no.such.host.invalid", PALIER_PORT="0"))
    advice = "Choose another PALIER_HOST or PALIER_PORT.\n"
    assert busy == (1, "", f"palier: cannot listen on 127.0.0.1:{port}: Address already in use. {advice}")
    assert (strange[0], strange[1]) == (1, "")
    assert strange[2].startswith("palier: cannot listen on no.such.host.invalid:0: ")
    assert strange[2].endswith(advice)
    assert strange[2].count("\n") == 1


def test_sigterm_while_it_warms_up_ends_it(tmp_path: Path, models_dir: Path) -> None:
    many = environment(models_dir, PALIER_BATCH_MAX_WINDOWS="1024", PALIER_PORT=str(unused_port()))
    running = subprocess.Popen(
        [*ENTRY, "serve"], cwd=ROOT, env=many | {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}
    )
    try:
        time.sleep(1.5)
        running.send_signal(signal.SIGTERM)
        assert running.wait(timeout=SECONDS) in {0, -signal.SIGTERM}
    finally:
        running.kill()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"PALIER_PROVIDER": "cuda"}, "The execution provider 'cuda' cannot be had here: "),
        ({"PALIER_PROVIDER": "abacus"}, "PALIER_PROVIDER: "),
        ({"PALIER_DEFAULT_MODEL": "absent"}, "The default model 'absent' is not installed here; PALIER_DEFAULT_MODEL"),
        ({"PALIER_MAX_BATCH": "none"}, "PALIER_MAX_BATCH: "),
    ],
    ids=["provider missing", "provider unknown", "model", "setting"],
)
def test_what_keeps_it_from_starting_is_one_sentence(
    models_dir: Path,
    change: dict[str, str],
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    for name, value in (environment(models_dir) | change).items():
        monkeypatch.setenv(name, value)
    # What the entry point sets for its own process must not outlive the test.
    monkeypatch.setattr("functions.container.__main__._ENVIRONMENT", {})
    assert main(["serve"]) == 1
    assert capsys.readouterr().err.startswith(f"palier: {sentence}")


def _answer(port: int, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as connection:
        connection.sendall(request)
        return connection.recv(65536)


def _ended(given: dict[str, str]) -> tuple[int, str, str]:
    """How a server ends that cannot start: its status and what it prints."""
    whole = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), **given}
    done = subprocess.run(
        [*ENTRY, "serve"], cwd=ROOT, env=whole, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    return done.returncode, done.stdout, done.stderr


def _given_up(served: Served) -> float:
    """How many requests an endpoint did not answer."""
    metrics = httpx.get(f"{served.url}/metrics", timeout=SECONDS).text
    return sum(float(line.split()[1]) for line in metrics.splitlines() if line.startswith(GIVEN_UP))
