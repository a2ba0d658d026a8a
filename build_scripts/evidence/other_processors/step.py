"""The step that emulates: a package's variants on another processor, beside the same on this one."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from build_scripts.data.labelled import description_of, read_for
from build_scripts.data.records import LabelledRecords
from build_scripts.evidence.other_processors.control import loudest_windows, write_control
from build_scripts.evidence.other_processors.processors import NATIVE, PROCESSORS, Run, answers
from functions.core.models.models import ModelRepository
from functions.core.preprocessing.arrays import Float32Array

FILE = "processors.json"
LOUD = 4.0


@dataclass(frozen=True)
class Comparison:
    """A variant on another processor beside this one: accuracies and agreement in [0, 1], logits' largest difference.

    loud_difference and loud_agreement: the same for windows four times as loud, which fill the range of int8.
    """

    accuracy: float
    native_accuracy: float
    agreement: float
    max_abs_difference: float
    loud_agreement: float
    loud_difference: float


@dataclass(frozen=True)
class Emulation:
    """The findings on a processor with `cpu_features`, on so many windows, by precision.

    control_difference: largest difference of the overflowing control model by bits of its weights.
    """

    processor: str
    cpu_features: tuple[str, ...]
    windows: int
    variants: dict[str, Comparison]
    control_difference: dict[str, float]

    def as_json(self) -> dict[str, object]:
        """Return the findings as one JSON object."""
        return asdict(self) | {"cpu_features": list(self.cpu_features)}


@dataclass(frozen=True)
class EmulationConfig:
    """Settings of an emulation: the processor, the file of records, the number of windows, and a work folder."""

    processor: str
    data: Path
    windows: int
    work: Path


def emulate(models: Path, name: str, version: str | None, config: EmulationConfig) -> Emulation:
    """Run a package's variants on another processor and on this one; float16, which is for GPUs, is left out.

    Raises:
        EmulationError: the emulator is missing, or a run fails.
        DataError: the records do not fit the model.
        ModelNotFoundError, VersionNotFoundError: there is no such package.
    """
    manifest = ModelRepository(models).manifest(name, version)
    records = read_for(config.data, description_of(manifest), manifest.input.channels)
    spread = spread_windows(records, manifest.input.window, config.windows)
    folder = models / manifest.name / manifest.version
    variants = {
        str(variant.precision): _loud_too(folder / variant.file, spread)
        for variant in manifest.variants
        if variant.precision != "fp16"
    }
    with TemporaryDirectory() as directory:
        control = {
            f"{bits} bits": Run(write_control(Path(directory) / f"{bits}.onnx", bits), loudest_windows())
            for bits in (7, 8)
        }
        runs = variants | control
        there, here = (
            dict(zip(runs, answers(processor, list(runs.values()), config.work), strict=True))
            for processor in (config.processor, NATIVE)
        )
    return Emulation(
        PROCESSORS[config.processor].description,
        next(iter(there.values())).cpu_features,
        len(spread.windows),
        {name: _compared(there[name].logits, here[name].logits, spread.label) for name in variants},
        {bits: float(np.abs(there[bits].logits - here[bits].logits).max()) for bits in control},
    )


@dataclass(frozen=True)
class SpreadWindows:
    """Windows float32 [n, C, window], labels int64 [n], conditions float32 [n, K] where the records have some."""

    windows: Float32Array
    label: NDArray[np.int64]
    conditions: Float32Array | None


def spread_windows(records: LabelledRecords, window: int, count: int) -> SpreadWindows:
    """Return `count` windows spread over the records."""
    places = np.linspace(0, len(records), count, endpoint=False)
    chosen = places.astype(int)
    cut = {index: records.windows(index, window) for index in np.unique(chosen).tolist()}
    windows = [
        cut[index][int(share * len(cut[index]))] for index, share in zip(chosen.tolist(), places % 1, strict=True)
    ]
    conditions = records.conditions
    return SpreadWindows(np.stack(windows), records.label[chosen], None if conditions is None else conditions[chosen])


def _loud_too(model: Path, spread: SpreadWindows) -> Run:
    windows = np.concatenate([spread.windows, (LOUD * spread.windows).astype(np.float32)])
    return Run(model, windows, None if spread.conditions is None else np.tile(spread.conditions, (2, 1)))


def _compared(there: Float32Array, here: Float32Array, label: NDArray[np.int64]) -> Comparison:
    (quiet_there, loud_there), (quiet_here, loud_here) = np.split(there, 2), np.split(here, 2)
    return Comparison(
        accuracy=float((quiet_there.argmax(axis=1) == label).mean()),
        native_accuracy=float((quiet_here.argmax(axis=1) == label).mean()),
        agreement=_agreement(quiet_there, quiet_here),
        max_abs_difference=float(np.abs(quiet_there - quiet_here).max()),
        loud_agreement=_agreement(loud_there, loud_here),
        loud_difference=float(np.abs(loud_there - loud_here).max()),
    )


def _agreement(first: Float32Array, second: Float32Array) -> float:
    return float((first.argmax(axis=1) == second.argmax(axis=1)).mean())


def keep(found: Emulation, processor: str, folder: Path) -> Path:
    """Add the findings of a processor to a package's processors.json, for its card, and return the file's path."""
    path = folder / FILE
    known = json.loads(path.read_bytes()) if path.exists() else {}
    path.write_text(json.dumps(known | {processor: found.as_json()}, indent=2) + "\n")
    return path


def read_kept(folder: Path) -> dict[str, Emulation]:
    """Return the kept findings on other processors, by name; empty without any.

    Raises:
        ValueError: the file is not of its form.
    """
    path = folder / FILE
    return TypeAdapter(dict[str, Emulation]).validate_json(path.read_bytes()) if path.exists() else {}
