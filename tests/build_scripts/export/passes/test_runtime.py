import onnx
import pytest
from onnx import numpy_helper

from build_scripts.export.passes.parity import Parity
from build_scripts.export.passes.runtime import RuntimeGraph
from build_scripts.export.passes.sequence import PassFailed
from tests.support.onnx_graphs import graph, node, operators, weights

CONSTANTS = [
    *weights({"w": (16, 4, 1, 5), "scale": (16,), "shift": (16,), "mean": (16,)}),
    numpy_helper.from_array(numpy_helper.to_array(weights({"variance": (16,)})[0]) ** 2 + 0.5, "variance"),
]
NODES = [
    node("Conv", ["signal", "w"], "c"),
    node("BatchNormalization", ["c", "scale", "shift", "mean", "variance"], "n"),
    node("Relu", ["n"], "answer"),
]


def model() -> onnx.ModelProto:
    return graph(NODES, CONSTANTS, signal=("B", 4, 1, 48))


@pytest.mark.parametrize(
    ("level", "types"), [("basic", ["Conv", "Relu"]), ("extended", ["FusedConv"])], ids=["basic", "extended"]
)
def test_a_level_folds_the_normalisation_and_fuses(level: str, types: list[str]) -> None:
    assert operators(RuntimeGraph(level)(model())) == types


@pytest.mark.parametrize("level", ["basic", "extended", "all"])
def test_answers_stay_equal_and_the_source_as_it_was(level: str) -> None:
    source = model()
    optimized = RuntimeGraph(level)(source)
    assert "BatchNormalization" not in operators(optimized)
    assert Parity.of(source, 48).difference(level, optimized) <= 1e-5
    assert operators(source) == ["Conv", "BatchNormalization", "Relu"]


def test_basic_stays_plain_onnx() -> None:
    assert {one.domain for one in RuntimeGraph("basic")(model()).graph.node} == {""}


def test_properties_are_kept() -> None:
    source = model()
    onnx.helper.set_model_props(source, {"window": "48"})
    optimized = RuntimeGraph("all")(source)
    assert [(entry.key, entry.value) for entry in optimized.metadata_props] == [("window", "48")]


def test_an_unknown_operator_is_named() -> None:
    source = model()
    source.graph.node[2].op_type = "Unheard"
    with pytest.raises(
        PassFailed, match=r"Pass onnxruntime-basic failed: onnxruntime cannot load the model: .*Unheard"
    ):
        RuntimeGraph("basic")(source)
