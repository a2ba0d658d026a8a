"""Properties: the engine gets the values that a client writes, and the client those that the engine returns."""

import json
import threading
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from tritonclient.http import InferenceServerClient, InferInput

from functions.core.errors import PalierError
from functions.core.models.engine import EngineOutput
from functions.core.models.manifest import InputSpec
from functions.inference.v2.answers import encode_answer
from functions.inference.v2.requests import InferenceRequest, RequestedOutput, read_request
from functions.inference.v2.statistics import Statistics
from functions.inference.v2.tensors import Expected, ModelInputs
from tests.support.packages import make_manifest
from tests.support.v2 import NUMPY, enclose

MANIFEST = make_manifest("tiny", "1", b"x")


def expecting(channels: int, window: int) -> Expected:
    return Expected(InputSpec(channels=channels, window=window, sample_rate_hz=1, unit="g"), 8)


@st.composite
def tensors(draw: st.DrawFn) -> tuple[str, NDArray[Any]]:
    """A datatype and an array [B, C, T] of it that float32 can hold."""
    datatype = draw(st.sampled_from(list(NUMPY)))
    shape = draw(st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(1, 40)))
    limits: dict[str, Any] = {"allow_nan": False, "allow_infinity": False} if "FP" in datatype else {}
    if datatype == "FP64":
        limits |= {"min_value": -1e38, "max_value": 1e38}
    return datatype, draw(arrays(NUMPY[datatype], shape, elements=_elements(datatype, limits)))


def _elements(datatype: str, limits: dict[str, Any]) -> st.SearchStrategy[Any]:
    dtype = np.dtype(NUMPY[datatype])
    if dtype.kind in "iu":
        bounds = np.iinfo(dtype)
        return st.integers(int(bounds.min), int(bounds.max))
    return st.floats(width=8 * dtype.itemsize, **limits)


@given(tensors(), st.booleans(), st.text(max_size=10))
def test_what_tritonclient_writes_is_what_the_engine_sees(
    drawn: tuple[str, NDArray[Any]], binary: bool, id_: str
) -> None:
    datatype, values = drawn
    tensor = InferInput("signal", list(values.shape), datatype)
    tensor.set_data_from_numpy(values, binary_data=binary)
    body, length = InferenceServerClient.generate_request_body([tensor], request_id=id_)
    request = read_request(body, None if length is None else str(length), expecting(*values.shape[1:]))
    assert request.inputs.windows.dtype == np.float32
    np.testing.assert_array_equal(request.inputs.windows, values.astype(np.float32))
    assert request.id == (id_ or None)


@given(tensors(), st.booleans(), st.booleans())
def test_flat_nested_and_binary_data_mean_the_same(drawn: tuple[str, NDArray[Any]], nested: bool, long: bool) -> None:
    """Short JSON is read by another parser than long."""
    datatype, values = drawn
    described = {"name": "signal", "datatype": datatype, "shape": list(values.shape)}
    data = values.tolist() if nested else values.ravel().tolist()
    document: dict[str, Any] = {"inputs": [described | {"data": data}], "id": "x" * (4000 if long else 0)}
    from_json = read_request(json.dumps(document).encode(), None, expecting(*values.shape[1:]))
    envelope = enclose({"inputs": [described | {"parameters": {"binary_data_size": values.nbytes}}]}, values.tobytes())
    (length,) = envelope.headers.values()
    from_binary = read_request(envelope.body, length, expecting(*values.shape[1:]))
    np.testing.assert_array_equal(from_json.inputs.windows, from_binary.inputs.windows)
    if datatype == "FP32":
        raw = read_request(values.tobytes(), "0", expecting(*values.shape[1:]))
        np.testing.assert_array_equal(raw.inputs.windows, values)


LOGITS = arrays(np.float32, st.tuples(st.integers(1, 5), st.just(3)), elements=st.floats(-1e4, 1e4, width=32))


@given(LOGITS, st.booleans(), st.booleans(), st.text(max_size=5))
def test_what_the_model_says_is_what_tritonclient_reads(
    logits: NDArray[np.float32], first_binary: bool, second_binary: bool, id_: str
) -> None:
    outputs = [RequestedOutput("logits", first_binary), RequestedOutput("probabilities", second_binary)]
    request = InferenceRequest(ModelInputs(np.zeros((len(logits), 1, 4), np.float32)), outputs, id_)
    answer = encode_answer(request, EngineOutput(logits, None), MANIFEST)
    result = InferenceServerClient.parse_response_body(answer.body, header_length=answer.header_bytes)
    np.testing.assert_array_equal(result.as_numpy("logits"), logits)
    assert result.as_numpy("probabilities").sum(axis=1) == pytest.approx(np.ones(len(logits)), abs=1e-5)
    assert result.get_response()["id"] == id_
    assert (answer.header_bytes is not None) == (first_binary or second_binary)


@given(LOGITS, st.integers(1, 5), st.booleans())
def test_classes_come_highest_first(logits: NDArray[np.float32], count: int, binary: bool) -> None:
    asked = [RequestedOutput("logits", binary, classes=count)]
    request = InferenceRequest(ModelInputs(np.zeros((len(logits), 1, 4), np.float32)), asked, None)
    answer = encode_answer(request, EngineOutput(logits, None), MANIFEST)
    read = InferenceServerClient.parse_response_body(answer.body, header_length=answer.header_bytes).as_numpy("logits")
    assert read.shape == (len(logits), min(count, 3))
    for row, values in zip(read, logits, strict=True):
        parts = [(one.decode() if isinstance(one, bytes) else one).split(":") for one in row]
        indices = [int(index) for _, index, _ in parts]
        assert [label for *_, label in parts] == [MANIFEST.classes[index].id for index in indices]
        assert [values[index] for index in indices] == sorted(values, reverse=True)[: len(indices)]
        assert len(set(indices)) == len(indices)


def assert_understood_or_refused(body: bytes, length: str | None, expected: Expected) -> None:
    refusal: PalierError | None = None
    try:
        read_request(body, length, expected)
    except PalierError as error:
        refusal = error
    if refusal is not None:
        assert 400 <= refusal.status < 500
        assert refusal.message


@given(st.binary(max_size=400), st.none() | st.integers(0, 500).map(str) | st.text(max_size=4))
def test_whatever_comes_is_understood_or_refused_with_a_sentence(body: bytes, length: str | None) -> None:
    assert_understood_or_refused(body, length, expecting(1, 4))


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
MEMBERS = ("name", "shape", "datatype", "data", "parameters")


@given(st.dictionaries(st.sampled_from(MEMBERS), JSON_VALUES), JSON_VALUES, JSON_VALUES, st.booleans())
def test_whatever_an_object_holds_it_is_understood_or_refused(
    changes: dict[str, Any], outputs: Any, parameters: Any, long: bool
) -> None:
    good = {"name": "signal", "shape": [1, 1, 4], "datatype": "FP32", "data": [1, 2, 3, 4]}
    document = {"inputs": [good | changes], "outputs": outputs, "parameters": parameters, "pad": "x" * 4000 * long}
    assert_understood_or_refused(json.dumps(document).encode(), None, expecting(1, 4))


def test_statistics_lose_nothing_between_threads() -> None:
    statistics = Statistics()

    def work() -> None:
        for windows in (1, 2, 0) * 200:
            with statistics.measured("tiny", "1", 0) as stopwatch:
                stopwatch.windows = windows

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    document = statistics.document("tiny", "1")
    assert document["inference_count"] == 8 * 200 * 3
    assert document["execution_count"] == 8 * 200 * 2
    assert document["inference_stats"]["fail"]["count"] == 8 * 200
