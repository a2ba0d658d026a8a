"""The trap of pooling: onnxruntime moves a MaxPool among integers, where its kernel may be 15 times slower.

A pool that stands before QuantizeLinear, or behind DequantizeLinear, is run on uint8 wherever both sides may have one
scale. In the layout N, L, C that is fast (NhwcMaxPool); in the layout N, C, L the kernel for uint8 takes one sample at
a time. A maximum with the smallest float32 changes no value and lets nothing pass.
"""

from collections.abc import Set
from pathlib import Path
from typing import Literal

import numpy as np
import onnx
from onnx import NodeProto, helper, numpy_helper

from build_scripts.quantization.operators import executed_graph

Side = Literal["behind", "before"]
SIDES: tuple[Side, ...] = ("behind", "before")

_LOWEST = "lowest_float32"
# Operators that hand on the type of what they are given.
_PASSING = frozenset({"MaxPool", "Transpose", "Reshape", "Squeeze", "Unsqueeze", "Flatten", "Slice", "Identity", "Pad"})


def slow_pools(path: Path) -> set[str]:
    """Return the names of the MaxPools that onnxruntime runs on uint8 by the slow kernel, those with a name."""
    graph = executed_graph(path)
    integers = _integer_tensors(graph)
    slow = {node.name for node in graph.node if node.op_type == "MaxPool" and node.input[0] in integers}
    return slow - {""}


def guarded(model: onnx.ModelProto, pools: Set[str], side: Side) -> onnx.ModelProto:
    """Return a copy with a maximum on one side of each named pool.

    The one behind gives the pool's output under its name, so that ranges found before stay good.
    """
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    del copy.graph.node[:]
    for node in model.graph.node:
        copy.graph.node.extend(_guarded(node, side) if node.name in pools else [node])
    if _LOWEST not in {tensor.name for tensor in copy.graph.initializer}:
        copy.graph.initializer.append(numpy_helper.from_array(np.array(np.finfo(np.float32).min, np.float32), _LOWEST))
    return copy


def _guarded(pool: NodeProto, side: Side) -> list[NodeProto]:
    kept, between = NodeProto(), f"{pool.name}_{side}"
    kept.CopyFrom(pool)
    if side == "before":
        kept.input[0] = between
        return [helper.make_node("Max", [pool.input[0], _LOWEST], [between], f"{between}_guard"), kept]
    kept.output[0] = between
    return [kept, helper.make_node("Max", [between, _LOWEST], [pool.output[0]], f"{between}_guard")]


def _integer_tensors(graph: onnx.GraphProto) -> set[str]:
    """Name the tensors of whole numbers: what quantizing and integer operators give, and what only hands them on."""
    integers: set[str] = set()
    for node in graph.node:
        whole = node.op_type == "QuantizeLinear" or node.op_type.startswith(("QLinear", "QGemm", "Nhwc"))
        if whole or (node.op_type in _PASSING and node.input[0] in integers):
            integers.update(node.output)
    return integers
