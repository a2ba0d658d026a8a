"""Dynamic int8: weights quantized in the file, the ranges of activations measured at every call."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import onnx
from onnxruntime.quantization import QuantType, quantize_dynamic

from build_scripts.errors import QuantizationError
from build_scripts.quantization.layers import checked_layers, layer_weights, prepared, side_layers, write_quantized
from build_scripts.quantization.library import quantizer_at_work
from build_scripts.quantization.reasons.obstacles import LEAST_SHARE, MATRIX_PRODUCTS

WEIGHT_TYPES = {"uint8": QuantType.QUInt8, "int8": QuantType.QInt8}
# Gemm stands for MatMul here: onnxruntime rewrites it first.
SCOPES = {"linear": ("MatMul",), "layers": ("MatMul", "Conv")}


@dataclass(frozen=True)
class DynamicConfig:
    """Dynamic quantization: weights uint8 or int8, and which operators.

    Seven-bit weights (reduce_range) keep a sum of two products of int8 weights inside the 16 bits that AVX2 adds up in
    without VNNI. They do not count for uint8 weights, whose products AVX2 adds up in 32 bits. An LSTM's weights are
    int8 whatever is asked for: onnxruntime has no other kernel.
    scope: `linear` takes linear layers and LSTMs; `layers` convolutions too, which become the slow ConvInteger. Linear
    layers that are a small head behind an LSTM stay float32.
    Source: onnxruntime's mlas, QgemmU8X8KernelAvx2 (vpmaddubsw for U8S8, vpmaddwd for U8U8), and its
    quantization/operators/lstm.py.
    """

    weights: str = "uint8"
    reduce_range: bool = True
    scope: str = "linear"
    exclude: tuple[str, ...] = ()


def quantize_dynamically(source: Path, path: Path, config: DynamicConfig = DynamicConfig()) -> Path:
    """Quantize the layers of the float32 model `source` to `path`; it needs no calibration.

    Layers that feed the distance alone stay float32, and so do those whose names are in `config.exclude`.

    Raises:
        QuantizationError: there is no such weight type, scope or layer, or onnxruntime cannot quantize the model.
    """
    if config.weights not in WEIGHT_TYPES:
        raise QuantizationError(f"Dynamic weights are {' or '.join(WEIGHT_TYPES)}, not {config.weights!r}.")
    if config.scope not in SCOPES:
        raise QuantizationError(f"Dynamic quantization takes {' or '.join(SCOPES)}, not {config.scope!r}.")
    original = onnx.load(source)
    excluded = [*checked_layers(original, config.exclude), *side_layers(original)]
    with TemporaryDirectory() as directory, quantizer_at_work(source):
        ready = prepared(source, Path(directory))
        products, raw = Path(directory) / "products.onnx", Path(directory) / "raw.onnx"
        reduced = config.reduce_range and config.weights == "int8"
        if config.scope == "linear" and _is_head_of_lstm(original):
            products = ready
        else:
            _quantize(ready, products, SCOPES[config.scope], WEIGHT_TYPES[config.weights], reduced, excluded)
        # Last: behind an LSTM of onnxruntime's own the types of tensors are no longer known.
        _quantize(products, raw, ("LSTM",), QuantType.QInt8, config.reduce_range, excluded)
        return write_quantized(onnx.load(raw), original, path)


def _is_head_of_lstm(model: onnx.ModelProto) -> bool:
    """Return whether the linear layers are too few beside LSTMs to gain by: in integers they would only move answers.

    Behind an LSTM that read 8 samples a step such a head took agreement from 0.988 to 0.983 (uint8) and 0.940 (int8),
    and gained no speed.
    """
    weights = layer_weights(model)
    products = sum(weights[name] for name in MATRIX_PRODUCTS)
    return weights["LSTM"] > 0 and products < LEAST_SHARE * weights.total()


def _quantize(
    source: Path, path: Path, operators: Sequence[str], weights: QuantType, reduced: bool, excluded: Sequence[str]
) -> None:
    quantize_dynamic(
        source,
        path,
        op_types_to_quantize=list(operators),
        weight_type=weights,
        reduce_range=reduced,
        # A Gemm is excluded by the name of the MatMul it becomes.
        nodes_to_exclude=[*excluded, *(f"{name}_MatMul" for name in excluded)],
    )
