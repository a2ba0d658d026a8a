"""Preparation of an engine's input from windows of samples, by the preprocessing that the manifest names."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from functions.core.errors import ConditionMissingError, PalierError
from functions.core.models.manifest import FAULT_LINES, Manifest
from functions.core.preprocessing.arrays import Float32Array, WholeSpectrum
from functions.core.preprocessing.resampling import resample
from functions.core.preprocessing.windowing import cut_windows

if TYPE_CHECKING:
    from functions.core.bearings.lines import Evidence


def window_samples(manifest: Manifest, sample_rate_hz: float) -> int:
    """Return the samples of a window at a recording's own rate, at which `fault-lines` alone cuts windows."""
    return round(manifest.input.window * sample_rate_hz / manifest.input.sample_rate_hz)


def input_rows(
    windows: Float32Array, conditions: Float32Array | None, manifest: Manifest, whole: WholeSpectrum | None = None
) -> Float32Array:
    """Return the engine's input for windows.

    Args:
        windows: float32 [B, C, T], at the model's rate or, for `fault-lines`, at any.
        conditions: of operation, float32 [B, K] in the order of the manifest; None where the model takes none.
        manifest: of the model.
        whole: for the spectrum of a single window that is a whole recording, where others need it as well.

    Returns:
        float32 [B, C, T], the windows themselves; for `fault-lines` the features of each, float32 [B, 3, 184].

    Raises:
        ConditionMissingError: the features need conditions and there are none.
    """
    if manifest.preprocessing.id != FAULT_LINES:
        return windows
    # Late: one model alone needs it.
    from functions.core.bearings.features import fault_line_features

    if conditions is None:
        raise ConditionMissingError("The model reads the lines of a bearing: send its conditions.", field="conditions")
    return fault_line_features(windows, conditions, whole)


def window_evidence(
    windows: Float32Array, conditions: Float32Array | None, manifest: Manifest, field: str
) -> "list[Evidence] | None":
    """Return the evidence of each of some windows; None where the model reads no lines.

    Their conditions come as a tensor, and are held to what the options of a recording are held to.

    Args:
        windows: float32 [B, C, T], finite, at the model's rate.
        conditions: in the order of the manifest, within its ranges, float32 [B, K]; None where the model takes none.
        manifest: of the model.
        field: where they stand, for the error.

    Raises:
        BearingContradictsError, InvalidOptionError: a row has orders of no bearing.
        FaultFrequencyError, TooFewTurnsError, ShaftSpeedContradictsError: as `bearing_evidence`.
    """
    if conditions is None or manifest.preprocessing.id != FAULT_LINES:
        return None
    from functions.core.bearings.evidence import bearing_evidence, check_resolved
    from functions.core.bearings.stated import ORDER_NAMES, orders_by_hand

    rate_hz = manifest.input.sample_rate_hz
    try:
        stated = [(row[0], orders_by_hand(dict(zip(ORDER_NAMES, row[1:], strict=True)))) for row in conditions.tolist()]
        for speed_rpm, orders in stated:
            check_resolved(windows.shape[-1] / rate_hz, rate_hz, speed_rpm, orders)
        return [bearing_evidence(one, rate_hz, *known) for one, known in zip(windows, stated, strict=True)]
    except PalierError as error:
        error.field = field
        raise


def rows_of_recording(
    samples: Float32Array,
    sample_rate_hz: float,
    manifest: Manifest,
    conditions: Mapping[str, float] | None,
    whole: WholeSpectrum | None = None,
) -> Float32Array:
    """Return the engine's input for a recording, float32 [B, C, T].

    Args:
        samples: float32 [C, N], at least a window long.
        sample_rate_hz: of the samples.
        manifest: of the model.
        conditions: of operation, in the order of the manifest; None where the model takes none.
        whole: of the same recording, in any unit.

    Raises:
        ConditionMissingError: as `input_rows`.
    """
    spec = manifest.input
    if manifest.preprocessing.id != FAULT_LINES:
        return cut_windows(resample(samples, sample_rate_hz, spec.sample_rate_hz), spec.window)
    from functions.core.models.conditions import condition_rows

    windows = cut_windows(samples, window_samples(manifest, sample_rate_hz))
    rows = None if conditions is None else condition_rows(conditions, len(windows))
    return input_rows(windows, rows, manifest, whole if len(windows) == 1 else None)
