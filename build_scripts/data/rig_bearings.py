"""Recordings of bearings whose geometry is known, from .npz files of Case Western Reserve University's rig."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from build_scripts.data.fault_lines import LineRecords
from build_scripts.data.npz import one_rate, read_arrays, required
from build_scripts.data.recordings import signal_of
from build_scripts.data.simulation.rolling import ELEMENT, INNER, NORMAL, OUTER
from build_scripts.errors import DataError
from functions.core.bearings.evidence import bearing_evidence
from functions.core.bearings.features import WINDOW_S, fault_line_features
from functions.core.bearings.lines import Evidence
from functions.core.bearings.orders import FaultOrders
from functions.core.bearings.speed import refined_speed_rpm
from functions.core.preprocessing.arrays import Float32Array
from functions.core.preprocessing.windowing import cut_windows

ARRAYS = ("names", "label_name", "rpm", "load_hp", "fs")
# Source: Case Western Reserve University Bearing Data Center, "Bearing Information".
DRIVE_END = FaultOrders(bpfo=3.5848, bpfi=5.4152, bsf=4.7135 / 2, ftf=0.39828)
FAN_END = FaultOrders(bpfo=3.0530, bpfi=4.9469, bsf=3.9874 / 2, ftf=0.3817)
_FAULTS: Mapping[str, int] = {"B": ELEMENT, "IR": INNER, "OR": OUTER, "Normal": NORMAL}
# Faults of this rig that leave no line of their own. Source: W. A. Smith and R. B. Randall, "Rolling element bearing
# diagnostics using the Case Western Reserve University data", Mechanical Systems and Signal Processing 64-65 (2015).
_NO_LINE = ("B", "OR014")


@dataclass(frozen=True)
class RigRecording:
    """One recording: samples float32 [N], its class, and what is known of it.

    name: fault, size and position as the rig's files name them; has_line: whether a line of its fault can be seen.
    """

    samples: Float32Array
    sample_rate_hz: float
    name: str
    label: int
    load_hp: int
    rpm: float
    orders: FaultOrders

    @property
    def has_line(self) -> bool:
        """Whether the fault leaves a line that can be seen, or there is no fault."""
        if self.orders == FAN_END:
            return self.label != ELEMENT and "at12" not in self.name and "@12" not in self.name
        return not self.name.startswith(_NO_LINE)

    @property
    def size(self) -> str:
        """Diameter of the fault in mils, three digits; empty for none."""
        return "".join(one for one in self.name.split("at")[0].split("@")[0] if one.isdigit())

    @property
    def conditions(self) -> Float32Array:
        """Shaft speed and orders, float32 [5]."""
        orders = self.orders
        return np.array([self.rpm, orders.bpfo, orders.bpfi, orders.bsf, orders.ftf], np.float32)

    def at_shown_speed(self) -> "RigRecording":
        """Return the recording at the speed that its shaft's own lines show, as the server refines the stated one."""
        return replace(self, rpm=refined_speed_rpm(self.samples[None], self.sample_rate_hz, self.rpm))

    def evidence(self) -> Evidence:
        """Return what its lines show."""
        return bearing_evidence(self.samples[None], self.sample_rate_hz, self.rpm, self.orders)

    def features(self, step_s: float | None = None) -> Float32Array:
        """Return the features of its windows, cut as the server does or every `step_s`: float32 [B, 3, 184]."""
        window = round(WINDOW_S * self.sample_rate_hz)
        if step_s is None:
            windows = cut_windows(self.samples[None], window)
        else:
            starts = range(0, len(self.samples) - window + 1, round(step_s * self.sample_rate_hz))
            windows = np.stack([self.samples[None, start : start + window] for start in starts])
        return fault_line_features(windows, np.tile(self.conditions, (len(windows), 1)))


def read_rig(path: Path) -> list[RigRecording]:
    """Read a file of the form of data/cwru or data/cwru-fan-end; positions of outer-race faults are the fan end's.

    Raises:
        DataError: the file is no .npz, or lacks an array.
    """
    arrays = read_arrays(path)
    required(path, arrays, (*ARRAYS, *(f"sig_{name}" for name in arrays.get("names", ()))))
    # The drive end's set has one position for each fault, and names none.
    fan_end = any("at" in str(name) for name in arrays["names"])
    rate_hz, found = one_rate(path, "fs", arrays["fs"]), []
    for name, kind, rpm, load_hp in zip(*(arrays[one] for one in ARRAYS[:-1]), strict=True):
        label = next((label for prefix, label in _FAULTS.items() if str(kind).startswith(prefix)), None)
        if label is None:
            raise DataError(f"{path}: {str(kind)!r} is no fault of this rig; they are {', '.join(_FAULTS)}.")
        short = str(name).split("_load")[0]
        orders = FAN_END if fan_end else DRIVE_END
        samples = signal_of(path, f"sig_{name}", arrays[f"sig_{name}"])
        found.append(RigRecording(samples, rate_hz, short, label, int(load_hp), float(rpm), orders))
    return found


def lines_of(recordings: Sequence[RigRecording], step_s: float | None = None) -> LineRecords:
    """Return recordings as records of features, each of the windows that the server cuts, or one every `step_s`.

    Raises:
        DataError: there is no recording.
    """
    if not recordings:
        raise DataError("No recording is left to choose from.")
    return LineRecords(
        [one.features(step_s) for one in recordings],
        np.stack([one.conditions for one in recordings]),
        np.array([one.label for one in recordings], np.int64),
        recordings[0].sample_rate_hz,
    )
