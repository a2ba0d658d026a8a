"""Recordings of Case Western Reserve University's Bearing Data Center: classes, file numbers, .mat files.

Source: Case School of Engineering, "12k Drive End Bearing Fault Data" and "Normal Baseline Data". Files 97 to
100, the normal ones, are sampled at 48 kHz: machine lines that every fault file shows are in them at that rate only.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from scipy.io import loadmat
from scipy.io.matlab import MatReadError
from scipy.signal import decimate

from build_scripts.data.recordings import Recordings, joined, read_recordings
from build_scripts.errors import DataError
from functions.core.preprocessing.arrays import Float32Array

SAMPLE_RATE_HZ = 12000
CLASSES = (
    ("normal", "Normal"),
    ("inner_race_007", "Inner race fault, 0.007 inch"),
    ("inner_race_014", "Inner race fault, 0.014 inch"),
    ("inner_race_021", "Inner race fault, 0.021 inch"),
    ("ball_007", "Ball fault, 0.007 inch"),
    ("ball_014", "Ball fault, 0.014 inch"),
    ("ball_021", "Ball fault, 0.021 inch"),
    ("outer_race_007", "Outer race fault, 0.007 inch"),
    ("outer_race_014", "Outer race fault, 0.014 inch"),
    ("outer_race_021", "Outer race fault, 0.021 inch"),
)
NORMAL = 0
# The first file of each class, in label order: the loads 0, 1, 2 and 3 hp follow one another.
FIRST_FILES = (97, 105, 169, 209, 118, 185, 222, 130, 197, 234)
LOADS_HP = (0, 1, 2, 3)
# Approximate motor speed at each load, as the university states it.
SHAFT_SPEED_RPM = (1797.0, 1772.0, 1750.0, 1730.0)
FILES: Mapping[int, tuple[int, int]] = {
    first + load: (label, load) for label, first in enumerate(FIRST_FILES) for load in LOADS_HP
}
NORMAL_DECIMATION = 4


def required_folder(folder: Path | None) -> Path:
    """Return the folder of recordings that a command was given.

    Raises:
        DataError: it was given none.
    """
    if folder is None:
        raise DataError("This model's recordings do not come with the project: name their folder with --data DIR.")
    return folder


def read_folder(folder: Path) -> Recordings:
    """Read every recording of a folder: .npz files of the form of data/cwru, or else the university's .mat files.

    Raises:
        DataError: the folder has no such file, or a file is not of its form.
    """
    if archives := sorted(folder.glob("*.npz")):
        return joined([read_recordings(path) for path in archives])
    numbered = {int(path.stem): path for path in folder.glob("*.mat") if path.stem.isdecimal()}
    known = sorted(FILES.keys() & numbered.keys())
    if not known:
        raise DataError(f"{folder} has neither .npz files nor .mat files named by the university's numbers (97.mat).")
    label, load_hp = np.array([FILES[number] for number in known], np.int64).T
    return Recordings(
        signals=tuple(read_mat_recording(numbered[number], number) for number in known),
        label=label,
        load_hp=load_hp,
        file_id=np.array(known, np.int64),
        sample_rate_hz=float(SAMPLE_RATE_HZ),
        class_names=tuple(identifier for identifier, _ in CLASSES),
    )


def read_mat_recording(path: Path, number: int) -> Float32Array:
    """Read the drive-end signal of file `number` as float32 [N] in g at 12 kHz; normal ones are decimated by 4.

    Raises:
        DataError: it is no MATLAB file, or has no drive-end signal of that number.
    """
    try:
        content: Mapping[str, Any] = loadmat(str(path))
    except (MatReadError, ValueError, TypeError, NotImplementedError, EOFError) as error:
        raise DataError(f"{path} is not a readable MATLAB file; fetch it anew.") from error
    # Some files carry a second recording beside their own (99.mat has X098): the number decides.
    name = f"X{number:03d}_DE_time"
    if name not in content:
        raise DataError(f"{path} has no variable {name}.")
    samples = np.asarray(content[name], np.float64).ravel()
    if FILES[number][0] == NORMAL:
        samples = decimate(samples, NORMAL_DECIMATION, ftype="fir", zero_phase=True)
    return samples.astype(np.float32)
