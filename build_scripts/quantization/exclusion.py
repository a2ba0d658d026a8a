"""Automatic exclusion: the layers with the largest error stay float32, as few as the gates allow."""

import logging
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from tempfile import TemporaryDirectory

from build_scripts.errors import QuantizationError
from build_scripts.quantization.sensitivity import layer_errors, quantized_layers
from build_scripts.quantization.techniques import Candidate
from functions.core.preprocessing.arrays import Float32Array

log = logging.getLogger("build")

Passes = Callable[[Path], bool]
FineTune = Callable[[Path], Path]


@dataclass(frozen=True)
class Sensitivity:
    """Why layers of a variant were left out: the error of each that was quantized alone, the largest first.

    variant: whose layers; error: RMS of the logits' difference over the RMS of float32's, None where they are not
    finite; excluded: layers left in float32, none where the gates do not hold with any number of them.
    """

    variant: str
    error: Mapping[str, float | None]
    excluded: Sequence[str] = ()


@dataclass(frozen=True)
class Material:
    """Inputs of variants: float32 file, calibration windows float32 [n, C, T], and the folder they go to.

    ranges: a folder for what is found with these windows, which variants share. conditions: of operation of the
    windows, float32 [n, K], where the model takes some. fine_tune: writes the network, trained with its rounding, to a
    path; None where there is no network to train.
    """

    fp32: Path
    windows: Float32Array
    folder: Path
    ranges: Path | None = None
    conditions: Float32Array | None = None
    fine_tune: FineTune | None = None

    @property
    def example(self) -> tuple[Float32Array, Float32Array | None]:
        """The first window, float32 [1, C, T], and its conditions: what variants are timed with."""
        return self.windows[:1], None if self.conditions is None else self.conditions[:1]

    def quantize(self, candidate: Candidate, path: Path, ranges: Path | None = None) -> Path:
        """Quantize by a candidate, with ranges that are kept in a folder if there is one; raises as it does."""
        return candidate.quantize(self.fp32, path, self.windows, ranges, self.conditions)

    def file(self, name: str) -> Path:
        """Return the file of a variant."""
        return self.folder / f"{name}.onnx"


@dataclass(frozen=True)
class Refused:
    """A variant whose answers are not good enough: its name, how it was made, and its file."""

    name: str
    candidate: Candidate
    path: Path


def partial_name(name: str) -> str:
    """Return the name of a variant that leaves layers of another in float32."""
    return f"{name}-partial"


def exclude_worst(material: Material, refused: Refused, passes: Passes) -> Sensitivity:
    """Leave layers of a refused variant in float32 until a file passes, and write it.

    Every layer is measured once, alone; then the worst one, two, four ... are left out until the variant passes, and
    the number is narrowed down between the last two. No file is left where none is excluded.

    Args:
        material: what the variant is made of, and where its file goes.
        refused: the variant.
        passes: whether a file's answers are good enough; its speed is measured later.

    Raises:
        QuantizationError: it has fewer than two quantized layers, or one cannot be quantized alone.
    """
    path = material.file(partial_name(refused.name))
    started = time.monotonic()
    layers = quantized_layers(material.fp32, refused.path)
    errors = layer_errors(material.fp32, refused.candidate, layers, material.windows, material.conditions)
    measured_s = time.monotonic() - started
    if len(errors) < 2:
        raise QuantizationError(f"{refused.name} has {len(errors)} quantized layers; exclusion needs two.")

    def good(count: int) -> bool:
        candidate = refused.candidate.without(tuple(errors)[:count])
        if not passes(material.quantize(candidate, attempt)):
            return False
        # Each number that passes is smaller than the one before: the last one stays.
        shutil.copyfile(attempt, path)
        return True

    with TemporaryDirectory() as directory:
        attempt = Path(directory) / path.name
        count, builds = smallest_passing(len(errors) - 1, good)
    excluded = tuple(errors)[:count]
    log.info(
        "  layers of %s: %d measured in %.0f s; %s (%d builds, %.0f s in all)",
        refused.name,
        len(errors),
        measured_s,
        f"in float32 stay {', '.join(excluded)}" if excluded else "no number left in float32 is enough",
        builds,
        time.monotonic() - started,
    )
    shown = {name: error if isfinite(error) else None for name, error in errors.items()}
    return Sensitivity(refused.name, shown, excluded)


def smallest_passing(most: int, good: Callable[[int], bool]) -> tuple[int, int]:
    """Return the smallest number from 1 to `most` that is good, 0 where none is, and how many numbers were tried.

    One, two, four ... are tried first; a larger number is taken to be as good as a smaller one.
    """
    tried, low, high = 1, 0, 1
    while not good(high):
        if high >= most:
            return 0, tried
        low, high, tried = high, min(2 * high, most), tried + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if good(middle) else (middle, high)
        tried += 1
    return high, tried
