"""The shipped model any-bearing in the container: requests that share a run, and SageMaker's door."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.conftest import MakeSettings
from tests.support.apps import client_of, post_json
from tests.support.bearings import RATE_HZ, noise, outer_race
from tests.support.container import make_container
from tests.support.recordings import wav_bytes

MODELS = Path(__file__).resolve().parents[3] / "layers" / "models"
STATED: dict[str, str | int] = {"shaft_speed_rpm": 1800, "bearing": "6205"}


@pytest.fixture
async def door(make_settings: MakeSettings) -> AsyncIterator[httpx.AsyncClient]:
    container = make_container(make_settings(models_dir=MODELS, default_model="any-bearing", max_body_bytes=4_000_000))
    container.warm_up()
    async with client_of(container.served) as client:
        yield client


async def test_requests_that_share_a_run_have_their_own_conditions(door: httpx.AsyncClient) -> None:
    signals = [outer_race(2), noise(2), outer_race(2, seed=5)]
    files = [wav_bytes(one / 32, RATE_HZ) for one in signals]
    headers = {"content-type": "audio/wav"}
    # The line of the first bearing is none of the second one's.
    stated: list[dict[str, str | int]] = [STATED, STATED, {"shaft_speed_rpm": 1800, "bearing": "6203"}]
    asked = [
        door.post("/predict", content=file, headers=headers, params=one)
        for file, one in zip(files, stated, strict=True)
    ]
    answers = [one.json() for one in await asyncio.gather(*asked)]
    assert [one["class_id"] for one in answers] == ["outer_race", "normal", "normal"]
    assert [one["evidence_agrees"] for one in answers] == [True, None, None]


async def test_sagemaker_s_door_takes_speed_and_bearing(door: httpx.AsyncClient) -> None:
    body = {"signal": outer_race(4).astype(float).round(2).tolist(), "sample_rate_hz": RATE_HZ, **STATED}
    response = await post_json(door, "/invocations", body)
    assert response.status_code == 200, response.text
    answer = response.json()
    assert (answer["class_id"], answer["model"]["name"]) == ("outer_race", "any-bearing")
