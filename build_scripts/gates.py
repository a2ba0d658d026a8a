"""The gates: what a quantized model must prove before it is packaged."""

from __future__ import annotations

from dataclasses import dataclass

from build_scripts.errors import GateFailed

MAX_EXPORT_DIFFERENCE = 1e-4
MAX_ACCURACY_DROP = 0.005
MIN_AGREEMENT = 0.99
MAX_SIZE_RATIO = 0.35
MIN_SPEEDUP = 1.0


@dataclass(frozen=True)
class Accuracy:
    """Share of records and of windows right, in [0, 1]."""

    record: float
    window: float


@dataclass(frozen=True)
class Measurements:
    """What was measured of a float32 model and its int8 variant on the same unseen records.

    agreement is the share of windows both name alike; sizes in bytes; latency_ratio is the float32
    median over the int8 median, timed in turn.
    """

    export_max_abs_difference: float
    fp32: Accuracy
    int8: Accuracy
    agreement: float
    fp32_bytes: int
    int8_bytes: int
    latency_ratio: float

    @property
    def size_ratio(self) -> float:
        """Size of the int8 file over the float32 file."""
        return self.int8_bytes / self.fp32_bytes


def check_gates(measured: Measurements) -> Measurements:
    """Return the measurements if they pass every gate.

    That every convolution is integer is held by `build_scripts.quantize` itself.

    Raises:
        GateFailed: the first gate that fails, with the figure and its limit.
    """
    require_at_most("export max abs difference", measured.export_max_abs_difference, MAX_EXPORT_DIFFERENCE)
    require_at_most("int8 record accuracy drop", measured.fp32.record - measured.int8.record, MAX_ACCURACY_DROP)
    require_at_most("int8 window accuracy drop", measured.fp32.window - measured.int8.window, MAX_ACCURACY_DROP)
    require_at_least("int8 argmax agreement", measured.agreement, MIN_AGREEMENT)
    require_at_most("int8 size ratio", measured.size_ratio, MAX_SIZE_RATIO)
    require_at_least("int8 speed over float32", measured.latency_ratio, MIN_SPEEDUP)
    return measured


def require_at_most(gate: str, measured: float, limit: float) -> None:
    """Check `measured <= limit`; not a number fails.

    Raises:
        GateFailed: it is above.
    """
    if not measured <= limit:
        raise GateFailed(gate, measured, f"<= {limit:g}")


def require_at_least(gate: str, measured: float, limit: float) -> None:
    """Check `measured >= limit`; not a number fails.

    Raises:
        GateFailed: it is below.
    """
    if not measured >= limit:
        raise GateFailed(gate, measured, f">= {limit:g}")
