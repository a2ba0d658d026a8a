"""Each technique on each kind of network: which operators run in integers, and that answers stay close."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest

from build_scripts.quantization.layers import layer_weights
from build_scripts.quantization.operators import executed_operators, integer_share
from build_scripts.quantization.techniques import CANDIDATES, DEFAULT_CANDIDATES
from functions.core.models.engine import OnnxEngine
from functions.core.preprocessing.arrays import Float32Array

NetworkFile = Callable[[str], Path]

MADE = {
    "flatten": set(DEFAULT_CANDIDATES),
    "cnn-lstm": {name for name in DEFAULT_CANDIDATES if name.startswith(("static", "dynamic", "mixed", "weights"))}
    - {"static-layers"},
    "lstm": {"dynamic-uint8", "dynamic-int8"},
    "linear": {"static-layers", "static-all", "dynamic-uint8", "dynamic-int8", "weights-only"},
    "branches": {name for name in DEFAULT_CANDIDATES if name.startswith(("static", "weights"))} - {"static-layers"},
    "gru": set(),
}


@pytest.mark.parametrize("network", MADE)
def test_candidates_that_have_something_to_gain_are_made(
    network: str, network_file: NetworkFile, noise: Float32Array, tmp_path: Path
) -> None:
    source = network_file(network)
    weights = layer_weights(onnx.load(source))
    fitting = {name for name in DEFAULT_CANDIDATES if CANDIDATES[name].obstacle(weights) is None}
    assert fitting == MADE[network]
    float32 = OnnxEngine(source).run(noise)
    for name in fitting:
        path = CANDIDATES[name].quantize(source, tmp_path / f"{name}.onnx", noise, tmp_path)
        output = OnnxEngine(path).run(noise)
        np.testing.assert_allclose(output.logits, float32.logits, atol=0.05, err_msg=name)
        assert output.distance is not None
        # Three windows at once: the batch stays free.
        assert OnnxEngine(path).run(noise[:3]).logits.shape == (3, 4)


@pytest.mark.parametrize(
    ("network", "candidate", "share"),
    [
        # The distance's layer stays float32 in each, and so does a small head behind an LSTM.
        ("flatten", "static-minmax", 2 / 4),
        ("flatten", "static-layers", 3 / 4),
        ("flatten", "dynamic-uint8", 1 / 4),
        ("flatten", "dynamic-layers", 3 / 4),
        ("flatten", "mixed", 3 / 4),
        ("lstm", "dynamic-int8", 1 / 3),
        ("cnn-lstm", "dynamic-uint8", 1 / 4),
        ("cnn-lstm", "mixed", 2 / 4),
        ("linear", "static-layers", 2 / 3),
        ("branches", "static-rewritten", 4 / 6),
    ],
)
def test_so_much_of_the_work_runs_in_integers(
    network: str, candidate: str, share: float, network_file: NetworkFile, noise: Float32Array, tmp_path: Path
) -> None:
    path = CANDIDATES[candidate].quantize(network_file(network), tmp_path / "int8.onnx", noise)
    assert integer_share(path) == pytest.approx(share)


def test_an_lstm_runs_as_onnxruntime_s_own(network_file: NetworkFile, noise: Float32Array, tmp_path: Path) -> None:
    path = CANDIDATES["mixed"].quantize(network_file("cnn-lstm"), tmp_path / "int8.onnx", noise)
    operators = executed_operators(path)
    assert (operators["DynamicQuantizeLSTM"], operators["LSTM"], operators["QLinearConv"]) == (1, 0, 1)


def test_the_logits_are_not_rounded_once_more(network_file: NetworkFile, noise: Float32Array, tmp_path: Path) -> None:
    path = CANDIDATES["static-layers"].quantize(network_file("linear"), tmp_path / "int8.onnx", noise)
    makers = {name: node.op_type for node in onnx.load(path).graph.node for name in node.output}
    assert makers["logits"] == "Gemm"
    assert executed_operators(path)["QGemm"] == 2
