"""The float16 variant for GPUs: made, judged on the CPU by what a GPU would store, timed where there is a GPU."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import onnxruntime

from build_scripts.data.records import LabelledRecords
from build_scripts.errors import GateFailed, QuantizationError
from build_scripts.evidence.calibrate import Calibration
from build_scripts.evidence.measure import accuracy
from build_scripts.measuring.gates import (
    MAX_ACCURACY_DROP,
    MIN_AGREEMENT,
    MIN_SPEEDUP,
    Accuracy,
    require_at_least,
    require_at_most,
)
from build_scripts.measuring.latency import Rounds, interleaved
from build_scripts.measuring.outputs import RecordOutputs, agreement, run_records
from build_scripts.networks.conditions import rows_of
from build_scripts.quantization.half import quantize_to_half
from build_scripts.quantization.half_rounded import rounded_model
from functions.core.errors import ModelUnavailableError
from functions.core.models.engine import OnnxEngine
from functions.core.preprocessing.arrays import Float32Array

CUDA = "CUDAExecutionProvider"
ROUNDS = Rounds(count=20, calls=10)
# Windows of a timed call: a GPU gains by many at once.
BATCH = 32


@dataclass(frozen=True)
class HalfPrecision:
    """Figures of the float16 variant, on the records that the gates were tried on last.

    accuracy, agreement with float32 in [0, 1] and the logits' largest difference: on the CPU, every stored value
    rounded to float16. size_ratio of the file; speedup over float32 on a GPU, None where there is none. refused: why
    the package is without it, None where it has it. Figures are None where they could not be had.
    """

    refused: str | None = None
    accuracy: Accuracy | None = None
    agreement: float | None = None
    max_abs_difference: float | None = None
    size_ratio: float | None = None
    speedup: float | None = None


@dataclass(frozen=True)
class Trial:
    """The material of a trial of float16: the float32 file, sets of records by name, and how they are joined.

    The figures are those of the last set, the unseen one.
    """

    fp32: Path
    records: Mapping[str, LabelledRecords]
    window: int
    calibration: Calibration


def try_half(trial: Trial, path: Path) -> HalfPrecision:
    """Make the float16 variant at `path` and measure it; a gate that it misses is a reason, not an error."""
    try:
        quantize_to_half(trial.fp32, path)
        rounded = OnnxEngine(rounded_model(path.read_bytes()))
    except (QuantizationError, ModelUnavailableError) as error:
        return HalfPrecision(refused=f"it cannot be made: {' '.join(str(error).split())[:200].removesuffix('.')}")
    found = HalfPrecision(size_ratio=path.stat().st_size / trial.fp32.stat().st_size)
    for name, records in trial.records.items():
        wanted = run_records(OnnxEngine(trial.fp32), records, trial.window, "fp32")
        found = _judged(found, wanted, run_records(rounded, records, trial.window, "fp16"), trial.calibration)
        if found.refused is not None:
            return replace(found, refused=f"{found.refused} ({name} records)")
    return _timed(found, trial, path)


def _judged(
    found: HalfPrecision, wanted: RecordOutputs, given: RecordOutputs, calibration: Calibration
) -> HalfPrecision:
    """Return the figures of one set of records, with the gate that they miss."""
    logits = given.window_logits
    if lost := int((~np.isfinite(logits)).any(axis=1).sum()):
        return replace(found, refused=f"float16 overflows: {lost} of {len(logits)} windows have no finite logits")
    found = replace(
        found,
        accuracy=accuracy(given, calibration),
        agreement=agreement(wanted, given),
        max_abs_difference=float(np.abs(wanted.window_logits - logits).max()),
    )
    return replace(found, refused=_missed_gate(found, accuracy(wanted, calibration)))


def _missed_gate(found: HalfPrecision, fp32: Accuracy) -> str | None:
    assert found.accuracy is not None  # noqa: S101 - measured by the only caller; mypy cannot see it
    assert found.agreement is not None  # noqa: S101
    try:
        require_at_most("float16 record accuracy drop", fp32.record - found.accuracy.record, MAX_ACCURACY_DROP)
        require_at_most("float16 window accuracy drop", fp32.window - found.accuracy.window, MAX_ACCURACY_DROP)
        require_at_least("float16 argmax agreement", found.agreement, MIN_AGREEMENT)
    except GateFailed as error:
        return str(error).removesuffix(".")
    return None


def _timed(found: HalfPrecision, trial: Trial, path: Path) -> HalfPrecision:
    records = next(iter(trial.records.values()))
    windows = np.repeat(records.windows(0, trial.window)[:1], BATCH, axis=0)
    rows = None if records.conditions is None else rows_of(records.conditions[0], BATCH)
    speedup = gpu_speedup(trial.fp32, path, windows, rows)
    found = replace(found, speedup=speedup)
    if speedup is not None and speedup < MIN_SPEEDUP:
        return replace(found, refused=f"speed {speedup:.2f} of float32's on this machine's GPU")
    return found


def gpu_speedup(fp32: Path, half: Path, windows: Float32Array, conditions: Float32Array | None = None) -> float | None:
    """Return the float32 median latency over the float16 one on windows float32 [B, C, T], None without a GPU.

    A model of conditions of operation is run with them, float32 [B, K].
    """
    if CUDA not in onnxruntime.get_available_providers():
        return None
    sessions = {name: _on_gpu(path) for name, path in (("fp32", fp32), ("fp16", half))}
    if any(session.get_providers()[0] != CUDA for session in sessions.values()):
        return None
    given = [windows] if conditions is None else [windows, conditions]
    calls = {
        name: partial(one.run, None, {value.name: array for value, array in zip(one.get_inputs(), given, strict=True)})
        for name, one in sessions.items()
    }
    latencies = interleaved(calls, ROUNDS)
    return latencies["fp32"].p50_ms / latencies["fp16"].p50_ms


def _on_gpu(path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    # As the container serves: TensorFloat-32 would round float32 to ten bits.
    return onnxruntime.InferenceSession(path, options, providers=[(CUDA, {"use_tf32": "0"}), "CPUExecutionProvider"])
