"""The step that validates: an ONNX file against the PyTorch network it was made from.

Everything is checked before anything is raised: structure and names first, for nothing can be run without
them; then shapes and values at several batch sizes and lengths, and that a window's answer does not
depend on its neighbours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

import numpy as np
import onnx
import torch
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from onnxruntime.capi.onnxruntime_pybind11_state import Fail, InvalidArgument, RuntimeException
from torch import nn

from build_scripts.errors import ValidationFailed
from build_scripts.gates import MAX_EXPORT_DIFFERENCE
from functions.core.arrays import Float32Array
from functions.core.engine import OnnxEngine
from functions.core.errors import ModelUnavailableError

BATCHES = (1, 2, 7)
SIGMA_G = 0.2

Outputs = Mapping[str, Float32Array]


@dataclass(frozen=True)
class Contract:
    """What a model promises: `signal` float32 [B, channels, T] to `outputs`, for every T of `lengths`.

    tolerance is the largest difference to PyTorch: absolute up to a value of 1, relative above.
    """

    outputs: tuple[str, ...]
    channels: int
    lengths: tuple[int, ...]
    tolerance: float = MAX_EXPORT_DIFFERENCE


@dataclass(frozen=True)
class ValidationReport:
    """What held: how many outputs were compared, and the largest difference to PyTorch."""

    compared: int
    max_abs_difference: float


@dataclass
class _Findings:
    """What came up so far."""

    compared: int = 0
    largest: float = 0.0
    failures: list[str] = field(default_factory=list)

    def compare(self, what: str, measured: Float32Array, expected: Float32Array, tolerance: float) -> None:
        self.compared += 1
        if measured.shape != expected.shape:
            self.failures.append(f"{what} has shape {list(measured.shape)}, not {list(expected.shape)}")
            return
        difference = float((np.abs(measured - expected) / np.maximum(1.0, np.abs(expected))).max())
        self.largest = float(np.fmax(self.largest, difference))
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
        raise ValidationFailed([" ".join(error.message.split())], float("nan")) from error
    findings = _Findings()
    for batch, length in product(BATCHES, contract.lengths):
        _check_size(findings, engine, network, contract, (batch, length))
    if findings.failures:
        raise ValidationFailed(findings.failures, findings.largest)
    return ValidationReport(findings.compared, findings.largest)


def _structure(path: Path, contract: Contract) -> Iterator[str]:
    try:
        model = onnx.load(path)
        onnx.checker.check_model(model, full_check=True)
    except (DecodeError, onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        yield f"it is no valid ONNX file: {' '.join(str(error).split())}"
        return
    inputs, outputs = [one.name for one in model.graph.input], [one.name for one in model.graph.output]
    if inputs != ["signal"]:
        yield f"its inputs are {inputs}, not ['signal']"
    if outputs != list(contract.outputs):
        yield f"its outputs are {outputs}, not {list(contract.outputs)}"


def _check_size(
    findings: _Findings, engine: OnnxEngine, network: nn.Module, contract: Contract, size: tuple[int, int]
) -> None:
    batch, length = size
    windows = np.random.default_rng(batch).normal(0, SIGMA_G, (batch, contract.channels, length)).astype(np.float32)
    where = f"at batch {batch}, length {length}"
    try:
        measured = _run(engine, windows, contract)
        alone = _run(engine, windows[-1:], contract)
    except (Fail, InvalidArgument, RuntimeException) as error:
        findings.failures.append(f"it does not run {where}: {' '.join(str(error).split())[:200]}")
        return
    expected = _run_network(network, windows, contract)
    for name in contract.outputs:
        findings.compare(f"{name} {where}", measured[name], expected[name], contract.tolerance)
        if measured[name].shape[:1] == (batch,):
            what = f"{name} of the last window {where}, alone and with neighbours,"
            findings.compare(what, measured[name][-1:], alone[name], contract.tolerance)


def _run(engine: OnnxEngine, windows: Float32Array, contract: Contract) -> Outputs:
    output = engine.run(windows)
    values = {"logits": output.logits, "distance": output.distance}
    return {name: value for name in contract.outputs if (value := values[name]) is not None}


def _run_network(network: nn.Module, windows: Float32Array, contract: Contract) -> Outputs:
    with torch.no_grad():
        tensors = network(torch.from_numpy(windows))
    found = tensors if isinstance(tensors, tuple) else (tensors,)
    return {name: tensor.numpy() for name, tensor in zip(contract.outputs, found, strict=True)}
