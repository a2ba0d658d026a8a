"""Plain curl against a server on a loopback port: the requests of docs/v2.md."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette

from tests.support.servers import serving
from tests.support.v2 import HEADER_LENGTH, batch, binary_envelope, json_envelope

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")


@pytest.fixture
def url(app: Starlette) -> Iterator[str]:
    with serving(app) as (host, port):
        yield f"http://{host}:{port}/v2"


def curl(*arguments: str) -> tuple[int, bytes]:
    """Return the status and the body."""
    done = subprocess.run(
        ["curl", "-sS", "--max-time", "30", "-w", "%{http_code}", *arguments], capture_output=True, check=True
    )
    return int(done.stdout[-3:]), done.stdout[:-3]


def test_get_requests(url: str) -> None:
    for path, member in (
        ("", "extensions"),
        ("/health/live", "live"),
        ("/health/ready", "ready"),
        ("/models/tiny", "inputs"),
        ("/models/tiny/ready", "ready"),
        ("/models/tiny/config", "max_batch_size"),
        ("/models/tiny/stats", "model_stats"),
        ("/models/stats", "model_stats"),
    ):
        status, body = curl(f"{url}{path}")
        assert status == 200
        assert member in json.loads(body)


def test_the_index(url: str) -> None:
    status, body = curl("-X", "POST", f"{url}/repository/index")
    assert (status, len(json.loads(body))) == (200, 4)


def test_json(url: str, tmp_path: Path) -> None:
    request = tmp_path / "request.json"
    request.write_bytes(json_envelope(batch(0.5), id="curl").body)
    status, body = curl("--json", f"@{request}", f"{url}/models/tiny/infer")
    answer = json.loads(body)
    assert (status, answer["id"]) == (200, "curl")
    assert answer["outputs"][0]["data"] == pytest.approx([5, 1, -5], abs=1e-4)


def test_binary_data(url: str, tmp_path: Path) -> None:
    envelope = binary_envelope(batch(0.5))
    request = tmp_path / "request.bin"
    request.write_bytes(envelope.body)
    header = f"{HEADER_LENGTH}: {envelope.headers[HEADER_LENGTH]}"
    status, body = curl("--data-binary", f"@{request}", "-H", header, f"{url}/models/tiny/infer")
    assert (status, json.loads(body)["model_name"]) == (200, "tiny")


def test_a_raw_request_and_a_packed_answer(url: str, tmp_path: Path) -> None:
    request = tmp_path / "window.f32"
    request.write_bytes(batch(0.5).tobytes())
    arguments = ("--data-binary", f"@{request}", "-H", f"{HEADER_LENGTH}: 0", f"{url}/models/tiny/infer")
    plain, packed = curl(*arguments), curl("--compressed", *arguments)
    assert plain == packed
    assert plain[0] == 200
    assert json.loads(plain[1][:-24])["outputs"][1]["parameters"] == {"binary_data_size": 12}


def test_an_error(url: str) -> None:
    status, body = curl("--json", "{}", f"{url}/models/tiny/infer")
    assert status == 400
    assert json.loads(body)["error"] == "The request must have a list of input tensors, 'inputs'."
