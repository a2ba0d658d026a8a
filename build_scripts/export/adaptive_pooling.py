"""Pooling to a set number of steps (AdaptiveAvgPool, AdaptiveMaxPool) for PyTorch's dynamo exporter.

An average is one product with a matrix. The exporter's own form gathers every sample of a step for itself and adds them
one by one: 60 operators for 5 steps of 26 or 27 samples. For a maximum it has a form only where the steps divide the
length, and writes that form's kernel for one length where the length is free.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from onnxscript import opset18

from build_scripts.export.causes import NEEDS_LENGTH
from functions.core.preprocessing.arrays import Float32Array


def averages(length: int, steps: int) -> Float32Array:
    """Return the matrix float32 [length, steps] that averages samples to steps."""
    matrix = np.zeros((length, steps), np.float32)
    for step, (begin, end) in enumerate(bounds(length, steps)):
        matrix[begin:end, step] = 1 / (end - begin)
    return matrix


def samples(length: int, steps: int) -> NDArray[np.int64]:
    """Return which samples each step has, int64 [steps, most]; a step with fewer repeats its last one."""
    spans = bounds(length, steps)
    most = max(end - begin for begin, end in spans)
    return np.array([np.minimum(np.arange(begin, begin + most), end - 1) for begin, end in spans], np.int64)


def bounds(length: int, steps: int) -> list[tuple[int, int]]:
    """Return the first sample of each step, and the one behind its last; neighbours may share a sample.

    Source: PyTorch's aten/src/ATen/native/AdaptivePooling.h, start_index and end_index.
    """
    return [(step * length // steps, -(-(step + 1) * length // steps)) for step in range(steps)]


def adaptive_average(values: Any, output_size: Sequence[int]) -> Any:
    """Write the pooling of values [..., H, W] to `output_size`.

    Raises:
        ValueError: the height or the width is free.
    """
    (height, width), (rows, columns) = _sizes(values), output_size
    if kernel := _kernel((height, width), output_size):
        return opset18.AveragePool(values, kernel_shape=kernel, strides=kernel)
    if width != columns:
        values = opset18.MatMul(values, _constant(averages(width, columns)))
    if height != rows:
        values = opset18.MatMul(_constant(averages(height, rows).T.copy()), values)
    return values


def adaptive_maximum(values: Any, output_size: Sequence[int]) -> Sequence[Any]:
    """Write the pooling of values [..., H, W] to `output_size`; where its maxima lie is no part of it.

    Raises:
        ValueError: it has several steps, and the height or the width is free.
    """
    if list(output_size) == [1, 1]:
        return (opset18.ReduceMax(values, _constant(np.array([-2, -1]))),)
    sizes = _sizes(values)
    if kernel := _kernel(sizes, output_size):
        return opset18.MaxPool(values, kernel_shape=kernel, strides=kernel)[:1]
    for axis, length, steps in zip((-1, -2), sizes[::-1], reversed(output_size), strict=True):
        if length != steps:
            values = opset18.Gather(values, _constant(samples(length, steps)), axis=axis)
            # The samples of a step stand behind the step.
            values = opset18.ReduceMax(values, _constant(np.array([axis])), keepdims=0)
    return (values,)


def _sizes(values: Any) -> tuple[int, int]:
    sizes = [size for size in list(values.shape)[-2:] if isinstance(size, int)]
    if len(sizes) < 2:
        raise ValueError(NEEDS_LENGTH)
    return sizes[0], sizes[1]


def _kernel(sizes: Sequence[int], steps: Sequence[int]) -> list[int] | None:
    """Return the kernel of a plain pooling, None where the steps do not divide the height and the width."""
    parts = [divmod(size, count) for size, count in zip(sizes, steps, strict=True)]
    return None if any(rest for _, rest in parts) else [size for size, _ in parts]


def _constant(array: Float32Array | NDArray[np.int64]) -> Any:
    return opset18.Constant(value=numpy_helper.from_array(array))


# The exporter brings pooling over one dimension into these forms, and an average of one step into a mean.
TRANSLATIONS: dict[Callable[..., Any], Callable[..., Any]] = {
    torch.ops.aten._adaptive_avg_pool2d.default: adaptive_average,
    torch.ops.aten.adaptive_max_pool2d.default: adaptive_maximum,
}
