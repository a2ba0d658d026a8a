"""What the measure of novelty costs."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import onnx
from onnx.utils import Extractor

from build_scripts.latency import Rounds, interleaved
from build_scripts.trained import LOGITS
from functions.core.arrays import Float32Array
from functions.core.engine import OnnxEngine

ROUNDS = Rounds(count=40, calls=20)


def novelty_cost(path: Path, windows: Float32Array) -> float:
    """Return the share by which a model's second output lengthens its run on windows float32 [B, C, T].

    Medians of the model and of the same graph cut down to its logits, one thread, timed in turn.
    """
    model = onnx.load(path)
    bare = Extractor(model).extract_model([model.graph.input[0].name], [LOGITS])
    engines = {"whole": OnnxEngine(path), "bare": OnnxEngine(bare.SerializeToString())}
    latencies = interleaved({name: partial(engine.run, windows) for name, engine in engines.items()}, ROUNDS)
    return latencies["whole"].p50_ms / latencies["bare"].p50_ms - 1.0
