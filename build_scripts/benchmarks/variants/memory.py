"""Peak memory of one variant, measured in a process of its own: `python -m build_scripts.benchmarks.variants.memory`.

Counted is by how much the peak resident memory of the process rises from the moment when the runtime is imported
and the windows lie ready, through loading the file and CALLS runs: weights, what the runtime makes of them, and
activations. The interpreter, the runtime's code and the windows are not counted; `runtime_bytes` gives what is
resident before.

Read is VmHWM of /proc/self/status, set back to what is resident before the file is loaded, and not `ru_maxrss` of
getrusage: on Linux a child inherits that from the process that started it.
Source: Linux manual pages proc_pid_status(5), proc_pid_clear_refs(5), getrusage(2).
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from build_scripts.benchmarks.variants.recipe import noise_windows
from build_scripts.errors import BuildError
from functions.core.preprocessing.arrays import Float32Array

MODULE = "build_scripts.benchmarks.variants.memory"
CALLS = 3
TIMEOUT_S = 180.0
ONNX, PYTORCH = "onnx", "pytorch"

_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
# Resets VmHWM to the present resident size.
_RESET_PEAK = "5"


@dataclass(frozen=True)
class PeakMemory:
    """Rise of a process's peak resident memory above its runtime, and the runtime's own share, in bytes."""

    rise_bytes: int
    runtime_bytes: int


class MemoryNotMeasuredError(BuildError):
    """A variant whose memory cannot be measured here; the message has the reason."""


def peak_memory(file: Path, runtime: str, shape: tuple[int, int, int]) -> PeakMemory:
    """Load a file in a fresh process and run it on one thread, and return the peak.

    Args:
        file: an ONNX model, or a module saved whole by `torch.save`.
        runtime: onnx or pytorch.
        shape: of the windows, [B, C, T].

    Raises:
        MemoryNotMeasuredError: the system has no /proc, or the process fails or takes too long.
    """
    if not _CLEAR.exists():
        raise MemoryNotMeasuredError("peak memory is read from /proc, which only Linux has")
    command = [sys.executable, "-m", MODULE, runtime, str(file), *map(str, shape)]
    # Modules that are importable here must be so there: a saved module names its class.
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path or "." for path in sys.path)}
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment, timeout=TIMEOUT_S)
    except subprocess.TimeoutExpired as error:
        raise MemoryNotMeasuredError(f"its process took longer than {TIMEOUT_S:g} s") from error
    if done.returncode:
        raise MemoryNotMeasuredError(f"its process failed: {(done.stderr.strip() or 'no message').splitlines()[-1]}")
    return PeakMemory(**json.loads(done.stdout.splitlines()[-1]))


def measure_here(file: Path, runtime: str, windows: Float32Array) -> PeakMemory:
    """Measure in this process; what it did before is counted as the runtime's."""
    measure = _measure_onnx if runtime == ONNX else _measure_pytorch
    return measure(file, windows)


def _measure_onnx(file: Path, windows: Float32Array) -> PeakMemory:
    import onnxruntime  # noqa: F401 - the runtime is resident before the file is loaded

    from functions.core.models.engine import OnnxEngine

    before = _reset_peak()
    engine = OnnxEngine(file)
    for _ in range(CALLS):
        engine.run(windows)
    return PeakMemory(_status_bytes("VmHWM") - before, before)


def _measure_pytorch(file: Path, windows: Float32Array) -> PeakMemory:
    import torch

    torch.set_num_threads(1)
    signal = torch.from_numpy(windows)
    before = _reset_peak()
    # Written a moment ago by the process that started this one.
    network = torch.load(file, weights_only=False)
    with torch.inference_mode():
        for _ in range(CALLS):
            network(signal)
    return PeakMemory(_status_bytes("VmHWM") - before, before)


def _reset_peak() -> int:
    """Set the peak back and return what is resident, in bytes."""
    _CLEAR.write_text(_RESET_PEAK)
    return _status_bytes("VmRSS")


def _status_bytes(field: str) -> int:
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith(f"{field}:"))
    return int(line.split()[1]) * 1024


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure one file and write one JSON object to standard output."""
    parser = argparse.ArgumentParser(prog=f"python -m {MODULE}", description="Peak memory of one model file.")
    parser.add_argument("runtime", choices=(ONNX, PYTORCH))
    parser.add_argument("file", type=Path)
    for name in ("batch", "channels", "window"):
        parser.add_argument(name, type=int)
    options = parser.parse_args(arguments)
    windows = noise_windows(options.batch, options.channels, options.window)
    sys.stdout.write(json.dumps(asdict(measure_here(options.file, options.runtime, windows))) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
