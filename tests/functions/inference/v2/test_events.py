"""The protocol through the Lambda entry point, as API Gateway's REST API calls it (proxy event, version 1)."""

import base64
import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tritonclient.http import InferenceServerClient

from tests.support.lambda_function import Invoke, cold_start, event_loop_of_the_process
from tests.support.v2 import HEADER_LENGTH, expected_logits, expected_rows


@pytest.fixture(autouse=True)
def event_loop() -> Iterator[None]:
    with event_loop_of_the_process():
        yield


@pytest.fixture
def invoke(monkeypatch: pytest.MonkeyPatch, models_dir: Path) -> Invoke:
    return cold_start(monkeypatch, models_dir)


def body_of(answer: dict[str, Any]) -> bytes:
    """The bytes that API Gateway sends to the client."""
    text: str = answer["body"]
    return base64.b64decode(text) if answer["isBase64Encoded"] else text.encode()


def outputs_of(answer: dict[str, Any]) -> Any:
    """What tritonclient reads from an answer."""
    headers = answer["headers"]
    length = headers.get(HEADER_LENGTH.lower())
    return InferenceServerClient.parse_response_body(
        body_of(answer),
        header_length=None if length is None else int(length),
        content_encoding=headers.get("content-encoding"),
    )


@pytest.mark.parametrize(
    ("event", "member"),
    [
        ("v2_server", "extensions"),
        ("v2_ready", "ready"),
        ("v2_metadata", "inputs"),
        ("v2_stats", "model_stats"),
    ],
)
def test_reading(invoke: Invoke, event: str, member: str) -> None:
    answer = invoke(event)
    assert (answer["statusCode"], answer["isBase64Encoded"]) == (200, False)
    assert "content-encoding" not in answer["headers"]
    assert member in json.loads(answer["body"])


def test_the_index(invoke: Invoke) -> None:
    answer = invoke("v2_index")
    assert answer["statusCode"] == 200
    assert [one["state"] for one in json.loads(answer["body"])] == ["READY"] * 4


@pytest.mark.parametrize("event", ["v2_infer_json", "v2_infer_json_untyped", "v2_infer_binary", "v2_infer_raw"])
def test_inference(invoke: Invoke, event: str) -> None:
    answer = invoke(event)
    result = outputs_of(answer)
    assert answer["statusCode"] == 200
    assert answer["isBase64Encoded"] == (event in {"v2_infer_binary", "v2_infer_raw"})
    assert result.as_numpy("logits") == pytest.approx(expected_logits(0.5), abs=1e-4)
    assert result.as_numpy("probabilities") == pytest.approx(expected_rows(0.5), abs=1e-5)
    assert result.get_response().get("id") == (None if event == "v2_infer_raw" else "42")


def test_the_request_id_and_the_protocol_s_id_are_two(invoke: Invoke) -> None:
    answer = invoke("v2_infer_json")
    assert (answer["headers"]["x-request-id"], json.loads(answer["body"])["id"]) == ("event-2", "42")


@pytest.mark.parametrize(
    ("event", "encoding", "unpack", "sign"),
    [("v2_infer_packed", "gzip", gzip.decompress, -1), ("v2_infer_packed_json", "deflate", zlib.decompress, 1)],
)
def test_packed_answers_travel_as_base64(
    invoke: Invoke, event: str, encoding: str, unpack: Callable[[bytes], bytes], sign: int
) -> None:
    answer = invoke(event)
    assert (answer["statusCode"], answer["isBase64Encoded"]) == (200, True)
    assert answer["headers"]["content-encoding"] == encoding
    assert unpack(body_of(answer)).startswith(b'{"model_name":"tiny"')
    assert outputs_of(answer).as_numpy("logits") == pytest.approx(expected_logits(sign * 0.5), abs=1e-4)


def test_a_malformed_envelope(invoke: Invoke) -> None:
    answer = invoke("v2_infer_malformed")
    error = json.loads(answer["body"])
    assert (answer["statusCode"], error["code"], error["field"]) == (400, "malformed_envelope", HEADER_LENGTH)
    assert error["error"].startswith("Inference-Header-Content-Length is 99999, but the body has ")
    assert answer["headers"]["content-type"] == "application/json"


def test_statistics_are_of_the_warm_instance(invoke: Invoke) -> None:
    for event in ("v2_infer_json", "v2_infer_binary", "v2_infer_malformed"):
        invoke(event)
    (statistics,) = json.loads(invoke("v2_stats")["body"])["model_stats"]
    assert statistics["inference_count"] == 2
    assert statistics["inference_stats"]["fail"]["count"] == 1
