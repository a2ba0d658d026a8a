"""Calibration: the windows that set the ranges of activations, checked before they do."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, create_calibrator
from onnxruntime.quantization.calibrate import (
    CalibraterBase,
    HistogramCalibrater,
    HistogramCollector,
    TensorData,
    TensorsData,
    load_tensors_data,
    save_tensors_data,
)

from build_scripts.errors import QuantizationError
from functions.core.models.manifest import CONDITIONS
from functions.core.preprocessing.arrays import Float32Array

CALIBRATIONS = {
    "minmax": CalibrationMethod.MinMax,
    "entropy": CalibrationMethod.Entropy,
    "percentile": CalibrationMethod.Percentile,
}

# Bins of the histogram and of what it is compared with. onnxruntime's default is 128 of both, which leaves
# nothing to cut off: the ranges of minmax under another name. Source: its get_entropy_threshold.
ENTROPY_BINS = {"num_bins": 1024, "num_quantized_bins": 128}
PERCENTILE_BINS = {"num_bins": 2048}

# Windows float32 [n, C, T], and their conditions of operation float32 [n, K], None without any.
Given = tuple[Float32Array, Float32Array | None]


class WindowReader(CalibrationDataReader):  # type: ignore[misc]  # onnxruntime has no types
    """Feeds calibration windows float32 [n, C, T] one by one, and their conditions float32 [n, K] if there are any."""

    def __init__(self, name: str, windows: Float32Array, conditions: Float32Array | None = None) -> None:
        self._inputs = {name: windows} | ({} if conditions is None else {CONDITIONS: conditions})
        self._next = 0

    def get_next(self) -> dict[str, Float32Array] | None:
        """Return the next window as a batch of one, None after the last."""
        place, self._next = self._next, self._next + 1
        given = {name: values[place : place + 1] for name, values in self._inputs.items()}
        return given if all(map(len, given.values())) else None


def calibration_method(name: str) -> CalibrationMethod:
    """Return onnxruntime's method of a name: minmax, entropy or percentile.

    Raises:
        QuantizationError: there is no such method.
    """
    if name not in CALIBRATIONS:
        raise QuantizationError(f"There is no calibration {name!r}; there are {', '.join(CALIBRATIONS)}.")
    return CALIBRATIONS[name]


def calibrated_ranges(
    source: Path,
    folder: Path,
    windows: Float32Array,
    method: CalibrationMethod,
    operators: Sequence[str],
    conditions: Float32Array | None = None,
) -> TensorsData:
    """Return the range of every tensor around `operators`, found with windows float32 [n, C, T].

    A model of conditions of operation is run with those of the windows, float32 [n, K].

    Ranges are kept in `folder`, and those that are there are taken: the folder belongs to one model and its windows.
    """
    folder.mkdir(exist_ok=True)
    limits = _kept(folder / "minmax", lambda: _limits(source, folder, (windows, conditions)))
    if method is CalibrationMethod.MinMax:
        return limits
    name = f"{method.name.lower()}-{'-'.join(operators)}"
    return _kept(folder / name, lambda: _thresholds(source, folder, (windows, conditions), method, operators, limits))


def _kept(path: Path, found: Callable[[], TensorsData]) -> TensorsData:
    if not path.exists():
        save_tensors_data(found(), path)
    return load_tensors_data(path)


def _limits(source: Path, folder: Path, given: Given) -> TensorsData:
    """Return the smallest and the largest value of every float32 tensor."""
    calibrator = create_calibrator(source, None, str(folder / "augmented.onnx"), CalibrationMethod.MinMax)
    _patient(calibrator)
    calibrator.collect_data(WindowReader(_input_name(source), *given))
    return calibrator.compute_data()


def _thresholds(
    source: Path,
    folder: Path,
    given: Given,
    method: CalibrationMethod,
    operators: Sequence[str],
    limits: TensorsData,
) -> TensorsData:
    """Return the thresholds that a method finds in a histogram of every tensor around `operators`.

    Windows are counted one by one in histograms that reach as far as the limits: all tensors of all windows at once
    would be gigabytes on long windows, and a histogram that grows with every louder window has bins without bound.
    """
    bins = ENTROPY_BINS if method is CalibrationMethod.Entropy else PERCENTILE_BINS
    augmented = str(folder / "augmented.onnx")
    calibrator = create_calibrator(source, list(operators), augmented, method, extra_options=bins)
    if not calibrator.tensors_to_calibrate:
        raise QuantizationError(f"{source.name} has no tensor of {', '.join(operators)} to calibrate.")
    _patient(calibrator)
    reach = {name: limits[name] for name in sorted(calibrator.tensors_to_calibrate)}
    calibrator.collector = _empty_histograms(calibrator, reach)
    name, (windows, conditions) = _input_name(source), given
    for place in range(len(windows)):
        rows = None if conditions is None else conditions[place : place + 1]
        calibrator.collect_data(WindowReader(name, windows[place : place + 1], rows))
    return calibrator.compute_data()


def _patient(calibrator: CalibraterBase) -> None:
    """Let the threads of the calibrator's model wait without spinning, which is 50 times slower beside other work.

    Their number stays onnxruntime's own, on which the last bits of a convolution depend.
    """
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    path = calibrator.augmented_model_path
    calibrator.infer_session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def _empty_histograms(calibrator: HistogramCalibrater, reach: Mapping[str, TensorData]) -> HistogramCollector:
    """Return a collector of empty histograms, each as wide as the known range of its tensor."""
    collector = HistogramCollector(
        method=calibrator.method,
        symmetric=calibrator.symmetric,
        num_bins=calibrator.num_bins,
        num_quantized_bins=calibrator.num_quantized_bins,
        percentile=calibrator.percentile,
        scenario=calibrator.scenario,
    )
    counts = np.zeros(calibrator.num_bins, np.int64)
    for name, one in reach.items():
        lowest, highest = (np.float32(np.ravel(value)[0]) for value in one.range_value)
        largest = max(abs(lowest), abs(highest))
        # Percentiles are those of absolute values; entropy is that of both signs.
        start = np.float32(0) if calibrator.symmetric else -largest
        edges = np.linspace(start, largest, calibrator.num_bins + 1, dtype=np.float32)
        kept = (counts, edges, lowest, highest)
        collector.histogram_dict[name] = kept if calibrator.symmetric else (*kept, largest)
    return collector


def checked_windows(
    windows: Float32Array, model: onnx.ModelProto, conditions: Float32Array | None = None
) -> Float32Array:
    """Return calibration windows that fit the input of a model, and their conditions its second input, if it has one.

    Raises:
        QuantizationError: there are none, or they have another dtype or shape, or hold NaN or infinity.
    """
    signal, *others = model.graph.input
    expected = _input_shape(signal)
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
    given = [] if conditions is None else [list(conditions.shape)]
    wanted = [[len(windows), *_input_shape(one)[1:]] for one in others]
    if given != wanted:
        raise QuantizationError(
            f"Conditions of the calibration windows are {given[0] if given else 'missing'};"
            f" the model takes {wanted[0] if wanted else 'none'}."
        )
    return windows


def _input_name(source: Path) -> str:
    return str(onnx.load(source).graph.input[0].name)


def _input_shape(value: onnx.ValueInfoProto) -> list[int | str]:
    dimensions = value.type.tensor_type.shape.dim
    return [dimension.dim_value or dimension.dim_param or "?" for dimension in dimensions]


def _fits(shape: tuple[int, ...], expected: list[int | str]) -> bool:
    pairs = zip(shape[1:], expected[1:], strict=False)
    return len(shape) == len(expected) and all(isinstance(want, str) or have == want for have, want in pairs)
