"""Parity: a rewritten model beside the one it came from, on random inputs of several batch sizes.

An absolute limit alone proves little of a network whose answers hardly move: the reference network's
logits, with random weights, vary by 2e-4 from one random window to the next. So the limit is also one
hundredth of how far the source's own answers lie apart for two draws of random inputs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Self

import numpy as np
import onnx

from build_scripts.export.causes import cause
from build_scripts.export.onnx_file import properties
from build_scripts.export.passes.sequence import Pass, PassFailed
from build_scripts.export.passes.session import SESSION_ERRORS, session
from build_scripts.measuring.gates import MAX_EXPORT_DIFFERENCE
from build_scripts.networks.conditions import random_rows, read_conditions
from functions.core.models.manifest import CONDITIONS
from functions.core.preprocessing.arrays import Float32Array

# Inputs that models are run on: batch sizes, and noise of this standard deviation.
BATCHES = (1, 2, 7)
SIGMA_G = 0.2

SHARE = 0.01
# Rounding of float32: sums in another order differ by this much in a deep network.
MIN_LIMIT = 1e-6

Inputs = Mapping[str, Float32Array]
Answers = tuple[list[Float32Array], ...]


@dataclass(frozen=True)
class Parity:
    """Inputs, what a model answers to them, and how far another may be from that.

    expected holds one list of outputs for each input, in the graph's order; limit is at most 1e-4.
    """

    inputs: tuple[Inputs, ...]
    expected: Answers
    limit: float

    @classmethod
    def of(cls, model: onnx.ModelProto, length: int, batches: Sequence[int] = BATCHES) -> Self:
        """Run a model as it stands, unoptimized, on random inputs.

        Raises:
            PassFailed: it has an input that is not float32, or onnxruntime cannot run it.
        """
        inputs, others = (tuple(random_inputs(model, batch, length, seed) for batch in batches) for seed in (0, 1))
        expected = answers("source", model, inputs)
        moved = farthest(answers("source", model, others), expected)
        return cls(inputs, expected, float(np.clip(SHARE * moved, MIN_LIMIT, MAX_EXPORT_DIFFERENCE)))

    def difference(self, name: str, model: onnx.ModelProto) -> float:
        """Return the largest difference of a model, run as it stands, unoptimized.

        Raises:
            PassFailed: it has other outputs or shapes, or onnxruntime cannot run it; `name` is blamed.
        """
        measured = answers(name, model, self.inputs)
        shapes = [[array.shape for array in arrays] for arrays in measured]
        expected = [[array.shape for array in arrays] for arrays in self.expected]
        if shapes != expected:
            raise PassFailed(name, f"the outputs have shapes {shapes}, not {expected}.")
        return farthest(measured, self.expected)

    def require(self, name: str, model: onnx.ModelProto) -> float:
        """Return the largest difference if it is within the limit.

        Raises:
            PassFailed: it is above, or not a number; or as `difference`.
        """
        difference = self.difference(name, model)
        if not difference <= self.limit:
            raise PassFailed(name, f"outputs differ by {difference:.3g}, limit {self.limit:.3g}.")
        return difference


@dataclass(frozen=True)
class Proven:
    """A pass whose result must be valid and answer as the source does."""

    inner: Pass
    parity: Parity

    @property
    def name(self) -> str:
        """Name of the pass that is proven."""
        return self.inner.name

    def __call__(self, model: onnx.ModelProto) -> onnx.ModelProto:
        """Run the pass and prove its result.

        Raises:
            PassFailed: the pass fails, its result is no valid model, or it answers otherwise.
        """
        rewritten = self.inner(model)
        try:
            onnx.checker.check_model(rewritten)
        except onnx.checker.ValidationError as error:
            raise PassFailed(self.name, f"the result is no valid model: {cause(error)}.") from error
        self.parity.require(self.name, rewritten)
        return rewritten


def random_inputs(model: onnx.ModelProto, batch: int, length: int, seed: int = 0) -> Inputs:
    """Return one float32 array for each input: a free first dimension is `batch`, every other free one `length`.

    The signal is noise; conditions of operation, where the model's properties list some, are within their ranges.

    Raises:
        PassFailed: an input is not float32.
    """
    generator = np.random.default_rng((batch, seed))
    inputs = {
        value.name: generator.normal(0, SIGMA_G, _shape(value, batch, length)).astype(np.float32)
        for value in _fed(model.graph)
    }
    rows = random_rows(read_conditions(properties(model)), batch, generator)
    return inputs if rows is None else inputs | {CONDITIONS: rows}


def answers(name: str, model: onnx.ModelProto, inputs: Sequence[Inputs]) -> Answers:
    """Run a model as it stands, unoptimized, on each of the inputs.

    Raises:
        PassFailed: onnxruntime cannot run it; `name` is blamed.
    """
    try:
        loaded = session(model)
        return tuple(loaded.run(None, dict(one)) for one in inputs)
    except SESSION_ERRORS as error:
        raise PassFailed(name, f"onnxruntime cannot run the model: {cause(error)}.") from error


def farthest(measured: Answers, expected: Answers) -> float:
    """Return the largest difference of answers of the same shapes."""
    pairs = zip(chain(*measured), chain(*expected), strict=True)
    return float(np.max([largest_difference(*pair) for pair in pairs]))


def largest_difference(measured: Float32Array, expected: Float32Array) -> float:
    """Return the largest difference of two arrays of one shape: absolute up to a value of 1, relative above.

    Not a number where either holds one; 0 where they are empty.
    """
    if not expected.size:
        return 0.0
    return float((np.abs(measured - expected) / np.maximum(1.0, np.abs(expected))).max())


def _fed(graph: onnx.GraphProto) -> list[onnx.ValueInfoProto]:
    constants = {tensor.name for tensor in graph.initializer}
    return [value for value in graph.input if value.name not in constants]


def _shape(value: onnx.ValueInfoProto, batch: int, length: int) -> list[int]:
    tensor = value.type.tensor_type
    if tensor.elem_type != onnx.TensorProto.FLOAT:
        raise PassFailed("source", f"input {value.name} is not float32.")
    free = [batch, *[length] * len(tensor.shape.dim)]
    return [dim.dim_value or size for dim, size in zip(tensor.shape.dim, free, strict=False)]
