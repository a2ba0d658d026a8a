"""A chain of linear layers that hand a window on, records that it tells apart, and a technique that spoils layers."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from build_scripts.data.records import RecordSet
from build_scripts.quantization.techniques import Candidate, QuantizationOptions, Technique

CLASSES = 4
# Rotated by one place the answer is another class; a factor only changes the logits.
ROTATED = np.roll(np.eye(CLASSES, dtype=np.float32), 1, axis=1)


def write_chain(path: Path, factors: Mapping[str, float]) -> Path:
    """Write a float32 model, signal [batch, 1, 4] to logits [batch, 4], of a layer for each name and factor."""
    names = ["signal", *(f"{name}_out" for name in factors)]
    nodes = [
        helper.make_node("MatMul", [given, f"{name}_weight"], [f"{name}_out"], name)
        for given, name in zip(names, factors, strict=False)
    ]
    nodes.append(helper.make_node("Squeeze", [names[-1], "axes"], ["logits"], "squeeze"))
    ends = [
        helper.make_tensor_value_info("signal", TensorProto.FLOAT, ["batch", 1, CLASSES]),
        helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", CLASSES]),
    ]
    tensors = [numpy_helper.from_array(_weight(factor), f"{name}_weight") for name, factor in factors.items()]
    tensors.append(numpy_helper.from_array(np.array([1], np.int64), "axes"))
    graph = helper.make_graph(nodes, "chain", ends[:1], ends[1:], tensors)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10), path)
    return path


def chain_records(count: int = 8) -> RecordSet:
    """Return records of one window each, whose class is the place of its one sample."""
    label = np.arange(count) % CLASSES
    zeros = np.zeros(count, np.int64)
    names = tuple(f"class {index}" for index in range(CLASSES))
    counts = np.eye(CLASSES, dtype=np.int16)[label]
    return RecordSet(counts, 1.0, label, zeros, zeros.astype(np.float32), 1.0, names, ("any",))


def spoiling(spoils: Mapping[str, NDArray[np.float32]]) -> Candidate:
    """Return a variant that multiplies the weights of layers by a matrix, as a bad quantization would change them."""

    def quantizer(source: Path, path: Path, options: QuantizationOptions) -> Path:
        model = onnx.load(source)
        weights = {tensor.name: tensor for tensor in model.graph.initializer}
        for node in model.graph.node:
            if node.name in spoils and node.name not in options.exclude:
                tensor = weights[node.input[1]]
                spoiled = numpy_helper.to_array(tensor) @ spoils[node.name]
                tensor.CopyFrom(numpy_helper.from_array(spoiled, tensor.name))
                node.name = f"{node.name}_quant"
        onnx.save(model, path)
        return path

    return Candidate(Technique("int8", "spoiling", quantizer), QuantizationOptions())


def _weight(factor: float) -> NDArray[np.float32]:
    return np.diag(np.full(CLASSES, factor, np.float32))
