from pathlib import Path

import numpy as np
import onnx
import pytest
from onnxruntime.quantization import CalibrationMethod, create_calibrator

from build_scripts.errors import QuantizationError
from build_scripts.export.passes.session import session
from build_scripts.quantization.calibration import (
    ENTROPY_BINS,
    PERCENTILE_BINS,
    WindowReader,
    calibrated_ranges,
    calibration_method,
    checked_windows,
)
from build_scripts.quantization.layers import prepared
from functions.core.preprocessing.arrays import Float32Array

BINS = {CalibrationMethod.Percentile: PERCENTILE_BINS, CalibrationMethod.Entropy: ENTROPY_BINS}


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


@pytest.mark.parametrize("method", [CalibrationMethod.Percentile, CalibrationMethod.Entropy])
def test_thresholds_are_those_of_all_windows_at_once(
    method: CalibrationMethod, fp32: Path, windows: Float32Array, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ready = prepared(fp32, tmp_path)
    found = calibrated_ranges(ready, tmp_path / "kept", windows, method, ["Conv", "Relu"])
    calibrator = create_calibrator(
        ready, ["Conv", "Relu"], str(tmp_path / "augmented.onnx"), method, extra_options=BINS[method]
    )
    # One thread: two that wait for each other by spinning take minutes beside other work.
    calibrator.infer_session = session(onnx.load(tmp_path / "augmented.onnx"))
    calibrator.collect_data(WindowReader("signal", windows))
    expected = calibrator.compute_data()
    capsys.readouterr()
    assert set(found.keys()) == set(expected.keys())
    for name, one in expected.items():
        step = float(np.ptp(one.range_value)) / 512
        np.testing.assert_allclose(found[name].range_value, one.range_value, atol=step, err_msg=name)


def test_a_quiet_first_window_leaves_the_bins_as_they_are(fp32: Path, windows: Float32Array, tmp_path: Path) -> None:
    quiet = windows.copy()
    # With bins as fine as this window asks for the others would need a thousand million of them.
    quiet[0] *= 1e-9
    ready, method = prepared(fp32, tmp_path), CalibrationMethod.Percentile
    found = calibrated_ranges(ready, tmp_path / "quiet", quiet, method, ["Conv", "Relu"])
    loud = calibrated_ranges(ready, tmp_path / "loud", windows, method, ["Conv", "Relu"])
    assert set(found.keys()) == set(loud.keys())
    for name, one in loud.items():
        np.testing.assert_allclose(found[name].range_value, one.range_value, rtol=0.05, atol=1e-3, err_msg=name)


def test_ranges_that_are_kept_are_not_found_again(fp32: Path, windows: Float32Array, tmp_path: Path) -> None:
    ready, kept = prepared(fp32, tmp_path), tmp_path / "kept"
    method = CalibrationMethod.MinMax
    first = calibrated_ranges(ready, kept, windows, method, ["Conv"])
    again = calibrated_ranges(ready, kept, 10 * windows, method, ["Gemm"])
    assert {name: one.range_value for name, one in again.items()} == {
        name: one.range_value for name, one in first.items()
    }


@pytest.mark.parametrize("method", [CalibrationMethod.Percentile, CalibrationMethod.Entropy])
def test_a_graph_without_these_operators_is_refused(
    method: CalibrationMethod, fp32: Path, windows: Float32Array, tmp_path: Path
) -> None:
    with pytest.raises(QuantizationError, match="has no tensor of Softmax to calibrate"):
        calibrated_ranges(prepared(fp32, tmp_path), tmp_path / "kept", windows, method, ["Softmax"])


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(QuantizationError, match="no calibration 'mean'; there are minmax, entropy, percentile"):
        calibration_method("mean")


def test_the_reader_feeds_one_window_at_a_time() -> None:
    reader = WindowReader("signal", np.arange(6, dtype=np.float32).reshape(2, 1, 3))
    first, second, end = reader.get_next(), reader.get_next(), reader.get_next()
    assert first is not None
    assert second is not None
    assert (first["signal"].tolist(), second["signal"].tolist(), end) == ([[[0, 1, 2]]], [[[3, 4, 5]]], None)
