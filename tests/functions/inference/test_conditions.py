"""Conditions of operation through /predict, /predict/batch and /models."""

import json
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from starlette.applications import Starlette

from functions.core.settings import Settings
from functions.inference.snapshot import prime
from tests.conftest import MakeSettings
from tests.support.apps import assert_error, post_json
from tests.support.lambda_function import event_loop_of_the_process
from tests.support.packages import LOAD, SPEED
from tests.support.recordings import csv_text, npy_bytes, tone, wav_bytes

FLAT = tone(0.0)
FILES = {
    "application/octet-stream": FLAT.astype("<f4").tobytes(),
    "application/x-npy": npy_bytes(FLAT),
    "text/csv": csv_text([FLAT]).encode(),
    "audio/wav": wav_bytes(FLAT),
}


@pytest.fixture
def settings(make_settings: MakeSettings, conditioned_dir: Path) -> Settings:
    return make_settings(models_dir=conditioned_dir, default_model="tiny-speed", max_batch=4, max_windows=100)


async def predict(client: httpx.AsyncClient, **options: Any) -> httpx.Response:
    return await post_json(client, "/predict", {"signal": FLAT.tolist(), **options})


@pytest.mark.parametrize(("speed", "expected"), [(1000, "centred"), (4000, "high")])
async def test_the_answer_depends_on_the_conditions_and_repeats_them(
    client: httpx.AsyncClient, speed: float, expected: str
) -> None:
    answer = (await predict(client, conditions={"shaft_speed_rpm": speed})).json()
    assert answer["class_id"] == expected
    assert answer["conditions"] == {"shaft_speed_rpm": speed, "load": 0.5}


@pytest.mark.parametrize("kind", FILES)
async def test_files_take_them_from_the_query(client: httpx.AsyncClient, kind: str) -> None:
    query = {"conditions.shaft_speed_rpm": "1200.5", "conditions.load": "5"}
    response = await client.post("/predict", content=FILES[kind], headers={"content-type": kind}, params=query)
    assert response.json()["conditions"] == {"shaft_speed_rpm": 1200.5, "load": 5}


async def test_every_window_of_a_recording_gets_the_same_row(client: httpx.AsyncClient) -> None:
    document = {"signal": np.tile(FLAT, 70).tolist(), "conditions": {"shaft_speed_rpm": 4000}}
    answer = (await post_json(client, "/predict", document)).json()
    alone = (await predict(client, conditions={"shaft_speed_rpm": 4000})).json()
    assert (answer["windows"], answer["probabilities"]) == (70, pytest.approx(alone["probabilities"], abs=1e-5))


@pytest.mark.parametrize(
    ("conditions", "code", "field"),
    [
        ({}, "condition_missing", "conditions.shaft_speed_rpm"),
        ({"load": 1}, "condition_missing", "conditions.shaft_speed_rpm"),
        ({"shaft_speed_rpm": 0}, "condition_out_of_range", "conditions.shaft_speed_rpm"),
        ({"shaft_speed_rpm": 1000, "load": 5.1}, "condition_out_of_range", "conditions.load"),
        ({"shaft_speed_rpm": 1000, "speed": 1}, "unknown_condition", "conditions.speed"),
        ({"shaft_speed_rpm": "1000"}, "invalid_option", "conditions.shaft_speed_rpm"),
        ({"shaft_speed_rpm": True}, "invalid_option", "conditions.shaft_speed_rpm"),
        ({"shaft_speed_rpm": None}, "invalid_option", "conditions.shaft_speed_rpm"),
        ({"shaft_speed_rpm": {"value": 1}}, "invalid_option", "conditions.shaft_speed_rpm"),
        ({"shaft_speed_rpm": [1000]}, "invalid_option", "conditions.shaft_speed_rpm"),
        ({"shaft_speed_rpm": 10**30}, "condition_out_of_range", "conditions.shaft_speed_rpm"),
        ({"shaft_speed_rpm": float("nan")}, "invalid_option", "conditions"),
        ({"shaft_speed_rpm": float("-inf")}, "invalid_option", "conditions"),
        ({f"c{index}": 1 for index in range(65)}, "invalid_option", "conditions"),
        ({f"c{index}": 1 for index in range(5000)}, "invalid_option", "conditions"),
        ({"x" * 100_000: 1}, "invalid_option", f"conditions.{'x' * 64}"),
        (None, "invalid_option", "conditions"),
        (1000, "invalid_option", "conditions"),
        ([{"shaft_speed_rpm": 1000}], "invalid_option", "conditions"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_what_cannot_be_used_is_a_422(client: httpx.AsyncClient, conditions: Any, code: str, field: str) -> None:
    sentence = assert_error(await predict(client, conditions=conditions), 422, code, field)
    assert len(sentence) < 250


async def test_one_that_is_missing_is_named_with_unit_and_range(client: httpx.AsyncClient) -> None:
    for response in (
        await predict(client),
        await client.post("/predict", content=FILES["audio/wav"], headers={"content-type": "audio/wav"}),
        await client.post(
            "/predict/batch", content=npy_bytes(FLAT[None]), headers={"content-type": "application/x-npy"}
        ),
    ):
        sentence = assert_error(response, 422, "condition_missing", "conditions.shaft_speed_rpm")
        assert sentence == "The model needs the condition 'shaft_speed_rpm', a number from 100 to 6000 rpm."


async def test_a_model_without_conditions_takes_none_and_names_none(client: httpx.AsyncClient) -> None:
    response = await predict(client, model="tiny", conditions={"load": 1})
    assert "no conditions of operation" in assert_error(response, 422, "unknown_condition", "conditions.load")
    plain = await predict(client, model="tiny", conditions={})
    assert (plain.status_code, "conditions" in plain.json()) == (200, False)


async def test_defaults_alone_are_enough_where_none_is_required(client: httpx.AsyncClient) -> None:
    assert (await predict(client, model="tiny-load")).json()["conditions"] == {"load": 0.5}


async def test_a_query_stands_before_the_body(client: httpx.AsyncClient) -> None:
    document = {"signal": FLAT.tolist(), "conditions": {"shaft_speed_rpm": 1000, "load": 1}}
    response = await post_json(client, "/predict", document, params={"conditions.shaft_speed_rpm": "4000"})
    assert response.json()["conditions"] == {"shaft_speed_rpm": 4000, "load": 1}


@pytest.mark.parametrize("text", ["fast", "nan", "", "1e999"])
async def test_a_query_that_is_no_number_is_a_422(client: httpx.AsyncClient, text: str) -> None:
    query = {"conditions.shaft_speed_rpm": text}
    response = await client.post(
        "/predict", content=FILES["audio/wav"], headers={"content-type": "audio/wav"}, params=query
    )
    assert_error(response, 422, "invalid_option", "conditions.shaft_speed_rpm")


async def test_a_batch_has_one_object_for_all_or_one_for_each(client: httpx.AsyncClient) -> None:
    speeds = (1000, 4000)
    each = [{"shaft_speed_rpm": speed} for speed in speeds]
    document: dict[str, Any] = {"signals": [FLAT.tolist()] * 2, "conditions": each}
    answers = (await post_json(client, "/predict/batch", document)).json()["predictions"]
    assert [one["class_id"] for one in answers] == ["centred", "high"]
    assert [one["conditions"]["shaft_speed_rpm"] for one in answers] == [1000, 4000]
    answers = (await post_json(client, "/predict/batch", document | {"conditions": each[1]})).json()["predictions"]
    assert [one["class_id"] for one in answers] == ["high", "high"]


@pytest.mark.parametrize(
    ("conditions", "code", "field"),
    [
        ([{"shaft_speed_rpm": 1000}], "invalid_option", "conditions"),
        ([], "invalid_option", "conditions"),
        ([{"shaft_speed_rpm": 1000}, 7], "invalid_option", "conditions[1]"),
        ([{"shaft_speed_rpm": 1000}] * 5, "invalid_option", "conditions"),
        ([{"shaft_speed_rpm": 1000}, {}], "condition_missing", "conditions[1].shaft_speed_rpm"),
        (
            [{"shaft_speed_rpm": 1000}, {"shaft_speed_rpm": 9}],
            "condition_out_of_range",
            "conditions[1].shaft_speed_rpm",
        ),
        ([{"shaft_speed_rpm": 1000}, {"speed": 9}], "unknown_condition", "conditions[1].speed"),
        ([{"shaft_speed_rpm": 1000}, {"shaft_speed_rpm": [1]}], "invalid_option", "conditions[1].shaft_speed_rpm"),
    ],
    ids=str,
)
async def test_a_batch_names_the_recording_whose_conditions_cannot_be_used(
    client: httpx.AsyncClient, conditions: Any, code: str, field: str
) -> None:
    document = {"signals": [FLAT.tolist()] * 2, "conditions": conditions}
    assert_error(await post_json(client, "/predict/batch", document), 422, code, field)


async def test_a_model_says_which_conditions_it_takes(client: httpx.AsyncClient) -> None:
    answer = (await client.get("/models/tiny-speed")).json()
    assert answer["input"]["conditions"] == [
        {"name": "shaft_speed_rpm", "unit": "rpm", "minimum": 100, "maximum": 6000, "required": True, "default": None},
        {"name": "load", "unit": "kN", "minimum": -0.1, "maximum": 5, "required": False, "default": 0.5},
    ]
    assert "conditions" not in (await client.get("/models/tiny")).json()["input"]


def test_a_snapshot_is_primed_with_ordinary_conditions(app: Starlette, settings: Settings) -> None:
    with event_loop_of_the_process():
        prime(app, settings)


async def test_the_document_describes_them(client: httpx.AsyncClient) -> None:
    document = json.loads((await client.get("/openapi.json")).content)
    single, batch = (
        document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]["properties"][
            "conditions"
        ]
        for path in ("/predict", "/predict/batch")
    )
    assert (single["type"], single["additionalProperties"], single["maxProperties"]) == (
        "object",
        {"type": "number"},
        64,
    )
    assert [one["type"] for one in batch["anyOf"]] == ["object", "array"]
    assert {SPEED.name, LOAD.name}.isdisjoint(single)
