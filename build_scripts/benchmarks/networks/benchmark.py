"""The step that benchmarks everyday networks: the variant that a build keeps beside onnxruntime's own quantization."""

import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from build_scripts.benchmarks.benchmark import runner
from build_scripts.benchmarks.networks.cases import FULL, Case, Effort, write_case
from build_scripts.benchmarks.networks.plain import PLAIN, quantize_plainly
from build_scripts.benchmarks.networks.zoo import ZOO, Kind
from build_scripts.data.progress import Progress
from build_scripts.measuring.gates import MAX_ACCURACY_DROP, MIN_AGREEMENT
from build_scripts.measuring.latency import Budget, Latency, within_budget
from build_scripts.measuring.machine import measured_on
from build_scripts.measuring.outputs import RecordOutputs, agreement, run_records
from build_scripts.packaging.build import BuildPlan, Destination, build, calibration_windows
from build_scripts.recipes.user_plan import user_plan
from build_scripts.recipes.user_recipe import read_recipe
from functions.core.models.engine import OnnxEngine
from functions.core.models.manifest import Manifest
from functions.core.models.models import ModelRepository

FLOAT, KEPT = "fp32", "kept"
QUICK = Effort(records=64, steps=60, windows=32, small=True)
FULL_TIMING, QUICK_TIMING = Budget(seconds=8, most=2000), Budget(seconds=1)

log = logging.getLogger("build")


@dataclass(frozen=True)
class Arm:
    """One file of a network: its latency, and size, speed and answers against float32 on the unseen records.

    agreement and window_accuracy in [0, 1]; equal: whether the gates of accuracy and agreement hold.
    """

    latency: Latency
    size_bytes: int
    size_ratio: float
    speedup: float
    agreement: float
    window_accuracy: float
    equal: bool


def benchmark_networks(kinds: Mapping[str, Kind] = ZOO, *, quick: bool = False) -> dict[str, object]:
    """Train, build and time every kind of network.

    Args:
        kinds: of the zoo, by name.
        quick: small networks, fewer records and rounds.

    Returns:
        For each network the variant kept, its evidence, all arms in ms and against float32, and
        `speedup_over_best_plain` of what is kept: against the fastest plain file of equal answers, where there is one.

    Raises:
        BuildError: a network cannot be built, not even in float32.
    """
    effort, budget = (QUICK, QUICK_TIMING) if quick else (FULL, FULL_TIMING)
    networks = {}
    for name in Progress(list(kinds), "networks", "network"):
        with TemporaryDirectory() as directory:
            folder = Path(directory)
            case = write_case(name, kinds[name], folder / "case", effort)
            networks[name] = {"label": kinds[name].label} | _measured(name, case, folder, budget)
    date = datetime.now(UTC).date().isoformat()
    return {"date": date, "networks": networks, "threads": 1, "batch": 1, "plain": _labels(), **measured_on()}


def _labels() -> dict[str, str]:
    return {name: label for name, (label, _, _) in PLAIN.items()}


def _measured(name: str, case: Case, folder: Path, budget: Budget) -> dict[str, object]:
    plan = replace(user_plan(read_recipe(case.recipe), case.checkpoint), allow_float32=True)
    package = build(plan, Destination(folder / "work", folder / "models"))
    manifest = ModelRepository(folder / "models").manifest(name)
    windows = calibration_windows(plan.training, plan.model.description.window, plan.calibration_windows)
    shipped = {one.precision: package / one.file for one in manifest.variants}
    plain = quantize_plainly(shipped["fp32"], windows, folder)
    files = {FLOAT: shipped["fp32"]} | ({KEPT: shipped["int8"]} if "int8" in shipped else {}) | plain.files
    arms = _arms(files, plan, budget)
    return {
        "variant": manifest.evidence.notes.get("variant"),
        "precision": "int8" if KEPT in arms else "fp32",
        "accuracy": _accuracy(manifest),
        "arms": {arm: asdict(figures) for arm, figures in arms.items()},
        "failed": plain.failed,
        "speedup_over_best_plain": over_best_plain(arms),
    }


def _arms(files: Mapping[str, Path], plan: BuildPlan, budget: Budget) -> dict[str, Arm]:
    window = plan.model.description.window
    engines = {name: OnnxEngine(path) for name, path in files.items()}
    outputs = {name: run_records(engine, plan.unseen, window, name) for name, engine in engines.items()}
    one = plan.unseen.windows(0, window)[:1]
    latencies = within_budget({name: runner(engine, one) for name, engine in engines.items()}, budget)
    return {
        name: _arm(path, files[FLOAT], (outputs[name], outputs[FLOAT]), (latencies[name], latencies[FLOAT]))
        for name, path in files.items()
    }


def _arm(
    path: Path, fp32: Path, outputs: tuple[RecordOutputs, RecordOutputs], latencies: tuple[Latency, Latency]
) -> Arm:
    (own, base), (latency, float_latency) = outputs, latencies
    same, drop = agreement(base, own), base.window_accuracy - own.window_accuracy
    finite = bool(np.isfinite(own.window_logits).all())
    return Arm(
        latency=latency,
        size_bytes=path.stat().st_size,
        size_ratio=path.stat().st_size / fp32.stat().st_size,
        speedup=float_latency.p50_ms / latency.p50_ms,
        agreement=same,
        window_accuracy=own.window_accuracy,
        equal=finite and same >= MIN_AGREEMENT and drop <= MAX_ACCURACY_DROP,
    )


def _accuracy(manifest: Manifest) -> dict[str, dict[str, float]]:
    return {precision: dict(figures) for precision, figures in manifest.evidence.accuracy.items()}


def over_best_plain(arms: Mapping[str, Arm]) -> float | None:
    """Return the speed of what is served over the fastest plain file of equal answers."""
    served = arms.get(KEPT, arms[FLOAT])
    plain = [arms[name].speedup for name in PLAIN if name in arms and arms[name].equal]
    return served.speedup / max(plain) if plain else None
