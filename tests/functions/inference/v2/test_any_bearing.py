"""Conditions of the shipped model any-bearing as a tensor: held to what a stated bearing is held to."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import numpy as np
import pytest

from functions.core.bearings.stated import ORDER_NAMES
from functions.core.preprocessing.arrays import Float32Array
from functions.inference.app import create_app
from tests.conftest import MakeSettings
from tests.support.apps import client_of, post_json
from tests.support.bearings import noise, outer_race

MODELS = Path(__file__).resolve().parents[4] / "layers" / "models"


@pytest.fixture
async def client(make_settings: MakeSettings) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(create_app(make_settings(models_dir=MODELS, default_model="any-bearing"))) as client:
        yield client


async def infer(client: httpx.AsyncClient, window: Float32Array, row: list[float]) -> httpx.Response:
    """Send a window of 2 s and its conditions as tensors."""
    inputs = [
        {"name": "signal", "datatype": "FP32", "shape": [1, 1, 24_000], "data": window.tolist()},
        {"name": "conditions", "datatype": "FP32", "shape": [1, 5], "data": row},
    ]
    return await post_json(client, "/v2/models/any-bearing/infer", {"inputs": inputs})


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ([29.95, 3.5848, 5.4152, 2.3568, 0.4], "from 60 to 60000 rpm: 29.95 Hz would be 1797 rpm."),
        ([1800.0, 5.4152, 3.5848, 2.3568, 0.4], "bpfo_order 5.4152 and bpfi_order 3.5848 are of no bearing: both are"),
        ([240.0, 3.5848, 5.4152, 2.3568, 0.4], "The recording has 2 s, 8 turns of the shaft; to tell its lines apart"),
        ([60_000.0, 8.1, 10.9, 3.1, 0.43], "At 60000 rpm BPFI lies at 10900 Hz, but a sample rate of 12000 Hz shows"),
    ],
)
async def test_a_tensor_of_a_bearing_that_cannot_be_is_refused_as_a_stated_one(
    client: httpx.AsyncClient, row: list[float], sentence: str
) -> None:
    response = await infer(client, noise(2), row)
    assert response.status_code == 422
    assert sentence in response.json()["error"]
    assert response.json()["field"].startswith("inputs")


@pytest.mark.parametrize(("window", "confidence"), [(noise(2), (0.4, 0.61)), (outer_race(2), (0.9, 1.0))])
async def test_a_window_is_as_sure_as_the_recording_it_is(
    client: httpx.AsyncClient, window: Float32Array, confidence: tuple[float, float]
) -> None:
    """Also where no line is visible: health is not proven there."""
    speed_rpm, *orders = row = [1800.0, 3.5848, 5.4152, 2.35675, 0.39828]
    outputs = (await infer(client, window, row)).json()["outputs"]
    probabilities = next(one["data"] for one in outputs if one["name"] == "probabilities")
    stated = dict(zip(ORDER_NAMES, orders, strict=True))
    body = {"signal": window.tolist(), "sample_rate_hz": 12_000, "shaft_speed_rpm": speed_rpm, **stated}
    answer = (await post_json(client, "/predict", body)).json()
    assert max(probabilities) == pytest.approx(answer["confidence"], abs=2e-3)
    assert confidence[0] < answer["confidence"] < confidence[1]


async def test_a_window_of_zeros_warms_a_server_up(client: httpx.AsyncClient) -> None:
    response = await infer(client, np.zeros(24_000, np.float32), [1800.0, 3.5848, 5.4152, 2.35675, 0.39828])
    assert response.status_code == 200
