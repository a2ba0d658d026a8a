"""The share of each quantized layer in a variant's error, measured by quantizing it alone.

onnxruntime's qdq_loss_debug measures how noisy a tensor is, not what its noise does to the logits. Of ten layers with a
logarithm between them its order leaves 6 (noise of a tensor's own) or 8 (of all before it) in float32, this one 3.
"""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx

from build_scripts.data.progress import Progress
from build_scripts.quantization.techniques import Candidate
from functions.core.models.engine import OnnxEngine
from functions.core.models.flow import run_windows
from functions.core.preprocessing.arrays import Float32Array

# Operators that pass values on as they are: quantized, they add nothing to the error of what they are given.
PASSING = frozenset(
    {"Reshape", "Transpose", "Squeeze", "Unsqueeze", "Flatten", "Identity", "Slice", "Gather", "Split", "Pad", "Expand"}
    | {"MaxPool", "Relu", "Clip", "Cast", "Shape", "Constant", "ConstantOfShape"}
)
# Bounds on the time: variants that quantize one layer or a few neighbours, windows that set their ranges, windows that
# they are run on, and windows in one run.
MOST_GROUPS, RANGE_WINDOWS, ERROR_WINDOWS, BATCH = 32, 16, 64, 8


def quantized_layers(source: Path, quantized: Path) -> list[str]:
    """Return the names of the layers of `source`, in order, that `quantized` has in another form.

    That is another operator in their place, or values that pass QuantizeLinear and DequantizeLinear around them.
    """
    graph = onnx.load(quantized).graph
    dequantized = {name for node in graph.node if node.op_type == "DequantizeLinear" for name in node.output}
    kept = {(node.name, node.op_type) for node in graph.node if dequantized.isdisjoint(node.input)}
    nodes = [node for node in onnx.load(source).graph.node if node.name and node.op_type not in PASSING]
    return [node.name for node in nodes if (node.name, node.op_type) not in kept]


def layer_errors(
    source: Path,
    candidate: Candidate,
    layers: Sequence[str],
    windows: Float32Array,
    conditions: Float32Array | None = None,
) -> dict[str, float]:
    """Return the error of the logits when a layer alone is quantized, by layer, the largest first.

    The error is the RMS of the difference over the RMS of float32's logits, both over windows float32 [n, C, T], and
    their conditions of operation float32 [n, K] where the model takes some. Of more than 32 layers a few neighbours
    are quantized together and have one error. What changes nothing is left out: it stands between quantized layers and
    is none.

    Raises:
        QuantizationError: a layer cannot be quantized alone.
    """
    spread = np.linspace(0, len(windows) - 1, min(len(windows), ERROR_WINDOWS)).astype(int)
    shown, rows = windows[spread], None if conditions is None else conditions[spread]
    errors: dict[str, float] = {}
    wanted = _logits(source, shown, rows)
    first = (shown[:RANGE_WINDOWS], None, None if rows is None else rows[:RANGE_WINDOWS])
    with TemporaryDirectory() as directory:
        for group in Progress(_groups(layers), "sensitivity", "layer"):
            others = tuple(name for name in layers if name not in group)
            path = candidate.without(others).quantize(source, Path(directory) / "one.onnx", *first)
            errors |= dict.fromkeys(group, relative_error(_logits(path, shown, rows), wanted))
    return dict(sorted(((name, error) for name, error in errors.items() if error > 0), key=lambda item: -item[1]))


def relative_error(given: Float32Array, wanted: Float32Array) -> float:
    """Return the RMS of the difference over the RMS of what is wanted; infinite where a value is not finite."""
    if not np.isfinite(given).all():
        return float("inf")
    noise, power = (float(np.square(values, dtype=np.float64).mean()) for values in (given - wanted, wanted))
    return float(np.sqrt(noise / max(power, np.finfo(np.float64).tiny)))


def _groups(layers: Sequence[str]) -> list[Sequence[str]]:
    size = max(1, -(-len(layers) // MOST_GROUPS))
    return [layers[start : start + size] for start in range(0, len(layers), size)]


def _logits(path: Path, windows: Float32Array, conditions: Float32Array | None) -> Float32Array:
    return run_windows(OnnxEngine(path), windows, conditions, BATCH).logits
