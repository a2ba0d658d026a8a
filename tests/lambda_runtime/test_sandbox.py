"""The bundle in the local Lambda: diagnoses, refusals, and the walls of the place."""

from __future__ import annotations

import base64
import gzip
import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from build_scripts.strangers import EXAMPLES, examples
from functions.core.arrays import Float32Array
from functions.core.models import ModelRepository
from functions.core.options import DiagnosisOptions
from functions.core.pipeline import Diagnoser, Limits
from functions.core.signal import RateRange, Recording
from tests.lambda_runtime.places import NotHereError, Places, make_places
from tests.lambda_runtime.sandbox import Function, Outcome, Sandbox

ROOT = Path(__file__).resolve().parents[2]
EVENTS = ROOT / "tests" / "fixtures" / "events"
OPEN = {"PALIER_API_KEYS_REQUIRED": "false"}


@pytest.fixture(scope="module")
def places() -> Places:
    try:
        return make_places()
    except NotHereError as reason:
        pytest.skip(f"no local Lambda here: {reason}")


@pytest.fixture(scope="module")
def inference(places: Places) -> Iterator[Sandbox]:
    with Sandbox(places, Function(environment=OPEN)) as sandbox:
        assert sandbox.started.kind == "next", sandbox.log()
        yield sandbox


@pytest.fixture
def misbehaving(places: Places, tmp_path: Path) -> Places:
    shutil.copyfile(Path(__file__).with_name("misbehaving.py"), tmp_path / "misbehaving.py")
    (tmp_path / "broken.py").write_text("raise ImportError('no such model runtime')\n")
    for path in (tmp_path, *tmp_path.iterdir()):
        path.chmod(0o755)
    for parent in tmp_path.parents[:3]:
        parent.chmod(0o755)
    return replace(places, task=tmp_path)


def event(name: str, **changes: object) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
    return read | changes


def signal() -> Float32Array:
    """The example recording of a bearing with too much clearance."""
    row: Float32Array = examples(EXAMPLES, 20480.0)[2][0]
    return row


def predict(body: bytes, content_type: str, **changes: object) -> dict[str, Any]:
    headers = {"Content-Type": content_type, "Host": "api.test"}
    lists = {name: [value] for name, value in headers.items()}
    text = base64.b64encode(body).decode()
    return event("predict_octet_stream", headers=headers, multiValueHeaders=lists, body=text) | changes


def answered(outcome: Outcome, status: int = 200) -> dict[str, Any]:
    assert outcome.kind == "response", outcome
    assert outcome.body["statusCode"] == status, outcome.body
    content: dict[str, Any] = json.loads(outcome.body["body"])
    return content


def expected() -> tuple[str, float]:
    diagnoser = Diagnoser(
        ModelRepository(ROOT / "layers" / "models"), "journal-bearing", Limits(RateRange(1000, 200000), 100)
    )
    diagnosis = diagnoser.diagnose(Recording(signal()[None]), DiagnosisOptions())
    return diagnosis.manifest.classes[diagnosis.predicted_class].id, diagnosis.confidence


def test_it_is_healthy(inference: Sandbox) -> None:
    answer = answered(inference.invoke(event("health")))
    assert (answer["status"], answer["model"]["precision"]) == ("healthy", "int8")


def test_json_and_binary_are_diagnosed_as_here(inference: Sandbox) -> None:
    samples = signal().astype("<f4")
    headers = {"Content-Type": "application/json", "Host": "api.test"}
    as_json = event(
        "predict_json",
        headers=headers,
        multiValueHeaders={name: [value] for name, value in headers.items()},
        body=json.dumps({"signal": samples.tolist()}),
        isBase64Encoded=False,
    )
    class_id, confidence = expected()
    for one in (as_json, predict(samples.tobytes(), "application/octet-stream")):
        answer = answered(inference.invoke(one))
        assert answer["class_id"] == class_id
        assert answer["confidence"] == pytest.approx(confidence, abs=1e-4)


@pytest.mark.parametrize(
    ("given", "status"),
    [
        (predict(b"\x00" * 100, "application/octet-stream"), 422),
        (predict(b"{}", "text/html"), 415),
        (event("health", path="/nowhere"), 404),
    ],
    ids=["too short", "no such type", "no such path"],
)
def test_what_cannot_be_answered_is_refused(inference: Sandbox, given: dict[str, Any], status: int) -> None:
    assert "error" in answered(inference.invoke(given), status)


def test_the_page_and_its_files_come_from_the_same_bundle(places: Places) -> None:
    function = Function(handler="functions.dashboard.handler.handler", memory_mb=256)
    with Sandbox(places, function) as sandbox:
        assets = places.task / "functions" / "dashboard" / "static" / "assets"
        page = served(sandbox.invoke(event("dashboard")))
        names = re.findall(rb"dashboard/assets/([^\"]+)", page)
        assert len(names) == 3
        for name in (*map(bytes.decode, names), next(assets.glob("wear-*.wav")).name):
            outcome = sandbox.invoke(event("dashboard", path=f"/dashboard/assets/{name}"))
            assert served(outcome) == (assets / name).read_bytes()
            assert outcome.body["headers"]["cache-control"] == "public, max-age=31536000, immutable"


def served(outcome: Outcome) -> bytes:
    """The bytes of an answer, as a browser unpacks them."""
    assert (outcome.kind, outcome.body["statusCode"], outcome.body["isBase64Encoded"]) == ("response", 200, True)
    raw = base64.b64decode(outcome.body["body"])
    return gzip.decompress(raw) if outcome.body["headers"].get("content-encoding") == "gzip" else raw


def test_many_invocations_start_once_and_report_as_lambda_does(inference: Sandbox) -> None:
    outcomes = [inference.invoke(event("health")) for _ in range(3)]
    assert {one.kind for one in outcomes} == {"response"}
    line = inference.report(outcomes[-1])
    assert "Memory Size: 1769 MB" in line
    assert 20 < outcomes[-1].content["max_memory_mb"] < 400


def test_a_request_over_six_megabytes_never_arrives(inference: Sandbox) -> None:
    outcome = inference.invoke(predict(b"\x00" * 5_000_000, "application/octet-stream"))
    assert outcome.error_type == "RequestEntityTooLargeException"
    assert answered(inference.invoke(event("health")))["status"] == "healthy"


def test_the_place_is_as_strict_as_lambda(misbehaving: Places) -> None:
    with Sandbox(misbehaving, Function("misbehaving.place", memory_mb=512)) as sandbox:
        found = sandbox.invoke({}).body
    assert found["uid"] == 993
    assert found["writable"] == ["/tmp"]
    assert found["network"] != "open"
    assert found["processors"] == "512"
    assert 0 < found["remaining_ms"] <= 30_000


def test_a_time_out_ends_the_function(misbehaving: Places) -> None:
    with Sandbox(misbehaving, Function("misbehaving.too_slow", timeout_s=1.0)) as sandbox:
        assert sandbox.invoke({}).kind == "timeout"


def test_memory_beyond_the_limit_ends_the_function(misbehaving: Places) -> None:
    with Sandbox(misbehaving, Function("misbehaving.too_much_memory", memory_mb=256)) as sandbox:
        assert sandbox.invoke({}).kind in {"exit", "error"}


def test_an_answer_over_six_megabytes_is_an_error(misbehaving: Places) -> None:
    with Sandbox(misbehaving, Function("misbehaving.too_large_answer")) as sandbox:
        assert sandbox.invoke({}).error_type == "Function.ResponseSizeTooLarge"


def test_a_handler_that_does_not_import_says_why(misbehaving: Places) -> None:
    with Sandbox(misbehaving, Function("broken.handler")) as sandbox:
        assert sandbox.started.kind == "init_error"
        assert "no such model runtime" in sandbox.started.content["error"]["errorMessage"]
