"""POST /predict: successful answers."""

import gzip
import re
import zlib
from datetime import UTC, datetime
from typing import Any

import httpx
import numpy as np
import pytest

from tests.support.apps import post_json, predict_tone
from tests.support.packages import CLASSES, GAIN, expected_probabilities
from tests.support.recordings import csv_text, npy_bytes, tone, wav_bytes

HIGH = tone(0.5)
FILES = {
    "application/octet-stream": HIGH.astype("<f4").tobytes(),
    "application/x-npy": npy_bytes(HIGH),
    "text/csv": csv_text([HIGH]).encode(),
    "audio/wav": wav_bytes(HIGH),
}


def probabilities(answer: dict[str, Any]) -> list[float]:
    return [answer["probabilities"][name] for name in CLASSES]


async def test_the_answer_is_the_contract_s(client: httpx.AsyncClient) -> None:
    before = datetime.now(UTC)
    response = await predict_tone(client, asset_id="pump-7")
    answer = response.json()
    expected = expected_probabilities(0.5)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert probabilities(answer) == pytest.approx(expected, abs=2e-6)
    assert list(answer["probabilities"]) == ["high", "centred", "low"]
    assert before <= datetime.fromisoformat(answer.pop("timestamp")) <= datetime.now(UTC)
    assert answer.pop("inference_time_ms") > 0
    assert answer.pop("probabilities").keys() == set(CLASSES)
    assert answer.pop("confidence") == pytest.approx(expected[0], abs=2e-6)
    assert answer.pop("novelty") == pytest.approx(0.255 / 1.255, abs=1e-4)
    assert answer == {
        "predicted_class": 0,
        "class_id": "high",
        "class_name": "High",
        "windows": 1,
        "in_distribution": True,
        "clipped": False,
        "recording": {
            "sample_rate_hz": 2048.0,
            "sample_rate_source": "assumed",
            "channel": "0",
            "duration_s": 1.0,
            "unit": None,
            "rms": 0.0707107,
            "peak": 0.1,
            "crest_factor": 1.41421,
            "kurtosis": 1.5,
            "velocity_rms_mm_s": None,
            "severity_zone": None,
        },
        "model": {"name": "tiny", "version": "10", "precision": "fp32"},
        "asset_id": "pump-7",
        "request_id": response.headers["x-request-id"],
    }


@pytest.mark.parametrize("kind", FILES)
async def test_every_format_gives_the_same_answer(client: httpx.AsyncClient, kind: str) -> None:
    response = await client.post("/predict", content=FILES[kind], headers={"content-type": kind})
    assert response.status_code == 200
    assert probabilities(response.json()) == pytest.approx(expected_probabilities(0.5), abs=2e-6)


@pytest.mark.parametrize("kind", FILES)
async def test_options_of_files_stand_in_the_query(client: httpx.AsyncClient, kind: str) -> None:
    query = {"version": "2", "return_top_k": "1", "asset_id": "pump-7", "sample_rate_hz": "2048"}
    response = await client.post("/predict", content=FILES[kind], headers={"content-type": kind}, params=query)
    answer = response.json()
    low = expected_probabilities(0.5, -GAIN)[2]
    assert answer["model"]["version"] == "2"
    assert answer["asset_id"] == "pump-7"
    assert answer["probabilities"] == {"low": pytest.approx(low, abs=2e-6)}


async def test_the_query_stands_before_the_body(client: httpx.AsyncClient) -> None:
    document = {"signal": HIGH.tolist(), "version": "10"}
    assert (await post_json(client, "/predict", document, params={"version": "2"})).json()["class_id"] == "low"


@pytest.mark.parametrize(
    ("options", "returned"),
    [
        ({}, ["high", "centred", "low"]),
        ({"return_top_k": 2}, ["high", "centred"]),
        ({"return_top_k": 99}, ["high", "centred", "low"]),
        ({"return_probabilities": True, "return_top_k": 1}, ["high"]),
    ],
)
async def test_probabilities_come_most_probable_first(
    client: httpx.AsyncClient, options: dict[str, Any], returned: list[str]
) -> None:
    assert list((await predict_tone(client, **options)).json()["probabilities"]) == returned


async def test_probabilities_may_be_left_out(client: httpx.AsyncClient) -> None:
    answer = (await predict_tone(client, return_probabilities=False)).json()
    assert answer["probabilities"] is None
    assert answer["class_id"] == "high"


async def test_the_version_may_be_a_number(client: httpx.AsyncClient) -> None:
    assert (await predict_tone(client, version=2)).json()["model"]["version"] == "2"


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_packed_bodies_are_read(client: httpx.AsyncClient, encoding: str) -> None:

    pack = gzip.compress if encoding == "gzip" else zlib.compress
    headers = {"content-type": "text/csv", "content-encoding": encoding}
    response = await client.post("/predict", content=pack(FILES["text/csv"]), headers=headers)
    assert (response.status_code, response.json()["class_id"]) == (200, "high")


@pytest.mark.parametrize(
    ("kind", "body", "query", "windows"),
    [
        ("audio/wav", wav_bytes(tone(0.5, windows=4), 8192), {}, 1),
        ("audio/wav", wav_bytes(tone(0.5, windows=8), 8192), {"sample_rate_hz": "8170"}, 3),
        ("text/csv", ("time_s,x\n" + csv_text([np.arange(4096) / 4096, tone(0.5, 2)])).encode(), {}, 1),
        ("application/octet-stream", tone(0.5, windows=4).tobytes(), {"sample_rate_hz": "8192"}, 1),
        ("application/octet-stream", tone(0.5, windows=2.5).tobytes(), {}, 3),
    ],
)
async def test_the_rate_comes_from_the_query_then_from_the_file(
    client: httpx.AsyncClient, kind: str, body: bytes, query: dict[str, str], windows: int
) -> None:
    response = await client.post("/predict", content=body, headers={"content-type": kind}, params=query)
    assert response.json()["windows"] == windows
    assert response.json()["class_id"] == "high"


@pytest.mark.parametrize(
    ("kind", "body", "channel"),
    [
        ("audio/wav", wav_bytes(np.stack([tone(-0.5), tone(0.5)], axis=1)), "1"),
        ("application/x-npy", npy_bytes(np.stack([tone(-0.5), tone(0.5)])), "1"),
        ("text/csv", ("DE,FE\n" + csv_text([tone(-0.5), tone(0.5)])).encode(), "FE"),
        ("text/csv", ("DE;FE\n" + csv_text([tone(-0.5), tone(0.5)], ";", decimal_comma=True)).encode(), "1"),
    ],
)
async def test_a_channel_is_chosen(client: httpx.AsyncClient, kind: str, body: bytes, channel: str) -> None:
    response = await client.post("/predict", content=body, headers={"content-type": kind}, params={"channel": channel})
    assert (response.status_code, response.json()["class_id"]) == (200, "high")


async def test_a_model_of_two_channels_takes_two(client: httpx.AsyncClient) -> None:
    document = {"signal": [tone(0.5).tolist(), tone(0.1).tolist()], "model": "tiny-pair"}
    answer = (await post_json(client, "/predict", document)).json()
    assert probabilities(answer) == pytest.approx(expected_probabilities(0.3), abs=2e-6)


async def test_full_scale_stretches_integer_wav(client: httpx.AsyncClient) -> None:
    body = wav_bytes(tone(0.125, amplitude=0.01), subtype="PCM_16")
    response = await client.post(
        "/predict", content=body, headers={"content-type": "audio/wav"}, params={"full_scale": "4"}
    )
    assert probabilities(response.json()) == pytest.approx(expected_probabilities(0.5), abs=1e-3)


async def test_raw_samples_may_be_int16(client: httpx.AsyncClient) -> None:
    body = np.rint(tone(0.125, amplitude=0.01) * 32_768).astype("<i2").tobytes()
    options = {"sample_format": "int16", "full_scale": "4"}
    headers = {"content-type": "application/octet-stream"}
    response = await client.post("/predict", content=body, headers=headers, params=options)
    assert probabilities(response.json()) == pytest.approx(expected_probabilities(0.5), abs=1e-3)


async def test_a_recording_unlike_the_training_data_is_marked(client: httpx.AsyncClient) -> None:
    answer = (await post_json(client, "/predict", {"signal": tone(amplitude=10).tolist()})).json()
    assert answer["in_distribution"] is False
    assert answer["novelty"] == pytest.approx(50 / 51, abs=1e-4)


async def test_a_request_id_is_honoured_or_made(client: httpx.AsyncClient) -> None:
    body, headers = FILES["audio/wav"], {"content-type": "audio/wav"}
    given = await client.post("/predict", content=body, headers=headers | {"x-request-id": "line-4:77"})
    made = await client.post("/predict", content=body, headers=headers | {"x-request-id": "no good"})
    assert given.json()["request_id"] == given.headers["x-request-id"] == "line-4:77"
    assert re.fullmatch("[0-9a-f]{32}", made.json()["request_id"])
    assert made.headers["x-request-id"] == made.json()["request_id"]
