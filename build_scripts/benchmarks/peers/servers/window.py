"""The work of every peer on a window: the engine, softmax, the most probable class; NumPy and onnxruntime alone."""

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray


def load(model: Path) -> onnxruntime.InferenceSession:
    """Return the engine for a model file: one thread, which does not spin while it waits, as Palier's."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])


def diagnose(session: onnxruntime.InferenceSession, signal: Any) -> dict[str, Any]:
    """Return the class of one window, [T] numbers, and the probability of each."""
    window = np.asarray(signal, np.float32).reshape(1, 1, -1)
    probabilities = softmax(np.asarray(session.run(["logits"], {"signal": window})[0]))[0]
    return {"predicted_class": int(probabilities.argmax()), "probabilities": probabilities.tolist()}


def softmax(logits: NDArray[Any]) -> NDArray[np.float64]:
    """Return probabilities float64 [B, K] of logits."""
    powers = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
