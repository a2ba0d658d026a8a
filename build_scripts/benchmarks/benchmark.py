"""The step that benchmarks: our model beside the reference network, one thread, one window, in turn."""

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from build_scripts.benchmarks.reference_network import WINDOW, export_reference_network, make_reference_network
from build_scripts.benchmarks.variants.recipe import noise_windows
from build_scripts.measuring.latency import Latency, Rounds, interleaved
from build_scripts.measuring.machine import measured_on
from functions.core.models.engine import Engine, OnnxEngine
from functions.core.models.models import ModelRepository
from functions.core.preprocessing.arrays import Float32Array

FULL, QUICK = Rounds(count=20, calls=15), Rounds(count=6, calls=5)


def benchmark_against_reference(models: Path, name: str, *, quick: bool = False) -> dict[str, object]:
    """Time both variants of a packaged model beside the reference network in float32.

    Returns:
        Latencies in ms, `speedup_over_reference_onnx_fp32` of the int8 variant and
        of the float32 one, machine and versions.

    Raises:
        ModelNotFoundError, ModelUnavailableError: the package cannot be loaded.
    """
    repository = ModelRepository(models)
    spec = repository.manifest(name).input
    signal, own = noise_windows(1, 1, WINDOW), noise_windows(1, spec.channels, spec.window)
    with TemporaryDirectory() as directory:
        path = export_reference_network(make_reference_network(), Path(directory) / "reference.onnx")
        candidates = {"reference_onnx_fp32": runner(OnnxEngine(path), signal)}
        for precision in ("fp32", "int8"):
            candidates[f"{name}_{precision}"] = runner(repository.load(name, precision=precision).engine, own)
        latencies = interleaved(candidates, QUICK if quick else FULL)
    reference = latencies["reference_onnx_fp32"].p50_ms
    return _report(latencies) | {
        "model": name,
        "version": repository.manifest(name).version,
        "speedup_over_reference_onnx_fp32": reference / latencies[f"{name}_int8"].p50_ms,
        "fp32_speedup_over_reference_onnx_fp32": reference / latencies[f"{name}_fp32"].p50_ms,
    }


def runner(engine: Engine, windows: Float32Array) -> Callable[[], object]:
    """Return a call that runs an engine once on windows float32 [B, C, T]."""
    return partial(engine.run, windows)


def _report(latencies: dict[str, Latency]) -> dict[str, object]:
    timings = {name: asdict(latency) for name, latency in latencies.items()}
    return {"latency_ms": timings, "threads": 1, "batch": 1, **measured_on()}
