"""Small recordings, and the bytes of them in every format."""

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import soundfile
from numpy.typing import ArrayLike, NDArray

from functions.core.preprocessing.indicators import Indicators, Measured
from functions.core.preprocessing.signal import SampleRate
from tests.support.packages import WINDOW

MEASURED = Measured(SampleRate(2048, "file"), "acc", 1.0, Indicators(1.0, 2.0, 2.0, 3.0))


def tone(mean: float = 0.0, windows: float = 1, amplitude: float = 0.1) -> NDArray[np.float32]:
    """A sine around a mean, eight cycles a window, so that every window has that mean."""
    samples = round(windows * WINDOW)
    return np.asarray(mean + amplitude * np.sin(2 * np.pi * 8 * np.arange(samples) / WINDOW), dtype=np.float32)


def npy_bytes(array: ArrayLike, *, allow_pickle: bool = False) -> bytes:
    """The array as a .npy file."""
    stream = io.BytesIO()
    np.save(stream, np.asanyarray(array), allow_pickle=allow_pickle)
    return stream.getvalue()


def npy_with_header(header: str, payload: bytes = b"", version: tuple[int, int] = (1, 0)) -> bytes:
    """A .npy file with a header of one's own."""
    length = len(header).to_bytes(2 if version == (1, 0) else 4, "little")
    return b"\x93NUMPY" + bytes(version) + length + header.encode("latin-1") + payload


def wav_bytes(samples: NDArray[Any], rate_hz: int = 2048, subtype: str = "FLOAT", **options: str) -> bytes:
    """Samples [N] or [N, C] as a WAV file, or another that libsndfile writes."""
    stream = io.BytesIO()
    soundfile.write(stream, samples, rate_hz, **{"format": "WAV", "subtype": subtype} | options)
    return stream.getvalue()


def csv_text(columns: Sequence[NDArray[Any]], delimiter: str = ",", *, decimal_comma: bool = False) -> str:
    """Columns as delimited text, every digit kept."""
    rows = (delimiter.join(repr(float(value)) for value in row) for row in zip(*columns, strict=True))
    text = "\n".join(rows) + "\n"
    return text.replace(".", ",") if decimal_comma else text
