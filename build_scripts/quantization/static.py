"""Static int8: ranges from calibration windows, layers between QuantizeLinear and DequantizeLinear."""

from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import onnx
from onnxruntime.quantization import QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.calibrate import TensorsData, save_tensors_data

from build_scripts.errors import QuantizationError
from build_scripts.quantization.calibration import calibrated_ranges, calibration_method, checked_windows
from build_scripts.quantization.layers import (
    checked_layers,
    prepared,
    shielded,
    side_layers,
    with_float_outputs,
    write_quantized,
)
from build_scripts.quantization.library import quantizer_at_work
from build_scripts.quantization.rewriting.pools import SIDES, guarded, slow_pools
from build_scripts.quantization.rewriting.sequence import rewritten
from functions.core.preprocessing.arrays import Float32Array

LAYERS = ("Conv", "Relu", "Gemm", "MatMul")
# Operators that are quantized in a scope. Operators beyond these are computed in float32 between two roundings.
# Source: onnxruntime's core/optimizer/qdq_transformer/selectors_actions/qdq_selector_action_transformer.cc.
SCOPES = {
    "convolutions": ("Conv", "Relu"),
    "linear": ("Gemm", "MatMul"),
    "layers": LAYERS,
    "all": (
        *LAYERS,
        *("Add", "Mul", "Concat", "Split", "Clip", "LeakyRelu", "Sigmoid", "Softmax", "Pad"),
        *("MaxPool", "AveragePool", "GlobalAveragePool"),
        *("Reshape", "Transpose", "Squeeze", "Unsqueeze", "Flatten", "Slice", "Gather"),
    ),
}


@dataclass(frozen=True)
class QuantizationConfig:
    """Static quantization: activations uint8, weights int8 per channel, ranges by minimum and maximum.

    rewrite: whether the graph is first brought into the form that integer kernels run fastest.
    scope: one of SCOPES; what feeds the distance alone stays float32, and so do the layers whose names are in
    `exclude`.
    Seven-bit weights (reduce_range) keep the sum of two products, at most 2 * 255 * 64, inside the 16 bits
    that AVX2 adds up in without VNNI: the same answer on every x86-64, at no measured cost in accuracy.
    Source: onnxruntime documentation, "Quantize ONNX Models", and its integer kernels, which take U8S8 on
    x86-64 and arm64; other pairs leave convolutions in float32.
    """

    per_channel: bool = True
    reduce_range: bool = True
    calibration: str = "minmax"
    scope: str = "convolutions"
    rewrite: bool = False
    exclude: tuple[str, ...] = ()


def quantize(
    source: Path,
    calibration: Float32Array,
    path: Path,
    config: QuantizationConfig,
    kept: Path | None = None,
    conditions: Float32Array | None = None,
) -> Path:
    """Quantize the float32 model `source` to `path` with calibration windows float32 [n, C, T].

    Args:
        source: the model.
        calibration: windows that set the ranges.
        path: file to write.
        config: what is quantized, and how.
        kept: a folder for ranges found with these windows; those that are in it are not found again.
        conditions: of operation of the windows, float32 [n, K], where the model takes some.

    Raises:
        QuantizationError: the windows do not fit the model, a setting or a layer does not exist, or onnxruntime cannot
            quantize the model.
    """
    if config.scope not in SCOPES:
        raise QuantizationError(f"Static quantization takes {', '.join(SCOPES)}, not {config.scope!r}.")
    original, method = onnx.load(source), calibration_method(config.calibration)
    windows = checked_windows(calibration, original, conditions)
    with TemporaryDirectory() as directory, quantizer_at_work(source):
        given = _given(original, Path(directory), windows.shape[2]) if config.rewrite else source
        ready, raw = prepared(given, Path(directory)), Path(directory) / "raw.onnx"
        if checked_layers(onnx.load(ready), config.exclude):
            onnx.save(shielded(onnx.load(ready), config.exclude), ready)
        folder = (kept or Path(directory)) / ("rewritten" if config.rewrite else "given")
        ranges = calibrated_ranges(ready, folder, windows, method, SCOPES[config.scope], conditions)
        _quantize_prepared(ready, raw, ranges, config)
        write_quantized(onnx.load(raw), original, path)
        for side in SIDES:
            if pools := slow_pools(path):
                onnx.save(guarded(onnx.load(ready), pools, side), ready)
                config = replace(config, exclude=(*config.exclude, *pools))
                _quantize_prepared(ready, raw, ranges, config)
                write_quantized(onnx.load(raw), original, path)
    return path


def _quantize_prepared(source: Path, path: Path, ranges: TensorsData, config: QuantizationConfig) -> None:
    cache = path.with_suffix(".ranges")
    save_tensors_data(ranges, cache)
    quantize_static(
        source,
        path,
        None,
        calibration_cache_path=cache,
        quant_format=QuantFormat.QDQ,
        op_types_to_quantize=list(SCOPES[config.scope]),
        per_channel=config.per_channel,
        reduce_range=config.reduce_range,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        nodes_to_exclude=[*config.exclude, *side_layers(onnx.load(source))],
        calibrate_method=ranges.calibration_method,
    )
    onnx.save(with_float_outputs(onnx.load(path)), path)


def _given(model: onnx.ModelProto, folder: Path, window: int) -> Path:
    path = folder / "given.onnx"
    onnx.save(rewritten(model, window), path)
    return path
