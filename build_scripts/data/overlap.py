"""Find records that stand in two sets: a network must not be proven on records that it was fitted to.

A record is known by fingerprints of short stretches of its samples. Which stretches count is decided by the samples
themselves, so that the same stretch counts wherever a cut begins: a shifted cut of the same recording is found too.
Time and memory are linear in the number of samples.

Source: Schleimer, Wilkerson and Aiken, "Winnowing: Local Algorithms for Document Fingerprinting", SIGMOD 2003; the
fingerprints are Karp and Rabin's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from build_scripts.data.progress import Progress
from build_scripts.data.records import LabelledRecords
from functions.core.preprocessing.arrays import Float32Array

# Samples of a stretch, and one of how many stretches counts.
STRETCH, ONE_OF = 32, 4
# A record is in another set if at least this share of its fingerprints is: of two windows that overlap by half it is
# nearly a half, less what lies across the edge.
SHARED = 1 / 3
MOST_NAMED = 3

Keys = NDArray[np.uint64]
_BASE = 0x9E3779B97F4A7C15
_WORD = 2**64


@dataclass(frozen=True)
class Overlap:
    """Records of one set that stand in another: their indices, of how many, and the names of both sets."""

    records: tuple[int, ...]
    count: int
    name: str
    other: str

    def __str__(self) -> str:
        """Return the number of records and the indices of the first, as a clause."""
        first = ", ".join(map(str, self.records[:MOST_NAMED])) + (", ..." if len(self.records) > MOST_NAMED else "")
        return f"{len(self.records)} of {self.count} records of {self.name} (indices {first}) are in {self.other} too"


def overlaps(sets: Mapping[str, LabelledRecords], window: int) -> list[Overlap]:
    """Return what every two of the sets have in common, wholly or as other cuts of the same recordings."""
    rows = [(name, index) for name, records in sets.items() for index in range(len(records))]
    keys: dict[str, list[Keys]] = {name: [] for name in sets}
    for name, index in Progress(rows, "compare the sets", "record"):
        keys[name].append(fingerprints(sets[name].windows(index, window)))
    known = {name: np.unique(np.concatenate(keys[name])) for name in sets}
    found: list[Overlap] = []
    for first, second in combinations(sets, 2):
        common = np.intersect1d(known[first], known[second], assume_unique=True)
        # Either may be the cut of the other.
        ways = [
            Overlap(_inside(keys[one], common), len(keys[one]), one, other)
            for one, other in ((second, first), (first, second))
        ]
        found += [max(ways, key=lambda one: len(one.records) / one.count)] if any(one.records for one in ways) else []
    return found


def fingerprints(windows: Float32Array) -> Keys:
    """Return the fingerprints of a record cut into windows float32 [B, C, T]: of chosen stretches, and of channels."""
    rows = windows.transpose(1, 0, 2).reshape(windows.shape[1], -1)
    # A zero and its negative are one value.
    values = _mixed((rows + np.float32(0)).view(np.uint32).astype(np.uint64) + np.uint64(1))
    powers, inverse = _powers(rows.shape[1])
    sums = np.concatenate([np.zeros((len(rows), 1), np.uint64), np.cumsum(values * powers, axis=1)], axis=1)
    length = min(STRETCH, rows.shape[1])
    stretches = _mixed((sums[:, length:] - sums[:, :-length]) * inverse[: rows.shape[1] - length + 1])
    changes = np.concatenate(
        [np.zeros((len(rows), 1), np.int64), np.cumsum(np.diff(rows, axis=1) != 0, axis=1)], axis=1
    )
    # Silence and clipping are alike everywhere.
    lively = changes[:, length - 1 :] - changes[:, : rows.shape[1] - length + 1] >= length // 2
    chosen = stretches[lively & (stretches % np.uint64(ONE_OF) == 0)]
    whole = _mixed(sums[:, -1])[changes[:, -1] >= length // 2]
    return np.unique(np.concatenate([chosen, whole]))


def _inside(keys: list[Keys], common: Keys) -> tuple[int, ...]:
    """Return the indices of the records whose fingerprints are common, by a share that counts."""
    if not len(common):
        return ()
    return tuple(index for index, own in enumerate(keys) if len(own) and _share(own, common) >= SHARED)


def _share(own: Keys, common: Keys) -> float:
    """Return the share of keys that are among the sorted common ones."""
    places = np.minimum(np.searchsorted(common, own), len(common) - 1)
    return float((common[places] == own).mean())


def _powers(length: int) -> tuple[Keys, Keys]:
    """Return the powers of an odd base and of its inverse, modulo 2^64."""
    bases = (_BASE, pow(_BASE, -1, _WORD))
    first, second = (np.cumprod(np.full(length + 1, base, np.uint64), dtype=np.uint64) for base in bases)
    return first[:length], second


def _mixed(values: Keys) -> Keys:
    """Spread every bit over the word.

    Source: the finalizer of MurmurHash3, Appleby 2011.
    """
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        values = (values ^ (values >> np.uint64(33))) * np.uint64(factor)
    return values ^ (values >> np.uint64(33))
