"""A second input tensor, `conditions`, for models that take conditions of operation."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import tritonclient.http as triton
from numpy.typing import NDArray
from starlette.applications import Starlette
from tritonclient.utils import InferenceServerException

from functions.core.settings import Settings
from tests.conftest import MakeSettings
from tests.support.apps import assert_error
from tests.support.servers import serving
from tests.support.v2 import batch, enclose, json_envelope, post, raw_envelope, read_answer, tensor

INFER = "/v2/models/tiny-speed/infer"
MEANS = (0.5, -0.25)
ROWS = np.array([[1000, 0.5], [4000, -0.1]], np.float32)
# Gain 10 times the mean and a thousandth of the speed; one and the load.
LOGITS = np.array([[6.0, 1.5, -6.0], [1.5, 0.9, -1.5]])


@pytest.fixture
def settings(make_settings: MakeSettings, conditioned_dir: Path) -> Settings:
    return make_settings(models_dir=conditioned_dir, default_model="tiny-speed", max_batch=4)


@pytest.fixture
def triton_client(app: Starlette) -> Iterator[triton.InferenceServerClient]:
    with serving(app) as (host, port), triton.InferenceServerClient(f"{host}:{port}") as client:
        yield client


def second(rows: NDArray[Any] = ROWS, **changes: Any) -> dict[str, Any]:
    return tensor(rows, **({"name": "conditions"} | changes))


async def test_metadata_and_configuration_list_both_inputs(client: httpx.AsyncClient) -> None:
    metadata = (await client.get("/v2/models/tiny-speed")).json()
    assert metadata["inputs"] == [
        {"name": "signal", "datatype": "FP32", "shape": [-1, 1, 2048]},
        {"name": "conditions", "datatype": "FP32", "shape": [-1, 2]},
    ]
    configuration = (await client.get("/v2/models/tiny-speed/config")).json()
    assert [(one["name"], one["dims"]) for one in configuration["input"]] == [
        ("signal", [1, 2048]),
        ("conditions", [2]),
    ]
    said = {name: value["string_value"] for name, value in configuration["parameters"].items() if "condition" in name}
    assert said == {
        "conditions": "shaft_speed_rpm,load",
        "condition_units": "rpm,kN",
        "condition_minimums": "100,-0.1",
        "condition_maximums": "6000,5",
    }
    plain = (await client.get("/v2/models/tiny")).json()
    assert [one["name"] for one in plain["inputs"]] == ["signal"]


@pytest.mark.parametrize("signal_first", [True, False], ids=["signal first", "conditions first"])
@pytest.mark.parametrize("signal_binary", [True, False], ids=["binary signal", "json signal"])
@pytest.mark.parametrize("rows_binary", [True, False], ids=["binary rows", "json rows"])
def test_tritonclient_sends_both(
    triton_client: triton.InferenceServerClient, signal_first: bool, signal_binary: bool, rows_binary: bool
) -> None:
    windows = batch(*MEANS)
    inputs = [
        triton.InferInput("signal", list(windows.shape), "FP32").set_data_from_numpy(
            windows, binary_data=signal_binary
        ),
        triton.InferInput("conditions", list(ROWS.shape), "FP32").set_data_from_numpy(ROWS, binary_data=rows_binary),
    ]
    result = triton_client.infer("tiny-speed", inputs if signal_first else inputs[::-1])
    assert result.as_numpy("logits") == pytest.approx(LOGITS, abs=1e-4)


def test_tritonclient_shows_what_is_missing(triton_client: triton.InferenceServerClient) -> None:
    windows = batch(*MEANS)
    signal = triton.InferInput("signal", list(windows.shape), "FP32").set_data_from_numpy(windows)
    with pytest.raises(InferenceServerException, match=r"needs a second input 'conditions', FP32 \[-1, 2\]"):
        triton_client.infer("tiny-speed", [signal])


async def test_whole_numbers_are_taken_as_well(client: httpx.AsyncClient) -> None:
    rows = np.array([[1000, 0], [4000, 1]])
    envelope = json_envelope(batch(*MEANS), inputs=[tensor(batch(*MEANS)), second(rows, datatype="INT32")])
    _, outputs = read_answer(await post(client, envelope, INFER))
    assert outputs["logits"] == pytest.approx(np.array([[6.0, 1.0, -6.0], [1.5, 2.0, -1.5]]), abs=1e-4)


async def test_defaults_stand_for_a_tensor_none_of_which_is_required(client: httpx.AsyncClient) -> None:
    windows = batch(*MEANS)
    for envelope in (json_envelope(windows), raw_envelope(windows)):
        response = await post(client, envelope, "/v2/models/tiny-load/infer")
        _, outputs = read_answer(response)
        assert outputs["logits"][:, 1] == pytest.approx(1.5, abs=1e-5)


@pytest.mark.parametrize("envelope", [json_envelope(batch(*MEANS)), raw_envelope(batch(*MEANS))], ids=["json", "raw"])
async def test_conditions_that_are_missing_are_a_422(client: httpx.AsyncClient, envelope: Any) -> None:
    sentence = assert_error(await post(client, envelope, INFER), 422, "condition_missing", "inputs")
    assert sentence == "The model needs a second input 'conditions', FP32 [-1, 2], of shaft_speed_rpm, load."


@pytest.mark.parametrize(
    ("inputs", "status", "code", "field"),
    [
        ([second(ROWS[:1])], 400, "malformed_envelope", "inputs[1].shape"),
        ([second(ROWS[:, :1])], 400, "malformed_envelope", "inputs[1].shape"),
        ([second(shape=[2, 2, 1])], 400, "malformed_envelope", "inputs[1].shape"),
        ([second(shape=None)], 400, "malformed_envelope", "inputs[1].shape"),
        ([second(datatype="BYTES")], 400, "malformed_envelope", "inputs[1].datatype"),
        ([second(data=[1, 2, 3])], 400, "malformed_envelope", "inputs[1].data"),
        ([second(data=None)], 400, "malformed_envelope", "inputs[1].data"),
        ([second(name="speed")], 400, "malformed_envelope", "inputs[1].name"),
        ([second(), second()], 400, "malformed_envelope", "inputs"),
        ([tensor(batch(*MEANS))], 400, "malformed_envelope", "inputs"),
        ([second(ROWS * 2)], 422, "condition_out_of_range", "inputs[1]"),
        ([second(ROWS - 1000)], 422, "condition_out_of_range", "inputs[1]"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_second_input_that_does_not_fit_is_refused(
    client: httpx.AsyncClient, inputs: list[Any], status: int, code: str, field: str
) -> None:
    envelope = json_envelope(batch(*MEANS), inputs=[tensor(batch(*MEANS)), *inputs])
    assert_error(await post(client, envelope, INFER), status, code, field)


async def test_conditions_without_a_signal_are_a_400(client: httpx.AsyncClient) -> None:
    sentence = assert_error(
        await post(client, json_envelope(ROWS, inputs=[second()]), INFER), 400, "malformed_envelope", "inputs"
    )
    assert sentence == "The request must have one input 'signal'."


@pytest.mark.parametrize("value", [np.nan, np.inf])
async def test_a_condition_that_is_not_finite_is_a_422(client: httpx.AsyncClient, value: float) -> None:
    rows = ROWS.copy()
    rows[1, 0] = value
    described = [
        tensor(batch(*MEANS), data=None, parameters={"binary_data_size": batch(*MEANS).nbytes}),
        second(data=None, parameters={"binary_data_size": rows.nbytes}),
    ]
    envelope = enclose({"inputs": described}, batch(*MEANS).tobytes() + rows.tobytes())
    sentence = assert_error(await post(client, envelope, INFER), 422, "condition_out_of_range", "inputs[1]")
    assert f"'shaft_speed_rpm' is {value:g} in row 1" in sentence


async def test_a_model_without_conditions_takes_one_input(client: httpx.AsyncClient) -> None:
    envelope = json_envelope(batch(*MEANS), inputs=[tensor(batch(*MEANS)), second()])
    sentence = assert_error(await post(client, envelope), 400, "malformed_envelope", "inputs")
    assert sentence == "The request has 2 inputs; the model takes 1."
