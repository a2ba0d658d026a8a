"""The cost of the novelty measure in time."""

from functools import partial
from pathlib import Path

import numpy as np
import onnx
from onnx.utils import Extractor

from build_scripts.data.progress import Progress
from build_scripts.measuring.latency import Rounds, timed_round
from build_scripts.networks.trained import LOGITS
from functions.core.models.engine import OnnxEngine
from functions.core.preprocessing.arrays import Float32Array

ROUNDS = Rounds(count=60, calls=30, seconds=15)


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
    progress = Progress(ROUNDS.turns(), "cost of novelty", "round", total=ROUNDS.count)
    rounds = [timed_round(calls, ROUNDS) for _ in progress]
    ratios = [np.median(times["whole"]) / np.median(times["bare"]) for times in rounds]
    return float(np.median(ratios)) - 1.0
