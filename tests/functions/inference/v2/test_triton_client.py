"""NVIDIA's tritonclient[http], as its users install it, against a server on a loopback port.

The server has a thread of its own, and greenlets stay in theirs: the synchronous client may block the event loop.
"""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import numpy as np
import pytest
import tritonclient.http as triton
import tritonclient.http.aio as triton_aio
from starlette.applications import Starlette
from tritonclient.utils import InferenceServerException

from tests.support.servers import serving
from tests.support.v2 import MEANS, batch, expected_logits, expected_rows

PACKINGS = (None, "gzip", "deflate")


@pytest.fixture
def address(app: Starlette) -> Iterator[str]:
    with serving(app) as (host, port):
        yield f"{host}:{port}"


@pytest.fixture
def client(address: str) -> Iterator[triton.InferenceServerClient]:
    with triton.InferenceServerClient(address) as client:
        yield client


@pytest.fixture
async def aio_client(address: str) -> AsyncIterator[triton_aio.InferenceServerClient]:
    async with triton_aio.InferenceServerClient(address) as client:
        yield client


def signal(*means: float, binary: bool) -> triton.InferInput:
    windows = batch(*means)
    return triton.InferInput("signal", list(windows.shape), "FP32").set_data_from_numpy(windows, binary_data=binary)


def wanted(*, binary: bool) -> list[triton.InferRequestedOutput]:
    return [triton.InferRequestedOutput(name, binary_data=binary) for name in ("logits", "probabilities")]


def assert_answer(result: Any) -> None:
    assert result.as_numpy("logits") == pytest.approx(expected_logits(*MEANS), abs=1e-4)
    assert result.as_numpy("probabilities") == pytest.approx(expected_rows(*MEANS), abs=1e-5)
    assert (result.get_response()["model_name"], result.get_response()["id"]) == ("tiny", "42")


@pytest.mark.parametrize("binary", [True, False], ids=["binary", "json"])
@pytest.mark.parametrize("request_packing", PACKINGS)
@pytest.mark.parametrize("response_packing", PACKINGS)
def test_sync_infer(
    client: triton.InferenceServerClient, binary: bool, request_packing: str | None, response_packing: str | None
) -> None:
    result = client.infer(
        "tiny",
        [signal(*MEANS, binary=binary)],
        outputs=wanted(binary=binary),
        request_id="42",
        request_compression_algorithm=request_packing,
        response_compression_algorithm=response_packing,
    )
    assert_answer(result)
    assert ("data" in result.get_output("logits")) == (not binary)


@pytest.mark.parametrize("binary", [True, False], ids=["binary", "json"])
@pytest.mark.parametrize("request_packing", PACKINGS)
@pytest.mark.parametrize("response_packing", PACKINGS)
async def test_aio_infer(
    aio_client: triton_aio.InferenceServerClient,
    binary: bool,
    request_packing: str | None,
    response_packing: str | None,
) -> None:
    result = await aio_client.infer(
        "tiny",
        [signal(*MEANS, binary=binary)],
        outputs=wanted(binary=binary),
        request_id="42",
        request_compression_algorithm=request_packing,
        response_compression_algorithm=response_packing,
    )
    assert_answer(result)


def test_sync_infer_of_mixed_outputs(client: triton.InferenceServerClient) -> None:
    outputs = [wanted(binary=True)[0], wanted(binary=False)[1]]
    assert_answer(client.infer("tiny", [signal(*MEANS, binary=True)], outputs=outputs, request_id="42"))


async def test_infer_without_outputs_gets_all_of_them(
    client: triton.InferenceServerClient, aio_client: triton_aio.InferenceServerClient
) -> None:
    for binary in (True, False):
        arguments: dict[str, Any] = {"inputs": [signal(*MEANS, binary=binary)], "request_id": "42"}
        assert_answer(client.infer("tiny", **arguments))
        assert_answer(await aio_client.infer("tiny", **arguments))


def test_sync_infer_of_a_version(client: triton.InferenceServerClient) -> None:
    result = client.infer("tiny", [signal(0.5, binary=True)], model_version="2")
    assert result.as_numpy("logits") == pytest.approx(expected_logits(-0.5), abs=1e-4)
    assert result.get_response()["model_version"] == "2"


def test_sync_async_infer(client: triton.InferenceServerClient) -> None:
    """The client's own greenlets."""
    pending = client.async_infer("tiny", [signal(*MEANS, binary=True)], request_id="42")
    assert_answer(pending.get_result())


@pytest.mark.parametrize("binary", [True, False], ids=["binary", "json"])
def test_classification(client: triton.InferenceServerClient, binary: bool) -> None:
    asked = [triton.InferRequestedOutput("probabilities", binary_data=binary, class_count=2)]
    read = client.infer("tiny", [signal(0.5, -0.5, binary=True)], outputs=asked).as_numpy("probabilities")
    assert read.shape == (2, 2)
    rows = [[one.decode() if isinstance(one, bytes) else one for one in row] for row in read]
    assert [[one.partition(":")[2] for one in row] for row in rows] == [
        ["0:high", "1:centred"],
        ["2:low", "1:centred"],
    ]
    assert float(rows[0][0].partition(":")[0]) == pytest.approx(expected_rows(0.5)[0][0], abs=2e-6)


def test_sync_health_and_readiness(client: triton.InferenceServerClient) -> None:
    assert client.is_server_live() is True
    assert client.is_server_ready() is True
    assert client.is_model_ready("tiny") is True
    assert client.is_model_ready("tiny", "2") is True
    assert client.is_model_ready("tiny", "7") is False
    assert client.is_model_ready("absent") is False


async def test_aio_health_and_readiness(aio_client: triton_aio.InferenceServerClient) -> None:
    assert await aio_client.is_server_live() is True
    assert await aio_client.is_server_ready() is True
    assert await aio_client.is_model_ready("tiny", "10") is True
    assert await aio_client.is_model_ready("absent") is False


async def test_metadata_configuration_and_index(
    client: triton.InferenceServerClient, aio_client: triton_aio.InferenceServerClient
) -> None:
    server = await aio_client.get_server_metadata()
    model = await aio_client.get_model_metadata("tiny", "2")
    config = await aio_client.get_model_config("tiny")
    index = await aio_client.get_model_repository_index()
    assert server["name"] == "palier"
    assert "binary_tensor_data" in server["extensions"]
    assert model["inputs"] == [{"name": "signal", "datatype": "FP32", "shape": [-1, 1, 2048]}]
    assert config["max_batch_size"] == 4
    assert [(one["name"], one["version"], one["state"]) for one in index][:2] == [
        ("tiny", "2", "READY"),
        ("tiny", "10", "READY"),
    ]
    calls: list[tuple[Any, Any]] = [
        (client.get_server_metadata, server),
        (lambda: client.get_model_metadata("tiny", "2"), model),
        (lambda: client.get_model_config("tiny"), config),
        (client.get_model_repository_index, index),
    ]
    for call, expected in calls:
        assert call() == expected


async def test_statistics(client: triton.InferenceServerClient, aio_client: triton_aio.InferenceServerClient) -> None:
    client.infer("tiny", [signal(*MEANS, binary=True)])
    (one,) = (await aio_client.get_inference_statistics("tiny", "10"))["model_stats"]
    assert (one["inference_count"], one["execution_count"]) == (2, 1)
    everything = client.get_inference_statistics()
    assert len(everything["model_stats"]) == 4


def test_load_and_unload(client: triton.InferenceServerClient) -> None:
    client.load_model("tiny")
    with pytest.raises(InferenceServerException, match="Models stay loaded here") as refused:
        client.unload_model("tiny")
    assert refused.value.status() == "400"


async def test_errors_reach_the_user_as_sentences(
    client: triton.InferenceServerClient, aio_client: triton_aio.InferenceServerClient
) -> None:
    known = "There is no model 'absent'; the models here: tiny, tiny-pair, tiny-plain."
    with pytest.raises(InferenceServerException) as unknown:
        client.infer("absent", [signal(0.5, binary=True)])
    assert (unknown.value.message(), unknown.value.status()) == (known, "404")
    with pytest.raises(InferenceServerException) as unknown_aio:
        await aio_client.infer("absent", [signal(0.5, binary=False)])
    assert (unknown_aio.value.message(), unknown_aio.value.status()) == (known, "404")
    short = triton.InferInput("signal", [1, 1, 4], "FP32").set_data_from_numpy(np.zeros((1, 1, 4), np.float32))
    with pytest.raises(InferenceServerException, match=r"the model takes \[-1, 1, 2048\]"):
        await aio_client.infer("tiny", [short])
