"""Conditions of the shipped model any-bearing as a tensor: held to what a stated bearing is held to."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from functions.inference.app import create_app
from tests.conftest import MakeSettings
from tests.support.apps import client_of, post_json
from tests.support.bearings import noise

MODELS = Path(__file__).resolve().parents[4] / "layers" / "models"


@pytest.fixture
async def client(make_settings: MakeSettings) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(create_app(make_settings(models_dir=MODELS, default_model="any-bearing"))) as client:
        yield client


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ([29.95, 3.5848, 5.4152, 2.3568, 0.4], "from 60 to 60000 rpm: 29.95 Hz would be 1797 rpm."),
        ([1800.0, 5.4152, 3.5848, 2.3568, 0.4], "bpfo_order 5.4152 and bpfi_order 3.5848 are of no bearing: both are"),
        ([60_000.0, 8.1, 10.9, 3.1, 0.43], "At 60000 rpm BPFI lies at 10900 Hz, but a sample rate of 12000 Hz shows"),
    ],
)
async def test_a_tensor_of_a_bearing_that_cannot_be_is_refused_as_a_stated_one(
    client: httpx.AsyncClient, row: list[float], sentence: str
) -> None:
    inputs = [
        {"name": "signal", "datatype": "FP32", "shape": [1, 1, 24_000], "data": noise(2).tolist()},
        {"name": "conditions", "datatype": "FP32", "shape": [1, 5], "data": row},
    ]
    response = await post_json(client, "/v2/models/any-bearing/infer", {"inputs": inputs})
    assert response.status_code == 422
    assert sentence in response.json()["error"]
    assert response.json()["field"].startswith("inputs")
