"""The Lambda entry point, called as API Gateway's REST API calls it (proxy event, version 1)."""

import json
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from functions.core.lambda_host.gateway import EventNotHttpError
from functions.core.lambda_host.starting import PROBE
from functions.core.models import models
from functions.core.models.engine import OnnxEngine
from functions.core.models.manifest import InputSpec
from tests.support.emf import read_line
from tests.support.lambda_function import Invoke, cold_start, event_loop_of_the_process
from tests.support.packages import expected_probabilities


@pytest.fixture(autouse=True)
def event_loop() -> Iterator[None]:
    with event_loop_of_the_process():
        yield


@pytest.fixture
def engines(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The threads of every engine that is made."""
    made: list[int] = []

    class CountingEngine(OnnxEngine):
        def __init__(self, model: Path | bytes, threads: int = 1, spec: InputSpec | None = None) -> None:
            made.append(threads)
            super().__init__(model, threads, spec)

    monkeypatch.setattr(models, "OnnxEngine", CountingEngine)
    return made


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch, models_dir: Path) -> Callable[..., Invoke]:
    """Start the function as a cold start does; returns how to invoke it."""
    return partial(cold_start, monkeypatch, models_dir)


def test_health(start: Callable[..., Invoke]) -> None:
    answer = start()("health")
    assert (answer["statusCode"], answer["isBase64Encoded"]) == (200, False)
    assert json.loads(answer["body"])["model"] == {"name": "tiny", "version": "10", "precision": "fp32"}


def test_a_probe_diagnoses_without_a_request(start: Callable[..., Invoke]) -> None:
    """What the smoke test of a deployment sends to a new version."""
    start()
    module = sys.modules["functions.inference.handler"]
    assert module.handler(PROBE, None) == {"probed": True}
    with pytest.raises(EventNotHttpError):
        module.handler({"palier": "other"}, None)


def test_a_prediction_from_json(start: Callable[..., Invoke]) -> None:
    answer = start()("predict_json")
    diagnosis = json.loads(answer["body"])
    assert answer["statusCode"] == 200
    assert diagnosis["class_id"] == "high"
    assert diagnosis["confidence"] == pytest.approx(expected_probabilities(0.5)[0], abs=2e-6)
    assert diagnosis["request_id"] == answer["headers"]["x-request-id"] == "event-1"


def test_a_prediction_from_binary(start: Callable[..., Invoke]) -> None:
    answer = start()("predict_octet_stream")
    diagnosis = json.loads(answer["body"])
    assert answer["statusCode"] == 200
    assert diagnosis["probabilities"] == {"high": pytest.approx(expected_probabilities(0.5)[0], abs=2e-6)}


def test_three_invocations_make_one_session_before_the_first(start: Callable[..., Invoke], engines: list[int]) -> None:
    invoke = start(AWS_LAMBDA_FUNCTION_MEMORY_SIZE="3538")
    assert engines == [2]
    assert [invoke(name)["statusCode"] for name in ("predict_json", "predict_octet_stream", "predict_json")] == [
        200
    ] * 3
    assert engines == [2]


def test_a_missing_model_is_a_503_and_no_crash(
    start: Callable[..., Invoke], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    invoke = start(PALIER_MODELS_DIR=str(tmp_path))
    (line,) = map(json.loads, capsys.readouterr().err.splitlines())
    assert (line["level"], line["message"], line["code"]) == (
        "ERROR",
        "the default model cannot be loaded",
        "model_unavailable",
    )
    health, predict = invoke("health"), invoke("predict_json")
    assert (health["statusCode"], json.loads(health["body"])["status"]) == (503, "unhealthy")
    assert health["headers"]["retry-after"] == "30"
    assert (predict["statusCode"], json.loads(predict["body"])["code"]) == (503, "model_unavailable")


def test_keys_are_required_unless_the_settings_state_otherwise(start: Callable[..., Invoke], tmp_path: Path) -> None:
    store = tmp_path / "keys.json"
    store.write_text("{}")
    invoke = start(PALIER_API_KEYS_REQUIRED="true", PALIER_API_KEYS_FILE=str(store))
    assert json.loads(invoke("predict_json")["body"])["code"] == "api_key_missing"
    assert invoke("health")["statusCode"] == 200


def test_the_log_level_is_the_setting(start: Callable[..., Invoke], capsys: pytest.CaptureFixture[str]) -> None:
    start(PALIER_LOG_LEVEL="INFO")("health")
    (line,) = map(json.loads, capsys.readouterr().err.splitlines())
    assert (line["message"], line["path"], line["status"]) == ("request", "/health", 200)
    start(PALIER_LOG_LEVEL="WARNING")("health")
    assert capsys.readouterr().err == ""


def test_every_invocation_writes_its_metrics_once(
    start: Callable[..., Invoke], capsys: pytest.CaptureFixture[str]
) -> None:
    invoke = start(AWS_LAMBDA_FUNCTION_MEMORY_SIZE="3538", AWS_LAMBDA_INITIALIZATION_TYPE="on-demand")
    for name in ("predict_json", "health", "predict_octet_stream"):
        invoke(name)
    documents = [read_line(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["Endpoint"] for one in documents] == ["predict", "health", "predict"]
    assert [one["ColdStart"] for one in documents] == [1, 0, 0]
    assert {(one["Stage"], one["Function"]) for one in documents} == {("prod", "inference")}
    assert all(0 < one["MemoryUsed"] < 100 for one in documents)
    assert documents[0]["request_id"] == "event-1"
