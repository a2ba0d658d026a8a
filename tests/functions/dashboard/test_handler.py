"""The Lambda entry point, called as API Gateway's REST API calls it (proxy event, version 1)."""

import asyncio
import base64
import gzip
import importlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from functions.core.settings import get_settings
from tests.support.waiting import SECONDS

ROOT = Path(__file__).resolve().parents[3]
STATIC = ROOT / "functions" / "dashboard" / "static"
EVENT = ROOT / "tests" / "fixtures" / "events" / "dashboard.json"
MODULE = "functions.dashboard.handler"
METRICS_URL = (
    "https://eu-central-1.console.aws.amazon.com/cloudwatch/home?region=eu-central-1#dashboards/dashboard/palier-dev"
)

Invoke = Callable[..., dict[str, Any]]


@pytest.fixture
def invoke(monkeypatch: pytest.MonkeyPatch) -> Iterator[Invoke]:
    """Start the function as a cold start does; calls it for a path. Mangum takes the thread's event loop."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    get_settings.cache_clear()
    monkeypatch.delitem(sys.modules, MODULE, raising=False)
    module = importlib.import_module(MODULE)

    def call(path: str = "/dashboard", **headers: str) -> dict[str, Any]:
        event = json.loads(EVENT.read_text())
        event["path"] = path
        event["headers"] |= headers
        event["multiValueHeaders"] |= {name: [value] for name, value in headers.items()}
        answer: dict[str, Any] = module.handler(event, None)
        return answer

    yield call
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()
    asyncio.set_event_loop(None)


def body(answer: dict[str, Any]) -> bytes:
    raw = base64.b64decode(answer["body"]) if answer["isBase64Encoded"] else answer["body"].encode()
    return gzip.decompress(raw) if answer["headers"].get("content-encoding") == "gzip" else raw


def test_the_page_comes_as_a_packed_body_in_base64(invoke: Invoke) -> None:
    answer = invoke()
    assert (answer["statusCode"], answer["isBase64Encoded"]) == (200, True)
    assert body(answer) == (STATIC / "index.html").read_bytes()
    assert answer["headers"]["cache-control"] == "no-cache"
    assert "script-src 'self'" in answer["headers"]["content-security-policy"]


def test_who_accepts_nothing_packed_gets_text(invoke: Invoke) -> None:
    answer = invoke(**{"Accept-Encoding": "identity"})
    assert (answer["isBase64Encoded"], answer["body"].encode()) == (False, (STATIC / "index.html").read_bytes())


@pytest.mark.parametrize("pattern", ["main-*.js", "worker-*.js", "main-*.css", "icon-*.svg", "wear-*.wav"])
@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_every_kind_of_file_arrives_whole(invoke: Invoke, pattern: str, encoding: str) -> None:
    (path,) = (STATIC / "assets").glob(pattern)
    answer = invoke(f"/dashboard/assets/{path.name}", **{"Accept-Encoding": encoding})
    assert answer["statusCode"] == 200
    assert body(answer) == path.read_bytes()
    assert answer["headers"]["cache-control"] == "public, max-age=31536000, immutable"


def test_an_unchanged_page_is_not_sent_again(invoke: Invoke) -> None:
    again = invoke(**{"If-None-Match": invoke()["headers"]["etag"]})
    assert (again["statusCode"], again["body"]) == (304, "")


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the deployment tells it."""
    monkeypatch.setenv("PALIER_DASHBOARD_CONNECT_SOURCES", '["https://b.s3.eu-central-1.amazonaws.com"]')
    monkeypatch.setenv("PALIER_DASHBOARD_METRICS_URL", METRICS_URL)


def test_the_page_knows_its_surroundings(deployed: None, invoke: Invoke) -> None:
    answer = invoke("/dashboard/surroundings.json")
    assert (answer["statusCode"], json.loads(body(answer))) == (200, {"uploads": True, "metrics_url": METRICS_URL})
    policy = invoke()["headers"]["content-security-policy"]
    assert "connect-src 'self' https://b.s3.eu-central-1.amazonaws.com;" in policy


def test_an_unknown_path_is_an_error_of_the_one_shape(invoke: Invoke) -> None:
    answer = invoke("/dashboard/absent")
    assert (answer["statusCode"], json.loads(body(answer))["code"]) == (404, "not_found")


def test_it_loads_no_model_and_nothing_heavy() -> None:
    code = f"import sys, {MODULE}; print([n for n in ('onnxruntime', 'numpy', 'torch', 'boto3') if n in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=SECONDS
    )
    assert done.stdout.strip() == "[]"
