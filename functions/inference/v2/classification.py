"""The classification extension: an output as its most probable classes in place of numbers.

Source: triton-inference-server/server, docs/protocol/extension_classification.md.
"""

from collections.abc import Sequence

import numpy as np

from functions.core.preprocessing.arrays import Float32Array


def classify(values: Float32Array, labels: Sequence[str], count: int) -> list[list[str]]:
    """Return the highest values of each row with their classes, highest first.

    Args:
        values: float32 [B, K].
        labels: K class ids.
        count: how many of each row, at most K.

    Returns:
        B lists of strings `value:index:label`; of equal values the lower index comes first.
    """
    ranked = np.argsort(-values, axis=1, kind="stable")[:, :count]
    return [
        [f"{row[index]:f}:{index}:{labels[index]}" for index in best]
        for row, best in zip(values.tolist(), ranked.tolist(), strict=True)
    ]
