"""`channel=all`: each channel of a recording, and the worst of them."""

from typing import Any

import httpx
import numpy as np
import pytest

from tests.support.apps import assert_error, post_json
from tests.support.recordings import csv_text, npy_bytes, tone

MEANS = (0.3, -0.2, 0.0)
CSV = {"content-type": "text/csv"}
ALL = {"channel": "all"}


def named(*columns: np.ndarray[Any, np.dtype[np.float32]]) -> bytes:
    return ("x,y,z"[: 2 * len(columns) - 1] + "\n" + csv_text(columns)).encode()


async def test_every_channel_is_answered_as_alone(client: httpx.AsyncClient) -> None:
    body = named(*map(tone, MEANS))
    answer = (await client.post("/predict", content=body, headers=CSV, params=ALL)).json()
    assert [one["class_id"] for one in answer["predictions"]] == ["high", "low", "centred"]
    assert (answer["batch_size"], answer["channels"]) == (3, ["x", "y", "z"])
    for name, joint in zip("xyz", answer["predictions"], strict=True):
        alone = (await client.post("/predict", content=body, headers=CSV, params={"channel": name})).json()
        assert joint["probabilities"] == pytest.approx(alone["probabilities"], abs=1e-6)


async def test_channels_without_names_have_their_numbers(client: httpx.AsyncClient) -> None:
    signal = [tone(mean).tolist() for mean in MEANS[:2]]
    answer = (await post_json(client, "/predict", {"signal": signal, "channel": "all"})).json()
    assert answer["channels"] == ["0", "1"]
    assert answer["worst"] in [{"index": n, "channel": str(n)} for n in range(2)]


async def test_one_channel_is_a_batch_of_one(client: httpx.AsyncClient) -> None:
    answer = (await post_json(client, "/predict", {"signal": tone(0.3).tolist(), "channel": "all"})).json()
    assert (answer["batch_size"], answer["worst"]) == (1, {"index": 0, "channel": "0"})


@pytest.mark.parametrize(("factor", "code"), [(0.0, "signal_constant"), (np.nan, "signal_not_finite")])
async def test_a_dead_channel_is_reported_and_the_others_are_diagnosed(
    client: httpx.AsyncClient, factor: float, code: str
) -> None:
    body = npy_bytes(np.stack([tone() * np.float32(factor), tone(0.3), tone(-0.2)]))
    headers = {"content-type": "application/x-npy"}
    answer = (await client.post("/predict", content=body, headers=headers, params=ALL)).json()
    assert [one["class_id"] for one in answer["predictions"]] == ["high", "low"]
    assert (answer["channels"], answer["batch_size"]) == (["1", "2"], 2)
    assert answer["worst"] in [{"index": n, "channel": str(n + 1)} for n in range(2)]
    (unusable,) = answer["unusable"]
    assert (unusable["index"], unusable["channel"], unusable["code"]) == (0, "0", code)


async def test_channels_that_are_all_dead_are_refused(client: httpx.AsyncClient) -> None:
    body = named(np.zeros_like(tone()), np.zeros_like(tone()))
    answer = await client.post("/predict", content=body, headers=CSV, params=ALL)
    sentence = assert_error(answer, 422, "signal_constant", "signal")
    assert sentence.startswith("Channel 'x': The signal is constant")


async def test_a_refusal_of_the_only_channel_names_no_other(client: httpx.AsyncClient) -> None:
    answer = await post_json(client, "/predict", {"signal": [0.1, 0.2], "channel": "all"})
    assert_error(answer, 422, "signal_too_short", "signal")
    assert answer.json()["error"].startswith("The signal has 2 samples")
    assert "channel" not in answer.json()["error"].lower()


async def test_more_channels_than_a_batch_may_have_are_refused(client: httpx.AsyncClient) -> None:
    body = npy_bytes(np.stack([tone(0.3)] * 5))
    headers = {"content-type": "application/x-npy"}
    answer = await client.post("/predict", content=body, headers=headers, params=ALL)
    assert_error(answer, 413, "batch_too_large", "signals")


async def test_a_model_of_two_channels_takes_no_single_ones(client: httpx.AsyncClient) -> None:
    signal = [tone(0.3).tolist(), tone(0.5).tolist()]
    answer = await post_json(client, "/predict", {"signal": signal, "channel": "all", "model": "tiny-pair"})
    sentence = assert_error(answer, 422, "invalid_option", "channel")
    assert sentence.endswith("the model takes 2 channels at once: leave `channel` out.")


async def test_a_batch_has_no_channels_of_its_own(client: httpx.AsyncClient) -> None:
    answer = await post_json(client, "/predict/batch", {"signals": [tone(0.3).tolist()], "channel": "all"})
    assert_error(answer, 422, "invalid_option", "channel")
