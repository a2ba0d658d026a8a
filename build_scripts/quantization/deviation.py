"""The deviation of a quantized model's logits from those of the model that it was made of."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from build_scripts.quantization.half_rounded import runnable
from functions.core.models.engine import OnnxEngine
from functions.core.preprocessing.arrays import Float32Array


@dataclass(frozen=True)
class LogitDeviation:
    """Largest absolute difference of a logit, and the share of windows to which both give one class, on n windows."""

    max_abs_difference: float
    agreement: float
    windows: int


def logit_deviation(
    source: Path, quantized: Path, windows: Float32Array, conditions: Float32Array | None = None
) -> LogitDeviation:
    """Run both models on windows float32 [n, C, T], on the CPU; a float16 one with every value rounded.

    conditions: of operation of the windows, float32 [n, K], where the models take some.
    """
    engines = (OnnxEngine(runnable(path.read_bytes())) for path in (source, quantized))
    wanted, got = (engine.run(windows, conditions).logits for engine in engines)
    agreement = (wanted.argmax(axis=1) == got.argmax(axis=1)).mean()
    return LogitDeviation(float(np.abs(wanted - got).max()), float(agreement), len(windows))
