"""Calibration: the windows that set the ranges of activations, checked before they do."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, create_calibrator
from onnxruntime.quantization.calibrate import save_tensors_data

from build_scripts.errors import QuantizationError
from functions.core.preprocessing.arrays import Float32Array

CALIBRATIONS = {
    "minmax": CalibrationMethod.MinMax,
    "entropy": CalibrationMethod.Entropy,
    "percentile": CalibrationMethod.Percentile,
}

# Bins of the histogram and of what it is compared with. onnxruntime's default is 128 of both, which leaves
# nothing to cut off: the ranges of minmax under another name. Source: its get_entropy_threshold.
ENTROPY_BINS = {"num_bins": 1024, "num_quantized_bins": 128}


class WindowReader(CalibrationDataReader):  # type: ignore[misc]  # onnxruntime has no types
    """Feeds calibration windows float32 [n, C, T] one by one."""

    def __init__(self, name: str, windows: Float32Array) -> None:
        self._name = name
        self._windows: Iterator[Float32Array] = iter(windows)

    def get_next(self) -> dict[str, Float32Array] | None:
        """Return the next window as a batch of one, None after the last."""
        window = next(self._windows, None)
        return None if window is None else {self._name: window[None]}


def calibration_method(name: str) -> CalibrationMethod:
    """Return onnxruntime's method of a name: minmax, entropy or percentile.

    Raises:
        QuantizationError: there is no such method.
    """
    if name not in CALIBRATIONS:
        raise QuantizationError(f"There is no calibration {name!r}; there are {', '.join(CALIBRATIONS)}.")
    return CALIBRATIONS[name]


def calibrated_ranges(
    source: Path, path: Path, windows: Float32Array, method: CalibrationMethod, operators: list[str]
) -> Path:
    """Write the range of every tensor around `operators`, found with windows float32 [n, C, T], and return the path."""
    reader = WindowReader(onnx.load(source).graph.input[0].name, windows)
    augmented = str(path.with_suffix(".augmented.onnx"))
    settings = ENTROPY_BINS if method is CalibrationMethod.Entropy else {}
    calibrator = create_calibrator(source, operators, augmented, method, extra_options=settings)
    calibrator.collect_data(reader)
    save_tensors_data(calibrator.compute_data(), path)
    return path


def checked_windows(windows: Float32Array, model: onnx.ModelProto) -> Float32Array:
    """Return calibration windows that fit the input of a model.

    Raises:
        QuantizationError: there are none, or they have another dtype or shape, or hold NaN or infinity.
    """
    expected = _input_shape(model)
    if len(windows) == 0:
        raise QuantizationError("Calibration needs at least one window.")
    if windows.dtype != np.float32:
        raise QuantizationError(f"Calibration windows must be float32, not {windows.dtype}.")
    if not _fits(windows.shape, expected):
        raise QuantizationError(f"Calibration windows are {list(windows.shape)}; the model takes {expected}.")
    finite = np.isfinite(windows).reshape(len(windows), -1).all(axis=1)
    if not finite.all():
        raise QuantizationError(
            f"{int((~finite).sum())} of {len(windows)} calibration windows hold NaN or infinity, "
            f"window {int(finite.argmin())} first."
        )
    return windows


def _input_shape(model: onnx.ModelProto) -> list[int | str]:
    dimensions = model.graph.input[0].type.tensor_type.shape.dim
    return [dimension.dim_value or dimension.dim_param or "?" for dimension in dimensions]


def _fits(shape: tuple[int, ...], expected: list[int | str]) -> bool:
    pairs = zip(shape[1:], expected[1:], strict=False)
    return len(shape) == len(expected) and all(isinstance(want, str) or have == want for have, want in pairs)
