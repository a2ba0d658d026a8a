"""How far a quantized model's logits lie from those of the model it was made of."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from functions.core.models.engine import OnnxEngine
from functions.core.preprocessing.arrays import Float32Array


@dataclass(frozen=True)
class Parity:
    """Largest absolute difference of a logit, and the share of windows both name alike, on n windows."""

    max_abs_difference: float
    agreement: float
    windows: int


def parity(source: Path, quantized: Path, windows: Float32Array) -> Parity:
    """Run both models on windows float32 [n, C, T], on the CPU."""
    wanted, got = (OnnxEngine(path).run(windows).logits for path in (source, quantized))
    agreement = (wanted.argmax(axis=1) == got.argmax(axis=1)).mean()
    return Parity(float(np.abs(wanted - got).max()), float(agreement), len(windows))
