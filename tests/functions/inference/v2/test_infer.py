"""POST /v2/models/{name}/infer over HTTP: every form of request, every form of answer."""

import json
from typing import Any

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.apps import JSON, predict_tone
from tests.support.v2 import (
    HEADER_LENGTH,
    MEANS,
    NUMPY,
    Envelope,
    batch,
    binary_envelope,
    expected_logits,
    expected_rows,
    json_envelope,
    post,
    raw_envelope,
    read_answer,
    tensor,
)

BINARY = "application/octet-stream"


def assert_outputs(response: httpx.Response, *means: float) -> dict[str, Any]:
    """Check logits and probabilities of windows of these means; returns the JSON object."""
    assert response.status_code == 200, response.text
    document, arrays = read_answer(response)
    assert list(arrays) == ["logits", "probabilities"]
    assert arrays["logits"] == pytest.approx(expected_logits(*means), abs=1e-4)
    assert arrays["probabilities"] == pytest.approx(expected_rows(*means), abs=1e-5)
    return document


async def test_json_in_and_out(client: httpx.AsyncClient) -> None:
    response = await post(client, json_envelope(batch()))
    document = assert_outputs(response, *MEANS)
    assert response.headers["content-type"] == JSON
    assert HEADER_LENGTH not in response.headers
    assert {key: value for key, value in document.items() if key != "outputs"} == {
        "model_name": "tiny",
        "model_version": "10",
    }
    assert [(one["datatype"], one["shape"], set(one)) for one in document["outputs"]] == [
        ("FP32", [2, 3], {"name", "datatype", "shape", "data"})
    ] * 2


async def test_data_may_be_nested_as_the_shape_says(client: httpx.AsyncClient) -> None:
    for means in ((0.5,), MEANS):
        windows = batch(*means)
        response = await post(client, json_envelope(windows, inputs=[tensor(windows, data=windows.tolist())]))
        assert_outputs(response, *means)


async def test_binary_in_json_out(client: httpx.AsyncClient) -> None:
    response = await post(client, binary_envelope(batch()))
    assert_outputs(response, *MEANS)
    assert response.headers["content-type"] == JSON


@pytest.mark.parametrize("make", [json_envelope, binary_envelope])
async def test_binary_output_for_all(client: httpx.AsyncClient, make: Any) -> None:
    response = await post(client, make(batch(), parameters={"binary_data_output": True}))
    document = assert_outputs(response, *MEANS)
    assert response.headers["content-type"] == BINARY
    assert len(response.content) == int(response.headers[HEADER_LENGTH]) + 2 * 24
    assert [one["parameters"] for one in document["outputs"]] == [{"binary_data_size": 24}] * 2
    assert all("data" not in one for one in document["outputs"])


@pytest.mark.parametrize("default", [True, False])
async def test_an_output_s_own_wish_overrides_that_for_all(client: httpx.AsyncClient, default: bool) -> None:
    outputs = [{"name": "logits", "parameters": {"binary_data": not default}}, {"name": "probabilities"}]
    parameters = {"binary_data_output": default}
    response = await post(client, binary_envelope(batch(), outputs=outputs, parameters=parameters))
    document = assert_outputs(response, *MEANS)
    assert ["data" in one for one in document["outputs"]] == [default, not default]
    assert len(response.content) == int(response.headers[HEADER_LENGTH]) + 24


async def test_only_the_outputs_asked_for_come_in_their_order(client: httpx.AsyncClient) -> None:
    for names in (["probabilities", "logits"], ["logits"], ["probabilities"]):
        response = await post(client, json_envelope(batch(), outputs=[{"name": name} for name in names]))
        assert [one["name"] for one in response.json()["outputs"]] == names


async def test_no_outputs_means_all(client: httpx.AsyncClient) -> None:
    wishes: tuple[Any, ...] = ([], None)
    for asked in wishes:
        assert_outputs(await post(client, json_envelope(batch(), outputs=asked)), *MEANS)


async def test_a_raw_binary_request_holds_windows_and_nothing_else(client: httpx.AsyncClient) -> None:
    for means in ((0.5,), MEANS):
        response = await post(client, raw_envelope(batch(*means)))
        document = assert_outputs(response, *means)
        assert response.headers["content-type"] == BINARY
        assert [one["parameters"]["binary_data_size"] for one in document["outputs"]] == [12 * len(means)] * 2


async def test_binary_data_may_start_anywhere(client: httpx.AsyncClient) -> None:
    """Floats that stand across word boundaries, as the length of the JSON object has it."""
    for padding in range(4):
        assert_outputs(await post(client, binary_envelope(batch(), id="x" * padding)), *MEANS)


@pytest.mark.parametrize("id_", ["42", "", "Maschine 7 ✓"])
async def test_the_id_comes_back(client: httpx.AsyncClient, id_: str) -> None:
    for make in (json_envelope, binary_envelope):
        response = await post(client, make(batch(), id=id_, parameters={"binary_data_output": True}))
        assert read_answer(response)[0]["id"] == id_


async def test_a_version_may_be_named(client: httpx.AsyncClient) -> None:
    """Version 2 answers with the opposite sign."""
    response = await post(client, json_envelope(batch(0.5)), "/v2/models/tiny/versions/2/infer")
    document, arrays = read_answer(response)
    assert document["model_version"] == "2"
    assert arrays["logits"] == pytest.approx(expected_logits(-0.5), abs=1e-4)


async def test_two_channels(client: httpx.AsyncClient) -> None:
    windows = np.concatenate([batch(0.75), batch(0.25)], axis=1)
    for envelope in (json_envelope(windows), json_envelope(windows, inputs=[tensor(windows, data=windows.tolist())])):
        _, arrays = read_answer(await post(client, envelope, "/v2/models/tiny-pair/infer"))
        assert arrays["logits"] == pytest.approx(expected_logits(0.5), abs=1e-4)


@pytest.mark.parametrize("datatype", list(NUMPY))
@pytest.mark.parametrize("form", ["json", "nested", "binary"])
async def test_numbers_of_every_datatype_are_converted(client: httpx.AsyncClient, datatype: str, form: str) -> None:
    values: NDArray[Any] = np.zeros((1, 1, 2048), NUMPY[datatype])
    values[..., ::2] = 1
    if form == "binary":
        envelope = binary_envelope(values, datatype)
    else:
        data = values.tolist() if form == "nested" else values.ravel().tolist()
        envelope = json_envelope(values, inputs=[tensor(values, datatype, data=data)])
    assert_outputs(await post(client, envelope), 0.5)


async def test_triton_s_bf16_is_read_from_binary_data(client: httpx.AsyncClient) -> None:
    upper_halves = (np.full((1, 1, 2048), 0.5, "<f4").view("<u4") >> 16).astype("<u2")
    assert_outputs(await post(client, binary_envelope(upper_halves, "BF16")), 0.5)


async def test_what_the_server_does_not_know_is_ignored(client: httpx.AsyncClient) -> None:
    parameters = {"priority": 3, "timeout": 1000, "sequence_id": 0, "own": [1, {"a": "["}]}
    more: dict[str, Any] = {"model_name": "tiny", "model_version": "7", "parameters": parameters}
    for make in (json_envelope, binary_envelope):
        assert_outputs(await post(client, make(batch(), **more)), *MEANS)


@pytest.mark.parametrize("content_type", [None, JSON, BINARY, "text/plain", "x"])
async def test_the_content_type_does_not_matter(client: httpx.AsyncClient, content_type: str | None) -> None:
    """tritonclient sends none, its asyncio twin octet-stream for JSON."""
    headers = {} if content_type is None else {"content-type": content_type}
    for envelope in (json_envelope(batch()), binary_envelope(batch())):
        assert_outputs(await post(client, envelope, **headers), *MEANS)


async def test_a_constant_window_is_answered(client: httpx.AsyncClient) -> None:
    """Clients warm a server up with zeros; the native API would call this a dead sensor."""
    assert_outputs(await post(client, binary_envelope(np.zeros((1, 1, 2048), np.float32))), 0.0)


async def test_the_largest_batch_is_answered(client: httpx.AsyncClient) -> None:
    means = (0.1, 0.2, 0.3, 0.4)
    assert_outputs(await post(client, binary_envelope(batch(*means))), *means)


async def test_the_answer_is_the_native_one(client: httpx.AsyncClient) -> None:
    native = (await predict_tone(client)).json()["probabilities"]
    response = await post(client, binary_envelope(batch(0.5), outputs=[{"name": "probabilities"}]))
    assert response.json()["outputs"][0]["data"] == pytest.approx(
        [native[label] for label in ("high", "centred", "low")], abs=2e-6
    )


@pytest.mark.parametrize("count", [1, 2, 3, 99])
async def test_classification(client: httpx.AsyncClient, count: int) -> None:
    """At most as many classes as there are."""
    outputs = [{"name": "probabilities", "parameters": {"classification": count}}]
    (output,) = (await post(client, json_envelope(batch(0.5, -0.5), outputs=outputs))).json()["outputs"]
    high, centred, low = expected_rows(0.5)[0]
    first = [f"{high:.6f}:0:high", f"{centred:.6f}:1:centred", f"{low:.6f}:2:low"]
    second = [f"{high:.6f}:2:low", f"{centred:.6f}:1:centred", f"{low:.6f}:0:high"]
    shown = min(count, 3)
    assert (output["datatype"], output["shape"]) == ("BYTES", [2, shown])
    assert [one.split(":")[1:] for one in output["data"]] == [
        one.split(":")[1:] for one in [*first[:shown], *second[:shown]]
    ]
    assert [float(one.split(":")[0]) for one in output["data"]] == pytest.approx(
        [float(one.split(":")[0]) for one in [*first[:shown], *second[:shown]]], abs=2e-6
    )


async def test_classification_as_binary_data(client: httpx.AsyncClient) -> None:
    outputs = [{"name": "logits", "parameters": {"classification": 1, "binary_data": True}}]
    response = await post(client, binary_envelope(batch(0.5), outputs=outputs))
    length = int(response.headers[HEADER_LENGTH])
    (output,) = json.loads(response.content[:length])["outputs"]
    data = response.content[length:]
    assert (output["datatype"], output["shape"]) == ("BYTES", [1, 1])
    assert output["parameters"] == {"binary_data_size": len(data)}
    assert int.from_bytes(data[:4], "little") == len(data) - 4
    value, index, label = data[4:].decode().split(":")
    assert float(value) == pytest.approx(5.0, abs=1e-4)
    assert (index, label) == ("0", "high")


async def test_an_envelope_is_what_it_says_whole(client: httpx.AsyncClient) -> None:
    """The header may be given where no binary data follows."""
    envelope = json_envelope(batch())
    response = await post(client, Envelope(envelope.body, {HEADER_LENGTH: str(len(envelope.body))}))
    assert_outputs(response, *MEANS)
