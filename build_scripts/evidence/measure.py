"""Measure a quantized model beside its float32 twin: accuracy, agreement, size and speed."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from build_scripts.errors import DataError
from build_scripts.evidence.calibrate import Calibration, join_score
from build_scripts.export.onnx_file import properties, read_model
from build_scripts.measuring.gates import Accuracy, Measurements, Quantized
from build_scripts.measuring.latency import Rounds, interleaved
from build_scripts.measuring.outputs import RecordOutputs, agreement
from build_scripts.quantization.operators import integer_share
from functions.core.models.engine import OnnxEngine
from functions.core.preprocessing.arrays import Float32Array

ROUNDS = Rounds(count=30, calls=10)


@dataclass(frozen=True)
class ModelOutputs:
    """Outputs of both variants for the same records; quantized None where there is no such variant."""

    fp32: RecordOutputs
    quantized: RecordOutputs | None

    @property
    def served(self) -> RecordOutputs:
        """Outputs of the variant that CPUs serve."""
        return self.quantized or self.fp32


@dataclass(frozen=True)
class ModelFiles:
    """The files of both variants, and an input float32 [1, C, window] to time them with.

    conditions: of operation float32 [1, K], where the model takes some.
    """

    fp32: Path
    quantized: Path | None
    example: Float32Array
    conditions: Float32Array | None = None

    @property
    def served(self) -> Path:
        """File of the variant that CPUs serve."""
        return self.quantized or self.fp32


def measure(difference: float, files: ModelFiles, outputs: ModelOutputs, calibration: Calibration) -> Measurements:
    """Measure the figures of the gates, given the export's difference from PyTorch: of float32 and of its variant."""
    quantized = None
    if files.quantized is not None and outputs.quantized is not None:
        quantized = Quantized(
            accuracy=accuracy(outputs.quantized, calibration),
            agreement=agreement(outputs.fp32, outputs.quantized),
            size_ratio=files.quantized.stat().st_size / files.fp32.stat().st_size,
            latency_ratio=latency_ratio(files.fp32, files.quantized, files.example, files.conditions),
            integer_share=integer_share(files.quantized),
        )
    return Measurements(difference, accuracy(outputs.fp32, calibration), quantized)


def accuracy(outputs: RecordOutputs, calibration: Calibration) -> Accuracy:
    """Return the share of windows right, and of records right when joined by the calibration's rule."""
    joined = join_score(outputs.probabilities(calibration.temperature), outputs.label, calibration.join)
    return Accuracy(record=joined.accuracy, window=outputs.window_accuracy)


def latency_ratio(fp32: Path, int8: Path, example: Float32Array, conditions: Float32Array | None = None) -> float:
    """Return the float32 median latency over the int8 one, one thread, timed in turn on one window."""
    engines = {"fp32": OnnxEngine(fp32), "int8": OnnxEngine(int8)}
    latencies = interleaved(
        {name: partial(engine.run, example, conditions) for name, engine in engines.items()}, ROUNDS
    )
    return latencies["fp32"].p50_ms / latencies["int8"].p50_ms


def onnx_property(path: Path, key: str) -> str:
    """Return a metadata property of an ONNX file.

    Raises:
        FileNotFoundError: there is no such file.
        DataError: it is no ONNX file, or lacks the property.
    """
    known = properties(read_model(path))
    if key not in known:
        raise DataError(f"{path} has no property {key!r}; take a file that this project exported.")
    return known[key]
