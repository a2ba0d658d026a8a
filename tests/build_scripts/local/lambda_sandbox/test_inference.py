"""The inference function of the bundle, event by event, as API Gateway sends them."""

import base64
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from build_scripts.local.lambda_sandbox.arm64 import invoke_on_arm64
from build_scripts.local.lambda_sandbox.events import EVENTS, read_example
from build_scripts.local.lambda_sandbox.places import ROOT, NotHereError, Places
from build_scripts.local.lambda_sandbox.sandbox import Function, Outcome, Sandbox
from functions.core.keys.keys import KeyRing, create_key, write_key_ring
from functions.core.models.models import ModelRepository
from functions.core.models.options import DiagnosisOptions
from functions.core.models.pipeline import Diagnoser, Limits
from functions.core.preprocessing.signal import RateRange, Recording
from tests.build_scripts.local.lambda_sandbox.conftest import OPEN, read_event
from tests.support.bearings import RATE_HZ, outer_race
from tests.support.emf import read_line
from tests.support.recordings import wav_bytes

KEY, STORED = create_key("local lambda")
SECONDS = 1.0
HANDLERS = sorted(path.parent.name for path in (ROOT / "functions").glob("*/handler.py"))


def answered(outcome: Outcome, status: int = 200) -> dict[str, Any]:
    assert outcome.kind == "response", outcome
    assert outcome.body["statusCode"] == status, outcome.body
    content: dict[str, Any] = json.loads(outcome.body["body"])
    return content


def expected(name: str) -> tuple[str, float]:
    """Class and confidence of an example's beginning, diagnosed in this process."""
    limits = Limits(RateRange(100, 1_000_000), 100)
    diagnoser = Diagnoser(ModelRepository(ROOT / "layers" / "models"), "journal-bearing", limits)
    diagnosis = diagnoser.diagnose(Recording(read_example(name, SECONDS)[None]), DiagnosisOptions())
    return diagnosis.manifest.classes[diagnosis.predicted_class].id, diagnosis.confidence


def closely(answer: dict[str, Any]) -> tuple[str, Any]:
    return answer["class_id"], pytest.approx(answer["confidence"], abs=1e-4)


def task_with(places: Places, folder: Path, name: str, content: bytes) -> Places:
    """The same places with one more file beside the code."""
    shutil.copytree(places.task, folder / "task")
    (folder / "task" / name).write_bytes(content)
    for path in (folder, *folder.parents[:2]):
        path.chmod(0o755)
    return replace(places, task=folder / "task")


@pytest.mark.parametrize("name", HANDLERS)
def test_every_handler_of_the_bundle_starts(places: Places, name: str) -> None:
    with Sandbox(places, Function(f"functions.{name}.handler.handler", environment=OPEN)) as sandbox:
        assert sandbox.started.kind == "next", sandbox.log()


def test_it_is_healthy(inference: Sandbox) -> None:
    answer = answered(inference.invoke(read_event("health")))
    assert (answer["status"], answer["model"]["precision"]) == ("healthy", "int8")


@pytest.mark.parametrize("name", ["diagnose_json", "diagnose_float32", "diagnose_npy", "diagnose_wav"])
def test_every_form_of_a_recording_has_the_diagnosis_it_has_here(inference: Sandbox, name: str) -> None:
    assert closely(answered(inference.invoke(read_event(name)))) == expected("clearance.wav")


@pytest.mark.parametrize("name", [*sorted(path.stem for path in EVENTS.glob("through_*.json")), "rest_base_path"])
def test_every_door_has_the_same_diagnosis(inference: Sandbox, name: str) -> None:
    assert closely(answered(inference.invoke(read_event(name)))) == expected("clearance.wav")


def test_the_catalogue_of_bearings_is_in_the_bundle(inference: Sandbox) -> None:
    asked = {"q": "6205"}
    event = read_event("health") | {"path": "/bearings", "queryStringParameters": asked}
    event["multiValueQueryStringParameters"] = {name: [value] for name, value in asked.items()}
    listed = answered(inference.invoke(event))["bearings"]
    assert [one["designation"] for one in listed] == ["6205", "NSK 6205", "SKF 6205-2Z"]


def test_a_bearing_and_its_speed_are_answered_by_any_bearing(inference: Sandbox) -> None:
    asked = {"shaft_speed_rpm": "1800", "bearing": "6205"}
    event = read_event("diagnose_wav") | {"queryStringParameters": asked}
    event["multiValueQueryStringParameters"] = {name: [value] for name, value in asked.items()}
    event["body"] = base64.b64encode(wav_bytes(outer_race(4) / 32, RATE_HZ)).decode()
    answer = answered(inference.invoke(event))
    assert (answer["model"]["name"], answer["class_id"]) == ("any-bearing", "outer_race")
    assert [one["name"] for one in answer["evidence"] if one["supports"]] == ["BPFO"]
    assert answer["evidence_agrees"] is True


def test_a_batch_is_answered_in_order(inference: Sandbox) -> None:
    event = read_event("diagnose_batch")
    names = json.loads((ROOT / "tests/fixtures/events/diagnose_batch.json").read_text())["body"]["$recording"]
    answer = answered(inference.invoke(event))
    assert len(names) == answer["batch_size"] >= 2
    assert [closely(one) for one in answer["predictions"]] == [expected(name) for name in names]


def test_binary_tensors_come_in_and_go_out_as_base64(inference: Sandbox) -> None:
    windows = read_example("clearance.wav", SECONDS).astype("<f4")
    headers = {"Inference-Header-Content-Length": "0", "Host": "api.test"}
    changes = {
        "path": "/v2/models/journal-bearing/infer",
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "body": base64.b64encode(windows.tobytes()).decode(),
    }
    outcome = inference.invoke(read_event("v2_infer_raw") | changes)
    assert (outcome.body["statusCode"], outcome.body["isBase64Encoded"]) == (200, True)
    body = base64.b64decode(outcome.body["body"])
    length = int(outcome.body["headers"]["inference-header-content-length"])
    labels = [label.id for label in ModelRepository(ROOT / "layers" / "models").manifest("journal-bearing").classes]
    assert [one["name"] for one in json.loads(body[:length])["outputs"]] == ["logits", "probabilities"]
    assert labels[int(np.frombuffer(body[length:], "<f4")[len(labels) :].argmax())] == "clearance"


def test_a_large_text_goes_out_whole(inference: Sandbox) -> None:
    answer = inference.invoke(read_event("docs_script"))
    shipped = ROOT / "functions" / "inference" / "static" / "swagger-ui" / "swagger-ui-bundle.js"
    assert (answer.body["statusCode"], answer.body["isBase64Encoded"]) == (200, False)
    assert answer.body["body"] == shipped.read_text()


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("broken_json", 400, "malformed_body"),
        ("broken_base64", 400, "malformed_body"),
        ("unknown_path", 404, "not_found"),
    ],
)
def test_what_cannot_be_answered_is_refused(inference: Sandbox, name: str, status: int, code: str) -> None:
    assert answered(inference.invoke(read_event(name)), status)["code"] == code


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (b"\x00\x00\x80\x3f" * 100, "application/octet-stream", 422, "signal_constant"),
        (b"{}", "text/html", 415, "unsupported_media_type"),
    ],
)
def test_a_recording_that_cannot_be_used_is_refused(
    inference: Sandbox, body: bytes, content_type: str, status: int, code: str
) -> None:
    event = read_event("diagnose_float32")
    headers = {"Content-Type": content_type}
    changes = {"headers": headers, "multiValueHeaders": {name: [value] for name, value in headers.items()}}
    answer = answered(inference.invoke(event | changes | {"body": base64.b64encode(body).decode()}), status)
    assert answer["code"] == code


def test_an_event_that_is_no_request_is_an_error_that_says_so(inference: Sandbox) -> None:
    outcome = inference.invoke(read_event("not_http"))
    assert (outcome.kind, outcome.error_type) == ("error", "EventNotHttpError")
    assert "is no HTTP request of API Gateway" in outcome.content["error"]["errorMessage"]
    assert answered(inference.invoke(read_event("health")))["status"] == "healthy"


def test_a_request_over_six_megabytes_never_arrives(inference: Sandbox) -> None:
    event = read_event("diagnose_float32")
    outcome = inference.invoke(event | {"body": base64.b64encode(b"\x00" * 5_000_000).decode()})
    assert outcome.error_type == "RequestEntityTooLargeException"
    assert answered(inference.invoke(read_event("health")))["status"] == "healthy"


def test_many_invocations_start_once_and_report_as_lambda_does(inference: Sandbox) -> None:
    outcomes = [inference.invoke(read_event("diagnose_float32")) for _ in range(30)]
    assert {one.body["statusCode"] for one in outcomes} == {200}
    assert "Memory Size: 1769 MB" in inference.report(outcomes[-1])
    peaks = [one.content["max_memory_mb"] for one in outcomes]
    assert 20 < peaks[-1] <= 200
    assert peaks[-1] - peaks[9] < 1


def test_each_invocation_writes_its_metrics_before_its_answer(places: Places) -> None:
    with Sandbox(places, Function(environment=OPEN)) as sandbox:
        outcomes = [sandbox.invoke(read_event("diagnose_float32")) for _ in range(2)]
        metrics = [read_line(line) for line in sandbox.log().splitlines() if line.startswith('{"_aws"')]
    assert [answered(one)["class_id"] for one in outcomes] == [one["Class"] for one in metrics]
    assert [one["ColdStart"] for one in metrics] == [1, 0]
    used_mb = metrics[-1]["MemoryUsed"] / 100 * 1769
    assert used_mb == pytest.approx(outcomes[-1].content["max_memory_mb"], rel=0.1)


def test_keys_are_asked_for(places: Places, tmp_path: Path) -> None:
    keyed = task_with(places, tmp_path, "keys.json", write_key_ring(KeyRing(keys=[STORED])))
    event = read_event("diagnose_float32")
    with Sandbox(keyed, Function(environment={"PALIER_API_KEYS_FILE": "/var/task/keys.json"})) as sandbox:
        assert answered(sandbox.invoke(event), 401)["code"] == "api_key_missing"
        assert answered(sandbox.invoke(read_event("wrong_key")), 401)["code"] == "api_key_invalid"
        with_key = {"multiValueHeaders": event["multiValueHeaders"] | {"X-API-Key": [KEY]}}
        assert answered(sandbox.invoke(event | with_key))["class_id"] == "clearance"
        assert KEY not in sandbox.log()


def test_a_model_that_was_changed_answers_nothing(places: Places, tmp_path: Path) -> None:
    shutil.copytree(places.opt / "models", tmp_path / "task" / "models")
    (model,) = (tmp_path / "task" / "models" / "journal-bearing").glob("*/*.onnx")
    content = bytearray(model.read_bytes())
    content[-1] ^= 1
    model.write_bytes(content)
    shutil.copytree(places.task / "functions", tmp_path / "task" / "functions")
    for path in (tmp_path, *tmp_path.parents[:2]):
        path.chmod(0o755)
    function = Function(environment=OPEN | {"PALIER_MODELS_DIR": "/var/task/models"})
    with Sandbox(replace(places, task=tmp_path / "task"), function) as sandbox:
        assert answered(sandbox.invoke(read_event("health")), 503)["status"] == "unhealthy"
        assert answered(sandbox.invoke(read_event("diagnose_float32")), 503)["code"] == "model_unavailable"
        assert "sha256 differs" in sandbox.log()


def test_a_snapshot_is_primed_and_refreshed(places: Places) -> None:
    with Sandbox(places, Function(environment=OPEN, snap_start=True)) as sandbox:
        assert sandbox.started.kind == "snapshot", sandbox.log()
        assert "primed for a snapshot" in sandbox.log()
        assert "restored from a snapshot" not in sandbox.log()
        assert sandbox.restore().kind == "next"
        assert "restored from a snapshot" in sandbox.log()
        assert closely(answered(sandbox.invoke(read_event("diagnose_float32")))) == expected("clearance.wav")


def test_a_model_that_cannot_serve_stops_the_snapshot(places: Places) -> None:
    function = Function(environment=OPEN | {"PALIER_DEFAULT_MODEL": "absent"}, snap_start=True)
    with Sandbox(places, function) as sandbox:
        assert sandbox.started.kind == "init_error"
        assert "'absent' is not installed here" in sandbox.started.content["error"]["errorMessage"]


def test_arm64_gives_the_same_diagnoses(tmp_path: Path, inference: Sandbox) -> None:
    names = ("diagnose_float32", "diagnose_json")
    for name in names:
        (tmp_path / f"{name}.json").write_text(json.dumps(read_event(name)))
    try:
        answers = invoke_on_arm64([tmp_path / f"{name}.json" for name in names], OPEN)
    except NotHereError as reason:
        pytest.skip(f"no arm64 here: {reason}")
    for name, answer in zip(names, answers, strict=True):
        there, here = json.loads(answer["body"]), answered(inference.invoke(read_event(name)))
        assert (answer["statusCode"], there["class_id"]) == (200, here["class_id"])
        assert there["probabilities"] == pytest.approx(here["probabilities"], abs=1e-5)
        assert there["model"] == here["model"]
