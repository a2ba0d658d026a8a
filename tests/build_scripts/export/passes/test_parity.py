from dataclasses import dataclass

import numpy as np
import onnx
import pytest
from onnx import TensorProto

from build_scripts.export.passes.parity import MIN_LIMIT, Parity, Proven, largest_difference, random_inputs
from build_scripts.export.passes.sequence import PassFailed
from build_scripts.measuring.gates import MAX_EXPORT_DIFFERENCE
from tests.support.onnx_graphs import convolution, graph, node, scalar, weights

SOURCE = graph([node("Identity", ["signal"], "answer")])


def plus(offset: float) -> onnx.ModelProto:
    """The source with an offset on its answer."""
    constant = scalar(offset, "offset")
    return graph([node("Add", ["signal", "offset"], "answer")], [constant])


@dataclass(frozen=True)
class Give:
    """A pass that gives a model made before."""

    model: onnx.ModelProto
    name: str = "give"

    def __call__(self, model: onnx.ModelProto) -> onnx.ModelProto:
        return self.model


def test_inputs_are_of_each_batch_and_of_the_length_where_both_are_free() -> None:
    model = graph([node("Identity", ["signal"], "answer")], signal=("B", 4, "T"))
    assert [random_inputs(model, batch, 9)["signal"].shape for batch in (1, 7)] == [(1, 4, 9), (7, 4, 9)]
    assert random_inputs(SOURCE, 2, 9)["signal"].shape == (2, 4, 48)
    assert random_inputs(SOURCE, 2, 9)["signal"].dtype == np.float32


def test_a_small_difference_is_measured_and_passes() -> None:
    parity = Parity.of(SOURCE, 48)
    assert parity.limit == MAX_EXPORT_DIFFERENCE
    assert parity.require("p", plus(0.0)) == 0.0
    assert parity.require("p", plus(5e-5)) == pytest.approx(5e-5, rel=0.01)


def test_a_larger_difference_raises_with_the_figure() -> None:
    with pytest.raises(PassFailed, match=r"^Pass p failed: outputs differ by 0\.0002\d*, limit 0\.0001\.$"):
        Parity.of(SOURCE, 48).require("p", plus(2e-4))


def test_not_a_number_raises() -> None:
    with pytest.raises(PassFailed, match="outputs differ by nan"):
        Parity.of(SOURCE, 48).require("p", plus(float("nan")))


def test_a_model_whose_answers_hardly_move_has_a_smaller_limit() -> None:
    """5e-5 would pass the absolute limit, though it is as large as what this model says."""
    whisper = scalar(1e-4, "whisper")
    parity = Parity.of(graph([node("Mul", ["signal", "whisper"], "answer")], [whisper]), 48)
    assert MIN_LIMIT <= parity.limit < 2e-6
    louder = scalar(1.5e-4, "whisper")
    with pytest.raises(PassFailed, match="outputs differ by"):
        parity.require("p", graph([node("Mul", ["signal", "whisper"], "answer")], [louder]))


def test_another_shape_raises() -> None:
    with pytest.raises(PassFailed, match=r"Pass p failed: the outputs have shapes .*\(1, 4, 1\).* not .*\(1, 4, 48\)"):
        Parity.of(SOURCE, 48).require("p", graph([node("GlobalMaxPool", ["signal"], "answer")]))


def test_an_input_of_another_type_is_refused() -> None:
    with pytest.raises(PassFailed, match="Pass source failed: input signal is not float32"):
        Parity.of(graph([node("Identity", ["signal"], "answer")], kind=TensorProto.DOUBLE), 48)


def test_a_model_that_does_not_run_names_the_pass() -> None:
    broken = graph([convolution()], weights({"w": (6, 4, 5)}))
    broken.graph.initializer[0].dims[1] = 5
    with pytest.raises(PassFailed, match="Pass p failed: onnxruntime cannot run the model"):
        Parity.of(SOURCE, 48).difference("p", broken)


def test_a_proven_pass_gives_what_the_pass_gives() -> None:
    proven, equal = Parity.of(SOURCE, 48), plus(0.0)
    assert Proven(Give(equal), proven)(SOURCE) is equal
    assert Proven(Give(equal), proven).name == "give"


def test_a_proven_pass_raises_for_another_answer_by_its_name() -> None:
    with pytest.raises(PassFailed, match="Pass give failed: outputs differ by"):
        Proven(Give(plus(1.0)), Parity.of(SOURCE, 48))(SOURCE)


def test_a_proven_pass_raises_for_a_result_that_is_no_model() -> None:
    with pytest.raises(PassFailed, match="Pass give failed: the result is no valid model"):
        Proven(Give(onnx.ModelProto()), Parity.of(SOURCE, 48))(SOURCE)


@pytest.mark.parametrize(
    ("measured", "expected", "difference"),
    [([0.5, 0.0], [0.25, 0.0], 0.25), ([110.0], [100.0], 0.1), ([-2.0], [-1.0], 1.0), ([], [], 0.0)],
    ids=["absolute below 1", "relative above", "signed", "empty"],
)
def test_difference(measured: list[float], expected: list[float], difference: float) -> None:
    found = largest_difference(np.array(measured, np.float32), np.array(expected, np.float32))
    assert found == pytest.approx(difference)


def test_not_a_number_is_not_hidden() -> None:
    assert np.isnan(largest_difference(np.array([np.nan, 0], np.float32), np.array([0, 5], np.float32)))
