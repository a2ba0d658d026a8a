"""local_server.py as a user starts it: a process of its own."""

import errno
import os
import re
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import httpx
import numpy as np
import pytest
from tritonclient.http import InferenceServerClient, InferInput
from tritonclient.utils import InferenceServerException

import local_server
from build_scripts.local.aws.services import LocalServices
from functions.core.keys.keys import read_key_ring
from functions.core.models.manifest import InputSpec
from tests.support.apps import client_of
from tests.support.local_server import ROOT, Start, environment, launch, no_services, start
from tests.support.recordings import tone
from tests.support.waiting import SECONDS

__all__ = ["environment", "start"]


def ended(environment: dict[str, str], *arguments: str) -> tuple[int, str, str]:
    """Run a server that is expected to end by itself."""
    with launch(environment, *arguments) as process:
        try:
            out, err = process.communicate(timeout=SECONDS)
        finally:
            process.kill()
    return process.returncode, out, err


@pytest.fixture
def _installed() -> None:
    if reason := no_services():
        pytest.skip(reason)


@pytest.mark.usefixtures("_installed")
def test_it_says_where_it_is_and_how_to_ask(start: Start) -> None:
    with start() as server:
        for name in ("dashboard", "docs", "health", "models"):
            assert any(line.split()[-1] == f"{server.url}/{name}" for line in server.lines)
            assert httpx.get(f"{server.url}/{name}", timeout=SECONDS).status_code == 200
        (curl,) = [line.strip() for line in server.lines if line.strip().startswith("curl ")]
        assert f"'{server.url}/predict?full_scale=4'" in curl
        assert "X-API-Key" not in curl
        assert server.lines[-1] == "Ctrl-C ends it."
        answer = server.predict()
        assert (answer.status_code, answer.json()["class_id"]) == (200, "high")
        status, out, err = server.interrupt()
    assert (status, out.strip(), err) == (0, "stopped", "")


@pytest.mark.parametrize(("channels", "offered"), [(1, 1), (2, 0)])
def test_an_example_is_offered_where_the_default_model_takes_it(
    channels: int, offered: int, capsys: pytest.CaptureFixture[str]
) -> None:
    model = InputSpec(channels=channels, window=64, sample_rate_hz=1000, unit="g")
    local_server._announce("http://127.0.0.1:8000", None, model)
    assert capsys.readouterr().out.count("curl ") == offered


def test_unfinished_heads_are_closed_and_unfinished_bodies_leave_room(start: Start) -> None:
    with start() as server, ExitStack() as stack:
        address = ("127.0.0.1", httpx.URL(server.url).port)

        def connect(request: bytes) -> socket.socket:
            connection = stack.enter_context(socket.create_connection(address, timeout=SECONDS))
            connection.sendall(request)
            return connection

        large = connect(b"GET / HTTP/1.1\r\nx: " + b"a" * 40_000)
        assert large.recv(65536).startswith(b"HTTP/1.1 431 ")
        # As many as a Lambda function's instance holds at most, and one more.
        for _ in range(33):
            connect(b"POST /predict HTTP/1.1\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{")
        assert server.predict().status_code == 200


def test_a_taken_port_is_one_line(environment: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        status, out, err = ended(environment, "--port", str(port))
    assert (status, out) == (1, "")
    assert err == (
        f"local_server: cannot listen on 127.0.0.1:{port}: Address already in use. "
        "Choose another --port; 0 takes a free one.\n"
    )


@pytest.mark.parametrize(
    ("arguments", "variables", "reason"),
    [
        (("--port", "99999"), {}, "cannot listen on 127.0.0.1:99999: "),
        (
            ("--port", "0"),
            {"PALIER_DEFAULT_MODEL": "absent"},
            "The default model 'absent' is not installed here; PALIER_DEFAULT_MODEL",
        ),
        (("--port", "0"), {"PALIER_MAX_BATCH": "few"}, "PALIER_MAX_BATCH: "),
        (("--port", "0", "--auth", "--data-dir", "/dev/null/x"), {}, "cannot write "),
    ],
    ids=["port", "model", "setting", "folder"],
)
def test_what_keeps_it_from_starting_is_one_line(
    environment: dict[str, str], arguments: tuple[str, ...], variables: dict[str, str], reason: str
) -> None:
    status, _, err = ended(environment | variables, *arguments)
    assert status == 1
    assert err.startswith(f"local_server: {reason}")
    assert err.count("\n") == 1


def test_it_is_asked_by_its_own_names_alone(start: Start) -> None:
    with start("--allow-host", "rig.example") as server:
        for host, status in (("localhost", 200), ("rig.example", 200), ("evil.example", 421), ("evil.example:80", 421)):
            answer = httpx.get(f"{server.url}/health", headers={"host": host}, timeout=SECONDS)
            assert answer.status_code == status
        assert answer.json()["code"] == "host_not_allowed"
        assert answer.json()["request_id"] == answer.headers["x-request-id"]
        assert server.interrupt()[0] == 0


def test_with_auth_it_shows_a_key_that_works_and_asks_for_it(start: Start, tmp_path: Path) -> None:
    with start("--auth", "--data-dir", str(tmp_path / "data")) as server:
        assert server.key
        assert any(f"-H 'X-API-Key: {server.key}'" in line for line in server.lines)
        assert server.predict().status_code == 401
        assert server.predict(server.key[:-4] + "AAAA").status_code == 401
        assert server.predict(server.key).status_code == 200
        assert httpx.get(f"{server.url}/health", timeout=SECONDS).status_code == 200
        stored = tmp_path / "data" / "keys.json"
        assert server.key not in stored.read_text()
        assert stored.stat().st_mode & 0o777 == 0o600
        first = server.key
        assert server.interrupt()[0] == 0
    with start("--auth", "--data-dir", str(tmp_path / "data")) as again:
        assert again.key is None
        assert f"API keys: {stored}" in again.lines
        assert again.predict(first).status_code == 200
        assert again.interrupt()[0] == 0


@pytest.mark.parametrize("content", [b"", b'{"keys": [{"id"', b"[]", b"\xff"], ids=["empty", "cut", "other", "no text"])
def test_a_key_file_that_holds_no_keys_is_one_line_and_stays(
    environment: dict[str, str], tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "keys.json").write_bytes(content)
    status, out, err = ended(environment, "--port", "0", "--auth", "--data-dir", str(tmp_path))
    assert (status, out) == (1, "")
    assert err == (
        f"local_server: cannot read API keys from {tmp_path / 'keys.json'}: it holds no keys, or not all that was "
        "written. Bring it back from a copy, or remove it: the next start then makes a new key.\n"
    )
    assert (tmp_path / "keys.json").read_bytes() == content


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_leaves_no_key_file_and_the_next_start_makes_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, call: str
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path = tmp_path / "data" / "keys.json"
    with monkeypatch.context() as patched:
        patched.setattr(os, call, full)
        with pytest.raises(
            local_server.CannotKeepKeysError, match=r"cannot write .*keys\.json: No space left on device"
        ):
            local_server._key(path)
    assert list(path.parent.iterdir()) == []
    (path.parent / "keys.json.part").write_bytes(b"left by a start that was killed")
    key = local_server._key(path)
    assert [one.name for one in path.parent.iterdir()] == ["keys.json"]
    assert read_key_ring(path.read_bytes()).authenticate(key)
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a full device")
def test_a_key_that_could_not_be_shown_is_not_kept(environment: dict[str, str], tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "local_server.py"), "--port", "0", "--auth", "--data-dir", str(tmp_path)]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command, env=environment, stdout=full, stderr=subprocess.PIPE, text=True, timeout=SECONDS, check=False
        )
    assert (done.returncode, done.stderr) == (
        1,
        "local_server: cannot write to standard output: No space left on device.\n",
    )
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]


def test_without_a_data_dir_the_keys_end_with_the_server(start: Start) -> None:
    with start("--auth") as server:
        assert server.predict(server.key).status_code == 200
        (line,) = [line for line in server.lines if line.startswith("API key ")]
        store = re.search(r"its hash is in (\S+)\)", line)
        assert store
        assert Path(store[1]).exists()
        assert server.interrupt()[0] == 0
    assert not Path(store[1]).exists()


async def test_the_local_app_keeps_its_metrics_in_memory(
    monkeypatch: pytest.MonkeyPatch, models_dir: Path, tmp_path: Path
) -> None:
    monkeypatch.setenv("PALIER_STAGE", "local")
    monkeypatch.setenv("PALIER_MODELS_DIR", str(models_dir))
    settings = local_server._settings(local_server.server_parser().parse_args([]), tmp_path, 0)
    app = local_server._app(LocalServices(settings, None, None, print))
    async with client_of(app) as client:
        assert (await client.get("/models")).status_code == 200
        assert (await client.get("/nowhere")).status_code == 404
    taken = app.state.metrics.snapshot()
    assert (taken.endpoints, taken.status_classes) == ({"models": 1, "unmatched": 1}, {"2xx": 1, "4xx": 1})


def test_it_speaks_the_open_inference_protocol(start: Start) -> None:
    with start("--auth") as server:
        with InferenceServerClient(server.url.removeprefix("http://")) as client:
            windows = tone(0.5)[np.newaxis, np.newaxis]
            signal = InferInput("signal", [1, 1, 2048], "FP32").set_data_from_numpy(windows)
            assert client.is_server_ready()
            with pytest.raises(InferenceServerException, match="needs an API key"):
                client.infer("tiny", [signal])
            answer = client.infer("tiny", [signal], headers={"X-API-Key": server.key})
            assert int(answer.as_numpy("probabilities").argmax()) == 0
        assert server.interrupt()[0] == 0
