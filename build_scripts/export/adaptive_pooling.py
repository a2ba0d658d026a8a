"""Averages of a set number of steps (AdaptiveAvgPool) for PyTorch's dynamo exporter, as one product with a matrix.

The exporter's own form gathers every sample of a step for itself and adds them one by one: 60 operators for 5 steps of
26 or 27 samples.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from onnx import numpy_helper
from onnxscript import opset18

from functions.core.preprocessing.arrays import Float32Array

NEEDS_LENGTH = "a pooling to several steps needs a length that is fixed"


def averages(length: int, steps: int) -> Float32Array:
    """Return the matrix float32 [length, steps] that averages samples to steps.

    Source: PyTorch's aten/src/ATen/native/AdaptivePooling.h, start_index and end_index.
    """
    matrix = np.zeros((length, steps), np.float32)
    for step in range(steps):
        begin, end = step * length // steps, -(-(step + 1) * length // steps)
        matrix[begin:end, step] = 1 / (end - begin)
    return matrix


def adaptive_average(values: Any, output_size: Sequence[int]) -> Any:
    """Write the pooling of values [..., H, W] to `output_size`.

    Raises:
        ValueError: the height or the width is free.
    """
    sizes = list(values.shape)[-2:]
    if not all(isinstance(size, int) for size in sizes):
        raise ValueError(NEEDS_LENGTH)
    (height, width), (rows, columns) = sizes, output_size
    if height % rows == 0 and width % columns == 0:
        kernel = [height // rows, width // columns]
        return opset18.AveragePool(values, kernel_shape=kernel, strides=kernel)
    if width != columns:
        values = opset18.MatMul(values, _constant(averages(width, columns)))
    if height != rows:
        values = opset18.MatMul(_constant(averages(height, rows).T.copy()), values)
    return values


def _constant(array: Float32Array) -> Any:
    return opset18.Constant(value=numpy_helper.from_array(array))


# The exporter brings pooling over one dimension into this form, and to one step into a mean.
TRANSLATIONS: dict[Callable[..., Any], Callable[..., Any]] = {
    torch.ops.aten._adaptive_avg_pool2d.default: adaptive_average
}
