"""The cost of a recording whose shaft speed and bearing are stated: from samples to diagnosis, and its parts."""

from collections.abc import Callable
from dataclasses import asdict

import numpy as np

from build_scripts.measuring.latency import Rounds, interleaved
from build_scripts.measuring.machine import measured_on
from functions.core.bearings.catalogue import find_bearing
from functions.core.bearings.evidence import bearing_evidence
from functions.core.bearings.features import WINDOW_S, fault_line_features
from functions.core.memory import keep_freed_memory
from functions.core.models.options import DiagnosisOptions
from functions.core.models.pipeline import ANY_BEARING, create_diagnoser
from functions.core.preprocessing.signal import Recording
from functions.core.settings import Settings

# The last one is the highest that is accepted.
RATES_HZ = (12_000, 25_600, 51_200, 102_400, 1_000_000)
PARTS = ("diagnosis", "evidence", "evidence_of_fast_shaft", "features")
QUICK, FULL = Rounds(count=3, calls=2), Rounds(count=40, calls=10)
# A 6205 at the speed of the rig that the model's recordings are of.
_SPEED_RPM, _BEARING = 1797.0, "6205"
# At this speed a window has turns enough for the shaft's own lines to be looked for as well.
_FAST_RPM = 3550.0


def benchmark_bearing(quick: bool = False) -> dict[str, object]:
    """Time a recording of one window of noise at several sample rates in turn, in one thread.

    Returns:
        `latency_ms`: by sample rate in Hz, of `diagnosis` from samples on, and of `evidence` (also of a fast
        shaft) and `features` alone; machine and versions.
    """
    # As a server does at its start.
    keep_freed_memory()
    arms = {f"{part} {rate_hz}": arm for rate_hz in RATES_HZ for part, arm in _arms(rate_hz).items()}
    latencies = {name: asdict(latency) for name, latency in interleaved(arms, QUICK if quick else FULL).items()}
    by_rate = {str(rate_hz): {part: latencies[f"{part} {rate_hz}"] for part in PARTS} for rate_hz in RATES_HZ}
    return {"model": ANY_BEARING, "window_s": WINDOW_S, "latency_ms": by_rate, "threads": 1, **measured_on()}


def _arms(rate_hz: int) -> dict[str, Callable[[], object]]:
    """Return the calls that are timed, for a window of noise, by the names of PARTS."""
    samples = np.random.default_rng(0).standard_normal((1, round(WINDOW_S * rate_hz))).astype(np.float32)
    orders = find_bearing(_BEARING).orders()
    row = np.array([[_SPEED_RPM, orders.bpfo, orders.bpfi, orders.bsf, orders.ftf]], np.float32)
    diagnoser = create_diagnoser(Settings(threads=1))
    recording = Recording(samples, rate_hz)
    options = DiagnosisOptions(shaft_speed_rpm=_SPEED_RPM, bearing=_BEARING)
    return {
        "diagnosis": lambda: diagnoser.diagnose(recording, options),
        "evidence": lambda: bearing_evidence(samples, rate_hz, _SPEED_RPM, orders),
        "evidence_of_fast_shaft": lambda: bearing_evidence(samples, rate_hz, _FAST_RPM, orders),
        "features": lambda: fault_line_features(samples[None], row),
    }
