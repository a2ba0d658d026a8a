"""The shipped model any-bearing at the API: it answers requests that name a bearing and no model."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from functions.inference.app import create_app
from tests.conftest import MakeSettings
from tests.support.apps import client_of, post_json
from tests.support.bearings import RATE_HZ, noise, outer_race
from tests.support.recordings import wav_bytes

MODELS = Path(__file__).resolve().parents[3] / "layers" / "models"
STATED: dict[str, str | int] = {"shaft_speed_rpm": 1800, "bearing": "6205"}
CONDITIONS = [1800.0, 3.5848, 5.4152, 2.35675, 0.39828]
FAULTY = outer_race(4)


@pytest.fixture
async def client(make_settings: MakeSettings) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(make_settings(models_dir=MODELS, default_model="journal-bearing", max_body_bytes=4_000_000))
    async with client_of(app) as client:
        yield client


async def test_a_wav_file_of_a_faulty_bearing_has_class_confidence_and_lines(client: httpx.AsyncClient) -> None:
    file = wav_bytes(FAULTY / 32, RATE_HZ)
    answer = (await client.post("/predict", content=file, headers={"content-type": "audio/wav"}, params=STATED)).json()
    assert (answer["model"]["name"], answer["class_id"], answer["windows"]) == ("any-bearing", "outer_race", 2)
    assert answer["confidence"] > 0.9
    assert answer["evidence_agrees"] is True
    assert [one["name"] for one in answer["evidence"] if one["supports"]] == ["BPFO"]
    assert answer["conditions"] == pytest.approx(dict(zip(answer["conditions"], CONDITIONS, strict=True)))


async def test_without_a_line_normal_promises_no_health(client: httpx.AsyncClient) -> None:
    file = wav_bytes(noise(4) / 32, RATE_HZ)
    answer = (await client.post("/predict", content=file, headers={"content-type": "audio/wav"}, params=STATED)).json()
    assert (answer["class_id"], answer["evidence_agrees"]) == ("normal", None)
    assert answer["evidence_note"].startswith("No line of this bearing is visible")


async def test_a_batch_has_a_diagnosis_of_each(client: httpx.AsyncClient) -> None:
    signals = [one.astype(float).round(2).tolist() for one in (FAULTY, noise(4))]
    answer = (
        await post_json(client, "/predict/batch", {"signals": signals, "sample_rate_hz": RATE_HZ, **STATED})
    ).json()
    assert [one["class_id"] for one in answer["predictions"]] == ["outer_race", "normal"]


async def test_the_inference_protocol_takes_conditions_as_a_second_tensor(client: httpx.AsyncClient) -> None:
    windows = FAULTY.reshape(2, 1, -1)
    inputs: list[dict[str, Any]] = [
        {"name": "signal", "datatype": "FP32", "shape": list(windows.shape), "data": windows.ravel().tolist()},
        {"name": "conditions", "datatype": "FP32", "shape": [2, 5], "data": CONDITIONS * 2},
    ]
    response = await post_json(client, "/v2/models/any-bearing/infer", {"inputs": inputs})
    assert response.status_code == 200, response.text
    (output,) = (one for one in response.json()["outputs"] if one["name"] == "probabilities")
    probabilities = np.array(output["data"]).reshape(output["shape"])
    assert probabilities.shape == (2, 4)
    assert probabilities.argmax(axis=1).tolist() == [1, 1]


@pytest.mark.parametrize(
    ("stated", "field", "sentence"),
    [
        ({"shaft_speed_rpm": 29.95, "bearing": "6205"}, "shaft_speed_rpm", "29.95 Hz would be 1797 rpm."),
        (
            {"shaft_speed_rpm": 29.95, "model": "journal-bearing"},
            "signal",
            "20 s at 29.95 rpm (29.95 Hz would be 1797 rpm).",
        ),
        (
            {"shaft_speed_rpm": 1800, "model": "any-bearing"},
            "conditions.bpfo_order",
            "from 0.5 to 200 orders; where a bearing is stated, it fills this in.",
        ),
        (
            {**STATED, "rolling_elements": 8, "element_diameter": 7.9, "pitch_diameter": 39},
            "bearing",
            "bpfo_order is 3.19 by the stated geometry and 3.585 by the stated bearing: state one bearing only.",
        ),
    ],
)
async def test_a_statement_that_cannot_be_is_refused_with_what_to_do(
    client: httpx.AsyncClient, stated: dict[str, str | float], field: str, sentence: str
) -> None:
    body = {"signal": FAULTY.astype(float).round(2).tolist(), "sample_rate_hz": RATE_HZ, **stated}
    response = await post_json(client, "/predict", body)
    assert (response.status_code, response.json()["field"]) == (422, field)
    assert response.json()["error"].endswith(sentence)
