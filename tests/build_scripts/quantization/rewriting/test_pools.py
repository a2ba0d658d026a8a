from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnxruntime.quantization import QuantType, quantize_static

from build_scripts.quantization.calibration import WindowReader
from build_scripts.quantization.operators import executed_graph
from build_scripts.quantization.rewriting.pools import SIDES, Side, guarded, slow_pools
from build_scripts.quantization.static import QuantizationConfig, quantize
from functions.core.models.engine import OnnxEngine
from functions.core.preprocessing.arrays import Float32Array

NetworkFile = Callable[[str], Path]


def plainly_quantized(source: Path, path: Path, windows: Float32Array) -> Path:
    """A file as onnxruntime quantizes it without this project's help."""
    types = {"activation_type": QuantType.QUInt8, "weight_type": QuantType.QInt8}
    quantize_static(source, path, WindowReader("signal", windows), op_types_to_quantize=["Conv", "Relu"], **types)
    return path


def test_onnxruntime_moves_a_pool_among_integers(
    network_file: NetworkFile, noise: Float32Array, tmp_path: Path
) -> None:
    path = plainly_quantized(network_file("branches"), tmp_path / "plain.onnx", noise)
    assert slow_pools(path) == {"node_max_pool1d_1"}


@pytest.mark.parametrize("scope", ["convolutions", "all"])
@pytest.mark.parametrize("rewrite", [False, True])
def test_no_pool_runs_by_the_slow_kernel(
    rewrite: bool, scope: str, network_file: NetworkFile, noise: Float32Array, tmp_path: Path
) -> None:
    config = QuantizationConfig(scope=scope, rewrite=rewrite)
    path = quantize(network_file("branches"), noise, tmp_path / "int8.onnx", config)
    assert slow_pools(path) == set()
    assert [node.op_type for node in executed_graph(path).node].count("QLinearConv") == 4


@pytest.mark.parametrize("sides", [SIDES[:1], SIDES[1:], SIDES])
def test_a_guard_changes_no_answer(
    sides: tuple[Side, ...], network_file: NetworkFile, noise: Float32Array, tmp_path: Path
) -> None:
    source = network_file("branches")
    model = onnx.load(source)
    pools = {node.name for node in model.graph.node if node.op_type == "MaxPool"}
    assert len(pools) == 2
    for side in sides:
        model = guarded(model, pools, side)
    onnx.save(model, tmp_path / "guarded.onnx")
    expected, given = (OnnxEngine(path).run(noise).logits for path in (source, tmp_path / "guarded.onnx"))
    np.testing.assert_array_equal(given, expected)
    assert sum(node.op_type == "Max" for node in model.graph.node) == 2 * len(sides)
