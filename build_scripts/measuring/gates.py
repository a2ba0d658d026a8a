"""The gates: what a quantized model must prove before it is packaged."""

from dataclasses import dataclass

from build_scripts.errors import GateFailed

MAX_EXPORT_DIFFERENCE = 1e-4
MAX_ACCURACY_DROP = 0.005
MIN_AGREEMENT = 0.99
MIN_SPEEDUP = 1.0
# Those that a quantized variant may miss; float32 alone has none of them.
QUANTIZED_GATES = (
    "int8 record accuracy drop",
    "int8 window accuracy drop",
    "int8 argmax agreement",
    "int8 speed over float32",
)


@dataclass(frozen=True)
class Accuracy:
    """Share of records and of windows right, in [0, 1]."""

    record: float
    window: float


@dataclass(frozen=True)
class Quantized:
    """Figures of an int8 variant beside its float32 twin.

    agreement is the share of windows both name alike; latency_ratio is the float32 median over the int8 median, timed
    in turn. Two figures decide nothing: size_ratio of the files, and integer_share, the share of the operators that
    carry the work which run in integers, in [0, 1].
    """

    accuracy: Accuracy
    agreement: float
    size_ratio: float
    latency_ratio: float
    integer_share: float


@dataclass(frozen=True)
class Measurements:
    """Figures of a float32 model and its int8 variant, if it has one, on the same unseen records."""

    export_max_abs_difference: float
    fp32: Accuracy
    int8: Quantized | None


def check_gates(measured: Measurements) -> Measurements:
    """Return the measurements if they pass every gate.

    Raises:
        GateFailed: the first gate that fails, with the figure and its limit.
    """
    require_at_most("export max abs difference", measured.export_max_abs_difference, MAX_EXPORT_DIFFERENCE)
    if measured.int8 is not None:
        _check_quantized(measured.fp32, measured.int8)
    return measured


def _check_quantized(fp32: Accuracy, int8: Quantized) -> None:
    record_drop, window_drop, agreement, speed = QUANTIZED_GATES
    require_at_most(record_drop, fp32.record - int8.accuracy.record, MAX_ACCURACY_DROP)
    require_at_most(window_drop, fp32.window - int8.accuracy.window, MAX_ACCURACY_DROP)
    require_at_least(agreement, int8.agreement, MIN_AGREEMENT)
    require_at_least(speed, int8.latency_ratio, MIN_SPEEDUP)


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
