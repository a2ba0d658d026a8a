"""What the measure of novelty costs."""

from functools import partial
from pathlib import Path

import numpy as np
import onnx
from onnx.utils import Extractor

from build_scripts.measuring.latency import Rounds, interleaved
from build_scripts.networks.trained import LOGITS
from functions.core.models.engine import OnnxEngine
from functions.core.preprocessing.arrays import Float32Array

ROUNDS, CALLS = 60, Rounds(count=1, calls=30)


def novelty_cost(path: Path, windows: Float32Array, conditions: Float32Array | None = None) -> float:
    """Return the share by which a model's second output lengthens its run on windows float32 [B, C, T].

    A model of conditions of operation is run with them, float32 [B, K].

    The median over rounds of the medians' ratio of the model and of the same graph cut down to its logits, one thread:
    a few microseconds are less than a processor's clock wanders from one second to the next.
    """
    model = onnx.load(path)
    bare = Extractor(model).extract_model([one.name for one in model.graph.input], [LOGITS])
    engines = {"whole": OnnxEngine(path), "bare": OnnxEngine(bare.SerializeToString())}
    calls = {name: partial(engine.run, windows, conditions) for name, engine in engines.items()}
    rounds = [interleaved(calls, CALLS) for _ in range(ROUNDS)]
    return float(np.median([one["whole"].p50_ms / one["bare"].p50_ms for one in rounds])) - 1.0
