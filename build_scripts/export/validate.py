"""The step that validates: an ONNX file against the PyTorch network it was made from.

Everything is checked before anything is raised: structure and names first, because nothing can be run without
them; then shapes and values at several batch sizes and lengths, and that a window's answer does not
depend on its neighbours or on their order; last, silence and signals far quieter and far louder.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

import numpy as np
import onnx
import torch
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from torch import nn

from build_scripts.errors import ValidationFailed
from build_scripts.export.causes import cause
from build_scripts.export.passes.parity import BATCHES, SIGMA_G, largest_difference
from build_scripts.export.passes.session import SESSION_ERRORS
from build_scripts.measuring.gates import MAX_EXPORT_DIFFERENCE
from build_scripts.networks.conditions import random_rows, with_rows
from build_scripts.networks.user_code import user_code
from functions.core.errors import ModelUnavailableError
from functions.core.models.engine import OnnxEngine
from functions.core.models.manifest import CONDITIONS, Condition
from functions.core.preprocessing.arrays import Float32Array

Outputs = Mapping[str, Float32Array]

# Loudness of the signals at which a branch on values, of which a file keeps one side, shows the other.
LEVELS = {"of silence": 0.0, "a thousandth as loud": 1e-3, "a thousand times as loud": 1e3}
# Of the largest value: rounding stays below it where sums grow large, the other side of a branch does not.
MAX_LEVEL_SHARE = 0.05


@dataclass(frozen=True)
class Contract:
    """The contract of a model file: `signal` float32 [B, channels, T] to `outputs`, for every T of `lengths`.

    conditions: of operation; where there are any, the model has a second input `conditions` float32 [B, K].
    tolerance is the largest difference to PyTorch: absolute up to a value of 1, relative above.
    """

    outputs: tuple[str, ...]
    channels: int
    lengths: tuple[int, ...]
    tolerance: float = MAX_EXPORT_DIFFERENCE
    conditions: tuple[Condition, ...] = ()

    @property
    def inputs(self) -> list[str]:
        """The names of the inputs, in order."""
        return ["signal", CONDITIONS] if self.conditions else ["signal"]


@dataclass(frozen=True)
class ValidationReport:
    """The result of a validation: number of comparisons, and the largest difference of all and of each output."""

    compared: int
    max_abs_difference: float
    differences: dict[str, float]


@dataclass
class _Findings:
    """The comparisons and failures of a validation so far."""

    compared: int = 0
    differences: dict[str, float] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    @property
    def largest(self) -> float:
        return float(np.fmax.reduce([0.0, *self.differences.values()]))

    def compare(self, name: str, where: str, answers: tuple[Float32Array, Float32Array], tolerance: float) -> None:
        measured, expected = answers
        what = f"{name} {where}"
        self.compared += 1
        if measured.shape != expected.shape:
            self.failures.append(f"{what} has shape {list(measured.shape)}, not {list(expected.shape)}")
            return
        difference = largest_difference(measured, expected)
        self.differences[name] = float(np.fmax(self.differences.get(name, 0.0), difference))
        if not difference <= tolerance:
            self.failures.append(f"{what} differs by {difference:.3g}, limit {tolerance:g}")


def free_lengths(window: int) -> tuple[int, ...]:
    """Return lengths that prove a free length: the window, half of it, and four thirds."""
    return (window, window // 2, window + window // 3 + 1)


def validate(path: Path, network: nn.Module, contract: Contract) -> ValidationReport:
    """Check an ONNX file against its network in evaluation mode, which gives one tensor per output.

    Raises:
        ValidationFailed: something does not hold; it lists all that does not, and the largest difference.
    """
    failures = [*_structure(path, contract)]
    if failures:
        raise ValidationFailed(failures, float("nan"))
    try:
        engine = OnnxEngine(path)
    except ModelUnavailableError as error:
        raise ValidationFailed([_unloadable(error)], float("nan")) from error
    findings = _Findings()
    for batch, length in product(BATCHES, contract.lengths):
        _check_size(findings, engine, network, contract, (batch, length))
    for level in LEVELS if not findings.failures else ():
        _check_level(findings, engine, network, contract, level)
    if findings.failures:
        raise ValidationFailed(findings.failures, findings.largest)
    return ValidationReport(findings.compared, findings.largest, findings.differences)


def _unloadable(error: ModelUnavailableError) -> str:
    """Return why the server's engine cannot take a file: by onnxruntime's report, or by its inputs."""
    if error.__cause__ is None:
        return error.message.removesuffix(".")
    return f"onnxruntime cannot load the model: {cause(error.__cause__)}"


def _structure(path: Path, contract: Contract) -> Iterator[str]:
    try:
        model = onnx.load(path)
        onnx.checker.check_model(model, full_check=True)
    except (DecodeError, onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        yield f"it is no valid ONNX file: {cause(error)}"
        return
    inputs, outputs = [one.name for one in model.graph.input], [one.name for one in model.graph.output]
    if inputs != contract.inputs:
        yield f"its inputs are {inputs}, not {contract.inputs}"
    if outputs != list(contract.outputs):
        yield f"its outputs are {outputs}, not {list(contract.outputs)}"


def _check_size(
    findings: _Findings, engine: OnnxEngine, network: nn.Module, contract: Contract, size: tuple[int, int]
) -> None:
    batch, length = size
    rng = np.random.default_rng(batch)
    windows = rng.normal(0, SIGMA_G, (batch, contract.channels, length)).astype(np.float32)
    rows = random_rows(contract.conditions, batch, rng)
    where = f"at batch {batch}, length {length}"
    try:
        measured = _run(engine, windows, rows, contract)
        alone = _run(engine, windows[-1:], None if rows is None else rows[-1:], contract)
        turned = _run(engine, windows[::-1].copy(), None if rows is None else rows[::-1].copy(), contract)
    except SESSION_ERRORS as error:
        findings.failures.append(f"the file does not run {where}: {cause(error)}")
        return
    expected = _run_network(network, windows, rows, contract)
    for name in contract.outputs:
        findings.compare(name, where, (measured[name], expected[name]), contract.tolerance)
        if measured[name].shape[:1] == (batch,):
            last = f"of the last window {where}, alone and with neighbours,"
            findings.compare(name, last, (measured[name][-1:], alone[name]), contract.tolerance)
            order = f"{where}, in turned order,"
            findings.compare(name, order, (turned[name][::-1], measured[name]), contract.tolerance)


def _check_level(findings: _Findings, engine: OnnxEngine, network: nn.Module, contract: Contract, level: str) -> None:
    batch = max(BATCHES)
    rng = np.random.default_rng(batch)
    noise = rng.normal(0, SIGMA_G, (batch, contract.channels, contract.lengths[0]))
    windows = (LEVELS[level] * noise).astype(np.float32)
    rows = random_rows(contract.conditions, batch, rng)
    try:
        measured = _run(engine, windows, rows, contract)
    except SESSION_ERRORS as error:
        findings.failures.append(f"the file does not run with a signal {level}: {cause(error)}")
        return
    expected = _run_network(network, windows, rows, contract)
    for name in contract.outputs:
        share = _share_apart(measured[name], expected[name])
        if not share <= MAX_LEVEL_SHARE:
            findings.failures.append(
                f"{name} of a signal {level} differs by {share:.0%} of its largest value: the file keeps one side of a "
                "branch on the signal's values; torch.where chooses between two answers without a branch"
            )


def _share_apart(measured: Float32Array, expected: Float32Array) -> float:
    """Return the largest difference over the largest value; what is no number in both is equal."""
    finite = np.isfinite(expected)
    if not np.array_equal(finite, np.isfinite(measured)):
        return float("inf")
    largest = float(np.abs(expected[finite]).max(initial=0.0))
    difference = float(np.abs(measured[finite] - expected[finite]).max(initial=0.0))
    return difference / largest if largest else float(difference > 0)


def _run(engine: OnnxEngine, windows: Float32Array, rows: Float32Array | None, contract: Contract) -> Outputs:
    output = engine.run(windows, rows)
    values = {"logits": output.logits, "distance": output.distance}
    return {name: value for name in contract.outputs if (value := values[name]) is not None}


def _run_network(network: nn.Module, windows: Float32Array, rows: Float32Array | None, contract: Contract) -> Outputs:
    with torch.no_grad(), user_code(f"The network does not run at batch {len(windows)}, length {windows.shape[2]}"):
        tensors = network(*with_rows(windows, rows))
    found = tensors if isinstance(tensors, tuple) else (tensors,)
    return {name: tensor.numpy() for name, tensor in zip(contract.outputs, found, strict=True)}
