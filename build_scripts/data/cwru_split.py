"""The split of the university's recordings for weights, calibration and test.

Test is load 3, and of the normal recordings the one at load 2; nothing else is made of them. The weights are
fitted to all others. The calibration is fitted to the outputs, on one load, of networks trained without that load, each
of the loads 0, 1 and 2 in turn; the one normal recording among these is cut, its last fifth held out each time.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from build_scripts.data.cwru import NORMAL, read_folder
from build_scripts.data.recordings import Recordings
from functions.core.preprocessing.arrays import Float32Array

TEST_LOAD, TEST_NORMAL_FILE = 3, 99
NORMAL_TRAINING_SHARE = 0.8
SEGMENTS_PER_CLASS, SEGMENT_WINDOWS = 256, 2
PIECE_WINDOWS = 2
NOISE, COLOUR = 0.3, 0.1


@dataclass(frozen=True)
class RecordingPart:
    """A part of a folder's recordings, for a model of windows of `window` samples.

    training: overlapping segments, as many of each class, with noise and colour; unseen: the test recordings, whole.
    """

    part: Literal["training", "unseen"]
    window: int

    def load(self, folder: Path) -> Recordings:
        """Read the part from a folder that `read_folder` reads.

        Raises:
            DataError: the folder has no recordings, or none of this part.
        """
        recordings = read_folder(folder)
        test = is_test(recordings)
        if self.part == "unseen":
            return recordings.subset(test)
        return segments(recordings.subset(~test), self.window)


def is_test(recordings: Recordings) -> NDArray[np.bool_]:
    """Return whether each recording is for the test only: bool [n]."""
    test: NDArray[np.bool_] = (recordings.load_hp == TEST_LOAD) | (recordings.file_id == TEST_NORMAL_FILE)
    return test


def without_load(recordings: Recordings, load_hp: int) -> Recordings:
    """Return the faults at other loads than one, and the first four fifths of the normal recordings."""
    chosen = recordings.subset((recordings.load_hp != load_hp) | (recordings.label == NORMAL))
    return _normal_cut(chosen, slice(0, 1))


def of_load(recordings: Recordings, load_hp: int) -> Recordings:
    """Return the faults at one load, and the last fifth of the normal recordings."""
    chosen = recordings.subset((recordings.load_hp == load_hp) | (recordings.label == NORMAL))
    return _normal_cut(chosen, slice(1, 2))


def _normal_cut(recordings: Recordings, side: slice) -> Recordings:
    def cut(signal: Float32Array, label: int) -> Float32Array:
        end = int(NORMAL_TRAINING_SHARE * len(signal))
        return (signal[:end], signal[end:])[side][0] if label == NORMAL else signal

    signals = tuple(cut(signal, int(label)) for signal, label in zip(recordings.signals, recordings.label, strict=True))
    return replace(recordings, signals=signals)


def segments(recordings: Recordings, window: int) -> Recordings:
    """Return evenly spread segments of two windows, 256 of each class: what a class has less of overlaps more."""
    spread: list[tuple[int, Float32Array]] = []
    for label in np.unique(recordings.label):
        indices = np.flatnonzero(recordings.label == label)
        for index, share in zip(indices, np.array_split(np.arange(SEGMENTS_PER_CLASS), len(indices)), strict=True):
            signal, length = recordings.signals[index], SEGMENT_WINDOWS * window
            starts = np.linspace(0, max(0, len(signal) - length), len(share)).astype(int)
            spread += [(int(index), signal[start : start + length]) for start in starts]
    return replace(recordings.rearranged(spread), noise=NOISE, colour=COLOUR)


def pieces(recordings: Recordings, length: int) -> Recordings:
    """Return the recordings cut into pieces of `length` samples, one after another; a shorter rest is left out."""
    return recordings.rearranged(
        [
            (index, signal[start : start + length])
            for index, signal in enumerate(recordings.signals)
            for start in range(0, len(signal) - length + 1, length)
        ]
    )
