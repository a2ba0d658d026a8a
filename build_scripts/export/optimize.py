"""The step that optimizes: a float32 model to the same model with a faster graph, proven equal after each pass."""

import platform
from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import onnx

from build_scripts.errors import DataError
from build_scripts.export.onnx_file import properties, read_model, slimmed
from build_scripts.export.passes.height_one import HeightOne
from build_scripts.export.passes.parity import Parity, Proven, random_inputs
from build_scripts.export.passes.runtime import RuntimeGraph
from build_scripts.export.passes.sequence import Sequential
from build_scripts.export.passes.session import session
from build_scripts.measuring.latency import Rounds, interleaved
from build_scripts.measuring.machine import cpu_flags, versions

# Samples in a free length, where the file does not state its window.
LENGTH = 4096
# Of a window: random inputs of this length are made.
LONGEST = 10_000_000
_MOST_DIGITS = 9
ROUNDS = Rounds(count=20, calls=3)


@dataclass(frozen=True)
class OptimizedModel:
    """An optimized file, with figures that compare it with its source.

    cpu is the processor family whose instructions the graph was laid out for: it binds a file of level `all`.
    max_abs_difference is that of the file run as it stands, optimization off, to the source run so.
    Operators are counted by type, those of onnxruntime's own with their domain.
    """

    path: Path
    level: str
    cpu: str
    max_abs_difference: float
    operators: dict[str, dict[str, int]]
    size_bytes: dict[str, int]

    def as_json(self) -> dict[str, object]:
        """Return the figures as one JSON object."""
        return vars(self) | {"path": str(self.path)}


def optimize(source: Path, path: Path, level: str = "all") -> OptimizedModel:
    """Optimize the float32 model `source` to `path`: height of one, then onnxruntime's graph of a level.

    Raises:
        DataError: the source is no valid ONNX file.
        PassFailed: a pass fails, or its result differs from the source by more than parity
            allows, at most 1e-4; nothing is written.
        ValueError: `path` is the source.
    """
    if path.resolve() == source.resolve():
        raise ValueError(f"--out is the model itself, {path}: a step never changes its input.")
    model = read_model(source)
    parity = Parity.of(model, length_of(model))
    passes = Sequential(tuple(Proven(one, parity) for one in (HeightOne(), RuntimeGraph(level))))
    optimized = passes(model)
    optimized = slimmed(optimized)
    onnx.helper.set_model_props(optimized, properties(model) | made_on(level))
    difference = parity.require("save", optimized)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(optimized.SerializeToString())
    operators = {"before": count_operators(model), "after": count_operators(optimized)}
    sizes = {"before": source.stat().st_size, "after": path.stat().st_size}
    return OptimizedModel(path, level, cpu_family(), difference, operators, sizes)


def speed_ratio(source: Path, optimized: Path, rounds: Rounds = ROUNDS) -> float:
    """Return the source's median latency over the optimized file's: batch 1, one thread, timed in turn.

    Both are loaded as the server loads them, with all of onnxruntime's optimizations.
    """
    models = {"source": read_model(source), "optimized": read_model(optimized)}
    inputs = dict(random_inputs(models["source"], 1, length_of(models["source"])))
    calls = {name: partial(session(model, "all").run, None, inputs) for name, model in models.items()}
    latencies = interleaved(calls, rounds)
    return latencies["source"].p50_ms / latencies["optimized"].p50_ms


def length_of(model: onnx.ModelProto) -> int:
    """Return the samples a free length is tried with: the window the file names, or 4096.

    Raises:
        DataError: the file names a window that is no number of samples.
    """
    window = properties(model).get("window", str(LENGTH))
    if not window.isdecimal() or len(window) > _MOST_DIGITS or not 1 <= int(window) <= LONGEST:
        raise DataError(
            f"The property 'window' of the ONNX file is {window[:40]!r}; it is a number of samples from 1 to"
            f" {LONGEST:,}: export the file anew."
        )
    return int(window)


def count_operators(model: onnx.ModelProto) -> dict[str, int]:
    """Count the nodes of the graph by type, the most frequent first."""
    names = [f"{node.domain}.{node.op_type}".removeprefix("ai.onnx").lstrip(".") for node in model.graph.node]
    return dict(Counter(names).most_common())


def made_on(level: str) -> dict[str, str]:
    """Return the metadata of an optimized file: level, onnxruntime's version, and the CPU that it is bound to."""
    made = {"optimization_level": level, "optimized_by": f"onnxruntime {versions()['onnxruntime']}"}
    return made | ({"optimized_for_cpu": cpu_family()} if level == "all" else {})


def cpu_family() -> str:
    """Return this processor's architecture and those instruction sets that decide how a graph is laid out."""
    return " ".join((platform.machine(), *cpu_flags()))
