"""Static int8: ranges from calibration windows, every convolution proven integer."""

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import onnx
from onnxruntime.quantization import QuantFormat, QuantType, quantize_static

from build_scripts.quantization.calibration import calibrated_ranges, calibration_method, checked_windows
from build_scripts.quantization.layers import checked_layers, prepared, shielded, write_quantized
from build_scripts.quantization.operators import require_integer_convolutions
from functions.core.preprocessing.arrays import Float32Array

OPERATORS = ["Conv", "Relu"]


@dataclass(frozen=True)
class QuantizationConfig:
    """Static quantization: activations uint8, weights int8 per channel, ranges by minimum and maximum.

    Only convolutions are quantized: the head and the distance behind them stay float32, and so do the
    convolutions whose names are in `exclude`.
    Seven-bit weights (reduce_range) keep the sum of two products, at most 2 * 255 * 64, inside the 16 bits
    that AVX2 adds up in without VNNI: the same answer on every x86-64, at no measured cost in accuracy.
    Source: onnxruntime documentation, "Quantize ONNX Models", and its integer kernels, which take U8S8 on
    x86-64 and arm64; other pairs leave convolutions in float32.
    """

    per_channel: bool = True
    reduce_range: bool = True
    calibration: str = "minmax"
    exclude: tuple[str, ...] = ()


def quantize(source: Path, calibration: Float32Array, path: Path, config: QuantizationConfig) -> Path:
    """Quantize the float32 model `source` to `path` with calibration windows float32 [n, C, T].

    Raises:
        QuantizationError: the windows do not fit the model, or a setting or a layer does not exist.
        GateFailed: a convolution that was not excluded does not run in integers.
    """
    original = onnx.load(source)
    windows = checked_windows(calibration, original)
    with TemporaryDirectory() as directory:
        ready, raw = prepared(source, Path(directory)), Path(directory) / "raw.onnx"
        if checked_layers(onnx.load(ready), config.exclude):
            onnx.save(shielded(onnx.load(ready), config.exclude), ready)
        _quantize_prepared(ready, raw, windows, config)
        write_quantized(onnx.load(raw), original, path)
    require_integer_convolutions(path, excluded=len(config.exclude))
    return path


def _quantize_prepared(source: Path, path: Path, windows: Float32Array, config: QuantizationConfig) -> None:
    method = calibration_method(config.calibration)
    # The histogram calibrations print what they do; standard output belongs to the step's report.
    with Path(os.devnull).open("w") as silence, contextlib.redirect_stdout(silence):
        quantize_static(
            source,
            path,
            None,
            calibration_cache_path=calibrated_ranges(source, path.with_suffix(".ranges"), windows, method, OPERATORS),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=OPERATORS,
            per_channel=config.per_channel,
            reduce_range=config.reduce_range,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=list(config.exclude),
            calibrate_method=method,
        )
