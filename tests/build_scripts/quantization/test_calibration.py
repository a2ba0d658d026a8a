from pathlib import Path

import numpy as np
import onnx
import pytest

from build_scripts.errors import QuantizationError
from build_scripts.quantization.calibration import WindowReader, calibration_method, checked_windows
from functions.core.preprocessing.arrays import Float32Array


def with_nan(windows: Float32Array) -> Float32Array:
    spoilt = windows.copy()
    spoilt[[2, 4], 0, 7] = (np.nan, np.inf)
    return spoilt


def test_good_windows_pass_unchanged(fp32: Path, windows: Float32Array) -> None:
    assert checked_windows(windows, onnx.load(fp32)) is windows


def test_no_windows_are_refused(fp32: Path, windows: Float32Array) -> None:
    with pytest.raises(QuantizationError, match=r"^Calibration needs at least one window\.$"):
        checked_windows(windows[:0], onnx.load(fp32))


def test_another_dtype_is_refused(fp32: Path, windows: Float32Array) -> None:
    with pytest.raises(QuantizationError, match="must be float32, not float64"):
        checked_windows(windows.astype(np.float64), onnx.load(fp32))


@pytest.mark.parametrize("shape", [(12, 2, 1024), (12, 2048), (12, 1, 1, 2048)])
def test_another_shape_is_refused(shape: tuple[int, ...], fp32: Path) -> None:
    with pytest.raises(QuantizationError, match=r"windows are \[12, .*; the model takes \[.*, 1, .*\]"):
        checked_windows(np.zeros(shape, np.float32), onnx.load(fp32))


def test_what_is_not_finite_is_counted(fp32: Path, windows: Float32Array) -> None:
    with pytest.raises(QuantizationError, match=r"^2 of 12 calibration windows hold NaN or infinity, window 2 first"):
        checked_windows(with_nan(windows), onnx.load(fp32))


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(QuantizationError, match="no calibration 'mean'; there are minmax, entropy, percentile"):
        calibration_method("mean")


def test_the_reader_feeds_one_window_at_a_time() -> None:
    reader = WindowReader({"signal": np.arange(6, dtype=np.float32).reshape(2, 1, 3)})
    first, second, end = reader.get_next(), reader.get_next(), reader.get_next()
    assert first is not None
    assert second is not None
    assert (first["signal"].tolist(), second["signal"].tolist(), end) == ([[[0, 1, 2]]], [[[3, 4, 5]]], None)
