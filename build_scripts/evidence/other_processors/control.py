"""A model made to overflow: all its weights and inputs are as large as they can be.

Where a processor adds products of unsigned and signed bytes up in 16 bits (AVX2 without VNNI), two of 255 * 127
do not fit, and of 255 * 64, as seven-bit weights have it, they do. If the eight-bit control answers otherwise
under emulation than here, the emulation is of such a processor, and the seven-bit answer counts as proof.
"""

from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from functions.core.preprocessing.arrays import Float32Array

CHANNELS, KERNEL, LENGTH = 16, 9, 512


def write_control(path: Path, bits: int) -> Path:
    """Write the control model with weights of 7 or 8 bits: `signal` [B, 1, 512] of 0 to 1 to `logits` [B, 16]."""
    largest = 127 if bits == 8 else 64
    tensors: dict[str, NDArray[np.generic]] = {
        "scale": np.array(1 / 255, np.float32),
        "zero": np.array(0, np.uint8),
        "first": np.full((CHANNELS, 1, 1, KERNEL), largest, np.int8),
        "second": np.full((CHANNELS, CHANNELS, 1, KERNEL), largest, np.int8),
        "weight_scale": np.array(1 / (largest * KERNEL), np.float32),
        "second_scale": np.array(1 / (largest * KERNEL * CHANNELS), np.float32),
        "weight_zero": np.array(0, np.int8),
        "height": np.array([2], np.int64),
        "places": np.array([2, 3], np.int64),
    }
    quantization, weights = ["scale", "zero"], "weight_zero"
    nodes = [
        helper.make_node("Unsqueeze", ["signal", "height"], ["image"]),
        helper.make_node("QuantizeLinear", ["image", *quantization], ["bytes"]),
        helper.make_node(
            "QLinearConv", ["bytes", *quantization, "first", "weight_scale", weights, *quantization], ["hidden"]
        ),
        helper.make_node(
            "QLinearConv", ["hidden", *quantization, "second", "second_scale", weights, *quantization], ["pooled"]
        ),
        helper.make_node("DequantizeLinear", ["pooled", *quantization], ["values"]),
        helper.make_node("ReduceMean", ["values", "places"], ["logits"], keepdims=0),
    ]
    graph = helper.make_graph(
        nodes,
        "control",
        [helper.make_tensor_value_info("signal", TensorProto.FLOAT, ["batch", 1, LENGTH])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", CHANNELS])],
        [numpy_helper.from_array(value, name) for name, value in tensors.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    onnx.checker.check_model(model, full_check=True)
    path.write_bytes(model.SerializeToString())
    return path


def loudest_windows(count: int = 4) -> Float32Array:
    """Return windows float32 [count, 1, 512] at the top of the range."""
    return np.ones((count, 1, LENGTH), np.float32)
