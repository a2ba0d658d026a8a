"""The flow from a trained network to its package: export, optimize, quantize, calibrate, prove, package."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from build_scripts.data.records import LabelledRecords
from build_scripts.errors import DataError, GateFailed, NoVariantPassed, QuantizationError
from build_scripts.evidence.calibrate import FALSE_ALARM_RATE, Calibration, calibrate
from build_scripts.evidence.half_precision import HalfPrecision, Trial, try_half
from build_scripts.evidence.judged import Strangers
from build_scripts.evidence.measure import ModelFiles, ModelOutputs, measure
from build_scripts.evidence.proof.cost import novelty_cost
from build_scripts.evidence.proof.noise import SNR_DB
from build_scripts.evidence.proof.proof import Proof, Served, prove
from build_scripts.evidence.trust import FittedTrust, fit_trust
from build_scripts.export.export import ExportedModel, export_network
from build_scripts.export.optimize import optimize
from build_scripts.export.torch_export import ExportOptions
from build_scripts.measuring.gates import MAX_ACCURACY_DROP, QUANTIZED_GATES, check_gates
from build_scripts.measuring.outputs import RecordOutputs, run_records
from build_scripts.networks.conditions import rows_of
from build_scripts.networks.trained import TrainedModel
from build_scripts.packaging.package import ModelFile, Notes, PackageContent, ServedInput, package, require_new
from build_scripts.quantization.qat.any_network import AwareFile
from build_scripts.quantization.reasons.advice import next_step
from build_scripts.quantization.search import Search, SearchSpace, search
from build_scripts.quantization.techniques import DEFAULT_CANDIDATES, TECHNIQUES
from build_scripts.training.foreign_signals import Signals, novel_shares
from functions.core.models.engine import Engine, OnnxEngine
from functions.core.preprocessing.arrays import Float32Array

OPTIMIZATION = "basic"
HALF_FILE = "model_fp16.onnx"
# Windows the server gives the engine at once.
LARGEST_RUN = 32

log = logging.getLogger("build")

Fitting = Callable[[Engine], RecordOutputs]


@dataclass(frozen=True)
class Destination:
    """The destination of a build: folders of work files and packages, the version, and whether it may replace one."""

    work: Path
    models: Path
    version: str = "1"
    force: bool = False


@dataclass(frozen=True)
class BuildPlan:
    """A trained network and all that its package is made of.

    training: records whose windows set the ranges; choosing: records the variants are searched with; unseen: records
    every figure is measured on; fitting: outputs the calibration is fitted to, given the served engine; machines:
    recordings of other machines by name, float32 [C, N] at the model's rate; strangers: records of machines left out of
    training, by which trust is fitted, given the served engine; half: whether GPUs get a float16 variant; fine_tune:
    writes the network, trained with its rounding, where a target names it; served: what callers send, where the files
    take something else; notes: further evidence.
    """

    model: TrainedModel
    training: LabelledRecords
    choosing: LabelledRecords
    unseen: LabelledRecords
    fitting: Fitting
    data: str
    limits: str
    export: ExportOptions = field(default_factory=ExportOptions)
    candidates: tuple[str, ...] = DEFAULT_CANDIDATES
    calibration_windows: int = 256
    max_accuracy_drop: float = MAX_ACCURACY_DROP
    false_alarm_rate: float = FALSE_ALARM_RATE
    allow_float32: bool = False
    half: bool = False
    fine_tune: Callable[[AwareFile], Path] | None = None
    machines: Mapping[str, Signals] = field(default_factory=dict)
    strangers: Callable[[Engine], Strangers] | None = None
    served: ServedInput | None = None
    notes: Notes = field(default_factory=dict)


def build(plan: BuildPlan, destination: Destination) -> Path:
    """Run the whole flow and return the package's folder.

    Raises:
        BuildError: a step cannot give what it promises, or a gate fails; no package is written.
    """
    description = plan.model.description
    require_new(destination.models / description.name / destination.version, force=destination.force)
    work = destination.work
    log.info("export %s", description.name)
    exported = export_network(plan.model, work / "model_exported.onnx", destination.version, plan.export)
    log.info("optimize, level %s", OPTIMIZATION)
    fp32 = optimize(exported.path, work / "model_fp32.onnx", OPTIMIZATION).path
    windows = calibration_windows(plan.training, description.window, plan.calibration_windows)
    rows = calibration_conditions(plan.training, description.window, plan.calibration_windows)
    plan = replace(plan, calibration_windows=len(windows))
    log.info("quantize: %d variants, %d calibration windows", len(plan.candidates), len(windows))
    fine_tune = _fine_tune(plan, exported, destination.version)
    space = SearchSpace(
        plan.candidates, windows, plan.choosing, plan.max_accuracy_drop, conditions=rows, fine_tune=fine_tune
    )
    found = search(fp32, space, work)
    if found.kept is None and not plan.allow_float32:
        raise NoVariantPassed(found.reasons(), next_step(found.tried, len(windows)))
    files = ModelFiles(fp32, found.path, windows[:1], None if rows is None else rows[:1])
    content = _content(plan, exported, files, found)
    if plan.allow_float32 and files.quantized is not None:
        content = _passing(plan, exported, files, found, content)
    log.info("package")
    return package(content, destination.models, destination.version, force=destination.force)


def _fine_tune(plan: BuildPlan, exported: ExportedModel, version: str) -> Callable[[Path], Path] | None:
    train, free_length = plan.fine_tune, exported.fixed_length is None
    if train is None:
        return None
    return lambda path: train(AwareFile(path, version, plan.export.opset, free_length))


def calibration_windows(records: LabelledRecords, window: int, count: int) -> Float32Array:
    """Return at most `count` different windows float32 [n, C, window] of evenly spread records.

    One window of each record; where there are fewer records than `count`, also their next windows, as far as they go.

    Raises:
        QuantizationError: count is below 1.
        DataError: there are no records.
    """
    if count < 1:
        raise QuantizationError(f"Calibration needs at least one window, not {count}.")
    if not len(records):
        raise DataError("There are no records to take calibration windows from.")
    return np.concatenate([records.windows(index, window)[:most] for index, most in _spread(records, count)])


def calibration_conditions(records: LabelledRecords, window: int, count: int) -> Float32Array | None:
    """Return the conditions of operation of the calibration windows, float32 [n, K]; None without any."""
    conditions = records.conditions
    if conditions is None:
        return None
    chosen = [(index, len(records.windows(index, window)[:most])) for index, most in _spread(records, count)]
    return np.concatenate([rows_of(conditions[index], windows) for index, windows in chosen])


def _spread(records: LabelledRecords, count: int) -> list[tuple[int, int]]:
    """Return indices of records, and how many windows each may give."""
    indices = np.linspace(0, len(records) - 1, count).astype(np.int64)
    return [(int(index), int(most)) for index, most in zip(*np.unique(indices, return_counts=True), strict=True)]


def _content(plan: BuildPlan, exported: ExportedModel, files: ModelFiles, found: Search) -> PackageContent:
    window = plan.model.description.window
    outputs = ModelOutputs(
        run_records(OnnxEngine(files.fp32), plan.unseen, window, "fp32"),
        run_records(OnnxEngine(files.quantized), plan.unseen, window, "quantized") if files.quantized else None,
    )
    served = OnnxEngine(files.served)
    log.info("calibrate and measure on %d unseen records", len(plan.unseen))
    calibration = calibrate(plan.fitting(served), outputs.served, plan.false_alarm_rate)
    trust = _trust(plan, served, calibration)
    calibration = calibration if trust is None else replace(calibration, trust=trust.rule)
    measured = measure(exported.max_abs_difference, files, outputs, calibration)
    half = _half(plan, files.fp32, calibration)
    return PackageContent(
        description=plan.model.description,
        channels=plan.model.channels,
        files=_files(plan, exported, files, found, half),
        calibration=calibration,
        measured=measured,
        records=len(plan.unseen),
        windows=len(outputs.fp32.window_label),
        data=plan.data,
        limits=plan.limits,
        checkpoint=plan.model.checkpoint,
        served=plan.served,
        proof=replace(_proof(plan, served, calibration, outputs, found).with_trust(trust), half=half),
        notes=plan.notes
        | _length_note(exported, window)
        | _search_note(found)
        | _cost_note(files, plan.unseen, calibration),
    )


def _passing(
    plan: BuildPlan, exported: ExportedModel, files: ModelFiles, found: Search, content: PackageContent
) -> PackageContent:
    """Return the content if its variant passes every gate on the unseen records, else that of float32 alone."""
    try:
        check_gates(content.measured)
    except GateFailed as failed:
        if failed.gate not in QUANTIZED_GATES:
            raise
        log.info("%s: float32 alone is packaged", failed)
        tried = tuple(replace(one, refused=str(failed)) if one.name == found.kept else one for one in found.tried)
        refused = replace(found, tried=tried, kept=None, path=None, candidate=None)
        return _content(plan, exported, replace(files, quantized=None), refused)
    return content


def _trust(plan: BuildPlan, served: Engine, calibration: Calibration) -> FittedTrust | None:
    if plan.strangers is None:
        return None
    log.info("fit trust on machines left out of training")
    class_ids = [identifier for identifier, _ in plan.model.description.classes]
    return fit_trust(plan.strangers(served), calibration, class_ids)


def _half(plan: BuildPlan, fp32: Path, calibration: Calibration) -> HalfPrecision | None:
    if not plan.half:
        return None
    log.info("try float16 for GPUs")
    records = {"fitting": plan.choosing, "unseen": plan.unseen}
    return try_half(Trial(fp32, records, plan.model.description.window, calibration), fp32.with_name(HALF_FILE))


def _files(
    plan: BuildPlan, exported: ExportedModel, files: ModelFiles, found: Search, half: HalfPrecision | None
) -> tuple[ModelFile, ...]:
    made = [ModelFile("fp32", files.fp32, exported.method, {"optimization": OPTIMIZATION})]
    if found.candidate is not None and files.quantized is not None:
        technique, settings = found.candidate.technique, found.candidate.settings(plan.calibration_windows)
        made.append(ModelFile(technique.precision, files.quantized, technique.method, settings))
    if half is not None and half.refused is None:
        technique = TECHNIQUES["half"]
        made.append(ModelFile(technique.precision, files.fp32.with_name(HALF_FILE), technique.method, {}))
    return tuple(made)


def _proof(plan: BuildPlan, engine: Engine, calibration: Calibration, outputs: ModelOutputs, found: Search) -> Proof:
    window = plan.model.description.window
    log.info("prove: noise, severities, strangers")
    rule = calibration.novelty
    shares = {} if rule is None else novel_shares(engine, rule, plan.unseen, window, plan.machines)
    precision = found.candidate.technique.precision if found.candidate else "fp32"
    served = Served(precision, engine, calibration, outputs.served)
    ratios = SNR_DB if plan.served is None else ()
    proof = prove(served, plan.unseen, window, shares, found.tried, ratios)
    return replace(proof, sensitivity=found.sensitivity)


def _cost_note(files: ModelFiles, unseen: LabelledRecords, calibration: Calibration) -> Notes:
    if calibration.novelty is None:
        return {}
    path, record = files.served, unseen.windows(0, files.example.shape[2])[:LARGEST_RUN]
    rows = None if unseen.conditions is None else rows_of(unseen.conditions[0], len(record))
    costs = {"one window": novelty_cost(path, files.example, files.conditions)}
    if len(record) > 1:
        costs[f"{len(record)} windows"] = novelty_cost(path, record, rows)
    return {"novelty_share_of_time": costs}


def _length_note(exported: ExportedModel, window: int) -> Notes:
    if exported.fixed_length is None:
        return {}
    return {"length": f"fixed at {window} samples: {exported.fixed_length}"}


def _search_note(found: Search) -> Notes:
    return {"variant": found.kept} if found.kept else {"float32_allowed": f"no variant passed: {found.reasons()}"}
