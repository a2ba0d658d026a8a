import warnings
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from build_scripts.errors import QuantizationError
from build_scripts.export.onnx_file import slimmed
from build_scripts.export.torch_export import traced
from build_scripts.quantization.deviation import logit_deviation
from build_scripts.quantization.half import element_types, quantize_to_half
from build_scripts.quantization.half_rounded import rounded_model
from functions.core.models.engine import OnnxEngine
from functions.core.preprocessing.arrays import Float32Array
from tests.support.onnx_graphs import CHANNELS, graph, node, scalar
from tests.support.onnx_graphs import weights as tensors


def weights(path: Path) -> list[np.dtype[np.generic]]:
    arrays = [onnx.numpy_helper.to_array(tensor) for tensor in onnx.load(path).graph.initializer]
    return [array.dtype for array in arrays if array.ndim == 4]


def test_convolutions_are_half_and_the_ends_are_float32(fp32: Path, windows: Float32Array, tmp_path: Path) -> None:
    path = quantize_to_half(fp32, tmp_path / "fp16.onnx")
    graph = onnx.load(path).graph
    assert weights(path) == [np.float16] * 3
    assert {value.type.tensor_type.elem_type for value in (*graph.input, *graph.output)} == {TensorProto.FLOAT}
    assert logit_deviation(fp32, path, windows).max_abs_difference < 2e-3
    assert path.stat().st_size < 0.7 * fp32.stat().st_size


def test_an_excluded_layer_stays_float32(fp32: Path, convolutions: list[str], tmp_path: Path) -> None:
    path = quantize_to_half(fp32, tmp_path / "fp16.onnx", exclude=convolutions[1:2])
    assert sorted(map(str, weights(path))) == ["float16", "float16", "float32"]


def test_a_model_without_layers_is_refused(tmp_path: Path) -> None:
    value = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in ("signal", "logits")]
    graph = helper.make_graph([helper.make_node("Sin", ["signal"], ["logits"])], "empty", value[:1], value[1:])
    onnx.save(helper.make_model(graph), tmp_path / "empty.onnx")
    with pytest.raises(QuantizationError, match="has no layer to convert to float16"):
        quantize_to_half(tmp_path / "empty.onnx", tmp_path / "fp16.onnx")


class Everyday(nn.Module):
    """A convolution, an LSTM, attention, a layer norm and linear layers, and a distance whose squares pass float16."""

    def __init__(self) -> None:
        super().__init__()
        self.front = nn.Conv1d(1, 8, 16, 16)
        self.lstm = nn.LSTM(8, 8, batch_first=True, bidirectional=True)
        self.encoder = nn.TransformerEncoderLayer(16, 2, 16, 0.0, "gelu", batch_first=True, norm_first=True)
        self.head = nn.Sequential(nn.Linear(16, 8), nn.Tanh(), nn.Linear(8, 3))

    def forward(self, signal: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return logits [B, 3] and a distance [B]."""
        hidden = self.lstm(torch.relu(self.front(signal)).transpose(1, 2))[0]
        features = self.encoder(hidden).mean(1)
        return self.head(features), ((features * 1000) ** 2).sum(1)


@pytest.fixture(scope="module")
def everyday(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("everyday") / "fp32.onnx"
    with warnings.catch_warnings():
        # torch.export notes that an LSTM assigns its own weights.
        warnings.simplefilter("ignore", UserWarning)
        model = traced(Everyday().eval(), torch.zeros(2, 1, 128), ("logits", "distance"), dynamic=(0,))
    path.write_bytes(slimmed(model).SerializeToString())
    return path


def test_layers_of_every_kind_are_half(everyday: Path, tmp_path: Path) -> None:
    model = onnx.load(quantize_to_half(everyday, tmp_path / "fp16.onnx"))
    types = element_types(model)
    working = [node for node in model.graph.node if node.op_type in {"Conv", "LSTM", "MatMul", "Gemm"}]
    assert {node.op_type for node in working} >= {"Conv", "LSTM", "MatMul", "Gemm"}
    assert {types[node.output[0]] for node in working} == {TensorProto.FLOAT16}
    assert {value.type.tensor_type.elem_type for value in (*model.graph.input, *model.graph.output)} == {
        TensorProto.FLOAT
    }


def test_a_distance_beyond_float16_stays_what_it_is(everyday: Path, tmp_path: Path) -> None:
    half = quantize_to_half(everyday, tmp_path / "fp16.onnx")
    windows = np.random.default_rng(1).normal(0, 1, (6, 1, 128)).astype(np.float32)
    wanted = OnnxEngine(everyday).run(windows)
    given = OnnxEngine(rounded_model(half.read_bytes())).run(windows)
    np.testing.assert_allclose(given.logits, wanted.logits, atol=5e-3)
    assert given.distance is not None
    assert wanted.distance is not None
    assert wanted.distance.min() > 65504
    np.testing.assert_allclose(given.distance, wanted.distance, rtol=2e-2)


def test_nothing_is_rounded_before_the_first_layer(everyday: Path, fp32: Path, tmp_path: Path) -> None:
    for source in (everyday, fp32):
        nodes = onnx.load(quantize_to_half(source, tmp_path / "fp16.onnx")).graph.node
        givers = {name: node for node in nodes for name in node.output}
        casts = [node for node in nodes if node.op_type == "Cast" and node.attribute[0].i == TensorProto.FLOAT]
        assert casts
        assert not [node for node in casts if givers[node.input[0]].op_type == "Cast"]


def test_what_a_graph_inside_of_a_node_reads_stays_float32(tmp_path: Path) -> None:
    doubled = [node("Mul", ["relu", "two"], "doubled"), node("ReduceMax", ["doubled", "axis"], "highest", keepdims=0)]
    branch = helper.make_graph(
        doubled, "branch", [], [helper.make_tensor_value_info("highest", TensorProto.FLOAT, None)]
    )
    nodes = [
        node("Conv", ["signal", "w"], "conv"),
        node("Relu", ["conv"], "relu"),
        node("ReduceMean", ["relu", "axis"], "mean", keepdims=0),
        node("If", ["always"], "chosen", then_branch=branch, else_branch=branch),
        node("Add", ["mean", "chosen"], "sum"),
        node("MatMul", ["sum", "head"], "logits"),
    ]
    others = [numpy_helper.from_array(np.array(True), "always"), numpy_helper.from_array(np.array([2]), "axis")]
    model = graph(nodes, [*tensors({"w": (4, CHANNELS, 3), "head": (4, 3)}), scalar(2, "two"), *others])
    model.graph.output[0].CopyFrom(helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["B", 3]))
    onnx.save(model, tmp_path / "fp32.onnx")
    half = quantize_to_half(tmp_path / "fp32.onnx", tmp_path / "half.onnx")
    windows = np.random.default_rng(0).normal(size=(2, CHANNELS, 48)).astype(np.float32)
    assert logit_deviation(tmp_path / "fp32.onnx", half, windows).max_abs_difference < 0.05
