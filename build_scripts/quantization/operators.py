"""The operators that onnxruntime really runs for a model, and the share of the work that runs in integers."""

from collections import Counter
from pathlib import Path

import onnx

from build_scripts.errors import GateFailed
from build_scripts.export.passes.session import optimized_graph

# The operators that carry the work of a network, by the names onnxruntime runs them under.
# Source: onnxruntime's docs/ContribOperators.md and docs/OperatorKernels.md, CPU provider.
INTEGER_WORK = frozenset(
    {
        "QLinearConv",
        "ConvInteger",
        "QLinearMatMul",
        "MatMulInteger",
        "MatMulIntegerToFloat",
        "DynamicQuantizeMatMul",
        "QGemm",
        "DynamicQuantizeLSTM",
    }
)
FLOAT_WORK = frozenset(
    {"Conv", "FusedConv", "NhwcFusedConv", "ConvTranspose", "MatMul", "FusedMatMul", "Gemm", "FusedGemm"}
    | {"LSTM", "GRU", "RNN", "Attention", "MultiHeadAttention"}
)


def executed_operators(path: Path) -> Counter[str]:
    """Count the operators onnxruntime really runs after all of its graph optimizations."""
    return Counter(node.op_type for node in executed_graph(path).node)


def executed_graph(path: Path) -> onnx.GraphProto:
    """Return the graph onnxruntime really runs after all of its graph optimizations."""
    return optimized_graph(onnx.load(path), "all").graph


def integer_share(path: Path) -> float:
    """Return the share of the operators that carry the work which run in integers, in [0, 1]; 0 where there are none.

    The work is that of convolutions, matrix products and recurrent layers.
    """
    operators = executed_operators(path)
    whole, floating = (sum(operators[name] for name in names) for names in (INTEGER_WORK, FLOAT_WORK))
    return whole / (whole + floating) if whole else 0.0


def integer_convolutions(path: Path, excluded: int = 0) -> bool:
    """Return whether every convolution but `excluded` ones runs as QLinearConv, and at least one does."""
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
