"""The step that packages: proven model files to layers/models/NAME/VERSION, all of it or nothing."""

import shutil
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp

import onnx
from msgspec import UNSET

from build_scripts.errors import PackageExistsError
from build_scripts.evidence.calibrate import Calibration
from build_scripts.evidence.card.step import write_card
from build_scripts.evidence.proof.proof import Proof, write_proof
from build_scripts.measuring.gates import Measurements, check_gates
from build_scripts.measuring.machine import cpu_flags, machine, versions
from build_scripts.networks.checkpoint import ModelDescription, file_sha256
from build_scripts.packaging.kept import keep_measured
from build_scripts.quantization.techniques import Settings
from functions.core.models.manifest import (
    ClassLabel,
    Evidence,
    InputSpec,
    Manifest,
    Precision,
    Preprocessing,
    Variant,
    write_manifest,
)

Notes = dict[str, str | int | float | bool | dict[str, float]]


@dataclass(frozen=True)
class ModelFile:
    """One ONNX file to be packaged: its precision, how it was made and with which settings."""

    precision: Precision
    path: Path
    method: str
    settings: Settings


@dataclass(frozen=True)
class ServedInput:
    """The input that callers of a model send, and the preprocessing that turns it into the input of the files."""

    input: InputSpec
    preprocessing: Preprocessing


@dataclass(frozen=True)
class PackageContent:
    """Everything a package is made of.

    proof: what its card shows; served: what callers send, where that is not what the files take; notes: what else the
    evidence says.
    """

    description: ModelDescription
    channels: int
    files: tuple[ModelFile, ...]
    calibration: Calibration
    measured: Measurements
    records: int
    windows: int
    data: str
    limits: str
    checkpoint: Path
    proof: Proof
    served: ServedInput | None = None
    notes: Notes = field(default_factory=dict)


def package(content: PackageContent, root: Path, version: str, *, force: bool = False) -> Path:
    """Write the package NAME/VERSION below `root` and return its folder.

    Raises:
        GateFailed: a measured figure is outside its gate; nothing is written.
        PackageExistsError: the version is there already and `force` is not set.
    """
    check_gates(content.measured)
    folder = root / content.description.name / version
    require_new(folder, force=force)
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = Path(mkdtemp(prefix=".part-", dir=folder.parent))
    try:
        _write(content, part, version)
        if folder.exists():
            keep_measured(folder, part)
        write_card(part)
        _replace(part, folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return folder


def require_new(folder: Path, *, force: bool) -> None:
    """Check that a version's folder may be written.

    Raises:
        PackageExistsError: it exists and `force` is not set.
    """
    if folder.exists() and not force:
        raise PackageExistsError(f"{folder} exists; package another version, or replace it with --force.")


def _write(content: PackageContent, folder: Path, version: str) -> None:
    for file in content.files:
        shutil.copyfile(file.path, folder / file_name(file.precision))
    manifest = make_manifest(content, version)
    (folder / "manifest.json").write_bytes(write_manifest(manifest))
    write_proof(content.proof, folder)
    folder.chmod(0o755)


def _replace(part: Path, folder: Path) -> None:
    if folder.exists():
        old = Path(mkdtemp(prefix=".old-", dir=folder.parent))
        folder.replace(old / folder.name)
        part.replace(folder)
        shutil.rmtree(old)
    else:
        part.replace(folder)


def file_name(precision: Precision) -> str:
    """Return the name of a variant's file in a package."""
    return f"model_{precision}.onnx"


def make_manifest(content: PackageContent, version: str) -> Manifest:
    """Make the manifest of a package."""
    description, calibration = content.description, content.calibration
    served = content.served or _windows(content)
    cpu, precisions = content.proof.precision, {file.precision for file in content.files}
    return Manifest(
        name=description.name,
        version=version,
        title=description.title,
        classes=[ClassLabel(id=identifier, name=name) for identifier, name in description.classes],
        input=served.input,
        preprocessing=served.preprocessing,
        variants=[_variant(file) for file in content.files],
        default_variant={"x86_64": cpu, "arm64": cpu, "cuda": "fp16" if "fp16" in precisions else "fp32"},
        temperature=calibration.temperature,
        join=calibration.join,
        novelty=calibration.novelty,
        trust=calibration.trust or UNSET,
        evidence=_evidence(content),
        source_checkpoint_sha256=file_sha256(content.checkpoint),
    )


def _windows(content: PackageContent) -> ServedInput:
    description = content.description
    spec = InputSpec(
        channels=content.channels,
        window=description.window,
        sample_rate_hz=float(description.sample_rate_hz),
        unit=description.unit,
        conditions=list(description.conditions) or UNSET,
    )
    return ServedInput(spec, Preprocessing())


def _variant(file: ModelFile) -> Variant:
    opsets = {entry.domain: entry.version for entry in onnx.load(file.path).opset_import}
    return Variant(
        precision=file.precision,
        file=file_name(file.precision),
        sha256=file_sha256(file.path),
        size_bytes=file.path.stat().st_size,
        opset=opsets[""],
        method=file.method,
        settings=file.settings,
    )


def _evidence(content: PackageContent) -> Evidence:
    measured, int8 = content.measured, content.measured.int8
    return Evidence(
        data=content.data,
        limits=content.limits,
        records=content.records,
        windows=content.windows,
        accuracy=_accuracy(content),
        argmax_agreement=None if int8 is None else int8.agreement,
        export_max_abs_difference=measured.export_max_abs_difference,
        latency_ratio_fp32_to_int8=None if int8 is None else round(int8.latency_ratio, 3),
        machine=machine(),
        cpu_flags=cpu_flags(),
        versions=versions(),
        date=datetime.now(UTC).date().isoformat(),
        notes=_notes(content) | content.notes,
    )


def _accuracy(content: PackageContent) -> dict[Precision, dict[str, float]]:
    measured, half = content.measured, content.proof.half
    shares: dict[Precision, dict[str, float]] = {"fp32": asdict(measured.fp32)}
    if measured.int8 is not None:
        shares[content.proof.precision] = asdict(measured.int8.accuracy)
    if half is not None and half.refused is None and half.accuracy is not None:
        shares["fp16"] = asdict(half.accuracy)
    return shares


def _notes(content: PackageContent) -> Notes:
    calibration, int8 = content.calibration, content.measured.int8
    notes: Notes = {
        f"join_{name}": {"record_accuracy": score.accuracy, "record_nll": score.nll}
        for name, score in calibration.scores.items()
    }
    notes["calibration_error"] = content.proof.calibration_error
    if calibration.false_alarm_rate is not None:
        notes["novelty_false_alarm_rate"] = calibration.false_alarm_rate
    return notes if int8 is None else notes | {"size_ratio": int8.size_ratio, "integer_share": int8.integer_share}
