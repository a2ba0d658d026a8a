"""What onnxruntime really runs of a model, and the gate on it."""

from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import onnx
import onnxruntime

from build_scripts.errors import GateFailed


def executed_operators(path: Path) -> Counter[str]:
    """Count the operators onnxruntime really runs after all of its graph optimizations."""
    with TemporaryDirectory() as directory:
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        options.optimized_model_filepath = str(Path(directory) / "optimized.onnx")
        options.log_severity_level = 3
        onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        return Counter(node.op_type for node in onnx.load(options.optimized_model_filepath).graph.node)


def integer_convolutions(path: Path, excluded: int = 0) -> bool:
    """Say whether every convolution but `excluded` ones runs as QLinearConv, and at least one."""
    operators = executed_operators(path)
    return _floating(operators) <= excluded and operators["QLinearConv"] > 0


def require_integer_convolutions(path: Path, excluded: int = 0) -> None:
    """Check that every convolution but `excluded` ones runs as QLinearConv.

    Raises:
        GateFailed: more convolutions run in float32 or as the slow ConvInteger, or none runs in integers.
    """
    if not integer_convolutions(path, excluded):
        operators = executed_operators(path)
        floating, whole = _floating(operators), operators["QLinearConv"]
        raise GateFailed("fully integer", floating, f"{excluded} of {floating + whole} convolutions not integer")


def _floating(operators: Counter[str]) -> int:
    return sum(count for name, count in operators.items() if "Conv" in name and name != "QLinearConv")
