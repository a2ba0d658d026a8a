"""Logits to probabilities."""

import numpy as np

from functions.core.preprocessing.arrays import Float64Array


def softmax(logits: np.typing.NDArray[np.floating], temperature: float = 1.0) -> Float64Array:
    """Turn logits into probabilities along the last axis, in float64, without overflow.

    Args:
        logits: floating [..., K].
        temperature: calibration temperature, > 0; above 1 softens.

    Returns:
        float64 [..., K], each row summing to 1.

    Source: temperature scaling, Guo et al., "On Calibration of Modern Neural Networks", ICML 2017.
    """
    scaled = logits.astype(np.float64) / temperature
    exponentials = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=-1, keepdims=True))
