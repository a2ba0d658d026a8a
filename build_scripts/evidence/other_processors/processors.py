"""The processors that can be emulated, and how a Python is started on each."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from build_scripts.errors import EmulationError, last_line
from build_scripts.evidence.other_processors.arm64 import arm64_command
from functions.core.preprocessing.arrays import Float32Array

RUNNER = Path(__file__).with_name("runner.py")
# Of each run.
TIMEOUT_S = 1800
NATIVE = "native"


@dataclass(frozen=True)
class Run:
    """An ONNX file and its inputs: windows float32 [n, C, T], and conditions float32 [n, K] where it takes some."""

    model: Path
    windows: Float32Array
    conditions: Float32Array | None = None


@dataclass(frozen=True)
class Answers:
    """The answers of a model on a processor: logits float32 [n, K], and the features the processor shows."""

    logits: Float32Array
    cpu_features: tuple[str, ...]


@dataclass(frozen=True)
class Processor:
    """A processor: what it is, and the command that starts Python on it, given a folder for what it needs."""

    description: str
    command: Callable[[Path], Sequence[str]]


def native_command(_work: Path) -> Sequence[str]:
    """Return the command of this interpreter."""
    return (sys.executable,)


def haswell_command(_work: Path) -> Sequence[str]:
    """Return the command of this interpreter on a processor with AVX2 and neither AVX-512 nor VNNI.

    Raises:
        EmulationError: qemu is not installed, or this machine is no x86-64.
    """
    qemu = shutil.which("qemu-x86_64")
    if qemu is None:
        raise EmulationError("qemu-x86_64 is not installed; on Debian: apt install qemu-user.")
    return (qemu, "-cpu", "Haswell", sys.executable)


PROCESSORS: Mapping[str, Processor] = {
    NATIVE: Processor("this machine", native_command),
    "haswell": Processor("Intel Haswell: AVX2, no VNNI (qemu-user)", haswell_command),
    "arm64": Processor("Arm Neoverse N1, as Graviton2 (qemu-user)", arm64_command),
}


def answers(processor: str, runs: Sequence[Run], work: Path) -> list[Answers]:
    """Run models on a processor, all in one process: an emulated one takes seconds to start.

    Args:
        processor: a name of PROCESSORS.
        runs: models and their inputs.
        work: folder where what the processor needs is kept.

    Raises:
        EmulationError: the emulator is missing, or a run fails.
    """
    command = [*PROCESSORS[processor].command(work), str(RUNNER)]
    with TemporaryDirectory() as directory:
        outputs = [Path(directory) / f"answers{index}.npz" for index in range(len(runs))]
        for index, (run, output) in enumerate(zip(runs, outputs, strict=True)):
            inputs = Path(directory) / f"inputs{index}.npz"
            np.savez(inputs, *([run.windows] if run.conditions is None else [run.windows, run.conditions]))
            command += [str(run.model), str(inputs), str(output)]
        _start(command, processor, TIMEOUT_S * len(runs))
        return [_read(output) for output in outputs]


def _read(output: Path) -> Answers:
    with np.load(output) as content:
        return Answers(content["logits"], tuple(map(str, content["cpu_features"])))


def _start(command: Sequence[str], processor: str, timeout_s: int) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=timeout_s)
    except subprocess.TimeoutExpired as error:
        raise EmulationError(f"The run on {processor} took longer than {timeout_s} s.") from error
    except subprocess.CalledProcessError as error:
        reason = last_line(error.stderr)
        raise EmulationError(f"The run on {processor} failed with status {error.returncode}: {reason}") from error
