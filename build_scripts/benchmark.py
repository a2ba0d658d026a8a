"""The step that benchmarks: our model beside the reference network, one thread, one window, in turn."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from build_scripts.latency import Latency, Rounds, interleaved
from build_scripts.machine import cpu_flags, machine, versions
from build_scripts.quantization.dynamic import WEIGHT_TYPES, quantize_dynamically
from build_scripts.quantize import QuantizationConfig, quantize
from build_scripts.reference_network import (
    WINDOW,
    ReferenceNetwork,
    export_reference_network,
    make_reference_network,
)
from functions.core.arrays import Float32Array
from functions.core.engine import Engine, OnnxEngine
from functions.core.models import ModelRepository

FULL, QUICK = Rounds(count=20, calls=15), Rounds(count=6, calls=5)
CALIBRATION_WINDOWS, QUICK_CALIBRATION_WINDOWS = 64, 8


def benchmark_against_reference(models: Path, name: str, *, quick: bool = False) -> dict[str, object]:
    """Time both variants of a packaged model beside the reference network in float32.

    Returns:
        Medians and 95th percentiles in ms, `speedup_over_reference_onnx_fp32` of the int8 variant and
        of the float32 one, machine and versions.

    Raises:
        ModelNotFoundError, ModelUnavailableError: the package cannot be loaded.
    """
    repository = ModelRepository(models)
    spec = repository.manifest(name).input
    signal, own = noise(1, WINDOW)[0], noise(spec.channels, spec.window)[0]
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


def benchmark_reference(*, quick: bool = False) -> dict[str, object]:
    """Time the reference network in PyTorch, in float32 ONNX, in int8 ONNX made by our recipe and dynamically.

    Dynamic int8 weights are what its own project ships.

    Returns:
        Medians and 95th percentiles in ms, `int8_speedup_over_onnx_fp32`, `int8_size_ratio`, the speedups of
        both dynamic variants, machine and versions.

    Raises:
        GateFailed: a convolution of the int8 model does not run in integers.
    """
    network, signal = make_reference_network(), noise(1, WINDOW)[0]
    windows = noise(QUICK_CALIBRATION_WINDOWS if quick else CALIBRATION_WINDOWS, WINDOW)[:, 0]
    with TemporaryDirectory() as directory:
        fp32 = export_reference_network(network, Path(directory) / "reference.onnx")
        int8 = quantize(fp32, windows, Path(directory) / "reference_int8.onnx", QuantizationConfig())
        files = {"onnx_fp32": fp32, "onnx_int8": int8} | _dynamic_variants(fp32, Path(directory))
        sizes = {name: path.stat().st_size for name, path in files.items()}
        candidates = {"pytorch": _torch_runner(network, signal)}
        candidates |= {name: runner(OnnxEngine(path), signal) for name, path in files.items()}
        latencies = interleaved(candidates, QUICK if quick else FULL)
    fp32_ms = latencies["onnx_fp32"].p50_ms
    return _report(latencies) | {
        "int8_speedup_over_onnx_fp32": fp32_ms / latencies["onnx_int8"].p50_ms,
        "onnx_fp32_speedup_over_pytorch": latencies["pytorch"].p50_ms / fp32_ms,
        "dynamic_uint8_speedup_over_onnx_fp32": fp32_ms / latencies["onnx_dynamic_uint8"].p50_ms,
        "dynamic_int8_speedup_over_onnx_fp32": fp32_ms / latencies["onnx_dynamic_int8"].p50_ms,
        "int8_size_ratio": sizes["onnx_int8"] / sizes["onnx_fp32"],
        "size_bytes": sizes,
    }


def _dynamic_variants(fp32: Path, folder: Path) -> dict[str, Path]:
    return {
        f"onnx_dynamic_{weights}": quantize_dynamically(fp32, folder / f"dynamic_{weights}.onnx", weights)
        for weights in WEIGHT_TYPES
    }


def run_http_benchmark(*, quick: bool = False) -> dict[str, object]:
    """Time the server over HTTP; its module is imported only here, for it starts servers."""
    module = importlib.import_module("build_scripts.benchmark_http")
    report: dict[str, object] = module.run_http_benchmark(quick=quick)
    return report


def noise(count: int, window: int) -> Float32Array:
    """Return windows of noise of 0.1 g, float32 [count, 1, 1, window]: speed does not depend on the signal."""
    return np.random.default_rng(0).normal(0.0, 0.1, (count, 1, 1, window)).astype(np.float32)


def runner(engine: Engine, windows: Float32Array) -> Callable[[], object]:
    """Return a call that runs an engine once on windows float32 [B, C, T]."""
    return partial(engine.run, windows)


def _torch_runner(network: ReferenceNetwork, windows: Float32Array) -> Callable[[], object]:
    torch.set_num_threads(1)
    signal = torch.from_numpy(windows)

    def call() -> object:
        with torch.inference_mode():
            return network(signal)

    return call


def _report(latencies: dict[str, Latency]) -> dict[str, object]:
    timings = {name: asdict(latency) for name, latency in latencies.items()}
    return {
        "latency_ms": timings,
        "threads": 1,
        "batch": 1,
        "machine": machine(),
        "cpu_flags": cpu_flags(),
        "versions": versions(),
    }
