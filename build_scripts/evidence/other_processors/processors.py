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
TIMEOUT_S = 1800
NATIVE = "native"


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


def answers(
    processor: str, model: Path, windows: Float32Array, work: Path, conditions: Float32Array | None = None
) -> Answers:
    """Run a model on windows float32 [n, C, T] on a processor.

    Args:
        processor: a name of PROCESSORS.
        model: ONNX file.
        windows: its input.
        work: folder where what the processor needs is kept.
        conditions: of operation, float32 [n, K], the second input of a model that takes some.

    Raises:
        EmulationError: the emulator is missing, or the run fails.
    """
    command = PROCESSORS[processor].command(work)
    with TemporaryDirectory() as directory:
        inputs, outputs = Path(directory) / "inputs.npz", Path(directory) / "answers.npz"
        np.savez(inputs, *([windows] if conditions is None else [windows, conditions]))
        _run([*command, str(RUNNER), str(model), str(inputs), str(outputs)], processor)
        with np.load(outputs) as content:
            return Answers(content["logits"], tuple(map(str, content["cpu_features"])))


def _run(command: Sequence[str], processor: str) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=TIMEOUT_S)
    except subprocess.TimeoutExpired as error:
        raise EmulationError(f"The run on {processor} took longer than {TIMEOUT_S} s.") from error
    except subprocess.CalledProcessError as error:
        reason = last_line(error.stderr)
        raise EmulationError(f"The run on {processor} failed with status {error.returncode}: {reason}") from error
