"""Engines beside each other, each with the same files: load time, latency of one window, distance from onnxruntime's.

Run: `python -m build_scripts.benchmarks.peers.servers.engines ROUNDS MODEL...`; prints a JSON list. It needs NumPy and
the engines alone.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import numpy as np
import openvino
import tract
from numpy.typing import NDArray

from build_scripts.benchmarks.peers.servers.window import load

CALLS = 10
_INPUT, _OUTPUT = "signal", "logits"

Run = Callable[[], NDArray[Any]]
Load = Callable[[Path, NDArray[Any]], Run]


def onnxruntime_engine(model: Path, window: NDArray[Any]) -> Run:
    """Load a model into onnxruntime, one thread."""
    session = load(model)
    return lambda: np.asarray(session.run([_OUTPUT], {_INPUT: window})[0])


def openvino_engine(model: Path, window: NDArray[Any]) -> Run:
    """Load a model into OpenVINO for its processor plug-in, one thread, for latency, of the window's shape."""
    core = openvino.Core()
    network = core.read_model(str(model))
    network.reshape({_INPUT: list(window.shape)})
    options = {"INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1, "PERFORMANCE_HINT": "LATENCY"}
    request = core.compile_model(network, "CPU", options).create_infer_request()
    return lambda: np.asarray(request.infer({_INPUT: window})[_OUTPUT])


def tract_engine(model: Path, window: NDArray[Any]) -> Run:
    """Load a model into tract, of the window's shape."""
    network = tract.onnx().load(str(model))
    network.set_input_fact(0, ",".join(map(str, window.shape)) + ",f32")
    runnable = network.into_model().into_runnable()
    return lambda: np.asarray(runnable.run([window])[0].to_numpy())


ENGINES: Mapping[str, Load] = {
    "onnxruntime": onnxruntime_engine,
    "openvino": openvino_engine,
    "tract": tract_engine,
}


def measure(models: Sequence[Path], rounds: int) -> list[dict[str, Any]]:
    """Measure every engine with every model, in turn in each round; a row of one that fails has the reason."""
    window = np.random.default_rng(0).normal(0, 0.05, (1, 1, 20_480)).astype(np.float32)
    rows: list[dict[str, Any]] = []
    runs: dict[int, Run] = {}
    for name, engine in ENGINES.items():
        for model in models:
            began = time.perf_counter()
            row: dict[str, Any] = {"engine": name, "version": distribution(name).version, "model": model.stem}
            try:
                run = engine(model, window)
                run()
            except (RuntimeError, ValueError, tract.TractError) as error:
                row["refused"] = str(error).splitlines()[0][:200]
            else:
                runs[len(rows)] = run
                row["load_ms"] = (time.perf_counter() - began) * 1e3
            rows.append(row | {"installed_mb": _installed_mb(name)})
    for index, times in _times(runs, rounds).items():
        rows[index]["ms"] = statistics.median(times)
        rows[index]["distance"] = _distance(runs, rows, index)
    return rows


def _times(runs: Mapping[int, Run], rounds: int) -> dict[int, list[float]]:
    times: dict[int, list[float]] = {index: [] for index in runs}
    for _ in range(rounds):
        for index, run in runs.items():
            run()
            began = time.perf_counter()
            for _ in range(CALLS):
                run()
            times[index].append((time.perf_counter() - began) / CALLS * 1e3)
    return times


def _distance(runs: Mapping[int, Run], rows: Sequence[Mapping[str, Any]], index: int) -> float:
    """Return the largest difference of a logit from what onnxruntime gives for the same file."""
    first = next(one for one in runs if rows[one]["model"] == rows[index]["model"])
    return float(np.abs(runs[index]() - runs[first]()).max())


def _installed_mb(name: str) -> float:
    files = distribution(name).files or []
    return sum(Path(str(one.locate())).stat().st_size for one in files if Path(str(one.locate())).is_file()) / 1e6


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure([Path(one) for one in sys.argv[2:]], int(sys.argv[1]))))
