"""The step that quantizes: float32 ONNX to static int8, with every convolution proven integer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import onnx
import onnxruntime
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process

from build_scripts.errors import GateFailed
from build_scripts.export import slimmed
from functions.core.arrays import Float32Array

METHOD = "static-qdq"


@dataclass(frozen=True)
class QuantizationConfig:
    """Static quantization: activations uint8, weights int8 per channel, ranges by minimum and maximum.

    Only convolutions are quantized: the head and the distance behind them stay float32.
    Seven-bit weights (reduce_range) keep the sum of two products, at most 2 * 255 * 64, inside the 16 bits
    that AVX2 adds up in without VNNI: the same answer on every x86-64, at no measured cost in accuracy.
    Source: onnxruntime documentation, "Quantize ONNX Models", and its integer kernels, which take U8S8 on
    x86-64 and arm64; other pairs leave convolutions in float32.
    """

    activations: str = "uint8"
    weights: str = "int8"
    per_channel: bool = True
    reduce_range: bool = True
    calibration: str = "minmax"

    def settings(self, windows: int) -> dict[str, str | int | float | bool]:
        """Return the settings as the manifest writes them, with the number of calibration windows."""
        return asdict(self) | {"calibration_windows": windows}


class WindowReader(CalibrationDataReader):  # type: ignore[misc]  # onnxruntime has no types
    """Feeds calibration windows float32 [n, C, T] one by one."""

    def __init__(self, name: str, windows: Float32Array) -> None:
        self._name = name
        self._windows: Iterator[Float32Array] = iter(windows)

    def get_next(self) -> dict[str, Float32Array] | None:
        """Return the next window as a batch of one, None after the last."""
        window = next(self._windows, None)
        return None if window is None else {self._name: window[None]}


def quantize(source: Path, calibration: Float32Array, path: Path, config: QuantizationConfig) -> Path:
    """Quantize the float32 model `source` to `path` with calibration windows float32 [n, C, T].

    Raises:
        GateFailed: a convolution of the result does not run in integers.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as directory:
        prepared, raw = Path(directory) / "prepared.onnx", Path(directory) / "raw.onnx"
        # Symbolic shape inference fails on a Concat of two poolings.
        quant_pre_process(source, prepared, skip_symbolic_shape=True)
        _quantize_prepared(prepared, raw, calibration, config)
        path.write_bytes(_finished(onnx.load(raw), onnx.load(source)).SerializeToString())
    require_integer_convolutions(path)
    return path


def _quantize_prepared(source: Path, path: Path, calibration: Float32Array, config: QuantizationConfig) -> None:
    reader = WindowReader(onnx.load(source).graph.input[0].name, calibration)
    quantize_static(
        source,
        path,
        reader,
        quant_format=QuantFormat.QDQ,
        op_types_to_quantize=["Conv", "Relu"],
        per_channel=config.per_channel,
        reduce_range=config.reduce_range,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        calibrate_method=CalibrationMethod.MinMax,
    )


def _finished(model: onnx.ModelProto, source: onnx.ModelProto) -> onnx.ModelProto:
    slim = slimmed(model)
    del slim.metadata_props[:]
    slim.metadata_props.extend(source.metadata_props)
    onnx.checker.check_model(slim, full_check=True)
    return slim


def executed_operators(path: Path) -> Counter[str]:
    """Count the operators onnxruntime really runs after all of its graph optimizations."""
    with TemporaryDirectory() as directory:
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        options.optimized_model_filepath = str(Path(directory) / "optimized.onnx")
        options.log_severity_level = 3
        onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        return Counter(node.op_type for node in onnx.load(options.optimized_model_filepath).graph.node)


def require_integer_convolutions(path: Path) -> None:
    """Check that every convolution runs as QLinearConv.

    Raises:
        GateFailed: some convolutions run in float32 or as the slow ConvInteger, or there are none.
    """
    operators = executed_operators(path)
    floating = sum(count for name, count in operators.items() if "Conv" in name and name != "QLinearConv")
    if floating or not operators["QLinearConv"]:
        raise GateFailed(
            "fully integer", floating, f"0 of {floating + operators['QLinearConv']} convolutions not integer"
        )
