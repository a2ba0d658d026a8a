"""The requests of a soak: kinds and sizes as clients mix them, a few of them bad."""

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import soundfile

from build_scripts.benchmarks.container_load.load import Post
from build_scripts.data.simulation.classes import ADC_STEP_G, SAMPLE_RATE_HZ
from build_scripts.data.simulation.record import simulate_record
from functions.core.decoding.formats import CSV, JSON, NPY, RAW, WAV
from functions.core.models.manifest import Manifest
from functions.core.preprocessing.arrays import Float32Array

FULL_SCALE_G = 32_768 * ADC_STEP_G
_SEED, _CLASS, _SEVERITY = 7, 4, 2
_BATCH = 8


@dataclass(frozen=True)
class Kind:
    """One kind of request.

    Args:
        label: what it is, for the page.
        weight: how often it comes, beside the others.
        post: the request.
        status: of the right answer.
    """

    label: str
    weight: float
    post: Post
    status: int = 200


def kinds(url: str, manifest: Manifest) -> Sequence[Kind]:
    """Return the kinds of requests to a server, of five simulated seconds or of windows of them."""
    counts = simulate_record(np.random.SeedSequence(_SEED), _CLASS, _SEVERITY).counts
    record = (counts * np.float32(ADC_STEP_G)).astype("<f4")
    window = record[: manifest.input.window]
    raw = f"{url}/predict?sample_format=int16&full_scale={FULL_SCALE_G}"
    infer = f"{url}/v2/models/{manifest.name}/infer"
    batch = np.stack([np.roll(window, shift) for shift in range(_BATCH)])
    text = "\n".join(["acceleration", *(f"{value:.6g}" for value in window)]).encode()
    return (
        Kind("one window as JSON", 4, _to(f"{url}/predict", JSON, _json(window))),
        Kind("one window as binary v2", 4, _to(infer, RAW, window.tobytes(), "Inference-Header-Content-Length: 0")),
        Kind("five seconds as WAV", 2, _to(f"{url}/predict", WAV, _wav(counts))),
        Kind("five seconds as raw int16", 2, _to(raw, RAW, counts.astype("<i2").tobytes())),
        Kind("five seconds as npy", 1, _to(f"{url}/predict", NPY, _npy(record))),
        Kind("one window as CSV", 1, _to(f"{url}/predict", CSV, text)),
        Kind(f"a batch of {_BATCH} windows as npy", 1, _to(f"{url}/predict/batch", NPY, _npy(batch))),
        Kind("JSON that is cut off", 0.3, _to(f"{url}/predict", JSON, _json(window)[:1000]), 400),
        Kind("a model that is not there", 0.3, _to(f"{url}/predict?model=absent", RAW, window.tobytes()), 404),
        Kind("a type that is not taken", 0.3, _to(f"{url}/predict", "image/png", window.tobytes()), 415),
    )


def _to(url: str, content_type: str, body: bytes, *headers: str) -> Post:
    return Post(url, (f"content-type: {content_type}", *headers), body)


def _json(window: Float32Array) -> bytes:
    return json.dumps({"signal": window.tolist()}).encode()


def _npy(values: Float32Array) -> bytes:
    file = io.BytesIO()
    np.save(file, values)
    return file.getvalue()


def _wav(counts: np.ndarray[tuple[int, ...], np.dtype[np.int16]]) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, counts, SAMPLE_RATE_HZ, format="WAV", subtype="PCM_16")
    return file.getvalue()
