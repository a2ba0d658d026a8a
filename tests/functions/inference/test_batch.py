"""POST /predict/batch."""

from typing import Any

import httpx
import numpy as np
import pytest

from tests.support.apps import assert_error, post_json
from tests.support.recordings import npy_bytes, tone

MEANS = (0.3, -0.2, 0.0, -0.4)
LABELS = ["high", "low", "centred", "low"]
NPY = {"content-type": "application/x-npy"}


async def single(client: httpx.AsyncClient, signal: list[Any], **options: Any) -> dict[str, Any]:
    answer: dict[str, Any] = (await post_json(client, "/predict", {"signal": signal, **options})).json()
    return answer


async def test_the_answers_are_those_of_single_requests_in_order(client: httpx.AsyncClient) -> None:
    signals = [np.round(tone(mean, 1 + index / 4).astype(float), 4).tolist() for index, mean in enumerate(MEANS)]
    response = await post_json(client, "/predict/batch", {"signals": signals, "asset_id": "pump-7"})
    batch = response.json()
    assert response.status_code == 200
    assert [answer["class_id"] for answer in batch["predictions"]] == LABELS
    for joint, signal in zip(batch["predictions"], signals, strict=True):
        alone = await single(client, signal, asset_id="pump-7")
        assert joint["probabilities"] == pytest.approx(alone["probabilities"], abs=1e-6)
        assert list(joint["probabilities"]) == list(alone["probabilities"])
        for name in ("predicted_class", "class_name", "windows", "in_distribution", "novelty", "model", "asset_id"):
            assert joint[name] == alone[name]


async def test_the_sums_are_right(client: httpx.AsyncClient) -> None:
    batch = (await post_json(client, "/predict/batch", {"signals": [tone(mean).tolist() for mean in MEANS]})).json()
    total = sum(answer["inference_time_ms"] for answer in batch["predictions"])
    assert batch["batch_size"] == 4
    assert batch["total_inference_time_ms"] == pytest.approx(total, abs=1e-3)
    assert batch["average_inference_time_ms"] == pytest.approx(total / 4, abs=1e-3)
    assert {answer["request_id"] for answer in batch["predictions"]} == {batch["request_id"]}
    assert set(batch) == {
        "predictions",
        "batch_size",
        "total_inference_time_ms",
        "average_inference_time_ms",
        "request_id",
    }


async def test_npy_of_recordings_and_samples(client: httpx.AsyncClient) -> None:
    body = npy_bytes(np.stack([tone(mean) for mean in MEANS]))
    response = await client.post("/predict/batch", content=body, headers=NPY, params={"return_top_k": "1"})
    assert [list(answer["probabilities"]) for answer in response.json()["predictions"]] == [[one] for one in LABELS]


async def test_npy_of_recordings_channels_and_samples(client: httpx.AsyncClient) -> None:
    body = npy_bytes(np.stack([np.stack([tone(mean), tone(mean, amplitude=0.2)]) for mean in MEANS]))
    response = await client.post("/predict/batch", content=body, headers=NPY, params={"model": "tiny-pair"})
    assert [answer["class_id"] for answer in response.json()["predictions"]] == LABELS


async def test_signals_of_two_channels_as_json(client: httpx.AsyncClient) -> None:
    signals = [[tone(0.3).tolist(), tone(0.5).tolist()]]
    batch = (await post_json(client, "/predict/batch", {"signals": signals, "model": "tiny-pair"})).json()
    alone = await single(client, signals[0], model="tiny-pair")
    assert batch["predictions"][0]["probabilities"] == pytest.approx(alone["probabilities"], abs=1e-6)


async def test_a_batch_of_one_and_one_of_the_most(client: httpx.AsyncClient) -> None:
    for count in (1, 4):
        body = npy_bytes(np.stack([tone(0.3)] * count))
        batch = (await client.post("/predict/batch", content=body, headers=NPY)).json()
        assert (batch["batch_size"], len(batch["predictions"])) == (count, count)


@pytest.mark.parametrize(
    ("options", "code", "field"),
    [
        ({"sample_rate_hz": 0}, "sample_rate_out_of_range", "sample_rate_hz"),
        ({"channel": "9"}, "signal_shape", "channel"),
    ],
)
async def test_an_option_at_fault_is_named_itself(
    client: httpx.AsyncClient, options: dict[str, Any], code: str, field: str
) -> None:
    response = await post_json(client, "/predict/batch", {"signals": [tone(0.5).tolist()], **options})
    assert_error(response, 422, code, field)
