"""Events from files; large bodies are not stored but filled in from a recording.

A body of the form `{"$recording": "clearance.wav", "as": "json", "seconds": 1}` stands for an example of
docs/examples, cut to its first seconds, in one of these forms: `json` and `json-batch` (text), `float32`, `npy` and
`wav` (base64). A batch names several: `{"$recording": ["healthy.wav", "wear.wav"], "as": "json-batch", "seconds": 1}`.
"""

import base64
import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from functions.core.preprocessing.arrays import Float32Array

ROOT = Path(__file__).resolve().parents[3]
EVENTS = Path(__file__).with_name("events")
EXAMPLES = ROOT / "docs" / "examples"
RECORDING = "$recording"
# Of the examples. Source: README.md.
FULL_SCALE, RATE_HZ = 4.0, 20480


def read_event(name: str | Path) -> Any:
    """Return the event in a file (.json), or that of a name beside this module, with its body filled in."""
    path = Path(name) if Path(name).suffix == ".json" else EVENTS / f"{name}.json"
    event = json.loads(path.read_text())
    if isinstance(event, dict) and isinstance(event.get("body"), dict):
        return {**event, "body": _body(event["body"])}
    return event


def read_example(name: str, seconds: float) -> Float32Array:
    """Return the beginning of an example, float32 [N], in the unit of the model."""
    samples, _ = soundfile.read(EXAMPLES / name, dtype="float32")
    return np.asarray(samples[: round(seconds * RATE_HZ)] * FULL_SCALE, np.float32)


def _body(placeholder: Mapping[str, Any]) -> str:
    names = placeholder[RECORDING]
    signals = [read_example(name, placeholder["seconds"]) for name in ([names] if isinstance(names, str) else names)]
    return _FORMS[placeholder["as"]](signals)


def _json(signals: list[Float32Array]) -> str:
    return json.dumps({"signal": signals[0].tolist()})


def _json_batch(signals: list[Float32Array]) -> str:
    return json.dumps({"signals": [signal.tolist() for signal in signals]})


def _float32(signals: list[Float32Array]) -> str:
    return base64.b64encode(signals[0].astype("<f4").tobytes()).decode()


def _npy(signals: list[Float32Array]) -> str:
    stream = io.BytesIO()
    np.save(stream, signals[0])
    return base64.b64encode(stream.getvalue()).decode()


def _wav(signals: list[Float32Array]) -> str:
    stream = io.BytesIO()
    soundfile.write(stream, signals[0], RATE_HZ, format="WAV", subtype="FLOAT")
    return base64.b64encode(stream.getvalue()).decode()


_FORMS: Mapping[str, Callable[[list[Float32Array]], str]] = {
    "json": _json,
    "json-batch": _json_batch,
    "float32": _float32,
    "npy": _npy,
    "wav": _wav,
}
